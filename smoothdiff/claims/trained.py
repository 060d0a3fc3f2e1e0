"""Networks trained as in the papers' experiments, once in a process: short runs, or long ones.

t is a variance. Appendices are v2's; the widths are not printed. A short run takes a few seconds on
one core: fewer steps at a higher rate.
"""

import warnings
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from ..cloud import PointCloud
from ..datasets import circle, perturbed_line
from ..estimators import NeuralScoreDiffusion
from ..scores import SmoothedPLScore
from ..theory import closest_smoothing
from ._experiment import POINTS, SPACING, T0

__all__ = [
    "AT_ONE_T",
    "CIRCLE_STEPS",
    "DECAYS",
    "TangentFit",
    "at_one_t",
    "in_the_gaps",
    "kappa_at_t0",
    "noised",
    "of_circle",
    "of_line",
    "tangent_fit",
]

# The papers' of two points, and this library's of uneven ones, which are gone at 3.
DECAYS = {"two": (1, 3, 5, 7), "uneven": (0, 0.3, 1, 3)}
WIDTH_AT_ONE_T = 2048
# For one t: points, t and the sizes of a short and a long run. Appendix J.1; the rate and the steps
# of the uneven points are those printed with them.
AT_ONE_T = {
    "two": (
        *(np.array([[-1.0], [1.0]]), 0.05),
        {"batch_size": 256, "max_iter": 1500, "learning_rate": 8e-4},
        {"batch_size": 1024, "max_iter": 6000, "learning_rate": 2e-4},
    ),
    "uneven": (
        *(perturbed_line(n=6, half_width=5), 0.1),
        {"batch_size": 256, "max_iter": 2000, "learning_rate": 4e-4},
        {"batch_size": 1024, "max_iter": 15_000, "learning_rate": 5e-5},
    ),
}
# For all t, the line: weight decay, rows of a step, and rates with their steps one after another.
# "papers" is appendix J.2 to the letter; the others learn the small t, and sooner.
LINE = {
    "short": (0.3, 256, [(1e-3, 5000), (3e-4, 3000), (1e-4, 2000), (3e-5, 1000)]),
    "full": (0.3, 256, [(1e-3, 8000), (3e-4, 8000), (1e-4, 6000), (3e-5, 4000)]),
    "papers": (3.0, 1024, [(5e-5, 150_000)]),
}
# For all t, circles: the papers' steps, of 64 rows at the rate 1e-4.
CIRCLE_STEPS = {4: 5000, 8: 20_000, 16: 80_000}


def _fitted(model, points, n_steps, seed=0):
    """The model after so many steps, whatever its loss does."""
    model.set_params(max_iter=n_steps, n_iter_no_change=n_steps, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(points)


@lru_cache
def at_one_t(data, decay, full=False):
    """A two-layer network of the points ``AT_ONE_T[data]`` for one t, with weight decay."""
    points, t, *sizes = AT_ONE_T[data]
    size = dict(sizes[bool(full)])
    steps = size.pop("max_iter")
    model = NeuralScoreDiffusion(
        architecture="mlp",
        hidden_width=WIDTH_AT_ONE_T,
        weight_decay=decay,
        t0=t,
        t_min=t,
        **size,
    )
    return _fitted(model, points, steps)


@lru_cache
def of_line(length="short"):
    """A network for all t of the four points in the plane; ``length`` is a key of `LINE`."""
    decay, rows, stages = LINE[length]
    model = NeuralScoreDiffusion(
        t0=T0,
        t_min=1e-6,
        n_components=2,  # else the normal direction, which is exact, would not be learned
        weight_decay=decay,
        batch_size=rows,
        warm_start=True,  # each stage goes on from the last
        solver="euler",
    )
    for seed, (rate, n_steps) in enumerate(stages):
        _fitted(model.set_params(learning_rate=rate), POINTS, n_steps, seed)
    return model


@lru_cache
def of_circle(n, full=False):
    """A network for all t of n = 4, 8 or 16 points on a circle, without weight decay."""
    steps, rows, rate = (CIRCLE_STEPS[n], 64, 1e-4) if full or n == 4 else (6000, 128, 3e-4)
    model = NeuralScoreDiffusion(
        t0=0.08,
        t_min=1e-6,
        weight_decay=0.0,
        solver="euler",
        batch_size=rows,
        learning_rate=rate,
    )
    return _fitted(model, circle(n), steps)


def in_the_gaps(samples):
    """Parts of samples of the line (m, 2) in the middle half of each gap, (3,)."""
    middles = POINTS[:-1, 0] + SPACING
    return (np.abs(samples[:, :1] - middles) < SPACING / 2).mean(axis=0)


class TangentFit(NamedTuple):
    """How near the tangent part f of a network's score is to a Smoothed PL-ESF s_hat."""

    kappa: float
    """Of the nearest."""
    residual: float
    """Mean of t |f - s_hat|^2."""
    null: float
    """Mean of t |s_hat|^2: the residual of no tangent score."""


def tangent_fit(network, x, t):
    """The Smoothed PL-ESF nearest to the network of the line, at positions x (n, 2) and t."""
    line, inside = PointCloud.of(POINTS[:, :1]), x[:, :1]
    score = network.score_function(x, t)[:, :1]
    kappa, residual, _ = closest_smoothing(score, line, inside, t, SPACING, n_bootstrap=0)
    smooth = SmoothedPLScore(line, kappa, SPACING)(inside, t)
    return TangentFit(kappa, residual, t * float(np.mean(smooth**2)))


def noised(t, rng):
    """4000 of the line's points with noise of variance t, (4000, 2)."""
    return POINTS[rng.integers(4, size=4000)] + np.sqrt(t) * rng.normal(size=(4000, 2))


def kappa_at_t0(network):
    """Of the Smoothed PL-ESF nearest to a network of the line where the denoising starts."""
    return tangent_fit(network, noised(T0, np.random.default_rng(0)), T0).kappa
