"""
The flow, with smoothing and without
====================================

The same noisy points carried by the probability-flow ODE from the variance t0 to a millionth of it,
under the exact score (ESF) and under the Smoothed PL-ESF. Above, four points on a line: the exact
score gathers all samples at the training points; smoothed, those that begin in a gap end in it.
Below, eight points on a circle: smoothed, samples end on the polygon, but for a few inside. Dots
that end on a training point are gray.

Run ``python examples/plot_flow.py [output.gif]``: the animation is a GIF. Its last picture is
written beside it (``flow_end.png``).
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.animation import PillowWriter

from smoothdiff import EmpiricalScoreDiffusion, SmoothedPLDiffusion
from smoothdiff._pictures import COLORS, draw_rings, draw_samples, in_math, label_panels
from smoothdiff.datasets import circle, uniform_line

n, n_frames, n_still = 600, 25, 6
rng = np.random.default_rng(0)
# Points, variance, kappa, dimensions along the points, and half of the height of the picture.
clouds = {
    "line": (uniform_line(4, 2), 0.02, 1.2, 1, 0.6),
    "circle": (circle(8), 0.08, 0.5 * np.sin(np.pi / 8) / np.sqrt(0.08), 2, 1.5),
}


def at_a_point(x, points, noise):
    """Nearer to one than noise leads away."""
    return np.linalg.norm(x[:, None] - points, axis=2).min(axis=1) < 6 * noise


panels = []
for name, (points, t0, kappa, dims, height) in clouds.items():
    start = points[rng.integers(len(points), size=n)] + np.sqrt(t0) * rng.normal(size=(n, 2))
    # Even in the noise's standard deviation, in which smoothed paths are straight.
    times = t0 * np.linspace(1, 1e-3, n_frames) ** 2
    common = {"t0": t0, "t_min": times[-1], "n_components": dims}
    models = {
        "ESF": EmpiricalScoreDiffusion(n_steps=40, **common).fit(points),  # of each frame
        "Smoothed PL-ESF": SmoothedPLDiffusion(kappa=kappa, start="isotropic", **common).fit(
            points
        ),
    }
    for score, model in models.items():
        path = model.trajectory(start, times=times)
        copied = at_a_point(path[-1], points, np.sqrt(times[-1]))
        away = np.linalg.norm(path[-1][~copied, None] - points, axis=2).min(axis=1)
        print(
            f"{name}, {score}: {copied.mean():.1%} end on a training point, the others as far "
            f"as {away.max() if len(away) else 0:.3f} from the nearest"
        )
        panels.append((score, points, times, path, copied, height))

figure, axes = plt.subplots(
    2, 2, figsize=(6.4, 5.4), height_ratios=[0.7, 1.5], layout="constrained"
)
drawn = []
for ax, (score, points, _, path, copied, height) in zip(axes.flat, panels, strict=True):
    colors = np.where(copied, "0.6", COLORS[score])
    drawn.append(draw_samples(ax, path[0], color=colors, s=4, alpha=0.7))
    draw_rings(ax, points)
    ax.set(
        aspect="equal", xlim=(-1.5, 1.5), ylim=(-height, height), xlabel="$x_1$", xticks=[-1, 0, 1]
    )
for ax in axes[:, 0]:
    ax.set_ylabel("$x_2$")
label_panels(axes, [score for score, *_ in panels])
time = figure.suptitle(" ", fontsize="medium")
figure.canvas.draw()
figure.set_layout_engine("none")  # laid out once, not for each frame


output = Path(sys.argv[1] if len(sys.argv) > 1 else "flow.gif").with_suffix(".gif")
writer = PillowWriter(fps=8)
with writer.saving(figure, output, dpi=75):
    for k in [*range(n_frames), *[n_frames - 1] * n_still]:
        for dots, (*_, path, _, _) in zip(drawn, panels, strict=True):
            dots.set_offsets(path[k])
        ratio = panels[0][2][k] / panels[0][2][0]
        time.set_text(rf"$t = {in_math(ratio)}\,t_0$")
        writer.grab_frame()
print(f"{output.stat().st_size / 1e6:.2f} MB")
still = output.with_name(f"{output.stem}_end.png")
figure.savefig(still, dpi=110)
print(f"wrote {output} and {still}")
# sphinx_gallery_thumbnail_number = 2
