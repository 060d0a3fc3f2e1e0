"""Nearest training points, exactly: one interface, the backend chosen by size and dimension.

A k-d tree (scipy) wins in few dimensions, where it skips most of the points. Beyond that it
degenerates, and a scan of all points is faster: a float32 scan of our own, which only ever
*excludes* points, and scikit-learn's pairwise reduction for few points and for the queries that
float32 cannot tell apart.

Both scans expand ``|x - y|^2 = |x|^2 + |y|^2 - 2 x.y``, which cancels where points are much
closer together than the data are wide. Distances are therefore recomputed from differences in
float64, the float32 scan keeps whatever its rounding leaves in doubt, and rows that rounding
could have misled are asked again: from scikit-learn's scan, and in the end from the tree.
"""

from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from scipy.spatial import cKDTree

from ._compute import map_threads, n_threads

__all__ = ["Neighbors"]

# Measured on two cores with 1e5 points: the tree is ahead up to 5 dimensions.
TREE_MAX_DIM = 5
# Relative error of a squared distance at which a row of scikit-learn's scan is asked again.
SCAN_TOLERANCE = 1e-9
# Points from which the float32 scan pays for its compilation.
SCAN_MIN_POINTS = 16384
# Largest part of a squared radius that its rounding may take; else scikit-learn's scan is asked.
SCAN_DOUBT = 0.25
# The float32 scan: points of a tile, bits of a mask's byte, queries of a tile and of a call.
TILE, BITS, QUERIES, CALL = 4096, 8, 256, 2048
# Points kept for a query beyond which it is asked again with a smaller radius, and how often.
MAX_KEPT, MAX_SCANS = 512, 3
# Points expected within a radius that is not known but bounded by a part of the points.
PILOT_KEPT = 128
# Coordinates of differences formed at once (32 MB).
DIFFERENCES_AT_ONCE = 1 << 22


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
        if len(self.points) < SCAN_MIN_POINTS:
            return self._query_pairwise(x, k)
        return self.query_within(x, k, np.full(len(x), np.inf))[:2]

    def query_within(self, x, k, radius):
        """The points nearest to each row of x, as far as ``radius`` (m,) and up to k of them.

        Returns distances and indices as `query`, with (inf, 0) where there are fewer, and for
        each row the distance up to which no point is missing, (m,). It is at least ``radius``,
        unless more points than k lie within that. Infinite radii give the k nearest.
        """
        if self._has_tree or len(self.points) < SCAN_MIN_POINTS or len(x) == 0:
            distances, indices = self.query(x, k)
            return distances, indices, self._covered(distances)
        asked = np.array(radius, dtype=np.float64)
        unknown = np.flatnonzero(asked == np.inf)
        asked[unknown] = self._pilot_radius(x[unknown], k)
        distances, indices = np.full((len(x), k), np.inf), np.zeros((len(x), k), dtype=np.intp)
        covered = np.full(len(x), np.inf)
        # Of the expansion in float32, with coordinates rounded to it.
        reach = np.sqrt(_square(x)) + np.sqrt(self._largest_square)
        doubt = (2 * x.shape[1] + 8) * np.finfo(np.float32).eps / 2 * reach**2
        left, radius = np.arange(len(x)), asked.copy()
        for _ in range(MAX_SCANS):
            left = left[(doubt < SCAN_DOUBT * radius**2)[left] & (radius < np.inf)[left]]
            if len(left) == 0:
                break
            calls = np.array_split(left, -(-len(left) // CALL))
            results = map_threads(
                lambda rows: self._scan_within(x[rows], radius[rows], doubt[rows], k), calls
            )
            for rows, (near, which, kept) in zip(calls, results, strict=True):
                distances[rows], indices[rows] = near, which
                crowded = kept > MAX_KEPT
                # A smaller radius that holds nothing says nothing of what lies beyond it.
                told = (np.isfinite(near[:, 0]) | (radius[rows] == asked[rows])) & ~crowded
                reached = np.minimum(radius[rows], self._covered(near))
                covered[rows] = np.where(told, reached, np.inf)
                # Take fewer of a crowd.
                fewer = (MAX_KEPT / 2 / kept.clip(1)) ** (1 / x.shape[1])
                radius[rows] *= np.where(crowded, fewer, 1)
            left = left[covered[left] == np.inf]
        left = np.flatnonzero(covered == np.inf)
        if len(left):
            distances[left], indices[left] = self._query_pairwise(x[left], k)
            covered[left] = self._covered(distances[left])
        return distances, indices, covered

    def _covered(self, distances):
        """Distance up to which the k nearest are all points."""
        everything = distances.shape[1] == len(self.points)
        return np.full(len(distances), np.inf) if everything else distances[:, -1]

    def _scan_within(self, x, radius, doubt, k):
        """The k nearest within the radius, and how many points were kept for each row.

        Rows for which more than MAX_KEPT were kept are left without neighbors.
        """
        row, index = self._kept(x, radius**2 + doubt)
        kept = np.bincount(row, minlength=len(x))
        if kept.max() > MAX_KEPT:
            fits = (kept <= MAX_KEPT)[row]
            row, index = row[fits], index[fits]
        counts = np.where(kept <= MAX_KEPT, kept, 0)
        place = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
        squared = self._squared_distances(x[row], index)
        squared[squared > (radius**2)[row]] = np.inf
        distances = np.full((len(x), max(counts.max(), k)), np.inf)
        indices = np.zeros(distances.shape, dtype=np.intp)
        distances[row, place], indices[row, place] = np.sqrt(squared), index
        order = np.argsort(distances, axis=1)[:, :k]
        distances = np.take_along_axis(distances, order, axis=1)
        indices = np.take_along_axis(indices, order, axis=1)
        indices[distances == np.inf] = 0
        return distances, indices, kept

    def _kept(self, x, squared_radius):
        """Rows of x and points that may lie within the radius of each other, sorted by row."""
        queries = np.zeros((CALL, x.shape[1]), dtype=np.float32)
        queries[: len(x)] = x
        bound = np.full(CALL, -np.inf, dtype=np.float32)
        bound[: len(x)] = squared_radius - _square(x)
        tiles, n_tiles = self._tiles
        masks = _points_within(queries, bound, tiles, n_tiles, -(-len(x) // QUERIES))
        # Most words of eight bytes are zero; the bits of the others are the points. NumPy finds
        # the true entries of a flat array of booleans much faster than the non-zero of others.
        words = np.asarray(masks)[: len(x), : n_tiles * (TILE // BITS)].view(np.uint64)
        row, word = np.divmod(np.flatnonzero(words != 0), words.shape[1])
        bits = np.unpackbits(words[row, word].view(np.uint8), bitorder="little")
        where, bit = np.divmod(np.flatnonzero(bits.view(bool)), 64)
        row, byte = row[where], 8 * word[where] + bit // BITS
        stride = TILE // BITS  # points of a byte lie this far apart
        index = byte // stride * TILE + bit % BITS * stride + byte % stride
        exists = index < len(self.points)
        return row[exists], index[exists]

    def _pilot_radius(self, x, k):
        """A distance within which k points lie: the k nearest among a part of them."""
        step = min(PILOT_KEPT, len(self.points)) // k
        if step < 2 or len(x) == 0:
            return np.full(len(x), np.inf)
        distances, _ = Neighbors(self.points[::step])._query_pairwise(x, k)
        return distances[:, -1] * (1 + SCAN_TOLERANCE)

    @property
    def _has_tree(self):
        return self.points.shape[1] <= TREE_MAX_DIM

    @cached_property
    def _tree(self):
        return cKDTree(self.points)

    @cached_property
    def _pairwise(self):
        from sklearn.neighbors import NearestNeighbors

        return NearestNeighbors(algorithm="brute").fit(self.points)

    @cached_property
    def _tiles(self):
        """Points in float32 tiles, and how many tiles hold points.

        The number of tiles is rounded up to four binary digits: few shapes, little to waste.
        """
        n, r = self.points.shape
        n_tiles = -(-n // TILE)
        step = 1 << max(n_tiles.bit_length() - 4, 0)
        padded = np.zeros((-(-n_tiles // step) * step * TILE, r), dtype=np.float32)
        padded[:n] = self.points
        return jax.device_put(padded.reshape(-1, TILE, r)), n_tiles

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

    def _query_pairwise(self, x, k):
        indices = self._pairwise.kneighbors(x, n_neighbors=k, return_distance=False)
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

    def _query_tree(self, x, k):
        distances, indices = self._tree.query(x, k, workers=n_threads() if len(x) > 1000 else 1)
        return distances.reshape(len(x), k), indices.reshape(len(x), k)


def _square(x):
    return np.einsum("nd,nd->n", x, x)


@jax.jit
def _points_within(x, bound, tiles, n_tiles, n_queries):
    """Masks of the points y for which |y|^2 - 2 x.y <= bound, bytes (CALL, points / BITS).

    Bit b of a tile's byte c is its point b * TILE / BITS + c.
    """
    squares = (tiles * tiles).sum(-1)
    bit = jnp.left_shift(np.uint8(1), jnp.arange(BITS, dtype=np.uint8))[:, None]
    stride = TILE // BITS

    def query_tile(i, masks):
        start = i * QUERIES
        slopes = -2 * lax.dynamic_slice_in_dim(x, start, QUERIES)
        limit = lax.dynamic_slice_in_dim(bound, start, QUERIES)[:, None, None]

        def point_tile(j, masks):
            values = (slopes @ tiles[j].T + squares[j]).reshape(QUERIES, BITS, stride)
            bits = jnp.where(values <= limit, bit, np.uint8(0))
            part = lax.reduce(bits, np.uint8(0), lax.bitwise_or, (1,))
            return lax.dynamic_update_slice(masks, part, (start, j * stride))

        return lax.fori_loop(0, n_tiles, point_tile, masks)

    masks = jnp.zeros((CALL, len(tiles) * stride), dtype=np.uint8)
    return lax.fori_loop(0, n_queries, query_tile, masks)
