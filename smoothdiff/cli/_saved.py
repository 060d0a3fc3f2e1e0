"""A model from a file, and what it can do here."""

from inspect import signature

import numpy as np

from ..persistence import load
from ._busy import busy

__all__ = ["draw", "load_model", "rows_it_knows"]


def load_model(path):
    """The estimator in a file; of a search the best one."""
    model = load(path)
    return getattr(model, "best_estimator_", model)


def rows_it_knows(model):
    """Number of training rows, or None."""
    for rows in (getattr(model, name, None) for name in ("rows_", "weights_", "_rows")):
        if rows is not None:
            return len(rows)
    return None


def draw(model, arguments, n, where, *, fresh):
    """New rows of a model as they come, and parents and weights or None.

    With ``fresh`` they do not go on where the model was saved: without a seed they are other rows
    each time.
    """
    if not hasattr(model, "sample"):
        raise ValueError(
            f"{arguments.input} holds a {type(model).__name__}, which draws no rows; score may be "
            "what you want."
        )
    takes = signature(model.sample).parameters
    wanted = {"return_parents": arguments.parents is not None, "where": where}
    options = {name: value for name, value in wanted.items() if value}
    for name in options:
        if name not in takes:
            option = "--parents" if name == "return_parents" else "--where"
            raise ValueError(f"{option} is not for a {type(model).__name__}.")
    if fresh and "random_state" in takes:
        seed = arguments.seed
        options["random_state"] = np.random.default_rng() if seed is None else seed
    with busy(f"drawing {n} rows", arguments.quiet):
        drawn = model.sample(n, **options)
    return drawn if "return_parents" in options else (drawn, None, None)
