"""Nearest points by scikit-learn's pairwise reduction: a scan in float64.

It expands ``|x - y|^2 = |x|^2 + |y|^2 - 2 x.y``, which cancels where points are much closer
together than the data are wide. Distances are therefore recomputed from differences, and rows that
rounding could have misled are asked again, from the tree.
"""

import numpy as np

from .._compute import openmp_threads, slices
from .._derived import derived
from ._base import Backend, square, squared_distances
from ._tree import TreeNeighbors

__all__ = ["PairwiseNeighbors"]

# Relative error of a squared distance at which a row is asked again.
SCAN_TOLERANCE = 1e-9
# Values of points in float32 that are made float64 together.
PART = 1 << 22


class PairwiseNeighbors(Backend):
    """Neighbors by a scan of all points."""

    @derived
    def _search(self):
        return _brute(self.points)

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
        with openmp_threads(len(x) * self.points.size):
            if self.points.dtype == np.float64:
                indices = self._search.kneighbors(x, n_neighbors=k, return_distance=False)
            else:
                indices = self._by_parts(x, k)
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

    def _by_parts(self, x, k):
        """The same of points in float32, of which a part at a time is made float64."""
        distances, indices = np.empty((len(x), 0)), np.empty((len(x), 0), dtype=np.intp)
        for part in slices(len(self.points), max(PART // self.points.shape[1], k)):
            points = self.points[part].astype(np.float64)
            near, which = _brute(points).kneighbors(x, n_neighbors=min(k, len(points)))
            distances = np.concatenate([distances, near], axis=1)
            indices = np.concatenate([indices, which + part.start], axis=1)
            first = np.argsort(distances, axis=1, kind="stable")[:, :k]
            distances = np.take_along_axis(distances, first, axis=1)
            indices = np.take_along_axis(indices, first, axis=1)
        return indices


def _brute(points):
    from sklearn.neighbors import NearestNeighbors

    return NearestNeighbors(algorithm="brute").fit(points)
