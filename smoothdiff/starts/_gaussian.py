"""One Gaussian of the whole cloud: S = OAS-shrunk covariance, around the mean.

Alone it forgets the points; in a mixture of laws it carries the tails.
"""

import numpy as np

from .._derived import Derived
from ..cloud import PointCloud
from ..subspace import gaussian_log_density
from ._base import StartingLaw
from ._local import shape_of, square_root

__all__ = ["WholeGaussian"]


class WholeGaussian(Derived, StartingLaw):
    """N(mean, scale * covariance) of the points; t0, spacing and neighbors have no say.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.cloud import PointCloud
    >>> from smoothdiff.starts import WholeGaussian
    >>> cloud = PointCloud.of(np.random.default_rng(0).normal(size=(50, 2)))
    >>> law = WholeGaussian(cloud)
    >>> x, near = law.sample(np.random.default_rng(1), 4)
    >>> x.shape, law.covariances.shape
    ((4, 2), (50, 2, 2))
    """

    def __init__(self, cloud: PointCloud, t0=None, spacing=None, n_neighbors=None, scale=1.0):
        self.cloud = cloud
        shape, variance = shape_of(cloud)
        if not variance > 0:
            variance = 1.0 if t0 is None else float(t0)
        self.mean = cloud.weights @ cloud.points
        self._root = np.sqrt(scale * variance) * square_root(shape)

    @property
    def covariances(self):
        """The same matrix for every point, (n, r, r)."""
        return np.repeat((self._root @ self._root)[None], len(self.cloud), axis=0)

    def variances_along(self, directions, k):
        """Variance along vectors (d, r), the same for every point, (m, d)."""
        return np.tile(((directions @ self._root) ** 2).sum(axis=1), (len(k), 1))

    def sample(self, generator, n, around=None):
        """Draw n points: positions (n, r) and the nearest point of each, (n,).

        This law has no noise of single points: ``around`` changes nothing.
        """
        x = self.mean + generator.standard_normal((n, self.cloud.dim)) @ self._root
        return x, self.cloud.neighbors.query(x, 1)[1][:, 0]

    def log_density(self, x, scale=1.0):
        """Log-density at x (n, r), shape (n,), with the covariance times ``scale``."""
        z = np.linalg.solve(self._root, (x - self.mean).T)
        log_p = gaussian_log_density((z**2).sum(axis=0), self.cloud.dim, scale)
        return log_p - np.linalg.slogdet(self._root)[1]
