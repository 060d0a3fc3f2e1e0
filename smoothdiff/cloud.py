"""The training set as the theory sees it: distinct weighted points in tangent coordinates."""

from threading import Lock

import numpy as np

from . import _checks as checks
from ._derived import Derived, derived
from .neighbors import Neighbors
from .neighbors._order import numbered

__all__ = ["PointCloud", "as_cloud", "distinct_rows", "draw_by_weight"]

# Points that may lie where each point does, but for rounding, without being all that there are.
MOST_TWINS = 64


def distinct_rows(X, weights, by_value=True):
    """Merge equal rows of X, dropping those of zero weight.

    Returns
    -------
    rows : integer array (m,)
        First of each group of equal rows, in an order that depends on the values alone, not on
        the order of the rows; unless ``by_value``, in that order.
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
    if np.all(weights):
        order = np.argsort(X[:, 0] + 0.0, kind="stable")  # -0.0 becomes 0.0
    else:
        kept = np.flatnonzero(weights)
        order = kept[np.argsort(X[kept, 0] + 0.0, kind="stable")]
    column = X[order, 0]
    first = np.r_[True, column[1:] != column[:-1]]
    for column in X.T[1:]:  # where those before do not tell rows apart
        if first.all():
            break
        tied = ~first
        tied[:-1] |= ~first[1:]
        tied = np.flatnonzero(tied)
        rows, values = order[tied], column[order[tied]] + 0.0
        by_column = np.lexsort((values, np.cumsum(first[tied])))
        order[tied], values = rows[by_column], values[by_column]
        first[tied[1:]] |= values[1:] != values[:-1]
    if not by_value and len(order) == len(X) and first.all():
        own = numbered(len(X))
        return own, weights, own
    group = np.full(len(X), -1)
    group[order] = np.cumsum(first) - 1
    summed, rows = np.add.reduceat(weights[order], np.flatnonzero(first)), order[first]
    if by_value:
        return rows, summed, group
    order = np.argsort(rows)
    return rows[order], summed[order], regrouped(group, inverse(order))


def of_sum_one(weights):
    """Weights (n,) over their sum, but in no memory where they are one number, broadcast."""
    if weights.strides == (0,):
        return np.broadcast_to(1 / len(weights), weights.shape)
    return weights / weights.sum()


def inverse(order):
    """The place that each number has in an order of all."""
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return place


def regrouped(group, place):
    """Groups (n,) under the numbers that ``place`` gives them; -1 stays."""
    return np.where(group < 0, -1, place[group])


class PointCloud(Derived):
    """Points (n, r), distinct, with weights (n,) of sum 1; `of` makes one from any points.

    ``n_neighbors`` says how many will be asked for, so that one search can serve all, and
    ``n_rows`` how many rows the points stand for, where equal ones among them tell something.

    Examples
    --------
    >>> from smoothdiff import PointCloud
    >>> cloud = PointCloud.of([[0.0], [1.0], [1.0], [3.0]])
    >>> len(cloud), cloud.weights.tolist(), cloud.spacing()
    (3, [0.25, 0.5, 0.25], 0.5)
    """

    n_rows: float | None = None

    def __init__(self, points, weights, n_neighbors=1):
        self.points = self._kept(points)
        self.weights = np.asarray(weights, dtype=np.float64)
        self.n_neighbors = n_neighbors

    @staticmethod
    def _kept(points):
        return np.ascontiguousarray(points, dtype=np.float64)

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
    def rounding(self):
        """Distance up to which points may be one: some units in the last place of coordinates."""
        return 32 * np.finfo(float).eps * float(max(self.points.max(), -self.points.min()))

    @derived
    def neighbors(self):
        """Look-up of the points nearest to any position."""
        return Neighbors(self.points)

    def at(self, index):
        """Points of these numbers, in float64."""
        return self.points[index].astype(np.float64, copy=False)

    def coordinates(self, index):
        """The coordinates (r, m, s) of points of the numbers (m, s), in float64."""
        return self._columns.take(index, axis=1)

    @derived
    def _columns(self):
        return np.ascontiguousarray(self.points.T)

    def neighborhoods(self, k, of=None):
        """Distances and indices, (n, k'), of each point's k' = min(k, n - 1) nearest others.

        With ``of``, numbers of points (m,), those of these points alone, (m, k').
        """
        found = self._neighborhoods.of(min(k, len(self) - 1))
        return found if of is None else tuple(part[of] for part in found)

    def neighborhoods_by_weight(self, m):
        """Neighborhoods of m points by weight: distances, indices and shares, each (n, k).

        A point of weight w counts as n w points, its own beyond the first included (at distance
        0): a heavy point has a small neighborhood, or none. Shares are counts over m; with equal
        weights each of the min(m, n - 1) nearest others has the same. n is the number of points,
        or that of the rows if ``n_rows`` says so: weights alone do not tell whether a point is as
        many rows or a likelier one.
        """
        m = min(m, len(self) - 1)
        count = (self.n_rows or len(self)) * self.weights
        if np.ptp(count) < 1e-9 and count[0] < 1 + 1e-9:
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

    def draw(self, generator, n):
        """Indices of n points drawn by weight, (n,)."""
        return draw_by_weight(generator, n, self.weights)

    @derived
    def sorted_line(self):
        """One tangent dimension: sorted positions, their cloud indices, and each point's rank."""
        order = np.argsort(self.points[:, 0], kind="stable")
        return self.points[order, 0], order, np.argsort(order)

    def spacing(self, resolution=0.0, of=None):
        """Half the median distance of a point to the nearest other one ("Delta").

        Points closer together than ``resolution`` count as one, and are passed over where another
        point has none so close. Returns 0.0 when there is no other point. With ``of``, numbers of
        points (m,), the median is that of these points.
        """
        k = 1
        while k // 2 < min(len(self) - 1, MOST_TWINS):
            distances = self.neighborhoods(k, of)[0]
            nearest = np.where(distances > resolution, distances, np.inf).min(axis=1)
            nearest = nearest[nearest < np.inf]
            if len(nearest):
                return float(np.median(nearest)) / 2
            k *= 2
        return 0.0


def draw_by_weight(generator, n, weights):
    """Indices drawn independently of each other, with probabilities as the weights, (n,).

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.cloud import draw_by_weight
    >>> draw_by_weight(np.random.default_rng(0), 5, np.array([0.0, 1.0]))
    array([1, 1, 1, 1, 1])
    """
    if np.all(weights == weights[0]):
        return generator.integers(len(weights), size=n)
    cumulative = np.cumsum(weights)
    k = np.searchsorted(cumulative, generator.random(n) * cumulative[-1], side="right")
    return np.minimum(k, len(weights) - 1)


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
        return others(self._neighbors, self._points, np.arange(len(self._points)), k)


def others(neighbors, points, own, k):
    """Distances and indices, (m, k), of the k points nearest to the points ``own`` (m,)."""
    distances, indices = neighbors.query(points, k + 1)
    # Drop the point itself: first in its row, unless another lies within rounding of it.
    rows = np.flatnonzero(indices[:, 0] != own)
    other = indices[rows] != own[rows, None]
    other[other.all(axis=1), -1] = False
    for found in distances, indices:
        found[rows, 1:] = found[rows][other].reshape(len(rows), k)
    return distances[:, 1:], indices[:, 1:]
