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
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning

from smoothdiff import NeuralScoreDiffusion
from smoothdiff.cloud import PointCloud
from smoothdiff.scores import EmpiricalScore, SmoothedPLScore
from smoothdiff.theory import closest_smoothing

parser = argparse.ArgumentParser()
parser.add_argument("output", nargs="?", default="weight_decay.png")
parser.add_argument("--full", action="store_true", help="the papers' number of steps")
options = parser.parse_args()

FULL = {"hidden_width": 2048, "batch_size": 1024, "max_iter": 6000, "learning_rate": 2e-4}
SHORT = {"hidden_width": 2048, "batch_size": 256, "max_iter": 1500, "learning_rate": 8e-4}
size = FULL if options.full else SHORT

points, t, spacing = np.array([[-1.0], [1.0]]), 0.05, 1.0
cloud = PointCloud.of(points)
x = np.linspace(-1.5, 1.5, 601)[:, None]
esf = EmpiricalScore(cloud)(x, t)
warnings.simplefilter("ignore", ConvergenceWarning)  # the number of steps is the papers'

figure, axes = plt.subplots(1, 4, figsize=(12, 3.6), sharex=True, sharey=True)
for ax, decay in zip(axes, [1, 3, 5, 7], strict=True):
    model = NeuralScoreDiffusion(
        architecture="mlp",
        weight_decay=decay,
        t0=t,
        t_min=t,
        n_iter_no_change=size["max_iter"],  # no early end
        random_state=0,
        **size,
    ).fit(points)
    score = model.score_function(x, t)
    kappa, residual, from_esf = closest_smoothing(score, cloud, x, t, spacing)
    print(
        f"weight decay {decay}: delta {kappa * np.sqrt(t):.3f}, residual {residual:.2e}, "
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
    ax.plot(x, t * esf, color="black", linewidth=1, label="ESF")
    smoothed = SmoothedPLScore(cloud, kappa, spacing)(x, t)
    ax.plot(x, t * smoothed, color="tab:blue", linewidth=4, alpha=0.4, label="Smoothed PL-ESF")
    ax.plot(x, t * score, color="tab:red", linewidth=1.3, label="network")
    ax.scatter(points, [0, 0], color="black", s=24, zorder=3, label="training points")
    ax.set(title=f"decay {decay}: delta = {kappa * np.sqrt(t):.2f}", xlabel="x")
axes[0].set_ylabel("t score(x)")
figure.legend(*axes[0].get_legend_handles_labels(), loc="lower center", ncols=4, frameon=False)
figure.tight_layout(rect=(0, 0.07, 1, 1))
figure.savefig(options.output, dpi=110)
print(f"wrote {options.output}")
