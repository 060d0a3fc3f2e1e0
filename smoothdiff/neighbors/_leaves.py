"""Points in leaves of equal size, each with the box around it: what a scan may leave out.

The leaves are those of a k-d tree. A query asks the boxes first, in float64: a leaf whose box lies
beyond the radius holds no point within it.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from .._compute import IN_ONE_THREAD
from ._order import spatial_order

__all__ = ["MANY", "QUERIES", "Leaves", "leaf_size", "padded_rows", "squared_gaps"]

# Points of a leaf: enough for a matrix product, few enough for small boxes, and more where the
# boxes would be too many.
MANY = 1024
FEW, MOST, MANY_FROM, MOST_FROM = 256, 4096, 1 << 19, 1 << 22
# Queries whose gaps are formed together.
QUERIES = 256


class Leaves(NamedTuple):
    """n points in L leaves; L is rounded up to four binary digits, for few compiled shapes."""

    order: np.ndarray | jax.Array | None
    """The points of one leaf after the other, (n,); None if they are in this order."""
    low: np.ndarray | jax.Array
    """Smallest coordinates of each leaf, (r, L); infinite where there is no leaf."""
    high: np.ndarray | jax.Array
    """Largest coordinates, (r, L)."""
    points: np.ndarray | jax.Array
    """In float32, (L, size, r)."""
    squares: np.ndarray | jax.Array
    """|y|^2 in float32, (L, size); infinite where there is no point."""

    @classmethod
    def of(cls, points):
        """Leaves of an array (n, r)."""
        n, r = points.shape
        size = leaf_size(n)
        order = spatial_order(points, size)
        padded = np.zeros((padded_rows(n), r))
        padded[:n] = points[order]
        return cls._of(order, padded, n)

    @classmethod
    def in_order(cls, padded, n):
        """Leaves of n points in spatial order, the first rows of an array (`padded_rows`, r).

        An array in float32 is not copied where JAX computes on the CPU and its bytes are aligned.
        """
        return cls._of(None, padded, n)

    @classmethod
    def _of(cls, order, padded, n):
        size = leaf_size(n)
        leaves = padded.reshape(-1, size, padded.shape[1])
        starts = np.arange(0, n, size)
        low, high = np.full((2, padded.shape[1], len(leaves)), [[[np.inf]], [[-np.inf]]])
        low[:, : len(starts)] = np.minimum.reduceat(padded[:n], starts).T
        high[:, : len(starts)] = np.maximum.reduceat(padded[:n], starts).T
        leaves = leaves.astype(np.float32, copy=False)
        squares = np.einsum("lpr,lpr->lp", leaves, leaves)
        squares.ravel()[n:] = np.inf
        return cls(order, low, high, leaves, squares)

    @property
    def size(self):
        """Points of a leaf."""
        return self.points.shape[1]


def leaf_size(n):
    """Points of a leaf, of n points."""
    return FEW if n < MANY_FROM else MANY if n < MOST_FROM else MOST


def padded_rows(n):
    """Rows of the leaves of n points, with the empty ones."""
    n_leaves = -(-n // leaf_size(n))
    step = 1 << max(n_leaves.bit_length() - 4, 0)
    return -(-n_leaves // step) * step * leaf_size(n)


@partial(jax.jit, compiler_options=IN_ONE_THREAD)
def squared_gaps(x, low, high, n_tiles):
    """Squared distances from queries to boxes, (L, B), of the first n_tiles * QUERIES rows of x.

    A coordinate of the gap is one rounded difference, so that the square is right to 1e-15 of it.
    """

    def tile(i, gaps):
        part = lax.dynamic_slice_in_dim(x, i * QUERIES, QUERIES).T
        gap = sum(
            jnp.maximum(jnp.maximum(low_j[:, None] - x_j, x_j - high_j[:, None]), 0.0) ** 2
            for low_j, high_j, x_j in zip(low, high, part, strict=True)
        )
        return lax.dynamic_update_slice(gaps, gap, (0, i * QUERIES))

    return lax.fori_loop(0, n_tiles, tile, jnp.full((low.shape[1], len(x)), jnp.inf))
