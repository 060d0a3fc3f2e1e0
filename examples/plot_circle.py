"""
Points on a circle: samples near the polygon
============================================

Networks without weight decay regress on the exact score of 4, 8 and 16 points on a circle, and
their samples lie near the regular polygon: they interpolate between neighbors on a curve, where no
linear subspace says where to go. How many leave the corners is printed; of 4 points few do. The
Smoothed PL-ESF gives the polygon in closed form, without training; its few samples inside come
from noise that reached the middle of the circle. Below, the denoiser's displacement t s(x) / 2 at
t0 / 8, of the network and of the Smoothed PL-ESF.

Run ``python examples/plot_circle.py [output.png] [--full]``; ``--full`` takes the papers' 5000,
20000 and 80000 steps of 64 samples, and without it 6000 longer ones of 128 for each.
"""

import argparse
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning

from smoothdiff import EmpiricalScoreDiffusion, NeuralScoreDiffusion, SmoothedPLDiffusion
from smoothdiff.datasets import circle

parser = argparse.ArgumentParser()
parser.add_argument("output", nargs="?", default="circle.png")
parser.add_argument("--full", action="store_true", help="the papers' number of steps")
options = parser.parse_args()

t0, t_end, near, n_samples = 0.08, 1e-5, 0.05, 2000
FULL = {4: 5000, 8: 20_000, 16: 80_000}
warnings.simplefilter("ignore", ConvergenceWarning)  # the number of steps is the papers'


def distance(x, corners):
    """Distance of each sample to the polygon, and the part of the way along its side."""
    side = np.roll(corners, -1, axis=0) - corners
    offset = x[:, None] - corners
    part = np.clip((offset * side).sum(-1) / (side**2).sum(-1), 0, 1)
    away = np.linalg.norm(offset - part[..., None] * side, axis=-1)
    nearest = away.argmin(axis=1)
    rows = np.arange(len(x))
    return away[rows, nearest], part[rows, nearest]


figure, axes = plt.subplots(2, 6, figsize=(14, 5.2), layout="constrained")
grid = np.stack(np.meshgrid(*[np.linspace(-1.3, 1.3, 16)] * 2), axis=-1).reshape(-1, 2)
for k, n in enumerate(FULL):
    points, spacing = circle(n), np.sin(np.pi / n)
    size = {"max_iter": 6000, "batch_size": 128, "learning_rate": 3e-4}
    if options.full:
        size = {"max_iter": FULL[n], "batch_size": 64, "learning_rate": 1e-4}
    common = {"t0": t0, "random_state": 0}
    network = NeuralScoreDiffusion(
        t_min=1e-6,
        weight_decay=0.0,
        n_iter_no_change=size["max_iter"],  # no early end
        solver="euler",
        **common,
        **size,
    ).fit(points)
    smoothed = SmoothedPLDiffusion(
        kappa=0.5 * spacing / np.sqrt(t0),  # rho at t0 is 1/2
        spacing=spacing,
        t_min=0,
        start="isotropic",
        **common,
    ).fit(points)
    exact = EmpiricalScoreDiffusion(t_min=t_end, **common).fit(points)
    samples = {
        "network": network.trajectory(n_samples=n_samples, times=[t_end])[-1],
        "Smoothed PL-ESF": smoothed.sample(n_samples),
        "ESF": exact.sample(n_samples),
    }
    for j, (name, x) in enumerate(samples.items()):
        away, part = distance(x, points)
        between = np.mean((away < near) & (np.abs(part - 0.5) < 0.4))
        print(
            f"n = {n}, {name}: {np.mean(away < near):.3f} within {near} of the polygon, "
            f"{between:.3f} away from its corners, median distance {np.median(away):.4f}"
        )
        if j == 2:
            continue
        above, below = axes[:, 2 * k + j]
        above.fill(*points.T, facecolor="none", edgecolor="0.7", linewidth=0.8)
        above.scatter(*x.T, s=1, color="tab:blue", alpha=0.3, linewidths=0, rasterized=True)
        above.scatter(*points.T, s=14, color="black", zorder=3)
        above.set_title(f"{name}, n = {n}", fontsize=10)
        field = t0 / 16 * (network if j == 0 else smoothed).score_function(grid, t0 / 8)
        below.quiver(*grid.T, *field.T, angles="xy", scale_units="xy", scale=2, width=0.005)
        below.scatter(*points.T, s=14, color="tab:red", zorder=3)
for ax in axes.ravel():
    ax.set(aspect="equal", xlim=(-1.4, 1.4), ylim=(-1.4, 1.4), xticks=[], yticks=[])
figure.savefig(options.output, dpi=110)
print(f"wrote {options.output}")
