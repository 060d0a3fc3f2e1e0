"""Options that several verbs share, declared once; and what is made of the values."""

import argparse
from contextlib import suppress

__all__ = [
    "PARAMETERS",
    "add_input_options",
    "add_model_options",
    "add_said_options",
    "add_table_options",
    "given",
    "refuse_fitting_options",
    "value",
]

# Options that are parameters of the estimator, which judges them.
PARAMETERS = {
    "kappa": "smoothing, a dial from 0 (interpolate) to 1 (memorize) if t0 is auto",
    "t0": "variance at which denoising starts, or auto",
    "t_min": "variance of the noise that the new rows keep, or auto; 0 keeps none",
    "t0_scale": "what t0 is multiplied by",
    "t_min_scale": "t_min in units of t0, or auto",
    "spacing": "half the typical distance between neighbors, or auto",
    "start": "starting law: local, local-pca, adaptive or isotropic",
    "start_neighbors": "neighbors that shape the starting law",
    "start_shrinkage": "of start local: parts of the whole cloud's shape and of the sphere, as W,W",
    "n_components": "tangent dimensions: a count, a share of variance, auto, mle or none",
    "solver": "how the flow is run: exact, euler, heun or sde",
    "n_steps": "steps of a solver other than exact",
    "n_jobs": "workers; none is all cores",
}
# What says how to fit, and nothing of a model that is fitted; with the values that say nothing.
FITTING = {
    "by": [],
    "draw": "column",
    "kind": [],
    "together": [],
    "fill": False,
    "redraw": "near",
    "independent": False,
    "scale": "standard",
    "search": False,
}


def value(text):
    """A number if the text is one, several between commas, None for "none", else the text."""
    if text.lower() == "none":
        return None
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    with suppress(ValueError):
        return tuple(float(part) for part in text.split(","))
    return text


def add_input_options(group):
    """How a file is read."""
    add = group.add_argument
    add("--header", choices=["auto", "yes", "no"], default="auto", help="names in the first line")
    add(
        "--na",
        action="append",
        default=[],
        metavar="TEXT",
        help="what means a missing value, besides empty cells, NA, NaN and null; for example '?'",
    )
    add("--key", metavar="NAME", help="which array of a .npz file, if it has several")


def add_table_options(parser):
    """How the columns of a table are taken."""
    group = parser.add_argument_group("table", "How the columns are taken.")
    add_input_options(group)
    add = group.add_argument
    add("--fill", action="store_true", help="new rows have no gaps")
    add(
        "--by",
        action="append",
        default=[],
        metavar="COLUMN",
        help="a model for each value of this column, as for a target; may be given again",
    )
    add(
        "--draw",
        choices=["column", "row"],
        default="column",
        help="categories of a row from a parent each (the default), or all from the same",
    )
    add(
        "--redraw",
        choices=["near", "equal", "none"],
        default="near",
        help="draw again what comes too near to a training row (the default), what equals one, or "
        "nothing",
    )
    add(
        "--independent",
        action="store_true",
        help="new rows independent of each other, not started around all rows evenly",
    )
    add(
        "--kind",
        action="append",
        default=[],
        metavar="COLUMN=KIND",
        help="how to take a column: numeric, discrete, categorical, datetime, timedelta, "
        "constant or drop",
    )
    add(
        "--together",
        action="append",
        default=[],
        metavar="COLUMN,COLUMN",
        help="columns that take the values of one parent, as a city and its state; may be given "
        "again",
    )
    add("--schema", action="store_true", help="say on stderr how each column was taken, and why")


def add_model_options(parser):
    """What the estimator is given."""
    group = parser.add_argument_group(
        "model",
        "What SmoothedPLDiffusion is given. Numbers for t0, t-min and spacing are in standardized "
        "units, where every column has deviation 1, unless there is --scale none.",
    )
    group.add_argument(
        "--scale",
        choices=["standard", "none"],
        default="standard",
        help="none takes a table of numbers as it is, with no look at what its columns are; "
        "standard (the default) gives all columns the same weight whatever their units",
    )
    group.add_argument(
        "--search",
        action="store_true",
        help="choose start, t-min and kappa by the likelihood of rows held out, which takes "
        "longer and is the better density; numbers that are given stay",
    )
    for name, text in PARAMETERS.items():
        option = f"--{name.replace('_', '-')}"
        group.add_argument(
            option, type=value, default=argparse.SUPPRESS, metavar="VALUE", help=text
        )


def add_said_options(parser):
    """What is said at the end."""
    parser.add_argument(
        "--json", action="store_true", help="summary as JSON on stdout, not in words on stderr"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="no summary and no progress")


def given(arguments):
    """Parameters of the estimator that were given, by name."""
    return {name: getattr(arguments, name) for name in PARAMETERS if hasattr(arguments, name)}


def refuse_fitting_options(arguments):
    """Raise ValueError for options that come too late for a model that is fitted."""
    late = [name for name, nothing in FITTING.items() if getattr(arguments, name) != nothing]
    late += given(arguments)
    if late:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in late)
        raise ValueError(f"{arguments.input} is fitted already: {options} must be given to fit.")
