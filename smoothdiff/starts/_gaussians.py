"""Mixtures of one Gaussian N(y_k, S_k) at each point of a cloud, exact to draw from and to score.

    spherical   S_k = v_k I
    shaped      S_k = v_k I + G_k' G_k,   G_k (m, r) scaled differences to m neighbors

No array of size (n, r, r) is formed.
"""

import numpy as np

from .. import mixture
from .._derived import Derived, derived
from ..cloud import PointCloud
from ._base import StartingLaw

__all__ = ["SMALLEST_BANDWIDTH", "ShapedLaw", "SphericalLaw", "slices"]

# Neighbor distances below this fraction of their median are raised to it: no zero variance.
SMALLEST_BANDWIDTH = 1e-6
# Rows for which a matrix of differences to neighbors is formed at once.
ROWS_AT_ONCE = 8192


class SphericalLaw(Derived, StartingLaw):
    """Spheres of variances (n,) around the points of a cloud."""

    def __init__(self, cloud: PointCloud, variances):
        self.cloud = cloud
        self.variances = variances

    @property
    def covariances(self):
        """Variances v_k, (n,)."""
        return self.variances

    def sample(self, generator, n):
        """Draw n points: positions (n, r) and the component that each came from, (n,)."""
        k = self.cloud.draw(generator, n)
        x = generator.standard_normal((n, self.cloud.dim))
        if np.all(self.variances == self.variances[0]):
            x *= np.sqrt(self.variances[0])
        else:
            x *= np.sqrt(self.variances)[k, None]
        x += self.cloud.points[k]
        return x, k

    def log_density(self, x):
        """Log p_t0 at x (n, r), shape (n,)."""
        return mixture.log_density(self._mixture, x)

    @derived
    def _mixture(self):
        log_det = self.cloud.dim * np.log(2 * np.pi * self.variances)
        coefficient = np.log(self.cloud.weights) - log_det / 2
        return mixture.tile(self.cloud.points, coefficient, 1 / (2 * self.variances))


class ShapedLaw(Derived, StartingLaw):
    """Ellipsoids around the points of a cloud.

    Parameters
    ----------
    cloud : PointCloud
    variances : array of shape (n,)
        Positive: v_k.
    indices : integer array of shape (n, m)
        Neighbors that shape the noise of each point.
    amplitude : array of shape (n,)
        G_k is so many times the differences to them.
    """

    def __init__(self, cloud: PointCloud, variances, indices, amplitude):
        self.cloud = cloud
        self.variances = variances
        self._indices = indices
        self._amplitude = amplitude

    def _factors(self, k):
        """G_k (len(k), m, r) for component indices k."""
        differences = self.cloud.points[self._indices[k]] - self.cloud.points[k, None]
        return self._amplitude[k, None, None] * differences

    @property
    def covariances(self):
        """S_k, (n, r, r), formed on access."""
        G = self._factors(np.arange(len(self.cloud)))
        return self.variances[:, None, None] * np.eye(self.cloud.dim) + G.transpose(0, 2, 1) @ G

    def sample(self, generator, n):
        """Draw n points: positions (n, r) and the component that each came from, (n,)."""
        x, k = SphericalLaw(self.cloud, self.variances).sample(generator, n)
        for rows in slices(n, ROWS_AT_ONCE):
            G = self._factors(k[rows])
            x[rows] += np.einsum("nm,nmr->nr", generator.standard_normal(G.shape[:2]), G)
        return x, k

    def log_density(self, x):
        """Log p_t0 at x (n, r), shape (n,)."""
        return mixture.log_density(self._mixture, x)

    @derived
    def _mixture(self):
        points, alpha = self.cloud.points, self.variances
        n, r = points.shape
        q = min(self._indices.shape[1], r)
        factors, stretch = np.empty((n, q, r)), np.empty((n, q))
        for rows in slices(n, ROWS_AT_ONCE):
            _, s, axes = np.linalg.svd(self._factors(np.arange(n)[rows]), full_matrices=False)
            a = alpha[rows, None]
            factors[rows] = (s / np.sqrt(2 * a * (a + s**2)))[..., None] * axes
            stretch[rows] = s**2
        log_det = r * np.log(2 * np.pi * alpha) + np.log1p(stretch / alpha[:, None]).sum(axis=1)
        least = 1 / (2 * (alpha + stretch.max(axis=1)))
        coefficient = np.log(self.cloud.weights) - log_det / 2
        return mixture.tile(points, coefficient, 1 / (2 * alpha), factors, least)


def slices(n, size):
    """Consecutive slices of ``size`` rows."""
    return [slice(start, start + size) for start in range(0, n, size)]
