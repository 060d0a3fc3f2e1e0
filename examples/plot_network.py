"""
A trained network denoises four points in the plane
===================================================

The papers' experiment with a network in place of the smoothed score: it regresses on the exact
score (ESF) of four points on a line, at all noise levels, with weight decay on its body. Its
samples collapse onto the line, and some stay in the gaps between the points, as those of a Smoothed
PL-ESF do. Which one? That with the kappa fitted to the tangent part of the network's score by least
squares, at each variance t. Its residual is printed beside that of a network that has learned no
tangent score at all (0), twice: over p_t, where the noisy points are and the loss is, and evenly
along the line, where the gaps count as much as the points.

One kappa does not serve all t, and fewer samples stay in the gaps than with the Smoothed PL-ESF of
the kappa at t0. More weight decay keeps more there, but then the tangent score at small t is not
learned (``benchmarks/networks.py`` varies one thing at a time).

Two pictures: samples and their histograms, with the closed form for the kappa at t0; and the parts
of the score along the line (tangent) and across it (normal).

Run ``python examples/plot_network.py [output.png] [--full | --papers]``; ``--full`` takes 26000
steps of 256 samples at falling learning rates, without it 11000. ``--papers`` takes the papers'
150000 of 1024 at the rate 5e-5 with weight decay 3 (many minutes).
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
length = parser.add_mutually_exclusive_group()
length.add_argument("--full", action="store_true", help="more steps")
length.add_argument("--papers", action="store_true", help="the papers' steps, rate and decay")
options = parser.parse_args()

# Learning rates and steps, one after another.
stages = [(1e-3, 5000), (3e-4, 3000), (1e-4, 2000), (3e-5, 1000)]
size = {"weight_decay": 0.3, "batch_size": 256}
if options.full:
    stages = [(1e-3, 8000), (3e-4, 8000), (1e-4, 6000), (3e-5, 4000)]
if options.papers:
    stages, size = [(5e-5, 150_000)], {"weight_decay": 3.0, "batch_size": 1024}

points, t0, t_end, spacing = uniform_line(4, d=2), 0.02, 1e-5, 1 / 3
cloud, line = PointCloud.of(points), PointCloud.of(points[:, :1])
rng = np.random.default_rng(0)
warnings.simplefilter("ignore", ConvergenceWarning)  # the number of steps is as above
began = perf_counter()
network = NeuralScoreDiffusion(
    t0=t0,
    t_min=1e-6,
    n_components=2,  # else the normal direction, which is exact, would not be learned
    warm_start=True,  # each stage goes on from the last
    solver="euler",
    **size,
)
for seed, (rate, n_steps) in enumerate(stages):
    network.set_params(
        learning_rate=rate, max_iter=n_steps, n_iter_no_change=n_steps, random_state=seed
    ).fit(points)
seconds, n_steps = perf_counter() - began, sum(n for _, n in stages)
loss = network.loss_curve_[-1000:].mean()
print(f"{n_steps} steps in {seconds:.0f} s, loss {loss:.3f} (of no score at all: 2)")

# ------------------------------------------------------------------ how much it smooths


def fit(x, t):
    """The kappa nearest to the network's tangent score at x, the residual, and that of no score."""
    inside, score = x[:, :1], network.score_function(x, t)[:, :1]
    kappa, residual, _ = closest_smoothing(score, line, inside, t, spacing)
    smoothed = SmoothedPLScore(line, kappa, spacing)(inside, t)
    return kappa, residual, t * np.mean(smoothed**2)


axis = np.column_stack([np.linspace(-1, 1, 1001), np.zeros(1001)])
kappas = []
for t in (t0, t0 / 4, t0 / 16, 1e-4):
    noisy = points[rng.integers(4, size=4000)] + np.sqrt(t) * rng.normal(size=(4000, 2))
    for where, x in (("over p_t", noisy), ("evenly along the line", axis)):
        kappa, residual, null = fit(x, t)
        kappas.append(kappa)
        print(
            f"t = {t:.3g}, {where}: kappa {kappa:.2f}, residual {residual:.4f}, "
            f"of no tangent score {null:.4f}, ratio {residual / null:.3f}"
        )
best = kappas[0]

# ------------------------------------------------------------------ samples

times, n = [t0, t0 / 4, t_end], 20_000
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
    exact = SmoothedPLDiffusion(
        kappa=best, spacing=spacing, t0=t0, t_min=t, start="isotropic", random_state=0
    ).fit(points[:, :1])
    density = np.exp(exact.score_samples(inside))
    label = f"Smoothed PL-ESF, kappa = {best:.2f}"
    lower.plot(inside, density, color="tab:red", linewidth=0.9, label=label)
    lower.set(yscale="log", ylim=(1e-3, 100), xlim=(-1.5, 1.5), xlabel="first coordinate")
    print(
        f"samples at t = {t:.3g}: std off the line {x[:, 1].std():.4f} (sqrt(t) {np.sqrt(t):.4f})"
    )
middles = points[:-1, 0] + spacing
drawn = {"network": x, "Smoothed PL-ESF": exact.sample(n)}  # at the last time
for name, new in drawn.items():
    parts = (np.abs(new[:, :1] - middles) < spacing / 2).mean(axis=0)
    print(f"in the middle halves of the gaps, {name}: {', '.join(f'{p:.2%}' for p in parts)}")
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
