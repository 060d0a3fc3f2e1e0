"""Nearest points by a scan of all of them in float32, which only ever *excludes* points.

The scan expands ``|x - y|^2 = |x|^2 + |y|^2 - 2 x.y`` and keeps whatever its rounding leaves in
doubt; the distances of what it keeps are those of float64 differences. Rows that float32 cannot
tell apart are asked again, from scikit-learn's scan.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from .._compute import map_threads
from .._derived import derived
from ._base import Backend, square, squared_distances
from ._pairwise import SCAN_TOLERANCE, PairwiseNeighbors

__all__ = ["ScanNeighbors"]

# Largest part of a squared radius that its rounding may take; else scikit-learn's scan is asked.
SCAN_DOUBT = 0.25
# The float32 scan: points of a tile, bits of a mask's byte, queries of a tile and of a call.
TILE, BITS, QUERIES, CALL = 4096, 8, 256, 2048
# Points kept for a query beyond which it is asked again with a smaller radius, and how often.
MAX_KEPT, MAX_SCANS = 512, 3
# Points expected within a radius that is not known but bounded by a part of the points.
PILOT_KEPT = 128


class ScanNeighbors(Backend):
    """Neighbors by a float32 scan, for many points in many dimensions."""

    @derived
    def _pairwise(self):
        return PairwiseNeighbors(self.points)

    def query(self, x, k):
        """See `Backend.query`."""
        return self.query_within(x, k, np.full(len(x), np.inf))[:2]

    def query_within(self, x, k, radius):
        """See `Backend.query_within`."""
        asked = np.array(radius, dtype=np.float64)
        unknown = np.flatnonzero(asked == np.inf)
        asked[unknown] = self._pilot_radius(x[unknown], k)
        distances, indices = np.full((len(x), k), np.inf), np.zeros((len(x), k), dtype=np.intp)
        covered = np.full(len(x), np.inf)
        # Of the expansion in float32, with coordinates rounded to it.
        largest = np.sqrt(square(self.points).max())
        reach = np.sqrt(square(x)) + largest
        doubt = (2 * x.shape[1] + 8) * np.finfo(np.float32).eps / 2 * reach**2
        # From afar the doubt is wider than the points.
        left, radius = np.flatnonzero(doubt < 2 * reach * largest), asked.copy()
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
            distances[left], indices[left] = self._pairwise.query(x[left], k)
            covered[left] = self._covered(distances[left])
        return distances, indices, covered

    def _scan_within(self, x, radius, doubt, k):
        """The k nearest within the radius, and how many points were kept for each row.

        Rows for which more than MAX_KEPT were kept are left without neighbors.
        """
        words = self._words(x, radius**2 + doubt)
        kept = np.bitwise_count(words).sum(axis=1, dtype=np.intp)
        words[kept > MAX_KEPT] = 0
        row, index = _ones(words)
        counts = np.where(kept <= MAX_KEPT, kept, 0)
        place = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
        squared = squared_distances(x, self.points, index, row)
        squared[squared > (radius**2)[row]] = np.inf
        distances = np.full((len(x), max(counts.max(), k)), np.inf)
        indices = np.zeros(distances.shape, dtype=np.intp)
        distances[row, place], indices[row, place] = np.sqrt(squared), index
        order = np.argsort(distances, axis=1)[:, :k]
        distances = np.take_along_axis(distances, order, axis=1)
        indices = np.take_along_axis(indices, order, axis=1)
        indices[distances == np.inf] = 0
        return distances, indices, kept

    def _words(self, x, squared_radius):
        """A bit for each row of x and each point, 1 where they may lie within the radius."""
        queries = np.zeros((CALL, x.shape[1]), dtype=np.float32)
        queries[: len(x)] = x
        bound = np.full(CALL, -np.inf, dtype=np.float32)
        bound[: len(x)] = squared_radius - square(x)
        tiles, n_tiles = self._tiles
        masks = _points_within(queries, bound, tiles, n_tiles, -(-len(x) // QUERIES))
        words = np.asarray(masks)[: len(x), : n_tiles * (TILE // BITS)].view(np.uint64)
        return words & self._existing

    @derived
    def _existing(self):
        """Such bits of a row, 1 for points and 0 for what fills the last tile."""
        n_tiles = self._tiles[1]
        points = np.arange(n_tiles * TILE).reshape(n_tiles, BITS, TILE // BITS)
        bits = np.packbits(points < len(self.points), axis=1, bitorder="little")
        return bits.reshape(-1).view(np.uint64)

    def _pilot_radius(self, x, k):
        """A distance within which k points lie: the k nearest among a part of them."""
        step = min(PILOT_KEPT, len(self.points)) // k
        if step < 2 or len(x) == 0:
            return np.full(len(x), np.inf)
        distances, _ = PairwiseNeighbors(self.points[::step]).query(x, k)
        return distances[:, -1] * (1 + SCAN_TOLERANCE)

    @derived
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


def _ones(words):
    """Rows and points of the bits that are 1, sorted by row."""
    # Most words of eight bytes are zero; the bits of the others are the points. NumPy finds
    # the true entries of a flat array of booleans much faster than the non-zero of others.
    row, word = np.divmod(np.flatnonzero(words != 0), words.shape[1])
    bits = np.unpackbits(words[row, word].view(np.uint8), bitorder="little")
    where, bit = np.divmod(np.flatnonzero(bits.view(bool)), 64)
    row, byte = row[where], 8 * word[where] + bit // BITS
    stride = TILE // BITS  # points of a byte lie this far apart
    return row, byte // stride * TILE + bit % BITS * stride + byte % stride


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
