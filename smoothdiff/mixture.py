"""Gaussian mixtures with one component for each training point: log-density and posterior mean.

    p(x) = sum_k exp(c_k - h_k |x - y_k|^2 + |F_k (x - y_k)|^2)
    D(x) = sum_k P(k | x) y_k

``c_k`` holds the log-weight and the normalization, ``h_k`` half the precision, and the optional
factors ``F_k``, upper triangular, lower the precision along some directions. The noised empirical
law p_t and the starting laws are of this form.

The sums run over tiles of points, best first, with an online log-sum-exp: memory is one tile,
never queries x points. Points are sorted by how wide their components are and then in space, so
that a tile has a small box, one decay, and thereby an upper bound on its sum at each query. The
tile that some query lacks most comes next, until the remaining ones together can add no more than
``exp(-NEGLIGIBLE)`` of any query's sum, which is below its rounding. Near the data and at small t
few tiles are visited, and queries then go by few, which lie close together.
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

# Points of a tile; of many points in few dimensions, where small boxes leave out much more.
TILE_POINTS, FEW_POINTS, FEW_FROM, FEW_DIM = 512, 128, 2048, 5
# Fewer points than that make one tile of a power of two.
SMALLEST_TILE = 8
# Queries of a tile; of a mixture with factors, in few and in many dimensions.
TILE_QUERIES, FEW_QUERIES = 256, 16
FEW_FACTORED, MANY_FACTORED = 32, 128
# Points of a mixture so small that factors fewer than r, but not half as many, are filled up with
# zeros: another program would take longer to compile than the zeros to sum.
ONE_PROGRAM = 512
# Queries that would take as long as what a visit of a tile of points costs besides.
OVERHEAD = 8
# Bounds of tiles at queries that are formed at once.
BOUNDS_AT_ONCE = 1 << 22
# Queries of a compiled call: two shapes, the larger one if there is work for every thread then.
QUERIES_PER_CALL = 2048, 16384
# exp(-37) = 9e-17, below the rounding of the sum that as much is left out of.
NEGLIGIBLE = 37.0
# Largest error of an exponent for which |x - y|^2 may be expanded into a matrix product (a part of
# the exponent itself, 5e-15 of it, comes on top).
EXPANSION_ERROR = 1e-10
# Log of what counts as nothing.
LEAST = -1e300
# Terms up to which a sum is written out.
MAX_WRITTEN_OUT = 16
# Up to this many dimensions differences cost no more than the matrix product.
DIFFERENCES_MAX_DIM = 3
# One level below the highest, at which XLA's loops over the factors of a single tile take 2.4 times
# as long on a CPU; those over many tiles take as long.
COMPILATION = {"xla_backend_optimization_level": 2}


class Mixture(NamedTuple):
    """The arrays of a mixture in tiles of P points, from `tile`. Padding has log-coefficient -inf.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.mixture import tile
    >>> tile(np.array([[-1.0], [1.0]]), np.log([0.5, 0.5])).arrays.peak
    array([0.])
    """

    points: np.ndarray | jax.Array  # (T, r, P)
    log_coefficient: np.ndarray | jax.Array  # (T, P)
    half_precision: np.ndarray | jax.Array  # (T, P), or (T, 1) where all are equal
    factors: np.ndarray | jax.Array | None  # (T, q, r, P)
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
        Upper triangular, as every F_k is but for a rotation: what lies below is taken for 0.
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
    n, r = points.shape
    if factors is not None and n <= ONE_PROGRAM and r / 2 <= factors.shape[1] < r:
        factors = np.pad(factors, ((0, 0), (0, r - factors.shape[1]), (0, 0)))
    most = FEW_POINTS if r <= FEW_DIM and n > FEW_FROM else TILE_POINTS
    size = min(max(_padded_tiles(n), SMALLEST_TILE), most)
    shared = np.ndim(half_precision) == 0
    half = np.broadcast_to(np.asarray(half_precision, dtype=np.float64), (n,))
    decay = half if decay is None else np.asarray(decay)
    T = _padded_tiles(-(-n // size))
    groups = [np.arange(n)] if shared and factors is None else _alike(decay, size)
    order = np.concatenate([group[spatial_order(points[group], size)] for group in groups])

    def tiled(values, fill):
        out = np.full((T * size, *values.shape[1:]), fill)
        out[:n] = values[order]
        return out.reshape(T, size, *values.shape[1:])

    y, c = tiled(points, 0.0), tiled(log_coefficient, -np.inf)
    exists = np.isfinite(c)[..., None]
    with np.errstate(divide="ignore"):
        peak = np.logaddexp.reduce(c, axis=1)
    arrays = Mixture(
        points=np.moveaxis(y, 1, 2).copy(),
        log_coefficient=c,
        half_precision=np.full((T, 1), half[0]) if shared else tiled(half, half[0]),
        factors=None if factors is None else np.moveaxis(tiled(factors, 0.0), 1, 3).copy(),
        lower=np.where(exists, y, np.inf).min(axis=1),
        upper=np.where(exists, y, -np.inf).max(axis=1),
        peak=peak,
        decay=tiled(decay, np.inf).min(axis=1),
        sharpest=np.asarray(half.max()),
    )
    return OnDevices(arrays)


def _alike(decay, size):
    """Groups of components of like decay, in whole tiles but for the last: one bound serves a tile.

    From the widest on; what is left over of an octave joins the next.
    """
    octave = np.floor(np.log2(decay))
    ends = np.cumsum(np.unique(octave, return_counts=True)[1]) // size * size
    cuts = np.unique(ends[:-1])
    return np.split(np.argsort(octave, kind="stable"), cuts[cuts > 0])


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
    many = int(np.clip(BOUNDS_AT_ONCE // len(there), FEW_QUERIES, TILE_QUERIES))
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
        return _dot(delta, lambda j: f[j, :, None], len(x), shape, first)

    return _dot(delta, delta, len(x), shape), _sum_of_squares(along, F)


def _dot(left, right, r, shape, first=0):
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


@partial(jax.jit, static_argnames="moments", compiler_options=COMPILATION)
def _reduce(mixture, x, half, n_tiles, *, moments):
    """Evaluate the first n_tiles query tiles of x (tiles, Q, r)."""
    mixture = jax.tree.map(jnp.asarray, mixture)
    _, Q, r = x.shape
    lower, upper, there = mixture.lower.T, mixture.upper.T, jnp.isfinite(mixture.peak)
    several = jnp.log(there.sum())
    T = len(mixture.peak)
    # Bounds in rows, whose best are known: the best of all is found without looking at each.
    rows = 1 << (T.bit_length() - 1) // 2

    def add_tile(k, xi, hi, sums):
        """The sums with the terms of tile k of points."""
        top, total, centers, energies = sums
        exponents, energy = _exponents(mixture, k, xi, hi)
        new_top = jnp.maximum(top, exponents.max(0))
        shrink, terms = jnp.exp(top - new_top), jnp.exp(exponents - new_top)
        if moments > 0:
            centers = centers * shrink + mixture.points[k] @ terms
        if moments > 1:
            energies = energies * shrink + (terms * energy).sum(0)
        return new_top, total * shrink + terms.sum(0), centers, energies

    def add_promising_tiles(xi, hi, sums):
        def gap(j):
            at = xi[j][:, None]
            return jnp.maximum(jnp.maximum(lower[j] - at, at - upper[j]), 0.0)

        nearest = _dot(gap, gap, r, (Q, T))
        # Padding tiles: inf - inf must not arise, and they must come last.
        bound = jnp.where(
            there, mixture.peak - nearest * hi[:, None] * mixture.decay, -jnp.inf
        ).reshape(Q, rows, -1)

        def promising(state):
            _, best, found, _ = state
            return (best - found[:, None]).max() + several > -NEGLIGIBLE

        def add_best(state):
            seen, best, found, sums = state
            query, row = jnp.divmod((best - found[:, None]).argmax(), rows)
            column = jnp.where(seen[row], -jnp.inf, bound[query, row]).argmax()
            seen = seen.at[row, column].set(True)
            best = best.at[:, row].set(jnp.where(seen[row], -jnp.inf, bound[:, row]).max(1))
            top, total, *_ = sums = add_tile(row * (T // rows) + column, xi, hi, sums)
            return seen, best, jnp.maximum(top + jnp.log(total), LEAST), sums

        # Of no point yet: lower than any bound, and near enough to tell bounds apart.
        found = bound.max((1, 2)) - 1.0
        seen = jnp.zeros((rows, T // rows), bool)
        return lax.while_loop(promising, add_best, (seen, bound.max(2), found, sums))[3]

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
