"""
Noise, memory, interpolation
============================

Three laws of the same four points in the plane: at the variance t0 where the denoising starts,
at 0 under the exact score of the training set, and at 0 under the smoothed one. Both bring the
samples onto the line through the points; only the smoothed score leaves them spread along it.

Run ``python examples/plot_phases.py [output.png]``.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from smoothdiff import EmpiricalScoreDiffusion, SmoothedPLDiffusion
from smoothdiff.datasets import uniform_line
from smoothdiff.metrics import memorized_fraction

points = uniform_line(4, d=2)
t0 = 0.02
exact = EmpiricalScoreDiffusion(t0=t0, t_min=0, random_state=0).fit(points)
smoothed = SmoothedPLDiffusion(kappa=0.4, t0=t0, t_min=0, start="isotropic", random_state=0).fit(
    points
)

n = 4000
laws = {
    f"start: variance t0 = {t0}": exact.trajectory(n_samples=n, times=[t0])[0],
    "end, exact score": exact.sample(n),
    "end, smoothed score": smoothed.sample(n),
}

figure, axes = plt.subplots(2, 3, figsize=(11, 4.6), sharex=True, sharey="row")
bins = np.linspace(-1.5, 1.5, 91)
for (upper, lower), (name, x) in zip(axes.T, laws.items(), strict=True):
    on_a_point = np.linalg.norm(x[:, None] - points, axis=2).min(axis=1) < 1e-9
    copied = memorized_fraction(x, points)
    print(
        f"{name}: spread off the line {x[:, 1].std():.4f}, on a training point "
        f"{on_a_point.mean():.3f}, near copies {copied:.3f}, "
        f"different places {len(np.unique(x.round(9), axis=0))}"
    )
    upper.scatter(*x.T, s=3, color="tab:blue", alpha=0.25, linewidths=0, label="samples")
    upper.scatter(*points.T, s=28, color="black", marker="x", label="training points", zorder=3)
    upper.set_title(f"{name}\n{on_a_point.mean():.0%} on a training point", fontsize=11)
    lower.hist(x[:, 0], bins, weights=np.full(n, 1 / n), color="tab:blue")
    lower.set_yscale("log")
    lower.set_xlabel("first coordinate")
axes[0, 0].set(ylabel="second coordinate", ylim=(-0.6, 0.6))
axes[1, 0].set(ylabel="fraction of samples", ylim=(1e-4, 1))
legend = axes[0, 0].legend(loc="upper center", ncols=2, fontsize=8, frameon=False, markerscale=1.2)
for handle in legend.legend_handles:
    handle.set_alpha(1)
figure.tight_layout()
output = sys.argv[1] if len(sys.argv) > 1 else "phases.png"
figure.savefig(output, dpi=110)
print(f"wrote {output}")
