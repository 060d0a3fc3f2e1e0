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
from functools import partial
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
    "load",
    "save",
    "train",
    "validation_loss",
]

OBJECTIVES = ("esf", "dsm")
# What AdamW's weight decay acts on: as in the papers (the body of a time-conditioned network, all
# of a plain one), everything, or all but the biases.
DECAYED = ("papers", "all", "weights")
# Steps between two looks at the loss.
STEPS_PER_CALL = 100


class Problem(NamedTuple):
    """What is trained on what; it selects a compiled program."""

    architecture: str
    objective: str
    batch_size: int
    decayed: str


class Rates(NamedTuple):
    """The numbers of a run, which share a program. Variances are in the scaled coordinates."""

    learning_rate: float
    weight_decay: float
    ema_decay: float
    t_min: float
    t_max: float


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


class State(NamedTuple):
    """Everything that a run needs to go on."""

    params: Any
    """Parameters, a pytree of float32 arrays."""
    average: Any
    """Their exponential moving average (equal to them without one)."""
    optimizer: Any
    """Moments of AdamW."""
    key: Any
    """Seed of the run, two 32-bit words."""
    step: Any
    """Steps done."""
    failed: Any
    """Step whose loss was not finite, from which on nothing changed; -1 for none."""


def begin(problem: Problem, rates: Rates, dim, width, seed, params=None) -> State:
    """A run before its first step, from random parameters where none are given."""
    if params is None:
        generator = np.random.default_rng(seed)
        params = initialize(generator, problem.architecture, dim, width)
    params = as_layers(params, np.float32)
    with float32():  # AdamW begins with zeros, for which nothing need be compiled
        shapes = jax.eval_shape(_optimizer(problem, rates).init, params)
    moments = jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), shapes)
    key = np.array([0, seed], dtype=np.uint32)
    return State(params, params, moments, key, np.int32(0), np.int32(-1))


def train(
    problem: Problem, rates: Rates, state: State, points, weights, n_steps
) -> tuple[State, np.ndarray]:
    """Take up to STEPS_PER_CALL steps; the state after them, and the loss of each.

    Parameters
    ----------
    points : array of shape (n, r)
        Scaled to the unit ball.
    weights : array of shape (n,)
    n_steps : int
    """
    # Padded to a power of two by points of no weight: few compilations.
    n = len(points)
    padding = (1 << max(n - 1, 0).bit_length()) - n
    with float32():
        y = jnp.asarray(np.pad(points, ((0, padding), (0, 0))), jnp.float32)
        with np.errstate(divide="ignore"):
            log_weights = jnp.asarray(np.log(np.pad(weights, (0, padding))), jnp.float32)
        cumulative = jnp.asarray(np.pad(np.cumsum(weights), (0, padding), mode="edge"), jnp.float32)
        state, losses = _steps(problem, rates, state, y, log_weights, cumulative, n_steps)
        return state, np.asarray(losses)[:n_steps]


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
            squares = ((x[:, None] - points) ** 2).sum(-1)
            responsibility = jax.nn.softmax(log_weights - squares / (2 * t[:, None]), axis=1)
            target = (responsibility @ points - x) / t[:, None]
        else:
            target = -z / jnp.sqrt(t)[:, None]
        return (t[:, None] * (score - target) ** 2).sum(1).mean()

    def step(i, carry):
        state, losses = carry
        key = jax.random.fold_in(jax.random.wrap_key_data(state.key), state.step + 1)
        value, gradient = jax.value_and_grad(loss)(state.params, key)
        updates, moments = optimizer.update(gradient, state.optimizer, state.params)
        params = jax.tree.map(jnp.add, state.params, updates)
        average = jax.tree.map(
            lambda old, new: rates.ema_decay * old + (1 - rates.ema_decay) * new,
            state.average,
            params,
        )
        good = jnp.isfinite(value) & (state.failed < 0)
        done = state.step + 1
        after = State(params, average, moments, state.key, done, state.failed)
        before = state._replace(failed=jnp.where(state.failed < 0, done, state.failed))
        kept = jax.tree.map(partial(jnp.where, good), after, before)
        return kept, losses.at[i].set(jnp.where(good, value, jnp.nan))

    losses = jnp.full(STEPS_PER_CALL, jnp.nan)
    return lax.fori_loop(0, n_steps, step, (state, losses))


class Run(NamedTuple):
    """What a training run is of: a problem and its numbers, points (n, r) in the unit ball.

    Where some rows are held out (m, r), the loss on them says when to stop and what to keep.
    """

    problem: Problem
    rates: Rates
    points: np.ndarray
    weights: np.ndarray
    held_out: np.ndarray | None = None

    def fingerprint(self, state):
        """Tells runs apart: all that the parameters after a step depend on."""
        shapes = [leaf.shape for leaf in jax.tree.leaves(state.params)]
        parts = self.problem, self.rates, shapes, np.asarray(state.key).tolist()
        digest = hashlib.sha256(repr(parts).encode())
        for array in (self.points, self.weights, self.held_out):
            if array is not None:
                digest.update(array.tobytes())
        return digest.hexdigest()


class Progress(NamedTuple):
    """How far a run has come."""

    state: State
    best: Any
    """Parameters to keep: the averaged ones, with rows held out those of the least loss on them."""
    losses: np.ndarray
    """Of each step."""
    best_loss: float = np.inf
    """Least loss of those looked at after each call."""
    waited: int = 0
    """Calls since the loss last fell by ``tol`` of it."""

    @classmethod
    def of(cls, state):
        """A run before its first step."""
        return cls(state, state.average, np.empty(0, np.float32))


class Limits(NamedTuple):
    """When a run ends."""

    max_iter: int
    tol: float
    n_iter_no_change: int

    def reached(self, progress):
        """True for a run that has waited long enough, or failed, or taken all its steps."""
        return (
            progress.waited >= self.n_iter_no_change
            or progress.state.failed >= 0
            or len(progress.losses) >= self.max_iter
        )


def advance(run: Run, progress: Progress, limits: Limits) -> Progress:
    """One compiled call of steps, and a look at the loss."""
    done = len(progress.losses)
    n_steps = min(STEPS_PER_CALL, limits.max_iter - done)
    state, new = train(run.problem, run.rates, progress.state, run.points, run.weights, n_steps)
    if state.failed >= 0:
        losses = np.concatenate([progress.losses, new[: int(state.failed) - 1 - done]])
        return progress._replace(state=state, best=state.average, losses=losses)
    losses = np.concatenate([progress.losses, new])
    if run.held_out is None:
        loss = float(np.mean(new, dtype=np.float64))
    else:
        loss = validation_loss(run.problem, run.rates, state, run.held_out)
    best = state.average if loss < progress.best_loss or run.held_out is None else progress.best
    fell = loss < progress.best_loss * (1 - limits.tol)
    waited = 0 if fell else progress.waited + 1
    return Progress(state, best, losses, min(progress.best_loss, loss), waited)


def validation_loss(problem: Problem, rates: Rates, state: State, points):
    """Denoising loss of the averaged parameters on points (m, r), at noise that is always the same.

    Each point stands at as many noise levels as make up at least 1024 rows.
    """
    rng = np.random.default_rng(0)
    y = np.repeat(points, -(-1024 // len(points)), axis=0)
    ends = rates.t_min ** (1 / 3), rates.t_max ** (1 / 3)
    t = rng.uniform(*ends, len(y)) ** 3 if problem.architecture != "mlp" else rates.t_max
    t = np.broadcast_to(t, len(y))
    z = rng.normal(size=y.shape)
    score = NeuralScore(state.average, problem.architecture)(y + np.sqrt(t)[:, None] * z, t)
    return float(((np.sqrt(t)[:, None] * score + z) ** 2).sum(axis=1).mean())


def save(path, run: Run, progress: Progress):
    """Write a checkpoint, whole or not at all."""
    partial_path = Path(f"{path}.partial")
    with partial_path.open("wb") as file:
        fingerprint = np.array(run.fingerprint(progress.state))
        np.savez(file, fingerprint=fingerprint, **_named_leaves(progress))
    os.replace(partial_path, path)


def load(path, run: Run, begun: Progress) -> Progress:
    """The run's progress at its last checkpoint.

    Raises
    ------
    ValueError
        If the file is of another run, or no checkpoint.
    """
    try:
        with Path(path).open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            fingerprint = str(file["fingerprint"])
            found = [file[name] for name in _named_leaves(begun)]
    except (ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
        raise ValueError(
            f"The file {str(path)!r} is not a checkpoint of a training run."
        ) from error
    if fingerprint != run.fingerprint(begun.state):
        raise ValueError(
            f"The checkpoint {str(path)!r} is of other data or parameters; remove it, or name "
            "another, to train anew."
        )
    progress = jax.tree.unflatten(jax.tree.structure(begun), found)
    return progress._replace(best_loss=float(progress.best_loss), waited=int(progress.waited))


def _named_leaves(progress) -> dict[str, Any]:
    """Arrays by their place in the tree, as "state/params/body/0/weight" or "losses"."""
    name = partial(jax.tree_util.keystr, simple=True, separator="/")
    leaves, _ = jax.tree_util.tree_flatten_with_path(progress)
    return {name(path): np.asarray(leaf) for path, leaf in leaves}
