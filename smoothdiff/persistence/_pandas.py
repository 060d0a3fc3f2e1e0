"""Columns of pandas, made again by its public constructors from arrays and descriptions of types.

numpy types        the array
categories         codes and levels
time zones         times in UTC and the zone
nullable           values and a mask
strings, pyarrow   the values one by one
periods, intervals their numbers, their ends
"""

import re
from datetime import timezone
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from ._kinds import Kind, Kinds, exactly, instances

__all__ = ["FAMILY"]

NULLABLE = {
    "b": pd.arrays.BooleanArray,
    "i": pd.arrays.IntegerArray,
    "u": pd.arrays.IntegerArray,
    "f": pd.arrays.FloatingArray,
}
NULLABLE_NAMES = (
    "boolean",
    *(f"{sign}Int{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64)),
    *("Float32", "Float64"),
)
# Types whose arrays are described item by item.
ONE_BY_ONE = (pd.StringDtype, pd.ArrowDtype)
ARROW_DECIMAL = re.compile(r"(decimal\d{2,3})\((\d{1,2}), (-?\d{1,2})\)")
ARROW_DICTIONARY = re.compile(r"dictionary<values=([\w\[\]]+), indices=(\w+), ordered=([01])>")
SINGLES = {"NA": pd.NA, "NaT": pd.NaT}


def _parts(*names):
    """Write an object as some of its attributes."""
    return lambda value, writer: {name: writer.put(getattr(value, name), name) for name in names}


def _got(fields, reader, *names):
    return (reader.get(fields[name]) for name in names)


# ------------------------------------------------------------------ series, indices, frames


def _values(column):
    """The array of a Series or an Index: of NumPy where it has the type, else of pandas."""
    return column.to_numpy() if isinstance(column.dtype, np.dtype) else column.array


def _dtype(values):
    return values.dtype  # or pandas would look for a better one


def _write_series(value, writer):
    parts = {"values": _values(value), "index": value.index, "name": value.name}
    return {name: writer.put(part) for name, part in parts.items()}


def _read_series(fields, reader):
    values, index, name = _got(fields, reader, "values", "index", "name")
    return pd.Series(values, index=index, dtype=_dtype(values), name=name)


def _write_index(value, writer):
    return {"values": writer.put(_values(value)), "name": writer.put(value.name)}


def _read_index(fields, reader):
    values, name = _got(fields, reader, "values", "name")
    return pd.Index(values, dtype=_dtype(values), name=name)


def _read_range(fields, reader):
    start, stop, step, name = _got(fields, reader, "start", "stop", "step", "name")
    return pd.RangeIndex(start, stop, step, name=name)


def _write_multi(value, writer):
    parts = {"levels": list(value.levels), "codes": list(value.codes), "names": list(value.names)}
    return {name: writer.put(part) for name, part in parts.items()}


def _read_multi(fields, reader):
    levels, codes, names = _got(fields, reader, "levels", "codes", "names")
    return pd.MultiIndex(levels, codes, names=names)


def _write_frame(value, writer):
    columns = [value.iloc[:, j] for j in range(value.shape[1])]
    parts = {"columns": columns, "names": value.columns, "index": value.index}
    return {name: writer.put(part) for name, part in parts.items()}


def _read_frame(fields, reader):
    columns, names, index = _got(fields, reader, "columns", "names", "index")
    made = pd.DataFrame(dict(enumerate(columns)), index=index)
    made.columns = names
    return made


# ------------------------------------------------------------------ arrays


def _write_categories(value, writer):
    return {"codes": writer.put(value.codes), "dtype": writer.put(value.dtype)}


def _read_categories(fields, reader):
    codes, dtype = _got(fields, reader, "codes", "dtype")
    return pd.Categorical.from_codes(codes, dtype=dtype)


def _write_zoned(value, writer):
    in_utc = pd.DatetimeIndex(value).tz_convert("UTC").tz_localize(None)
    return {"utc": writer.put(in_utc.to_numpy()), "dtype": writer.put(value.dtype)}


def _read_zoned(fields, reader):
    utc, dtype = _got(fields, reader, "utc", "dtype")
    return pd.DatetimeIndex(utc, dtype=utc.dtype).tz_localize("UTC").tz_convert(dtype.tz).array


def _write_nullable(value, writer):
    zero = value.dtype.numpy_dtype.type(0)
    plain = value.to_numpy(dtype=value.dtype.numpy_dtype, na_value=zero)
    return {"values": writer.put(plain), "gaps": writer.put(np.asarray(value.isna()))}


def _read_nullable(fields, reader):
    values, gaps = _got(fields, reader, "values", "gaps")
    return NULLABLE[values.dtype.kind](values, gaps)


def _write_items(value, writer):
    texts = np.where(value.isna(), None, value.to_numpy(dtype=object))
    return {"values": writer.put(texts), "dtype": writer.put(value.dtype)}


def _read_items(fields, reader):
    values, dtype = _got(fields, reader, "values", "dtype")
    return pd.array(values, dtype=dtype)


def _write_periods(value, writer):
    return {"ordinals": writer.put(value.asi8), "dtype": writer.put(value.dtype)}


def _read_periods(fields, reader):
    ordinals, dtype = _got(fields, reader, "ordinals", "dtype")
    return pd.PeriodIndex.from_ordinals(ordinals, freq=dtype.freq).array


def _write_intervals(value, writer):
    parts = {"left": pd.Index(value.left), "right": pd.Index(value.right), "dtype": value.dtype}
    return {name: writer.put(part) for name, part in parts.items()}


def _read_intervals(fields, reader):
    left, right, dtype = _got(fields, reader, "left", "right", "dtype")
    return pd.arrays.IntervalArray.from_arrays(left, right, closed=dtype.closed, dtype=dtype)


# ------------------------------------------------------------------ types


def _zone(zone):
    """A time zone as Python's own, whichever library made it."""
    name = getattr(zone, "zone", None)  # as pytz has it
    if name is not None:
        return ZoneInfo(name)
    fixed = zone.utcoffset(None) if zone is not None else None
    return zone if fixed is None else timezone(fixed)


def _as_pandas_has_it(zone):
    """Its name, of which pandas makes what it makes of one by default: before 3.0 pytz's."""
    return getattr(zone, "key", zone)


def _write_zoned_dtype(value, writer):
    return {"unit": value.unit, "zone": writer.put(_zone(value.tz), "tz")}


def _read_zoned_dtype(fields, reader):
    return pd.DatetimeTZDtype(fields["unit"], _as_pandas_has_it(reader.get(fields["zone"])))


def _is_nullable_dtype(value):
    return getattr(value, "name", None) in NULLABLE_NAMES and hasattr(value, "numpy_dtype")


def _read_nullable_dtype(fields, _):
    if fields["name"] not in NULLABLE_NAMES:
        raise ValueError(f"it names the type {fields['name']!r}, which files do not hold")
    return pd.api.types.pandas_dtype(fields["name"])


def _read_string_dtype(fields, reader):
    storage, gap = _got(fields, reader, "storage", "na_value")
    try:
        return pd.StringDtype(storage, na_value=gap)
    except (ImportError, TypeError):  # no pyarrow, or pandas before 2.3: the values are the same
        return pd.StringDtype("python")


def _is_arrow_dtype(value):
    """One of pyarrow's types that its name tells all of."""
    if not isinstance(value, pd.ArrowDtype):
        return False
    try:
        return _arrow_dtype(str(value.pyarrow_dtype)) == value
    except ValueError:
        return False


def _arrow_dtype(name):
    return pd.ArrowDtype(_arrow_type(name))


def _arrow_type(name):
    """The type of a name; pyarrow itself reads none that has parameters."""
    import pyarrow

    decimal, dictionary = ARROW_DECIMAL.fullmatch(name), ARROW_DICTIONARY.fullmatch(name)
    if decimal:
        return getattr(pyarrow, decimal[1])(int(decimal[2]), int(decimal[3]))
    if dictionary:
        values, indices = map(pyarrow.type_for_alias, dictionary.groups()[:2])
        return pyarrow.dictionary(indices, values, dictionary[3] == "1")
    return pyarrow.type_for_alias(name)


def _read_categories_dtype(fields, reader):
    categories, ordered = _got(fields, reader, "categories", "ordered")
    return pd.CategoricalDtype(categories, ordered)


# ------------------------------------------------------------------ single values


def _is_single(value):
    return any(value is single for single in SINGLES.values())


def _write_single(value, _):
    return {"name": next(name for name, single in SINGLES.items() if value is single)}


def _write_timestamp(value, writer):
    zone = _zone(value.tzinfo)
    utc = value if zone is None else value.tz_convert("UTC").tz_localize(None)
    return {"utc": writer.put(utc.to_datetime64()), "zone": writer.put(zone, "tz")}


def _read_timestamp(fields, reader):
    utc, zone = _got(fields, reader, "utc", "zone")
    made = pd.Timestamp(utc)
    return made if zone is None else made.tz_localize("UTC").tz_convert(_as_pandas_has_it(zone))


def _write_period(value, _):
    return {"ordinal": value.ordinal, "freq": value.freqstr}


def _read_period(fields, _):
    return pd.Period(ordinal=fields["ordinal"], freq=fields["freq"])


def _read_interval(fields, reader):
    return pd.Interval(*_got(fields, reader, "left", "right", "closed"))


FAMILY = Kinds(
    {
        "pandas.single": Kind(_is_single, _write_single, lambda f, _: SINGLES[f["name"]]),
        "pandas.Series": Kind(exactly(pd.Series), _write_series, _read_series),
        "pandas.DataFrame": Kind(exactly(pd.DataFrame), _write_frame, _read_frame),
        "pandas.RangeIndex": Kind(
            exactly(pd.RangeIndex), _parts("start", "stop", "step", "name"), _read_range
        ),
        "pandas.MultiIndex": Kind(exactly(pd.MultiIndex), _write_multi, _read_multi),
        "pandas.Index": Kind(instances(pd.Index), _write_index, _read_index),
        "pandas.categories": Kind(exactly(pd.Categorical), _write_categories, _read_categories),
        "pandas.zoned": Kind(exactly(pd.arrays.DatetimeArray), _write_zoned, _read_zoned),
        "pandas.nullable": Kind(exactly(*set(NULLABLE.values())), _write_nullable, _read_nullable),
        "pandas.periods": Kind(exactly(pd.arrays.PeriodArray), _write_periods, _read_periods),
        "pandas.intervals": Kind(
            exactly(pd.arrays.IntervalArray), _write_intervals, _read_intervals
        ),
        "pandas.items": Kind(
            lambda value: isinstance(getattr(value, "dtype", None), ONE_BY_ONE),
            _write_items,
            _read_items,
        ),
        "pandas.ArrowDtype": Kind(
            _is_arrow_dtype,
            lambda value, _: {"name": str(value.pyarrow_dtype)},
            lambda fields, _: _arrow_dtype(fields["name"]),
        ),
        "pandas.CategoricalDtype": Kind(
            exactly(pd.CategoricalDtype), _parts("categories", "ordered"), _read_categories_dtype
        ),
        "pandas.DatetimeTZDtype": Kind(
            exactly(pd.DatetimeTZDtype), _write_zoned_dtype, _read_zoned_dtype
        ),
        "pandas.PeriodDtype": Kind(
            exactly(pd.PeriodDtype),
            lambda value, _: {"name": value.name},
            lambda fields, _: pd.PeriodDtype(fields["name"]),
        ),
        "pandas.IntervalDtype": Kind(
            exactly(pd.IntervalDtype),
            _parts("subtype", "closed"),
            lambda fields, reader: pd.IntervalDtype(*_got(fields, reader, "subtype", "closed")),
        ),
        "pandas.StringDtype": Kind(
            exactly(pd.StringDtype), _parts("storage", "na_value"), _read_string_dtype
        ),
        "pandas.nullable_dtype": Kind(
            _is_nullable_dtype, lambda value, _: {"name": value.name}, _read_nullable_dtype
        ),
        "pandas.Timestamp": Kind(exactly(pd.Timestamp), _write_timestamp, _read_timestamp),
        "pandas.Timedelta": Kind(
            exactly(pd.Timedelta),
            lambda value, writer: {"value": writer.put(value.to_timedelta64())},
            lambda fields, reader: pd.Timedelta(reader.get(fields["value"])),
        ),
        "pandas.Period": Kind(exactly(pd.Period), _write_period, _read_period),
        "pandas.Interval": Kind(
            exactly(pd.Interval), _parts("left", "right", "closed"), _read_interval
        ),
    }
)
