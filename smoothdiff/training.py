"""Score matching: fitting a score network to a point cloud.

    "esf"  E t |s(x_t, t) - s_t(x_t)|^2           regress on the exact empirical score
    "dsm"  E |sqrt(t) s(x_t, t) + z|^2            denoising score matching, x_t = x_0 + sqrt(t) z

They differ by a constant (Vincent 2011); the first has no label noise, the second does not look at
all points in each step. Variances are drawn with t^(1/3) uniform (papers, appendix J.2).

Every step draws its own data inside the compiled loop, from a key that depends on the step's
number alone: a run that is stopped and resumed gives the same parameters, bit for bit.
"""

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ._compute import float32
from .scores._neural import NeuralScore, apply, as_layers, initialize

__all__ = [
    "Limits",
    "Problem",
    "Progress",
    "Rates",
    "Run",
    "State",
    "advance",
    "begin",
    "finish",
    "has_risen",
    "load",
    "save",
    "train",
]

OBJECTIVES = ("esf", "dsm")
# What AdamW's weight decay acts on: as in the papers (the body of a time-conditioned network, all
# of a plain one), everything, or all but the biases.
DECAYED = ("papers", "all", "weights")
# Steps between two looks at the loss.
STEPS_PER_CALL = 100
# Axes up to which the differences of a batch to all points are one fused loop.
UNROLLED_MAX_DIM = 32
# A loss that is so many times the least of a call has left the good parameters behind.
LARGEST_RISE = 10.0


class Problem(NamedTuple):
    """What is trained, and on what; it selects a compiled program."""

    architecture: str
    objective: str
    batch_size: int
    decayed: str
    averaged: bool
    """Whether a moving average of the parameters is kept."""


class Rates(NamedTuple):
    """The numbers of a run, which share a program. Variances are in the scaled coordinates."""

    learning_rate: float
    weight_decay: float
    ema_decay: float
    t_min: float
    t_max: float


@dataclass(frozen=True)
class Run:
    """A problem, its numbers, and points (n, r) in the unit ball with weights of sum 1 (n,).

    Where some rows (m, r) are held out, with weights (m,), the loss on them says when to stop and
    what to keep.
    """

    problem: Problem
    rates: Rates
    points: np.ndarray
    weights: np.ndarray
    held_out: np.ndarray | None = None
    held_weights: np.ndarray | None = None

    @cached_property
    def arrays(self):
        """Points, log- and cumulative weights, padded to a power of two for few compilations."""
        n = len(self.points)
        padding = (1 << max(n - 1, 0).bit_length()) - n
        points = np.pad(self.points, ((0, padding), (0, 0)))
        weights = np.pad(self.weights, (0, padding))
        with float32(), np.errstate(divide="ignore"):
            parts = points, np.log(weights), np.cumsum(weights)
            return tuple(jnp.asarray(part, jnp.float32) for part in parts)

    def fingerprint(self, begun, limits):
        """Tells runs apart: all that the parameters after a step, and the last one, depend on."""
        parts = self.problem, self.rates, limits.tol, limits.n_iter_no_change
        digest = hashlib.sha256(repr(parts).encode())
        arrays = self.points, self.weights, self.held_out, self.held_weights
        for array in (*arrays, *jax.tree.leaves(begun)):
            if array is not None:
                digest.update(repr(np.shape(array)).encode() + np.asarray(array).tobytes())
        return digest.hexdigest()


class State(NamedTuple):
    """Everything that the next step depends on."""

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


def _optimizer(problem, rates):
    """AdamW with its mask."""
    import optax

    def decays(path, _):
        block, leaf = path[0].key, path[-1].name
        if problem.decayed == "papers" and problem.architecture == "time-conditioned":
            return block == "body"
        return problem.decayed != "weights" or leaf == "weight"

    def mask(params):
        return jax.tree_util.tree_map_with_path(decays, params)

    return optax.adamw(rates.learning_rate, weight_decay=rates.weight_decay, mask=mask)


def begin(run: Run, width, seed, params=None) -> State:
    """A run before its first step, from random parameters where none are given."""
    if params is None:
        dim, generator = run.points.shape[1], np.random.default_rng(seed)
        params = initialize(generator, run.problem.architecture, dim, width)
    params = as_layers(params, np.float32)
    with float32():  # AdamW begins with zeros, for which nothing need be compiled
        shapes = jax.eval_shape(_optimizer(run.problem, run.rates).init, params)
    moments = jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), shapes)
    key = np.array([0, seed], dtype=np.uint32)
    return State(params, params if run.problem.averaged else None, moments, key, np.int32(0))


def train(run: Run, state: State, n_steps) -> tuple[State, np.ndarray]:
    """Take up to STEPS_PER_CALL steps; the state after them, and the loss of each."""
    with float32():
        state, losses = _steps(run.problem, run.rates, state, *run.arrays, n_steps)
        return state, np.asarray(losses)[:n_steps]


def _empirical_score(points, log_weights, x, t):
    """The ESF in float32, for a batch: by differences, which do not cancel, one axis at a time."""
    r = x.shape[1]

    def add_axis(j, squares):
        return squares + (x[:, j, None] - points[:, j]) ** 2

    squares = jnp.zeros((len(x), len(points)))
    squares = lax.fori_loop(0, r, add_axis, squares, unroll=r <= UNROLLED_MAX_DIM)
    log_share = log_weights - squares / (2 * t[:, None])
    share = jnp.exp(log_share - log_share.max(axis=1, keepdims=True))
    sums = share @ jnp.concatenate([points, jnp.ones((len(points), 1))], axis=1)
    return (sums[:, :r] / sums[:, r:] - x) / t[:, None]


@partial(jax.jit, static_argnums=0)
def _steps(problem, rates, state, points, log_weights, cumulative, n_steps):
    optimizer = _optimizer(problem, rates)

    def loss(params, key):
        which, when, noise = jax.random.split(key, 3)
        batch = problem.batch_size
        if problem.architecture == "mlp":
            t = jnp.full(batch, rates.t_max, jnp.float32)
        else:
            ends = rates.t_min ** (1 / 3), rates.t_max ** (1 / 3)
            t = jax.random.uniform(when, (batch,), minval=ends[0], maxval=ends[1]) ** 3
        share = jax.random.uniform(which, (batch,)) * cumulative[-1]
        k = jnp.searchsorted(cumulative, share, side="right").clip(0, len(points) - 1)
        z = jax.random.normal(noise, (batch, points.shape[1]))
        x = points[k] + jnp.sqrt(t)[:, None] * z
        score = apply(params, problem.architecture, x, t)
        if problem.objective == "esf":
            target = _empirical_score(points, log_weights, x, t)
        else:
            target = -z / jnp.sqrt(t)[:, None]
        return (t[:, None] * (score - target) ** 2).sum(1).mean()

    def step(i, carry):
        state, losses = carry
        done = state.step + 1
        key = jax.random.fold_in(jax.random.wrap_key_data(state.key, impl="threefry2x32"), done)
        value, gradient = jax.value_and_grad(loss)(state.params, key)
        updates, moments = optimizer.update(gradient, state.optimizer, state.params)
        params = jax.tree.map(jnp.add, state.params, updates)
        average = None
        if problem.averaged:  # of the first 1, 2, ... parameters alike, so that none at random stay
            decay = jnp.minimum(rates.ema_decay, (done - 1) / done)
            average = jax.tree.map(
                lambda old, new: decay * old + (1 - decay) * new, state.average, params
            )
        return State(params, average, moments, state.key, done), losses.at[i].set(value)

    losses = jnp.full(STEPS_PER_CALL, jnp.nan)
    return lax.fori_loop(0, n_steps, step, (state, losses))


class Progress(NamedTuple):
    """How far a run has come."""

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

    @classmethod
    def of(cls, state):
        """A run before its first step."""
        return cls(state, state.kept, np.empty(0, np.float32))


class Limits(NamedTuple):
    """When a run ends."""

    max_iter: int
    tol: float
    n_iter_no_change: int

    def reached(self, progress):
        """True for a run that has waited long enough, or failed, or taken all its steps."""
        waited_enough = progress.waited >= self.n_iter_no_change
        return waited_enough or progress.failed or len(progress.losses) >= self.max_iter


def advance(run: Run, progress: Progress, limits: Limits) -> Progress:
    """One compiled call of steps, and a look at the loss."""
    done = len(progress.losses)
    state, new = train(run, progress.state, min(STEPS_PER_CALL, limits.max_iter - done))
    if not np.isfinite(new).all():
        return _last_good(run, progress, new)
    losses = np.concatenate([progress.losses, new])
    if run.held_out is None:
        loss = float(np.mean(new, dtype=np.float64))
    else:
        loss = _validation_loss(run, state)
    best = state.kept if loss < progress.best_loss or run.held_out is None else progress.best
    fell = loss < progress.best_loss * (1 - limits.tol)
    waited = 0 if fell else progress.waited + 1
    good = progress.good if has_risen(losses, new) else (progress.state, len(new))
    return Progress(state, best, losses, min(progress.best_loss, loss), waited, 0, good)


def finish(run: Run, progress: Progress) -> Progress:
    """The same run, unless what its last step left has no finite loss."""
    _, loss = train(run, progress.state, 1)
    return progress if np.isfinite(loss).all() else _last_good(run, progress, loss)


def has_risen(losses, new):
    """True if a loss of the last ones, ``new``, is far above the least mean of a whole call."""
    n = len(losses) - len(losses) % STEPS_PER_CALL
    means = losses[:n].reshape(-1, STEPS_PER_CALL).mean(axis=1)
    return bool(np.max(new) > LARGEST_RISE * np.min(means, initial=losses[0]))


def _last_good(run, progress, new):
    """Progress of a run with a loss that is not finite in the last call: back to before it.

    The loss of a step is that of the parameters which the step before left. What was there before
    the loss rose is found again by taking the same steps.
    """
    losses = np.concatenate([progress.losses, new[: int(np.argmin(np.isfinite(new)))]])
    known = progress.losses if len(progress.losses) else new
    n_good = next(
        i for i, loss in enumerate(new) if not np.isfinite(loss) or has_risen(known, loss)
    )
    state, n_steps = progress.state, n_good - 1
    if n_good == 0 and progress.good is not None:
        state, n_steps = progress.good[0], progress.good[1] - 1
    if n_steps > 0:
        state, _ = train(run, state, n_steps)
    best = state.kept if run.held_out is None or not len(progress.losses) else progress.best
    return progress._replace(state=state, best=best, losses=losses, failed=len(losses) + 1)


def _validation_loss(run, state):
    """Denoising loss of the parameters on the rows held out, at noise that is always the same.

    Each row stands at as many noise levels as make up at least 1024.
    """
    rng = np.random.default_rng(0)
    copies = -(-1024 // len(run.held_out))
    y, weights = (np.repeat(a, copies, axis=0) for a in (run.held_out, run.held_weights))
    t = np.full(len(y), run.rates.t_max)
    if run.problem.architecture != "mlp":
        ends = run.rates.t_min ** (1 / 3), run.rates.t_max ** (1 / 3)
        t = rng.uniform(*ends, len(y)) ** 3
    sigma = np.sqrt(t)[:, None]
    z = rng.normal(size=y.shape)
    score = NeuralScore(state.kept, run.problem.architecture)(y + sigma * z, t)
    return float(np.average(((sigma * score + z) ** 2).sum(axis=1), weights=weights))


def save(path, progress: Progress, fingerprint):
    """Write a checkpoint, whole or not at all."""
    partial_path = Path(f"{path}.partial")
    with partial_path.open("wb") as file:
        leaves = _named_leaves(progress._replace(good=None))
        np.savez(file, fingerprint=np.array(fingerprint), **leaves)
    os.replace(partial_path, path)


def load(path, begun: Progress, fingerprint) -> Progress:
    """The run's progress at its last checkpoint.

    Raises
    ------
    ValueError
        If the file is of another run, or no checkpoint.
    """
    try:
        with Path(path).open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            same = str(file["fingerprint"]) == fingerprint
            found = [file[name] for name in _named_leaves(begun)] if same else []
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
        raise ValueError(
            f"The file {str(path)!r} is not a checkpoint of a training run."
        ) from error
    if not same:
        raise ValueError(
            f"The checkpoint {str(path)!r} is of other data or parameters; remove it, or name "
            "another, to train anew."
        )
    progress = jax.tree.unflatten(jax.tree.structure(begun), found)
    return progress._replace(
        best_loss=float(progress.best_loss),
        waited=int(progress.waited),
        failed=int(progress.failed),
    )


def _named_leaves(progress) -> dict[str, Any]:
    """Arrays by their place in the tree, as "state/params/body/0/weight" or "losses"."""
    name = partial(jax.tree_util.keystr, simple=True, separator="/")
    leaves, _ = jax.tree_util.tree_flatten_with_path(progress)
    return {name(path): np.asarray(leaf) for path, leaf in leaves}
