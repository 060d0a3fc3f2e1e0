"""The active-set method for any number of rows, in calls of one shape: one compiled program."""

import jax
import numpy as np

from ._active_set import minimize, no_corners
from ._candidates import candidates_per_row

__all__ = ["DEFECT", "minimize_rows"]

# Chunks of rows in one compiled call.
CHUNKS_PER_CALL = 16
# Relative difference of the corners' gradients that marks a row as spoiled by rounding.
DEFECT = 1e-11


def minimize_rows(active, candidates, cloud, scale, x, ratio):
    """Minimize over the candidates, cloud indices (n, k), and the corners of ``active`` if any.

    Rows whose inverse was spoiled by nearly dependent corners are solved anew from the start.

    Returns
    -------
    ActiveSet, Minimum
        With arrays in NumPy and rows along the last axis.
    """
    active, minimum = _minimize(active, candidates, cloud, scale, x, ratio)
    spoiled = np.flatnonzero(~(minimum.defect < DEFECT))
    if len(spoiled):
        corner = active.corner[:, spoiled].T
        known = np.where(corner < 0, candidates[spoiled, :1], corner)
        known = np.concatenate([candidates[spoiled], known], axis=1)
        known = known[:, : candidates_per_row(x.shape[1])]
        solved = _minimize(None, known, cloud, scale[spoiled], x[spoiled], ratio[spoiled])
        for field, new in zip(
            jax.tree.leaves((active, minimum)), jax.tree.leaves(solved), strict=True
        ):
            field[..., spoiled] = new
    return active, minimum


def _rows_per_chunk(dim):
    return int(np.clip(2 ** round(np.log2(2**14 / (dim * candidates_per_row(dim)))), 16, 128))


def _minimize(active, candidates, cloud, scale, x, ratio):
    """`minimize` in calls of one shape."""
    n, dim = x.shape
    chunk = _rows_per_chunk(dim)
    size = CHUNKS_PER_CALL * chunk
    m = candidates_per_row(dim)
    index = np.empty((m, -(-n // size) * size), dtype=np.intp)
    index[: candidates.shape[1], :n] = candidates.T
    index[candidates.shape[1] :, :n] = candidates[:, 0]
    index[:, n:] = candidates[0, 0]
    positions, x = np.ascontiguousarray(cloud.points.T), x.T
    out = None

    def padded(array, start):
        part = array[..., start : start + size]
        if part.shape[-1] == size:
            return part
        return np.concatenate([part, np.repeat(part[..., :1], size - part.shape[-1], -1)], axis=-1)

    for start in range(0, n, size):
        k = index[:, start : start + size]
        active_, scale_, x_, ratio_ = jax.tree.map(
            lambda array, start=start: padded(array, start), (active, scale, x, ratio)
        )
        active_ = no_corners(dim, size) if active is None else active_
        n_chunks = -(-min(size, n - start) // chunk)
        solved = minimize(active_, k, positions[:, k], scale_, x_, ratio_, n_chunks, rows=chunk)
        out = out or jax.tree.map(
            lambda field: np.empty((*field.shape[:-1], n), field.dtype), solved
        )
        for field, part in zip(jax.tree.leaves(out), jax.tree.leaves(solved), strict=True):
            field[..., start : start + size] = np.asarray(part)[..., : n - start]
    return out
