"""Sample-point adaptive kernels: S_k = t0 (r_k / median r)^2 I.

r_k is the distance of point k to its m-th nearest other point (Breiman, Meisel and Purcell 1977).
"""

import numpy as np

from ..cloud import PointCloud
from ._gaussians import SMALLEST_BANDWIDTH, SphericalLaw

__all__ = ["Adaptive"]


class Adaptive(SphericalLaw):
    """Spheres as wide as the points around them are apart.

    Parameters
    ----------
    cloud : PointCloud
    t0 : float
        Variance at which denoising starts, that of the median point.
    spacing : ignored
    n_neighbors : int
        m, lowered to the number of other points where that is smaller.
    """

    def __init__(self, cloud: PointCloud, t0, spacing=None, n_neighbors=10):
        ratio = np.ones(len(cloud))
        if len(cloud) > 1:
            bandwidth = cloud.neighborhoods(n_neighbors)[0][:, -1]
            median = np.median(bandwidth)
            if median > 0:
                ratio = np.maximum(bandwidth / median, SMALLEST_BANDWIDTH)
        super().__init__(cloud, t0 * ratio**2)
