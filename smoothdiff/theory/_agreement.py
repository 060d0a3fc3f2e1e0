"""How alike two scores are, row by row.

r^2 = 1 - |f - g|^2 / |g|^2,     cos = f.g / (|f| |g|)
"""

from typing import NamedTuple

import numpy as np

from .. import _checks as checks
from ..cloud import PointCloud
from ._given import as_generator, field_at
from ._places import Places, draws, rows_of

__all__ = ["Agreement", "agreement"]


class Agreement(NamedTuple):
    """Means and medians over rows of how alike two scores f and g are.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.theory import agreement
    >>> f = np.ones((5, 2))
    >>> round(agreement(f, f, np.zeros((5, 2)), 0.1).cosine, 6)
    1.0
    """

    r2: float
    """Mean of 1 - |f - g|^2 / |g|^2."""
    median_r2: float
    correlation2: float
    """Mean of the squared correlation of the denoisers' coordinates; NaN in 1 or 2 dimensions."""
    median_correlation2: float
    cosine: float
    """Mean of f.g / (|f| |g|)."""
    median_cosine: float
    mse: float
    """Mean of |f - g|^2 / d."""
    weighted_mse: float
    """Mean of t |f - g|^2, as in the losses and residuals of this module."""

    def __str__(self):
        table = [("r^2", *self[:2]), ("correlation^2", *self[2:4]), ("cosine", *self[4:6])]
        lines = [f"{'':<15}{'mean':>8}{'median':>8}"]
        lines += [f"{name:<15}{mean:>8.4f}{median:>8.4f}" for name, mean, median in table]
        return "\n".join([*lines, f"mse {self.mse:.3g}, t |f - g|^2 {self.weighted_mse:.3g}"])


def agreement(field, other, points_or_x, t, *, n_samples=2000, random_state=0) -> Agreement:
    """How alike a score f, of a network for example, and another one g are.

    Parameters
    ----------
    field, other : callable, Score, or array of shape (n, d)
        f(x, t) and g(x, t), or their values at the given x.
    points_or_x : PointCloud, or array of shape (n, d) or (n,)
        Positions x; or a cloud, of which n_samples noised points are drawn for each t.
    t : float or array
        Variances: of each row of x, (n,), or levels for a cloud.
    n_samples : int
    random_state : int or Generator

    Returns
    -------
    Agreement

    Raises
    ------
    ValueError
        If shapes do not fit, or an argument is not finite or not positive.

    Notes
    -----
    Two numbers are called r^2, and both are here. ``r2`` counts errors of size as well as of
    direction, can be negative, and does not depend on the axes: 0 is as good as no score at all.
    It is that of the score, whose zero means something; of the denoiser x + t s it would depend on
    the origin. ``correlation2`` is the square of Pearson's correlation between the d coordinates of
    the two denoisers' outputs, row by row, which is how works on images correlate pixels. It does
    depend on the axes, is high where x itself is most of what the denoisers return, as at small t,
    and is 1 for any two rows of two coordinates. Rows in which one of two vectors is 0 are 0 in
    ``cosine``; rows with g = 0 have an r^2 of 1 where f = 0 too, else -inf.

    Examples
    --------
    >>> from smoothdiff.cloud import as_cloud
    >>> from smoothdiff.scores import EmpiricalScore
    >>> from smoothdiff.theory import agreement
    >>> score, cloud = EmpiricalScore([-1.0, 1.0]), as_cloud([-1.0, 1.0])
    >>> round(agreement(lambda x, t: score(x, t) / 2, score, cloud, 0.1, n_samples=100).r2, 6)
    0.75
    """
    generator = as_generator(random_state)
    checks.count(n_samples, "n_samples", least=2)
    if isinstance(points_or_x, PointCloud):
        levels = np.atleast_1d(checks.positive(t, "t", None)).ravel()
        x = np.concatenate([draws(points_or_x, s, int(n_samples), generator) for s in levels])
        places = Places(x, np.repeat(levels, n_samples), np.ones(len(x)))
    else:
        places = rows_of(points_or_x, t)
    x, t, _ = places
    f, g = field_at(field, x, t, "field"), field_at(other, x, t, "other")
    square = ((f - g) ** 2).sum(axis=1)
    size = (g**2).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        r2 = np.where((size == 0) & (square == 0), 1.0, 1 - square / size)
    cosine = _cosine(f, g)
    correlation2 = np.full(len(x), np.nan)
    if x.shape[1] > 2:
        of_f, of_g = (x + t[:, None] * score for score in (f, g))
        correlation2 = _cosine(*(d - d.mean(axis=1, keepdims=True) for d in (of_f, of_g))) ** 2
    numbers = [of(v) for v in (r2, correlation2, cosine) for of in (np.mean, np.median)]
    numbers += [square.mean() / x.shape[1], (t * square).mean()]
    return Agreement._make(map(float, numbers))


def _cosine(f, g):
    """Of rows, (n,); 0 where one of the two is 0."""
    lengths = np.linalg.norm(f, axis=1) * np.linalg.norm(g, axis=1)
    return (f * g).sum(axis=1) / np.where(lengths > 0, lengths, 1.0)
