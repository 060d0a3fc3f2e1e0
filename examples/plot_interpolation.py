"""
Copy or interpolate
===================

Two diffusion models without a network, on the same points of a spiral. The exact
score of the training set brings every sample back to a training point. Smoothing that score a
little brings the samples onto the segments and triangles between neighboring points.

A sample counts as a near copy when one training point is three times nearer than any other. Points
that are no copies do so too: the fraction for new points of the spiral itself is the value to
compare with.

Run ``python examples/plot_interpolation.py [output.png]``.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from smoothdiff import EmpiricalScoreDiffusion, SmoothedPLDiffusion
from smoothdiff._pictures import draw_points, draw_samples, label_panels
from smoothdiff.metrics import memorized_fraction

KAPPA = r"$\kappa$"
rng = np.random.default_rng(0)


def spiral(place):
    """Points at places in [0, 1] along a spiral, with a little noise."""
    turn = (0.04 + 0.96 * place) ** 0.5  # even along the curve
    angle = 5 * np.pi * turn
    curve = np.column_stack([turn * np.cos(angle), turn * np.sin(angle)])
    return curve + 0.01 * rng.normal(size=curve.shape)


points = spiral(np.linspace(0, 1, 80))
fresh = memorized_fraction(spiral(rng.uniform(size=3000)), points)
print(f"new points of the spiral: {fresh:.0%} are near copies of a training point")

# The papers' starting law: spheres around the points.
models = {"empirical score": EmpiricalScoreDiffusion(t_min=0, random_state=0)}
models |= {
    f"smoothed, kappa = {kappa}": SmoothedPLDiffusion(
        kappa=kappa, t_min=0, start="isotropic", random_state=0
    )
    for kappa in (0.5, 0.2)
}

figure, axes = plt.subplots(1, 4, figsize=(12, 3.5), layout="constrained")
draw_points(axes[0], points)
titles = [f"{len(points)} training points\n(of new ones {fresh:.0%} near copies)"]
for ax, (name, model) in zip(axes[1:], models.items(), strict=True):
    new = model.fit(points).sample(3000)
    copied = memorized_fraction(new, points)
    print(f"{name}: {copied:.0%} of samples are near copies of a training point")
    draw_samples(ax, new, s=4, alpha=0.5)
    draw_points(ax, points, s=6)
    titles.append(f"{name.replace('kappa', KAPPA)}\n{copied:.0%} near copies")
for ax in axes:
    ax.set(aspect="equal", xticks=[], yticks=[])
label_panels(axes, titles)
output = sys.argv[1] if len(sys.argv) > 1 else "interpolation.png"
figure.savefig(output, dpi=110)
print(f"wrote {output}")
