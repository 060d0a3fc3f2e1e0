"""The empirical score function (ESF): exact score of the noised training set.

s_t(x) = grad log p_t(x) = (D_t(x) - x) / t. Its flow reverses the noising exactly, so that every
sample ends on a training point. The Jacobian of D_t is the covariance of x_0 given x_t, over t.
"""

import jax.numpy as jnp
import numpy as np
from jax import lax

from ..cloud import as_cloud
from ..noise import NoisedLaw
from ._base import Denoiser, OfPoints, column

__all__ = ["EmpiricalScore", "empirical_score_of_batch"]

# Axes up to which the differences of a batch to all points are one fused loop.
UNROLLED_MAX_DIM = 32


class EmpiricalScore(Denoiser, OfPoints):
    """Score of p_t for a point cloud; ``law`` is its noised law, where there is one already.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.scores import EmpiricalScore
    >>> score = EmpiricalScore([-1.0, 1.0])
    >>> score(np.array([[0.5]]), 0.1).round(4)
    array([[4.9991]])
    """

    def __init__(self, cloud, law=None):
        self.cloud = as_cloud(cloud, None, "cloud", self)
        self.law = NoisedLaw(self.cloud) if law is None else law

    def denoise(self, x, t):
        """Posterior mean D_t(x); see `smoothdiff.noise`."""
        return self.law.denoise(x, t)

    def divergence(self, x, t, probes=None):
        """Exact."""
        _, variance = self.law.moments(x, t)
        t = column(t)[:, 0]
        return (variance / t - x.shape[1]) / t, np.zeros(len(x))

    def parents(self, x, t):
        """The nearest point, indices (n, 1), and its weight 1."""
        nearest = self.cloud.neighbors.query(x, 1)[1]
        return nearest, np.ones(nearest.shape)

    def support(self, x, t, t0):
        """All rows."""
        return np.ones(len(x), dtype=bool)


def empirical_score_of_batch(points, log_weights, x, t):
    """The ESF of a batch within a compiled float32 program, (m, r).

    By differences, one axis at a time, since |x|^2 + |y|^2 - 2 x.y cancels in 32 bits.

    Parameters
    ----------
    points : array of shape (n, r)
    log_weights : array of shape (n,)
        Minus infinity is a weight of 0; any sum.
    x : array of shape (m, r)
    t : array of shape (m,)
        Variances.
    """
    r = x.shape[1]

    def add_axis(j, squares):
        return squares + (x[:, j, None] - points[:, j]) ** 2

    squares = jnp.zeros((len(x), len(points)))
    squares = lax.fori_loop(0, r, add_axis, squares, unroll=r <= UNROLLED_MAX_DIM)
    log_share = log_weights - squares / (2 * t[:, None])
    share = jnp.exp(log_share - log_share.max(axis=1, keepdims=True))
    sums = share @ jnp.concatenate([points, jnp.ones((len(points), 1))], axis=1)
    return (sums[:, :r] / sums[:, r:] - x) / t[:, None]
