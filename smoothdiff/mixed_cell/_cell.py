"""What a solve says of each row."""

from typing import NamedTuple

import numpy as np

__all__ = ["MixedCell", "heavy"]

# Weight, relative to the largest of its row, up to which it is rounding.
LEAST_WEIGHT = 1e-14


class MixedCell(NamedTuple):
    """Where a point lies in the mixed complex (arrays over n rows, r tangent dimensions)."""

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

    def tidy(self, points):
        """Sort the parents by weight, in place, and drop those whose weight is rounding.

        A weight of at most 1e-14 of the largest moves ``a`` by less than that part of the distance
        between the parents, which is rounding of ``a``: the others are still nearest to ``v``, and
        ``a`` and ``v`` make up x as before. A row of one parent is that point, to the last digit.
        """
        by_weight = np.argsort(-self.weights, axis=1, kind="stable")
        self.parents[:] = np.take_along_axis(self.parents, by_weight, axis=1)
        self.weights[:] = np.take_along_axis(self.weights, by_weight, axis=1)
        dropped = ~heavy(self.weights, self.weights[:, :1])
        self.parents[dropped] = -1
        fewer = np.flatnonzero(dropped & (self.weights > 0)) // self.weights.shape[1]
        self.weights[dropped] = 0.0
        self.weights[fewer] /= self.weights[fewer].sum(axis=1, keepdims=True)
        alone = np.flatnonzero(self.weights[:, 0] == 1.0)
        self.a[alone] = points[self.parents[alone, 0]]


def heavy(weights, largest):
    """Which weights are more than rounding, (n, k), beside the largest of their row, (n, 1)."""
    return weights > LEAST_WEIGHT * largest
