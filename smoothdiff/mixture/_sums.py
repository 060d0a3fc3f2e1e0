"""Sums over the tiles of a mixture, best first, with an online log-sum-exp.

Tiles stand in rows. The row that some query lacks most comes next, and its tiles in the same way,
until what is left of them, and then of all other rows, can add no more than a part `NEGLIGIBLE` of
any query's sum. Near the data and at small t few rows are looked into and few tiles visited, and
queries then go by few, which lie close together.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from .._compute import IN_ONE_THREAD, OnDevices, map_threads, n_threads
from ..neighbors import spatial_order
from ..neighbors._order import part_met
from ._bounds import bounds_of, in_rows, row_of
from ._exponents import exponents_of
from ._tiles import FEW_DIM, TILE_POINTS

__all__ = ["log_density", "posterior_mean", "posterior_moments"]

# Queries of a tile; of a mixture with factors, in few and in many dimensions.
TILE_QUERIES, FEW_QUERIES = 256, 16
FEW_FACTORED, MANY_FACTORED = 32, 128
# Queries that would take as long as what a visit of a tile of points costs besides.
OVERHEAD = 8
# Queries of a compiled call: two shapes, the larger one if there is work for every thread then.
QUERIES_PER_CALL = 2048, 16384
# Below the rounding of a sum of which so large a part is left out, twice.
NEGLIGIBLE = 8e-17
# Log of what counts as nothing.
LEAST = -1e300
# One level below the highest, at which XLA's loops over the factors of a single tile take 2.4 times
# as long on a CPU; those over many tiles take as long. And exponentials by the widest vectors.
COMPILATION = {
    **IN_ONE_THREAD,
    "xla_backend_optimization_level": 2,
    "xla_cpu_prefer_vector_width": 512,
}


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
    # Whole tiles of queries, whatever the number of threads: the same sums.
    step = min(-(-n // (size * n_threads())) * size, rows)

    def call(start):
        """Evaluate up to ``step`` queries from ``start`` on, padded to ``rows``."""
        part = slice(start, min(start + step, n))
        m = part.stop - start

        def tiled(values):
            out = np.empty((rows, *values.shape[1:]))
            out[:m], out[m:] = values[part], values[part.stop - 1]
            return out.reshape(-1, size, *values.shape[1:])

        results = _reduce(tiles.here(), tiled(x), tiled(half), -(-m // size), moments=moments)
        for out, result in zip(sorted_results, results, strict=True):
            out[part] = np.asarray(result).reshape(rows, *out.shape[1:])[:m]

    map_threads(call, range(0, n, step))
    results = np.empty(n), np.empty((n, dim)), np.empty(n)
    for out, result in zip(results, sorted_results, strict=True):
        out[order] = result
    return results


def _queries_per_tile(mixture, x, half):
    """Many, or few where boxes around few leave out so much more that it pays; speed alone."""
    if mixture.factors is not None:
        return FEW_FACTORED if x.shape[1] <= FEW_DIM else MANY_FACTORED
    there = np.isfinite(mixture.decay)
    if np.count_nonzero(there) == 1:
        # As many pairs with a few points as with a full tile.
        return min(TILE_QUERIES * TILE_POINTS // mixture.points.shape[2], QUERIES_PER_CALL[0])
    lower, upper = mixture.lower[there], mixture.upper[there]
    width = upper.max(axis=0) - lower.min(axis=0)
    reach = np.sqrt(-np.log(NEGLIGIBLE) / (np.median(mixture.decay[there]) * np.median(half)))
    around = 2 * reach + np.median(upper - lower, axis=0)

    def cost(size):
        return part_met(x, size, around, width) * (1 + OVERHEAD / size)

    return min(FEW_QUERIES, TILE_QUERIES, key=cost)


@partial(jax.jit, static_argnames="moments", compiler_options=COMPILATION)
def _reduce(mixture, x, half, n_tiles, *, moments):
    """Evaluate the first n_tiles query tiles of x (tiles, Q, r)."""
    mixture = jax.tree.map(jnp.asarray, mixture)
    _, Q, r = x.shape
    T = len(mixture.peak)
    tiles, rows = in_rows(mixture)

    def add_tile(k, xi, hi, sums):
        """The sums with the terms of tile k of points."""
        top, total, centers, energies = sums
        exponents, energy = exponents_of(mixture, k, xi, hi)
        new_top = jnp.maximum(top, exponents.max(0))
        shrink, terms = jnp.exp(top - new_top), jnp.exp(exponents - new_top)
        if moments > 0:
            centers = centers * shrink + mixture.points[k] @ terms
        if moments > 1:
            energies = energies * shrink + (terms * energy).sum(0)
        return new_top, total * shrink + terms.sum(0), centers, energies

    def add_promising_tiles(xi, hi, sums):
        n_rows, n_columns = tiles.peak.shape

        def against(bounds):
            """What says of some boxes how much each can add."""
            # To a query of which no point is known yet the best box can add all.
            most = jnp.maximum(bounds.max(1), LEAST)

            def lacking(left, sums):
                """Log of the largest part of a query's sum that each can add, of those left."""
                top, total, *_ = sums
                found = jnp.where(total > 0, top + jnp.log(total), most)
                return jnp.where(left, (bounds - found[:, None]).max(0), -jnp.inf)

            return lacking

        of_rows = against(bounds_of(rows, xi, hi))

        def more_than(part):
            return lambda state: jnp.exp(state[0]).sum() > part

        def add_row(state):
            """The tiles of the best row, best first, and the row is done with."""
            most, left, sums = state
            row = most.argmax()
            of_tiles = against(bounds_of(row_of(tiles, row), xi, hi))

            def add_best(state):
                most, here, sums = state
                best = most.argmax()
                here = here.at[best].set(False)
                sums = add_tile(row * n_columns + best, xi, hi, sums)
                return of_tiles(here, sums), here, sums

            here = jnp.ones(n_columns, bool)
            state = of_tiles(here, sums), here, sums
            sums = lax.while_loop(more_than(NEGLIGIBLE / n_rows), add_best, state)[2]
            left = left.at[row].set(False)
            return of_rows(left, sums), left, sums

        left = jnp.ones(n_rows, bool)
        state = of_rows(left, sums), left, sums
        return lax.while_loop(more_than(NEGLIGIBLE), add_row, state)[2]

    def query_tile(i, out):
        xi, hi = x[i].T, half[i]
        sums = jnp.full(Q, LEAST), jnp.zeros(Q), jnp.zeros((dim, Q)), jnp.zeros(Q)
        # Of a single tile there is nothing to leave out, and much less to compile.
        sums = add_tile(0, xi, hi, sums) if T == 1 else add_promising_tiles(xi, hi, sums)
        top, total, centers, energies = sums
        results = top + jnp.log(total), (centers / total).T, energies / total
        return tuple(o.at[i].set(result) for o, result in zip(out, results, strict=True))

    dim = r if moments else 0
    out = jnp.zeros(x.shape[:2]), jnp.zeros((*x.shape[:2], dim)), jnp.zeros(x.shape[:2])
    return lax.fori_loop(0, n_tiles, query_tile, out)
