"""
A trained network denoises four points in the plane
===================================================

The papers' experiment with a network in place of the smoothed score: it regresses on the exact
score (ESF) of four points on a line, at all noise levels, with weight decay on its body. Its
samples collapse onto the line and fill the gaps between the points, as those of a Smoothed PL-ESF
do. Which one? That with the kappa fitted to the network's score, by least squares along the line
at each variance t; the ratio of the residual to the distance from the ESF says how well it fits.

Two pictures: samples and their histograms, with the closed form for the overall kappa; and the
parts of the score along the line (tangent) and across it (normal).

Run ``python examples/plot_network.py [output.png] [--full]``; ``--full`` takes the papers' 150000
steps of 1024 samples (three minutes on two cores), and without it 6000 longer ones of 256.
"""

import argparse
import warnings
from pathlib import Path
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning

from smoothdiff import NeuralScoreDiffusion, SmoothedPLDiffusion
from smoothdiff.cloud import PointCloud
from smoothdiff.datasets import uniform_line
from smoothdiff.scores import EmpiricalScore, SmoothedPLScore
from smoothdiff.theory import closest_smoothing

parser = argparse.ArgumentParser()
parser.add_argument("output", nargs="?", default="network.png", type=Path)
parser.add_argument("--full", action="store_true", help="the papers' number of steps")
options = parser.parse_args()

FULL = {"weight_decay": 3.0, "batch_size": 1024, "max_iter": 150_000, "learning_rate": 5e-5}
SHORT = {"weight_decay": 1.0, "batch_size": 256, "max_iter": 6000, "learning_rate": 5e-4}
size = FULL if options.full else SHORT

points, t0, t_end, spacing = uniform_line(4, d=2), 0.02, 1e-5, 1 / 3
cloud, rng = PointCloud.of(points), np.random.default_rng(0)
warnings.simplefilter("ignore", ConvergenceWarning)  # the number of steps is the papers'
began = perf_counter()
network = NeuralScoreDiffusion(
    t0=t0,
    t_min=1e-6,
    n_components=2,  # else the normal direction, which is exact, would not be learned
    n_iter_no_change=size["max_iter"],  # no early end
    random_state=0,
    solver="euler",
    **size,
).fit(points)
seconds = perf_counter() - began
loss = network.loss_curve_[-1000:].mean()
print(f"{network.n_iter_} steps in {seconds:.0f} s, loss {loss:.3f} (of no score at all: 2)")

# ------------------------------------------------------------------ how much it smooths

axis = np.column_stack([np.linspace(-1, 1, 1001), np.zeros(1001)])
for t in (t0, t0 / 4, t0 / 16, 1e-4):
    kappa, residual, from_esf = closest_smoothing(
        network.score_function(axis, t), cloud, axis, t, spacing
    )
    print(f"on the line, t = {t:.3g}: kappa {kappa:.2f}, ratio {residual / from_esf:.3f}")
t = rng.uniform((1e-6) ** (1 / 3), t0 ** (1 / 3), size=4000) ** 3  # as in training
x = points[rng.integers(4, size=4000)] + np.sqrt(t)[:, None] * rng.normal(size=(4000, 2))
best, residual, from_esf = closest_smoothing(network.score_function(x, t), cloud, x, t, spacing)
print(f"at all noisy points: kappa {best:.2f}, ratio {residual / from_esf:.3f}")

# ------------------------------------------------------------------ samples

times, n = [t0, t0 / 4, t_end], 20_000 if options.full else 5000
edges = np.linspace(-1.5, 1.5, 121)
inside = np.linspace(-1.5, 1.5, 4001)[:, None]
figure, axes = plt.subplots(2, 3, figsize=(12, 4.8), sharex=True, layout="constrained")
path = network.trajectory(n_samples=n, times=times)
for x, t, (upper, lower) in zip(path, times, axes.T, strict=True):
    upper.scatter(*x.T, s=1, color="tab:blue", alpha=0.2, linewidths=0, rasterized=True)
    upper.scatter(*points.T, s=18, color="black", marker="x", linewidths=1)
    upper.set(title=f"t = {t:.3g}", ylim=(-0.6, 0.6))
    weights = np.full(n, 1 / n / (edges[1] - edges[0]))
    lower.hist(x[:, 0], edges, weights=weights, color="tab:blue", alpha=0.5, label="network")
    exact = SmoothedPLDiffusion(kappa=best, spacing=spacing, t0=t0, t_min=t, start="isotropic")
    density = np.exp(exact.fit(points[:, :1]).score_samples(inside))
    label = f"Smoothed PL-ESF, kappa = {best:.2f}"
    lower.plot(inside, density, color="tab:red", linewidth=0.9, label=label)
    lower.set(yscale="log", ylim=(1e-3, 100), xlim=(-1.5, 1.5), xlabel="first coordinate")
    near = np.abs(x[:, :1] - points[:, 0]).min(axis=1)
    print(
        f"samples at t = {t:.3g}: std off the line {x[:, 1].std():.4f} (sqrt(t) {np.sqrt(t):.4f}), "
        f"{np.mean(near > spacing / 4):.1%} in the middle half of a gap or beyond an end"
    )
axes[0, 0].set_ylabel("second coordinate")
axes[1, 0].set_ylabel("density")
figure.legend(
    *axes[1, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False
)
figure.savefig(options.output, dpi=110)

# ------------------------------------------------------------------ parts of the score

times = [t0, t0 / 4, t0 / 16]
figure, axes = plt.subplots(4, 3, figsize=(12, 11), layout="constrained")
on_axis = np.column_stack([np.linspace(-1.3, 1.3, 601), np.zeros(601)])
for t, column in zip(times, axes.T, strict=True):
    sigma = np.sqrt(t)
    scores = {
        "ESF": EmpiricalScore(cloud),
        "Smoothed PL-ESF": SmoothedPLScore(cloud, best, spacing),
        "network": network.score_function,
    }
    styles = [("black", 1), ("tab:blue", 3), ("tab:red", 1.3)]
    for (name, score), (color, width) in zip(scores.items(), styles, strict=True):
        along = t * score(on_axis, t)[:, 0]
        column[0].plot(on_axis[:, 0], along, color=color, linewidth=width, alpha=0.7, label=name)
    column[0].set(title=f"t = {t:.3g}", xlabel="first coordinate, on the line")
    plane = np.stack(
        np.meshgrid(np.linspace(-1.3, 1.3, 131), np.linspace(-3, 3, 61) * sigma), axis=-1
    )
    parts = t * network.score_function(plane.reshape(-1, 2), t).reshape(*plane.shape)
    for ax, part, limit in ((column[1], parts[..., 0], spacing), (column[3], parts[..., 1], None)):
        limit = limit or 3 * sigma
        image = ax.pcolormesh(
            *np.moveaxis(plane, -1, 0), part, cmap="RdBu", vmin=-limit, vmax=limit, rasterized=True
        )
        figure.colorbar(image, ax=ax)
        ax.set(xlabel="first coordinate")
    across = np.column_stack([np.zeros(61), np.linspace(-3, 3, 61) * sigma])
    column[2].plot(across[:, 1], -across[:, 1], color="tab:blue", linewidth=3, alpha=0.7)
    for start in (-1, -1 / 3, 0):
        place = across + np.array([start, 0])
        normal = t * network.score_function(place, t)[:, 1]
        column[2].plot(place[:, 1], normal, color="tab:red", linewidth=0.9)
    column[2].set(xlabel="second coordinate")
    x = points[rng.integers(4, size=2000)] + sigma * rng.normal(size=(2000, 2))
    error = np.sqrt(np.mean((t * network.score_function(x, t)[:, 1] + x[:, 1]) ** 2)) / sigma
    print(f"normal part at t = {t:.3g}: rms error {error:.3f} of its rms size")
for ax, name in zip(
    axes[:, 0],
    [
        "tangent part, t s",
        "second coordinate",
        "normal part at first\ncoordinate -1, -1/3, 0",
        "second coordinate",
    ],
    strict=True,
):
    ax.set_ylabel(name)
for row, part in ((1, "tangent"), (3, "normal")):
    axes[row, 0].set_title(f"network, {part} part", fontsize=10)
axes[0, 0].legend(fontsize=8, loc="lower left")
second = options.output.with_stem(options.output.stem + "_parts")
figure.savefig(second, dpi=110)
print(f"wrote {options.output} and {second}")
