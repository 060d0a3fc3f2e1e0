"""
Three scores of the same points
===============================

Four points on a line. The empirical score (ESF) turns ever more steeply at each midpoint as the
variance t falls. Its piecewise linear limit (PL-ESF) jumps there. The Smoothed PL-ESF replaces
each jump by a gentle slope: at small t it is far less rough, at the price of a score matching
loss that tends to (n - 1) / n F(kappa).

Run ``python examples/plot_scores.py [output.png]``.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import norm

from smoothdiff._pictures import (
    BLUE,
    COLORS,
    VERMILION,
    draw_points,
    label_panels,
    legend_below,
)
from smoothdiff.cloud import PointCloud
from smoothdiff.datasets import uniform_line
from smoothdiff.scores import EmpiricalScore, PLScore, SmoothedPLScore

points = uniform_line(4)
cloud, spacing = PointCloud.of(points), 1 / 3
kappas = [0.6, 1.2]


def roughness(score, t, x):
    """Total variation of the slope along the line, by differences: R = int |f''|."""
    slope = np.diff(score(x[:, None], t)[:, 0]) / np.diff(x)
    return np.abs(np.diff(slope)).sum()


def loss(score, t, x):
    """L_t = t E |score - ESF|^2 under the noised points, by the trapezoidal rule."""
    exact = EmpiricalScore(cloud)
    error = (score(x[:, None], t) - exact(x[:, None], t))[:, 0] ** 2
    density = np.exp(exact.law.log_density(x[:, None], t))
    return t * np.trapezoid(error * density, x)


def limit(kappa):
    """(n - 1) / n F(kappa), the loss as t falls to 0."""
    tail = (1 + kappa**2) * norm.cdf(-kappa) - kappa * norm.pdf(kappa)
    return (len(points) - 1) / len(points) * 2 * tail


x = np.linspace(-1.6, 1.6, 1601)
fine = np.linspace(-2, 2, 400001)
times = [0.04, 0.01, 0.0025]
figure, axes = plt.subplots(1, 3, figsize=(12, 4), sharex=True, sharey=True, layout="constrained")
for ax, t in zip(axes, times, strict=True):
    nearest, esf = PLScore(cloud), EmpiricalScore(cloud)
    rough = roughness(esf, t, fine)
    print(f"t = {t}: ESF, roughness {rough:.2f}")
    ax.plot(x, t * nearest(x[:, None], t)[:, 0], color=COLORS["PL-ESF"], label="PL-ESF", lw=3)
    ax.plot(x, t * esf(x[:, None], t)[:, 0], color=COLORS["ESF"], label="ESF", linewidth=1.2)
    for kappa, color in zip(kappas, [VERMILION, BLUE], strict=True):
        score = SmoothedPLScore(cloud, kappa, spacing)
        delta = kappa * np.sqrt(t)
        formula = 2 * (len(points) - 1) * spacing / (t * (spacing - delta))
        print(
            f"t = {t}: Smoothed PL-ESF with kappa = {kappa}, roughness "
            f"{roughness(score, t, fine):.2f} (formula {formula:.2f}), loss "
            f"{loss(score, t, fine):.4f} (limit {limit(kappa):.4f})"
        )
        y = t * score(x[:, None], t)[:, 0]
        label = rf"Smoothed PL-ESF, $\kappa = {kappa}$"
        ax.plot(x, y, color=color, label=label, linewidth=1.6)
    draw_points(ax, points[:, 0], s=24, label="training points")
    ax.set_xlabel("$x$")
axes[0].set_ylabel(r"$t\,s_t(x)$")
for kappa in kappas:
    small = loss(SmoothedPLScore(cloud, kappa, spacing), 1e-6, fine)
    print(f"t = 1e-06: kappa = {kappa}, loss {small:.4f} (limit {limit(kappa):.4f})")
label_panels(axes, [f"$t = {t}$" for t in times])
legend_below(figure, axes[0])
output = sys.argv[1] if len(sys.argv) > 1 else "scores.png"
figure.savefig(output, dpi=110)
print(f"wrote {output}")
