"""
Uneven points on a line
=======================

A two-layer network without weight decay regresses on the exact score (ESF) of six unevenly spaced
points, at t = 0.1 and with gaps of about 2. Between two points it is again nearly a straight line.
How far from the points does that line begin? The Smoothed PL-ESF of this library takes the same
part rho of every half-gap Delta_k, delta_k = rho Delta_k; one delta for all gaps is the other
simple guess. Both are fitted by least squares, and so is a delta for each gap. The part of the gap
explains the network a little better; neither is all of it, since its kinks lie where the training
of this one network has put them.

Run ``python examples/plot_uneven.py [output.png] [--full]``; ``--full`` trains the papers' 15000
steps, 1024 samples each (width 2048), and without it 2000 longer ones of 256.
"""

import argparse
import warnings

import matplotlib.pyplot as plt
import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.exceptions import ConvergenceWarning

from smoothdiff import NeuralScoreDiffusion
from smoothdiff.cloud import PointCloud
from smoothdiff.datasets import perturbed_line
from smoothdiff.scores import EmpiricalScore, SmoothedPLScore
from smoothdiff.theory import closest_smoothing

parser = argparse.ArgumentParser()
parser.add_argument("output", nargs="?", default="uneven.png")
parser.add_argument("--full", action="store_true", help="the papers' number of steps")
options = parser.parse_args()

FULL = {"batch_size": 1024, "max_iter": 15_000, "learning_rate": 5e-5}
SHORT = {"batch_size": 256, "max_iter": 2000, "learning_rate": 4e-4}
size = FULL if options.full else SHORT

points, t = perturbed_line(n=6, half_width=5), 0.1
y, half_gaps = points[:, 0], np.diff(points[:, 0]) / 2
cloud = PointCloud.of(points)
warnings.simplefilter("ignore", ConvergenceWarning)  # the number of steps is the papers'
model = NeuralScoreDiffusion(
    architecture="mlp",
    hidden_width=2048,
    weight_decay=0.0,
    t0=t,
    t_min=t,
    n_iter_no_change=size["max_iter"],  # no early end
    random_state=0,
    **size,
).fit(points)

x = np.linspace(y[0], y[-1], 1501)[:, None]
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

figure, (left, right) = plt.subplots(
    1, 2, figsize=(12, 3.8), width_ratios=[2.2, 1], layout="constrained"
)
left.plot(x, t * EmpiricalScore(cloud)(x, t), color="black", linewidth=1, label="ESF")
smoothed = SmoothedPLScore(cloud, kappa, spacing)(x, t)
left.plot(x, t * smoothed, color="tab:blue", linewidth=4, alpha=0.4, label="Smoothed PL-ESF")
left.plot(x, t * score, color="tab:red", linewidth=1.3, label="network")
left.scatter(y, np.zeros(6), color="black", s=24, zorder=3, label="training points")
left.set(xlabel="x", ylabel="t score(x)")
left.legend(loc="upper left", fontsize=9)
right.plot(half_gaps, deltas, "o", color="tab:red", label="network, fitted in each gap")
ends = np.array([0, half_gaps.max() * 1.05])
right.plot(ends, rho * ends, color="tab:blue", label=f"{rho:.2f} of the half-gap")
right.axhline(one.x, color="0.6", linestyle="--", label=f"{one.x:.2f} in every gap")
right.set(xlabel="half-gap", ylabel="delta", xlim=ends, ylim=(0, 1.3 * max(deltas)))
right.legend(loc="upper left", fontsize=9)
figure.savefig(options.output, dpi=110)
print(f"wrote {options.output}")
