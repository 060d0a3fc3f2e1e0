"""
Points on a circle: samples near the polygon
============================================

Networks without weight decay regress on the exact score of 4, 8 and 16 points on a circle, and
their samples lie near the regular polygon: they interpolate between neighbors on a curve, where no
linear subspace says where to go. How many leave the corners is printed: few with 4 points, the
more the more points there are. The
Smoothed PL-ESF gives the polygon in closed form, without training; its few samples inside come
from noise that reached the middle of the circle. Beside the samples is the denoiser's displacement
t s(x) / 2 at t0 / 8, colored by its direction: of the exact score (ESF), which leads from all of
the middle to the points, of the Smoothed PL-ESF and of the network.

Run ``python examples/plot_circle.py [output.png] [--full]``; ``--full`` takes the papers' 5000,
20000 and 80000 steps of 64 samples, and without it 6000 longer ones of 128 for 8 and 16 points.
"""

import argparse

import numpy as np

from smoothdiff import EmpiricalScoreDiffusion, SmoothedPLDiffusion
from smoothdiff.claims import trained
from smoothdiff.claims.figures import colored_fields
from smoothdiff.datasets import circle

parser = argparse.ArgumentParser()
parser.add_argument("output", nargs="?", default="circle.png")
parser.add_argument("--full", action="store_true", help="the papers' number of steps")
options = parser.parse_args()

t0, t_end, near, n_samples = 0.08, 1e-5, 0.05, 2000


def distance(x, corners):
    """Distance of each sample to the polygon, and the part of the way along its side."""
    side = np.roll(corners, -1, axis=0) - corners
    offset = x[:, None] - corners
    part = np.clip((offset * side).sum(-1) / (side**2).sum(-1), 0, 1)
    away = np.linalg.norm(offset - part[..., None] * side, axis=-1)
    nearest = away.argmin(axis=1)
    rows = np.arange(len(x))
    return away[rows, nearest], part[rows, nearest]


rows = {"ESF": [], "Smoothed PL-ESF": [], "network": []}
for n in trained.CIRCLE_STEPS:
    points, spacing = circle(n), np.sin(np.pi / n)
    common = {"t0": t0, "random_state": 0}
    models = {
        "network": trained.of_circle(n, options.full),
        "Smoothed PL-ESF": SmoothedPLDiffusion(
            kappa=0.5 * spacing / np.sqrt(t0),  # rho at t0 is 1/2
            spacing=spacing,
            t_min=0,
            start="isotropic",
            **common,
        ).fit(points),
        "ESF": EmpiricalScoreDiffusion(t_min=t_end, **common).fit(points),
    }
    for name, model in models.items():
        end = 0.0 if name == "Smoothed PL-ESF" else t_end
        x = model.trajectory(n_samples=n_samples, times=[end])[-1]
        away, part = distance(x, points)
        between = np.mean((away < near) & (np.abs(part - 0.5) < 0.4))
        print(
            f"n = {n}, {name}: {np.mean(away < near):.3f} within {near} of the polygon, "
            f"{between:.3f} away from its corners, median distance {np.median(away):.4f}"
        )
        rows[name].append((points, model.score_function, x))
figure = colored_fields(rows, t0 / 8)
figure.savefig(options.output, dpi=110)
print(f"wrote {options.output}")
