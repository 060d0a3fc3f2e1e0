"""How much of a mixture can be in a box, seen from a query: what lets tiles be left out unseen."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.nn import logsumexp

from ._exponents import dot

__all__ = ["Boxes", "bounds_of", "in_rows", "row_of"]


class Boxes(NamedTuple):
    """What bounds the exponents of the components in each of some boxes."""

    lower: jax.Array  # (r, boxes)
    upper: jax.Array
    peak: jax.Array  # (boxes,), log of the sum of exp(c_k)
    decay: jax.Array  # least half-precision in any direction


def in_rows(mixture):
    """The boxes of the tiles in rows, about as many as each has, and one box around each row."""
    T, r = mixture.lower.shape
    n_rows = 1 << T.bit_length() // 2
    lower, upper = (a.reshape(n_rows, -1, r) for a in (mixture.lower, mixture.upper))
    peak, decay = (a.reshape(n_rows, -1) for a in (mixture.peak, mixture.decay))
    tiles = Boxes(lower.swapaxes(1, 2), upper.swapaxes(1, 2), peak, decay)
    return tiles, Boxes(lower.min(1).T, upper.max(1).T, logsumexp(peak, axis=1), decay.min(1))


def row_of(tiles, row):
    """The boxes of one row."""
    return jax.tree.map(lambda a: a[row], tiles)


def bounds_of(boxes, x, half):
    """Logs (Q, boxes) that what is in a box does not exceed at the queries x (r, Q)."""

    def gap(j):
        at = x[j][:, None]
        return jnp.maximum(jnp.maximum(boxes.lower[j] - at, at - boxes.upper[j]), 0.0)

    nearest = dot(gap, gap, len(x), (x.shape[1], len(boxes.peak)))
    # Padding: inf - inf must not arise, and it must come last.
    most = boxes.peak - nearest * half[:, None] * boxes.decay
    return jnp.where(jnp.isfinite(boxes.peak), most, -jnp.inf)
