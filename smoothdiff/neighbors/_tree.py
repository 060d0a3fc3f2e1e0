"""Nearest points by a k-d tree (scipy), which in few dimensions skips most of the points."""

from scipy.spatial import cKDTree

from .._compute import n_threads
from .._derived import derived
from ._base import Backend

__all__ = ["TreeNeighbors"]

# Queries from which threads pay.
THREADS_FROM = 1000


class TreeNeighbors(Backend):
    """Neighbors by a k-d tree."""

    @derived
    def _tree(self):
        return cKDTree(self.points)

    def query(self, x, k):
        """See `Backend.query`."""
        workers = n_threads() if len(x) > THREADS_FROM else 1
        distances, indices = self._tree.query(x, k, workers=workers)
        return distances.reshape(len(x), k), indices.reshape(len(x), k)
