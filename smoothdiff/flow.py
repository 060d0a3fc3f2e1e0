"""Closed-form flow of the Smoothed PL-ESF, its inverse and its Jacobian.

With rho_t = kappa sqrt(t) / spacing, a point x_t = (1 - rho_t) a + rho_t v of the mixed complex
moves along the probability-flow ODE dx/dt = -1/2 score without changing a or v:

    x_s = (1 - rho_s) a + rho_s v,     x_0 = a.

On a face of dimension j in r dimensions the map scales volumes by
((1 - rho_s) / (1 - rho_t))^j (rho_s / rho_t)^(r - j). For rho_t >= 1, where the smoothing is
off, a is the nearest training point and the same formulas hold.
"""

import numpy as np

from .cloud import PointCloud
from .mixed_cell import MixedCell

__all__ = ["log_jacobian", "position", "reachable"]


def position(cell: MixedCell, rho):
    """Where the rows of a mixed cell are at the ratio rho (a float or (n,)), shape (n, r).

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.cloud import as_cloud
    >>> from smoothdiff.flow import position
    >>> from smoothdiff.mixed_cell import solve
    >>> cell = solve(np.array([[0.2]]), as_cloud([-1.0, 1.0]), 0.5)
    >>> position(cell, 0.5).round(6), position(cell, 0.0).round(6)
    (array([[0.2]]), array([[0.4]]))
    """
    rho = np.asarray(rho, dtype=np.float64).reshape(-1, 1)
    return (1 - rho) * cell.a + rho * cell.v


def log_jacobian(face_dim, dim, rho_from, rho_to):
    """Log |det d x_to / d x_from| of the flow within cells of the given face dimension, (n,).

    The ratios are floats or (n,). Where one is at least 1, only training points have a flow, and
    faces are taken for these.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.flow import log_jacobian
    >>> log_jacobian(np.array([0, 1]), 1, rho_from=0.5, rho_to=0.25).round(4)
    array([-0.6931,  0.4055])
    """
    smoothed = (np.asarray(rho_from) < 1) & (np.asarray(rho_to) < 1)
    face_dim = np.where(smoothed, face_dim, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        along = np.where(smoothed, np.log1p(-rho_to) - np.log1p(-rho_from), 0.0)
    return face_dim * along + (dim - face_dim) * np.log(rho_to / rho_from)


def reachable(cell: MixedCell, cloud: PointCloud, rho):
    """Which rows were somewhere at the larger ratio rho: boolean (n,).

    For rho < 1 the flow is a bijection. For rho >= 1 it starts from the Voronoi cells of the
    training points and shrinks them, so that only rows whose path leads back into the cell of
    their own point have an origin, or of one that is not told from it: a row at one of two points
    that rounding keeps apart may be taken for one at the other, or between them. ``rho`` is a
    float or (n,).

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.cloud import as_cloud
    >>> from smoothdiff.flow import reachable
    >>> from smoothdiff.mixed_cell import solve
    >>> cloud = as_cloud([-1.0, 1.0])
    >>> cell = solve(np.array([[0.1], [0.9]]), cloud, 0.5)
    >>> reachable(cell, cloud, 0.8), reachable(cell, cloud, 2.0)
    (array([ True,  True]), array([False,  True]))
    """
    rho = np.broadcast_to(rho, len(cell.a))
    reached = np.ones(len(cell.a), dtype=bool)
    rows = np.flatnonzero(rho >= 1)
    if len(rows):
        x, a = position(cell, rho)[rows], cell.a[rows]
        nearest, index = (found[:, 0] for found in cloud.neighbors.query(x, 1))
        own = np.linalg.norm(x - a, axis=1)
        reached[rows] = (cell.face_dim[rows] == 0) & (own <= nearest * (1 + 1e-9))
        reached[rows] |= np.linalg.norm(cloud.at(index) - a, axis=1) <= cloud.rounding
    return reached
