"""Nearest training points, exactly: one interface, the backend chosen by size and dimension.

A k-d tree (scipy) wins in few dimensions, where it skips most of the points. Beyond that it
degenerates, and a scan of all points is faster: for the k nearest scikit-learn's pairwise
reduction, and for the points within a given distance, which is all that a certificate asks for,
a scan in float32 that only ever *excludes* points.

Both scans expand ``|x - y|^2 = |x|^2 + |y|^2 - 2 x.y``, which cancels where points are much
closer together than the data are wide. Distances are therefore recomputed from differences in
float64, the float32 scan keeps whatever its rounding leaves in doubt, and rows that rounding
could have misled are asked again: from the k-nearest scan, and in the end from the tree.
"""

from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from scipy.spatial import cKDTree

from ._compute import map_threads

__all__ = ["Neighbors"]

# Measured on two cores with 1e5 points: the tree is ahead up to 6 dimensions.
TREE_MAX_DIM = 6
# Relative error of a squared distance at which a row of the k-nearest scan is asked again.
SCAN_TOLERANCE = 1e-9
# Points from which a float32 scan pays for its compilation.
RANGE_SCAN_MIN_POINTS = 16384
# Largest part of a squared radius that float32 rounding may take; else the k nearest are asked.
RANGE_SCAN_DOUBT = 0.25
# The float32 scan: points of a tile, members of a group (which is kept or excluded whole),
# queries of a tile and of a call.
TILE, GROUP, QUERIES, CALL = 4096, 8, 256, 2048
# Coordinates of differences formed at once (32 MB).
DIFFERENCES_AT_ONCE = 1 << 22
# Groups left for a query beyond which it is asked again with a smaller radius, and how often.
MAX_GROUPS, MAX_SCANS = 256, 3


class Neighbors:
    """Nearest neighbors among ``points``, an array of shape (n, r)."""

    def __init__(self, points):
        self.points = np.ascontiguousarray(points, dtype=np.float64)

    def query(self, x, k):
        """Distances and indices, each (m, k), of the k points nearest to each row of x.

        Rows are sorted by distance; ``k`` is at most the number of points.
        """
        x = np.ascontiguousarray(x, dtype=np.float64)
        if self._has_tree or len(x) == 0:
            return self._query_tree(x, k)
        indices = self._scan.kneighbors(x, n_neighbors=k, return_distance=False)
        squared = self._squared_distances(x, indices)
        order = np.argsort(squared, axis=1, kind="stable")
        indices = np.take_along_axis(indices, order, axis=1)
        squared = np.take_along_axis(squared, order, axis=1)
        # The second distance: the first is zero where x is itself a training point.
        rounding = 8 * np.finfo(float).eps * (_square(x) + self._largest_square)
        misled = np.flatnonzero(rounding > SCAN_TOLERANCE * squared[:, min(1, k - 1)])
        distances = np.sqrt(squared)
        if len(misled):
            distances[misled], indices[misled] = self._query_tree(x[misled], k)
        return distances, indices

    def query_within(self, x, k, radius):
        """The points nearest to each row of x, as far as ``radius`` (m,) and up to k of them.

        Returns distances and indices as `query`, with (inf, 0) where there are fewer, and for
        each row the distance up to which no point is missing, (m,). It is at least ``radius``,
        unless more points than k lie within that.
        """
        asked = np.asarray(radius, dtype=np.float64)
        if self._has_tree or len(self.points) < RANGE_SCAN_MIN_POINTS or len(x) == 0:
            distances, indices = self.query(x, k)
            return distances, indices, self._covered(distances)
        distances, indices = np.full((len(x), k), np.inf), np.zeros((len(x), k), dtype=np.intp)
        covered = np.full(len(x), np.inf)
        # Of the expansion in float32, with coordinates rounded to it.
        reach = np.sqrt(_square(x)) + np.sqrt(self._largest_square)
        doubt = (2 * x.shape[1] + 8) * np.finfo(np.float32).eps / 2 * reach**2
        left, radius = np.arange(len(x)), asked.copy()
        for _ in range(MAX_SCANS):
            left = left[(doubt < RANGE_SCAN_DOUBT * radius**2)[left] & (radius < np.inf)[left]]
            calls = np.array_split(left, -(-len(left) // CALL)) if len(left) else []
            groups = map_threads(
                lambda rows: self._groups_near(x[rows], (radius**2 + doubt)[rows]), calls
            )
            crowded = [np.count_nonzero(kept, axis=1) for kept in groups]
            for rows, kept, n_kept in zip(calls, groups, crowded, strict=True):
                fits = n_kept <= MAX_GROUPS
                done = rows[fits]
                found = self._nearest_of(kept[fits], x[done], radius[done], k)
                distances[done], indices[done] = found
                # A smaller radius that holds nothing says nothing of what lies beyond it.
                told = np.isfinite(found[0][:, 0]) | (radius[done] == asked[done])
                near = np.minimum(radius[done], self._covered(found[0]))
                covered[done] = np.where(told, near, np.inf)
                # Take fewer of a crowd.
                radius[rows] *= np.where(
                    fits, 1, (MAX_GROUPS / 2 / n_kept.clip(1)) ** (1 / x.shape[1])
                )
            left = left[covered[left] == np.inf]
            if len(left) == 0:
                break
        left = np.flatnonzero(covered == np.inf)
        if len(left):
            distances[left], indices[left] = self.query(x[left], k)
            covered[left] = self._covered(distances[left])
        return distances, indices, covered

    def _covered(self, distances):
        """Distance up to which the k nearest are all points."""
        everything = distances.shape[1] == len(self.points)
        return np.full(len(distances), np.inf) if everything else distances[:, -1]

    def _groups_near(self, x, squared_radius):
        """Which groups may have a point within the radius of each row, boolean (m, groups)."""
        queries = np.zeros((CALL, x.shape[1]), dtype=np.float32)
        queries[: len(x)] = x
        bound = np.full(CALL, -np.inf, dtype=np.float32)
        bound[: len(x)] = squared_radius - _square(x)
        tiles, n_tiles = self._tiles
        kept = _groups_within(queries, bound, tiles, n_tiles, -(-len(x) // QUERIES))
        return np.asarray(kept)[: len(x)]

    def _nearest_of(self, kept, x, radius, k):
        """The k nearest within the radius among the members of the groups kept for each row."""
        row, group = np.divmod(np.flatnonzero(kept), max(kept.shape[1], 1))
        stride = TILE // GROUP  # a group's members lie this far apart
        first = group // stride * TILE + group % stride
        index = first[:, None] + stride * np.arange(GROUP)
        row = np.broadcast_to(row[:, None], index.shape)
        exists = index < len(self.points)
        row, index = row[exists], index[exists]
        squared = self._squared_distances(x[row], index)
        near = squared <= (radius**2)[row]
        row, index, squared = row[near], index[near], squared[near]
        order = np.lexsort((squared, row))
        row, index, squared = row[order], index[order], squared[order]
        place = np.arange(len(row)) - np.searchsorted(row, row)
        row, index, squared, place = (a[place < k] for a in (row, index, squared, place))
        distances = np.full((len(x), k), np.inf)
        indices = np.zeros((len(x), k), dtype=np.intp)
        distances[row, place], indices[row, place] = np.sqrt(squared), index
        return distances, indices

    @property
    def _has_tree(self):
        return self.points.shape[1] <= TREE_MAX_DIM

    @cached_property
    def _tree(self):
        return cKDTree(self.points)

    @cached_property
    def _scan(self):
        from sklearn.neighbors import NearestNeighbors

        return NearestNeighbors(algorithm="brute").fit(self.points)

    @cached_property
    def _tiles(self):
        """Points in float32 tiles, their number padded to a power of two, and that number."""
        n, r = self.points.shape
        n_tiles = -(-n // TILE)
        padded = np.zeros(((1 << (n_tiles - 1).bit_length()) * TILE, r), dtype=np.float32)
        padded[:n] = self.points
        return padded.reshape(-1, TILE, r), n_tiles

    @cached_property
    def _largest_square(self):
        return _square(self.points).max()

    def _squared_distances(self, x, indices):
        """|x - points[indices]|^2 from differences; x is (m, r), indices (m,) or (m, k)."""
        squared = np.empty(indices.shape)
        step = max(DIFFERENCES_AT_ONCE * len(x) // max(indices.size * x.shape[1], 1), 1)
        for start in range(0, len(x), step):
            rows = slice(start, start + step)
            # Whole points are gathered: one place in memory each, rather than one a coordinate.
            difference = self.points[indices[rows]]
            difference -= x[rows] if indices.ndim == 1 else x[rows, None]
            squared[rows] = np.einsum("...d,...d->...", difference, difference)
        return squared

    def _query_tree(self, x, k):
        distances, indices = self._tree.query(x, k)
        return distances.reshape(len(x), k), indices.reshape(len(x), k)


def _square(x):
    return np.einsum("nd,nd->n", x, x)


@jax.jit
def _groups_within(x, bound, tiles, n_tiles, n_queries):
    """Groups that may hold a point y with |y|^2 - 2 x.y <= bound, boolean (CALL, groups)."""
    squares = (tiles * tiles).sum(-1)
    groups = TILE // GROUP

    def query_tile(i, kept):
        start = i * QUERIES
        slopes = -2 * lax.dynamic_slice_in_dim(x, start, QUERIES)
        limit = lax.dynamic_slice_in_dim(bound, start, QUERIES)[:, None]

        def point_tile(j, kept):
            values = slopes @ tiles[j].T + squares[j]
            within = values.reshape(QUERIES, GROUP, groups).min(axis=1) <= limit
            return lax.dynamic_update_slice(kept, within, (start, j * groups))

        return lax.fori_loop(0, n_tiles, point_tile, kept)

    kept = jnp.zeros((CALL, len(tiles) * groups), dtype=bool)
    return lax.fori_loop(0, n_queries, query_tile, kept)
