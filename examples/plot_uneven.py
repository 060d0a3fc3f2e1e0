"""
Uneven points on a line
=======================

A two-layer network without weight decay regresses on the exact score (ESF) of six unevenly spaced
points, at t = 0.1 and with gaps of about 2. Between two points it is again nearly a straight line.
How far from the points does that line begin? The Smoothed PL-ESF of this library takes the same
part rho of every half-gap Delta_k, delta_k = rho Delta_k; one delta for all gaps is the other
simple guess. Both are fitted by least squares, and so is a delta for each gap. The part of the gap
explains the network a little better; neither is all of it, since its kinks lie where the training
of this one network has put them. With weight decay there is less of everything: rho falls.

Run ``python examples/plot_uneven.py [output.png] [--full]``; ``--full`` trains the papers' 15000
steps, 1024 samples each (width 2048), and without it 2000 longer ones of 256.
"""

import argparse

import matplotlib.pyplot as plt
import numpy as np
from scipy.optimize import minimize_scalar

from smoothdiff._pictures import BLUE, VERMILION, label_panels, legend_below
from smoothdiff.claims import trained
from smoothdiff.claims.figures import draw_scores
from smoothdiff.cloud import PointCloud
from smoothdiff.scores import EmpiricalScore, SmoothedPLScore
from smoothdiff.theory import closest_smoothing

parser = argparse.ArgumentParser()
parser.add_argument("output", nargs="?", default="uneven.png")
parser.add_argument("--full", action="store_true", help="the papers' number of steps")
options = parser.parse_args()

points, t, *_ = trained.AT_ONE_T["uneven"]
y, half_gaps = points[:, 0], np.diff(points[:, 0]) / 2
cloud = PointCloud.of(points)
x = np.linspace(y[0], y[-1], 1501)[:, None]
model = trained.at_one_t("uneven", 0, options.full)
score = model.score_function(x, t)
spacing = cloud.spacing()
kappa, residual, from_esf = closest_smoothing(score, cloud, x, t, spacing)
rho = kappa * np.sqrt(t) / spacing


def piecewise(deltas):
    """The Smoothed PL-ESF with a delta of its own in each gap."""
    nodes = np.column_stack([y[:-1] + deltas, y[1:] - deltas]).ravel()
    values = np.column_stack([-deltas, deltas]).ravel()
    return np.interp(x[:, 0], np.r_[y[0], nodes, y[-1]], np.r_[0, values, 0])[:, None] / t


def distance(other):
    return t * ((score - other) ** 2).mean()


one = minimize_scalar(
    lambda delta: distance(piecewise(np.full(5, delta))),
    bounds=(1e-3, half_gaps.min() - 1e-3),
    method="bounded",
)
deltas = []
for low, high, half in zip(y[:-1], y[1:], half_gaps, strict=True):
    inside = (x >= low) & (x <= high)

    def in_gap(delta, inside=inside, half=half):
        return ((score - piecewise(np.minimum(delta, half_gaps * 0.999)))[inside] ** 2).sum()

    best = minimize_scalar(in_gap, bounds=(1e-3 * half, 0.999 * half), method="bounded")
    deltas.append(best.x)
deltas = np.array(deltas)
print(f"the same part rho = {rho:.3f} of each gap: ratio {residual / from_esf:.4f}")
print(f"the same delta = {one.x:.3f} in each gap: ratio {one.fun / from_esf:.4f}")
print(f"a delta for each gap: ratio {distance(piecewise(deltas)) / from_esf:.4f}")
for half, delta in zip(half_gaps, deltas, strict=True):
    print(f"half-gap {half:.3f}: delta {delta:.3f}, rho {delta / half:.3f}")
print(f"correlation of delta with the half-gap {np.corrcoef(half_gaps, deltas)[0, 1]:.3f}")

figure = plt.figure(figsize=(12, 6.6), layout="constrained")
panels = figure.subplot_mosaic("aab;cde", height_ratios=[1.3, 1])
esf, titles = EmpiricalScore(cloud)(x, t), []
for decay, name in zip(trained.DECAYS["uneven"], "acde", strict=True):
    values = trained.at_one_t("uneven", decay, options.full).score_function(x, t)
    found = closest_smoothing(values, cloud, x, t, spacing)
    part, left = found.kappa * np.sqrt(t) / spacing, found.residual / found.residual_of_esf
    print(f"weight decay {decay}: rho {part:.3f}, ratio {left:.4f}")
    smoothed = SmoothedPLScore(cloud, found.kappa, spacing)(x, t)
    scores = {"ESF": esf, "Smoothed PL-ESF": smoothed, "network": values}
    draw_scores(panels[name], t, points, x, scores)
    panels[name].set_ylabel(r"$t\,s_t(x)$")
    titles.append(rf"decay {decay}, $\rho = {part:.3f}$")
gaps = panels["b"]
gaps.plot(half_gaps, deltas, "o", color=VERMILION, label="network, fitted in each gap")
ends = np.array([0, half_gaps.max() * 1.05])
label = rf"{rho:.2f} $\Delta_k$: {residual / from_esf:.2%} is left"
gaps.plot(ends, rho * ends, color=BLUE, label=label)
label = f"{one.x:.2f} in every gap: {one.fun / from_esf:.2%}"
gaps.axhline(one.x, color="0.6", linestyle="--", label=label)
gaps.set(
    xlabel=r"half-gap $\Delta_k$", ylabel=r"$\delta_k$", xlim=ends, ylim=(0, 1.1 * max(deltas))
)
label_panels(list(panels.values()), [titles[0], "without decay", *titles[1:]])
legend_below(figure, panels["a"], gaps, ncols=4)
figure.savefig(options.output, dpi=110)
print(f"wrote {options.output}")
