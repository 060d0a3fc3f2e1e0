"""Claims on trained networks: they take minutes."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from ..cloud import PointCloud
from ..estimators import NeuralScoreDiffusion
from ..noise import log_density
from ..scores import SmoothedPLScore
from ..theory import closest_smoothing
from ._claim import at_most, claim

POINTS, T, DECAYS = np.array([[-1.0], [1.0]]), 0.05, (1, 3, 5, 7)
# Appendix J.1; the width is not printed.
RUN = {"batch_size": 1024, "max_iter": 6000, "learning_rate": 2e-4, "hidden_width": 2048}


def fitted(decay):
    """The network of a weight decay: its delta, and the residual over that of no tangent score."""
    model = NeuralScoreDiffusion(
        architecture="mlp", weight_decay=decay, t0=T, t_min=T, n_iter_no_change=6000,
        random_state=0, **RUN,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(POINTS)
    x = np.linspace(-2, 2, 2001)[:, None]
    score, mass = model.score_function(x, T), np.exp(log_density(x, POINTS, T))
    kappa, *_ = closest_smoothing(score, PointCloud.of(POINTS), x, T, 1.0)
    closest = SmoothedPLScore(PointCloud.of(POINTS), kappa, 1.0)(x, T)
    residual = np.average((score - closest)[:, 0] ** 2, weights=mass)
    return kappa * np.sqrt(T), residual / np.average(closest[:, 0] ** 2, weights=mass)


@claim(
    "v1 Fig. 4, v2 Fig. 2: weight decay",
    "a network is close to a Smoothed PL-ESF, whose delta falls as the decay grows",
    slow=True,
)
def networks_with_weight_decay():
    found = [fitted(decay) for decay in DECAYS]
    rise = max(np.diff([delta for delta, _ in found]))
    deltas = ", ".join(f"{delta:.3f}" for delta, _ in found)
    parts = ", ".join(f"{part:.4f}" for _, part in found)
    note = f"largest rise of delta: {deltas} for decays 1, 3, 5, 7; residual over null {parts}"
    return at_most(rise, 0, note)
