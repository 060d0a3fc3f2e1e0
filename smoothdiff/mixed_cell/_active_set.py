"""Active-set solution of many small mixed-cell problems at once, on candidate points.

For each row: candidates e_1..e_m, a point b, a ratio rho in (0, 1], and weights theta on the
simplex that minimize

    (1 - rho) |b - sum theta_k e_k|^2 + rho sum theta_k |b - e_k|^2,

whose gradient is, up to a constant, g_k = rho |e_k|^2 - 2 e_k.b + 2 (1 - rho) e_k.a with
a = sum theta_k e_k. The minimizer is characterized by g being smallest, and equal, on the
candidates of positive weight.

The method is Wolfe's (1976): keep a set of affinely independent *corners*; move to the minimizer
over their affine hull, dropping the corner whose weight vanishes first; at such a minimizer let
the candidate of smallest gradient enter, until none lies below the corners. The system

    [ 2 (1 - rho) E'E   1 ] [ d theta ]   [ -g ]
    [ 1'                0 ] [ -lambda ] = [  0 ]

is kept solved through its explicit inverse, updated by one rank-1 term for each corner that
enters or leaves. Every move is a Newton step from the gradient at hand, so that errors of the
inverse are corrected as it goes rather than accumulated.

Rows run along the last axis: each operation is one contiguous loop over rows.
"""

from functools import cache, partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

__all__ = ["TOLERANCE", "ActiveSet", "Minimum", "minimize", "no_corners"]

# A candidate enters when its gradient lies below the corners' by more than this fraction of the
# terms that are summed in it (rounding is a few 1e-16 of them).
TOLERANCE = 1e-13
# Squared distance from the corners' affine hull, as a fraction of that from the origin, at which
# a candidate counts as lying in it.
IN_HULL = 1e-13
# Smallest affine coordinate of an entrant in the hull at which it can replace a corner.
SMALLEST_PIVOT = 1e-8
# Coordinates up to which a sum over them is written out: XLA makes one pass of it, 4x faster.
MAX_WRITTEN_OUT = 32


class ActiveSet(NamedTuple):
    """Corners with weights for B rows in r dimensions; empty slots have index -1."""

    corner: np.ndarray | jax.Array
    """Which training point each corner is, (r + 1, B)."""
    origin: np.ndarray | jax.Array
    """Training point that each row's coordinates are relative to, (r, B)."""
    positions: np.ndarray | jax.Array
    """Positions of the corners, from the origin and in the row's unit of length, (r, r + 1, B)."""
    theta: np.ndarray | jax.Array
    """Their weights, (r + 1, B)."""
    inverse: np.ndarray | jax.Array
    """Inverse of the bordered system, the border last, (r + 2, r + 2, B)."""


@cache
def no_corners(dim, n):
    """An empty start for n rows in r = dim dimensions."""
    shapes = [(dim,), (dim, dim + 1), (dim + 1,), (dim + 2, dim + 2)]
    fields = [np.zeros((*shape, n)) for shape in shapes]
    return ActiveSet(np.full((dim + 1, n), -1), *fields)


def _at(index, array):
    """Entry ``index`` (B,) along the second-to-last axis of an array (..., k, B)."""
    index = index.reshape((1,) * (array.ndim - 1) + (-1,))
    return jnp.take_along_axis(array, index, axis=-2)[..., 0, :]


def _dot(points, x):
    """Inner products of points (r, m, B) with x (r, B), or with points, over the coordinates."""
    if len(points) > MAX_WRITTEN_OUT:
        return (points * x.reshape(len(x), -1, x.shape[-1])).sum(0)
    return sum(p * y for p, y in zip(points, x, strict=True))


def _argmin(values):
    """Index of the first smallest entry along axis 0, by two reductions that vectorize."""
    slots = jnp.arange(values.shape[0])[:, None]
    return jnp.where(values == values.min(0), slots, values.shape[0]).min(0)


class Minimum(NamedTuple):
    """What the minimizer says of each row, in the coordinates of the points."""

    a: jax.Array
    """Smoothed denoiser, (r, B)."""
    v: jax.Array
    """Equidistant from the corners: x = (1 - rho) a + rho v, (r, B)."""
    support: jax.Array
    """Distance of v from the corners, (B,)."""
    defect: jax.Array
    """How unequal the gradients at the corners are, relative to their terms, (B,).

    Infinite for a row that the iterations did not finish.
    """


@partial(jax.jit, static_argnames="rows")
def minimize(start: ActiveSet, index, candidates, scale, x, rho, n_chunks, *, rows):
    """Minimize over the candidates, and the corners of ``start`` where there is one.

    Parameters
    ----------
    start : ActiveSet
        Minimizers over their own corners. A row without corners, as in `no_corners`, begins at
        the candidate nearest to its x.
    index : integer array (m, B)
        Which training points the candidates are.
    candidates : array (r, m, B)
    scale : array (B,)
        Unit of length that each row is solved in.
    x : array (r, B)
    rho : array (B,), in (0, 1]
    n_chunks : int
        The first n_chunks * rows rows are solved; what follows is padding.
    rows : int
        Rows that iterate together, until the slowest is done: enough to fill the vector units,
        few enough for the cache.

    Returns
    -------
    ActiveSet, Minimum
    """
    arguments = start, index, candidates, scale, x, rho

    def solve_chunk(i, out):
        def part(array):
            return lax.dynamic_slice_in_dim(array, i * rows, rows, axis=-1)

        solved = _minimize_chunk(*jax.tree.map(part, arguments))
        return jax.tree.map(
            lambda o, s: lax.dynamic_update_slice_in_dim(o, s, i * rows, axis=-1), out, solved
        )

    minimum = Minimum(jnp.zeros_like(x), jnp.zeros_like(x), jnp.zeros_like(rho), rho)
    return lax.fori_loop(0, n_chunks, solve_chunk, (jax.tree.map(jnp.asarray, start), minimum))


def _at_nearest(index, candidates, x):
    """Start at the candidate nearest to x, which is the origin and the only corner."""
    r, _, rows = candidates.shape
    nearest = _argmin(((candidates - x[:, None]) ** 2).sum(0))
    first = jnp.arange(r + 2)[:, None] == 0
    border = jnp.arange(r + 2)[:, None] == r + 1
    return ActiveSet(
        jnp.where(first[:-1], _at(nearest, index), -1),
        _at(nearest, candidates),
        jnp.zeros((r, r + 1, rows)),
        jnp.zeros((r + 1, rows)).at[0].set(1.0),
        jnp.zeros((r + 2, r + 2, rows)) + (first[:, None] * border + border[:, None] * first),
    )


def _minimize_chunk(start, index, candidates, scale, x, rho):
    fresh = (start.corner < 0).all(0)
    start = jax.tree.map(partial(jnp.where, fresh), _at_nearest(index, candidates, x), start)
    origin = start.origin
    e, b = (candidates - origin[:, None]) / scale, (x - origin) / scale
    r, _, rows = e.shape
    curvature = 2 * (1 - rho)
    norm = jnp.sqrt(_dot(e, e))
    linear = rho * norm**2 - 2 * _dot(e, b)
    norm_b = jnp.sqrt((b * b).sum(0))
    slots = jnp.arange(r + 1)[:, None]
    border = jnp.arange(r + 2)[:, None] == r + 1

    def newton_step(active):
        """Gradient at the corners, and the step in theta to their affine minimizer."""
        used = active.corner >= 0
        a = (active.positions * active.theta).sum(1)
        square = (active.positions**2).sum(0)
        g = rho * square + (active.positions * (curvature * a - 2 * b)[:, None]).sum(0)
        residual = jnp.concatenate([jnp.where(used, -g, 0.0), 1 - active.theta.sum(0)[None]])
        return used, a, g, (active.inverse * residual).sum(1)[:-1]

    def iterate(state):
        active, settled, done, count = state
        used, a, g_corners, newton = newton_step(active)
        lowest = jnp.where(used, g_corners, jnp.inf).min(0)
        g = linear + curvature * _dot(e, a)
        rounding = TOLERANCE * norm * (norm + 2 * (norm_b + jnp.sqrt((a * a).sum(0))))
        excess = g - lowest + rounding
        entrant = _argmin(excess)
        enters = settled & ~done & (_at(entrant, excess) < 0)
        live = ~done & ~(settled & ~enters)

        # Along the direction in which the entrant gains weight and the corners stay optimal,
        # the objective falls at rate `slope` and curves by `height` (a squared distance).
        corner = _at(entrant, e)
        slope = lowest - _at(entrant, g)
        column = jnp.where(used, curvature * (active.positions * corner[:, None]).sum(0), 0.0)
        column = jnp.concatenate([column, jnp.ones((1, rows))])
        solved = (active.inverse * column).sum(1)
        square = curvature * (corner * corner).sum(0)
        height = square - (column * solved).sum(0)
        outside = height > IN_HULL * square
        to_minimum = jnp.where(outside, slope / jnp.where(outside, height, 1.0), jnp.inf)
        full_step = jnp.where(enters, to_minimum, 1.0)
        direction = jnp.where(enters, -solved[:-1], newton)

        # The first weight to vanish leaves. Where the entrant lies in the corners' hull it takes
        # the leaver's place, which must not rest on a coordinate that is zero but for rounding.
        falls = direction < jnp.where(enters & ~outside, -SMALLEST_PIVOT, 0.0)
        to_boundary = jnp.where(used & falls, active.theta / -direction, jnp.inf)
        nearest = to_boundary.min(0)
        leaves = live & (nearest < full_step)
        leaver = jnp.where(leaves, _argmin(to_boundary), r + 1)
        step = jnp.where(live, jnp.minimum(nearest, full_step), 0.0)
        only = enters & leaves & (used.sum(0) == 1)
        used = used & (slots != leaver)
        theta = jnp.where(used, jnp.maximum(active.theta + step * direction, 0.0), 0.0)

        # Rank-1 updates of the inverse: first without the leaver, then with the entrant.
        out = jnp.where(leaves, _at(leaver, active.inverse), 0.0)
        pivot = _at(leaver, out)
        out_scaled = out / jnp.where(leaves & (pivot != 0), pivot, 1.0)
        keep = jnp.where((jnp.arange(r + 2)[:, None] == leaver) & leaves | only, 0.0, 1.0)
        column_left = jnp.where(leaves, _at(leaver, column), 0.0)
        column = column * keep
        solved = (solved - out * column_left - out_scaled * (out * column).sum(0)) * keep
        height = square - (column * solved).sum(0)
        slot = jnp.where(enters, _argmin(jnp.where(used, 1, 0)), -1)
        added = slots == slot
        unit = jnp.concatenate([added.astype(e.dtype), jnp.zeros((1, rows))])
        into = jnp.where(enters, solved - unit, 0.0)
        inverse = (active.inverse - out[:, None] * out_scaled) * keep[:, None] * keep
        inverse = inverse + into[:, None] * (into / jnp.where(enters, height, 1.0))
        alone = unit[:, None] * border + border[:, None] * unit
        alone = alone - square * (border[:, None] & border)
        inverse = jnp.where(only, alone, inverse)

        active = ActiveSet(
            jnp.where(added, _at(entrant, index), jnp.where(used, active.corner, -1)),
            origin,
            jnp.where(added, corner[:, None], jnp.where(used, active.positions, 0.0)),
            jnp.where(added, step, theta),
            inverse,
        )
        return active, ~leaves, ~live, count + 1

    def unfinished(state):
        _, _, done, count = state
        return ~done.all() & (count < 100 + 20 * r)

    none = jnp.zeros(rows, bool)
    active, _, done, _ = lax.while_loop(unfinished, iterate, (start, ~none, none, 0))
    for _ in range(2):
        used, _, _, newton = newton_step(active)
        theta = jnp.maximum(active.theta + jnp.where(used, newton, 0.0), 0.0)
        active = active._replace(theta=theta / theta.sum(0))
    a = (active.positions * active.theta).sum(1)
    v = (b - (1 - rho) * a) / rho
    squares, used = ((active.positions - v[:, None]) ** 2).sum(0), active.corner >= 0
    largest = jnp.where(used, squares, 0.0).max(0)
    unequal = rho * (largest - jnp.where(used, squares, jnp.inf).min(0))
    defect = jnp.where(done, unequal / (1 + norm_b) ** 2, jnp.inf)
    return active, Minimum(
        origin + scale * a, origin + scale * v, scale * jnp.sqrt(largest), defect
    )
