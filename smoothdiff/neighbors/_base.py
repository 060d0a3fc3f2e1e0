"""What a way to find nearest points answers.

query(x, k)                  the k points nearest to each row of x
query_within(x, k, radius)   the same, as far as a radius, and how far no point is missing

A backend knows of one way. Exact means that the distances are those of float64 differences and
that no nearer point is left out.
"""

from abc import ABC, abstractmethod

import numpy as np

from .._derived import Derived

__all__ = ["Backend", "square", "squared_distances"]

# Coordinates of differences formed at once (8 MB).
DIFFERENCES_AT_ONCE = 1 << 20


class Backend(Derived, ABC):
    """Nearest neighbors among ``points``, an array of shape (n, r); float32 remains float32."""

    def __init__(self, points):
        kept = points.dtype == np.float32
        self.points = np.ascontiguousarray(points, dtype=None if kept else np.float64)

    @abstractmethod
    def query(self, x, k):
        """Distances and indices, each (m, k), of the k points nearest to each row of x.

        Rows are sorted by distance; ``k`` is at most the number of points.
        """

    def query_within(self, x, k, radius):
        """The points nearest to each row of x, as far as ``radius`` (m,) and up to k of them.

        Returns distances and indices as `query`, with (inf, 0) where there are fewer, and for
        each row the distance up to which no point is missing, (m,). It is at least ``radius``,
        unless more points than k lie within that. Infinite radii give the k nearest. A backend to
        which a radius is no help returns the k nearest as well.
        """
        distances, indices = self.query(x, k)
        return distances, indices, self._covered(distances)

    def _covered(self, distances):
        """Distance up to which the k nearest are all points."""
        everything = distances.shape[1] == len(self.points)
        return np.full(len(distances), np.inf) if everything else distances[:, -1]


def square(x):
    """|x|^2 of each row."""
    return np.einsum("nd,nd->n", x, x, dtype=np.float64)


def squared_distances(x, points, indices, rows=None):
    """|x - points[indices]|^2 from differences; x is (m, r), indices (m,) or (m, k).

    With ``rows`` (m,), x has any number of rows, and those are the ones that are meant.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.neighbors import squared_distances
    >>> squared_distances(np.array([[3.0, 4.0]]), np.zeros((1, 2)), np.array([[0]]))
    array([[25.]])
    """
    m, squared = len(indices), np.empty(indices.shape)
    step = max(DIFFERENCES_AT_ONCE * m // max(indices.size * x.shape[1], 1), 1)
    for start in range(0, m, step):
        part = slice(start, start + step)
        # Whole points are gathered: one place in memory each, rather than one a coordinate.
        difference = points[indices[part]].astype(np.float64, copy=False)
        own = x[part if rows is None else rows[part]]
        difference -= own if indices.ndim == 1 else own[:, None]
        squared[part] = np.einsum("...d,...d->...", difference, difference)
    return squared
