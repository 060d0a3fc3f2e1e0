"""Nearest points by a scan in float32, which only ever *excludes* points.

Whole leaves of points are left out whose box lies beyond the radius. Of the others the scan expands
``|x - y|^2 = |x|^2 + |y|^2 - 2 x.y`` and keeps whatever its rounding leaves in doubt; the distances
of what it keeps are those of float64 differences. Rows that float32 cannot tell apart are asked
again, from scikit-learn's scan.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from .._compute import IN_ONE_THREAD, OnDevices, map_threads
from .._derived import derived
from ._base import Backend, square, squared_distances
from ._leaves import MANY, QUERIES, Leaves, squared_gaps
from ._pairwise import PairwiseNeighbors

__all__ = ["ScanNeighbors"]

# Largest part of a squared radius that its rounding may take; else scikit-learn's scan is asked.
SCAN_DOUBT = 0.25
# Queries of a call, and pairs of a query and a leaf in one compiled call.
CALL, PAIRS = 2048, 1 << 17
# Queries that meet a leaf together: few where boxes leave out much or there are few, and more
# where nothing is left out.
TOGETHER, MORE, MORE_FROM_DIM, MORE_FROM = 64, 256, 16, 1024
BITS = 8
# Points kept for a query beyond which it is asked again within less: at first, and for each of the
# further scans.
MAX_KEPT = 512, 2048, 2048
# Leaves, unless they are large, that bound a radius that is not known: the nearest k points lie no
# farther than theirs.
PILOT_LEAVES = 4
# Distances whose squares float32 holds, with what is summed to them.
LARGEST_REACH = np.sqrt(np.finfo(np.float32).max) / 4
# What rounding of a gap cannot exceed.
SLACK = 1 + 1e-12


class ScanNeighbors(Backend):
    """Neighbors by a float32 scan, for many points in many dimensions."""

    def __init__(self, points, leaves=None):
        super().__init__(points)
        self._arranged = leaves

    @derived
    def _pairwise(self):
        return PairwiseNeighbors(self.points)

    @derived
    def _leaves(self):
        leaves = Leaves.of(self.points) if self._arranged is None else self._arranged
        return OnDevices(leaves)

    @derived
    def _largest(self):
        return np.sqrt(square(self.points).max())

    def query(self, x, k):
        """See `Backend.query`."""
        return self.query_within(x, k, np.full(len(x), np.inf))[:2]

    def query_within(self, x, k, radius):
        """See `Backend.query_within`."""
        asked = np.array(radius, dtype=np.float64)
        distances, indices = np.full((len(x), k), np.inf), np.zeros((len(x), k), dtype=np.intp)
        covered = np.full(len(x), np.inf)
        # Of the expansion in float32, with coordinates rounded to it.
        reach = np.sqrt(square(x)) + self._largest
        doubt = (2 * x.shape[1] + 8) * np.finfo(np.float32).eps / 2 * reach**2
        # From afar the doubt is wider than the points; what float32 cannot square is not scanned.
        told_apart = (doubt < 2 * reach * self._largest) & (reach < LARGEST_REACH)
        left, radius = np.flatnonzero(told_apart), asked.copy()
        for scan, most in enumerate(MAX_KEPT):
            left = left[(doubt < SCAN_DOUBT * radius**2)[left]]
            if len(left) == 0:
                break
            calls = np.array_split(left, -(-len(left) // CALL))
            results = map_threads(
                lambda rows, most=most: self._scan_within(
                    x[rows], radius[rows], doubt[rows], k, most
                ),
                calls,
            )
            for rows, (near, which, kept, tried) in zip(calls, results, strict=True):
                distances[rows], indices[rows] = near, which
                crowded = kept > most
                # A smaller radius that holds nothing says nothing of what lies beyond it, and one
                # that holds fewer than k is no answer where no radius was given.
                least = np.where(asked[rows] == np.inf, near[:, -1], near[:, 0])
                told = (np.isfinite(least) | (tried >= asked[rows])) & ~crowded
                reached = np.minimum(tried, self._covered(near))
                covered[rows] = np.where(told, reached, np.inf)
                # Of a crowd ask for the nearest k, and if they are one, for fewer.
                fewer = tried * (most / 2 / kept.clip(1)) ** (1 / x.shape[1])
                again = fewer if scan else np.where(asked[rows] < np.inf, np.inf, fewer)
                radius[rows] = np.where(crowded, again, np.nan)
            left = left[covered[left] == np.inf]
        left = np.flatnonzero(covered == np.inf)
        if len(left):
            distances[left], indices[left] = self._pairwise.query(x[left], k)
            covered[left] = self._covered(distances[left])
        return distances, indices, covered

    def _scan_within(self, x, radius, doubt, k, most):
        """The k nearest within the radius, how many were kept for each row, and the radius.

        Rows for which more than ``most`` were kept are left without neighbors. A radius that is
        infinite becomes one within which there are k points.
        """
        leaves, queries = self._leaves.here(), _Queries.of(x)
        gaps = np.asarray(squared_gaps(queries.x, leaves.low, leaves.high, queries.n_tiles))
        gaps = gaps[:, : len(x)]
        unknown = np.flatnonzero(radius == np.inf)
        if len(unknown):
            radius = radius.copy()
            radius[unknown] = self._pilot_radius(queries, gaps, unknown, doubt, k)
        row, index, kept = self._within(queries, gaps <= SLACK * radius**2, radius**2 + doubt, most)
        squared = squared_distances(x, self.points, index, row)
        inside = np.flatnonzero(squared <= (radius**2)[row])
        row, index, squared = row[inside], index[inside], squared[inside]
        order = np.argsort(squared)
        order = order[np.argsort(row[order].astype(np.uint16), kind="stable")]  # a radix sort
        row = row[order]
        place = np.arange(len(row)) - np.searchsorted(row, np.arange(len(x)))[row]
        first = np.flatnonzero(place < k)
        row, place, order = row[first], place[first], order[first]
        distances, indices = np.full((len(x), k), np.inf), np.zeros((len(x), k), dtype=np.intp)
        distances[row, place], indices[row, place] = np.sqrt(squared[order]), index[order]
        return distances, indices, kept, radius

    def _pilot_radius(self, queries, gaps, rows, doubt, k):
        """A distance within which k points lie: the k nearest in the leaves nearest to a row."""
        leaves = self._leaves.here()
        few = PILOT_LEAVES if leaves.size <= MANY else 1
        n_leaves = min(max(few, -(-k // leaves.size) + 1), len(gaps))
        nearest = np.zeros((CALL, n_leaves), dtype=np.int32)
        for some in np.split(rows, range(QUERIES, len(rows), QUERIES)):
            nearest[some] = np.argpartition(gaps[:, some].T, n_leaves - 1, axis=1)[:, :n_leaves]
        squares = np.asarray(_squares(queries.x32, nearest, leaves.points, leaves.squares))[rows]
        squares.partition(k - 1, axis=1)
        kth = squares[:, k - 1].astype(np.float64)
        return np.sqrt(np.maximum(kth + queries.square[rows] + doubt[rows], 0))

    def _within(self, queries, meets, squared_radius, most):
        """Rows and points that may lie within the radius of each other, and how many a row has."""
        leaves, n = self._leaves.here(), meets.shape[1]
        bound = np.full(CALL + 1, -np.inf, dtype=np.float32)
        bound[:n] = squared_radius - queries.square
        more = n >= MORE_FROM and self.points.shape[1] >= MORE_FROM_DIM
        together = MORE if more else TOGETHER
        step, found = PAIRS // together // max(leaves.size // MANY, 1), []
        leaf, row, n_meetings = _meetings(meets, together, step)
        for start in range(0, len(leaf), step):
            part, count = slice(start, start + step), min(n_meetings - start, step)
            masks = _points_within(
                queries.x32, bound, leaves.points, leaves.squares, leaf[part], row[part], count
            )
            words = np.asarray(masks)[:count].view(np.uint64)
            # Most words of eight bytes are zero. NumPy finds the true entries of a flat array of
            # booleans much faster than the non-zero of others.
            meeting, word = np.divmod(np.flatnonzero(words != 0), words[0].size)
            meeting += start
            slot, place = np.divmod(word, words.shape[2])
            found.append((row[meeting, slot], leaf[meeting], place, words[words != 0]))
        rows, leaf, place, word = map(np.concatenate, zip(*found, strict=True))
        kept = np.bincount(rows, np.bitwise_count(word), minlength=n).astype(np.intp)
        some = np.flatnonzero(kept[rows] <= most)
        which, point = _ones(word[some], place[some], leaves.size)
        index = leaf[some][which].astype(np.intp) * leaves.size + point
        order = self._leaves.arrays.order
        return rows[some][which], index if order is None else order[index], kept


class _Queries(NamedTuple):
    """Up to CALL queries, padded to it."""

    x: np.ndarray
    """(CALL, r)."""
    x32: np.ndarray
    """In float32, and one more that fills up meetings, (CALL + 1, r)."""
    square: np.ndarray
    """|x|^2 of those that there are."""
    n_tiles: int

    @classmethod
    def of(cls, x):
        padded = np.zeros((CALL + 1, x.shape[1]))
        padded[: len(x)] = x
        return cls(padded[:CALL], padded.astype(np.float32), square(x), -(-len(x) // QUERIES))


def _meetings(meets, together, step):
    """Which queries meet which leaf, up to so many together, and the number of meetings.

    ``meets`` is (L, n); the leaves are (M,) and the rows (M, together), CALL where a place is
    empty. M is a multiple of ``step``.
    """
    counts = np.count_nonzero(meets, axis=1)
    groups = -(-counts // together)
    n_meetings = groups.sum()
    size = max(-(-n_meetings // step), 1) * step
    leaf = np.zeros(size, dtype=np.int32)
    leaf[:n_meetings] = np.repeat(np.arange(len(meets)), groups)
    row = np.full((size, together), CALL, dtype=np.int32)
    flat = np.flatnonzero(meets)
    which = np.repeat(np.arange(len(meets)), counts)
    skipped = (np.cumsum(groups) - groups) * together - (np.cumsum(counts) - counts)
    row.ravel()[np.arange(len(flat)) + skipped[which]] = flat - which * meets.shape[1]
    return leaf, row, n_meetings


def _ones(words, place, size):
    """Of the words of a leaf's mask and their places in it: which have a bit set, and its point.

    Bit b of the mask's byte c is the leaf's point b * size / BITS + c.
    """
    bits = np.unpackbits(words.view(np.uint8), bitorder="little")
    which, bit = np.divmod(np.flatnonzero(bits.view(bool)), 64)
    return which, bit % BITS * (size // BITS) + 8 * place[which] + bit // BITS


@partial(jax.jit, compiler_options=IN_ONE_THREAD)
def _squares(x, nearest, points, squares):
    """|y|^2 - 2 x.y of the points of the leaves ``nearest`` (B, P), shape (B, P * size)."""

    def query(i, out):
        values = squares[nearest[i]] - 2 * points[nearest[i]] @ x[i]
        return lax.dynamic_update_slice(out, values.reshape(1, -1), (i, 0))

    out = jnp.zeros((len(nearest), nearest.shape[1] * points.shape[1]), jnp.float32)
    return lax.fori_loop(0, len(nearest), query, out)


@partial(jax.jit, compiler_options=IN_ONE_THREAD)
def _points_within(x, bound, points, squares, leaf, row, n_meetings):
    """Masks of the points y for which |y|^2 - 2 x.y <= bound, bytes (M, B, size / BITS)."""
    size = points.shape[1]
    bit = jnp.left_shift(np.uint8(1), jnp.arange(BITS, dtype=np.uint8))[:, None]

    def meeting(i, masks):
        slopes, limit = -2 * x[row[i]], bound[row[i], None, None]
        values = slopes @ points[leaf[i]].T + squares[leaf[i]]
        bits = jnp.where(values.reshape(-1, BITS, size // BITS) <= limit, bit, np.uint8(0))
        mask = lax.reduce(bits, np.uint8(0), lax.bitwise_or, (1,))
        return lax.dynamic_update_slice(masks, mask[None], (i, 0, 0))

    masks = jnp.zeros((*row.shape, size // BITS), dtype=np.uint8)
    return lax.fori_loop(0, n_meetings, meeting, masks)
