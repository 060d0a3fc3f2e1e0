"""Any score, by steps on the Karras grid."""

import numpy as np

from ..likelihood import ode_log_density
from ..noise import karras_times
from ..ode import FLOWS, METHODS, counted_normals, integrate, states
from ..scores import OfPoints, Score
from ..scores._divergence import default_probes
from ._base import End, Solver

__all__ = ["Steps"]


class Steps(Solver):
    """Runs a score by one of `smoothdiff.ode.METHODS`.

    A method that adds noise has no path to follow: paths then take Heun's steps, and there is a
    density only where the law is known, as ``law``, a solver in closed form. Where it is, the error
    of the other methods' densities is that to it.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.scores import EmpiricalScore
    >>> from smoothdiff.solvers import Steps
    >>> steps = Steps(EmpiricalScore([-1.0, 1.0]), "heun", n_steps=50, schedule_rho=2.0)
    >>> steps.path(np.array([[0.2]]), [1.0, 0.25]).shape
    (2, 1, 1)
    """

    def __init__(self, score: Score, method, n_steps, schedule_rho, law: Solver | None = None):
        self.score = score
        self.method = method
        self.n_steps = n_steps
        self.schedule_rho = schedule_rho
        self.law = law
        self.draws_noise = METHODS[method].draws_noise
        self.no_density = score.no_density
        if self.draws_noise and law is None:
            self.no_density = (
                f"with solver={method!r}: the equation's noise does not undo that of a smoothed "
                "score, and no formula is known for the law; use 'euler' or 'heun'"
            )

    @property
    def _flow(self):
        return self.method if self.method in FLOWS else "heun"

    def times(self, t, s):
        """The grid from variance t to s, n_steps + 1 of them."""
        return karras_times(t, s, self.n_steps, self.schedule_rho)

    def terminal(self, draw, t0, t_min, *, parents=False, key=None, report=None):
        """States by steps; the parents are those of the state that they end in."""
        noise = None
        if self.draws_noise:
            noise = counted_normals(key, draw.row[0] if len(draw.row) else 0, draw.x.shape)
        x = integrate(self.score, draw.x, self.times(t0, t_min), self.method, noise, report)
        if not (parents and isinstance(self.score, OfPoints)):
            return End(x, None, None)
        return End(x, *self.score.parents(x, t_min))

    def log_density(self, x, start, t0, t_min, report=None):
        """By as many steps up, and the divergence of the score along them."""
        if self.draws_noise and self.law is not None:
            return self.law.log_density(x, start, t0, t_min)
        probes, times = default_probes(x.shape[1]), self.times(t_min, t0)
        log_density = start.log_density
        log_p, error = ode_log_density(
            self.score, log_density, x, times, self._flow, probes, report
        )
        if isinstance(self.score, OfPoints):  # steps do not see the edge of its support
            log_p = np.where(self.score.support(x, t_min, t0), log_p, -np.inf)
        if self.law is not None:
            error = np.abs(log_p - self.law.log_density(x, start, t0, t_min)[0])
        return log_p, error

    def path(self, x, times):
        """States at ``times`` by steps on the Karras grid and the times themselves."""
        grid = np.unique(np.concatenate([self.times(times[0], times[-1]), times]))  # increasing
        grid = grid if times[-1] > times[0] else grid[::-1]
        kept = {}
        for t, y in zip(grid, states(self.score, x, grid, self._flow), strict=True):
            if t in times:
                kept[t] = y
        return np.stack([kept[t] for t in times])
