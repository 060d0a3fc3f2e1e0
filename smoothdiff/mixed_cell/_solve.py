"""The mixed-cell form of the Smoothed PL-ESF: exact in any dimension, with a certificate.

For training points y_1..y_n and a smoothing ratio 0 < rho < 1 the smoothed denoiser at x is
``a = sum_k theta_k y_k``, where the weights ``theta`` (non-negative, of sum 1) minimize

    (1 - rho) |x - sum_k theta_k y_k|^2 + rho sum_k theta_k |x - y_k|^2.

Let ``v = (x - (1 - rho) a) / rho``. The points with ``theta_k > 0`` are equidistant from ``v``,
and no training point is nearer to it: ``a`` lies in a Delaunay face, ``v`` in the dual Voronoi
face, and ``x = (1 - rho) a + rho v`` in their mixed cell. Conversely, a candidate set whose
minimizer passes that nearest-point test has given the minimizer over *all* points. The test is
therefore a certificate, and where it fails the points that it finds are the candidates that were
missing. No triangulation is built.

For rho >= 1 the smoothing is off: ``a`` is the training point nearest to ``x``. For rho -> 0 it is
the projection of ``x`` onto the convex hull of the data.

References
----------
Edelsbrunner, "Deformable smooth surface design", 1999 (mixed cells). Wolfe, "Finding the nearest
point in a polytope", 1976 (the active-set method).
"""

from typing import NamedTuple

import jax
import numpy as np

from .._compute import map_threads
from ..cloud import PointCloud
from ._batch import DEFECT, minimize_rows
from ._candidates import candidates_per_row, first, looked_up_per_row, near_v, of_least_gradient
from ._cell import MixedCell, heavy
from ._exact import solve_exactly
from ._faces import UNKNOWN, ask_for_ties, distance_rounding, ties
from ._line import solve_line

__all__ = ["solve"]

# Most coordinates of the rows that are solved together, in one thread, where those of a row beyond
# MANY do not count; and most of the rows' squared coordinates, which their corners grow with.
BLOCK, MANY, SQUARES = 1 << 15, 32, 1 << 23
MAX_ROUNDS = 30
# Below this ratio a is, but for rounding, where the limit of rho -> 0 has it.
LEAST_RATIO = 1e-16
# Relative difference of distances that rounding can cause.
ROUNDING = 1e-12
# Support distance, in units of length of its row, from which distances do not decide whether a
# point is nearer: the points found are then tried.
FAR = 100


def solve(x, cloud: PointCloud, rho, *, near=None, faces=False) -> MixedCell:
    r"""Solve the mixed-cell problem for each row of x, exactly.

    Parameters
    ----------
    x : array of shape (n, r)
    cloud : PointCloud
        The distinct training points, in the same r coordinates.
    rho : float or array of shape (n,)
        Smoothing ratio, ``kappa * sqrt(t) / spacing``: positive, or 0 for the limit.
    near : integer array of shape (n,), optional
        For each row a training point close to it: its neighborhood is tried first. It changes
        the time taken, not the answer.
    faces : bool
        Find ``face_dim`` on degenerate data (grids, co-circular points) too. Without it, only
        the points of positive weight are counted.

    Notes
    -----
    A row is certified when no training point is nearer to ``v`` than its parents are, up to
    rounding: the ball around ``v`` through them lies within a ball whose points were all
    candidates, or the nearest point to ``v`` among all n is no nearer, or the nearest ones became
    candidates and none lowers the objective. The few rows that rounding defeats (points much
    closer together than others around them) are solved in integers, over all points.

    **What the certificate is worth.** Let the parents be at the distance s from ``v``, let no
    training point be nearer than ``|v - y_k|^2 >= s^2 - sigma``, and let ``x`` differ from
    ``(1 - rho) a + rho v`` by delta. With ``phi(u) = max_k (2 u.y_k - |y_k|^2)`` the first two say
    that ``phi(u) >= phi(v) + 2 a.(u - v) - sigma`` for all u, and for the solution (a*, v*) the
    same holds without sigma; their sum is ``(a - a*).(v - v*) >= -sigma / 2``. Then
    ``|delta|^2 = |(1 - rho) (a - a*) + rho (v - v*)|^2`` gives

    .. math:: |a - a^*| \le \frac{\sqrt{|\delta|^2 + \rho (1 - \rho) \sigma}}{1 - \rho} .

    Here delta is rounding of x, at most 1e-13 of the distances around it, and ``rho sigma`` is how
    far the gradient of a point that is no parent, ``g_k = rho |y_k|^2 - 2 y_k.(rho v)``, lies below
    that of the parents. Where gradients decide it is at most 1e-13 of their terms,
    ``|y_k| (rho |y_k| + 2 rho |v|)`` about a point near x (rounding is a few 1e-16 of them); where
    distances decide, sigma is at most 2e-12 s^2, for s of at most 100 units of length of the row.
    The square root is the worst case, of a point that lies as near to the parents' hull as its
    gradient to theirs; for one at a distance h from it the error is about ``rho sigma / h``.

    That holds for all ratios: ``rho v`` is not taken from the difference ``x - (1 - rho) a``, of
    which small rho leaves nothing, but is refined until the parents' gradients agree. Where ``v``
    is farther away (x outside the data, and rho small), distances from it lose their last digits:
    they select points, and the gradients decide. Where more points than are looked up lie within
    rounding of the support distance, the points of least gradient among all n are the candidates.
    Ratios below 1e-16 are solved at 1e-16.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.cloud import as_cloud
    >>> from smoothdiff.mixed_cell import solve
    >>> cell = solve(np.array([[0.2]]), as_cloud([-1.0, 1.0]), 0.5)
    >>> cell.a.round(6), cell.v.round(6), cell.parents
    (array([[0.4]]), array([[0.]]), array([[1, 0]]))
    """
    x = np.asarray(x, dtype=np.float64)
    rho = np.broadcast_to(np.asarray(rho, dtype=np.float64), x.shape[:1])
    if not np.all(rho >= 0):
        raise ValueError("The smoothing ratio rho must not be negative or NaN.")
    rho = np.where(rho == 0, LEAST_RATIO, rho)
    dim = x.shape[1]
    if dim == 1:
        cell = solve_line(x[:, 0], cloud, rho, near)
    else:
        cell = MixedCell.empty(*x.shape)

        def fill(start):
            rows = slice(start, start + step)
            block = MixedCell(*(field[rows] for field in cell))  # views: filled in place
            hint = None if near is None else near[rows]
            _solve_block(block, x[rows], cloud, rho[rows], hint, faces)

        step = _rows_per_block(*x.shape)
        map_threads(fill, range(0, len(x), step))
    cell.tidy(cloud)
    tied = cell.face_dim.copy()
    cell.face_dim[:] = (cell.parents >= 0).sum(axis=1) - 1
    if faces and dim > 1:
        cell.face_dim[:] = np.where(tied > 0, tied, cell.face_dim)
        again = (tied == UNKNOWN) & (cell.face_dim < dim) & (rho < 1)
        ask_for_ties(cell, np.flatnonzero(again), 2 * candidates_per_row(dim), cloud)
    return cell


def _rows_per_block(n, dim):
    """Rows of a block: an even number of blocks, of one size, the same on any machine."""
    most = min(BLOCK // min(dim, MANY), max(SQUARES // dim**2, 1))
    n_blocks = -(-n // most)
    return max(-(-n // (n_blocks + n_blocks % 2)), 1) if n_blocks > 1 else max(n, 1)


class _Rows(NamedTuple):
    """Rows without a certificate, and the points that are tried for them."""

    row: np.ndarray
    x: np.ndarray
    ratio: np.ndarray
    scale: np.ndarray
    """Unit of length."""
    candidates: np.ndarray
    center: np.ndarray
    radius: np.ndarray
    """Every point closer than this to the center is a candidate."""
    priced: np.ndarray
    """Whether the candidates are those of least gradient."""

    def take(self, index):
        return _Rows(*(field[index] for field in self))


def _solve_block(cell, x, cloud, rho, near, faces):
    """Fill in a block of rows, in two or more dimensions; ``face_dim`` is that of ties, or 0.

    Solve on a candidate set; where the certificate fails, go on with the points near v.
    """
    n = len(x)
    candidates, center, radius, scale = first(x, cloud, near)
    # For rho > 1, where a is the point nearest to x, the certificate is about x itself.
    ratio = np.clip(rho, LEAST_RATIO, 1.0)
    todo = _Rows(np.arange(n), x, ratio, scale, candidates, center, radius, np.zeros(n, bool))
    active = None
    for _ in range(MAX_ROUNDS):
        before = None if active is None else active.corner
        active, minimum = minimize_rows(
            active, todo.candidates, cloud, todo.scale, todo.x, todo.ratio
        )
        spoiled = ~(minimum.defect < DEFECT)
        if spoiled.any():
            _fill_exactly(cell, todo.take(spoiled), cloud, rho)
            todo = todo.take(~spoiled)
            active, minimum, before = jax.tree.map(
                lambda field, at=~spoiled: field[..., at], (active, minimum, before)
            )
        _fill(cell, todo, active, minimum, rho)
        certified, unclear = _certify(todo, active, minimum, before)
        left = np.flatnonzero(~certified)
        if faces:
            done = np.flatnonzero(certified)
            _fill_ties(cell, todo.take(done), minimum.v.T[done], cloud)
        if len(left) == 0:
            return
        active, minimum = jax.tree.map(lambda field, at=left: field[..., at], (active, minimum))
        todo, open_ = _look_up(todo.take(left), minimum, unclear[left], cloud)
        if faces:
            _fill_ties(cell, todo.take(~open_), minimum.v.T[~open_], cloud)
        if not open_.any():
            return
        active, todo = jax.tree.map(lambda f, at=open_: f[..., at], active), todo.take(open_)
    _fill_exactly(cell, todo, cloud, rho)


def _fill(cell, todo, active, minimum, rho):
    row = todo.row
    cell.a[row], cell.v[row] = minimum.a.T, minimum.v.T
    slots = len(active.theta)
    cell.parents[row, :slots], cell.weights[row, :slots] = active.corner.T, active.theta.T
    cell.parents[row, slots:], cell.weights[row, slots:] = -1, 0.0
    other = np.flatnonzero(rho[row] != todo.ratio)
    a, row = minimum.a.T[other], row[other]
    cell.v[row] = a + (todo.x[other] - a) / rho[row, None]


def _fill_exactly(cell, todo, cloud, rho):
    for row, x in zip(todo.row, todo.x, strict=True):
        parents, weights, cell.a[row], cell.v[row] = solve_exactly(
            x, cloud.at(slice(None)), min(rho[row], 1.0)
        )
        cell.parents[row], cell.weights[row] = -1, 0.0
        cell.parents[row, : len(parents)], cell.weights[row, : len(parents)] = parents, weights
        if rho[row] > 1:
            cell.v[row] = cell.a[row] + (x - cell.a[row]) / rho[row]
    cell.face_dim[todo.row] = UNKNOWN


def _certify(todo, active, minimum, before):
    """Which rows are certified, and of which distances cannot tell."""
    v, support = minimum.v.T, minimum.support
    # The ball around v holds only candidates, or the points nearest to this very v were
    # candidates and none was taken.
    certified = np.linalg.norm(v - todo.center, axis=1) + support < todo.radius
    if before is None:
        return certified, np.zeros(len(v), bool)
    slots = min(len(before), len(active.corner))  # those beyond were empty, or are
    same = (active.corner[:slots] == before[:slots]).all(axis=0)
    same &= (before[slots:] < 0).all(axis=0) & (active.corner[slots:] < 0).all(axis=0)
    missed = ~todo.priced & (todo.radius <= support + distance_rounding(v, support))
    unclear = same & missed & (support > FAR * todo.scale)
    return certified | (same & ~unclear), unclear


def _look_up(todo, minimum, unclear, cloud):
    """The rows with other candidates, near v, and which of them are to be solved with these."""
    v, support = minimum.v.T, minimum.support
    open_ = support > FAR * todo.scale
    found = np.empty((len(v), min(looked_up_per_row(v.shape[1]), len(cloud))), dtype=np.intp)
    covered = np.zeros(len(v))
    clear, priced = np.flatnonzero(~unclear), np.flatnonzero(unclear)
    if len(clear):
        distances, found[clear], covered[clear] = near_v(
            v[clear], support[clear], todo.scale[clear], cloud
        )
        nearest = np.minimum(distances[:, 0], covered[clear])
        open_[clear] |= nearest < support[clear] * (1 - ROUNDING)
    if len(priced):
        found[priced] = of_least_gradient(minimum.a.T[priced], v[priced], todo.ratio[priced], cloud)
    todo = todo._replace(candidates=found, center=v, radius=covered, priced=unclear)
    return todo, open_


def _fill_ties(cell, todo, v, cloud):
    """Dimension of the faces of certified rows, where the candidates are known to hold all ties."""
    weights = cell.weights[todo.row]
    n_parents = heavy(weights, weights.max(axis=1, keepdims=True)).sum(axis=1)
    some = np.flatnonzero((n_parents <= v.shape[1]) & (todo.ratio < 1))
    if len(some) == 0:
        return
    todo, v, row = todo.take(some), v[some], todo.row[some]
    parent = cell.parents[row, weights[some].argmax(axis=1)]
    face_dim, reach = ties(v, parent, n_parents[some], todo.candidates, cloud)
    reach += np.linalg.norm(v - todo.center, axis=1) + distance_rounding(v, reach)
    cell.face_dim[row] = np.where((reach < todo.radius) | todo.priced, face_dim, UNKNOWN)
