"""Exponents of the components of one tile at some queries."""

import jax.numpy as jnp
from jax import lax

__all__ = ["MAX_WRITTEN_OUT", "dot", "exponents_of"]

# Largest error of an exponent for which |x - y|^2 may be expanded into a matrix product (a part of
# the exponent itself, 5e-15 of it, comes on top).
EXPANSION_ERROR = 1e-10
# Terms up to which a sum is written out; factors are then upper triangular.
MAX_WRITTEN_OUT = 16
# Up to this many dimensions differences cost no more than the matrix product.
DIFFERENCES_MAX_DIM = 3


def exponents_of(mixture, k, x, half):
    """Exponents (P, Q) of tile k at the queries x (r, Q), and their part that varies with x.

    Queries run along the last axis: sums over points are then one contiguous loop over them.
    """
    y, F = mixture.points[k], None if mixture.factors is None else mixture.factors[k]
    if len(x) <= (DIFFERENCES_MAX_DIM if F is None else MAX_WRITTEN_OUT):
        squares, along = _by_differences(x, y, F)
    else:
        # Centered at the queries, the terms of the expansion are at most (|x - y| + 2 radius)^2
        # and some dozen roundings of 2e-16 follow.
        radius = ((x - x.mean(axis=1, keepdims=True)) ** 2).sum(0).max()
        error = 96 * jnp.finfo(x.dtype).eps * radius * mixture.sharpest * half.max()
        squares, along = lax.cond(error < EXPANSION_ERROR, _by_product, _by_differences, x, y, F)
    energy = along - squares * mixture.half_precision[k][:, None]
    if F is not None:  # both may be infinite: far beyond any weight
        energy = jnp.where(jnp.isfinite(along), energy, -jnp.inf)
    return mixture.log_coefficient[k][:, None] + energy * half, energy


def _by_differences(x, y, F):
    """|x - y|^2 and |F (x - y)|^2 for x (r, Q), y (r, P), from differences: exact to rounding."""
    shape = y.shape[1], x.shape[1]

    def delta(j):
        return x[j] - y[j, :, None]

    def along(f, first):
        return dot(delta, lambda j: f[j, :, None], len(x), shape, first)

    return dot(delta, delta, len(x), shape), _sum_of_squares(along, F)


def dot(left, right, r, shape, first=0):
    """Sum over j < r of left(j) * right(j): written out, which XLA makes one pass of, if short.

    Those of j < first are 0, and what is written out goes without them.
    """
    if r <= MAX_WRITTEN_OUT:
        return sum(left(j) * right(j) for j in range(first, r))
    return lax.fori_loop(0, r, lambda j, total: total + left(j) * right(j), jnp.zeros(shape))


def _by_product(x, y, F):
    """The same by matrix products, several times faster in many dimensions."""
    middle = x.mean(axis=1, keepdims=True)
    x, y = x - middle, y - middle
    squares = (x * x).sum(0) + (y * y).sum(0)[:, None] - 2 * y.T @ x
    along = _sum_of_squares(lambda f, _: f.T @ x - (f * y).sum(0)[:, None], F)
    return jnp.maximum(squares, 0.0), along


def _sum_of_squares(along, F):
    """Sum of the squares of along(f, i) for the factors f (r, P) of F (q, r, P), 0 before i."""
    if F is None:
        return 0.0
    if len(F) <= MAX_WRITTEN_OUT:
        return sum(along(f, i) ** 2 for i, f in enumerate(F))
    return lax.fori_loop(1, len(F), lambda i, s: s + along(F[i], 0) ** 2, along(F[0], 0) ** 2)
