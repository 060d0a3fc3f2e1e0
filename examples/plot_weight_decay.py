"""
Weight decay smooths a network's score
======================================

Two training points, one noise level. Two-layer networks regress on the exact score (ESF) with
four strengths of weight decay. What they learn is not the ESF but nearly a Smoothed PL-ESF, whose
delta = kappa sqrt(t), fitted by least squares, falls as the decay grows: decay plays the part of
smoothing. How near depends on where: evenly over the line it is within a few percent at most
of the squared distance from the ESF; weighted by the density p_t of the noised points, which the
network was trained on, a larger part is left. Both are printed.

Run ``python examples/plot_weight_decay.py [output.png] [--full]``; ``--full`` trains the papers'
6000 steps of 1024 samples, and without it 1500 longer ones of 256.
"""

import argparse

import numpy as np

from smoothdiff.claims import trained
from smoothdiff.claims.figures import curves_of_networks
from smoothdiff.cloud import PointCloud
from smoothdiff.scores import EmpiricalScore, SmoothedPLScore
from smoothdiff.theory import closest_smoothing

parser = argparse.ArgumentParser()
parser.add_argument("output", nargs="?", default="weight_decay.png")
parser.add_argument("--full", action="store_true", help="the papers' number of steps")
options = parser.parse_args()

points, t, *_ = trained.AT_ONE_T["two"]
cloud, spacing = PointCloud.of(points), 1.0
x = np.linspace(-1.5, 1.5, 601)[:, None]
panels = []
for decay in trained.DECAYS["two"]:
    model = trained.at_one_t("two", decay, options.full)
    score = model.score_function(x, t)
    kappa, residual, from_esf = closest_smoothing(score, cloud, x, t, spacing)
    delta = kappa * np.sqrt(t)
    print(
        f"weight decay {decay}: delta {delta:.3f}, residual {residual:.2e}, "
        f"distance from the ESF {from_esf:.2e}, ratio {residual / from_esf:.4f}"
    )
    # Where the noised points are the network is nearer to the ESF, and the part left is larger.
    seen = closest_smoothing(model.score_function, cloud, t=t, spacing=spacing, weighting="p_t")
    ratio = seen.residual / seen.residual_of_esf
    print(
        f"  weighted by p_t: delta {seen.kappa * np.sqrt(t):.3f}, residual {seen.residual:.2e}, "
        f"from the ESF {seen.residual_of_esf:.2e}, ratio {ratio:.3f}, "
        f"of no score {seen.residual_of_zero:.2e}"
    )
    scores = {
        "ESF": EmpiricalScore(cloud)(x, t),
        "Smoothed PL-ESF": SmoothedPLScore(cloud, kappa, spacing)(x, t),
        "network": score,
    }
    panels.append((rf"decay {decay}, $\delta = {delta:.2f}$", t, points, x, scores))
figure = curves_of_networks(panels)
figure.savefig(options.output, dpi=110)
print(f"wrote {options.output}")
