"""From a file to a fitted model: what `fit` saves, and `sample` draws from without saving."""

import sys
from pathlib import Path
from typing import Any, NamedTuple

from ..estimators import SmoothedPLDiffusion, SmoothedPLDiffusionCV
from ..tables import Frame, TableDiffusion, read_frame
from . import _files as files
from ._binary import ARRAYS, PARQUET, read_parquet
from ._busy import busy
from ._conditions import kinds
from ._mixed import text_frame
from ._options import given
from ._output import for_file
from ._rows import RowsOfNumbers

__all__ = ["Fitted", "fit_file", "fit_rows", "names_of", "read_numbers", "read_rows", "scales_of"]

# What of the options only tables with kinds of columns have.
OF_TABLES = ("where", "na", "kind", "by", "together", "fill", "independent")


class Fitted(NamedTuple):
    """A model, and what it was fitted to."""

    model: Any
    n_rows: int
    columns: str
    """How many columns, and how they were taken."""


def fit_file(arguments) -> Fitted:
    """Read a table and fit a model to it, as the options say."""
    suffix = Path(arguments.input).suffix.lower()
    if arguments.scale == "none" or suffix in ARRAYS:
        return _fit_numbers(arguments)
    return fit_rows(read_rows(arguments), arguments)


def fit_rows(rows, arguments) -> Fitted:
    """Fit a model to a table of any columns, as the options say."""
    chosen = kinds(arguments.kind, names_of(rows))
    _check_output(rows, chosen or {}, getattr(arguments, "output", None) or "")
    model = TableDiffusion(
        _estimator(arguments, seed=arguments.seed if arguments.search else None),
        by=_by(arguments.by),
        draw=arguments.draw,
        kinds=chosen,
        together=[group.split(",") for group in arguments.together] or "auto",
        missing="fill" if arguments.fill else "keep",
        redraw=None if arguments.redraw == "none" else arguments.redraw,
        independent=arguments.independent,
        random_state=arguments.seed,
    )
    return _fit(model, rows, f"{_size(rows)[1]} columns", arguments)


def _check_output(rows, kinds, path):
    """Refuse rows that a file of arrays cannot hold before a model is fitted to them."""
    if Path(path).suffix.lower() in ARRAYS:
        frame = read_frame(rows)
        columns = dict(zip(frame.names, frame.columns, strict=True))
        kept = {name: columns[name] for name in columns if kinds.get(name) != "drop"}
        if kept:
            for_file(frame.build(list(kept), list(kept.values())), path)


def _by(names):
    return names if len(names) > 1 else next(iter(names), None)


def _fit_numbers(arguments):
    """A model of an array of numbers, whose columns nobody looks at."""
    for option in OF_TABLES:
        if getattr(arguments, option, None):
            raise ValueError(f"--{option} is for tables in text files, without --scale none.")
    values, header, comma = read_numbers(arguments)
    standardize = arguments.scale == "standard"
    model = RowsOfNumbers(_estimator(arguments, seed=arguments.seed), standardize=standardize)
    columns = f"{values.shape[1]} {'standardized ' if standardize else ''}columns"
    return _fit(model, values, columns, arguments, header=header, comma=comma)


def _fit(model, rows, columns, arguments, **options):
    n = _size(rows)[0]
    with busy(f"fitting {n} rows of {columns}", arguments.quiet):
        model.fit(rows, **options)
    return Fitted(model, n, columns)


def _size(rows):
    """How many there are of each, in a frame or an array."""
    return len(rows), len(rows.names) if isinstance(rows, Frame) else rows.shape[1]


def names_of(rows):
    """Names of the columns; of an array their numbers."""
    if isinstance(rows, Frame):
        return rows.names
    return list(getattr(rows, "columns", range(rows.shape[1])))


def _estimator(arguments, seed):
    parameters = given(arguments)
    if not arguments.search:
        return SmoothedPLDiffusion(**parameters, random_state=seed)
    unknown = [name for name in parameters if name not in SmoothedPLDiffusionCV().get_params()]
    if unknown:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in unknown)
        raise ValueError(f"{options} cannot be given with --search.")
    verbose = int(not arguments.quiet)
    return SmoothedPLDiffusionCV(**parameters, random_state=seed, verbose=verbose)


def read_numbers(arguments):
    """A `Table` of numbers, from a file or from standard input."""
    if arguments.input == "-":
        return files.parse_csv(sys.stdin.buffer.read(), "standard input")
    return files.read_table(arguments.input, arguments.key)


def read_rows(arguments):
    """A table of any columns, from a text or Parquet file or from standard input."""
    options = arguments.na, arguments.header
    if arguments.input == "-":
        return text_frame(sys.stdin.buffer.read(), "standard input", *options)
    if files.check_suffix(arguments.input, files.SUFFIXES) == PARQUET:
        return read_parquet(arguments.input)
    # Of the bytes nothing is kept here: they may be large.
    return text_frame(Path(arguments.input).read_bytes(), arguments.input, *options)


def scales_of(model):
    """Dimensions and scales of a fitted model, where it is one, by name."""
    found = getattr(model, "best_estimator_", model)
    found = getattr(found, "estimator_", found)
    names = ("n_components", "spacing", "t0", "t_min")
    if not all(hasattr(found, f"{name}_") for name in names):
        return {}
    return {name: getattr(found, f"{name}_") for name in names}
