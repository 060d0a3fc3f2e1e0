"""
Copy or interpolate
===================

Two diffusion models without a network, on the same points of a spiral. The exact score of
the training set brings every sample back to a training point. Smoothing that score a little
brings the samples onto the segments and triangles between neighboring points.

Run ``python examples/plot_interpolation.py [output.png]``.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from smoothdiff import EmpiricalScoreDiffusion, SmoothedPLDiffusion
from smoothdiff.metrics import memorized_fraction

turn = np.linspace(0.35, 1.0, 40) ** 0.5  # even along the curve
angle = 4 * np.pi * turn
points = np.column_stack([turn * np.cos(angle), turn * np.sin(angle)])
points += 0.01 * np.random.default_rng(0).normal(size=points.shape)

models = {
    "empirical score": EmpiricalScoreDiffusion(t_min=0, random_state=0),
    "smoothed, kappa = 0.5": SmoothedPLDiffusion(kappa=0.5, t_min=0, random_state=0),
    "smoothed, kappa = 0.2": SmoothedPLDiffusion(kappa=0.2, t_min=0, random_state=0),
}

figure, axes = plt.subplots(1, 4, figsize=(12, 3.5), sharex=True, sharey=True)
axes[0].scatter(*points.T, s=14, color="black")
axes[0].set_title("40 training points")
for ax, (name, model) in zip(axes[1:], models.items(), strict=True):
    new = model.fit(points).sample(3000)
    copied = memorized_fraction(new, points)
    print(f"{name}: {copied:.0%} of samples are copies of a training point")
    ax.scatter(*new.T, s=2, color="tab:blue", alpha=0.4, linewidths=0)
    ax.scatter(*points.T, s=6, color="black")
    ax.set_title(f"{name}\n{copied:.0%} copies")
for ax in axes:
    ax.set_aspect("equal")
    ax.set_axis_off()
figure.tight_layout()
output = sys.argv[1] if len(sys.argv) > 1 else "interpolation.png"
figure.savefig(output, dpi=110)
print(f"wrote {output}")
