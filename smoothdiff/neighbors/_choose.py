"""Which way to find neighbors: by the number of points and of dimensions.

A k-d tree wins in few dimensions. Beyond that it degenerates, and a scan of all points is faster:
our own in float32 where there are many points, scikit-learn's where there are few.
"""

import numpy as np

from ._base import Backend
from ._pairwise import PairwiseNeighbors
from ._scan import ScanNeighbors
from ._tree import TreeNeighbors

__all__ = ["Neighbors"]

# Measured on two cores: with 1e5 points the tree is ahead up to 5 dimensions, with few up to 8.
TREE_MAX_DIM, TREE_MAX_DIM_OF_FEW = 5, 8
# Points from which the float32 scan pays for its compilation.
SCAN_MIN_POINTS = 16384


class Neighbors(Backend):
    """Nearest neighbors among ``points``, an array of shape (n, r), by the fastest way.

    Points that are arranged in `Leaves` already may come with them.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.neighbors import Neighbors
    >>> distances, indices = Neighbors(np.array([[0.0], [1.0], [5.0]])).query(np.array([[0.8]]), 2)
    >>> distances.round(3), indices
    (array([[0.2, 0.8]]), array([[1, 0]]))
    """

    def __init__(self, points, leaves=None):
        super().__init__(points)
        n, r = self.points.shape
        self._backend: Backend
        few = n < SCAN_MIN_POINTS
        if r <= (TREE_MAX_DIM_OF_FEW if few else TREE_MAX_DIM):
            self._backend = TreeNeighbors(self.points)
        elif few:
            self._backend = PairwiseNeighbors(self.points)
        else:
            self._backend = ScanNeighbors(self.points, leaves)

    def query(self, x, k):
        """See `Backend.query`."""
        return self._backend.query(np.ascontiguousarray(x, dtype=np.float64), k)

    def query_within(self, x, k, radius):
        """See `Backend.query_within`."""
        return self._backend.query_within(np.ascontiguousarray(x, dtype=np.float64), k, radius)
