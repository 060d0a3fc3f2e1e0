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

For rho >= 1 the smoothing is off: ``a`` is the training point nearest to ``x``.

References
----------
Edelsbrunner, "Deformable smooth surface design", 1999 (mixed cells). Wolfe, "Finding the nearest
point in a polytope", 1976 (the active-set method).
"""

from typing import NamedTuple

import jax
import numpy as np

from .._compute import map_threads, n_threads
from ..cloud import PointCloud
from ._active_set import minimize, no_corners

__all__ = ["MixedCell", "candidates_per_row", "neighborhood_size", "solve"]

# Fewest and most rows that are solved together, in one thread.
ROWS_PER_BLOCK = 1024, 16384
MAX_ROUNDS = 100
# Up to this dimension the neighborhoods of training points replace a look-up near x.
HINT_MAX_DIM = 3
# Beyond it the first look-up reaches as far as this part of the mean distance to a training point
# and so many neighbors of it: some hundred points in 10 dimensions.
REACH, REACH_NEIGHBORS = 0.95, 10
# How much farther than the certificate a look-up near v reaches, in units of length of its row: the
# next v is often close by.
AHEAD = 0.12
# Singular value, relative to the width of the points, below which they span no direction.
SAME_HULL = 1e-9
# Chunks of rows in one compiled call.
CHUNKS_PER_CALL = 16
# Relative difference of distances that rounding can cause.
ROUNDING = 1e-12
# Relative difference of the corners' gradients that marks a row as spoiled by rounding.
DEFECT = 1e-11
# Difference of squared distances, relative to them, up to which points count as equidistant.
TIE = 1e-9


class MixedCell(NamedTuple):
    """Where a point lies in the mixed complex (arrays over n rows, r tangent dimensions)."""

    a: np.ndarray
    """Smoothed denoiser, a point of a Delaunay face, (n, r)."""
    v: np.ndarray
    """Point of the dual Voronoi face, (n, r); ``x = (1 - rho) a + rho v``."""
    parents: np.ndarray
    """Cloud indices of the points with positive weight, (n, r + 1); -1 is padding."""
    weights: np.ndarray
    """Their weights theta, (n, r + 1), rows of sum 1; 0 is padding."""
    face_dim: np.ndarray
    """Dimension of the affine hull of the training points nearest to v, (n,)."""

    @classmethod
    def empty(cls, n, dim):
        """Room for n rows."""
        integers = np.full((n, dim + 1), -1, dtype=np.intp), np.zeros(n, dtype=np.intp)
        a, v, weights = np.empty((n, dim)), np.empty((n, dim)), np.zeros((n, dim + 1))
        return cls(a, v, integers[0], weights, integers[1])


def solve(x, cloud: PointCloud, rho, *, near=None, faces=False) -> MixedCell:
    """Solve the mixed-cell problem for each row of x, exactly.

    Parameters
    ----------
    x : array of shape (n, r)
    cloud : PointCloud
        The distinct training points, in the same r coordinates.
    rho : float or array of shape (n,)
        Smoothing ratio, ``kappa * sqrt(t) / spacing`` (positive).
    near : integer array of shape (n,), optional
        For each row a training point close to it: its neighborhood is tried first. It changes
        the time taken, not the answer.
    faces : bool
        Find ``face_dim`` on degenerate data (grids, co-circular points) too. Without it, only
        the points of positive weight are counted.

    Raises
    ------
    RuntimeError
        If a row could not be certified.

    Notes
    -----
    A row is certified when no training point is nearer to ``v`` than its parents are, up to
    rounding: the ball around ``v`` through them lies within a ball whose points were all
    candidates, or the nearest point to ``v`` among all n is no nearer, or the nearest ones became
    candidates and none lowers the objective.
    """
    x = np.asarray(x, dtype=np.float64)
    rho = np.broadcast_to(np.asarray(rho, dtype=np.float64), x.shape[:1])
    if x.shape[1] == 1:
        return _solve_line(x[:, 0], cloud, rho, near)
    cell = MixedCell.empty(*x.shape)

    def fill(start):
        rows = slice(start, start + step)
        block = MixedCell(*(field[rows] for field in cell))  # views: filled in place
        _solve_block(block, x[rows], cloud, rho[rows], None if near is None else near[rows])

    step = int(np.clip(-(-len(x) // n_threads()), *ROWS_PER_BLOCK))
    map_threads(fill, range(0, len(x), step))
    cell.parents[cell.weights == 0] = -1
    by_weight = np.argsort(-cell.weights, axis=1, kind="stable")
    cell.parents[:] = np.take_along_axis(cell.parents, by_weight, axis=1)
    cell.weights[:] = np.take_along_axis(cell.weights, by_weight, axis=1)
    cell.face_dim[:] = (cell.parents >= 0).sum(axis=1) - 1
    if faces:
        _count_ties(cell, cloud, rho)
    return cell


def _solve_line(x, cloud, rho, near):
    """One tangent dimension: a sorted search, and the formulas of v2 in each gap."""
    y, order, rank = cloud.sorted_line
    last = max(len(y) - 1, 1)
    if near is None or len(y) < 2:
        right = np.clip(np.searchsorted(y, x, side="right"), 1, last)
    else:  # most rows lie in a gap next to their point
        right = np.clip(rank[near] + (x >= y[rank[near]]), 1, last)
        far = np.flatnonzero((x < y[right - 1]) | (x >= y[right]))
        right[far] = np.clip(np.searchsorted(y, x[far], side="right"), 1, last)
    left = right - 1
    right = np.minimum(right, len(y) - 1)  # a single point has no gap
    middle, half = (y[left] + y[right]) / 2, (y[right] - y[left]) / 2
    offset = x - middle
    in_gap = np.abs(offset) < half * (1 - rho) * (1 - 2 * np.finfo(float).eps)
    nearest = np.where(offset > 0, right, left)
    with np.errstate(divide="ignore", invalid="ignore"):
        stretched = offset / (1 - rho)
        share = np.where(in_gap, (1 + np.abs(stretched) / half) / 2, 1.0)  # of the nearest
    a = np.where(in_gap, middle + stretched, y[nearest])
    v = np.where(in_gap, middle, y[nearest] + (x - y[nearest]) / rho)
    other = np.where(in_gap, order[left + right - nearest], -1)
    parents, weights = (
        np.stack([order[nearest], other], axis=1),
        np.stack([share, 1 - share], axis=1),
    )
    return MixedCell(a[:, None], v[:, None], parents, weights, in_gap.astype(np.intp))


def _looked_up_per_row(dim):
    """Points looked up near v: few where a tree finds them, many where each lookup is a scan."""
    return max(min(8 * dim - 4, 64), dim + 2)


def candidates_per_row(dim):
    """Size of a row's candidate set. It depends on the dimension alone: one compiled program."""
    return dim + 1 + _looked_up_per_row(dim)


def _restart(rows, active, minimum, candidates, cloud, scale, x, ratio):
    """Solve rows anew, in place, whose inverse was spoiled by nearly dependent corners."""
    known = np.where(active.corner[:, rows] < 0, candidates[rows, :1].T, active.corner[:, rows]).T
    candidates = np.concatenate([candidates[rows], known], axis=1)[
        :, : candidates_per_row(x.shape[1])
    ]
    solved = _minimize(None, candidates, cloud, scale[rows], x[rows], ratio[rows])
    for field, new in zip(jax.tree.leaves((active, minimum)), jax.tree.leaves(solved), strict=True):
        field[..., rows] = new


def neighborhood_size(dim):
    """Neighbors of each training point that a solve with ``near`` makes use of."""
    return candidates_per_row(dim) - 1 if dim <= HINT_MAX_DIM else REACH_NEIGHBORS


def _rows_per_chunk(dim):
    return int(np.clip(2 ** round(np.log2(2**14 / (dim * candidates_per_row(dim)))), 16, 128))


def _solve_block(cell, x, cloud, rho, near):
    """Fill in a, v, parents and weights of a block of rows, in two or more dimensions.

    Solve on a candidate set; where the certificate fails, go on with the points near v.
    """
    n, dim = x.shape
    m = min(candidates_per_row(dim), len(cloud))
    if near is not None and dim <= HINT_MAX_DIM:
        distances, indices = cloud.neighborhoods(m - 1)
        candidates = np.concatenate([near[:, None], indices[near]], axis=1)
        radius = distances[near, -1] if distances.size else np.zeros(n)
        center = cloud.points[near]
        width = distances[near, min(dim, m - 1) - 1] if distances.size else radius
        lost = np.flatnonzero(((x - center) ** 2).sum(axis=1) > radius**2)  # not near after all
        if len(lost):
            found = cloud.neighbors.query(x[lost], m)
            radius, width = radius.copy(), width.copy()
            center[lost], radius[lost], candidates[lost] = x[lost], found[0][:, -1], found[1]
            width[lost] = found[0][:, min(dim, m - 1)]
    else:
        reach = np.full(n, np.inf) if near is None else _reach(x, cloud, near)
        distances, candidates, radius = cloud.neighbors.query_within(x, m, reach)
        if near is not None:
            candidates = np.where(np.isfinite(distances), candidates, near[:, None])
        center = x
        width = distances[:, min(dim, m - 1)]
    # Every point within `radius` of `center` is a candidate.
    radius = np.full(n, np.inf) if m == len(cloud) else radius

    scale, active = np.where((width > 0) & (width < np.inf), width, 1.0), None
    # For rho > 1, where a is the point nearest to x, the certificate is about x itself.
    ratio = np.minimum(rho, 1.0)
    k = min(_looked_up_per_row(dim), len(cloud))
    rows, looked_up = np.arange(n), False
    for _ in range(MAX_ROUNDS):
        before = active and active.corner
        active, minimum = _minimize(active, candidates, cloud, scale, x, ratio)
        broken = np.flatnonzero(~(minimum.defect < DEFECT))
        if len(broken):
            _restart(broken, active, minimum, candidates, cloud, scale, x, ratio)
        a, v, support = minimum.a.T, minimum.v.T, minimum.support
        cell.a[rows], cell.v[rows] = a, a + (x - a) / rho[:, None]
        cell.parents[rows], cell.weights[rows] = active.corner.T, active.theta.T

        # Certified: the ball around v holds only candidates, or the points nearest to this very v
        # were candidates and none was taken.
        whole = minimum.defect < DEFECT
        certified = whole & (np.linalg.norm(v - center, axis=1) + support < radius)
        if looked_up:
            certified |= whole & (active.corner == before).all(axis=0)
        left = np.flatnonzero(~certified)
        if len(left) == 0:
            return
        within = support[left]
        distances, found, radius = cloud.neighbors.query_within(
            v[left], k, within + AHEAD * np.minimum(within, scale[left])
        )
        open_ = np.minimum(distances[:, 0], radius) < within * (1 - ROUNDING)
        open_ |= ~whole[left]
        if not open_.any():
            return
        left = left[open_]
        candidates, radius, center, looked_up = found[open_], radius[open_], v[left], True
        active = jax.tree.map(lambda field, left=left: field[..., left], active)
        rows, x, rho, ratio, scale = rows[left], x[left], rho[left], ratio[left], scale[left]
    raise RuntimeError(
        f"The mixed-cell solve left {len(rows)} of {n} rows without a certificate after "
        f"{MAX_ROUNDS} rounds: rounding hides which points are nearest. Points much closer "
        "together than the spacing are the likely cause."
    )


def _reach(x, cloud, near):
    """A distance from x within which some points lie, judged by the points near it, (n,)."""
    around = cloud.neighborhoods(REACH_NEIGHBORS)[1]
    if around.shape[1] == 0:
        return np.full(len(x), np.inf)
    difference = cloud.points[around[near]]
    difference -= x[:, None]
    return REACH * np.sqrt(np.einsum("nkd,nkd->nk", difference, difference)).mean(axis=1)


def _minimize(active, candidates, cloud, scale, x, ratio):
    """`active_set.minimize` in calls of one shape; the candidates are cloud indices (n, k)."""
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


def _count_ties(cell, cloud, rho):
    """Count into ``face_dim`` the points as near to v as the parents, of weight or not."""
    dim = cell.a.shape[1]
    rows = np.flatnonzero((cell.face_dim < dim) & (rho < 1))
    if len(rows) == 0:
        return
    distances, found = cloud.neighbors.query(
        cell.v[rows], min(2 * candidates_per_row(dim), len(cloud))
    )
    differences = cloud.points[found] - cloud.points[found[:, :1]]
    width = np.sqrt((differences**2).sum(axis=2).max(axis=1))
    # From a v that is far away all points look alike: the measure is their own distances.
    nearest = distances[:, 0]
    rounding = 32 * np.finfo(float).eps * nearest**2
    limit = nearest**2 + TIE * np.minimum(nearest, width) ** 2 + rounding
    tied = distances**2 <= limit[:, None]
    more = tied.sum(axis=1) > cell.face_dim[rows] + 1
    if not more.any():
        return
    rows, differences, width = rows[more], differences[more], width[more]
    differences[~tied[more]] = 0.0
    cell.face_dim[rows] = np.linalg.matrix_rank(differences, tol=SAME_HULL * width)
