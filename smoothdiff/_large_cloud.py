"""A point cloud of very many points: in float32, in the order in which they are searched.

What is stored is that array, which the search shares, and a few numbers a point. Neighborhoods are
looked up when they are asked for. The coordinates are rounded to float32, as the data were; from
there on they are exact points, and all else is as for other clouds.
"""

import numpy as np

from ._derived import derived
from .cloud import PointCloud, distinct_rows, inverse, of_sum_one, others, regrouped
from .neighbors import Neighbors, spatial_order
from .neighbors._leaves import Leaves, leaf_size, padded_rows

__all__ = ["LargeCloud", "is_large"]

# Values from which data in float32 are kept in it (128 MB), if rows are so many times the columns.
LARGE, ROWS_PER_COLUMN = 1 << 25, 8
# Points whose nearest others tell the spacing.
SPACING_POINTS = 1 << 14
# Bytes to which JAX wants an array aligned that it takes without a copy.
ALIGNED = 64


def is_large(X):
    """Whether data X (n, d) are kept in float32."""
    return X.dtype == np.float32 and X.size >= LARGE and len(X) >= ROWS_PER_COLUMN * X.shape[1]


class LargeCloud(PointCloud):
    """Points (n, r) in float32, in spatial order, of weights (n,).

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff._large_cloud import LargeCloud
    >>> X = np.random.default_rng(0).normal(size=(1000, 2)).astype(np.float32)
    >>> cloud, rows, _ = LargeCloud.arranged(lambda out: np.copyto(out, X), X.shape, np.ones(1000))
    >>> bool((cloud.points == X[rows]).all())
    True
    """

    @classmethod
    def arranged(cls, fill, shape, weights, n_neighbors=1):
        """A cloud of the points that ``fill(out)`` writes, in an array of the shape.

        Returns
        -------
        cloud : LargeCloud
        rows : integer array (m,)
            The first of the points written that each of its points is.
        group : integer array (n,)
            The point of it that each of those is: what float32 does not tell apart is one.
        """
        padded = _aligned((padded_rows(shape[0]), shape[1]))
        points = padded[: shape[0]]
        fill(points)
        rows, weights, group = distinct_rows(points, weights, by_value=False)
        n, merged = len(rows), len(rows) < len(points)
        if merged:
            for column in points.T:
                column[:n], column[n:] = column[rows], 0.0
            padded, points = padded[: padded_rows(n)], padded[:n]
        order = spatial_order(points, leaf_size(n))
        for column in points.T:
            column[:] = column[order]
        equal = weights.strides == (0,)
        weights = of_sum_one(weights if equal else weights[order])
        cloud = cls(points, weights, n_neighbors)
        cloud.__dict__["_padded"] = padded
        if not merged:
            return cloud, order, inverse(order)
        return cloud, rows[order], regrouped(group, inverse(order))

    @staticmethod
    def _kept(points):
        return np.asarray(points, dtype=np.float32)

    @derived
    def _padded(self):
        padded = _aligned((padded_rows(len(self)), self.dim))
        padded[: len(self)] = self.points
        return padded

    @derived
    def neighbors(self):
        """Look-up of the points nearest to any position."""
        return Neighbors(self.points, Leaves.in_order(self._padded, len(self)))

    def coordinates(self, index):
        """The coordinates (r, m, s) of points of the numbers (m, s), in float64."""
        rows = self.at(index.ravel())
        return np.ascontiguousarray(rows.T).reshape(self.dim, *index.shape)

    def neighborhoods(self, k, of=None):
        """As of any cloud, but those of a part of the points are looked up each time."""
        if of is None:
            return super().neighborhoods(k)
        return others(self.neighbors, self.at(of), of, min(k, len(self) - 1))

    def spacing(self, resolution=0.0, of=None):
        """Half the median distance to the nearest other point, of 16384 points all over space.

        Of all points 1.2 percent, or fewer, have a distance between that median and that of all
        points (three standard errors of a random choice; one that is spread out has less).
        """
        some = np.arange(0, len(self), -(-len(self) // SPACING_POINTS)) if of is None else of
        return super().spacing(resolution, some)


def _aligned(shape):
    """Zeros in float32 at an address that JAX takes as it is."""
    size = 4 * int(np.prod(shape))
    buffer = np.zeros(size + ALIGNED, dtype=np.uint8)
    start = -buffer.ctypes.data % ALIGNED
    return buffer[start : start + size].view(np.float32).reshape(shape)
