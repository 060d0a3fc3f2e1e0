"""Nearest training points, exactly: one interface, the backend chosen by size and dimension.

A k-d tree (scipy) wins in few dimensions, where it skips most of the points. Beyond that it
degenerates, and a blocked scan of all points (scikit-learn's pairwise reduction) is faster. The
scan expands ``|x - y|^2 = |x|^2 + |y|^2 - 2 x.y``, which cancels when points are much closer
than the data are wide: distances are therefore recomputed from differences, and rows that the
cancellation could have misled are asked again from the tree.
"""

from functools import cached_property

import numpy as np
from scipy.spatial import cKDTree

__all__ = ["Neighbors"]

# Measured on two cores with 1e5 points: the tree is ahead up to 6 dimensions.
TREE_MAX_DIM = 6
# Relative error of a squared distance at which a row of the scan is asked again.
SCAN_TOLERANCE = 1e-9


class Neighbors:
    """Nearest neighbors among ``points``, an array of shape (n, r)."""

    def __init__(self, points):
        self.points = np.ascontiguousarray(points, dtype=np.float64)

    @cached_property
    def _tree(self):
        return cKDTree(self.points)

    @cached_property
    def _scan(self):
        from sklearn.neighbors import NearestNeighbors

        return NearestNeighbors(algorithm="brute").fit(self.points)

    def query(self, x, k):
        """Return distances and indices, each (m, k), of the k points nearest to each row of x.

        Rows are sorted by distance; ``k`` is at most the number of points.
        """
        x = np.ascontiguousarray(x, dtype=np.float64)
        if x.shape[1] <= TREE_MAX_DIM or len(x) == 0:
            return self._query_tree(x, k)
        indices = self._scan.kneighbors(x, n_neighbors=k, return_distance=False)
        squared = np.zeros(indices.shape)
        for j in range(x.shape[1]):
            squared += (x[:, j, None] - self.points[indices, j]) ** 2
        order = np.argsort(squared, axis=1, kind="stable")
        indices = np.take_along_axis(indices, order, axis=1)
        squared = np.take_along_axis(squared, order, axis=1)
        # The second distance: the first is zero where x is itself a training point.
        rounding = 8 * np.finfo(float).eps * ((x**2).sum(axis=1) + self._largest_squared_norm)
        misled = np.flatnonzero(rounding > SCAN_TOLERANCE * squared[:, min(1, k - 1)])
        distances = np.sqrt(squared)
        if len(misled):
            distances[misled], indices[misled] = self._query_tree(x[misled], k)
        return distances, indices

    @cached_property
    def _largest_squared_norm(self):
        return (self.points**2).sum(axis=1).max()

    def _query_tree(self, x, k):
        distances, indices = self._tree.query(x, k)
        return distances.reshape(len(x), k), indices.reshape(len(x), k)
