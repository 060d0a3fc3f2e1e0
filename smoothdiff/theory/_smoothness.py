"""How far from linear a score is, and how smooth a score of small loss can be.

    R[f] = int |f''|,  for the Smoothed PL-ESF  2 (n - 1) / (t (1 - rho_t))

`nonsmoothness_lower_bound` is in neither paper, and is derived where it stands.

Points on a line in d dimensions, (n, d) in any order, are as good as on the line, for R^(d) of
`nonsmoothness_along_lines` and L_t in d dimensions. The Smoothed PL-ESF is there s_hat(x_1) along
the line and -x_j / t across, so that int |second derivative| along a direction u is |u_1| R[s_hat]:
R^(d) is R. And of any f with L_t[f] <= eps take g(x_1) = E f_1(x_1, z) over the noise z across,
which p_t has independently of x_1, and s_t does not look at. By Jensen L_t[g] <= L_t[f], and
R[g] <= E R[f_1(., z)] <= R^(d)[f], so that a lower bound of R[g] is one of R^(d)[f].
"""

from itertools import product

import numpy as np

from .. import _checks as checks
from ..cloud import PointCloud
from ..scores import EmpiricalScore
from ._given import field_values, on_a_line
from ._laws import smoothing_ratio
from ._losses import asymptotic_loss

__all__ = [
    "near_optimality",
    "nonsmoothness",
    "nonsmoothness_along_lines",
    "nonsmoothness_lower_bound",
    "smoothed_pl_nonsmoothness",
]

# Of Gauss and Legendre, on [-1, 1].
NODES, NODE_WEIGHTS = np.polynomial.legendre.leggauss(16)
# sqrt(v) and c of `nonsmoothness_lower_bound`, in units of sqrt(t).
WINDOWS, INSETS = np.array([1.0, 0.7, 0.5, 0.3, 0.2]), np.array([0.0, 1.0, 1.5, 2.0, 2.5, 3.0])


def nonsmoothness(knots, values=None, *, slopes=None):
    r""":math:`R[f] = \int |f''|` of a piecewise linear function: the total variation of slopes.

    Give the values at the knots (n,), strictly increasing, or the n + 1 slopes: before the first
    knot, between knots, and after the last. For values sampled from any other function the result
    is at most its R (chord slopes are slopes somewhere), and tends to it on ever finer knots.

    Examples
    --------
    >>> from smoothdiff.theory import nonsmoothness
    >>> float(nonsmoothness([0.0, 1.0], slopes=[0.0, 1.0, 0.0]))
    2.0
    """
    knots = checks.increasing(knots, "knots")
    if (values is None) == (slopes is None):
        raise ValueError("nonsmoothness needs values or slopes, and not both.")
    if slopes is None:
        values = checks.array(values, "values", "finite", np.isfinite, knots.shape)
        slopes = np.diff(values) / np.diff(knots)
    else:
        slopes = checks.array(slopes, "slopes", "finite", np.isfinite, (len(knots) + 1,))
    return float(np.abs(np.diff(slopes)).sum())


def smoothed_pl_nonsmoothness(points, kappa, t, *, spacing=None):
    r"""R of the Smoothed PL-ESF at variance t; of points on a line in d dimensions :math:`R^{(d)}`.

    Its slope is :math:`-1 / t` around the points and :math:`\rho / ((1 - \rho) t)` within the gaps,
    whatever their widths, so that exactly

    .. math:: R = \frac{2 (n - 1)}{t (1 - \rho)} = \frac{2 (n - 1) \Delta}{t (\Delta - \delta)} .

    Infinite for rho >= 1, where the function jumps.

    Examples
    --------
    >>> from smoothdiff.theory import smoothed_pl_nonsmoothness
    >>> round(smoothed_pl_nonsmoothness([-1.0, 1.0], kappa=1.0, t=0.01), 2)
    222.22
    """
    (y, _), t = on_a_line(points, embedded=True), checks.positive(t, "t")
    rho = smoothing_ratio(y, kappa, t, spacing)
    return float(2 * (len(y) - 1) / (t * (1 - rho))) if rho < 1 else np.inf


def nonsmoothness_along_lines(score, t, lines):
    """The largest int |second directional derivative| of a score over given lines.

    ``lines`` (n_lines, m, d) are positions along straight lines, in order, three or more on each;
    ``score(x, t)`` has shape (m, d) for x (m, d) and the variance t. The length of the derivative
    is that of a vector, all components together.

    A lower bound of :math:`R^{(d)}`, the sup over all lines: it misses other lines and bends that
    cancel between positions. Finer steps come closer, until rounding shows (1e-16 |score| / step at
    each).

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.scores import SmoothedPLScore
    >>> from smoothdiff.theory import nonsmoothness_along_lines
    >>> score = SmoothedPLScore([-1.0, 1.0], kappa=1.0, spacing=1.0)
    >>> line = np.linspace(-2, 2, 401).reshape(1, -1, 1)
    >>> round(float(nonsmoothness_along_lines(score, 0.01, line)), 2)
    222.22
    """
    checks.function(score, "score")
    t, lines = checks.positive(t, "t"), checks.array(lines, "lines", "finite", np.isfinite)
    if lines.ndim != 3 or lines.size == 0 or lines.shape[1] < 3:
        raise ValueError(f"lines must have shape (n_lines, 3 or more, d). Got {lines.shape}.")
    steps = np.diff(lines, axis=1)
    length = np.linalg.norm(steps, axis=2, keepdims=True)
    ahead = steps / np.where(length > 0, length, np.nan)
    if not (np.abs(ahead - ahead[:, :1]) < 1e-6).all():
        raise ValueError("lines must hold distinct positions in order along straight lines.")
    field = field_values(score, lines.reshape(-1, lines.shape[2]), t).reshape(lines.shape)
    bends = np.diff(np.diff(field, axis=1) / length, axis=1)
    return float(np.linalg.norm(bends, axis=2).sum(axis=1).max())


def nonsmoothness_lower_bound(eps, t, points, weights=None):
    r"""A number that R[f] is at least, for every f on the line with L_t[f] <= eps (positive).

    For points (n, d) on a line, also :math:`R^{(d)}[f]` for every f in d dimensions: see the
    module.

    Let :math:`h = f * N(0, v)`, a convolution, which does not increase R, and
    :math:`0 \le c_k < \Delta_k`. By the mean value theorem :math:`h'` takes the values
    :math:`h'(y_1)`, :math:`(h(y_2 - c_1) - h(y_1 + c_1)) / (2 (\Delta_1 - c_1))`,
    :math:`h'(y_2)`, ... in this order. R[h] is at least the sum of their absolute differences, so

    .. math:: R[f] \ge \sum_k \frac{h(y_{k+1} - c_k) - h(y_k + c_k)}{\Delta_k - c_k}
        - \sum_k m_k h'(y_k)

    with :math:`m = (1, 2, ..., 2, 1)`. That is :math:`\int f l`, for l a sum of
    Gaussians of variance v around :math:`y_k + c_k` and :math:`y_{k+1} - c_k`, and derivatives of
    such around :math:`y_k`. As
    :math:`\int p_t (f - s_t)^2 \le \epsilon / t`,

    .. math:: R[f] \ge \int s_t l - \sqrt{\frac{\epsilon}{t} \int \frac{l^2}{p_t}} .

    Returned is the best of a few v <= t and :math:`c_k`, or 0, by quadrature. For t -> 0 and equal
    weights it is :math:`2 (n - 1) (1 - g \sqrt\epsilon) / t` with
    :math:`g = \sqrt{n (4n - 6)} / (2n - 2)`, from 1 to 1.061, and sharp: slopes multiplied by
    :math:`1 - c \, m_k` around :math:`y_k`, c a constant, attain it.

    Examples
    --------
    >>> from smoothdiff.theory import nonsmoothness_lower_bound
    >>> round(float(nonsmoothness_lower_bound(0.01, 0.001, [-1.0, 1.0])))
    1917
    """
    eps, t = checks.positive(eps, "eps"), checks.positive(t, "t")
    y, weights = on_a_line(points, weights, embedded=True)
    y, sigma = y - y[0], np.sqrt(t)
    exact = EmpiricalScore(PointCloud(y[:, None], weights))
    cells = np.unique(np.floor(2 * y / sigma)[:, None] + np.arange(-40, 41))
    x = sigma / 2 * (cells[:, None] + (1 + NODES) / 2).ravel()
    mass = sigma / 4 * np.tile(NODE_WEIGHTS, len(cells))
    s = exact(x[:, None], t)[:, 0]
    p = np.exp(exact.law.log_density(x[:, None], t))
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
    r"""How far from the smoothest the Smoothed PL-ESF is, at most: its R over the lower bound.

    The bound, `nonsmoothness_lower_bound`, is on R[f] of all f with :math:`L_t[f] \le \epsilon`, by
    default :math:`\epsilon = F(\kappa)`. For points (n, d) on a line the ratio is that of
    :math:`R^{(d)}`, among all f in d dimensions: the one above is exact, the one below a bound.
    Infinite where the bound is 0 (a large eps) or the function jumps (rho >= 1).

    The papers have :math:`1 + 8 \sqrt\epsilon` for :math:`\epsilon < 0.015`,
    :math:`\kappa \ge F^{-1}(\epsilon)` and t small enough; here the limit is
    :math:`1 / (1 - 1.061 \sqrt\epsilon)` or less for equal weights; for unequal ones it has no such
    bound. The Smoothed PL-ESF is itself one of these f
    only where its own loss (`score_matching_loss`) is at most eps; else a ratio below 1 is
    possible.

    Examples
    --------
    >>> from smoothdiff.theory import near_optimality
    >>> round(float(near_optimality(2.0, 1e-4, [-1.0, 1.0])), 2)
    1.12
    """
    own = smoothed_pl_nonsmoothness(points, kappa, t, spacing=spacing)
    eps = asymptotic_loss(kappa) if eps is None else eps
    bound = nonsmoothness_lower_bound(eps, t, points, weights)
    return float(own / bound) if bound > 0 else np.inf
