"""
Cells of the plane
==================

Where the smoothed denoiser sends a point of the plane: to a training point, to a segment between
two, or into a triangle of three, by the cell of the mixed complex that it is in. As the smoothing
ratio rho = kappa sqrt(t) / spacing falls, the cells of the triangles grow from nothing to the
triangles themselves, and take (1 - rho)^2 of their area; the cells of the points shrink with
rho^2. The paths of the flow to t = 0 are straight, and end where the denoiser says from the start.

Run ``python examples/plot_cells.py [output.png]``.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap
from scipy.spatial import ConvexHull

from smoothdiff._pictures import draw_points, label_panels
from smoothdiff.cloud import PointCloud
from smoothdiff.mixed_cell import solve
from smoothdiff.ode import integrate
from smoothdiff.scores import SmoothedPLScore

points = np.random.default_rng(17).uniform(-1, 1, size=(12, 2)) * [1.3, 1.0]
cloud = PointCloud.of(points)
spacing, area = cloud.spacing(), ConvexHull(points).volume
ratios, names = (0.7, 0.4, 0.1), ("a point", "a segment", "a triangle")


def grid(width, height, n):
    """Points of a grid (m, 2), n on the longer axis."""
    x, y = np.linspace(-width, width, n), np.linspace(-height, height, int(n * height / width))
    return np.stack(np.meshgrid(x, y), axis=-1)


# Some triangles of the rim have centers so far away that their cells leave the picture.
wide, shown, starts = grid(5, 5, 360), grid(2, 1.7, 300), grid(1.8, 1.5, 15).reshape(-1, 2)
pixel = (10 / 359) ** 2

figure, axes = plt.subplots(1, 3, figsize=(13, 4.4), sharey=True, layout="constrained")
colors = ListedColormap(["#9ecae1", "#fdd49e", "#c7e9c0"])
for rho, ax in zip(ratios, axes, strict=True):
    found = solve(wide.reshape(-1, 2), cloud, rho, faces=True).face_dim
    cell = solve(starts, cloud, rho)
    times = spacing**2 * np.geomspace(1, 1e-6, 100)
    score = SmoothedPLScore(cloud, rho, spacing)  # at t = spacing^2 its ratio is its kappa
    ends = integrate(score, starts, times, "heun")
    line = cell.a + np.sqrt(times[-1] / times[0]) * (starts - cell.a)
    off = np.linalg.norm(ends - line, axis=1).max() / spacing
    print(
        f"rho = {rho}: cells of triangles have {(found == 2).sum() * pixel / area:.3f} of the "
        f"area of the triangles, (1 - rho)^2 = {(1 - rho) ** 2:.3f}; largest distance of 100 "
        f"steps from the straight path {off:.1e} spacings"
    )
    dims = solve(shown.reshape(-1, 2), cloud, rho, faces=True).face_dim.reshape(shown.shape[:2])
    ax.imshow(
        dims,
        origin="lower",
        extent=(-2, 2, -1.7, 1.7),
        cmap=colors,
        vmin=0,
        vmax=2,
        interpolation="nearest",
    )
    ax.plot(*np.stack([starts, cell.a], axis=1).T, color="0.25", linewidth=0.5)
    ax.scatter(*cell.a.T, s=4, color="0.25", linewidths=0)
    draw_points(ax, points, s=26)
    ax.set(xticks=[], yticks=[], xlim=(-2, 2), ylim=(-1.7, 1.7))
label_panels(axes, [rf"$\rho = {rho}$" for rho in ratios])
handles = [plt.Rectangle((0, 0), 1, 1, color=colors(k)) for k in range(3)]
figure.legend(
    handles,
    [f"ends on {name}" for name in names],
    loc="outside lower center",
    ncols=3,
    frameon=False,
)
output = sys.argv[1] if len(sys.argv) > 1 else "cells.png"
figure.savefig(output, dpi=90)
print(f"wrote {output}")
