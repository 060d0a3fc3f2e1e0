"""What the values of a column are, whatever holds them: an array or a pandas Series.

nature      "number", "integer", "decimal", "truth", "date", "period", "duration", "text",
            "ordered" or "category" (of pandas), "interval" or "other"
missing     None, NaN, NaT, NA
numbers     float64 with NaN where missing; dates, periods and durations count units from the
            first
levels      the distinct values, in an order that does not depend on the rows'
"""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

import numpy as np

__all__ = [
    "NUMBERS",
    "TIMES",
    "Scale",
    "codes_and_levels",
    "equals",
    "is_missing",
    "nature",
    "scale_of",
]

KINDS = {"b": "truth", "i": "integer", "u": "integer", "f": "number"}
KINDS |= {"M": "date", "m": "duration", "U": "text", "S": "text", "T": "text"}
NESTED = (list, dict, set, np.ndarray)
OF_PANDAS = {"PeriodDtype": "period", "IntervalDtype": "interval", "StringDtype": "text"}
NUMBERS = ("number", "integer", "decimal")
TIMES = ("date", "period", "duration")
# A decimal number of more places comes from a float, and is given back as one is read.
MOST_PLACES = 12
# NaT, as an integer.
NO_TIME = np.iinfo(np.int64).min


def is_missing(column):
    """Which values are missing, boolean array (n,)."""
    if not isinstance(column, np.ndarray):
        return np.asarray(column.isna(), dtype=bool)
    if column.dtype.kind == "f":
        return np.isnan(column)
    if column.dtype.kind in "mM":
        return np.isnat(column)
    if column.dtype.kind == "O":
        return np.array([_is_gap(value) for value in column], dtype=bool)
    return np.zeros(len(column), dtype=bool)


def _is_gap(value):
    if value is None:
        return True
    try:
        return bool(value != value)
    except (TypeError, ValueError):  # NA refuses to be true or false, arrays have many answers
        return type(value).__name__ in ("NAType", "NaTType")


def equals(column, value):
    """Which values (n,) are this one; None stands for a missing one."""
    gap = is_missing(column)
    if value is None:
        return gap
    found = np.zeros(len(gap), dtype=bool)
    alone = np.empty((), dtype=object)
    alone[()] = value  # a tuple is one value
    found[~gap] = np.asarray(column, dtype=object)[~gap] == alone
    return found


def nature(column, name):
    """What the values are, in one word.

    Raises
    ------
    TypeError
        For values that a table cannot have: complex numbers, sparse columns, lists and dicts,
        several types in one column.
    """
    dtype = column.dtype
    label = f"Column {name!r}"
    if type(dtype).__name__ == "SparseDtype":
        raise TypeError(f"{label} is sparse; make it dense with .sparse.to_dense().")
    if type(dtype).__name__ == "CategoricalDtype":
        return "ordered" if dtype.ordered else "category"
    kind = getattr(dtype, "kind", "O")
    if kind == "c":
        raise TypeError(f"{label} has complex numbers; give their real and imaginary parts.")
    if type(dtype).__name__ in OF_PANDAS:
        return OF_PANDAS[type(dtype).__name__]
    return _nature_of_objects(column, label) if kind == "O" else KINDS.get(kind, "other")


def _nature_of_objects(column, label):
    values = np.asarray(column, dtype=object)
    present = np.flatnonzero(~is_missing(column))
    kinds = [_kind_of(values[i]) for i in present]
    counts = Counter(kinds)
    if not counts:
        return "other"
    rare, _ = counts.most_common()[-1]
    if "nested" in counts:
        row = present[kinds.index("nested")]
        raise TypeError(
            f"{label} has nested values ({type(values[row]).__name__} in row {row}); give a column "
            "for each of their parts."
        )
    if "complex" in counts:
        raise TypeError(f"{label} has complex numbers; give their real and imaginary parts.")
    if set(counts) <= {"number", "integer"}:
        return "number" if "number" in counts else "integer"
    if len(counts) > 1:
        row = present[kinds.index(rare)]
        found = ", ".join(f"{count} of type {kind}" for kind, count in counts.most_common())
        raise TypeError(
            f"{label} mixes types: {found}; the first {rare} is {values[row]!r} in row {row}. Make "
            "them one type, for example with .astype(str)."
        )
    if rare in ("datetime", "date"):
        zones = {str(getattr(values[i], "tzinfo", None)) for i in present}
        zones_said = f" of {len(zones)} time zones" if len(zones) > 1 else ""
        raise TypeError(
            f"{label} has {rare} objects{zones_said}; use pandas.to_datetime(..., utc=True) first."
        )
    return {"str": "text", "bool": "truth", "decimal": "decimal"}.get(rare, "other")


def _kind_of(value):
    if isinstance(value, (bool, np.bool_)):
        return "bool"
    if isinstance(value, Integral):
        return "integer"
    if isinstance(value, Real):
        return "number"
    if isinstance(value, Decimal):
        return "decimal"
    if isinstance(value, (complex, np.complexfloating)):
        return "complex"
    if isinstance(value, NESTED):
        return "nested"
    if isinstance(value, str):
        return "str"
    if type(value).__name__ == "Timestamp":
        return "datetime"
    return type(value).__name__


def codes_and_levels(column):
    """Number of each value's level, (n,), -1 where missing; and the levels, sorted."""
    if isinstance(column, np.ndarray) and column.dtype.kind != "O":
        gap = is_missing(column)
        distinct, inverse = np.unique(column[~gap], return_inverse=True)
        codes = np.full(len(column), -1)
        codes[~gap] = inverse
        return codes, distinct.tolist()
    levels: list
    if isinstance(column, np.ndarray):
        seen: dict[Any, int] = {}
        gap = is_missing(column)
        found = [
            -1 if g else seen.setdefault(v, len(seen)) for v, g in zip(column, gap, strict=True)
        ]
        codes, levels = np.array(found, dtype=np.intp), list(seen)
    else:
        import pandas as pd

        codes, index = pd.factorize(column)
        levels = index.tolist()
    try:
        order = sorted(range(len(levels)), key=levels.__getitem__)
    except TypeError:  # values without an order
        order = sorted(range(len(levels)), key=lambda i: repr(levels[i]))
    place = np.empty(len(levels) + 1, dtype=np.intp)
    place[order], place[-1] = np.arange(len(levels)), -1
    return place[codes], [levels[i] for i in order]


@dataclass(frozen=True, eq=False)
class Scale:
    """How the values of an ordered column are counted in floats, and made from floats again."""

    nature: str
    origin: Any = None
    """Of dates and periods: the earliest, in ``unit`` or periods from 1970."""
    unit: str = ""
    dtype: Any = None
    categories: Any = None
    places: int = 0
    """Of decimal numbers, after the point."""

    def numbers(self, column):
        """Float64 (n,), NaN where missing."""
        if self.nature in TIMES:
            ticks, gap = _ticks(column, self.unit), is_missing(column)
            return np.where(gap, np.nan, (ticks - self.origin).astype(np.float64))
        if self.nature == "ordered":
            codes = np.asarray(column.cat.set_categories(self.categories).cat.codes, dtype=float)
            return np.where(codes < 0, np.nan, codes)
        if isinstance(column, np.ndarray) and column.dtype.kind != "O":
            return column.astype(np.float64)
        gap = is_missing(column)
        values = np.full(len(column), np.nan)
        values[~gap] = np.asarray(column[~gap], dtype=np.float64)
        return values

    def number(self, value):
        """A number as one of the column, rounded to as many digits as the column's floats have."""
        dtype = getattr(self.dtype, "numpy_dtype", self.dtype)
        is_float = isinstance(dtype, np.dtype) and dtype.kind == "f"
        return float(dtype.type(value) if is_float else value)

    def unknown(self, column):
        """Values of an ordered category that the training data have no place for."""
        if self.nature != "ordered":
            return []
        return [v for v in codes_and_levels(column)[1] if v not in self.categories]

    def values(self, numbers):
        """A column of the type that the training data had; NaN becomes missing."""
        gap = np.isnan(numbers)
        if self.nature in TIMES:
            ticks = np.where(gap, 0, np.rint(numbers)).astype(np.int64) + self.origin
            ticks[gap] = NO_TIME
            return self._times(ticks)
        if self.nature == "decimal":
            return _as_dtype(self._decimals(numbers, gap), self.dtype)
        if self.nature == "integer":
            whole = np.where(gap, 0, np.rint(numbers)).astype(np.int64)
            if not gap.any():
                return _as_dtype(whole, self.dtype)
            made = whole.astype(object)
            made[gap] = None
            return _as_dtype(made, self.dtype)
        return _as_dtype(numbers, self.dtype)

    def _times(self, ticks):
        if self.nature == "period":
            import pandas as pd

            return pd.Series(pd.PeriodIndex.from_ordinals(ticks, freq=self.dtype.freq))
        code = "M8" if self.nature == "date" else "m8"
        return _as_dtype(ticks.view(f"{code}[{self.unit}]"), self.dtype)

    def _decimals(self, numbers, gap):
        form = "" if self.places > MOST_PLACES else f".{self.places}f"  # "" is what reads back
        made = np.full(len(numbers), None, dtype=object)
        present = numbers[~gap] + 0.0  # -0.0 becomes 0.0
        made[~gap] = [Decimal(format(number, form)) for number in present.tolist()]
        return made


def _as_dtype(values, dtype):
    if isinstance(dtype, np.dtype) and dtype.kind != "O":
        return values.astype(dtype)
    if isinstance(dtype, np.dtype):
        values = values.astype(object)
        values[values != values] = None
        return values
    import pandas as pd

    if getattr(dtype, "tz", None) is not None:
        first = np.ones(len(values), dtype=bool)  # of two equal times, when the clock is set back
        local = pd.Series(values).dt.tz_localize(
            dtype.tz, ambiguous=first, nonexistent="shift_forward"
        )
        return local.astype(dtype)
    if values.dtype.kind == "f" and np.isnan(values).any():
        values = pd.array(np.where(np.isnan(values), None, values.astype(object)), dtype=dtype)
        return pd.Series(values)
    return pd.Series(values, dtype=dtype)


def scale_of(column, kind) -> Scale:
    """The scale of a column whose nature is ``kind``."""
    if kind == "ordered":
        return Scale(kind, dtype=column.dtype, categories=column.dtype.categories)
    if kind == "decimal":
        places = [-value.as_tuple().exponent for value in column[~is_missing(column)]]
        return Scale(kind, dtype=column.dtype, places=max(0, *places))
    if kind not in TIMES:
        return Scale(kind, dtype=column.dtype)
    dtype = column.dtype
    unit = ""
    if kind != "period":
        unit = getattr(dtype, "unit", None) or np.datetime_data(dtype)[0]
    ticks, gap = _ticks(column, unit), is_missing(column)
    return Scale(kind, ticks[~gap].min(), unit, dtype)


def _ticks(column, unit):
    """Times as integers, in units; what is missing has any. Of zones, local time."""
    if not isinstance(column, np.ndarray):
        if nature(column, "") == "period":
            import pandas as pd

            return pd.PeriodIndex(column).asi8
        if getattr(column.dtype, "tz", None) is not None:
            column = column.dt.tz_localize(None)
        column = column.to_numpy()
    code = "M8" if column.dtype.kind == "M" else "m8"
    return column.astype(f"{code}[{unit}]").view(np.int64)
