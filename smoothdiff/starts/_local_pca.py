"""Noise along the local tangents: S_k = (t0 / spacing^2) ((1 - e_k) C_k + e_k tr(C_k) / r I).

C_k is the second moment of the differences of point k to its m nearest others (manifold Parzen
windows, Vincent and Bengio 2003) and e_k its oracle-approximating shrinkage (Chen et al. 2010).
"""

import numpy as np

from ..cloud import PointCloud
from ._gaussians import ROWS_AT_ONCE, SMALLEST_BANDWIDTH, ShapedLaw, slices

__all__ = ["LocalPCA"]


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
    """

    def __init__(self, cloud: PointCloud, t0, spacing, n_neighbors=10):
        n, r = cloud.points.shape
        if n == 1:
            super().__init__(
                cloud, np.full(1, float(t0)), np.zeros((1, 1), dtype=np.intp), np.zeros(1)
            )
            return
        distances, indices = cloud.neighborhoods(n_neighbors)
        m = indices.shape[1]
        trace = (distances**2).sum(axis=1) / m
        trace = np.maximum(trace, SMALLEST_BANDWIDTH**2 * np.median(trace))
        shrinkage = np.empty(n)
        for rows in slices(n, ROWS_AT_ONCE):
            differences = cloud.points[indices[rows]] - cloud.points[rows, None]
            gram = differences @ differences.transpose(0, 2, 1) / m
            shrinkage[rows] = _oas_shrinkage((gram**2).sum(axis=(1, 2)), trace[rows], m, r)
        scale = t0 / spacing**2
        amplitude = np.sqrt(scale * (1 - shrinkage) / m)
        super().__init__(cloud, scale * shrinkage * trace / r, indices, amplitude)


def _oas_shrinkage(trace_of_square, trace, m, r):
    """Oracle-approximating shrinkage of second moments of m vectors (Chen et al. 2010, eq. 23)."""
    numerator = (1 - 2 / r) * trace_of_square + trace**2
    denominator = (m + 1 - 2 / r) * (trace_of_square - trace**2 / r)
    with np.errstate(divide="ignore", invalid="ignore"):
        shrinkage = numerator / denominator
    return np.where(denominator > 1e-12 * trace**2, np.clip(shrinkage, 0.0, 1.0), 1.0)
