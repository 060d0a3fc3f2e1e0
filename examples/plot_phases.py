"""
Noise, memory, interpolation
============================

Three laws of the same four points in the plane: at the variance t0 where the denoising starts,
at 0 under the exact score of the training set, and at 0 under the smoothed one. Both bring the
samples onto the line through the points; only the smoothed score leaves them spread along it.
Stems are the parts of the samples that end on a training point, exactly.

Run ``python examples/plot_phases.py [output.png]``.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from smoothdiff import EmpiricalScoreDiffusion, SmoothedPLDiffusion
from smoothdiff._pictures import (
    BLUE,
    draw_atoms,
    draw_rings,
    draw_samples,
    label_panels,
    legend_below,
)
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
titles = f"start, $t_0 = {t0}$", "end, exact score", "end, smoothed score"

figure, axes = plt.subplots(
    2, 3, figsize=(11, 4.4), sharex=True, sharey="row", layout="constrained"
)
edges = np.linspace(-1.5, 1.5, 91)
for (upper, lower), (name, x) in zip(axes.T, laws.items(), strict=True):
    away = np.linalg.norm(x[:, None] - points, axis=2)
    on_a_point = away.min(axis=1) < 1e-9
    copied = memorized_fraction(x, points)
    print(
        f"{name}: spread off the line {x[:, 1].std():.4f}, on a training point "
        f"{on_a_point.mean():.3f}, near copies {copied:.3f}, "
        f"different places {len(np.unique(x.round(9), axis=0))}"
    )
    draw_samples(upper, x, s=3)
    draw_rings(upper, points, label="training points")
    upper.set(aspect="equal", ylim=(-0.6, 0.6), xlim=(-1.5, 1.5))
    heights = np.histogram(x[~on_a_point, 0], edges)[0] / n / np.diff(edges)
    lower.stairs(heights, edges, fill=True, color=BLUE, label="density of samples off the points")
    if on_a_point.any():
        draw_atoms(lower, points[:, 0], (away < 1e-9).mean(axis=0), label="part of all on a point")
    lower.set(xlabel="$x_1$", ylim=(0, None))
axes[0, 0].set_ylabel("$x_2$")
axes[1, 0].set_ylabel("density, part")
label_panels(axes, [*titles, *[""] * 3])
legend_below(figure, *axes.flat)
output = sys.argv[1] if len(sys.argv) > 1 else "phases.png"
figure.savefig(output, dpi=110)
print(f"wrote {output}")
