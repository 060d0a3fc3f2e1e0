"""Sample-point adaptive kernels: S_k = t0 (r_k / median r)^2 I.

r_k is the distance of point k to its m-th nearest other point (Breiman, Meisel and Purcell 1977).
The median is that of distances which are more than rounding.
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

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.cloud import PointCloud
    >>> from smoothdiff.starts import Adaptive
    >>> cloud = PointCloud.of(np.random.default_rng(0).normal(size=(50, 2)))
    >>> law = Adaptive(cloud, t0=0.1, spacing=0.2, n_neighbors=10)
    >>> x, near = law.sample(np.random.default_rng(1), 4)
    >>> x.shape, law.covariances.shape
    ((4, 2), (50,))
    """

    def __init__(self, cloud: PointCloud, t0, spacing=None, n_neighbors=10):
        ratio = np.ones(len(cloud))
        if len(cloud) > 1:
            distances, _, shares = cloud.neighborhoods_by_weight(n_neighbors)
            bandwidth = np.where(shares > 0, distances, 0.0).max(axis=1)
            # Of points that only rounding keeps apart the distance is no measure of the others'.
            known = bandwidth[bandwidth > cloud.rounding]
            if len(known):
                ratio = np.maximum(bandwidth / np.median(known), SMALLEST_BANDWIDTH)
        super().__init__(cloud, t0 * ratio**2)
