"""Rows of a file as a model takes them, and their log-densities."""

import numpy as np

from ..tables import Frame, TableDiffusion
from ._fitting import read_numbers, read_rows
from ._mixed import BuildRows, written_as

__all__ = ["rows_for", "score"]


def rows_for(model, arguments):
    """A table for a model of tables, else an array, with the columns in the model's order."""
    if isinstance(model, TableDiffusion):
        rows = read_rows(arguments)
        if not isinstance(rows, Frame):
            return rows
        own = getattr(model._build, "notations", {})
        return written_as(_named(rows, [c.name for c in model.schema_]), own)
    values, header = read_numbers(arguments)[:2]
    names = getattr(model, "header_", None) or list(getattr(model, "feature_names_in_", []))
    if names and header:
        values = _in_order(values, header, names, arguments.input)
    if hasattr(model, "feature_names_in_"):
        return _frame(values, model.feature_names_in_)
    return values


def _named(rows, names):
    """A file without a header has the columns of the model, if as many."""
    if rows.build.named or len(names) != len(rows.names):
        return rows
    notations = dict(zip(names, rows.build.notations.values(), strict=True))
    return Frame(names, rows.columns, BuildRows(False, notations))


def _in_order(values, header, names, path):
    lacking = [name for name in names if name not in header]
    if lacking:
        raise ValueError(f"{path} lacks columns of the model: {', '.join(map(repr, lacking))}.")
    return values[:, [header.index(name) for name in names]]


def _frame(values, names):
    """A DataFrame, as such a model was fitted to; without pandas the array will have to do."""
    try:
        import pandas
    except ImportError:
        return values
    if len(names) != values.shape[1]:
        return values  # what is wrong is the model's to say
    return pandas.DataFrame(values, columns=names)


def score(model, rows, arguments):
    """Log-densities (n,) of rows, or with ``coordinates`` of where the model places them."""
    is_table = isinstance(model, TableDiffusion)
    if arguments.coordinates:
        if not is_table:
            raise ValueError("--coordinates is for models of tables; leave it out.")
        return model.score_coordinates(rows)
    if not hasattr(model, "score_samples"):
        raise ValueError(f"{arguments.model} holds a {type(model).__name__}, which has no density.")
    why = model._table.without_density if is_table else None
    if why is not None:
        raise ValueError(
            f"{arguments.model} has no density, since {why}; --coordinates gives that of the "
            "coordinates in which the model works."
        )
    return np.asarray(model.score_samples(rows))
