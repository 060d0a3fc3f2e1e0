"""A run from begin to end: steps, checkpoints, reports, and how it came out."""

import os

from sklearn.exceptions import ConvergenceWarning

from .._progress import Progress, warn
from ._checkpoint import fingerprint, load, save
from ._loop import advance, begin, finish, has_risen
from ._run import STEPS_PER_CALL, Run, Settings

__all__ = ["fit_network"]

# Steps between two checkpoints.
STEPS_PER_CHECKPOINT = 1000


def fit_network(
    points,
    weights,
    *,
    t0,
    t_min,
    seed,
    settings: Settings,
    params=None,
    checkpoint=None,
    verbose=False,
) -> Run:
    """Train a network to match the score of a weighted point cloud.

    Ctrl-C ends training with a warning, once there is something to keep. A loss that is not finite
    ends it as well: the run then says where (``failed``), and keeps the parameters from before the
    loss rose.

    Parameters
    ----------
    points : array of shape (n, r)
    weights : array of shape (n,)
        Of sum 1.
    t0, t_min : float
        Largest and least variance that the network is trained at.
    seed : int
        Of the first parameters, of the rows held out, and of what every step draws.
    settings : Settings
    params : pytree, optional
        Parameters to begin with, of an earlier run; by default random ones.
    checkpoint : path, optional
        File to keep the run in and to take it up from.
    verbose : bool, default=False
        Report progress on standard error.

    Returns
    -------
    Run
        Its ``params`` and ``scale`` make a `NeuralScore`.

    Raises
    ------
    ValueError
        If there is no row to hold out, or the checkpoint cannot be written, is none, or is of
        another run or a longer one.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.training import Settings, fit_network
    >>> settings = Settings(architecture="mlp", hidden_width=8, tol=100.0, n_iter_no_change=1)
    >>> run = fit_network(np.eye(2), np.full(2, 0.5), t0=1.0, t_min=0.01, seed=0, settings=settings)
    >>> run.n_steps
    100
    """
    run = begin(points, weights, t0=t0, t_min=t_min, seed=seed, settings=settings, params=params)
    mark = None if checkpoint is None else fingerprint(run)
    if checkpoint is not None:
        run = _take_up(checkpoint, run, mark)
    report = Progress(settings.max_iter, verbose=verbose, done=run.n_steps)
    interrupted = False
    try:
        while not run.over:
            run = advance(run)
            if run.failed:
                break
            report(run.n_steps, f"loss {run.last_loss:.4g}")
            if run.n_steps % STEPS_PER_CHECKPOINT == 0:
                _keep(checkpoint, run, mark)
        if not run.failed:
            run = finish(run)
    except KeyboardInterrupt:
        if not run.n_steps:
            raise  # there is nothing to keep yet
        interrupted = True
    _keep(checkpoint, run, mark)
    _judge(run, interrupted)
    return run


def _take_up(path, begun, mark):
    """The run as its checkpoint has it; a first checkpoint where there is none."""
    if not os.path.exists(path):
        try:
            save(path, begun, mark)
        except (OSError, ValueError) as error:
            raise ValueError(
                f"The 'checkpoint' parameter must be a file that can be written ({error}). "
                f"Got {path!r} instead."
            ) from error
        return begun
    run = load(path, begun, mark)
    if run.n_steps > run.settings.max_iter:
        raise ValueError(
            f"The checkpoint {str(path)!r} has taken {run.n_steps} steps, more than "
            f"max_iter={run.settings.max_iter!r}."
        )
    return run


def _keep(path, run, mark):
    """Write a checkpoint, if one is asked for; training goes on if it cannot be written.

    A run that goes on looks at the loss after the same steps as one that was never stopped; a last
    call cut short by max_iter is therefore left out.
    """
    if path is not None and run.n_steps % STEPS_PER_CALL == 0 and not run.failed:
        try:
            save(path, run, mark)
        except OSError as error:
            warn(f"The checkpoint could not be written: {error}.")


def _judge(run, interrupted):
    """Warn of a run that ended before it was done; whoever asked for it sees if it failed."""
    if run.failed:
        return
    if interrupted:
        warn(f"Training interrupted by user after {run.n_steps} steps.")
    elif run.held_out is None and has_risen(run.losses, run.last_loss):
        warn(
            f"The loss has risen to {run.last_loss:.3g} after {run.n_steps} steps, so that the "
            "model is of no use: learning_rate or weight_decay is too large.",
            ConvergenceWarning,
        )
    elif not run.settled:
        warn(
            f"The loss had not settled after {run.n_steps} steps (max_iter).",
            ConvergenceWarning,
        )
