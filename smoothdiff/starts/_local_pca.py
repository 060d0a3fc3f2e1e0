"""Noise along the local tangents: S_k = (t0 / spacing^2) ((1 - e_k) C_k + e_k tr(C_k) / r I).

C_k is the second moment of the differences of point k to its m nearest others (manifold Parzen
windows, Vincent and Bengio 2003) and e_k its oracle-approximating shrinkage (Chen et al. 2010).
"""

import numpy as np

from .._compute import slices
from ..cloud import PointCloud
from ._gaussians import ROWS_AT_ONCE, ShapedLaw, floored

__all__ = ["LocalPCA", "oas_shrinkage"]


class LocalPCA(ShapedLaw):
    """Ellipsoids shaped by the nearest points.

    Parameters
    ----------
    cloud : PointCloud
    t0 : float
        Variance at which denoising starts.
    spacing : float
        Typical half-distance between neighbors ("Delta").
    n_neighbors : int
        m, lowered to the number of other points where that is smaller.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.cloud import PointCloud
    >>> from smoothdiff.starts import LocalPCA
    >>> cloud = PointCloud.of(np.random.default_rng(0).normal(size=(50, 2)))
    >>> law = LocalPCA(cloud, t0=0.1, spacing=0.2, n_neighbors=10)
    >>> x, near = law.sample(np.random.default_rng(1), 4)
    >>> x.shape, law.covariances.shape
    ((4, 2), (50, 2, 2))
    """

    def __init__(self, cloud: PointCloud, t0, spacing, n_neighbors=10):
        n, r = cloud.points.shape
        if n == 1:
            variance = np.full(1, float(t0))
            super().__init__(cloud, variance, np.zeros((1, 1), np.intp), np.zeros((1, 1)))
            return
        distances, indices, share = cloud.neighborhoods_by_weight(n_neighbors)
        m = min(n_neighbors, n - 1)
        trace = floored((share * distances**2).sum(axis=1), cloud.rounding)
        shrinkage = np.empty(n)
        for rows in slices(n, ROWS_AT_ONCE):
            differences = cloud.at(indices[rows]) - cloud.at(rows)[:, None]
            differences *= np.sqrt(share[rows])[..., None]
            gram = differences @ differences.transpose(0, 2, 1) / trace[rows, None, None]
            shrinkage[rows] = oas_shrinkage((gram**2).sum(axis=(1, 2)), m, r)
        scale = t0 / spacing**2
        amplitude = np.sqrt(scale * (1 - shrinkage)[:, None] * share)
        super().__init__(cloud, scale * shrinkage * trace / r, indices, amplitude)


def oas_shrinkage(trace_of_square, m, r):
    """Oracle-approximating shrinkage of second moments of m vectors (Chen et al. 2010, eq. 23).

    The moments have trace 1, so that no unit of length is raised to its fourth power.
    """
    numerator = (1 - 2 / r) * trace_of_square + 1
    denominator = (m + 1 - 2 / r) * (trace_of_square - 1 / r)
    with np.errstate(divide="ignore", invalid="ignore"):
        shrinkage = numerator / denominator
    return np.where(denominator > 1e-12, np.clip(shrinkage, 0.0, 1.0), 1.0)
