"""What the papers prove of the Smoothed PL-ESF: losses, smoothness, laws and bounds.

For sorted points y_1 < ... < y_n on a line with half-gaps Delta_k, noise of variance t,
delta_t = kappa sqrt(t) and rho_t = delta_t / Delta (uneven gaps: delta_k = rho_t Delta_k):

    L_t[f] = t E_{p_t} |f - s_t|^2,  for the Smoothed PL-ESF -> (n - 1) / n F(kappa) as t -> 0
    F(k)   = 2 int_k^inf (u - k)^2 phi(u) du = 2 [(1 + k^2) Phi(-k) - k phi(k)]
    R[f]   = int |f''|,  for the Smoothed PL-ESF  2 (n - 1) / (t (1 - rho_t))
    law at 0 of the flow from p_t0:  sum_k a_k dirac(y_k) + (1 - sum_k a_k) p_tilde

t is a variance everywhere. Where not said otherwise points (n,) are strictly increasing; weights
(n,) are positive, equal by default and scaled to sum to 1; and ``spacing`` ("Delta") is by default
half the median distance of a point to the nearest other one. Every function raises ValueError,
before any work, in a sentence that names the parameter out of its range.

v1 is "On the Interpolation Effect of Score Smoothing", arXiv 2502.19499, and v2 its revision,
"... in Diffusion Models". F, L_t, R, a_k, p_tilde and the KL bound are in both papers;
`nonsmoothness_lower_bound` is not, and is derived where it stands.
"""

from itertools import product
from typing import NamedTuple

import numpy as np
from scipy.special import erfcx, ndtr

from .cloud import PointCloud
from .noise import NoisedLaw

__all__ = [
    "Loss",
    "asymptotic_loss",
    "atom_weights",
    "kappa_for_loss",
    "kl_bound",
    "near_optimality",
    "nonsmoothness",
    "nonsmoothness_along_lines",
    "nonsmoothness_lower_bound",
    "score_matching_loss",
    "smoothed_pl_nonsmoothness",
    "terminal_density",
]

# From here on the continued fraction of F converges in so many terms; below, little cancels.
FRACTION_FROM, FRACTION_TERMS = 2.0, 80
# Gauss-Legendre nodes and weights of a panel, on [-1, 1].
NODES, NODE_WEIGHTS = np.polynomial.legendre.leggauss(16)
# Bisections of a panel, panels at a time, and the relative error that is enough.
MAX_LEVELS, MAX_PANELS, TOLERANCE = 50, 4096, 1e-12
# sqrt(v) and c of `nonsmoothness_lower_bound`, in units of sqrt(t).
WINDOWS, INSETS = np.array([1.0, 0.7, 0.5, 0.3, 0.2]), np.array([0.0, 1.0, 1.5, 2.0, 2.5, 3.0])


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
    kappa = _checked("kappa", kappa, "not negative", lambda k: k >= 0)
    return 4 / np.sqrt(2 * np.pi) * np.exp(-(kappa**2) / 2) * _tail_moments(kappa)[0]


def kappa_for_loss(eps):
    """F^{-1}(eps), of the shape of eps, in (0, 1]: the strongest smoothing of asymptotic loss eps.

    F of it is eps to a relative 1e-12. Newton's method on log F, which is concave and at most
    -kappa^2 / 2: started at sqrt(-2 log eps), no step passes the root.
    """
    eps = _checked("eps", eps, "in (0, 1]", lambda e: (e > 0) & (e <= 1))
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
    t, points = _positive("t", t), _checked("points", points, "finite", np.isfinite)
    points = points[:, None] if points.ndim == 1 else points
    if points.ndim != 2 or points.size == 0:
        raise ValueError(f"points must have shape (n, d). Got shape {points.shape} instead.")
    if method not in ("quadrature", "monte-carlo"):
        raise ValueError(f"method must be 'quadrature' or 'monte-carlo'. Got {method!r} instead.")
    if method == "quadrature" and points.shape[1] > 1:
        raise ValueError(f"method='quadrature' needs points on a line. Got shape {points.shape}.")
    _checked("n_samples", n_samples, "a whole number above 1", lambda n: (n > 1) & (n % 1 == 0), ())
    try:
        generator = np.random.default_rng(random_state)
    except (TypeError, ValueError) as error:
        raise ValueError(f"random_state must be a seed. Got {random_state!r}: {error}.") from None
    cloud = PointCloud.of(points, _weights(weights, len(points)))
    law = NoisedLaw(cloud)

    def squared_error(x):
        return t * ((_field(score, x, t) - (law.denoise(x, t) - x) / t) ** 2).sum(axis=1)

    if method == "monte-carlo":
        x = cloud.points[cloud.draw(generator, int(n_samples))]
        losses = squared_error(x + np.sqrt(t) * generator.standard_normal(x.shape))
        return Loss(float(losses.mean()), float(losses.std(ddof=1) / np.sqrt(n_samples)))

    y, width = cloud.sorted_line[0], 2 * np.sqrt(t)
    panels = np.unique(np.floor((y - y[0]) / width)[:, None] + np.arange(-6, 7))
    rounding = 8 * np.finfo(float).eps * (1 + np.abs(y).max() / np.sqrt(t))  # of sqrt(t) score
    return _quadrature(
        lambda x: squared_error(x[:, None]) * np.exp(law.log_density(x[:, None], t)),
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


def nonsmoothness(knots, values=None, *, slopes=None):
    """R[f] = int |f''| of a piecewise linear function: the total variation of its slopes.

    Give the values at the knots (n,), strictly increasing, or the n + 1 slopes: before the first
    knot, between knots, and after the last. For values sampled from any other function the result
    is at most its R (chord slopes are slopes somewhere), and tends to it on ever finer knots.
    """
    knots = _increasing("knots", knots)
    if (values is None) == (slopes is None):
        raise ValueError("nonsmoothness needs values or slopes, and not both.")
    if slopes is None:
        values = _checked("values", values, "finite", np.isfinite, knots.shape)
        slopes = np.diff(values) / np.diff(knots)
    else:
        slopes = _checked("slopes", slopes, "finite", np.isfinite, (len(knots) + 1,))
    return float(np.abs(np.diff(slopes)).sum())


def smoothed_pl_nonsmoothness(points, kappa, t, *, spacing=None):
    """R of the Smoothed PL-ESF at variance t.

    Its slope is -1 / t around the points and rho / ((1 - rho) t) within the gaps, whatever their
    widths: R = 2 (n - 1) / (t (1 - rho)) = 2 (n - 1) Delta / (t (Delta - delta)). Infinite for
    rho >= 1, where the function jumps.
    """
    y, t = _increasing("points", points), _positive("t", t)
    rho = _rho(y, kappa, t, spacing)
    return float(2 * (len(y) - 1) / (t * (1 - rho))) if rho < 1 else np.inf


def nonsmoothness_along_lines(score, t, lines):
    """The largest int |second directional derivative| of a score over given lines.

    ``lines`` (n_lines, m, d) are positions along straight lines, in order, three or more on each;
    ``score(x, t)`` has shape (m, d) for x (m, d) and the variance t. The length of the derivative
    is that of a vector, all components together.

    A lower bound of R^(d) = sup over all lines: it misses other lines and bends that cancel between
    positions. Finer steps come closer, until rounding shows (1e-16 |score| / step at each).
    """
    t, lines = _positive("t", t), _checked("lines", lines, "finite", np.isfinite)
    if lines.ndim != 3 or lines.size == 0 or lines.shape[1] < 3:
        raise ValueError(f"lines must have shape (n_lines, 3 or more, d). Got {lines.shape}.")
    steps = np.diff(lines, axis=1)
    length = np.linalg.norm(steps, axis=2, keepdims=True)
    ahead = steps / np.where(length > 0, length, np.nan)
    if not (np.abs(ahead - ahead[:, :1]) < 1e-6).all():
        raise ValueError("lines must hold distinct positions in order along straight lines.")
    field = _field(score, lines.reshape(-1, lines.shape[2]), t).reshape(lines.shape)
    bends = np.diff(np.diff(field, axis=1) / length, axis=1)
    return float(np.linalg.norm(bends, axis=2).sum(axis=1).max())


def nonsmoothness_lower_bound(eps, t, points, weights=None):
    """A number that R[f] is at least, for every f on the line with L_t[f] <= eps (positive).

    Let h = f * N(0, v), a convolution, which does not increase R, and 0 <= c_k < Delta_k. By the
    mean value theorem h' takes the values h'(y_1), (h(y_2 - c_1) - h(y_1 + c_1)) / (2 (Delta_1 -
    c_1)), h'(y_2), ... in this order. R[h] is at least the sum of their absolute differences, so

        R[f] >= sum_k (h(y_{k+1} - c_k) - h(y_k + c_k)) / (Delta_k - c_k) - sum_k m_k h'(y_k)

    with m = (1, 2, ..., 2, 1): int f l, for l a sum of Gaussians of variance v around y_k + c_k and
    y_{k+1} - c_k, and derivatives of such around y_k. As int p_t (f - s_t)^2 <= eps / t,

        R[f] >= int s_t l - sqrt(eps / t int l^2 / p_t).

    Returned is the best of a few v <= t and c_k, or 0, by quadrature. For t -> 0 and equal weights
    it is 2 (n - 1) / t (1 - g sqrt(eps)), g = sqrt(n (4n - 6)) / (2n - 2), from 1 to 1.061, and
    sharp: slopes multiplied by 1 - const m_k around y_k attain it.
    """
    eps, t, y = _positive("eps", eps), _positive("t", t), _increasing("points", points)
    y, sigma = y - y[0], np.sqrt(t)
    law = NoisedLaw(PointCloud(y[:, None], _weights(weights, len(y))))
    cells = np.unique(np.floor(2 * y / sigma)[:, None] + np.arange(-40, 41))
    x = sigma / 2 * (cells[:, None] + (1 + NODES) / 2).ravel()
    mass = sigma / 4 * np.tile(NODE_WEIGHTS, len(cells))
    s = (law.denoise(x[:, None], t)[:, 0] - x) / t
    p = np.exp(law.log_density(x[:, None], t))
    half, m, best = np.diff(y) / 2, np.r_[1.0, np.full(len(y) - 2, 2.0), 1.0], 0.0
    for width, inset in product(sigma * WINDOWS, sigma * INSETS):
        c = np.minimum(inset, 0.8 * half)
        centers = np.concatenate([y, y[1:] - c, y[:-1] + c])
        values = np.concatenate([0 * m, 1 / (half - c), -1 / (half - c)])
        slopes, ell = np.concatenate([m, 0 * half, 0 * half]), np.zeros(len(x))
        for center, value, slope in zip(centers, values, slopes, strict=True):
            near = slice(*np.searchsorted(x, [center - 12 * width, center + 12 * width]))
            z = (x[near] - center) / width
            ell[near] += (value - slope * z / width) * np.exp(-(z**2) / 2)
        ell /= np.sqrt(2 * np.pi) * width
        best = max(best, (mass * s) @ ell - np.sqrt(eps / t * ((mass / p) @ ell**2)))
    return float(best)


def near_optimality(kappa, t, points, weights=None, *, eps=None, spacing=None):
    """How far from the smoothest the Smoothed PL-ESF is, at most: its R over the lower bound.

    The bound, `nonsmoothness_lower_bound`, is on R[f] of all f with L_t[f] <= eps, by default
    eps = F(kappa). Infinite where it is 0 (a large eps) or the function jumps (rho >= 1).

    The papers have 1 + 8 sqrt(eps) for eps < 0.015, kappa >= F^{-1}(eps) and t small enough; here
    the limit is 1 / (1 - 1.061 sqrt(eps)) or less. The Smoothed PL-ESF is itself one of these f
    only where its own L_t (`score_matching_loss`) is at most eps; else a ratio below 1 is possible.
    """
    own = smoothed_pl_nonsmoothness(points, kappa, t, spacing=spacing)
    eps = asymptotic_loss(kappa) if eps is None else eps
    bound = nonsmoothness_lower_bound(eps, t, points, weights)
    return float(own / bound) if bound > 0 else np.inf


def atom_weights(points, kappa, t0, weights=None, *, spacing=None):
    """a_k, shape (n,): how much of the noised empirical law p_t0 the flow takes to each point.

    a_k = P(y_k - rho Delta_{k-1} <= x <= y_k + rho Delta_k), with -inf and inf at the ends and
    rho = kappa sqrt(t0) / spacing, at most 1 (then they sum to 1).
    """
    y, t0 = _increasing("points", points), _positive("t0", t0)
    weights = _weights(weights, len(y))
    reach = min(_rho(y, kappa, t0, spacing), 1.0) * np.diff(y) / 2
    low = np.concatenate([[-np.inf], y[1:] - reach])[:, None]
    high = np.concatenate([y[:-1] + reach, [np.inf]])[:, None]
    low, high = (low - y) / np.sqrt(t0), (high - y) / np.sqrt(t0)
    # In the upper tail by symmetry, so that a small mass is no difference of two near 1.
    mass = np.where(low > 0, ndtr(-low) - ndtr(-high), ndtr(high) - ndtr(low))
    return mass @ weights


def terminal_density(x, points, kappa, t0, weights=None, *, spacing=None):
    """(1 - sum a_k) p_tilde(x), of the shape of x; its integral is 1 - sum a_k, not 1.

    The density of the samples at t = 0 that do not end on a point; parameters as `atom_weights`.
    In each gap, of midpoint z_k, it is (1 - rho) p_t0(z_k + (1 - rho) (x - z_k)), with p_t0 the
    noised empirical law; beyond the ends, and for rho >= 1, it is 0.
    """
    x = _checked("x", x, "numbers", lambda x: ~np.isnan(x))
    y, t0 = _increasing("points", points), _positive("t0", t0)
    cloud = PointCloud(y[:, None], _weights(weights, len(y)))
    shrink = 1 - min(_rho(y, kappa, t0, spacing), 1.0)
    inside = np.clip(x, y[0], y[-1])
    gap = np.clip(np.searchsorted(y, inside, side="right") - 1, 0, len(y) - 2)
    middle = (y[gap] + y[gap + 1]) / 2
    origin = middle + shrink * (inside - middle)
    log_p = NoisedLaw(cloud).log_density(origin.reshape(-1, 1), t0)
    return np.where(inside == x, shrink * np.exp(log_p.reshape(x.shape)), 0.0)[()]


def kl_bound(kappa, t0, *, printed=False):
    """Upper bound of KL(u_1 || p_hat_0), u_1 uniform on [-1, 1], for the points -1 and 1.

    kappa and t0 (floats or arrays, positive) broadcast; Delta = 1, delta = kappa sqrt(t0). Infinite
    for delta >= 1, as the divergence itself is: nothing then ends between the points.

    KL = -1/2 int_{-1}^1 log [2 (1 - delta) p_t0((1 - delta) x)] dx, and p_t0 is at least half the
    Gaussian of the nearer point, at distance 1 - (1 - delta) |x|. The mean of its square gives

        (1 + delta + delta^2) / (6 t0) + log(sqrt(t0) / (1 - delta)) + log(sqrt(2 pi)).

    ``printed=True`` is the looser one of v1 and v2, whose proof has t0 for 2 t0 in the exponent:
    1 / (3 t0 (1 - delta)) for the first term, and log(2 sqrt(2 pi)) for the last.
    """
    kappa, t0 = _positive("kappa", kappa, None), _positive("t0", t0, None)
    delta = kappa * np.sqrt(t0)
    gap = np.where(delta < 1, 1 - delta, 1.0)
    bound = np.log(np.sqrt(2 * np.pi * t0) / gap)
    bound += np.log(2) + 1 / (3 * t0 * gap) if printed else (1 + delta + delta**2) / (6 * t0)
    return np.where(delta < 1, bound, np.inf)[()]


def _rho(y, kappa, t, spacing):
    if spacing is None:
        gaps = np.pad(np.diff(y), 1, constant_values=np.inf)
        spacing = np.median(np.minimum(gaps[1:], gaps[:-1])) / 2
    return _positive("kappa", kappa) * np.sqrt(t) / _positive("spacing", spacing)


def _field(score, x, t):
    """The score at x (m, d), checked to be of its shape."""
    value = np.asarray(score(x, t), dtype=np.float64)
    if value.shape != x.shape:
        raise ValueError(f"score must return shape {x.shape}. Got shape {value.shape} instead.")
    return value


def _checked(name, value, what, valid, shape=None):
    """The value as a float64 array of the shape, if one is given, with valid entries."""
    value = np.asarray(value)
    if value.dtype.kind not in "buif":
        raise ValueError(f"{name} must be real numbers. Got dtype {value.dtype} instead.")
    if shape is not None and value.shape != shape:
        raise ValueError(f"{name} must have shape {shape}. Got shape {value.shape} instead.")
    value = value.astype(np.float64)
    bad = ~valid(value)
    if bad.any():
        raise ValueError(f"{name} must be {what}. Got {value[bad].flat[0]} instead.")
    return value


def _positive(name, value, shape=()):
    """A positive number, or an array of them if shape says so."""
    return _checked(name, value, "positive, finite", lambda v: (v > 0) & (v < np.inf), shape)[()]


def _increasing(name, value):
    value = _checked(name, value, "finite", np.isfinite)
    if value.ndim != 1 or len(value) < 2 or not (np.diff(value) > 0).all():
        raise ValueError(f"{name} must be two or more numbers, strictly increasing.")
    return value


def _weights(weights, n):
    weights = np.ones(n) if weights is None else _positive("weights", weights, (n,))
    return weights / weights.sum()
