"""
Curves and surfaces
===================

Data that lie on a curve or a surface have no density in the space around it, and break kernels and
mixtures. Here that is the normal case: samples stay where the data are.
"""

# %%
# A curve in space
# ----------------
#
# A helix of 80 points. The starting law should follow the curve. By default it looks at ten
# neighbors, and keeps a part of the whole cloud's shape: right for clouds and tables, too wide for
# a thin curve. Few neighbors, nothing of the whole cloud and little of a sphere follow it closely.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

from smoothdiff import SmoothedPLDiffusion
from smoothdiff.metrics import memorized_fraction

u, fine = np.linspace(0, 4 * np.pi, 80), np.linspace(0, 4 * np.pi, 20_000)
helix = np.c_[np.cos(u), np.sin(u), u / 6]
curve = NearestNeighbors(n_neighbors=1).fit(np.c_[np.cos(fine), np.sin(fine), fine / 6])
starts = {
    "the papers' spheres": {"start": "isotropic"},
    "the default": {},
    "thin": {"start_neighbors": 4, "start_shrinkage": (0, 0.02)},
}


def compared(X, true):
    """How far samples are from the true curve or surface, and how many stay at one point."""
    rows, samples = {}, {}
    for name, start in starts.items():
        new = SmoothedPLDiffusion(**start, t_min=0, random_state=0).fit(X).sample(1000)
        off = true.kneighbors(new)[0]
        rows[name] = {
            "off, mean": off.mean(),
            "off, 95% within": np.quantile(off, 0.95),
            "near one point": float(memorized_fraction(new, X)),
        }
        samples[name] = new
    return pd.DataFrame(rows).T.round(4), samples


table, samples = compared(helix, curve)
print(f"neighbors are {np.linalg.norm(np.diff(helix, axis=0), axis=1).mean():.3f} apart")
table

# %%

figure = plt.figure(figsize=(9, 3.4), layout="constrained")
for place, (title, new) in enumerate(samples.items()):
    ax = figure.add_subplot(1, 3, place + 1, projection="3d")
    ax.scatter(*new.T, s=2, color="tab:orange")
    ax.scatter(*helix.T, s=6, color="black")
    ax.set(title=title, xticklabels=[], yticklabels=[], zticklabels=[])

# %%
# Samples of the thin start lie on the segments between neighbors, which are off the curve by its
# bend alone.
#
# A surface
# ---------
#
# The same on a swiss roll of 600 points. The true surface is known by many points of it, so that
# even its own points are not quite at distance zero:

from sklearn.datasets import make_swiss_roll

X, _ = make_swiss_roll(600, random_state=0)
surface = NearestNeighbors(n_neighbors=1).fit(make_swiss_roll(100_000, random_state=1)[0])
print(f"the training points: {surface.kneighbors(X)[0].mean():.4f} off")
table, _ = compared(X, surface)
table

# %%
# A flat subspace
# ---------------
#
# Fifty columns, and all rows in a plane of them. The model finds the plane, works within it, and
# gives rows of the plane. The density is that within the plane.

rng = np.random.default_rng(0)
plane, _ = np.linalg.qr(rng.normal(size=(50, 2)))
flat = rng.normal(size=(30, 2)) @ plane.T + 7
model = SmoothedPLDiffusion(t_min=0, random_state=0).fit(flat)
rows = model.sample(1000) - flat.mean(axis=0)
off_plane = np.abs(rows - rows @ plane @ plane.T).max()
print(f"dimensions found: {model.n_components_}; rows are off the plane by {off_plane:.0e}")

# %%
# Fewer rows than columns, constant columns, repeated rows and offsets of any size are the same
# case. What is noise and what is shape you can say yourself: ``n_components=2`` models the rest as
# a Gaussian.
