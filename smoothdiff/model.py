"""A fitted diffusion as one value on arrays: what `fit` builds, and what a pickle keeps.

    x_t0 ~ start;   x_t0 -> x_t_min by the solver, along dx/dt = -1/2 score(x, t);
    X = mean + U' x_t_min + noise along the normal directions

It holds no parameters that could be changed later, draws nothing by itself and maps arrays in data
coordinates (n, d) to arrays. t is a variance.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from ._compute import ROWS_PER_TASK, map_rows
from ._progress import Progress
from .cloud import PointCloud
from .noise import karras_times
from .scores import Score
from .solvers import Solver, Steps
from .solvers._base import Draw, End
from .starts import StartingLaw
from .subspace import Subspace

__all__ = ["Diffusion", "LogDensity"]


@dataclass(frozen=True, eq=False)
class LogDensity:
    """Log-densities and what is to be known of them.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff import SmoothedPLDiffusion
    >>> model = SmoothedPLDiffusion().fit([[0.0], [1.0], [3.0]])
    >>> model.diffusion_.log_density(np.array([[0.5]])).error
    array([0.])
    """

    value: np.ndarray
    """(n,)."""
    error: np.ndarray
    """How far off the solver's divergence may have made each, (n,)."""
    off: np.ndarray
    """Rows that differ from the data in a column that is constant there: -inf, boolean (n,)."""


@dataclass(frozen=True, eq=False)
class Diffusion:
    """A subspace, the points in it, a score, what the denoising starts from and how it is run.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff import SmoothedPLDiffusion
    >>> model = SmoothedPLDiffusion(random_state=0).fit([[0.0], [1.0], [3.0]])
    >>> x, parents, weights = model.diffusion_.sample(np.random.default_rng(0), 5, parents=True)
    >>> x.shape
    (5, 1)
    """

    subspace: Subspace
    cloud: PointCloud
    score: Score
    start: StartingLaw
    solver: Solver
    t0: float
    t_min: float
    n_steps: int
    schedule_rho: float
    rows: np.ndarray | None = None
    """The points in data coordinates, (m, d), where samples keep no noise and are means of them."""

    # ------------------------------------------------------------------ sampling and density

    def sample(self, generator, n, *, parents=False, around=None, verbose=0, done=None) -> End:
        """Draw n rows (n, d), and the points of the cloud that each was made of if asked for.

        With ``around``, (n,), each starts in the noise of the point that it names.
        A solver that steps reports its steps if ``verbose``; of others ``done(k)`` is called as k
        more rows are there.
        """
        x, near = self.start.sample(generator, n, around)
        draw = Draw(x, near, np.arange(n))
        key = (
            generator.integers(2**64, size=2, dtype=np.uint64) if self.solver.draws_noise else None
        )
        exact = self.rows is not None
        terminal = partial(
            self._terminal, parents=parents or exact, key=key, report=self._reporter(n, verbose)
        )
        end = End(*map_rows(terminal, *draw, done=self._unless_stepped(done)))
        if exact:
            (X,) = map_rows(self._means, end.parents, end.weights)
        else:
            X = self.subspace.lift(end.x)
            X += self.subspace.draw_sample_normal(generator, n, self.t_min)
        return End(X, end.parents, end.weights)

    def _means(self, parents, weights):
        return (means_of_rows(self.rows, parents, weights),)

    def _terminal(self, *draw, **options):
        return self.solver.terminal(Draw(*draw), self.t0, self.t_min, **options)

    def log_density(self, X, *, verbose=0, done=None) -> LogDensity:
        """Log-density at X (n, d) of the law that `sample` draws from; t_min must be positive.

        It is with respect to the volume of the columns that vary in the data. Progress is told as
        by `sample`.
        """
        log_density = partial(self._log_density, report=self._reporter(len(X), verbose))
        return LogDensity(*map_rows(log_density, X, done=self._unless_stepped(done)))

    def _log_density(self, X, *, report):
        x = self.subspace.project(X)
        log_p, error = self.solver.log_density(x, self.start, self.t0, self.t_min, report)
        if self.subspace.n_normal:
            normal = self.subspace.normal_part(X, x)
            log_p = log_p + self.subspace.normal_log_density(normal, self.t_min)
        off = self.subspace.off(X)
        return np.where(off, -np.inf, log_p), error, off

    # ------------------------------------------------------------------ the field and its flow

    def denoise(self, X, t):
        """Denoiser D_t at X (n, d); t is a float or (n,)."""
        return map_rows(self._denoise, X, np.broadcast_to(t, len(X)))[0]

    def _denoise(self, X, t):
        x = self.subspace.project(X)
        D = self.subspace.lift(self.score.denoise(x, t))
        if self.subspace.has_normal:
            normal = self.subspace.normal_part(X, x)
            D += self.subspace.denoise_normal(normal, t[:, None])
        return (D,)

    def score_at(self, X, t):
        """Score (n, d) at X (n, d), with the digits that (D_t - X) / t loses; t as above."""
        return map_rows(self._score_at, X, np.broadcast_to(t, len(X)))[0]

    def _score_at(self, X, t):
        x = self.subspace.project(X)
        found = self.score(x, t) @ self.subspace.components
        if self.subspace.has_normal:
            normal = self.subspace.normal_part(X, x)
            found += self.subspace.score_normal(normal, t[:, None])
        return (found,)

    def path(self, X, times):
        """States (n_times, n, d) at the times of rows that are X (n, d) at the first of them.

        Rows that have no origin at a larger variance are NaN there.
        """
        return map_rows(partial(self._path, times=times), X)[0]

    def _path(self, X, *, times):
        x = self.subspace.project(X)
        states = np.stack([self.subspace.lift(y) for y in self.solver.path(x, times)])
        if self.subspace.has_normal:
            normal = self.subspace.normal_part(X, x)
            for state, t in zip(states, times, strict=True):
                state += self.subspace.flow_normal(normal, times[0], t)
        return (states,)

    def draw_start(self, generator, n):
        """Draw n rows of the law at t0, (n, d)."""
        x, _ = self.start.sample(generator, n)
        return self.subspace.lift(x) + self.subspace.draw_normal(generator, n, self.t0)

    def times(self, end):
        """The Karras grid of n_steps + 1 variances from t0 to ``end``."""
        return karras_times(self.t0, end, self.n_steps, self.schedule_rho)

    def _reporter(self, n, verbose):
        """Called after each step of each block of rows; None if nothing is to be said."""
        if not (verbose and isinstance(self.solver, Steps)):
            return None
        return Progress(self.n_steps * -(-n // ROWS_PER_TASK)).step

    def _unless_stepped(self, done):
        return None if isinstance(self.solver, Steps) else done


def means_of_rows(rows, parents, weights):
    """Weighted means of rows (m, d), exactly: a mean of one row is that row, bit for bit.

    Where all parents of a row agree in a column, so does their mean, and it is never outside their
    range: rounding of the weights does not show.

    Parameters
    ----------
    rows : array of shape (m, d)
    parents : integer array of shape (n, k); -1 is padding
    weights : array of shape (n, k); 0 is padding

    Returns
    -------
    array of shape (n, d)
    """
    used = np.where(parents < 0, parents[:, :1], parents)
    mean, low, high = 0.0, np.inf, -np.inf
    for k in range(parents.shape[1]):
        part = rows[used[:, k]]
        mean = mean + weights[:, k, None] * part
        low, high = np.minimum(low, part), np.maximum(high, part)
    return np.clip(mean, low, high)
