"""The active-set method for any number of rows, in calls of one shape: one compiled program."""

import jax
import numpy as np

from ._active_set import ActiveSet, Minimum, minimize, no_corners
from ._candidates import candidates_per_row, most_candidates

__all__ = ["DEFECT", "minimize_rows"]

# Chunks of rows in one compiled call: fewer where their corners take more numbers (4 MB).
CHUNKS_PER_CALL, NUMBERS_PER_CALL = 16, 1 << 19
# Slots that rows begin in, in many dimensions: as a rule a row has few corners. Those with no more
# than ROOM left, and those that run out of them, take all r + 1. So do all rows where fewer than
# SPARED slots would be spared, and where rows times squared dimensions are not WORTH two programs'
# compilation.
FEW_SLOTS, DIM_PER_SLOT, ROOM, SPARED, WORTH = 8, 6, 2, 4, 900_000
# Relative difference of the corners' gradients that marks a row as spoiled by rounding.
DEFECT = 1e-11
# Condition from which a system counts as singular.
LARGEST_CONDITION = 1e15


def minimize_rows(active, candidates, cloud, scale, x, ratio):
    """Minimize over the candidates, cloud indices (n, k), and the corners of ``active`` if any.

    Where rounding spoiled the inverse of a row it is formed anew, from the corners; where that does
    not help the row is solved from the start.

    Returns
    -------
    ActiveSet, Minimum
        With arrays in NumPy and rows along the last axis; the former in as many slots as the row
        of most corners needs, or more.
    """
    active, minimum = _minimize(active, candidates, cloud, scale, x, ratio)
    for attempt in _with_new_inverse, _from_the_start:
        spoiled = np.flatnonzero(~(minimum.defect < DEFECT))
        if len(spoiled) == 0:
            break
        start, tried = attempt(active.take(spoiled), candidates[spoiled], ratio[spoiled])
        solved = _minimize(start, tried, cloud, scale[spoiled], x[spoiled], ratio[spoiled])
        active = _put(solved[0], active, spoiled)
        for field, new in zip(minimum, solved[1], strict=True):
            field[..., spoiled] = new
    return active, minimum


def _with_new_inverse(active, candidates, ratio):
    """The corners as they are, with the inverse of their bordered system by LAPACK."""
    used = active.corner.T >= 0
    positions = active.positions.transpose(2, 1, 0) * used[..., None]
    n, size, _ = positions.shape
    system = np.zeros((n, size + 1, size + 1))
    system[:, :size, :size] = positions @ positions.transpose(0, 2, 1)
    system[:, :size, :size] *= 2 * (1 - ratio)[:, None, None]
    system[:, :size, size] = system[:, size, :size] = used
    empty = np.zeros((n, size + 1))
    empty[:, :size] = ~used
    system += empty[..., None] * np.eye(size + 1)
    regular = np.linalg.cond(system) < LARGEST_CONDITION
    system[~regular] = np.eye(size + 1)
    inverse = np.linalg.inv(system) - empty[..., None] * np.eye(size + 1)
    return active._replace(inverse=inverse.transpose(1, 2, 0)), candidates


def _from_the_start(active, candidates, ratio):
    """No corners, but those that there were among the candidates."""
    corner = active.corner.T
    known = np.concatenate([candidates, np.where(corner < 0, candidates[:, :1], corner)], axis=1)
    return None, known[:, : most_candidates(active.origin.shape[0])]


def _rows_per_chunk(dim):
    return int(np.clip(2 ** round(np.log2(2**14 / (dim * candidates_per_row(dim)))), 16, 128))


def _minimize(active, candidates, cloud, scale, x, ratio):
    """`minimize` in few slots, and in all for the rows that need them."""
    n, dim = x.shape
    few = FEW_SLOTS + dim // DIM_PER_SLOT
    if dim + 1 - few < SPARED or n * dim**2 < WORTH:
        active = None if active is None else active.in_slots(dim + 1)
        return _in_slots(dim + 1, active, candidates, cloud, scale, x, ratio)
    state = ActiveSet.empty(dim, few, n) if active is None else active
    minimum = Minimum(*np.empty((2, dim, n)), *np.full((2, n), np.inf))

    def solve(rows, slots, start):
        found, part = _in_slots(
            slots, start, candidates[rows], cloud, scale[rows], x[rows], ratio[rows]
        )
        for field, new in zip(minimum, part, strict=True):
            field[..., rows] = new
        return _put(found, state, rows)

    narrow = np.flatnonzero((state.corner >= 0).sum(axis=0) < few - ROOM)
    if len(narrow):
        state = solve(narrow, few, None if active is None else state.take(narrow).in_slots(few))
    wide = np.flatnonzero(~(minimum.defect < DEFECT))
    if len(wide):
        state = solve(wide, dim + 1, state.take(wide).in_slots(dim + 1))
    return state, minimum


def _put(found, state, rows):
    """A state with what was found for some of its rows, in as many slots as they need."""
    needed = int((found.corner >= 0).sum(axis=0).max(initial=1))
    if needed < len(found.theta):
        found = found.in_slots(needed)
    if len(rows) == state.corner.shape[1]:
        return found
    slots = max(len(state.theta), len(found.theta))
    state = jax.tree.map(np.copy, state).in_slots(slots)
    for field, new in zip(state, found.in_slots(slots), strict=True):
        field[..., rows] = new
    return state


def _in_slots(slots, active, candidates, cloud, scale, x, ratio):
    """`minimize` in calls of one shape."""
    n, dim = x.shape
    chunk = _rows_per_chunk(dim)
    fit = NUMBERS_PER_CALL // (chunk * slots * (slots + dim))
    size = min(max(fit, 1), CHUNKS_PER_CALL) * chunk
    m = candidates_per_row(dim)
    m = m if candidates.shape[1] <= m else most_candidates(dim)
    index = np.empty((m, -(-n // size) * size), dtype=np.intp)
    index[: candidates.shape[1], :n] = candidates.T
    index[candidates.shape[1] :, :n] = candidates[:, 0]
    index[:, n:] = candidates[0, 0]
    x, out = x.T, None

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
        active_ = no_corners(dim, slots, size).here() if active is None else active_
        n_chunks = -(-min(size, n - start) // chunk)
        points = cloud.coordinates(k)
        solved = minimize(active_, k, points, scale_, x_, ratio_, n_chunks, rows=chunk)
        out = out or jax.tree.map(
            lambda field: np.empty((*field.shape[:-1], n), field.dtype), solved
        )
        for field, part in zip(jax.tree.leaves(out), jax.tree.leaves(solved), strict=True):
            field[..., start : start + size] = np.asarray(part)[..., : n - start]
    return out
