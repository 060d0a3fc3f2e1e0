"""The papers' starting law, the noised empirical law itself: S_k = t0 I."""

import numpy as np

from .._derived import derived
from ..cloud import PointCloud
from ..noise import NoisedLaw
from ._gaussians import SphericalLaw

__all__ = ["Isotropic"]


class Isotropic(SphericalLaw):
    """Noise of variance t0 around every point.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.cloud import PointCloud
    >>> from smoothdiff.starts import Isotropic
    >>> cloud = PointCloud.of(np.random.default_rng(0).normal(size=(50, 2)))
    >>> law = Isotropic(cloud, t0=0.1)
    >>> x, near = law.sample(np.random.default_rng(1), 4)
    >>> x.shape, law.covariances.shape
    ((4, 2), (50,))
    """

    def __init__(self, cloud: PointCloud, t0, spacing=None, n_neighbors=None):
        super().__init__(cloud, np.broadcast_to(float(t0), len(cloud)))
        self.t0 = float(t0)

    def log_density(self, x, scale=1.0):
        """Log-density at x (n, r), shape (n,), with variances times ``scale``."""
        return self._law.log_density(x, scale * self.t0)

    @derived
    def _law(self):
        return NoisedLaw(self.cloud)
