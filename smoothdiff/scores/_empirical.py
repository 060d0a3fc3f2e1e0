"""The empirical score function (ESF): exact score of the noised training set.

s_t(x) = grad log p_t(x) = (D_t(x) - x) / t. Its flow reverses the noising exactly, so that every
sample ends on a training point.
"""

from ..cloud import PointCloud
from ..noise import NoisedLaw
from ._base import Score

__all__ = ["EmpiricalScore"]


class EmpiricalScore(Score):
    """Score of p_t for a point cloud."""

    def __init__(self, cloud: PointCloud):
        self.law = NoisedLaw(cloud)

    def denoise(self, x, t):
        """Posterior mean D_t(x); see `smoothdiff.noise`."""
        return self.law.denoise(x, t)
