"""
Where a sample ends is decided by where it starts
=================================================

The plane of position and noise (standard deviation sqrt(t)) of four points on a line, divided
as the smoothed score divides it. Region A is the neighborhood of a training point: a
path in it ends on that point. Region B lies beyond the two ends: a path in it ends on the last
point. Region C is a gap between two neighbors: a path in it ends between them. In these
coordinates the paths are straight, and none leaves its region.

Run ``python examples/plot_phase_diagram.py [output.png]``.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap

from smoothdiff import SmoothedPLDiffusion
from smoothdiff._pictures import BLUE, draw_points, legend_below
from smoothdiff.datasets import uniform_line

points = uniform_line(4)
kappa, t0 = 1.2, 0.03
model = SmoothedPLDiffusion(kappa=kappa, t0=t0, t_min=0, start="isotropic").fit(points)


def region(x, t):
    """0, 1, 2 for A, B, C: read off the faces that make up the denoiser."""
    cell = model.decompose(x.reshape(-1, 1), t)
    nearest = points[cell.parents[:, 0], 0]
    beyond = np.isin(nearest, points[[0, -1], 0]) & (np.abs(x) > np.abs(nearest))
    return np.where(cell.face_dim == 1, 2, np.where(beyond, 1, 0))


x = np.linspace(-1.6, 1.6, 801)
noise = np.linspace(1e-3, np.sqrt(t0), 300)
regions = np.stack([region(x, s**2) for s in noise])

# The papers' boundaries, for comparison: a point's neighborhood has the radius kappa sqrt(t).
near = np.abs(x[None, :, None] - points[:, 0]).min(axis=2) <= kappa * noise[:, None]
printed = np.where(np.abs(x) > 1, 1, np.where(near, 0, 2))
print(f"regions: {np.mean(regions == printed):.5f} of {regions.size} places by the papers' borders")

starts = np.linspace(-1.5, 1.5, 62)
sd = np.linspace(np.sqrt(t0), 0, 41)
paths = model.trajectory(starts[:, None], times=sd**2)[:, :, 0]
straight = paths[-1] + (paths[0] - paths[-1]) * (sd / sd[0])[:, None]
print(f"paths: largest distance from a straight line {np.abs(paths - straight).max():.1e}")
visited = np.stack([region(path, s**2) for path, s in zip(paths[:-1], sd[:-1], strict=True)])
print(f"paths: {np.sum((visited != visited[0]).any(axis=0))} of {len(starts)} change region")
copies = np.abs(paths[-1][:, None] - points[:, 0]).min(axis=1) < 1e-9
print(f"paths: {copies[visited[0] != 2].mean():.2f} from A and B end on a training point, ", end="")
print(f"{copies[visited[0] == 2].mean():.2f} from C")

figure, ax = plt.subplots(figsize=(9, 4.6), layout="constrained")
colors = ["#cfe3f5", "#dcdcdc", "#fbe3c6"]
ax.pcolormesh(x, noise, regions, cmap=ListedColormap(colors), vmin=0, vmax=2, rasterized=True)
ax.plot(paths, sd, color=BLUE, linewidth=0.8)
ax.plot([], [], color=BLUE, label="paths of samples, downward")
draw_points(ax, points[:, 0], s=40, clip_on=False, label="training points")
box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}
for place in points[1:-1, 0]:
    ax.text(place, 0.14, "A", ha="center", va="center", fontsize=15, bbox=box)
for place in (points[1:, 0] + points[:-1, 0]) / 2:
    ax.text(place, 0.06, "C", ha="center", va="center", fontsize=15, bbox=box)
for place in (-1.45, 1.45):
    ax.text(place, 0.06, "B", ha="center", va="center", fontsize=15, bbox=box)
ax.set(xlabel="$x$", ylabel=r"noise, $\sqrt{t}$", xlim=(-1.6, 1.6), ylim=(0, np.sqrt(t0)))
ax.set_title(rf"Regions of the smoothed score, $\kappa = {kappa}$")
legend_below(figure, ax)
output = sys.argv[1] if len(sys.argv) > 1 else "phase_diagram.png"
figure.savefig(output, dpi=110)
print(f"wrote {output}")
