"""Points in leaves of equal size, each with the box around it: what a scan may leave out.

The leaves are those of a k-d tree. A query asks the boxes first, in float64: a leaf whose box lies
beyond the radius holds no point within it.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ._order import spatial_order

__all__ = ["QUERIES", "Leaves", "squared_gaps"]

# Points of a leaf: enough for a matrix product, few enough for small boxes, and more where the
# boxes would be too many.
FEW, MANY, MANY_FROM = 256, 1024, 1 << 19
# Queries whose gaps are formed together.
QUERIES = 256


class Leaves(NamedTuple):
    """n points in L leaves; L is rounded up to four binary digits, for few compiled shapes."""

    order: np.ndarray | jax.Array
    """The points of one leaf after the other, (n,)."""
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
        size = FEW if n < MANY_FROM else MANY
        order = spatial_order(points, size)
        n_leaves = -(-n // size)
        step = 1 << max(n_leaves.bit_length() - 4, 0)
        n_leaves = -(-n_leaves // step) * step
        padded = np.full((n_leaves * size, r), np.nan)
        padded[:n] = points[order]
        padded = padded.reshape(n_leaves, size, r)
        there = ~np.isnan(padded[:, :, :1])
        low = np.where(there, padded, np.inf).min(axis=1).T
        high = np.where(there, padded, -np.inf).max(axis=1).T
        padded = np.where(there, padded, 0.0).astype(np.float32)
        squares = np.where(there[:, :, 0], (padded * padded).sum(axis=2), np.float32(np.inf))
        return cls(order, low, high, padded, squares)

    @property
    def size(self):
        """Points of a leaf."""
        return self.points.shape[1]


@jax.jit
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
