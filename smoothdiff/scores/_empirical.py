"""The empirical score function (ESF): exact score of the noised training set.

s_t(x) = grad log p_t(x) = (D_t(x) - x) / t. Its flow reverses the noising exactly, so that every
sample ends on a training point.
"""

import jax.numpy as jnp
import numpy as np
from jax import lax

from ..cloud import PointCloud
from ..noise import NoisedLaw
from ._base import Score

__all__ = ["EmpiricalScore", "empirical_score_of_batch"]

# Axes up to which the differences of a batch to all points are one fused loop.
UNROLLED_MAX_DIM = 32


class EmpiricalScore(Score):
    """Score of p_t for a point cloud; ``law`` is its noised law, where there is one already."""

    def __init__(self, cloud: PointCloud, law=None):
        self.law = NoisedLaw(cloud) if law is None else law

    def denoise(self, x, t):
        """Posterior mean D_t(x); see `smoothdiff.noise`."""
        return self.law.denoise(x, t)

    def divergence(self, x, t, probes=None):
        """Exact: the Jacobian of the denoiser is the covariance of x_0 given x_t, over t."""
        _, variance = self.law.moments(x, t)
        return (variance / t - x.shape[1]) / t, np.zeros(len(x))


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
