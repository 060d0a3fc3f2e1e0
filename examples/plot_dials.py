"""
Turning kappa, t0 and t_min
===========================

What each of the three numbers does to the same samples, which can be followed as it is turned up
and back: twelve training points (rings), and 600 samples that all begin with the same random
numbers. As kappa grows samples run together at single points, until at kappa = 1 all are copies.
With t0 they come from farther away, into segments and triangles of points that are far apart.
With t_min each keeps more of its noise, until at t_min = t0 nothing is denoised.

Run ``python examples/plot_dials.py [output.gif]``: the animation is a GIF. A picture with
each of them turned up is written beside it (``dials_most.png``).
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.animation import PillowWriter

from smoothdiff import SmoothedPLDiffusion
from smoothdiff import _pictures as pictures

n, n_frames, n_still = 600, 14, 5
rng = np.random.default_rng(17)
points = rng.uniform(-1, 1, size=(12, 2)) * [1.3, 1.0]
of, noise = rng.integers(len(points), size=n), rng.normal(size=(n, 2))
rest = {"kappa": 0.1, "t0_scale": 1.0, "t_min_scale": 0.0}
most = {"kappa": 1.0, "t0_scale": 16.0, "t_min_scale": 1.0}
said = {
    "kappa": r"$\kappa = {}$",
    "t0_scale": r"$t_0 = {}\,\Delta^2$",
    "t_min_scale": r"$t_{{\mathrm{{min}}}} = {}\,t_0$",
}
kinds = {
    "of one point": pictures.VERMILION,
    "of two points": pictures.BLUE,
    "of three points": pictures.GREEN,
}
colors = np.array([*kinds.values()])


def samples(**scales):
    """Where they end (n, 2), and how many dimensions have the faces that their parents span."""
    model = SmoothedPLDiffusion(**scales, start="isotropic").fit(points)
    start = points[of] + np.sqrt(model.t0_) * noise
    x = model.flow(start, model.t0_, model.t_min_)
    return x, model.decompose(start, model.t0_).face_dim


def turned(name):
    """Values of one of them on the way up, and the samples of each."""
    part = (1 - np.cos(np.linspace(0, np.pi, n_frames))) / 2
    low, high = rest[name], most[name]
    values = low + part * (high - low)
    return [(value, *samples(**{**rest, name: value})) for value in values]


paths = {name: turned(name) for name in rest}
for name, path in paths.items():
    for value, x, dims in path[:: n_frames - 1]:
        shares = ", ".join(f"{(dims == j).mean():.1%} {kind}" for j, kind in enumerate(kinds))
        away = np.linalg.norm(x[:, None] - points, axis=2).min(axis=1).mean()
        print(f"{name} = {value:g}: {shares}; {away:.3f} from the nearest")

figure, axes = plt.subplots(1, 3, figsize=(8.4, 2.9), layout="constrained")
drawn = [
    pictures.draw_samples(ax, path[0][1], s=6, alpha=0.8)
    for ax, path in zip(axes, paths.values(), strict=True)
]
for ax in axes:
    pictures.draw_rings(ax, points)
    ax.set(xticks=[], yticks=[], aspect="equal", xlim=(-1.75, 1.75), ylim=(-1.35, 1.35))
handles = [plt.Line2D([], [], marker="o", linewidth=0, color=color) for color in colors]
figure.legend(handles, kinds, loc="outside lower center", ncols=3, frameon=False)


def show(step_of, turning=()):
    """Each of them at a step of its turn, with a frame around those that are turning."""
    titles = []
    for name, ax, dots in zip(paths, axes, drawn, strict=True):
        value, x, dims = paths[name][step_of.get(name, 0)]
        dots.set(offsets=x, facecolors=colors[dims])
        titles.append(said[name].format(pictures.in_math(round(value, 2))))
        ax.spines[:].set(color=pictures.BLACK if name in turning else "0.8")
        ax.spines[:].set_linewidth(1.5 if name in turning else 0.8)
    pictures.label_panels(axes, titles)


show({})
figure.canvas.draw()
figure.set_layout_engine("none")  # laid out once, not for each frame

output = Path(sys.argv[1] if len(sys.argv) > 1 else "dials.gif").with_suffix(".gif")
writer = PillowWriter(fps=10)
last = n_frames - 1
steps = [*range(n_frames), *[last] * n_still, *range(last, -1, -2), 0]
with writer.saving(figure, output, dpi=75):
    for name in paths:
        for step in steps:
            show({name: step}, turning=[name])
            writer.grab_frame()
show(dict.fromkeys(paths, last))
print(f"{output.stat().st_size / 1e6:.2f} MB")
still = output.with_name(f"{output.stem}_most.png")
figure.savefig(still, dpi=110)
print(f"wrote {output} and {still}")
# sphinx_gallery_thumbnail_number = 2
