"""
Averaging the score itself
==========================

For points evenly spaced on a line, as here, the smoothed score of this library is the small-t
limit of the empirical score averaged over a window around each point (LA-ESF). Run in the
denoising dynamics the two give nearly the same samples, though the average is taken at every t.
For scattered points they are two smoothings (docs/beyond_the_papers.md). The distance of their
samples along the line (Wasserstein, W1) stands beside that of independent sets of samples from one
model, and that of the exact score, which memorizes. Run from the same starting points they are
nearer still.

Run ``python examples/plot_local_average.py [output.png]``.
"""

import sys
from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import wasserstein_distance

from smoothdiff import EmpiricalScoreDiffusion, LocalAverageDiffusion, SmoothedPLDiffusion
from smoothdiff.datasets import uniform_line

points = uniform_line(4, d=2)
n, t0, t_end, kappa = 20000, 0.02, 1e-5, 1.2
times = [t0, t0 / 4, t_end]
common = {"t0": t0, "t_min": t_end, "solver": "euler", "n_steps": 200}
smooth = {"kappa": kappa, "start": "isotropic"}
averaged = LocalAverageDiffusion(**common, **smooth).fit(points)
smoothed = SmoothedPLDiffusion(**common, **smooth).fit(points)
exact = EmpiricalScoreDiffusion(**common).fit(points)


def draw(model, seed):
    return model.trajectory(n_samples=n, times=times, random_state=seed)


def distance(one, two):
    """W1 of the coordinates along the line."""
    return wasserstein_distance(one[:, 0], two[:, 0])


paths = {"LA-ESF": draw(averaged, 1), "Smoothed PL-ESF": draw(smoothed, 2)}
copies, others = draw(exact, 3), [draw(smoothed, seed) for seed in range(4, 8)]
sets = [paths["Smoothed PL-ESF"], *others]
pairs = list(combinations(sets, 2))
for k, t in enumerate(times):
    chance = [distance(one[k], two[k]) for one, two in pairs]
    near = np.mean([distance(paths["LA-ESF"][k], x[k]) for x in sets])
    far = np.mean([distance(copies[k], x[k]) for x in sets])
    print(
        f"t = {t:.3g}: W1 to Smoothed PL-ESF, of LA-ESF {near:.4f}, of the ESF {far:.4f}, of "
        f"itself {np.mean(chance):.4f} (up to {np.max(chance):.4f})"
    )
start = paths["LA-ESF"][0]
ends = [model.flow(start, t0, t_end) for model in (averaged, smoothed, exact)]
print(
    f"from the same start: W1 of LA-ESF and Smoothed PL-ESF {distance(ends[0], ends[1]):.5f}, "
    f"of the ESF and Smoothed PL-ESF {distance(ends[2], ends[1]):.5f}"
)

figure, axes = plt.subplots(
    2, 3, figsize=(12, 5), sharex=True, height_ratios=[1, 1.2], layout="constrained"
)
edges = np.linspace(-1.5, 1.5, 121)
for k, (t, upper, lower) in enumerate(zip(times, *axes, strict=True)):
    for (name, path), color in zip(paths.items(), ["tab:blue", "tab:red"], strict=True):
        heights = np.histogram(path[k][:, 0], edges, density=True)[0]
        lower.stairs(heights, edges, color=color, label=name, linewidth=1.2)
    upper.scatter(*paths["LA-ESF"][k].T, s=1, color="tab:blue", alpha=0.2, linewidths=0)
    upper.scatter(*points.T, s=18, color="black", marker="x", linewidths=1)
    upper.set(title=f"LA-ESF, t = {t:.3g}", ylim=(-0.6, 0.6))
    lower.set(yscale="log", ylim=(1e-3, 100), xlim=(-1.5, 1.5), xlabel="first coordinate")
axes[0, 0].set_ylabel("second coordinate")
axes[1, 0].set_ylabel("density")
axes[1, 0].legend(loc="upper center", ncols=2, frameon=False, fontsize=9)
output = sys.argv[1] if len(sys.argv) > 1 else "local_average.png"
figure.savefig(output, dpi=110)
print(f"wrote {output}")
