"""The score matching loss, and its limit for the Smoothed PL-ESF.

L_t[f] = t E_{p_t} |f - s_t|^2,  for the Smoothed PL-ESF -> (n - 1) / n F(kappa) as t -> 0
F(k)   = 2 int_k^inf (u - k)^2 phi(u) du = 2 [(1 + k^2) Phi(-k) - k phi(k)]
"""

from typing import NamedTuple

import numpy as np
from scipy.special import erfcx

from .. import _checks as checks
from ..cloud import as_cloud
from ..scores import EmpiricalScore, Score
from ._given import as_generator, field_values
from ._quadrature import integral

__all__ = [
    "Loss",
    "asymptotic_loss",
    "kappa_for_loss",
    "score_matching_loss",
    "time_averaged_loss",
]

# From here on the continued fraction of F converges in so many terms; below, little cancels.
FRACTION_FROM, FRACTION_TERMS = 2.0, 80
# Least variance of a mean over time, as a part of the largest, and its relative error.
LEAST_TIME, TIME_TOLERANCE = 1e-6, 1e-9


class Loss(NamedTuple):
    """A score matching loss and how far off it may be.

    Examples
    --------
    >>> from smoothdiff.theory import Loss
    >>> Loss(0.1, 0.001).value
    0.1
    """

    value: float
    """L_t[f], without unit."""
    error: float
    """Monte Carlo: its standard error. Quadrature: an upper bound, usually far above the error."""


def asymptotic_loss(kappa):
    r"""F(kappa), of the shape of kappa (not negative): 1 at 0, falling to 0.

    .. math:: F(k) = 2 \int_k^\infty (u - k)^2 \phi(u) \, du
        = 2 (1 + k^2) \Phi(-k) - 2 k \phi(k)

    is computed as :math:`4 \phi(k) J_2`, where

    .. math:: J_n = \int_0^\infty \frac{v^n}{n!} e^{-k v - v^2 / 2} \, dv .

    :math:`J_0` is the Mills ratio, and :math:`J_{n-1} = k J_n + (n + 1) J_{n+1}` makes
    :math:`J_{n+1} / J_n` a continued fraction of positive terms: the relative error is below
    1e-12, where the formula with Phi and phi would lose a factor of :math:`k^4 / 2`.

    Examples
    --------
    >>> from smoothdiff.theory import asymptotic_loss
    >>> asymptotic_loss([0.0, 1.0, 2.0]).round(4)
    array([1.    , 0.1507, 0.0115])
    """
    kappa = checks.array(kappa, "kappa", "not negative", lambda k: k >= 0)
    return 4 / np.sqrt(2 * np.pi) * np.exp(-(kappa**2) / 2) * _tail_moments(kappa)[0]


def kappa_for_loss(eps):
    r""":math:`F^{-1}(\epsilon)`, shaped as eps, in (0, 1]: the strongest smoothing of that loss.

    F, `asymptotic_loss`, is eps there to a relative 1e-12. Newton's method on :math:`\log F`,
    which is concave and at most :math:`-\kappa^2 / 2`: started at
    :math:`\sqrt{-2 \log \epsilon}`, no step passes the root.

    Examples
    --------
    >>> from smoothdiff.theory import kappa_for_loss
    >>> round(float(kappa_for_loss(0.01)), 4)
    2.0483
    """
    eps = checks.array(eps, "eps", "in (0, 1]", lambda e: (e > 0) & (e <= 1))
    kappa = np.sqrt(-2 * np.log(eps))
    for _ in range(10):
        J_2, ratio = _tail_moments(kappa)
        log_loss = np.log(4 / np.sqrt(2 * np.pi) * J_2) - kappa**2 / 2
        kappa = np.maximum(kappa + ratio * (log_loss - np.log(eps)), 0.0)
    return kappa


def _tail_moments(kappa):
    """J_2 and J_2 / J_1 of `asymptotic_loss`; the derivative of log F is -J_1 / J_2."""
    mills = np.sqrt(np.pi / 2) * erfcx(kappa / np.sqrt(2))
    near, far = np.minimum(kappa, FRACTION_FROM), np.maximum(kappa, FRACTION_FROM)
    ratio = 2 / (far + np.sqrt(far**2 + 4 * FRACTION_TERMS + 4))  # as if the next were equal
    for n in range(FRACTION_TERMS - 1, 1, -1):
        ratio = 1 / (far + (n + 1) * ratio)
    J_2, is_near = ((1 + near**2) * mills - near) / 2, kappa < FRACTION_FROM
    ratio = np.where(is_near, J_2 / np.where(is_near, 1 - near * mills, 1.0), ratio)
    return np.where(is_near, J_2, mills * ratio / (far + 2 * ratio))[()], ratio[()]


def score_matching_loss(
    score,
    points,
    t,
    weights=None,
    *,
    method="quadrature",
    breakpoints=None,
    n_samples=10_000,
    random_state=None,
) -> Loss:
    r""":math:`L_t[f] = t \, E_{p_t} |f - s_t|^2` of a score f against the ESF :math:`s_t`.

    Parameters
    ----------
    score : callable
        ``score(x, t)`` of shape (m, d) for x (m, d) and the float t, as in `smoothdiff.scores`.
    points : array of shape (n, d), or (n,) on a line, in any order
    t : float
        Variance of the noise (positive).
    weights : array of shape (n,), optional
    method : {"quadrature", "monte-carlo"}
        Quadrature is for points on a line.
    breakpoints : array of shape (k,), optional
        Where the score has kinks or jumps on the line. By default those that a score of
        `smoothdiff.scores` says (its ``breakpoints(t)``); others are found, at some cost.
    n_samples, random_state
        Of Monte Carlo: draws (at least 2), and an int, Generator or None.

    Notes
    -----
    Quadrature bisects panels whose last Chebyshev coefficients are large, and so closes in on
    kinks and jumps of the score wherever they are; the error is an upper bound
    (`smoothdiff.theory._quadrature`). Farther than 12 standard deviations from every point (a mass
    of 1e-32) nothing is counted. What rounding of x / sqrt(t) may do is part of the error.

    Examples
    --------
    >>> from smoothdiff.scores import SmoothedPLScore
    >>> from smoothdiff.theory import score_matching_loss
    >>> points = [-1.0, 1.0]
    >>> score = SmoothedPLScore(points, kappa=1.2, spacing=1.0)
    >>> round(score_matching_loss(score, points, t=1e-4).value, 3)
    0.049
    """
    checks.function(score, "score")
    t, cloud, generator = _checked(points, t, weights, method, n_samples, random_state)
    if method == "monte-carlo":
        return _monte_carlo(score, cloud, np.full(int(n_samples), t), generator)
    if breakpoints is not None:
        breakpoints = checks.array(breakpoints, "breakpoints", "finite", np.isfinite)
    return _by_quadrature(score, cloud, t, breakpoints)


def time_averaged_loss(
    score,
    points,
    t_max,
    weights=None,
    *,
    t_min=None,
    method="quadrature",
    n_samples=10_000,
    random_state=None,
) -> Loss:
    """The mean of :math:`L_t[f]` over variances t, uniformly from t_min to t_max.

    Parameters
    ----------
    score : callable
        As in `score_matching_loss`; for Monte Carlo t is an array (m,).
    points, weights, method, n_samples, random_state
        As in `score_matching_loss`. Monte Carlo draws a variance for each of its points.
    t_max : float
        The largest variance, T in the papers.
    t_min : float, optional
        The smallest, by default 1e-6 t_max. The papers have 0: what lies below counts for 1e-6
        of the mean.

    Returns
    -------
    Loss
        The error of quadrature includes those of L_t. In sqrt(t), along which it goes, the loss
        of a Smoothed PL-ESF is smooth; where another jumps in t it closes in on that.

    References
    ----------
    v1 and v2, equation 3: what a score is trained for.

    Examples
    --------
    >>> from smoothdiff.scores import EmpiricalScore
    >>> from smoothdiff.theory import time_averaged_loss
    >>> points = [-1.0, 1.0]
    >>> round(time_averaged_loss(EmpiricalScore(points), points, t_max=0.1, t_min=0.01).value, 6)
    0.0
    """
    checks.function(score, "score")
    t_max, cloud, generator = _checked(points, t_max, weights, method, n_samples, random_state)
    t_min = LEAST_TIME * t_max if t_min is None else checks.positive(t_min, "t_min")
    if t_min >= t_max:
        raise ValueError(f"t_min must be less than t_max={t_max}. Got {t_min} instead.")
    if method == "monte-carlo":
        times = generator.uniform(t_min, t_max, int(n_samples))
        return _monte_carlo(score, cloud, times, generator)
    errors = []

    def weighted(roots):
        losses = [_by_quadrature(score, cloud, float(u) ** 2) for u in roots]
        errors.append(max(loss.error for loss in losses))
        return 2 * roots * np.array([loss.value for loss in losses])

    ends = np.sqrt([[t_min], [t_max]])
    value, error = integral(weighted, *ends, tolerance=TIME_TOLERANCE)
    return Loss(float(value / (t_max - t_min)), float(error / (t_max - t_min) + max(errors)))


def _checked(points, t, weights, method, n_samples, random_state):
    """The variance, the points as a cloud, and a generator; ValueError if they cannot be used."""
    t, cloud = checks.positive(t, "t"), as_cloud(points, weights)
    checks.choice(method, "method", ("quadrature", "monte-carlo"))
    if method == "quadrature" and cloud.dim > 1:
        shape = cloud.points.shape
        raise ValueError(f"method='quadrature' needs points on a line. Got shape {shape}.")
    checks.count(n_samples, "n_samples", least=2)
    return t, cloud, as_generator(random_state)


def _monte_carlo(score, cloud, t, generator):
    """The mean of t |f - s_t|^2 over noised points, one for each variance (m,)."""
    same = t[0] if (t == t[0]).all() else t
    x = cloud.points[cloud.draw(generator, len(t))]
    x = x + np.sqrt(t)[:, None] * generator.standard_normal(x.shape)
    error = field_values(score, x, same) - EmpiricalScore(cloud)(x, t)
    losses = t * (error**2).sum(axis=1)
    return Loss(float(losses.mean()), float(losses.std(ddof=1) / np.sqrt(len(t))))


def _by_quadrature(score, cloud, t, breakpoints=None):
    """L_t of a score on a line, between panels of two standard deviations and breakpoints."""
    exact, y, width = EmpiricalScore(cloud), cloud.sorted_line[0], 2 * np.sqrt(t)
    if breakpoints is None:
        breakpoints = score.breakpoints(t) if isinstance(score, Score) else ()

    def weighted(x):
        x = x[:, None]
        error = field_values(score, x, t) - exact(x, t)
        return t * error[:, 0] ** 2 * np.exp(exact.law.log_density(x, t))

    panels = np.unique(np.floor((y - y[0]) / width)[:, None] + np.arange(-6, 7))
    edges = y[0] + width * np.unique(np.concatenate([panels, panels + 1]))
    inside = [b for b in breakpoints if edges[0] < b < edges[-1]]
    edges = np.unique(np.concatenate([edges, inside]))
    left, right = edges[:-1], edges[1:]
    # Between neighborhoods of points nothing is counted.
    near = np.isin(np.floor(((left + right) / 2 - y[0]) / width), panels)
    rounding = 8 * np.finfo(float).eps * (1 + np.abs(y).max() / np.sqrt(t))  # of sqrt(t) score
    return Loss(*integral(weighted, left[near], right[near], rounding=rounding))
