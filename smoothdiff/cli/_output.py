"""New rows of any model, in whatever container, as what a file can hold."""

from datetime import datetime

import numpy as np

from ._binary import ARRAYS, PARQUET, pandas_for_parquet
from ._cells import Notation, Rows

__all__ = ["as_rows", "for_file", "joined"]


def joined(rows, labels):
    """Rows and the class of each as one table, the class as the last column."""
    if hasattr(rows, "assign"):  # a DataFrame of pandas
        return rows.assign(**{"class": labels})
    return np.column_stack([np.asarray(rows).astype(object), np.asarray(labels, dtype=object)])


def as_rows(made, header=None, comma=False):
    """`Rows` of an array, or of a DataFrame of pandas or polars, which has a header itself."""
    if isinstance(made, Rows):
        return made
    if hasattr(made, "iloc"):
        columns = [_of_pandas(made.iloc[:, j]) for j in range(made.shape[1])]
    elif hasattr(made, "get_columns"):
        columns = [_objects(column.to_list()) for column in made.get_columns()]
    else:
        columns = list(np.asarray(made).T)
    if hasattr(made, "columns"):
        header = [_name(name) for name in made.columns]
    return Rows(columns, header, [Notation(comma)] * len(columns))


def for_file(made, path):
    """Values, header and delimiter, as `write_tables` takes them for a file of this name."""
    suffix = path[path.rfind(".") :].lower()
    rows = as_rows(made)
    if suffix in ARRAYS:
        return _as_floats(rows.values(), path), None
    if suffix == PARQUET:
        return _as_frame(made, rows), rows.header
    return rows.cells(), rows.header, rows.delimiter


def _name(label):
    """The name of a column in a file; of several levels, all."""
    return " ".join(map(str, label)) if isinstance(label, tuple) else str(label)


def _as_floats(values, path):
    try:
        return values.astype(float)
    except (TypeError, ValueError):
        raise ValueError(f"{path} can hold numbers only; end its name in .csv.") from None


def _as_frame(made, rows):
    """A DataFrame of pandas, with the types that the rows have."""
    pandas = pandas_for_parquet()
    if hasattr(made, "to_pandas"):
        return made.to_pandas()
    if isinstance(made, pandas.DataFrame):
        return made.set_axis(rows.header, axis=1)
    names = rows.header or [str(j + 1) for j in range(len(rows.columns))]
    columns = [
        _clocks(column) if notation.clock else pandas.Series(column).convert_dtypes()
        for column, notation in zip(rows.columns, rows.notations, strict=True)
    ]
    return pandas.DataFrame(dict(zip(names, columns, strict=True)))


def _clocks(column):
    """Durations since midnight as times of a day."""
    return _objects([v if v is None else (datetime.min + v).time() for v in column.tolist()])


def _objects(values):
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _of_pandas(column):
    """An array: dates that a file can say as such, None for gaps, else what pandas prints."""
    kind = getattr(column.dtype, "kind", "O")
    if isinstance(column.dtype, np.dtype) and kind in "Mbiuf":
        return column.to_numpy().astype("datetime64[us]" if kind == "M" else column.dtype)
    texts = column.astype(object if kind in "biufOU" else str).tolist()
    gaps = column.isna()
    return _objects([None if gap else text for text, gap in zip(texts, gaps, strict=True)])
