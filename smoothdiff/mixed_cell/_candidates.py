"""Which training points may be the parents of a row: those near x, then those near v.

The gradient of the objective at training point k is, up to a constant,

    g_k = rho |y_k - v|^2,

so that the points nearest to v are those that lower the objective fastest. Far away from the
data, where all distances are alike but for rounding, the same gradient is formed without v^2.
"""

import numpy as np

from ..cloud import PointCloud
from ..neighbors import squared_distances

__all__ = [
    "candidates_per_row",
    "first",
    "looked_up_per_row",
    "most_candidates",
    "near_v",
    "neighborhood_size",
]

# Up to this dimension the neighborhoods of training points replace a look-up near x.
HINT_MAX_DIM = 3
# Beyond it the first look-up reaches as far as this part of the mean distance to a training point
# and so many neighbors of it: in 10 dimensions a few hundred points, of which the nearest are
# taken. In many dimensions they would be too many.
REACH, REACH_MANY, MANY_FROM, REACH_NEIGHBORS = 1.1, 0.95, 16, 10
# Most points that are looked up near v, and corners that there is room for among the candidates: in
# many dimensions a row has far fewer than r + 1, and time grows with the candidates.
MOST_LOOKED_UP, MOST_CORNERS = 64, 31
# How much farther than the certificate a look-up near v reaches, in units of length of its row: the
# next v is often close by.
AHEAD = 0.12
# Gradients formed at once (32 MB), and the part of the candidates that lie near a instead.
GRADIENTS_AT_ONCE, NEAR_A = 1 << 22, 1 / 3


def looked_up_per_row(dim):
    """Points looked up near v: few where a tree finds them, many where each lookup is a scan."""
    return min(8 * dim - 4, MOST_LOOKED_UP)


def candidates_per_row(dim):
    """Size of a row's candidate set. It depends on the dimension alone: one compiled program.

    Examples
    --------
    >>> from smoothdiff.mixed_cell import candidates_per_row
    >>> candidates_per_row(2)
    15
    """
    return min(dim, MOST_CORNERS) + 1 + looked_up_per_row(dim)


def most_candidates(dim):
    """Size of a row's candidate set that has all that is looked up and all corners."""
    return dim + 1 + looked_up_per_row(dim)


def neighborhood_size(dim):
    """Neighbors of each training point that a solve with ``near`` makes use of.

    Examples
    --------
    >>> from smoothdiff.mixed_cell import neighborhood_size
    >>> neighborhood_size(2)
    14
    """
    return candidates_per_row(dim) - 1 if dim <= HINT_MAX_DIM else REACH_NEIGHBORS


def first(x, cloud: PointCloud, near):
    """Candidates near x, or near the training points ``near``.

    Returns
    -------
    candidates : integer array (n, m)
    center : array (n, r)
    radius : array (n,)
        Every point closer than this to the center is a candidate.
    width : array (n,)
        Typical distance of x from the points around it.
    """
    n, dim = x.shape
    m = min(candidates_per_row(dim), len(cloud))
    if near is not None and dim <= HINT_MAX_DIM:
        near, squared = _nearer(x, cloud, near, m - 1)
        distances, indices = cloud.neighborhoods(m - 1, near)
        candidates = np.concatenate([near[:, None], indices], axis=1)
        radius = distances[:, -1] if distances.size else np.zeros(n)
        center = cloud.at(near)
        width = distances[:, min(dim, m - 1) - 1] if distances.size else radius
        lost = np.flatnonzero(squared > radius**2)  # not near after all
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
        center, width = x, distances[:, min(dim, m - 1)]
    if m == len(cloud):
        radius = np.full(n, np.inf)
    return candidates, center, radius, np.where((width > 0) & (width < np.inf), width, 1.0)


def _nearer(x, cloud, near, k):
    """The points ``near``, or of their k neighbors those nearest to x, and squared distances, (n,).

    Neighbors are asked for the rows that lie beyond some of them.
    """
    squared = squared_distances(x, cloud.points, near)
    distances, indices = cloud.neighborhoods(k, near)
    if indices.shape[1] == 0:
        return near, squared
    rows = np.flatnonzero(squared > distances[:, min(x.shape[1], indices.shape[1]) - 1] ** 2)
    around = indices[rows]
    of_these = squared_distances(x[rows], cloud.points, around)
    nearest = np.arange(len(rows)), of_these.argmin(axis=1)
    near = near.copy()
    near[rows], squared[rows] = around[nearest], of_these[nearest]
    return near, squared


def _reach(x, cloud, near):
    """A distance from x within which some points lie, judged by the points near it, (n,)."""
    around = cloud.neighborhoods(REACH_NEIGHBORS, near)[1]
    if around.shape[1] == 0:
        return np.full(len(x), np.inf)
    reach = REACH if x.shape[1] < MANY_FROM else REACH_MANY
    return reach * np.sqrt(squared_distances(x, cloud.points, around)).mean(axis=1)


def near_v(v, support, scale, cloud: PointCloud):
    """The points nearest to v, somewhat beyond the support distance.

    Returns distances and indices, (n, k), and the distance up to which no point is missing, (n,).
    """
    k = min(looked_up_per_row(v.shape[1]), len(cloud))
    return cloud.neighbors.query_within(v, k, support + AHEAD * np.minimum(support, scale))


def of_least_gradient(a, v, rho, cloud: PointCloud):
    """Points of least gradient among all, with some near a, which tell them apart within rounding.

    The gradient is formed as ``rho |y|^2 - 2 y.(rho v)`` about the middle of the data of width W:
    its rounding is eps W (rho W + 2 rho |v|), where that of a distance is eps |v|.
    """
    k = min(looked_up_per_row(v.shape[1]), len(cloud))
    n_near = int(NEAR_A * k)
    found = np.empty((len(v), k), dtype=np.intp)
    found[:, :n_near] = cloud.neighbors.query(a, max(n_near, 1))[1][:, :n_near]
    middle = cloud.points.mean(axis=0, dtype=np.float64)
    y = cloud.points - middle
    square = (y**2).sum(axis=1)
    step = max(GRADIENTS_AT_ONCE // len(y), 1)
    for start in range(0, len(v), step):
        rows = slice(start, start + step)
        slope = 2 * rho[rows, None] * (v[rows] - middle)
        gradient = rho[rows, None] * square - slope @ y.T
        found[rows, n_near:] = np.argpartition(gradient, k - n_near - 1)[:, : k - n_near]
    return found
