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

from .._compute import IN_ONE_THREAD, OnDevices

__all__ = ["TOLERANCE", "ActiveSet", "Minimum", "minimize", "no_corners"]

# A candidate enters when its gradient lies below the corners' by more than this fraction of the
# terms that are summed in it (rounding is a few 1e-16 of them).
TOLERANCE = 1e-13
# Rounding of the corners' gradients and of b - (1 - rho) a, as a fraction of their terms.
NOISE = 1e-15
# What other errors count beside those of the gradient: that of x, relative to the width of the
# corners, and a weight that falls below zero at the corners' minimizer.
DRIFT, NEGATIVE = 100, 1e-2
# Squared distance from the corners' affine hull, as a fraction of that from the origin, at which
# a candidate counts as lying in it.
IN_HULL = 1e-13
# Smallest affine coordinate of an entrant in the hull at which it can replace a corner.
SMALLEST_PIVOT = 1e-8
# Coordinates up to which a sum over them is written out: XLA makes one pass of it, 4x faster.
MAX_WRITTEN_OUT = 64
# A hundred small loops, which LLVM's first level makes as fast as its third, in 12% less time.
COMPILED = IN_ONE_THREAD | {"xla_backend_optimization_level": 1}


class ActiveSet(NamedTuple):
    """Corners with weights for B rows in r dimensions, in s <= r + 1 slots.

    Empty slots have index -1.
    """

    corner: np.ndarray | jax.Array
    """Which training point each corner is, (s, B)."""
    origin: np.ndarray | jax.Array
    """Training point that each row's coordinates are relative to, (r, B)."""
    positions: np.ndarray | jax.Array
    """Positions of the corners, from the origin and in the row's unit of length, (r, s, B)."""
    theta: np.ndarray | jax.Array
    """Their weights, (s, B)."""
    inverse: np.ndarray | jax.Array
    """Inverse of the bordered system, the border last, (s + 1, s + 1, B)."""

    @classmethod
    def empty(cls, dim, slots, n, of=np):
        """No corners for n rows in r = dim dimensions, in arrays of NumPy or JAX."""
        shapes = [(dim,), (dim, slots), (slots,), (slots + 1, slots + 1)]
        return cls(of.full((slots, n), -1), *(of.zeros((*shape, n)) for shape in shapes))

    def take(self, rows):
        """Some of the rows."""
        return ActiveSet(*(field[..., rows] for field in self))

    def in_slots(self, slots):
        """The same corners in a number of slots, which must be enough; of arrays of NumPy."""
        had, n = self.corner.shape
        if slots == had:
            return self
        if slots < had:  # those in use come first
            used, rows = np.argsort(self.corner < 0, axis=0, kind="stable")[:slots], np.arange(n)
            bordered = np.concatenate([used, np.full((1, n), had)])
            return ActiveSet(
                self.corner[used, rows],
                self.origin,
                self.positions[:, used, rows],
                self.theta[used, rows],
                self.inverse[bordered[:, None], bordered, rows],
            )
        wider = ActiveSet.empty(len(self.origin), slots, n)._replace(origin=self.origin)
        wider.corner[:had], wider.theta[:had] = self.corner, self.theta
        wider.positions[:, :had] = self.positions
        bordered = np.append(np.arange(had), slots)
        wider.inverse[np.ix_(bordered, bordered)] = self.inverse
        return wider


@cache
def no_corners(dim, slots, n):
    """`ActiveSet.empty`, made once, for any device."""
    return OnDevices(ActiveSet.empty(dim, slots, n))


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

    Or how far x is missed or a weight is negative, where that is worse; infinite for a row that
    the iterations did not finish, or that needs more slots.
    """


@partial(jax.jit, static_argnames="rows", compiler_options=COMPILED)
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

    minimum = Minimum(jnp.zeros_like(x), jnp.zeros_like(x), rho, rho)
    return lax.fori_loop(0, n_chunks, solve_chunk, (jax.tree.map(jnp.asarray, start), minimum))


def _at_nearest(index, candidates, x, slots):
    """Start at the candidate nearest to x, which is the origin and the only corner."""
    r, _, rows = candidates.shape
    nearest = _argmin(((candidates - x[:, None]) ** 2).sum(0))
    first = jnp.arange(slots + 1)[:, None] == 0
    border = jnp.arange(slots + 1)[:, None] == slots
    empty = ActiveSet.empty(r, slots, rows, jnp)
    return ActiveSet(
        jnp.where(first[:-1], _at(nearest, index), -1),
        _at(nearest, candidates),
        empty.positions,
        empty.theta.at[0].set(1.0),
        empty.inverse + (first[:, None] * border + border[:, None] * first),
    )


class _Problem(NamedTuple):
    """A chunk of rows, each in its own coordinates and unit of length."""

    which: jax.Array
    """Which training points the candidates are, (m, B)."""
    e: jax.Array
    """Candidates, (r, m, B)."""
    norm: jax.Array
    """Their distances from the origin, (m, B)."""
    square: jax.Array
    """rho times the squares of these, (m, B)."""
    b: jax.Array
    """The row's x, (r, B)."""
    rho: jax.Array
    """(B,)"""


def _in_use(active):
    return active.corner >= 0


def _gradient(active, w, rho):
    """p.(rho p - 2 w) at the corners, equal at an affine minimizer, (r + 1, B)."""
    return rho * (active.positions**2).sum(0) - 2 * (active.positions * w[:, None]).sum(0)


def _residual(active, problem):
    """W = b - (1 - rho) a, that is rho v, up to rounding of theta and of a, (r, B)."""
    return problem.b - (1 - problem.rho) * (active.positions * active.theta).sum(1)


def _newton_step(active, w, problem, total=1.0):
    """The step in theta to the corners' affine minimizer, (r + 1, B)."""
    g = jnp.where(_in_use(active), -_gradient(active, w, problem.rho), 0.0)
    lacking = jnp.broadcast_to(total - active.theta.sum(0), g.shape[1:])
    return (active.inverse * jnp.concatenate([g, lacking[None]])).sum(1)[:-1]


def _refined(active, w, step, problem):
    """Move w by a step, which may be smaller than theta can tell.

    At a minimizer w is then known to rounding of its own size, whatever that of theta leaves of it.
    """
    return w - (1 - problem.rho) * (active.positions * step).sum(1)


def _minimize_chunk(start, index, candidates, scale, x, rho):
    fresh = (start.corner < 0).all(0)
    nearest = _at_nearest(index, candidates, x, len(start.theta))
    start = jax.tree.map(partial(jnp.where, fresh), nearest, start)
    origin = start.origin
    e = (candidates - origin[:, None]) / scale
    square = _dot(e, e)
    problem = _Problem(index, e, jnp.sqrt(square), rho * square, (x - origin) / scale, rho)
    r, _, rows = e.shape

    def unfinished(state):
        _, _, done, count = state
        return ~done.all() & (count < 100 + 20 * r)

    none = jnp.zeros(rows, bool)
    active, settled, done, _ = lax.while_loop(
        unfinished, partial(_iterate, problem), (start, ~none, none, 0)
    )
    w = _residual(active, problem)
    step = _newton_step(active, w, problem)
    theta = jnp.where(_in_use(active), active.theta + step, 0.0)
    negative, theta = jnp.maximum(-theta.min(0), 0.0), jnp.maximum(theta, 0.0)
    w = _refined(active, w, step, problem)
    active = active._replace(theta=theta / theta.sum(0))
    # A row that stopped at a minimizer with a point still to enter has run out of slots.
    defect = jnp.where(done & settled, NEGATIVE * negative, jnp.inf)
    return active, _minimum(active, w, defect, problem, origin, scale)


def _entrant(active, w, problem):
    """The candidate whose gradient lies farthest below the corners', how far, and if it does."""
    rho, flat = problem.rho, _in_use(active).sum(0) <= len(problem.b)
    lowest = jnp.where(_in_use(active), _gradient(active, w, rho), jnp.inf).min(0)
    reach = jnp.sqrt((active.positions**2).sum(0).max(0))
    size_of_w = 2 * jnp.sqrt((w * w).sum(0))
    # The part of w across the corners' hull is a difference of b and a; where that hull is all of
    # space there is none.
    across = jnp.where(flat, NOISE * jnp.sqrt((problem.b**2).sum(0)), 0.0)
    above = NOISE * reach * (rho * reach + size_of_w) - lowest
    excess = (1 + TOLERANCE) * problem.square + (TOLERANCE * size_of_w + across) * problem.norm
    excess = excess + (above - 2 * _dot(problem.e, w))
    entrant = _argmin(excess)
    corner = _at(entrant, problem.e)
    slope = lowest - (corner * (rho * corner - 2 * w)).sum(0)
    return entrant, corner, slope, excess.min(0) < 0


def _iterate(problem, state):
    """One step of all rows: to the corners' minimizer, or towards a candidate that enters."""
    active, settled, done, count = state
    used = _in_use(active)
    w = _residual(active, problem)
    newton = _newton_step(active, w, problem)
    entrant, corner, slope, lies_below = _entrant(
        active, _refined(active, w, newton, problem), problem
    )
    enters = settled & ~done & lies_below
    crowded = enters & used.all(0) if len(used) <= len(corner) else jnp.zeros_like(enters)
    enters &= ~crowded
    live = ~done & ~(settled & ~enters)

    # Along the direction in which the entrant gains weight and the corners stay optimal,
    # the objective falls at rate `slope` and curves by `height` (a squared distance).
    curvature = 2 * (1 - problem.rho)
    column = jnp.where(used, curvature * (active.positions * corner[:, None]).sum(0), 0.0)
    column = jnp.concatenate([column, jnp.ones_like(slope)[None]])
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
    leaver = jnp.where(leaves, _argmin(to_boundary), len(used))
    step = jnp.where(live, jnp.minimum(nearest, full_step), 0.0)
    only = enters & leaves & (used.sum(0) == 1)
    used = used & (jnp.arange(len(used))[:, None] != leaver)
    theta = jnp.where(used, jnp.maximum(active.theta + step * direction, 0.0), 0.0)

    slot = jnp.where(enters, _argmin(jnp.where(used, 1, 0)), -1)
    added = jnp.arange(len(used))[:, None] == slot
    active = ActiveSet(
        jnp.where(added, _at(entrant, problem.which), jnp.where(used, active.corner, -1)),
        active.origin,
        jnp.where(added, corner[:, None], jnp.where(used, active.positions, 0.0)),
        jnp.where(added, step, theta),
        _exchange(active.inverse, leaver, leaves, column, solved, square, added, enters, only),
    )
    return active, jnp.where(done, settled, ~leaves & ~crowded), ~live, count + 1


def _exchange(inverse, leaver, leaves, column, solved, square, added, enters, only):
    """Rank-1 updates of the inverse: first without the leaver, then with the entrant."""
    out = jnp.where(leaves, _at(leaver, inverse), 0.0)
    pivot = _at(leaver, out)
    out_scaled = out / jnp.where(leaves & (pivot != 0), pivot, 1.0)
    slots = jnp.arange(len(inverse))[:, None]
    keep = jnp.where((slots == leaver) & leaves | only, 0.0, 1.0)
    column_left = jnp.where(leaves, _at(leaver, column), 0.0)
    column = column * keep
    solved = (solved - out * column_left - out_scaled * (out * column).sum(0)) * keep
    height = square - (column * solved).sum(0)
    unit = jnp.concatenate([added.astype(inverse.dtype), jnp.zeros((1, added.shape[1]))])
    into = jnp.where(enters, solved - unit, 0.0)
    inverse = (inverse - out[:, None] * out_scaled) * keep[:, None] * keep
    inverse = inverse + into[:, None] * (into / jnp.where(enters, height, 1.0))
    border = slots == len(inverse) - 1
    alone = unit[:, None] * border + border[:, None] * unit
    alone = alone - square * (border[:, None] & border)
    return jnp.where(only, alone, inverse)


def _minimum(active, w, defect, problem, origin, scale):
    used, a, rho = _in_use(active), (active.positions * active.theta).sum(1), problem.rho
    w = _refined(active, w, _newton_step(active, w, problem, active.theta.sum(0)), problem)
    drift, v = jnp.sqrt(((_residual(active, problem) - w) ** 2).sum(0)), w / rho
    support = jnp.where(used, ((active.positions - v[:, None]) ** 2).sum(0), 0.0).max(0)
    g = _gradient(active, w, rho)
    unequal = jnp.where(used, g, -jnp.inf).max(0) - jnp.where(used, g, jnp.inf).min(0)
    reach = 1 + jnp.sqrt((active.positions**2).sum(0).max(0) + (problem.b**2).sum(0))
    terms = reach * (rho * reach + jnp.sqrt((w * w).sum(0)))
    defect = jnp.maximum(defect, jnp.maximum(unequal / terms, DRIFT * drift / reach))
    return Minimum(origin + scale * a, origin + scale * v, scale * jnp.sqrt(support), defect)
