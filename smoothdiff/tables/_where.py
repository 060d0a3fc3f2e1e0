"""Conditions on columns: ``where={"sex": "F", "age": (30, 40)}``.

value            equal to it; None is a missing value
list or set      one of these
(low, high)      from low to high, both included; None for no bound
"""

import warnings
from datetime import datetime, time
from numbers import Real
from typing import Any

import numpy as np

from .. import _checks as checks
from ._schema import Schema
from ._values import NUMBERS, TIMES, equals, is_missing

__all__ = ["Where"]


class Where:
    """Conditions that rows must fit, all of them.

    Parameters
    ----------
    conditions : dict from names of columns to conditions
    schema : Schema
    """

    def __init__(self, conditions, schema: Schema):
        if not isinstance(conditions, dict):
            raise TypeError(
                "where must be a dict from names of columns to a value, a list of values or a "
                f"range (low, high). Got {conditions!r} instead."
            )
        kept = [column.name for column in schema.kept]
        unknown = [name for name in conditions if name not in kept]
        if unknown:
            raise ValueError(
                f"where names columns that samples lack: {', '.join(map(repr, unknown))}. They "
                f"have {checks.listed(kept)}."
            )
        self.conditions = conditions
        self._columns = {name: schema[name] for name in conditions}

    @property
    def of_values(self):
        """Names of the columns that are to have a value, or one of several, and no range."""
        return [name for name, wanted in self.conditions.items() if not isinstance(wanted, tuple)]

    def fits(self, columns):
        """Which rows fit, (n,), of columns by name."""
        fitting = [self._fits(name, columns[name]) for name in self.conditions]
        return np.logical_and.reduce(fitting)

    def of_training_rows(self):
        """Which training rows fit, (n,).

        Raises
        ------
        ValueError
            If none does; says how many fit each condition.
        """
        columns = {name: column.values for name, column in self._columns.items()}
        fitting = self.fits(columns)
        if not fitting.any():
            alone = ", ".join(
                f"{name!r} {int(self._fits(name, columns[name]).sum())}" for name in columns
            )
            raise ValueError(
                f"No training row fits where={self.conditions!r}. Of {len(fitting)} rows fit, "
                f"each condition alone: {alone}."
            )
        return fitting

    def _fits(self, name, values):
        column, wanted = self._columns[name], self.conditions[name]
        if isinstance(wanted, tuple):
            return self._in_range(column, values, wanted)
        if np.iterable(wanted) and not isinstance(wanted, (str, bytes)):
            found = [_equal(column, values, w) for w in wanted]
            if not found:
                raise ValueError(f"where gives column {name!r} no values to choose from.")
            return np.logical_or.reduce(found)
        return _equal(column, values, wanted)

    def _in_range(self, column, values, bounds):
        if len(bounds) != 2:
            raise ValueError(
                f"where must give column {column.name!r} a range (low, high). Got {bounds!r} "
                "instead; a list stands for several values."
            )
        if column.scale is None:
            raise ValueError(
                f"where gives a range for column {column.name!r}, which is {column.kind}; a list "
                "stands for several values."
            )
        numbers = column.numbers(values)
        low, high = (_number(column, bound) for bound in bounds)
        if low is not None and high is not None and low > high:
            raise ValueError(
                f"where gives column {column.name!r} a range from {bounds[0]!r} to {bounds[1]!r}, "
                "in which there is nothing."
            )
        return (numbers >= (-np.inf if low is None else low)) & (
            numbers <= (np.inf if high is None else high)
        )


def _number(column, bound):
    """A bound as the column counts."""
    if bound is None:
        return None
    scale = column.scale
    try:
        if scale.nature in (*NUMBERS, "truth"):
            return scale.number(bound)
        if scale.nature == "ordered":
            return float(scale.categories.get_loc(bound))
        if isinstance(bound, Real):
            raise ValueError
        if isinstance(bound, time):  # of a day
            bound = datetime.combine(datetime.min, bound) - datetime.min
        return float(scale.numbers(_one(column, bound))[0])
    except (TypeError, ValueError, KeyError, OverflowError, UserWarning, DeprecationWarning):
        raise ValueError(
            f"where gives column {column.name!r}, which is {column.dtype}, the value {bound!r}."
        ) from None


def _one(column, value) -> Any:
    """A column of one value, of the type of the training column."""
    if isinstance(column.values, np.ndarray):
        if getattr(value, "tzinfo", None) is not None:
            raise ValueError  # the array's times have no zone
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # nor are they those of another zone than the text's
            return np.array([value]).astype(column.values.dtype)
    import pandas as pd

    dtype = column.values.dtype
    if column.scale.nature == "date":
        time, zone = pd.Timestamp(value), getattr(dtype, "tz", None)
        time = time.tz_localize(zone) if time.tzinfo is None else time.tz_convert(zone)
        return pd.Series([time]).astype(dtype)
    if column.scale.nature == "period":
        return pd.Series([pd.Period(value, freq=dtype.freq)])
    return pd.Series([pd.Timedelta(value)]).astype(dtype)


def _equal(column, values, wanted):
    if is_missing(np.array([wanted], dtype=object))[0]:
        wanted = None
    counted = column.scale is not None and column.scale.nature in (*TIMES, "number", "decimal")
    if wanted is not None and counted:  # written otherwise, or rounded to the column's precision
        return column.numbers(values) == _number(column, wanted)
    return equals(values, wanted)
