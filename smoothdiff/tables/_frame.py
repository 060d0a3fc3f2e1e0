"""Tables as people have them, read as named columns and written back as what they were.

A column is a one-dimensional NumPy array or a pandas Series, and stays one: values that are given
by a training row are taken from it as they are, whatever their type.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from ._values import is_missing

__all__ = ["Frame", "listed", "read_frame", "take"]

# Of a column of Python's days, and of its times of a day.
DAYS, CLOCK = "days", "times of a day"
MIDNIGHT = datetime(1970, 1, 1)


class Frame(NamedTuple):
    """Columns with names, and how to make such a container again.

    Examples
    --------
    >>> from smoothdiff.tables import read_frame
    >>> frame = read_frame([[1, "a"], [2, "b"]])
    >>> len(frame), frame.names
    (2, [0, 1])
    """

    names: list
    columns: list
    """One-dimensional arrays or Series, each of n values."""
    build: Callable[[Sequence, Sequence], Any]
    """From names and columns to the container that was given."""

    def __len__(self):
        return len(self.columns[0])


def read_frame(X) -> Frame:
    """Columns of a DataFrame (pandas or polars) or of a two-dimensional array.

    Raises
    ------
    TypeError, ValueError
        For what is no table: another number of dimensions, no rows or columns, column names that
        repeat, sparse data.

    Examples
    --------
    >>> from smoothdiff.tables import read_frame
    >>> read_frame([[1, "a"], [2, "b"]]).columns[1].tolist()
    ['a', 'b']
    """
    if sparse.issparse(X):
        raise TypeError("A table must be dense. Got a sparse array instead; use X.toarray().")
    library = type(X).__module__.partition(".")[0]
    if isinstance(X, Frame):
        frame = X
    elif library == "pandas" and hasattr(X, "columns"):
        frame = _from_pandas(X)
    elif library == "polars" and type(X).__name__ in ("DataFrame", "LazyFrame"):
        frame = _from_polars(X)
    else:
        frame = _from_array(X)
    if not frame.names:
        raise ValueError("The table has no columns.")
    repeated = sorted({str(name) for name in frame.names if frame.names.count(name) > 1})
    if repeated:
        raise ValueError(f"Names of columns must differ. These repeat: {', '.join(repeated)}.")
    if len(frame) == 0:
        raise ValueError("The table has no rows.")
    return frame


def _from_pandas(X):
    import pandas as pd

    names, as_given = X.columns.tolist(), {}
    # From pandas 3 on what shares values is copied when somebody writes to it.
    deep = int(pd.__version__.partition(".")[0]) < 3
    columns = [X.iloc[:, j].copy(deep=deep) for j in range(X.shape[1])]
    for j, column in enumerate(columns):
        columns[j], given = _plain_times(column)
        if given:
            as_given[names[j]] = given
    return Frame(names, columns, BuildPandas(X.columns[:0], as_given))


def _plain_times(column):
    """Times of Arrow and of Python as NumPy has them, and what they were; None of others.

    Times of a day are durations since midnight.
    """
    import pandas as pd

    dtype, name = column.dtype, type(column.dtype).__name__
    if name == "ArrowDtype":
        if dtype.type in PLAIN:
            return PLAIN[dtype.type][1](column.astype(object)), str(dtype)
        arrow = dtype.pyarrow_dtype
        if dtype.kind == "M" and arrow.tz is not None:
            return column.astype(pd.DatetimeTZDtype(arrow.unit, arrow.tz)), str(dtype)
        if dtype.kind in "mM":
            return column.astype(f"{dtype.kind}8[{arrow.unit}]"), str(dtype)
    elif isinstance(dtype, np.dtype) and dtype.kind == "O":
        present = column[~is_missing(column)]
        kinds = {type(v) for v in present}
        given, plain = PLAIN.get(kinds.pop(), (None, None)) if len(kinds) == 1 else (None, None)
        if plain and not any(getattr(v, "tzinfo", None) for v in present):
            return plain(column), given
    return column, None


def _days(column):
    import pandas as pd

    return pd.to_datetime(column).astype("datetime64[s]")


def _since_midnight(column):
    import pandas as pd

    moments = column.map(lambda at: datetime.combine(MIDNIGHT, at), na_action="ignore")
    return pd.to_datetime(moments).astype("datetime64[us]") - MIDNIGHT


PLAIN = {date: (DAYS, _days), time: (CLOCK, _since_midnight)}


@dataclass(frozen=True, eq=False)
class BuildPandas:
    """A pandas DataFrame, with column labels of the kind that ``header`` has."""

    header: Any
    as_given: Any = None
    """Types of columns of times that NumPy has otherwise, by name."""

    def __call__(self, names, columns):
        import pandas as pd

        given = self.as_given or {}
        parts = [
            _like_given(pd.Series(c), given.get(k)) for k, c in zip(names, columns, strict=True)
        ]
        made = pd.concat([part.reset_index(drop=True) for part in parts], axis=1)
        if self.header.nlevels > 1:
            made.columns = pd.MultiIndex.from_tuples(names, names=self.header.names)
        else:
            made.columns = pd.Index(names, name=self.header.name)
        return made


def _like_given(column, given):
    if given is None:
        return column
    if given.startswith((DAYS, "date32", "date64")):  # Arrow refuses a time that it would cut
        values = column.dt.date
    elif given.startswith((CLOCK, "time32", "time64")):
        values = (MIDNIGHT + column).dt.time
    else:
        return column.astype(given)
    values = values.astype(object).where(column.notna(), None)
    return values if given in (DAYS, CLOCK) else values.astype(given)


def _from_polars(X):
    if type(X).__name__ != "DataFrame":
        raise TypeError(
            f"A table must be a DataFrame. Got {type(X).__name__}; use collect() first."
        )
    columns = [_polars_values(X[name]) for name in X.columns]
    return Frame(list(X.columns), columns, BuildPolars(dict(X.schema)))


def _polars_values(series):
    """An array of the values: of objects, with None, where NumPy's types have no place for them.

    Of zones local time, in which days are whole.
    """
    if str(series.dtype) == "Time":  # since midnight
        import polars

        series = series.cast(polars.Int64).cast(polars.Duration("ns"))
    of_time = series.dtype.is_temporal()
    if getattr(series.dtype, "time_zone", None) is not None:
        series = series.dt.replace_time_zone(None)
    if of_time or (series.dtype.is_numeric() and not series.null_count()):
        values = series.to_numpy()
        if values.dtype.kind in "biufmM":
            return values.copy()
    values = np.empty(len(series), dtype=object)
    values[:] = series.to_list()
    return values


@dataclass(frozen=True, eq=False)
class BuildPolars:
    """A polars DataFrame of these types."""

    schema: dict

    def __call__(self, names, columns):
        import polars

        pairs = zip(names, columns, strict=True)
        return polars.DataFrame([self._series(name, column) for name, column in pairs])

    def _series(self, name, column):
        import polars

        dtype = self.schema[name]
        if column.dtype.kind == "f":
            return polars.Series(name, column, nan_to_null=False).cast(dtype)
        if column.dtype.kind in "mM":
            series = polars.Series(name, column)
            if str(dtype) == "Time":
                return series.cast(polars.Int64).cast(dtype)
            zone = getattr(dtype, "time_zone", None)
            return (series if zone is None else _in_zone(series, zone)).cast(dtype)
        values = [None if gap else v for gap, v in zip(is_missing(column), column, strict=True)]
        return polars.Series(name, values, dtype=dtype, strict=False)


def _in_zone(series, zone):
    """Local times of a zone: of two equal ones the first, an hour on where there is none."""

    def placed(times):
        return times.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")

    return placed(series).fill_null(placed(series.dt.offset_by("1h")))


def _from_array(X):
    if isinstance(X, np.ma.MaskedArray):  # what is masked is missing
        gap: Any = np.nan if X.dtype.kind == "f" else None
        X = np.where(np.ma.getmaskarray(X), gap, X.data)
    try:
        values = np.array(X)
    except ValueError as error:
        raise ValueError("The rows of a table must be equally long.") from error
    if values.dtype.kind in "US" and not isinstance(X, np.ndarray):
        values = np.asarray(X, dtype=object)  # numbers beside strings stay numbers
    if values.ndim != 2:
        wrong = ValueError if values.ndim else TypeError
        raise wrong(
            "A table must be a DataFrame or a two-dimensional array. Got "
            f"{f'{values.ndim} dimensions' if values.ndim else type(X).__name__} instead."
        )
    d = values.shape[1]
    return Frame(list(range(d)), [values[:, j] for j in range(d)], BuildArray(values.dtype))


@dataclass(frozen=True, eq=False)
class BuildArray:
    """A two-dimensional array."""

    dtype: Any

    def __call__(self, names, columns):
        made = np.empty((len(columns[0]), len(columns)), self.dtype)
        for j, column in enumerate(columns):
            made[:, j] = column
        return made


def take(column, rows):
    """The values of these rows, of the type that the column has."""
    return column[rows] if isinstance(column, np.ndarray) else column.take(rows)


def listed(table):
    """The values of each column of a container that was built, as lists."""
    if hasattr(table, "iloc"):
        return [table.iloc[:, j].tolist() for j in range(table.shape[1])]
    if hasattr(table, "get_columns"):
        return [column.to_list() for column in table.get_columns()]
    columns = getattr(table, "columns", None)  # of rows for a file
    return [column.tolist() for column in (np.asarray(table).T if columns is None else columns)]
