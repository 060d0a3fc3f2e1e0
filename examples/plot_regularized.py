"""
Ways not to memorize
====================

Twenty-five points of a plane in space, and ten scores that start from the same 1000 noisy
copies of them: the exact one (ESF), four regularized ones that act in all three dimensions, the
average over four windows, and the Smoothed PL-ESF. Three numbers judge the samples: near copies
of a training point (memorized); the distance from the plane, in units of the noise at the start;
and coverage, the part of the points' convex hull that has a sample near it, seen along the normal.

Run ``python examples/plot_regularized.py [output.png]``.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np
from scipy.spatial import Delaunay, KDTree

from smoothdiff import EmpiricalScoreDiffusion, LocalAverageDiffusion, SmoothedPLDiffusion
from smoothdiff._pictures import draw_points, draw_samples, label_panels
from smoothdiff.cloud import PointCloud
from smoothdiff.metrics import memorized_fraction
from smoothdiff.noise import karras_times, log_density
from smoothdiff.ode import integrate
from smoothdiff.scores import (
    EarlyStoppedScore,
    EmpiricalBayesScore,
    TemperatureScore,
    TikhonovScore,
)

rng = np.random.default_rng(0)
grid = np.stack(np.meshgrid(np.arange(5.0), np.arange(5.0)), axis=-1).reshape(-1, 2)
flat = grid + rng.uniform(-0.2, 0.2, size=grid.shape)
frame = np.linalg.qr(rng.normal(size=(3, 3)))[0]  # two directions in the plane, one normal to it
points = flat @ frame[:2]

n, t0, t_end = 1000, 0.2, 2e-5
# Half the diagonal of the grid: what reaches the middle of a cell from its corners.
smooth = {"kappa": 0.3, "spacing": np.sqrt(2) / 2}
start = points[rng.integers(len(points), size=n)] + np.sqrt(t0) * rng.normal(size=(n, 3))
cloud, times = PointCloud.of(points), karras_times(t0, t_end, 24)
typical = np.exp(np.median(log_density(start, points, t0)))
common = {"t0": t0, "t_min": t_end, "solver": "heun", "n_steps": 24}


def average(window):
    model = LocalAverageDiffusion(window=window, n_quadrature=16, **common, **smooth)
    return model.fit(points).flow(start, t0, t_end)


exact = EmpiricalScoreDiffusion(**common).fit(points)
smoothed = SmoothedPLDiffusion(t0=t0, t_min=t_end, **smooth).fit(points)
samples = {
    "ESF": exact.flow(start, t0, t_end),
    "empirical Bayes": integrate(EmpiricalBayesScore(cloud, eps=typical), start, times),
    "Tikhonov": integrate(TikhonovScore(cloud, penalty=3.0), start, times),
    "early stopping": integrate(EarlyStoppedScore(cloud, t_stop=t0 / 4), start, times),
    "temperature": integrate(TemperatureScore(cloud, tau=4.0), start, times),
    "cube average": average("cube"),
    "ball average": average("ball"),
    "Gaussian average": average("gaussian"),
    "min-norm average": average("min-norm"),
    "Smoothed PL-ESF": smoothed.flow(start, t0, t_end),
}

# Coverage: places of a fine grid in the hull with a sample within an eighth of the grid's step.
tolerance = 1 / 8
side = np.linspace(flat.min() - 0.1, flat.max() + 0.1, 120)
places = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
places = places[Delaunay(flat).find_simplex(places) >= 0]


def coverage(in_plane):
    return np.mean(KDTree(in_plane).query(places)[0] < tolerance)


table = {}
print(f"{'score':18}{'memorized':>11}{'off plane':>11}{'coverage':>11}")
for name, x in samples.items():
    in_plane, off = x @ frame[:2].T, np.abs(x @ frame[2])
    table[name] = memorized_fraction(x, points), off.mean() / np.sqrt(t0), coverage(in_plane)
    print(f"{name:18}{table[name][0]:11.3f}{table[name][1]:11.4f}{table[name][2]:11.3f}")

noisy = [name for name, (_, off, _) in table.items() if off > 3 * table["ESF"][1]]
clean = {name: row for name, row in table.items() if name not in noisy}
best = max(clean, key=lambda name: clean[name][2])
print(
    f"More than three times the noise that the ESF leaves off the plane stays under "
    f"{', '.join(noisy)}. Of the {len(clean)} scores that bring samples onto it, {best} covers "
    f"most: {clean[best][2]:.0%} of the hull, against {table['ESF'][2]:.0%} under the ESF and "
    f"{coverage(rng.choice(places, n)):.0%} by as many uniformly random places of it."
)

figure, axes = plt.subplots(
    4, 5, figsize=(12, 8.8), height_ratios=[7, 3, 7, 3], sharex=True, layout="constrained"
)
pairs = [*zip(axes[0], axes[1], strict=True), *zip(axes[2], axes[3], strict=True)]
for x, (upper, lower) in zip(samples.values(), pairs, strict=True):
    u, normal = x @ frame[:2].T, x @ frame[2]
    draw_samples(upper, u, s=3, alpha=0.5)
    draw_points(upper, flat, s=5)
    upper.set(aspect="equal", ylim=(-1.5, 5.5), xlim=(-1.5, 5.5), yticks=[0, 2, 4])
    draw_samples(lower, np.column_stack([u[:, 0], normal]), s=2, alpha=0.4)
    lower.set(aspect="equal", ylim=(-1.5, 1.5), yticks=[-1, 0, 1])
for ax in axes[:, 1:].flat:
    ax.tick_params(labelleft=False)
for ax in axes[[0, 2], 0]:
    ax.set_ylabel("$x_2$")
for ax in axes[[1, 3], 0]:
    ax.set_ylabel("off plane")
for ax in axes[-1]:
    ax.set_xlabel("$x_1$")
of_score = [
    f"{name}\nmemorized {copied:.0%}\ncoverage {covered:.0%}, off plane {off:.3f}"
    for name, (copied, off, covered) in table.items()
]
label_panels(axes, [*of_score[:5], *[""] * 5, *of_score[5:], *[""] * 5])
output = sys.argv[1] if len(sys.argv) > 1 else "regularized.png"
figure.savefig(output, dpi=110)
print(f"wrote {output}")
