"""
What it will not do
===================

- **Learn features.** It interpolates between rows near each other in the coordinates that you
  give. Scale columns first, and do not expect faces from raw photographs.
- **Extrapolate.** Samples lie between training points, give or take the noise of ``t_min``.
- **Write text.** Columns of names or free text are refused.
- **Promise privacy.** A sample is a weighted mean of a few named rows: provenance, the opposite
  of anonymity. :doc:`/security` has, in numbers, how well members are told from others.
- **Beat every density on every table.** :doc:`/measured` has the tables where it loses.
- **Lead as a detector of outliers.** It is level with others, and slower.

Four of these can be seen.
"""

# %%
# It does not extrapolate
# -----------------------
#
# With no noise left no sample leaves the convex hull of the rows, in any column:

import numpy as np

from smoothdiff import SmoothedPLDiffusion

rng = np.random.default_rng(0)
X = rng.normal(size=(200, 3))
new = SmoothedPLDiffusion(t_min=0, random_state=0).fit(X).sample(20_000)
print(f"largest value of a row {X.max():.3f}, of a sample {new.max():.3f}")

# %%
# It does not learn features
# --------------------------
#
# The mean of two digits is a blend of them. That is what a sample is:

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits

digits = load_digits().data[:300]
model = SmoothedPLDiffusion(t0_scale=4.0, t_min=0, random_state=0).fit(digits)
figure, axes = plt.subplots(1, 8, figsize=(9, 1.4))
for ax, image in zip(axes, model.sample(8), strict=True):
    ax.imshow(image.reshape(8, 8), cmap="gray_r")
    ax.axis("off")

# %%
# It does not hide anybody
# ------------------------
#
# Who holds the training rows finds the heaviest parent of most samples by distance alone:

model = SmoothedPLDiffusion(random_state=0).fit(X)
new, parents, weights = model.sample(2000, return_parents=True)
closest = np.linalg.norm(new[:, None] - X, axis=2).argmin(axis=1)
print(
    f"the closest row is the heaviest parent of {np.mean(closest == parents[:, 0]):.0%} of samples"
)
print(f"and one of the parents of {np.mean((closest[:, None] == parents).any(axis=1)):.0%}")

# %%
# It refuses text
# ---------------

from textwrap import fill

import pandas as pd

from smoothdiff import TableDiffusion

names = pd.DataFrame({"name": [f"Ms. {i} of {i % 7}" for i in range(100)], "age": range(100)})
try:
    TableDiffusion().fit(names)
except (ValueError, TypeError) as error:
    print(fill(str(error), 90))
