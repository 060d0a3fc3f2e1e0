"""What a training run is: what was asked for, what a step depends on, how far it has come."""

from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import jax
import numpy as np

from ..network import as_pairs

__all__ = ["STEPS_PER_CALL", "Run", "Settings", "State"]

# Steps between two looks at the loss.
STEPS_PER_CALL = 100


@dataclass(frozen=True)
class Settings:
    """What a user chooses, named and explained as in `NeuralScoreDiffusion`.

    The words and the size of a batch select a compiled program, which takes the rates as numbers
    and knows nothing of the rest.

    Examples
    --------
    >>> from smoothdiff.training import Settings
    >>> Settings(architecture="mlp", max_iter=100).max_iter
    100
    """

    architecture: str = "time-conditioned"
    objective: str = "esf"
    hidden_width: int = 128
    weight_decay: float = 0.01
    decayed: str = "papers"
    learning_rate: float = 1e-3
    batch_size: int = 256
    max_iter: int = 5000
    tol: float = 1e-4
    n_iter_no_change: int = 10
    early_stopping: bool = False
    validation_fraction: float = 0.1
    ema_decay: float = 0.0

    @classmethod
    def of(cls, parameters):
        """Settings from a mapping that holds them all, as Python's own numbers.

        Those of NumPy would count as arrays, of which each dtype is a program of its own.
        """
        defaults = [(field.name, getattr(cls, field.name)) for field in fields(cls)]
        return cls(**{name: type(default)(parameters[name]) for name, default in defaults})


# What a compiled step takes as numbers, and what selects its program; of the rest it knows nothing.
_NUMBERS = "learning_rate", "weight_decay", "ema_decay"
_WORDS = "architecture", "objective", "batch_size", "decayed"


def _flatten(settings):
    numbers, words = ([getattr(settings, n) for n in names] for names in (_NUMBERS, _WORDS))
    return numbers, tuple(words)


def _unflatten(words, numbers):
    return Settings(**dict(zip(_NUMBERS + _WORDS, (*numbers, *words), strict=True)))


# register_dataclass cannot leave out fields in each version of JAX that is supported.
jax.tree_util.register_pytree_node(Settings, _flatten, _unflatten)


class State(NamedTuple):
    """Everything of a run that its next step depends on and changes.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.training import Settings, fit_network
    >>> settings = Settings(architecture="mlp", hidden_width=8, tol=100.0, n_iter_no_change=1)
    >>> run = fit_network(np.eye(2), np.full(2, 0.5), t0=1.0, t_min=0.01, seed=0, settings=settings)
    >>> int(run.state.step)
    100
    """

    params: Any
    """Parameters, a pytree of float32 arrays."""
    average: Any
    """Their mean, which becomes an exponential moving average once it is long enough; or None."""
    optimizer: Any
    """Moments of AdamW."""
    key: Any
    """Seed of the run, two 32-bit words."""
    step: Any
    """Steps done."""

    @property
    def kept(self):
        """The parameters that a model would keep."""
        return self.params if self.average is None else self.average


@dataclass(frozen=True, eq=False)
class Run:
    """A training run at one moment: what it is of, and how far it has come.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.training import Settings, fit_network
    >>> settings = Settings(architecture="mlp", hidden_width=8, tol=100.0, n_iter_no_change=1)
    >>> run = fit_network(np.eye(2), np.full(2, 0.5), t0=1.0, t_min=0.01, seed=0, settings=settings)
    >>> run.over, bool(run.last_loss > 0)
    (True, True)
    """

    settings: Settings
    data: tuple
    """Points in the unit ball, log- and cumulative weights, and the least and largest variance."""
    held_out: tuple[np.ndarray, np.ndarray] | None
    """Rows (m, r) whose loss says when to stop and what to keep, and their weights (m,)."""
    scale: float
    """Length that the network takes as 1."""
    state: State
    best: Any
    """Parameters to keep: with rows held out those of the least loss on them, else the last."""
    losses: np.ndarray
    """Of each step."""
    best_loss: float = np.inf
    """Least loss of those looked at after each call."""
    waited: int = 0
    """Calls since the loss last fell by ``tol`` of it."""
    failed: int = 0
    """Step whose loss was not finite, or 0."""
    good: tuple[State, int] | None = None
    """State before the last call without a large loss, and its steps, if made by this process."""

    @property
    def params(self):
        """The parameters to keep, as `smoothdiff.network.as_pairs`."""
        return as_pairs(self.best)

    @property
    def n_steps(self):
        """Steps taken."""
        return len(self.losses)

    @property
    def last_loss(self):
        """Mean loss of the last steps."""
        return self.losses[-STEPS_PER_CALL:].mean()

    @property
    def settled(self):
        """Whether the loss has not fallen for as long as the settings say."""
        return self.waited >= self.settings.n_iter_no_change

    @property
    def over(self):
        """Whether it has settled, or failed, or taken all its steps."""
        return bool(self.settled or self.failed or self.n_steps >= self.settings.max_iter)
