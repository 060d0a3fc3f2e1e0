"""The closed-form flow of the Smoothed PL-ESF: one geometric solve for each row."""

import numpy as np

from ..flow import position, reachable
from ..likelihood import smoothed_pl_log_density
from ..mixed_cell import solve
from ..scores import SmoothedPLScore
from ._base import End, Solver

__all__ = ["MixedCellFlow"]


class MixedCellFlow(Solver):
    """x_s = (1 - rho_s) a + rho_s v, with a and v those of x_t.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.scores import SmoothedPLScore
    >>> from smoothdiff.solvers import MixedCellFlow
    >>> flow = MixedCellFlow(SmoothedPLScore([-1.0, 1.0], kappa=0.5, spacing=1.0))
    >>> flow.path(np.array([[0.2]]), [1.0, 0.25]).ravel().round(4)
    array([0.2, 0.3])
    """

    ends_paths_at_zero = True

    def __init__(self, score: SmoothedPLScore):
        if not isinstance(score, SmoothedPLScore):  # at a fixed ratio a and v do not stay
            raise TypeError(
                "The 'score' parameter of MixedCellFlow must be a SmoothedPLScore. "
                f"Got {type(score).__name__} instead."
            )
        self.score = score

    def terminal(self, draw, t0, t_min, *, parents=False, key=None, report=None):
        """One solve at t0; the parents are the corners of each row's cell."""
        cell = solve(draw.x, self.score.cloud, self.score.rho(t0), near=draw.near)
        end = position(cell, self.score.rho(t_min))
        return End(end, cell.parents, cell.weights) if parents else End(end, None, None)

    def log_density(self, x, start, t0, t_min, report=None):
        """Exact."""
        rho = self.score.rho
        log_p = smoothed_pl_log_density(x, self.score.cloud, start, rho(t0), rho(t_min))
        return log_p, np.zeros(len(x))

    def path(self, x, times):
        """One solve at the first time."""
        cloud, rho = self.score.cloud, [self.score.rho(t) for t in times]
        up = max(rho) > rho[0]
        cell = solve(x, cloud, rho[0], faces=up)
        states = np.stack([x if r == rho[0] else position(cell, r) for r in rho])
        if up:
            states[:, ~reachable(cell, cloud, max(rho))] = np.nan
        return states
