"""
Weight decay plays the part of smoothing
========================================

Two searches by held-out log-likelihood, with the same folds of the same 24 points of a circle and
the same noise levels. On the left the strength kappa of the Smoothed PL-ESF, which smooths more as
it falls; on the right the weight decay of a network, which smooths more as it grows. Memorizing
(the exact score, ESF) is worst by far; both gain as they smooth. In this wide noise the closed form
may smooth all it can, for it keeps to the polygon by its geometry. A network that decays too much
has nothing left to find the circle with. Both start from the papers' spheres around the points; the
dashed line is SmoothedPLDiffusionCV with the same folds, which also chooses a starting law that
lies along the curve, and the noise levels.

Run ``python examples/plot_decay_search.py [output.png] [--full]``; ``--full`` trains 15000 steps
for each of 6 decays and 4 folds (four minutes on two cores), and without it 6000 of a smaller
network for each of 4.
"""

import argparse
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score

from smoothdiff import (
    EmpiricalScoreDiffusion,
    NeuralScoreDiffusion,
    SmoothedPLDiffusion,
    SmoothedPLDiffusionCV,
)
from smoothdiff._pictures import COLORS, label_panels

parser = argparse.ArgumentParser()
parser.add_argument("output", nargs="?", default="decay_search.png")
parser.add_argument("--full", action="store_true", help="longer training, more decays")
options = parser.parse_args()

FULL = {"max_iter": 15_000, "batch_size": 256, "learning_rate": 1e-3, "hidden_width": 128}
SHORT = {"max_iter": 6000, "batch_size": 64, "learning_rate": 2e-3, "hidden_width": 64}
size = FULL if options.full else SHORT
decays = [0, 0.03, 0.1, 0.3, 1, 3] if options.full else [0, 0.3, 1, 3]

n = 24
rng = np.random.default_rng(0)
angle = 2 * np.pi * (np.arange(n) + rng.uniform(-0.2, 0.2, n)) / n
points = np.column_stack([np.cos(angle), np.sin(angle)])
common = {"t0": 0.2, "t_min": 0.002}
folds = KFold(4, shuffle=True, random_state=0)
warnings.simplefilter("ignore", ConvergenceWarning)  # all networks train equally long

spacing = np.sin(np.pi / n)
rho = np.array([0.9, 0.7, 0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01])  # of the gap, at t0
searches = {
    "kappa": GridSearchCV(
        SmoothedPLDiffusion(spacing=spacing, start="isotropic", **common),
        {"kappa": rho * spacing / np.sqrt(common["t0"])},
        cv=folds,
    ),
    "weight_decay": GridSearchCV(
        NeuralScoreDiffusion(
            n_iter_no_change=size["max_iter"],  # no early end
            n_steps=60,
            random_state=0,
            **common,
            **size,
        ),
        {"weight_decay": decays},
        cv=folds,
    ),
}
memorized = cross_val_score(EmpiricalScoreDiffusion(**common), points, cv=folds).mean()
print(f"ESF: held-out log-likelihood {memorized:.2f}")
warnings.filterwarnings("ignore", "The search chose")  # at the edges: the points lie on a curve
chosen = SmoothedPLDiffusionCV(cv=folds, start_neighbors=(3, 7), random_state=0).fit(points)
print(f"SmoothedPLDiffusionCV: held-out log-likelihood {chosen.best_score_:.2f}")

words = {"kappa": r"$\kappa$", "weight_decay": "weight decay"}
scores = {"kappa": "Smoothed PL-ESF", "weight_decay": "network"}
figure, axes = plt.subplots(1, 2, figsize=(11, 4), sharey=True, layout="constrained")
for ax, (name, search) in zip(axes, searches.items(), strict=True):
    search.fit(points)
    values = [float(v) for v in search.param_grid[name]]
    mean = search.cv_results_["mean_test_score"]
    error = search.cv_results_["std_test_score"] / np.sqrt(folds.n_splits)
    for value, score in zip(values, mean, strict=True):
        print(f"{name} {value:.3g}: held-out log-likelihood {score:.2f}")
    print(f"best {name}: {search.best_params_[name]:.3g}, {search.best_score_:.2f}")
    place = np.arange(len(values))
    ax.errorbar(place, mean, error, fmt="o-", capsize=3, color=COLORS[scores[name]])
    ax.set_xticks(place, [f"{value:.2g}" for value in values])
    ax.set_xlabel(f"{words[name]} (smoothing grows to the right)")
    ax.grid(alpha=0.3)
    ax.axhline(chosen.best_score_, color="0.4", linestyle="--", linewidth=1)
    ax.annotate(
        "SmoothedPLDiffusionCV",
        (0.02, chosen.best_score_ - 0.03),
        xycoords=("axes fraction", "data"),
        va="top",
        color="0.4",
    )
    ax.annotate(
        f"ESF: {memorized:.1f}, far below", (0.98, 0.03), xycoords="axes fraction", ha="right"
    )
axes[0].set_ylabel("held-out log-likelihood")
label_panels(axes, [scores[name] for name in searches])
figure.savefig(options.output, dpi=110)
print(f"wrote {options.output}")
