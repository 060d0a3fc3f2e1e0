"""The PL-ESF, the small-t limit of the ESF, as it is or with its jumps made slopes.

s_t(x) = (a(x) - x) / t, with a(x) the mixed-cell denoiser at the ratio rho_t
(`smoothdiff.mixed_cell`). In one dimension it is the piecewise linear function of v2, equations 9
and 27; for points of even spacing that is the PL-ESF averaged over a window, and the small-t limit
of `LocalAverageScore`. For uneven points, or in more dimensions, it is no average over a window:
the form there is this library's own (docs/beyond_the_papers.md).

SmoothedPLScore   rho_t = kappa sqrt(t) / spacing      less and less is kept as t falls (v2)
FixedDeltaScore   rho_t = delta / spacing              the same at all t (v1)
PLScore           rho_t = 1                            a(x) is the point nearest to x

Of these only the first has a flow in closed form (`smoothdiff.flow`), since only there a and v stay
as they are along it. At a fixed ratio rho < 1 the parts of x_t - c along a face of center c and
across it go as t^(-rho / (2 - 2 rho)) and as sqrt(t): states in gaps are driven to the points as t
falls, and for t -> 0 almost all end on one.
"""

from abc import abstractmethod

import numpy as np

from .. import _checks as checks
from ..cloud import as_cloud
from ..flow import reachable
from ..mixed_cell import solve
from ._base import Denoiser, OfPoints, column

__all__ = ["FixedDeltaScore", "PLScore", "SmoothedPLScore"]


class _PiecewiseLinear(Denoiser, OfPoints):
    """(a(x) - x) / t with the mixed-cell denoiser of a point cloud, at a ratio that varies with t.

    ``cloud`` is a PointCloud, or points (n, r), or (n,) on a line.
    """

    def __init__(self, cloud):
        self.cloud = as_cloud(cloud, None, "cloud", self)

    @abstractmethod
    def rho(self, t):
        """Smoothing ratio, of the shape of t; smoothing is off from 1 on."""

    def _cell(self, x, t, *, faces=False):
        return solve(x, self.cloud, self.rho(np.broadcast_to(column(t)[:, 0], len(x))), faces=faces)

    def __call__(self, x, t):
        """Score, (n, r): (a - x) / t at a point, rho (a - v) / t in a gap, which is the same.

        In a gap a is almost x where rho is small, and their difference has no digits left.
        """
        cell = self._cell(x, t)
        rho = np.reshape(self.rho(column(t)), (-1, 1))
        alone = cell.face_dim[:, None] == 0
        return np.where(alone, cell.a - x, rho * (cell.a - cell.v)) / column(t)

    def denoise(self, x, t):
        """Mixed-cell denoiser a(x), exact and certified."""
        return self._cell(x, t).a

    def divergence(self, x, t, probes=None):
        """Exact: the denoiser stretches a face's own directions by 1 / (1 - rho), no others."""
        face_dim = self._cell(x, t, faces=True).face_dim
        rho = np.broadcast_to(self.rho(t), len(x))
        stretched = np.where(rho < 1, face_dim / np.where(rho < 1, 1 - rho, 1.0), 0.0)
        return (stretched - x.shape[1]) / t, np.zeros(len(x))

    def breakpoints(self, t):
        """Where cells of points and gaps meet; the middles of gaps where smoothing is off."""
        if self.cloud.dim > 1:
            return super().breakpoints(t)
        y = self.cloud.sorted_line[0]
        if self.rho(t) >= 1:
            return (y[:-1] + y[1:]) / 2
        reach = self.rho(t) * np.diff(y) / 2
        return np.sort(np.concatenate([y[:-1] + reach, y[1:] - reach]))

    def parents(self, x, t):
        """Points that the denoiser is a mean of, (n, r + 1), and their weights."""
        cell = self._cell(x, t)
        return cell.parents, cell.weights

    def support(self, x, t, t0):
        """Which rows the flow from t0 reaches at t: all, unless smoothing is off at t0.

        Where it is, x_t - y goes as sqrt(t) from the cell of y on.
        """
        if self.rho(t0) < 1:
            return np.ones(len(x), dtype=bool)
        at_t0 = self.rho(t) * np.sqrt(t0 / t)
        return reachable(self._cell(x, t, faces=True), self.cloud, at_t0)


class SmoothedPLScore(_PiecewiseLinear):
    """Smoothed PL-ESF of a point cloud; a smaller ``kappa`` smooths more.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.scores import SmoothedPLScore
    >>> score = SmoothedPLScore([-1.0, 1.0], kappa=1.0, spacing=1.0)
    >>> score(np.array([[0.5]]), 0.1).round(4)
    array([[2.3124]])
    """

    def __init__(self, cloud, kappa, spacing):
        for name, value in (("kappa", kappa), ("spacing", spacing)):
            checks.number(value, name, self)
        super().__init__(cloud)
        self.kappa = kappa
        self.spacing = spacing

    def rho(self, t):
        """Smoothing ratio kappa sqrt(t) / spacing; smoothing is off from 1 on."""
        return self.kappa * np.sqrt(t) / self.spacing


class FixedDeltaScore(_PiecewiseLinear):
    """PL-ESF that keeps the same part ``delta / spacing`` of every half-gap at all t.

    On evenly spaced points it is v1's average of the PL-ESF over [x - w, x + w] with w = spacing -
    delta. From ``delta`` = ``spacing`` on nothing is smoothed.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.scores import FixedDeltaScore
    >>> score = FixedDeltaScore([-1.0, 1.0], delta=0.3, spacing=1.0)
    >>> score(np.array([[0.5]]), 0.1).round(4)
    array([[2.1429]])
    """

    def __init__(self, cloud, delta, spacing):
        for name, value in (("delta", delta), ("spacing", spacing)):
            checks.number(value, name, self)
        super().__init__(cloud)
        self.delta = delta
        self.spacing = spacing

    def rho(self, t):
        """Smoothing ratio delta / spacing."""
        return np.full_like(t, self.delta / self.spacing, dtype=np.float64)[()]


class PLScore(_PiecewiseLinear):
    """PL-ESF of a point cloud, :math:`(y - x) / t` with y the point nearest to x; it jumps.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.scores import PLScore
    >>> score = PLScore([-1.0, 1.0])
    >>> score(np.array([[0.5]]), 0.1).round(4)
    array([[5.]])
    """

    def rho(self, t):
        """Smoothing ratio 1: none."""
        return np.ones_like(t, dtype=np.float64)[()]

    __call__ = Denoiser.__call__

    def denoise(self, x, t):
        """The nearest point."""
        column(t)
        return self.cloud.at(self.cloud.neighbors.query(x, 1)[1][:, 0])
