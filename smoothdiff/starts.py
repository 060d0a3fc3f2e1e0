"""Starting laws: what the denoising begins from, one Gaussian at each training point.

    p_t0 = sum_k w_k N(y_k, S_k)

"isotropic"   S_k = t0 I, the noised empirical law of the papers.
"adaptive"    S_k = t0 (r_k / median r)^2 I, with r_k the distance to the m-th nearest point
              (Breiman, Meisel and Purcell 1977).
"local-pca"   S_k = (t0 / spacing^2) ((1 - e_k) C_k + e_k tr(C_k) / r I), with C_k the second
              moment of the differences to the m nearest points and e_k its oracle-approximating
              shrinkage (Chen et al. 2010): noise along the local tangents (manifold Parzen
              windows, Vincent and Bengio 2003).
"""

from functools import cached_property

import numpy as np

from . import mixture
from .cloud import PointCloud

__all__ = ["STARTS", "StartingLaw"]

STARTS = ("isotropic", "adaptive", "local-pca")
# Neighbor distances below this fraction of their median are raised to it: no zero variance.
SMALLEST_BANDWIDTH = 1e-6
# Random numbers drawn at once where a row needs one for each neighbor.
ROWS_PER_DRAW = 65536


class StartingLaw:
    """A mixture of one Gaussian at each point of a cloud.

    Parameters
    ----------
    cloud : PointCloud
    t0 : float
        Variance at which denoising starts.
    spacing : float
        Typical half-distance between neighbors ("Delta"); used by "local-pca".
    start : {"isotropic", "adaptive", "local-pca"}
    n_neighbors : int
        m, lowered to the number of other points where that is smaller.

    Notes
    -----
    S_k = variances_k I + G_k' G_k, where G_k (m, r) are scaled differences to the neighbors:
    no (n, r, r) array is formed.
    """

    def __init__(self, cloud: PointCloud, t0, spacing, start="isotropic", n_neighbors=10):
        self.cloud = cloud
        n, r = cloud.points.shape
        self._indices = np.empty((n, 0), dtype=np.intp)  # neighbors that shape the noise
        if start == "isotropic" or n == 1:
            self.variances = np.full(n, float(t0))
            return
        distances, indices = cloud.neighborhoods(n_neighbors)
        if start == "adaptive":
            bandwidth = distances[:, -1]
            median = np.median(bandwidth)
            ratio = bandwidth / median if median > 0 else np.ones(n)
            self.variances = t0 * np.maximum(ratio, SMALLEST_BANDWIDTH) ** 2
            return
        m = indices.shape[1]
        trace = (distances**2).sum(axis=1) / m
        trace = np.maximum(trace, SMALLEST_BANDWIDTH**2 * np.median(trace))
        shrinkage = np.empty(n)
        for rows in _slices(n, ROWS_PER_DRAW // 8):
            differences = cloud.points[indices[rows]] - cloud.points[rows, None]
            gram = differences @ differences.transpose(0, 2, 1) / m
            shrinkage[rows] = _oas_shrinkage((gram**2).sum(axis=(1, 2)), trace[rows], m, r)
        scale = t0 / spacing**2
        self._indices = indices
        self._amplitude = np.sqrt(scale * (1 - shrinkage) / m)
        self.variances = scale * shrinkage * trace / r

    @property
    def is_spherical(self):
        """Whether every S_k is a multiple of the identity."""
        return self._indices.shape[1] == 0

    def _factors(self, k):
        """G_k (len(k), m, r) for component indices k."""
        differences = self.cloud.points[self._indices[k]] - self.cloud.points[k, None]
        return self._amplitude[k, None, None] * differences

    @property
    def covariances(self):
        """S_k: variances (n,) if spherical, otherwise matrices (n, r, r), formed on access."""
        if self.is_spherical:
            return self.variances
        G = self._factors(np.arange(len(self.cloud)))
        return self.variances[:, None, None] * np.eye(self.cloud.dim) + G.transpose(0, 2, 1) @ G

    def sample(self, generator, n):
        """Draw n points: positions (n, r) and the component that each came from, (n,)."""
        k = self.cloud.draw(generator, n)
        x = generator.standard_normal((n, self.cloud.dim))
        if np.all(self.variances == self.variances[0]):
            x *= np.sqrt(self.variances[0])
        else:
            x *= np.sqrt(self.variances)[k, None]
        x += self.cloud.points[k]
        if not self.is_spherical:
            for rows in _slices(n, ROWS_PER_DRAW // 8):
                G = self._factors(k[rows])
                x[rows] += np.einsum("nm,nmr->nr", generator.standard_normal(G.shape[:2]), G)
        return x, k

    @cached_property
    def _mixture(self):
        points, log_weights = self.cloud.points, np.log(self.cloud.weights)
        n, r = points.shape
        alpha = self.variances
        log_det = r * np.log(2 * np.pi * alpha)
        if self.is_spherical:
            return mixture.tile(points, log_weights - log_det / 2, 1 / (2 * alpha))
        q = min(self._indices.shape[1], r)
        factors, stretch = np.empty((n, q, r)), np.empty((n, q))
        for rows in _slices(n, ROWS_PER_DRAW // 8):
            _, s, axes = np.linalg.svd(self._factors(np.arange(n)[rows]), full_matrices=False)
            a = alpha[rows, None]
            factors[rows] = (s / np.sqrt(2 * a * (a + s**2)))[..., None] * axes
            stretch[rows] = s**2
        log_det += np.log1p(stretch / alpha[:, None]).sum(axis=1)
        least = 1 / (2 * (alpha + stretch.max(axis=1)))
        return mixture.tile(points, log_weights - log_det / 2, 1 / (2 * alpha), factors, least)

    def log_density(self, x):
        """Log p_t0 at x (n, r), shape (n,)."""
        return mixture.log_density(self._mixture, x)


def _oas_shrinkage(trace_of_square, trace, m, r):
    """Oracle-approximating shrinkage of second moments of m vectors (Chen et al. 2010, eq. 23)."""
    numerator = (1 - 2 / r) * trace_of_square + trace**2
    denominator = (m + 1 - 2 / r) * (trace_of_square - trace**2 / r)
    with np.errstate(divide="ignore", invalid="ignore"):
        shrinkage = numerator / denominator
    return np.where(denominator > 1e-12 * trace**2, np.clip(shrinkage, 0.0, 1.0), 1.0)


def _slices(n, size):
    return (slice(start, min(start + size, n)) for start in range(0, n, size))
