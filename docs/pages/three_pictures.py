"""
What it does, in three pictures
===============================

The pictures of the first page, with the code that draws them.
"""

# %%
# It fills the gaps, and does not copy
# ------------------------------------
#
# Forty points of a spiral. A diffusion model that is driven by the exact score of its training
# points ends on those points. Smooth that score a little and the same diffusion ends between
# neighbors.

import matplotlib.pyplot as plt
import numpy as np

from smoothdiff import EmpiricalScoreDiffusion, SmoothedPLDiffusion

angle = 3 * np.pi * np.linspace(0.2, 1, 40) ** 0.5  # evenly along the curve
X = np.c_[angle * np.cos(angle), angle * np.sin(angle)]
exact = EmpiricalScoreDiffusion(t_min=0, random_state=0).fit(X)
thin = {"start_neighbors": 2, "start_shrinkage": (0, 0.02)}  # a curve: few neighbors, no sphere
smoothed = SmoothedPLDiffusion(**thin, t_min=0, random_state=0).fit(X)

figure, axes = plt.subplots(1, 2, figsize=(7, 3.6), layout="constrained")
for ax, model, title in zip(axes, [exact, smoothed], ["exact score", "smoothed"], strict=True):
    new = model.sample(3000)
    ax.scatter(*new.T, s=6, color="tab:orange", label="samples", linewidth=0)
    ax.scatter(*X.T, s=22, facecolor="none", edgecolor="black", label="training points")
    ax.set(title=title, xticks=[], yticks=[], aspect="equal")
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)

# %%
# Every sample names its parents
# ------------------------------
#
# A sample is the weighted mean of a few named training rows. Below each new digit are the training
# digits that it was made of, with their weights.

from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from smoothdiff.inspection import ParentsDisplay

digits = load_digits().data[:600]
pca = PCA(15).fit(digits)
coordinates = pca.transform(digits)
model = SmoothedPLDiffusion(t_min=0, random_state=0).fit(coordinates)
display = ParentsDisplay.from_estimator(
    model,
    coordinates,
    inverse_transform=lambda z: pca.inverse_transform(z).clip(0, 16),
    n_samples=6,
    n_parents=3,
    random_state=1,
)
display.figure_.set_size_inches(7, 3.9)

# %%
# It is a density as well
# -----------------------
#
# Two measurements of 178 wines, and the smallest regions that hold 50, 80 and 95% of the law. The
# density is exact: it is that of the samples, in closed form.

from sklearn.datasets import load_wine

from smoothdiff import SmoothedPLDiffusionCV
from smoothdiff.inspection import DensityDisplay

wine = load_wine(as_frame=True).data[["flavanoids", "color_intensity"]]
density = SmoothedPLDiffusionCV(random_state=0).fit(wine)
figure, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
display = DensityDisplay.from_estimator(density, wine, random_state=0, ax=ax)
ax.set_aspect("auto")
print(f"held-out log-likelihood of a row: {density.best_score_:.2f}")
