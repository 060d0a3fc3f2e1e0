"""Rows of what data come in: arrays, and DataFrames of pandas or polars."""

import numpy as np
from scipy.sparse import issparse

__all__ = [
    "as_array",
    "concatenate",
    "finite_numbers",
    "is_frame",
    "is_one_row",
    "is_polars",
    "like",
    "named",
    "numpy_dtypes",
    "put",
    "reflected",
    "take",
]


def reflected(numbers, low, high):
    """Numbers, of which those outside [low, high] are reflected at its ends.

    Cut off, noise would make the ends frequent.
    """
    numbers = np.where(numbers < low, 2 * low - numbers, numbers)
    numbers = np.where(numbers > high, 2 * high - numbers, numbers)
    return np.clip(numbers, low, high)  # what is farther out than the range is wide


def is_polars(X):
    """Whether it is a DataFrame or a Series of polars."""
    library = type(X).__module__.partition(".")[0]
    return library == "polars" and type(X).__name__ in ("DataFrame", "Series")


def named(X, names):
    """Rows of an array as a DataFrame with names, for pipelines that go by them; where it can be.

    None are no names; and who has polars alone gets the array.
    """
    if names is None:
        return X
    try:
        import pandas as pd
    except ImportError:
        return X
    return pd.DataFrame(X, columns=names)


def is_frame(X):
    """Whether it is a DataFrame."""
    return hasattr(X, "iloc") or (is_polars(X) and hasattr(X, "columns"))


def as_array(X):
    """An array of the rows; of lists in which numbers stand beside text, an array of objects."""
    values = np.asarray(X)
    listed = values.dtype.kind in "US" and not hasattr(X, "dtype")
    return np.asarray(X, dtype=object) if listed else values


def numpy_dtypes(X):
    """NumPy's dtype for each column: object for what is neither a number nor a boolean."""
    if not is_frame(X):
        return [X.dtype] * X.shape[1]
    if is_polars(X):
        return [_of_polars(X[name]) for name in X.columns]
    return [_of_pandas(dtype) for dtype in X.dtypes]


def _of_polars(series):
    is_number = (
        series.dtype.is_integer() or series.dtype.is_float() or str(series.dtype) == "Boolean"
    )
    return series[:0].to_numpy().dtype if is_number else np.dtype(object)


def _of_pandas(dtype):
    if getattr(dtype, "kind", "O") not in "biuf":
        return np.dtype(object)
    return np.dtype(getattr(dtype, "subtype", getattr(dtype, "numpy_dtype", dtype)))


def finite_numbers(rows):
    """All values as floats, (n, d); None where any is no number, missing or infinite."""
    if issparse(rows) or any(dtype.kind not in "biuf" for dtype in numpy_dtypes(rows)):
        return None
    numbers = np.asarray(rows, dtype=np.float64)
    return numbers if np.isfinite(numbers).all() else None


def put(rows, where, values):
    """Rows with numbers at some entries, boolean (n, d) or (d,); one number, or one a column."""
    if not is_frame(rows):
        return np.where(where, values, rows)
    where, values = np.broadcast_to(where, rows.shape), np.broadcast_to(values, rows.shape[1])
    polars = is_polars(rows)
    rows = rows if polars else rows.copy()
    for j in np.flatnonzero(where.any(axis=0)):
        old = rows[rows.columns[j]] if polars else rows.iloc[:, j]
        new = np.where(where[:, j], values[j], old.to_numpy())
        if polars:
            rows = rows.with_columns(type(old)(old.name, new))
        else:
            rows.isetitem(j, new)
    return rows


def is_one_row(rows):
    """Whether all rows are equal, and of numbers, which noise can be added to."""
    if any(dtype.kind not in "biuf" for dtype in numpy_dtypes(rows)):
        return False
    if is_frame(rows):
        return len(rows.unique() if is_polars(rows) else rows.drop_duplicates()) == 1
    return bool((rows == rows[0]).all())


def take(rows, indices):
    """Some of the rows; the index of a DataFrame of pandas starts anew."""
    if hasattr(rows, "iloc"):
        return rows.iloc[indices].reset_index(drop=True)
    return rows[indices]


def like(rows, frame):
    """Rows as a DataFrame with the columns of another."""
    if is_frame(rows):
        return rows
    if is_polars(frame):
        columns = (type(frame[name])(name, rows[:, j]) for j, name in enumerate(frame.columns))
        return type(frame)([column.cast(frame.schema[column.name]) for column in columns])
    return type(frame)(rows, columns=frame.columns)


def concatenate(parts):
    """Arrays, or DataFrames if any is one, one below the other."""
    frame = next((part for part in parts if is_frame(part)), None)
    if frame is None:
        return np.concatenate(parts)
    parts = [like(part, frame) for part in parts]
    if is_polars(frame):
        import polars

        return polars.concat(parts)
    import pandas

    return pandas.concat(parts, ignore_index=True)
