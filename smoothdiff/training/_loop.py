"""The steps: AdamW in one compiled loop, with a look at the loss every 100 steps.

Every step draws its own data inside the loop, from a key that depends on the step's number alone:
a run that is stopped and resumed gives the same parameters, bit for bit.
"""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from .._compute import float32
from ..network import as_layers, initialize
from ._loss import as_data, training_loss, validation_loss
from ._run import STEPS_PER_CALL, Run, Settings, State

__all__ = ["DECAYED", "advance", "begin", "finish", "has_risen", "train"]

# What AdamW's weight decay acts on: as in the papers (the body of a time-conditioned network, all
# of a plain one), everything, or all but the biases.
DECAYED = ("papers", "all", "weights")
# A loss that is so many times the least of a call has left the good parameters behind.
LARGEST_RISE = 10.0


def begin(points, weights, *, t0, t_min, seed, settings: Settings, params=None) -> Run:
    """A run before its first step; arguments as `fit_network`."""
    scale = float(np.sqrt((points**2).sum(axis=1).max())) or 1.0
    points, held_out = points / scale, None
    if settings.early_stopping:
        order = np.random.default_rng(seed).permutation(len(points))
        n_held = max(int(settings.validation_fraction * len(points)), 1)
        if n_held >= len(points):
            raise ValueError(
                "early_stopping=True needs at least 2 distinct samples, to hold one out. "
                f"Got {len(points)}."
            )
        out, kept = order[:n_held], np.sort(order[n_held:])
        held_out = points[out], weights[out]
        points, weights = points[kept], weights[kept] / weights[kept].sum()
    if params is None:
        params = initialize(
            np.random.default_rng(seed),
            *(settings.architecture, points.shape[1], settings.hidden_width),
            variances=(t_min / scale**2, t0 / scale**2),
        )
    params = as_layers(params, np.float32)
    with float32():  # AdamW begins with zeros, for which nothing need be compiled
        shapes = jax.eval_shape(_optimizer(settings).init, params)
    moments = jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), shapes)
    key = np.array([0, seed], dtype=np.uint32)
    state = State(params, params if settings.ema_decay > 0 else None, moments, key, np.int32(0))
    data = as_data(points, weights, float(t_min / scale**2), float(t0 / scale**2))
    return Run(settings, data, held_out, scale, state, state.kept, np.empty(0, np.float32))


def _optimizer(settings):
    """AdamW with its mask."""
    import optax

    def decays(path, _):
        block, leaf = path[0].key, path[-1].name
        if settings.decayed == "papers" and settings.architecture == "time-conditioned":
            return block == "body"
        return settings.decayed != "weights" or leaf == "weight"

    def mask(params):
        return jax.tree_util.tree_map_with_path(decays, params)

    return optax.adamw(settings.learning_rate, weight_decay=settings.weight_decay, mask=mask)


def train(run: Run, state: State, n_steps) -> tuple[State, np.ndarray]:
    """Take up to STEPS_PER_CALL steps from a state; the one after them, and the loss of each."""
    with float32():
        state, losses = _steps(run.settings, run.data, state, n_steps)
        return state, np.asarray(losses)[:n_steps]


@jax.jit
def _steps(settings, data, state, n_steps):
    optimizer = _optimizer(settings)

    def step(i, carry):
        state, losses = carry
        done = state.step + 1
        key = jax.random.fold_in(jax.random.wrap_key_data(state.key, impl="threefry2x32"), done)
        value, gradient = jax.value_and_grad(training_loss)(state.params, key, settings, data)
        updates, moments = optimizer.update(gradient, state.optimizer, state.params)
        params = jax.tree.map(jnp.add, state.params, updates)
        average = None
        if state.average is not None:
            # Of the first 1, 2, ... parameters alike, so that none at random stay.
            decay = jnp.minimum(settings.ema_decay, (done - 1) / done)
            average = jax.tree.map(
                lambda old, new: decay * old + (1 - decay) * new, state.average, params
            )
        return State(params, average, moments, state.key, done), losses.at[i].set(value)

    losses = jnp.zeros(STEPS_PER_CALL)
    return lax.fori_loop(0, n_steps, step, (state, losses))


def advance(run: Run) -> Run:
    """One compiled call of steps, and a look at the loss."""
    settings = run.settings
    n_steps = min(STEPS_PER_CALL, settings.max_iter - run.n_steps)
    state, new = train(run, run.state, n_steps)
    if not np.isfinite(new).all():
        return _last_good(run, new)
    losses = np.concatenate([run.losses, new])
    if run.held_out is None:
        loss = float(np.mean(new, dtype=np.float64))
    else:
        loss = validation_loss(state.kept, settings, run.data, run.held_out)
    fell = loss < run.best_loss * (1 - settings.tol)
    return replace(
        run,
        state=state,
        best=state.kept if loss < run.best_loss or run.held_out is None else run.best,
        losses=losses,
        best_loss=min(run.best_loss, loss),
        waited=0 if fell else run.waited + 1,
        good=run.good if has_risen(losses, new) else (run.state, len(new)),
    )


def finish(run: Run) -> Run:
    """The same run, unless what its last step left has no finite loss."""
    _, loss = train(run, run.state, 1)
    return run if np.isfinite(loss).all() else _last_good(run, loss)


def has_risen(losses, new):
    """True if a loss of the last ones, ``new``, is far above the least mean of a whole call."""
    n = len(losses) - len(losses) % STEPS_PER_CALL
    means = losses[:n].reshape(-1, STEPS_PER_CALL).mean(axis=1)
    return bool(np.max(new) > LARGEST_RISE * np.min(means, initial=losses[0]))


def _last_good(run, new):
    """The run, with a loss that is not finite in the last call, as it was before that loss rose.

    The loss of a step is that of the parameters which the step before left. What was there before
    the loss rose is found again by taking the same steps.
    """
    losses = np.concatenate([run.losses, new[: int(np.argmin(np.isfinite(new)))]])
    known = run.losses if run.n_steps else new
    n_good = next(
        i for i, loss in enumerate(new) if not np.isfinite(loss) or has_risen(known, loss)
    )
    state, n_steps = run.state, n_good - 1
    if n_good == 0 and run.good is not None:
        state, n_steps = run.good[0], run.good[1] - 1
    if n_steps > 0:
        state, _ = train(run, state, n_steps)
    best = state.kept if run.held_out is None or not run.n_steps else run.best
    return replace(run, state=state, best=best, losses=losses, failed=len(losses) + 1)
