"""What every solver offers, in tangent coordinates (r of them)."""

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np

from ..starts import StartingLaw

__all__ = ["Draw", "End", "Solver"]


class Draw(NamedTuple):
    """States at t0, as a starting law draws them."""

    x: np.ndarray
    """Positions, (n, r)."""
    near: np.ndarray
    """A point of the cloud close to each, (n,)."""
    row: np.ndarray
    """Number of each within the whole sample, (n,)."""


class End(NamedTuple):
    """States at t_min."""

    x: np.ndarray
    """Positions, (n, r)."""
    parents: np.ndarray | None
    """Points of the cloud that each is made of, (n, k); -1 is padding. None if not asked for."""
    weights: np.ndarray | None
    """Their weights, (n, k)."""


class Solver(ABC):
    """Carries states along the score field, and densities with them.

    Examples
    --------
    >>> from smoothdiff.scores import EmpiricalScore
    >>> from smoothdiff.solvers import Solver, Steps
    >>> isinstance(Steps(EmpiricalScore([0.0, 1.0]), "heun", 50, 2.0), Solver)
    True
    """

    draws_noise = False
    """Whether `terminal` adds noise on its way, for which it needs a key."""
    no_density: str | None = None
    """Why there is no density of what `terminal` draws, if there is none: the end of a sentence."""
    ends_paths_at_zero = False
    """Whether `path` may end at t = 0."""

    @abstractmethod
    def terminal(self, draw: Draw, t0, t_min, *, parents=False, key=None, report=None) -> End:
        """States at t_min, with their parents if asked for.

        ``key``, two 64-bit integers, makes the random numbers of a solver that draws noise, and
        ``report(i)`` is called after each step of one that steps.
        """

    @abstractmethod
    def log_density(self, x, start: StartingLaw, t0, t_min, report=None):
        """Log-density at t_min of the law that ``start`` has become, (n,), and its error, (n,)."""

    @abstractmethod
    def path(self, x, times) -> np.ndarray:
        """States at each of the times, (n_times, n, r), of rows that are x at the first.

        Rows that have no origin at a larger variance are NaN there.
        """
