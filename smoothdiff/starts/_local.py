"""Local second moments shrunk towards the shape of the cloud and towards the sphere.

    S_k = (t0 / spacing^2) [ (1 - w_g - w_s) C_k + (tr C_k / r) (w_g G + w_s I) ]
    G   = r Cov / tr(Cov)

C_k is the second moment of the differences of point k to its m nearest others and Cov the (OAS
shrunk) covariance of all points. With M = w_g G + w_s I the map M^(-1/2) turns every S_k into a
multiple of the identity and m outer products.
"""

import numpy as np

from ..cloud import PointCloud
from ._gaussians import ShapedLaw, floored
from ._local_pca import oas_shrinkage

__all__ = ["Local", "shape_of", "square_root"]


class Local(ShapedLaw):
    """Ellipsoids shaped by the nearest points and by the whole cloud.

    Parameters
    ----------
    cloud : PointCloud
    t0 : float
        Variance at which denoising starts.
    spacing : float
        Typical half-distance between neighbors ("Delta").
    n_neighbors : int
        m, counted by weight; lowered to the number of other points where that is smaller.
    shrinkage : (float, float)
        w_g and w_s: not negative, of a sum in (0, 1].

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.cloud import PointCloud
    >>> from smoothdiff.starts import Local
    >>> cloud = PointCloud.of(np.random.default_rng(0).normal(size=(50, 2)))
    >>> law = Local(cloud, t0=0.1, spacing=0.2, n_neighbors=10, shrinkage=(0.1, 0.1))
    >>> x, near = law.sample(np.random.default_rng(1), 4)
    >>> x.shape, law.covariances.shape
    ((4, 2), (50, 2, 2))
    """

    def __init__(self, cloud: PointCloud, t0, spacing, n_neighbors=10, shrinkage=(0.1, 0.1)):
        w_g, w_s = shrinkage
        n, r = cloud.points.shape
        frame = square_root(w_g * shape_of(cloud)[0] + w_s * np.eye(r))
        if n == 1:
            variance = np.full(1, t0 / (w_g + w_s))
            super().__init__(cloud, variance, np.zeros((1, 1), np.intp), np.zeros((1, 1)), frame)
            return
        distances, indices, count = cloud.neighborhoods_by_weight(n_neighbors)
        trace = floored((count * distances**2).sum(axis=1), cloud.rounding)
        scale = t0 / spacing**2
        amplitude = np.sqrt(scale * max(1 - w_g - w_s, 0.0) * count)
        super().__init__(cloud, scale * trace / r, indices, amplitude, frame)


def shape_of(cloud):
    """Covariance of the whole cloud, shrunk and scaled to trace r (G), and its mean variance."""
    points, weights, r = cloud.points, cloud.weights, cloud.dim
    centered = points - weights @ points
    covariance = (weights[:, None] * centered).T @ centered
    trace = np.trace(covariance)
    if not trace > 0:
        return np.eye(r), 0.0
    e = oas_shrinkage(((covariance / trace) ** 2).sum(), 1 / (weights**2).sum(), r)
    return (1 - e) * r * covariance / trace + e * np.eye(r), trace / r


def square_root(M):
    """Symmetric square root of a positive definite matrix, so that it turns with the axes."""
    values, vectors = np.linalg.eigh(M)
    return (vectors * np.sqrt(values)) @ vectors.T
