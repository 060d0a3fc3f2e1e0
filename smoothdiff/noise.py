"""The forward process and the law it makes of a training set.

Variance-exploding: x_t = x_0 + sqrt(t) z. Throughout the library **t is a variance**; the
standard deviation of the noise is sqrt(t). The noised empirical law and its denoiser are

    p_t(x) = sum_k w_k N(x; y_k, t I)
    D_t(x) = E[x_0 | x_t = x] = sum_k softmax_k(log w_k - |x - y_k|^2 / 2t) y_k

and the empirical score function (ESF) is grad log p_t(x) = (D_t(x) - x) / t.
"""

import numpy as np

from . import mixture
from ._derived import Derived, derived
from .cloud import PointCloud

__all__ = [
    "NoisedLaw",
    "denoiser",
    "empirical_score",
    "karras_times",
    "log_density",
    "positive_variance",
]


def positive_variance(t):
    """T as an array of floats; ValueError unless all are positive.

    Examples
    --------
    >>> from smoothdiff.noise import positive_variance
    >>> positive_variance([0.1, 1]).tolist()
    [0.1, 1.0]
    """
    t = np.asarray(t, dtype=np.float64)
    if not (t > 0).all():
        raise ValueError(f"t must be a positive variance. Got {t[~(t > 0)].flat[0]} instead.")
    return t


class NoisedLaw(Derived):
    """p_t of a point cloud, for every t: sorted into tiles once, then evaluated at any t.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.cloud import as_cloud
    >>> from smoothdiff.noise import NoisedLaw
    >>> law = NoisedLaw(as_cloud([-1.0, 1.0]))
    >>> float(law.log_density(np.zeros((1, 1)), 0.5)[0].round(4))
    -1.5724
    >>> law.denoise(np.array([[0.5]]), 0.5).round(4)
    array([[0.7616]])
    """

    def __init__(self, cloud: PointCloud):
        self.cloud = cloud

    @derived
    def _mixture(self):
        return mixture.tile(self.cloud.points, np.log(self.cloud.weights))

    def log_density(self, x, t):
        """Log p_t(x), shape (n,), for x (n, r) and variance t > 0, a float or (n,)."""
        t = positive_variance(t)
        log_sum = mixture.log_density(self._mixture, x, 1 / (2 * t))
        return log_sum - np.shape(x)[1] / 2 * np.log(2 * np.pi * t)

    def denoise(self, x, t):
        """D_t(x), shape (n, r), for x (n, r) and variance t > 0, a float or (n,)."""
        return mixture.posterior_mean(self._mixture, x, 1 / (2 * positive_variance(t)))[1]

    def moments(self, x, t):
        """D_t(x) (n, r), and the variance of x_0 given x_t = x, summed over axes, (n,)."""
        half = 1 / (2 * positive_variance(t))
        _, mean, squared = mixture.posterior_moments(self._mixture, x, half)
        return mean, np.maximum(squared - ((x - mean) ** 2).sum(axis=1), 0.0)


def log_density(x, points, t, weights=None):
    r"""Log-density of the noised empirical law, :math:`p_t(x) = \sum_k w_k N(x; y_k, t I)`.

    Parameters
    ----------
    x : array of shape (m, d)
    points : array of shape (n, d)
    t : float or array of shape (m,)
        Variance of the noise (positive).
    weights : array of shape (n,), optional
        Equal by default; scaled to sum to 1.

    Returns
    -------
    array of shape (m,), float64

    Notes
    -----
    Exact to rounding, far tails included: the error is below 1e-9 max(1, |log p|).

    Examples
    --------
    >>> from smoothdiff.noise import log_density
    >>> log_density([[0.0]], [[-1.0], [1.0]], 0.5).round(4)
    array([-1.5724])
    """
    return NoisedLaw(PointCloud.of(points, weights)).log_density(np.asarray(x, dtype=np.float64), t)


def denoiser(x, points, t, weights=None):
    """Posterior mean :math:`D_t(x) = E[x_0 | x_t = x]`, (m, d); parameters as `log_density`.

    Examples
    --------
    >>> from smoothdiff.noise import denoiser
    >>> denoiser([[0.5]], [[-1.0], [1.0]], 0.5).round(4)
    array([[0.7616]])
    """
    return NoisedLaw(PointCloud.of(points, weights)).denoise(np.asarray(x, dtype=np.float64), t)


def empirical_score(x, points, t, weights=None):
    """Empirical score function :math:`(D_t(x) - x) / t`, (m, d); parameters as `log_density`.

    Examples
    --------
    >>> from smoothdiff.noise import empirical_score
    >>> empirical_score([[0.5]], [[-1.0], [1.0]], 0.5).round(4)
    array([[0.5232]])
    """
    x = np.asarray(x, dtype=np.float64)
    scale = np.broadcast_to(np.asarray(t, dtype=np.float64), x.shape[:1])[:, None]
    return (denoiser(x, points, t, weights) - x) / scale


def karras_times(t_start, t_end, n_steps, rho=2.0):
    """Variances of n_steps + 1 grid points from t_start to t_end (either may be larger).

    The standard deviations are equally spaced in their power 1 / rho (Karras et al. 2022,
    equation 5, whose rho this is); the ends are exact. rho = 1 spaces them evenly, rho = inf
    geometrically.

    Examples
    --------
    >>> from smoothdiff.noise import karras_times
    >>> karras_times(1.0, 0.01, 3).round(4)
    array([1.    , 0.3553, 0.0877, 0.01  ])
    """
    if rho == np.inf:
        times = np.geomspace(t_start, t_end, n_steps + 1)
    else:
        start, end = np.sqrt(t_start) ** (1 / rho), np.sqrt(t_end) ** (1 / rho)
        times = np.linspace(start, end, n_steps + 1) ** (2 * rho)
    times[0], times[-1] = t_start, t_end
    return np.clip(times, min(t_start, t_end), max(t_start, t_end))  # rounding passes no end
