"""Gaussian mixtures with one component for each training point: log-density and posterior mean.

    p(x) = sum_k exp(c_k - h_k |x - y_k|^2 + |F_k (x - y_k)|^2)
    D(x) = sum_k P(k | x) y_k

``c_k`` holds the log-weight and the normalization, ``h_k`` half the precision, and the optional
factors ``F_k`` lower the precision along some directions. The noised empirical law p_t and the
starting laws are of this form.

The sums run over tiles of points, best first, with an online log-sum-exp: memory is one tile,
never queries x points. Points and queries are sorted in space, so that a tile has a small box
and thereby an upper bound on its sum; a query tile stops once no remaining tile can add
``exp(-NEGLIGIBLE)`` of any row's sum. What is left out is thus bounded, below rounding. Near the
data and at small t few tiles are visited, and queries then go by few, which lie close together.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ._compute import OnDevices, map_threads, n_threads
from .neighbors import spatial_order

__all__ = ["Mixture", "log_density", "posterior_mean", "posterior_moments"]

TILE_POINTS = 512
# Fewer points than that make one tile of a power of two.
SMALLEST_TILE = 8
TILE_QUERIES, FEW_QUERIES = 256, 8
TILE_QUERIES_FACTORED = 32
# Queries that would take as long as what a visit of a tile of points costs besides.
OVERHEAD = 8
# Queries of a compiled call: two shapes, the larger one if there is work for every thread then.
QUERIES_PER_CALL = 2048, 16384
# exp(-45) = 3e-20, a thousandth of the rounding of the sum that it is left out of, each tile.
NEGLIGIBLE = 45.0
# Largest error of an exponent for which |x - y|^2 may be expanded into a matrix product (a part of
# the exponent itself, 5e-15 of it, comes on top).
EXPANSION_ERROR = 1e-10
# Up to this many dimensions differences cost no more than the matrix product.
DIFFERENCES_MAX_DIM = 3


class Mixture(NamedTuple):
    """The arrays of a mixture in tiles of P points, from `tile`. Padding has log-coefficient -inf.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.mixture import tile
    >>> tile(np.array([[-1.0], [1.0]]), np.log([0.5, 0.5])).arrays.peak
    array([0.])
    """

    points: np.ndarray | jax.Array  # (T, P, r)
    log_coefficient: np.ndarray | jax.Array  # (T, P)
    half_precision: np.ndarray | jax.Array  # (T, P), or (T, 1) where all are equal
    factors: np.ndarray | jax.Array | None  # (T, P, q, r)
    lower: np.ndarray | jax.Array  # (T, r), each tile's box
    upper: np.ndarray | jax.Array
    peak: np.ndarray | jax.Array  # (T,), log of the sum of exp(c_k)
    decay: np.ndarray | jax.Array  # (T,), least half-precision in any direction
    sharpest: np.ndarray | jax.Array  # (), largest half-precision


def _padded_tiles(n):
    """A power of two: few array shapes, so few compilations. The padding is never visited."""
    return 1 << max(n - 1, 0).bit_length()


def tile(points, log_coefficient, half_precision=1.0, factors=None, decay=None) -> OnDevices:
    """Sort a mixture into tiles: a `Mixture`, kept on each device that computes with it.

    Parameters
    ----------
    points : array of shape (n, r)
    log_coefficient : array of shape (n,)
    half_precision : float or array of shape (n,)
    factors : array of shape (n, q, r), optional
    decay : array of shape (n,), optional
        With factors: the least half-precision of each component, ``h_k - |F_k|_2^2``.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.mixture import log_density, tile
    >>> log_density(tile(np.zeros((1, 1)), np.zeros(1)), np.ones((1, 1)), 2.0)
    array([-2.])
    """
    points = np.asarray(points, dtype=np.float64)
    n = len(points)
    size = min(max(_padded_tiles(n), SMALLEST_TILE), TILE_POINTS)
    T = _padded_tiles(-(-n // size))
    order = spatial_order(points, size)

    def tiled(values, fill):
        out = np.full((T * size, *values.shape[1:]), fill)
        out[:n] = values[order]
        return out.reshape(T, size, *values.shape[1:])

    shared = np.ndim(half_precision) == 0
    half = np.broadcast_to(np.asarray(half_precision, dtype=np.float64), (n,))
    y, c = tiled(points, 0.0), tiled(log_coefficient, -np.inf)
    exists = np.isfinite(c)[..., None]
    with np.errstate(divide="ignore"):
        peak = np.logaddexp.reduce(c, axis=1)
    arrays = Mixture(
        points=y,
        log_coefficient=c,
        half_precision=np.full((T, 1), half[0]) if shared else tiled(half, half[0]),
        factors=None if factors is None else tiled(factors, 0.0),
        lower=np.where(exists, y, np.inf).min(axis=1),
        upper=np.where(exists, y, -np.inf).max(axis=1),
        peak=peak,
        decay=tiled(half if decay is None else decay, np.inf).min(axis=1),
        sharpest=np.asarray(half.max()),
    )
    return OnDevices(arrays)


def log_density(tiles: OnDevices, x, half_precision=1.0):
    """Log of the mixture at x, array of shape (n, r); float64 array of shape (n,).

    ``half_precision``, a float or an array of shape (n,), multiplies the components' own: it is
    1 / (2 t) when they are 1 and the mixture is p_t.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.mixture import log_density, tile
    >>> tiles = tile(np.array([[-1.0], [1.0]]), np.log([0.5, 0.5]))
    >>> log_density(tiles, np.zeros((1, 1)), 1.0).round(4)
    array([-1.])
    """
    return _evaluate(tiles, x, half_precision, 0)[0]


def posterior_mean(tiles: OnDevices, x, half_precision=1.0):
    """Log-density (n,) and posterior mean of the component's center (n, r), in one pass.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.mixture import posterior_mean, tile
    >>> tiles = tile(np.array([[-1.0], [1.0]]), np.log([0.5, 0.5]))
    >>> posterior_mean(tiles, np.array([[0.5]]), 1.0)[1].round(4)
    array([[0.7616]])
    """
    return _evaluate(tiles, x, half_precision, 1)[:2]


def posterior_moments(tiles: OnDevices, x, half_precision=1.0):
    """Log-density (n,), posterior mean of the center (n, r), and of |x - center|^2, (n,).

    For mixtures whose components have half-precision 1 and no factors.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.mixture import posterior_moments, tile
    >>> tiles = tile(np.array([[-1.0], [1.0]]), np.log([0.5, 0.5]))
    >>> len(posterior_moments(tiles, np.array([[0.5]]), 1.0))
    3
    """
    log_p, mean, energy = _evaluate(tiles, x, half_precision, 2)
    return log_p, mean, -energy


def _evaluate(tiles, x, half_precision, moments):
    """Log-density and, as ``moments`` asks, posterior means of the center and the exponent."""
    x = np.asarray(x, dtype=np.float64)
    n, r = x.shape
    if n == 0:
        return np.empty(0), np.empty((0, r)), np.empty(0)
    half = np.broadcast_to(np.asarray(half_precision, dtype=np.float64), (n,))
    size = _queries_per_tile(tiles.arrays, x, half)
    # A single tile of points has nothing to skip, wherever the queries are.
    order = spatial_order(x, size) if len(tiles.arrays.peak) > 1 else slice(None)
    x, half = x[order], half[order]
    dim = r if moments else 0
    sorted_results = np.empty(n), np.empty((n, dim)), np.empty(n)
    few, many = QUERIES_PER_CALL
    rows = many if n >= many * n_threads() else few

    def call(start):
        """Evaluate up to ``rows`` queries from ``start`` on, padded to that many."""
        part = slice(start, min(start + rows, n))
        m = part.stop - start

        def tiled(values):
            out = np.empty((rows, *values.shape[1:]))
            out[:m], out[m:] = values[part], values[part.stop - 1]
            return out.reshape(-1, size, *values.shape[1:])

        results = _reduce(tiles.here(), tiled(x), tiled(half), -(-m // size), moments=moments)
        for out, result in zip(sorted_results, results, strict=True):
            out[part] = np.asarray(result).reshape(rows, *out.shape[1:])[:m]

    map_threads(call, range(0, n, rows))
    results = np.empty(n), np.empty((n, dim)), np.empty(n)
    for out, result in zip(results, sorted_results, strict=True):
        out[order] = result
    return results


def _queries_per_tile(mixture, x, half):
    """Many, or few where boxes around few leave out so much more that it pays; speed alone."""
    if mixture.factors is not None:
        return TILE_QUERIES_FACTORED
    # As many pairs with a few points as with a full tile.
    many = min(TILE_QUERIES * TILE_POINTS // mixture.points.shape[1], QUERIES_PER_CALL[0])
    there = np.isfinite(mixture.decay)
    if np.count_nonzero(there) == 1:
        return many
    lower, upper = mixture.lower[there], mixture.upper[there]
    width = upper.max(axis=0) - lower.min(axis=0)
    reach = np.sqrt(NEGLIGIBLE / (np.median(mixture.decay[there]) * np.median(half)))
    around = 2 * reach + np.median(upper - lower, axis=0)

    varies = width > 0

    def cost(size):
        """Of a query: the part of the points that its tile may meet, as if all were even."""
        own = np.ptp(x, axis=0) * min(size / len(x), 1) ** (1 / x.shape[1])
        part = np.minimum((around + own)[varies] / width[varies], 1)
        return part.prod() * (1 + OVERHEAD / size)

    return FEW_QUERIES if cost(FEW_QUERIES) < cost(many) else many


def _exponents(mixture, k, x, half):
    """Exponents (Q, P) of tile k at the queries x (Q, r), and their part that varies with x."""
    y, F = mixture.points[k], None if mixture.factors is None else mixture.factors[k]
    r = x.shape[1]
    if r <= DIFFERENCES_MAX_DIM:
        squares, along = _by_differences(x, y, F)
    else:
        # Centered at the queries, the terms of the expansion are at most (|x - y| + 2 radius)^2
        # and some dozen roundings of 2e-16 follow.
        radius = ((x - x.mean(axis=0)) ** 2).sum(1).max()
        error = 96 * jnp.finfo(x.dtype).eps * radius * mixture.sharpest * half.max()
        squares, along = lax.cond(error < EXPANSION_ERROR, _by_product, _by_differences, x, y, F)
    energy = along - squares * mixture.half_precision[k]
    return mixture.log_coefficient[k] + energy * half[:, None], energy


def _by_differences(x, y, F):
    """|x - y|^2 and |F (x - y)|^2, each (Q, P), from differences: exact to rounding."""

    def add_axis(j, sums):
        delta = x[:, j, None] - y[:, j]
        along = 0.0 if F is None else sums[1] + delta[..., None] * F[:, :, j]
        return sums[0] + delta * delta, along

    squares = jnp.zeros((len(x), len(y)))
    along = 0.0 if F is None else jnp.zeros((len(x), *F.shape[:2]))
    r = x.shape[1]
    sums = lax.fori_loop(0, r, add_axis, (squares, along), unroll=r <= DIFFERENCES_MAX_DIM)
    return sums[0], 0.0 if F is None else (sums[1] ** 2).sum(-1)


def _by_product(x, y, F):
    """The same by matrix products, several times faster in many dimensions."""
    middle = x.mean(axis=0)
    x, y = x - middle, y - middle
    squares = (x * x).sum(1)[:, None] + (y * y).sum(1) - 2 * x @ y.T
    if F is None:
        return jnp.maximum(squares, 0.0), 0.0
    P, q, r = F.shape
    along = (x @ F.reshape(P * q, r).T).reshape(-1, P, q) - jnp.einsum("pqr,pr->pq", F, y)
    return jnp.maximum(squares, 0.0), (along**2).sum(-1)


@partial(jax.jit, static_argnames="moments")
def _reduce(mixture, x, half, n_tiles, *, moments):
    """Evaluate the first n_tiles query tiles of x (tiles, Q, r)."""
    mixture = jax.tree.map(jnp.asarray, mixture)
    _, Q, r = x.shape

    def query_tile(i, out):
        xi, hi = x[i], half[i]
        gap = jnp.maximum(mixture.lower - xi.max(0), xi.min(0) - mixture.upper)
        nearest = (jnp.maximum(gap, 0.0) ** 2).sum(1)
        # Padding tiles: inf - inf must not arise, and they must come last.
        bound = jnp.where(
            jnp.isfinite(mixture.peak), mixture.peak - nearest * mixture.decay * hi.min(), -jnp.inf
        )

        def promising(state):
            bound, top, total = state[:3]
            worst = (top + jnp.log(total)).min()
            return bound.max() > worst - NEGLIGIBLE

        def add_tile(state):
            bound, top, total, centers, energies = state
            k = bound.argmax()
            exponents, energy = _exponents(mixture, k, xi, hi)
            new_top = jnp.maximum(top, exponents.max(1))
            shrink, terms = jnp.exp(top - new_top), jnp.exp(exponents - new_top[:, None])
            if moments > 0:
                centers = centers * shrink[:, None] + terms @ mixture.points[k]
            if moments > 1:
                energies = energies * shrink + (terms * energy).sum(1)
            bound = bound.at[k].set(-jnp.inf)
            return bound, new_top, total * shrink + terms.sum(1), centers, energies

        start = jnp.full(Q, -1e300), jnp.zeros(Q), jnp.zeros((Q, dim)), jnp.zeros(Q)
        state = lax.while_loop(promising, add_tile, (bound, *start))
        _, top, total, centers, energies = state
        results = top + jnp.log(total), centers / total[:, None], energies / total
        return tuple(o.at[i].set(result) for o, result in zip(out, results, strict=True))

    dim = r if moments else 0
    out = jnp.zeros(x.shape[:2]), jnp.zeros((*x.shape[:2], dim)), jnp.zeros(x.shape[:2])
    return lax.fori_loop(0, n_tiles, query_tile, out)
