"""
How the variants of the score relate
====================================

Two ways lead from the empirical score (ESF) to the Smoothed PL-ESF: let the variance t fall to 0,
which gives the piecewise linear PL-ESF, and then average over a window around each point; or
average first (LA-ESF) and then let t fall. So it is for points evenly spaced on a line. An average
is an equality at every t. A limit is measured by the largest difference between the two scores, in
units of spacing / t; next to a midpoint the ESF never becomes the jump of its limit, and that
neighborhood is left out.

Run ``python examples/plot_variants.py [output.png]``.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from smoothdiff._pictures import BLUE, GREEN, ORANGE, draw_points, label_panels
from smoothdiff.cloud import PointCloud
from smoothdiff.datasets import uniform_line
from smoothdiff.scores import EmpiricalScore, LocalAverageScore, PLScore, SmoothedPLScore

points = uniform_line(4)
cloud, spacing, kappa = PointCloud.of(points), 1 / 3, 0.8
midpoints = (points[1:, 0] + points[:-1, 0]) / 2
x = np.linspace(-1.5, 1.5, 3001)
away = np.abs(x[:, None] - midpoints).min(axis=1) > 0.05
h, weights = np.polynomial.legendre.leggauss(1400)


def half_width(t):
    return spacing - kappa * np.sqrt(t)


def averaged_esf(x, t):
    """ESF over the window [x - w, x + w], by Gauss-Legendre quadrature."""
    inside = x[:, None] + half_width(t) * h
    return EmpiricalScore(cloud)(inside.reshape(-1, 1), t).reshape(inside.shape) @ (weights / 2)


def averaged_pl(x, t):
    """PL-ESF over the window: the integral of a step function, which np.interp has exactly."""
    breaks = np.r_[-3, midpoints, 3]
    integral = np.r_[0, np.cumsum(points[:, 0] * np.diff(breaks))]
    w = half_width(t)
    rise = np.interp(x + w, breaks, integral) - np.interp(x - w, breaks, integral)
    return (rise / (2 * w) - x) / t


def values(t):
    column = x[:, None]
    return {
        "ESF": EmpiricalScore(cloud)(column, t)[:, 0],
        "PL-ESF": PLScore(cloud)(column, t)[:, 0],
        "LA-ESF": LocalAverageScore(cloud, kappa, spacing)(column, t)[:, 0],
        "Smoothed PL-ESF": SmoothedPLScore(cloud, kappa, spacing)(column, t)[:, 0],
    }


def visible(gap):
    """For logarithmic axes: a difference of exactly 0 is left out."""
    return np.where(np.asarray(gap) > 0, gap, np.nan)


LIMITS = {"ESF to PL-ESF": ("ESF", "PL-ESF"), "LA-ESF to Smoothed": ("LA-ESF", "Smoothed PL-ESF")}
times = 0.04 / 2.0 ** np.arange(7)
differences = {name: [] for name in LIMITS}
averages = []
for t in times:
    score, unit = values(t), t / spacing
    for name, (a, b) in LIMITS.items():
        gap = unit * np.abs(score[a] - score[b])
        differences[name].append(gap[away].max() if a == "ESF" else gap.max())
    averages.append(
        [
            unit * np.abs(averaged_esf(x[::10], t) - score["LA-ESF"][::10]).max(),
            unit * np.abs(averaged_pl(x, t) - score["Smoothed PL-ESF"]).max(),
        ]
    )
    print(
        f"t = {t:.1e}: limits, "
        + ", ".join(f"{name} {differences[name][-1]:.1e}" for name in LIMITS)
        + "; averages, ESF to LA-ESF {:.1e}, PL-ESF to Smoothed {:.1e}".format(*averages[-1])
    )

figure = plt.figure(figsize=(12, 4.8))
corners = {
    "ESF": (0.05, 0.58),
    "PL-ESF": (0.41, 0.58),
    "LA-ESF": (0.05, 0.1),
    "Smoothed PL-ESF": (0.41, 0.1),
}
shown = 0.01
curves = values(shown)
for name, (left, bottom) in corners.items():
    ax = figure.add_axes((left, bottom, 0.2, 0.32))
    ax.plot(x, shown * curves[name], color=BLUE)
    draw_points(ax, points[:, 0], s=14)
    ax.set(xticks=[], yticks=[], ylim=(-0.5, 0.5))
arrow = {"arrowstyle": "-|>", "linewidth": 1.5, "color": "0.3", "mutation_scale": 16}
for start, end, label, place in (
    ((0.26, 0.74), (0.4, 0.74), r"$t \to 0$", (0.33, 0.76)),
    ((0.26, 0.26), (0.4, 0.26), r"$t \to 0$", (0.33, 0.28)),
    ((0.15, 0.565), (0.15, 0.49), "local average", (0.21, 0.515)),
    ((0.51, 0.565), (0.51, 0.49), "local average", (0.57, 0.515)),
):
    figure.add_artist(
        plt.matplotlib.patches.FancyArrowPatch(start, end, transform=figure.transFigure, **arrow)
    )
    figure.text(*place, label, ha="center", fontsize=10)
ax = figure.add_axes((0.72, 0.36, 0.26, 0.54))
for (name, gap), color in zip(differences.items(), [ORANGE, GREEN], strict=True):
    ax.plot(times, visible(gap), "o-", color=color, label=f"limit: {name}", markersize=4)
for k, name in enumerate(["ESF to LA-ESF", "PL-ESF to Smoothed"]):
    ax.plot(
        times,
        visible(np.array(averages)[:, k]),
        "s--",
        color="0.35" if k else "0.65",
        label=f"average: {name}",
        markersize=4,
    )
ax.set(xscale="log", yscale="log", xlabel="$t$", ylim=(1e-16, 10))
ax.invert_xaxis()
ax.set_ylabel(r"largest difference in units of $\Delta / t$")
ax.legend(fontsize=9, loc="upper center", bbox_to_anchor=(0.5, -0.2), frameon=False)
of_scores = [rf"{name}: ${shown}\,s_{{{shown}}}(x)$" for name in corners]
label_panels(figure.axes, [*of_scores, "how far apart they are"])
output = sys.argv[1] if len(sys.argv) > 1 else "variants.png"
figure.savefig(output, dpi=110)
print(f"wrote {output}")
