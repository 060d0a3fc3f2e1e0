"""The score matching loss, and its limit for the Smoothed PL-ESF.

L_t[f] = t E_{p_t} |f - s_t|^2,  for the Smoothed PL-ESF -> (n - 1) / n F(kappa) as t -> 0
F(k)   = 2 int_k^inf (u - k)^2 phi(u) du = 2 [(1 + k^2) Phi(-k) - k phi(k)]
"""

from typing import NamedTuple

import numpy as np
from scipy.special import erfcx

from .. import _checks as checks
from ..cloud import PointCloud
from ..scores import EmpiricalScore

__all__ = ["Loss", "asymptotic_loss", "field_values", "kappa_for_loss", "score_matching_loss"]

# From here on the continued fraction of F converges in so many terms; below, little cancels.
FRACTION_FROM, FRACTION_TERMS = 2.0, 80
# Gauss-Legendre nodes and weights of a panel, on [-1, 1].
NODES, NODE_WEIGHTS = np.polynomial.legendre.leggauss(16)
# Bisections of a panel, panels at a time, and the relative error that is enough.
MAX_LEVELS, MAX_PANELS, TOLERANCE = 50, 4096, 1e-12


class Loss(NamedTuple):
    """A score matching loss and how far off it may be."""

    value: float
    """L_t[f], without unit."""
    error: float
    """Monte Carlo: its standard error. Quadrature: an estimate, usually far above the error."""


def asymptotic_loss(kappa):
    """F(kappa), of the shape of kappa (not negative): 1 at 0, falling to 0.

    F = 4 phi(k) J_2 with J_n = int_0^inf v^n / n! exp(-k v - v^2 / 2) dv. J_0 is the Mills ratio,
    and J_{n-1} = k J_n + (n + 1) J_{n+1} makes J_{n+1} / J_n a continued fraction of positive
    terms: the relative error is below 1e-12, where the formula with Phi and phi would lose a
    factor of k^4 / 2.
    """
    kappa = checks.array(kappa, "kappa", "not negative", lambda k: k >= 0)
    return 4 / np.sqrt(2 * np.pi) * np.exp(-(kappa**2) / 2) * _tail_moments(kappa)[0]


def kappa_for_loss(eps):
    """F^{-1}(eps), of the shape of eps, in (0, 1]: the strongest smoothing of asymptotic loss eps.

    F of it is eps to a relative 1e-12. Newton's method on log F, which is concave and at most
    -kappa^2 / 2: started at sqrt(-2 log eps), no step passes the root.
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
    score, points, t, weights=None, *, method="quadrature", n_samples=10_000, random_state=None
) -> Loss:
    """L_t[f] = t E_{p_t} |f - s_t|^2 of a score f against the exact empirical score s_t.

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
    n_samples, random_state
        Of Monte Carlo: draws (at least 2), and an int, Generator or None.

    Notes
    -----
    Quadrature bisects panels whose halves disagree, and so closes in on kinks and jumps of the
    score wherever they are. Farther than 12 standard deviations from every point (a mass of
    1e-32) nothing is counted. What rounding of x / sqrt(t) may do is part of the error.
    """
    t, points = checks.positive(t, "t"), checks.array(points, "points", "finite", np.isfinite)
    points = points[:, None] if points.ndim == 1 else points
    if points.ndim != 2 or points.size == 0:
        raise ValueError(f"points must have shape (n, d). Got shape {points.shape} instead.")
    checks.choice(method, "method", ("quadrature", "monte-carlo"))
    if method == "quadrature" and points.shape[1] > 1:
        raise ValueError(f"method='quadrature' needs points on a line. Got shape {points.shape}.")
    checks.count(n_samples, "n_samples", least=2)
    try:
        generator = np.random.default_rng(random_state)
    except (TypeError, ValueError) as error:
        raise ValueError(f"random_state must be a seed. Got {random_state!r}: {error}.") from None
    cloud = PointCloud.of(points, checks.weights(weights, len(points)))
    exact = EmpiricalScore(cloud)

    def squared_error(x):
        return t * ((field_values(score, x, t) - exact(x, t)) ** 2).sum(axis=1)

    if method == "monte-carlo":
        x = cloud.points[cloud.draw(generator, int(n_samples))]
        losses = squared_error(x + np.sqrt(t) * generator.standard_normal(x.shape))
        return Loss(float(losses.mean()), float(losses.std(ddof=1) / np.sqrt(n_samples)))

    y, width = cloud.sorted_line[0], 2 * np.sqrt(t)
    panels = np.unique(np.floor((y - y[0]) / width)[:, None] + np.arange(-6, 7))
    rounding = 8 * np.finfo(float).eps * (1 + np.abs(y).max() / np.sqrt(t))  # of sqrt(t) score
    return _quadrature(
        lambda x: squared_error(x[:, None]) * np.exp(exact.law.log_density(x[:, None], t)),
        y[0] + width * panels,
        width,
        rounding,
    )


def _quadrature(integrand, left, width, rounding):
    """Integral of a square over panels of equal width, bisected while their halves disagree."""

    def integrals(left, width):
        x = (left[:, None] + width * (1 + NODES) / 2).ravel()
        values = [integrand(rows) for rows in np.array_split(x, -(-len(x) // 4096))]
        return np.concatenate(values).reshape(len(left), -1) @ NODE_WEIGHTS * width / 2

    n_panels, coarse, value, error = len(left), integrals(left, width), 0.0, 0.0
    for level in range(MAX_LEVELS):
        width /= 2
        left = np.concatenate([left, left + width])
        halves = integrals(left, width).reshape(2, -1)
        fine = halves.sum(axis=0)
        difference, total = np.abs(fine - coarse), value + fine.sum()
        noise = rounding * np.sqrt(total) + rounding**2
        again = difference > (TOLERANCE * total + noise) / n_panels
        if level == MAX_LEVELS - 1 or again.sum() > max(MAX_PANELS, n_panels) // 2:
            again[:] = False
        value, error = value + fine[~again].sum(), error + difference[~again].sum()
        if not again.any():
            break
        left, coarse = left[np.tile(again, 2)], halves[:, again].ravel()
    return Loss(float(value), float(error + noise))


def field_values(score, x, t):
    """The score at x (m, d), checked to be of its shape."""
    value = np.asarray(score(x, t), dtype=np.float64)
    if value.shape != x.shape:
        raise ValueError(f"score must return shape {x.shape}. Got shape {value.shape} instead.")
    return value
