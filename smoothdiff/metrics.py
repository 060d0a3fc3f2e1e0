"""How new samples relate to the training set: arrays in, numbers out."""

import numpy as np

from . import _checks as checks
from .cloud import PointCloud

__all__ = ["memorized_fraction"]


def memorized_fraction(samples, points, ratio=1 / 3):
    """Fraction of samples much closer to one training point than to any other.

    A sample counts as memorized when its distance to the nearest training point is less than
    ``ratio`` times its distance to the second nearest, of the distinct training points.

    Parameters
    ----------
    samples : array of shape (m, d)
        At least one row.
    points : array of shape (n, d)
        At least two distinct rows.
    ratio : float in (0, 1], default=1/3

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If there are fewer than two distinct training points, or no sample, if the shapes do not
        fit or an entry is not finite, or if ratio is outside (0, 1].
    TypeError
        If an argument is not of numbers.

    References
    ----------
    Gu et al., On Memorization in Diffusion Models, 2023.
    """
    checks.real(ratio, "ratio", "a float in (0, 1]", lambda r: 0 < r <= 1)
    samples = checks.array(samples, "samples", "finite", np.isfinite)
    points = checks.array(points, "points", "finite", np.isfinite)
    for name, rows in (("samples", samples), ("points", points)):
        if rows.ndim != 2 or rows.shape[1] == 0:
            raise ValueError(f"{name} must have shape (n, d). Got shape {rows.shape} instead.")
    if samples.shape[1] != points.shape[1]:
        raise ValueError(
            f"samples must have {points.shape[1]} columns, as points have. "
            f"Got {samples.shape[1]} instead."
        )
    cloud = PointCloud.of(points) if len(points) else points
    if len(cloud) < 2 or len(samples) == 0:
        raise ValueError("memorized_fraction needs a sample and two distinct training points.")
    distances, _ = cloud.neighbors.query(samples, 2)
    return float(np.mean(distances[:, 0] < ratio * distances[:, 1]))
