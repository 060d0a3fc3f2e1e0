"""The points of a mixture, sorted into tiles: near each other, and of components of like width."""

from typing import NamedTuple

import jax
import numpy as np

from .._compute import OnDevices, map_threads, slices
from ..neighbors import spatial_order
from ._exponents import MAX_WRITTEN_OUT

__all__ = ["FEW_DIM", "TILE_POINTS", "Mixture", "tile"]

# Points of a tile; of many points in few dimensions, where small boxes leave out much more.
TILE_POINTS = 512
FEW_DIM = 5
FEW_POINTS, FEW_FROM = 128, 2048
# Fewer points than that make one tile of a power of two.
SMALLEST_TILE = 8
# Points of a mixture so small that factors fewer than r, but not half as many, are filled up with
# zeros: another program would take longer to compile than the zeros to sum.
ONE_PROGRAM = 512
# Octaves of half-precision that tiles have in common, where components have their own.
ALIKE = 1.5
# Factors that one thread turns.
TURNED_AT_ONCE = 1024


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
    if factors is not None:
        if r <= MAX_WRITTEN_OUT:  # half of the products
            factors = _triangular(factors)
        if n <= ONE_PROGRAM and r / 2 <= factors.shape[1] < r:
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


def _triangular(factors):
    """Factors (n, q, r) turned until they are upper triangular: they give the same squares."""

    def turned(rows):
        return np.linalg.qr(factors[rows], mode="r")

    return np.concatenate(map_threads(turned, slices(len(factors), TURNED_AT_ONCE)))


def _alike(decay, size):
    """Groups of components of like decay, in whole tiles but for the last: one bound serves a tile.

    From the widest on; what is left over of a group joins the next.
    """
    group = np.floor(np.log2(decay) / ALIKE)
    ends = np.cumsum(np.unique(group, return_counts=True)[1]) // size * size
    cuts = np.unique(ends[:-1])
    return np.split(np.argsort(group, kind="stable"), cuts[cuts > 0])
