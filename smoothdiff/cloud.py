"""The training set as the theory sees it: distinct weighted points in tangent coordinates."""

from threading import Lock

import numpy as np

from . import _checks as checks
from ._derived import Derived, derived
from .neighbors import Neighbors

__all__ = ["PointCloud", "as_cloud", "distinct_rows"]


def distinct_rows(X, weights):
    """Merge equal rows of X, dropping those of zero weight.

    Returns
    -------
    rows : integer array (m,)
        First of each group of equal rows, in an order that depends on the values alone, not on
        the order of the rows.
    weights : array (m,)
        Summed weights of the groups.
    group : integer array (n,)
        Group of each row of X, -1 for zero weight.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.cloud import distinct_rows
    >>> rows, weights, group = distinct_rows(np.array([[1.0], [2.0], [1.0]]), np.ones(3))
    >>> rows.tolist(), weights.tolist(), group.tolist()
    ([0, 1], [2.0, 1.0], [0, 1, 0])
    """
    kept = np.flatnonzero(weights)
    values = X[kept] + 0.0  # -0.0 becomes 0.0
    # By the first column, and by the others where that does not tell rows apart.
    order = np.argsort(values[:, 0], kind="stable")
    repeats = np.diff(values[order, 0]) == 0
    tied = np.flatnonzero(np.r_[False, repeats] | np.r_[repeats, False])
    order[tied] = order[tied][np.lexsort(values[order[tied]].T[::-1])]
    first = np.r_[True, (values[order[1:]] != values[order[:-1]]).any(axis=1)]
    group = np.full(len(X), -1)
    group[kept[order]] = np.cumsum(first) - 1
    summed = np.add.reduceat(weights[kept[order]], np.flatnonzero(first))
    return kept[order[first]], summed, group


class PointCloud(Derived):
    """Points (n, r), distinct, with weights (n,) of sum 1; `of` makes one from any points.

    ``n_neighbors`` says how many will be asked for, so that one search can serve all.

    Examples
    --------
    >>> from smoothdiff import PointCloud
    >>> cloud = PointCloud.of([[0.0], [1.0], [1.0], [3.0]])
    >>> len(cloud), cloud.weights.tolist(), cloud.spacing()
    (3, [0.25, 0.5, 0.25], 0.5)
    """

    def __init__(self, points, weights, n_neighbors=1):
        self.points = np.ascontiguousarray(points, dtype=np.float64)
        self.weights = np.asarray(weights, dtype=np.float64)
        self.n_neighbors = n_neighbors

    @classmethod
    def of(cls, points, weights=None):
        """Merge equal points, adding their weights (equal by default), and scale those to sum 1.

        Raises
        ------
        ValueError
            If points are not finite or of shape (n, r), or weights, of shape (n,), are negative or
            all zero. TypeError for what are no numbers.
        """
        points = checks.array(points, "points", "finite", np.isfinite)
        if points.ndim != 2 or points.size == 0:
            raise ValueError(f"points must have shape (n, r). Got shape {points.shape} instead.")
        shape = (len(points),)
        weights = np.ones(shape) if weights is None else weights
        weights = checks.array(
            weights, "weights", "not negative, finite", lambda v: (v >= 0) & (v < np.inf), shape
        )
        if not weights.any():
            raise ValueError("weights must not be zero for every point.")
        rows, weights, _ = distinct_rows(points, weights)
        return cls(points[rows], weights / weights.sum())

    def __len__(self):
        return len(self.points)

    @property
    def dim(self):
        """Number of tangent dimensions, r."""
        return self.points.shape[1]

    @derived
    def neighbors(self):
        """Look-up of the points nearest to any position."""
        return Neighbors(self.points)

    def neighborhoods(self, k):
        """Distances and indices, (n, k'), of each point's k' = min(k, n - 1) nearest others."""
        return self._neighborhoods.of(min(k, len(self) - 1))

    def neighborhoods_by_weight(self, m):
        """Neighborhoods of m points by weight: distances, indices and shares, each (n, k).

        A point of weight w counts as n w points, its own beyond the first included (at distance
        0): a heavy point has a small neighborhood. Shares are counts over m; with equal weights
        each of the min(m, n - 1) nearest others has the same.
        """
        m = min(m, len(self) - 1)
        count = len(self) * self.weights
        if np.ptp(count) < 1e-9:
            distances, indices = self.neighborhoods(m)
            return distances, indices, np.full(distances.shape, 1 / m)
        distances, indices = self.neighborhoods(2 * m)
        before = np.cumsum(count[indices], axis=1) - count[indices]
        own = np.clip(count - 1, 0.0, m)[:, None]
        shares = np.clip(m - own - before, 0.0, count[indices])
        return distances, indices, shares / (own + shares.sum(axis=1, keepdims=True))

    @derived
    def _neighborhoods(self):
        return _Neighborhoods(self.points, self.neighbors, min(self.n_neighbors, len(self) - 1))

    def draw(self, generator, n, weights=None):
        """Indices of n points drawn by weight, their own by default, (n,)."""
        weights = self.weights if weights is None else weights
        if np.all(weights == weights[0]):
            return generator.integers(len(weights), size=n)
        cumulative = np.cumsum(weights)
        k = np.searchsorted(cumulative, generator.random(n) * cumulative[-1], side="right")
        return np.minimum(k, len(weights) - 1)

    @derived
    def sorted_line(self):
        """One tangent dimension: sorted positions, their cloud indices, and each point's rank."""
        order = np.argsort(self.points[:, 0], kind="stable")
        return self.points[order, 0], order, np.argsort(order)

    def spacing(self, resolution=0.0):
        """Half the median distance of a point to the nearest other one ("Delta").

        Points closer together than ``resolution`` count as one. Returns 0.0 when there is no
        other point.
        """
        if len(self) < 2:
            return 0.0
        nearest = self.neighborhoods(1)[0][:, 0]
        nearest = nearest[nearest > resolution]
        return float(np.median(nearest)) / 2 if len(nearest) else 0.0


def as_cloud(points, weights=None, name="points", owner=None) -> PointCloud:
    """A point cloud as it is, or that of points (n, r), or (n,) on a line, and of weights (n,).

    Raises
    ------
    ValueError
        If the points are none or not finite, their shape or the weights do not fit, or a cloud,
        which has weights, is given others. TypeError for what are no numbers.

    Examples
    --------
    >>> from smoothdiff.cloud import as_cloud
    >>> as_cloud([0.0, 1.0, 3.0]).points.shape
    (3, 1)
    """
    about = checks.subject(name, owner)
    if isinstance(points, PointCloud):
        if weights is not None:
            raise ValueError(f"{about} as a PointCloud has weights: no others can be given.")
        return points
    points = checks.array(points, name, "finite", np.isfinite, owner=owner)
    shape, points = points.shape, points[:, None] if points.ndim == 1 else points
    if points.ndim != 2 or points.size == 0:
        raise ValueError(f"{about} must have shape (n, d) or (n,). Got shape {shape} instead.")
    return PointCloud.of(points, checks.weights(weights, len(points), owner=owner))


class _Neighborhoods:
    """The nearest others of each point, searched again only where more are asked for."""

    def __init__(self, points, neighbors, least):
        self._points, self._neighbors, self._least = points, neighbors, least
        self._found, self._lock = None, Lock()

    def of(self, k):
        with self._lock:
            if self._found is None or self._found[0].shape[1] < k:
                self._found = self._search(max(k, self._least))
            distances, indices = self._found
        return distances[:, :k], indices[:, :k]

    def _search(self, k):
        distances, indices = self._neighbors.query(self._points, k + 1)
        # Drop the point itself: first in its row, unless another lies within rounding of it.
        rows = np.flatnonzero(indices[:, 0] != np.arange(len(indices)))
        other = indices[rows] != rows[:, None]
        other[other.all(axis=1), -1] = False
        for found in distances, indices:
            found[rows, 1:] = found[rows][other].reshape(len(rows), k)
        return distances[:, 1:], indices[:, 1:]
