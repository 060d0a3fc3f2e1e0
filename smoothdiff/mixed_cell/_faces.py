"""The dimension of a row's face: that of the hull of all training points as near to v as any.

On degenerate data (grids, co-circular points) more points than the parents lie on the sphere around
v, and the flow stretches space along all of the face that they span. With y a parent and
e = y_k - y, how much farther point k is comes without a difference of large distances from

    |v - y_k|^2 - |v - y|^2 = e.(e - 2 (v - y)).
"""

import numpy as np

from ..cloud import PointCloud

__all__ = ["UNKNOWN", "ask_for_ties", "distance_rounding", "ties"]

# Of a face whose ties may lie among other points than those at hand.
UNKNOWN = -1
# Difference of squared distances, relative to them, up to which points count as equidistant.
TIE = 1e-9
# Singular value, relative to the width of the points, below which they span no direction.
SAME_HULL = 1e-9


def distance_rounding(v, distance):
    """Rounding of a distance from v, (n,)."""
    return 32 * np.finfo(float).eps * (distance + np.linalg.norm(v, axis=1))


def ties(v, parent, n_parents, found, cloud: PointCloud):
    """Dimension of the face of each row, if more points than its parents are nearest to v.

    Parameters
    ----------
    v : array of shape (n, r)
    parent : integer array (n,)
        A point nearest to v.
    n_parents : integer array (n,)
    found : integer array (n, k)
        Points that hold all those nearest to v, repeated or not.

    Returns
    -------
    face_dim : integer array (n,)
        0 for a row without other points.
    reach : array (n,)
        Distance from v up to which points count as nearest.
    """
    y = cloud.at(parent)
    e = cloud.at(found) - y[:, None]
    squares = np.einsum("nkd,nkd->nk", e, e)
    away = v - y
    farther = squares - 2 * np.einsum("nkd,nd->nk", e, away)
    width, nearest = np.sqrt(squares.max(axis=1)), np.linalg.norm(away, axis=1)
    # From a v that is far away all points look alike: the measure is their own distances.
    size = np.minimum(nearest, width)
    limit = size * (TIE * size + 32 * np.finfo(float).eps * nearest)
    tied = farther <= limit[:, None]
    face_dim = np.zeros(len(v), dtype=np.intp)
    more = np.flatnonzero(tied.sum(axis=1) > n_parents)
    distinct = np.sort(np.where(tied[more], found[more], -1), axis=1)
    n_tied = ((np.diff(distinct, axis=1) != 0) & (distinct[:, 1:] >= 0)).sum(axis=1)
    more = more[n_tied + (distinct[:, 0] >= 0) > n_parents[more]]
    if len(more):
        e = np.where(tied[more, :, None], e[more], 0.0)
        face_dim[more] = np.linalg.matrix_rank(e, tol=SAME_HULL * width[more])
    return face_dim, np.sqrt(nearest**2 + limit)


def ask_for_ties(cell, rows, k, cloud: PointCloud):
    """Count ties into ``face_dim``, in place, of rows whose neighbors of v are not at hand."""
    if len(rows) == 0:
        return
    found = cloud.neighbors.query(cell.v[rows], min(k, len(cloud)))[1]
    n_parents = cell.face_dim[rows] + 1
    face_dim, _ = ties(cell.v[rows], cell.parents[rows, 0], n_parents, found, cloud)
    cell.face_dim[rows] = np.where(face_dim > 0, face_dim, cell.face_dim[rows])
