"""The law of the exact score: the training set itself, with the noise of t_min for that of t0."""

import numpy as np

from ..scores import EmpiricalScore
from ._base import End, Solver
from ._steps import Steps

__all__ = ["NoisedPoints"]


class NoisedPoints(Solver):
    """Draws from p_t_min and its density are exact. Paths have no closed form and are stepped.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.scores import EmpiricalScore
    >>> from smoothdiff.solvers import NoisedPoints
    >>> flow = NoisedPoints(EmpiricalScore([-1.0, 1.0]), n_steps=50, schedule_rho=2.0)
    >>> flow.path(np.array([[0.2]]), [1.0, 0.25]).shape
    (2, 1, 1)
    """

    def __init__(self, score: EmpiricalScore, n_steps, schedule_rho):
        self.score = score
        self._steps = Steps(score, "heun", n_steps, schedule_rho)

    def terminal(self, draw, t0, t_min, *, parents=False, key=None, report=None):
        """The point that each row came from, and its noise at the variance t_min."""
        points = self.score.cloud.at(draw.near)
        x = points + np.sqrt(t_min / t0) * (draw.x - points)
        if not parents:
            return End(x, None, None)
        return End(x, draw.near[:, None], np.ones((len(x), 1)))

    def log_density(self, x, start, t0, t_min, report=None):
        """Exact."""
        return self.score.law.log_density(x, t_min), np.zeros(len(x))

    def path(self, x, times):
        """By Heun's steps."""
        return self._steps.path(x, times)
