"""How new samples relate to the training set: arrays in, numbers out."""

import numpy as np

from .cloud import PointCloud

__all__ = ["memorized_fraction"]


def memorized_fraction(samples, points, ratio=1 / 3):
    """Fraction of samples much closer to one training point than to any other.

    A sample counts as memorized when its distance to the nearest training point is less than
    ``ratio`` times its distance to the second nearest, of the distinct training points.

    Parameters
    ----------
    samples : array of shape (m, d)
    points : array of shape (n, d)
        At least two distinct rows.
    ratio : float, default=1/3

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If there are fewer than two distinct training points, or no sample.

    References
    ----------
    Gu et al., On Memorization in Diffusion Models, 2023.
    """
    samples = np.asarray(samples, dtype=np.float64)
    cloud = PointCloud.of(points)
    if len(cloud) < 2 or len(samples) == 0:
        raise ValueError("memorized_fraction needs a sample and two distinct training points.")
    distances, _ = cloud.neighbors.query(samples, 2)
    return float(np.mean(distances[:, 0] < ratio * distances[:, 1]))
