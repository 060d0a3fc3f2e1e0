"""What a solve says of each row."""

from typing import NamedTuple

import numpy as np

__all__ = ["MixedCell", "heavy"]

# Weight, relative to the largest of its row, up to which it is rounding.
LEAST_WEIGHT = 1e-14


class MixedCell(NamedTuple):
    """Where a point lies in the mixed complex (arrays over n rows, r tangent dimensions).

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.cloud import as_cloud
    >>> from smoothdiff.mixed_cell import solve
    >>> solve(np.array([[0.2]]), as_cloud([-1.0, 1.0]), 0.5, faces=True).face_dim
    array([1])
    """

    a: np.ndarray
    """Smoothed denoiser, a point of a Delaunay face, (n, r)."""
    v: np.ndarray
    """Point of the dual Voronoi face, (n, r); ``x = (1 - rho) a + rho v``."""
    parents: np.ndarray
    """Cloud indices of the points with positive weight, (n, r + 1); -1 is padding."""
    weights: np.ndarray
    """Their weights theta, (n, r + 1), rows of sum 1, by decreasing weight; 0 is padding."""
    face_dim: np.ndarray
    """Dimension of the affine hull of the training points nearest to v, (n,)."""

    @classmethod
    def empty(cls, n, dim):
        """Room for n rows."""
        integers = np.full((n, dim + 1), -1, dtype=np.intp), np.zeros(n, dtype=np.intp)
        a, v, weights = np.empty((n, dim)), np.empty((n, dim)), np.zeros((n, dim + 1))
        return cls(a, v, integers[0], weights, integers[1])

    def tidy(self, cloud):
        """Sort the parents by weight, in place, and drop those whose weight is rounding.

        A weight of at most 1e-14 of the largest moves ``a`` by less than that part of the distance
        between the parents, which is rounding of ``a``: the others are still nearest to ``v``, and
        ``a`` and ``v`` make up x as before. A row of one parent is that point, to the last digit.
        """
        weights, parents = self.weights, self.parents
        rows = _rows_of(weights[:, 1:] > weights[:, :-1])
        by_weight = np.argsort(-weights[rows], axis=1, kind="stable")
        parents[rows] = np.take_along_axis(parents[rows], by_weight, axis=1)
        weights[rows] = np.take_along_axis(weights[rows], by_weight, axis=1)
        dropped = ~heavy(weights, weights[:, :1])
        np.putmask(parents, dropped, -1)
        fewer = _rows_of(dropped & (weights > 0))
        if len(fewer):
            weights[dropped] = 0.0
            weights[fewer] /= weights[fewer].sum(axis=1, keepdims=True)
        alone = np.flatnonzero(weights[:, 0] == 1.0)
        self.a[alone] = cloud.at(parents[alone, 0])


def _rows_of(mask):
    """Rows in which a mask (n, k) is true somewhere, few as a rule: faster than ``any(axis=1)``."""
    return np.unique(np.flatnonzero(mask) // max(mask.shape[1], 1))


def heavy(weights, largest):
    """Which weights are more than rounding, (n, k), beside the largest of their row, (n, 1)."""
    return weights > LEAST_WEIGHT * largest
