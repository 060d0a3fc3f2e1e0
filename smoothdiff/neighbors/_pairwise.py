"""Nearest points by scikit-learn's pairwise reduction: a scan in float64.

It expands ``|x - y|^2 = |x|^2 + |y|^2 - 2 x.y``, which cancels where points are much closer
together than the data are wide. Distances are therefore recomputed from differences, and rows that
rounding could have misled are asked again, from the tree.
"""

import numpy as np

from .._compute import openmp_threads
from .._derived import derived
from ._base import Backend, square, squared_distances
from ._tree import TreeNeighbors

__all__ = ["PairwiseNeighbors"]

# Relative error of a squared distance at which a row is asked again.
SCAN_TOLERANCE = 1e-9


class PairwiseNeighbors(Backend):
    """Neighbors by a scan of all points."""

    @derived
    def _search(self):
        from sklearn.neighbors import NearestNeighbors

        return NearestNeighbors(algorithm="brute").fit(self.points)

    @derived
    def _tree(self):
        return TreeNeighbors(self.points)

    @derived
    def _largest_square(self):
        return square(self.points).max()

    def query(self, x, k):
        """See `Backend.query`."""
        if len(x) == 0:
            return np.empty((0, k)), np.empty((0, k), dtype=np.intp)
        search = self._search
        with openmp_threads(len(x) * self.points.size):
            indices = search.kneighbors(x, n_neighbors=k, return_distance=False)
        squared = squared_distances(x, self.points, indices)
        order = np.argsort(squared, axis=1, kind="stable")
        indices = np.take_along_axis(indices, order, axis=1)
        squared = np.take_along_axis(squared, order, axis=1)
        # The second distance: the first is zero where x is itself a training point.
        rounding = 8 * np.finfo(float).eps * (square(x) + self._largest_square)
        misled = np.flatnonzero(rounding > SCAN_TOLERANCE * squared[:, min(1, k - 1)])
        distances = np.sqrt(squared)
        if len(misled):
            distances[misled], indices[misled] = self._tree.query(x[misled], k)
        return distances, indices
