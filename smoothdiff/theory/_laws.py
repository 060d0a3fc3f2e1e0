"""Where the flow of the Smoothed PL-ESF ends, and how near that is to the uniform law.

law at 0 of the flow from p_t0:  sum_k a_k dirac(y_k) + (1 - sum_k a_k) p_tilde
"""

import numpy as np
from scipy.special import ndtr

from .. import _checks as checks
from ..cloud import PointCloud
from ..noise import NoisedLaw
from ._given import on_a_line
from ._quadrature import integral

__all__ = ["atom_weights", "kl_bound", "smoothing_ratio", "terminal_density", "terminal_kl"]

# Widths, in units of the noise and of how fast its density changes, below which a mass is no
# difference of two but a series: what that leaves out is the fourth power of the width, over 120.
NARROW = 1e-3


def atom_weights(points, kappa, t0, weights=None, *, spacing=None):
    r"""How much of the noised empirical law at t0 the flow takes to each point, shape (n,).

    .. math:: a_k = P(y_k - \rho \Delta_{k-1} \le x \le y_k + \rho \Delta_k) , \quad
        \rho = \kappa \sqrt{t_0} / \Delta ,

    without a bound beyond the two ends; rho is at most 1 (then they sum to 1).

    Examples
    --------
    >>> from smoothdiff.theory import atom_weights
    >>> atom_weights([-1.0, 1.0], kappa=1.0, t0=0.1).round(4)
    array([0.4207, 0.4207])
    """
    t0, (y, weights) = checks.positive(t0, "t0"), on_a_line(points, weights)
    reach = min(smoothing_ratio(y, kappa, t0, spacing), 1.0) * np.diff(y) / 2 / np.sqrt(t0)
    below, above = np.r_[np.inf, reach][:, None], np.r_[reach, np.inf][:, None]
    apart = (y[:, None] - y) / np.sqrt(t0)
    low, high = apart - below, apart + above
    # In the upper tail by symmetry, so that a small mass is no difference of two near 1.
    mass = np.where(low > 0, ndtr(-low) - ndtr(-high), ndtr(high) - ndtr(low))
    # Nor one of two places that are nearly the same: there by the density in the middle.
    half, narrow = (above + below) / 2, np.isfinite(above + below)
    middle = apart + np.where(narrow, above - below, 0.0) / 2
    narrow = narrow & (half * (1 + np.abs(middle)) < NARROW)
    half = np.where(narrow, half, 0.0)
    density = np.exp(-(middle**2) / 2) / np.sqrt(2 * np.pi)
    by_density = 2 * half * density * (1 + (middle**2 - 1) * half**2 / 6)
    return np.where(narrow, by_density, mass) @ weights


def terminal_density(x, points, kappa, t0, weights=None, *, spacing=None):
    """(1 - sum a_k) p_tilde(x), of the shape of x; its integral is 1 - sum a_k, not 1.

    The density of the samples at t = 0 that do not end on a point; parameters as `atom_weights`.
    In each gap, of midpoint z_k, it is (1 - rho) p_t0(z_k + (1 - rho) (x - z_k)), with p_t0 the
    noised empirical law; beyond the ends, and for rho >= 1, it is 0.

    Examples
    --------
    >>> from smoothdiff.theory import terminal_density
    >>> terminal_density([0.0, 0.9], [-1.0, 1.0], kappa=1.0, t0=0.1).round(4)
    array([0.0058, 0.2059])
    """
    x = checks.array(x, "x", "numbers", lambda x: ~np.isnan(x))
    t0, (y, weights) = checks.positive(t0, "t0"), on_a_line(points, weights)
    inside = np.clip(x, y[0], y[-1])
    log_density = _log_density(inside.ravel(), y, kappa, t0, weights, spacing).reshape(x.shape)
    return np.where(inside == x, np.exp(log_density), 0.0)[()]


def _log_density(x, y, kappa, t0, weights, spacing):
    """Log of the terminal density at x (m,) from y_1 to y_n; -inf for rho >= 1."""
    shrink = 1 - min(smoothing_ratio(y, kappa, t0, spacing), 1.0)
    gap = np.clip(np.searchsorted(y, x, side="right") - 1, 0, len(y) - 2)
    middle = (y[gap] + y[gap + 1]) / 2
    origin = middle + shrink * (x - middle)
    log_p = NoisedLaw(PointCloud(y[:, None], weights)).log_density(origin[:, None], t0)
    return log_p + (np.log(shrink) if shrink > 0 else -np.inf)


def terminal_kl(points, kappa, t0, weights=None, *, spacing=None, of="uniform"):
    r"""KL(of || law at t = 0 of the flow of the Smoothed PL-ESF from p_t0), for any points.

    Parameters
    ----------
    points, kappa, t0, weights, spacing
        As of `atom_weights`.
    of : "uniform" or pair (kappa, t0)
        The uniform law on [y_1, y_n], or the terminal law of another kappa and t0 from the same
        points, weights and spacing.

    Notes
    -----
    With :math:`b_k` and q the masses and the density of ``of``, and :math:`a_k` and p of the law,

    .. math:: KL = \sum_k b_k \log \frac{b_k}{a_k} + \int q \log \frac{q}{p} .

    The uniform law has no masses. Infinite where p is 0 (rho >= 1) and q is not. By quadrature,
    from logarithms, to a relative 1e-9 or better; `kl_bound` bounds it for two points.

    Examples
    --------
    >>> from smoothdiff.theory import terminal_kl
    >>> round(float(terminal_kl([-1.0, 1.0], kappa=1.0, t0=0.1)), 4)
    2.448
    """
    t0, (y, weights) = checks.positive(t0, "t0"), on_a_line(points, weights)
    masses, off = 0.0, smoothing_ratio(y, kappa, t0, spacing) >= 1

    def log_p(x):
        return _log_density(x, y, kappa, t0, weights, spacing)

    if isinstance(of, str):
        checks.choice(of, "of", ("uniform",))
        has_density = True

        def log_q(x):
            return np.full_like(x, -np.log(y[-1] - y[0]))
    else:
        kappa_of, t0_of = checks.positive(of, "of", (2,))
        has_density = smoothing_ratio(y, kappa_of, t0_of, spacing) < 1
        b = atom_weights(y, kappa_of, t0_of, weights, spacing=spacing)
        a = atom_weights(y, kappa, t0, weights, spacing=spacing)
        masses = (b * np.log(b / a)).sum()

        def log_q(x):
            return _log_density(x, y, kappa_of, t0_of, weights, spacing)

    if off or not has_density:
        return np.inf if has_density else float(max(masses, 0.0))

    def integrand(x):
        q = log_q(x)
        return np.exp(q) * (q - log_p(x))

    value, _ = integral(integrand, y[:-1], y[1:])
    return float(max(masses + value, 0.0))


def kl_bound(kappa, t0, *, printed=False):
    r"""Upper bound of the divergence KL(u_1 || p_hat_0), for the points -1 and 1.

    u_1 is uniform on [-1, 1]; kappa and t0 (floats or arrays, positive) broadcast; the spacing is 1
    and :math:`\delta = \kappa \sqrt{t_0}`. Infinite for delta >= 1, as the divergence itself is:
    nothing then ends between the points. Of

    .. math:: KL = -\frac12 \int_{-1}^1 \log [2 (1 - \delta) \, p_{t_0}((1 - \delta) x)] \, dx

    the density is at least half the Gaussian of the nearer point, at the distance
    :math:`1 - (1 - \delta) |x|`, the mean of whose square gives

    .. math:: KL \le \frac{1 + \delta + \delta^2}{6 t_0} + \log \frac{\sqrt{t_0}}{1 - \delta}
        + \log \sqrt{2 \pi} .

    ``printed=True`` is the looser one of v1 and v2, whose proof has t0 for 2 t0 in the exponent:
    :math:`1 / (3 t_0 (1 - \delta))` for the first term, and :math:`\log 2 \sqrt{2 \pi}` for the
    last.

    Examples
    --------
    >>> from smoothdiff.theory import kl_bound
    >>> round(float(kl_bound(kappa=1.0, t0=0.1)), 4)
    2.5082
    """
    kappa, t0 = checks.positive(kappa, "kappa", None), checks.positive(t0, "t0", None)
    delta = kappa * np.sqrt(t0)
    gap = np.where(delta < 1, 1 - delta, 1.0)
    bound = np.log(np.sqrt(2 * np.pi * t0) / gap)
    bound += np.log(2) + 1 / (3 * t0 * gap) if printed else (1 + delta + delta**2) / (6 * t0)
    return np.where(delta < 1, bound, np.inf)[()]


def smoothing_ratio(y, kappa, t, spacing):
    if spacing is None:
        gaps = np.pad(np.diff(y), 1, constant_values=np.inf)
        spacing = np.median(np.minimum(gaps[1:], gaps[:-1])) / 2
    return checks.positive(kappa, "kappa") * np.sqrt(t) / checks.positive(spacing, "spacing")
