"""Every kind of value by itself: what is read is what was written."""

import datetime as dt
import json
from collections import OrderedDict
from decimal import Decimal
from fractions import Fraction
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import scipy.special
from alike import assert_alike

from smoothdiff.persistence._graph import Reader, UnsavedError, Writer

pd = pytest.importorskip("pandas")

PARIS = ZoneInfo("Europe/Paris")
GAPS = pd.Series([1.5, None, 2.5])


def through_json(value):
    writer = Writer()
    root = writer.put(value)
    document = json.loads(json.dumps({"root": root, "objects": writer.objects}, allow_nan=False))
    arrays = [array.copy() for array in writer.arrays]
    return Reader(document["objects"], arrays.__getitem__).get(document["root"])


def generator(name, drawn=3):
    made = np.random.Generator(getattr(np.random, name)(7))
    made.standard_normal(drawn)
    made.integers(5, dtype=np.uint32)  # half of a draw waits inside
    return made


PLAIN = {
    "None": None,
    "numbers": [True, 0, -1, 2**70, 0.1, -0.0, 5e-324, 1e308],
    "not finite": [float("nan"), float("inf"), -float("inf")],
    "texts": ["", "é", "\ud800", '"\\\n', "0" * 100],
    "containers": [(), (1, (2,)), {}, {1: "a", None: [2.5], ("x", 2): {}}, {"is": [0]}],
    "ordered": OrderedDict([("b", 1), ("a", 2)]),
    "complex": complex(1, -2),
    "bytes": b"\x00\xff",
    "ranges": [range(2, 9, 3), slice(None, 4), slice("a", "c", None)],
    "types": [float, object, bool, np.float32, np.int64, np.bool_],
    "exact": [Decimal("1.10"), Fraction(2, 6), UUID(int=5)],
    "dates": [dt.date(2024, 2, 29), dt.datetime(2024, 2, 29, 1, 2, 3, 4), dt.time(23, 59, 1)],
    "zones": [dt.datetime(2024, 10, 27, 2, 30, tzinfo=PARIS, fold=1), dt.time(1, tzinfo=dt.UTC)],
    "durations": [dt.timedelta(-1, 5, 7), dt.timezone(dt.timedelta(hours=-3.5))],
}
ARRAYS = {
    "float": np.array([[1.5, np.nan], [-0.0, np.inf]]),
    "by columns": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "by steps": np.arange(12)[::-2],
    "no rows": np.empty((0, 3)),
    "none at all": np.array([]),
    "one number": np.array(3.5),
    "big-endian": np.arange(3, dtype=">i4"),
    "half": np.arange(3, dtype=np.float16),
    "truth": np.array([True, False]),
    "complex": np.array([1j]),
    "dates": np.array(["2024-02-29", "NaT"], dtype="datetime64[D]"),
    "durations": np.array([5, 6], dtype="timedelta64[us]"),
    "text": np.array(["", "a", "bcd"]),
    "bytes": np.array([b"a", b"bcd"]),
    "records": np.array([(1, 2.5)], dtype=[("i", int), ("x", float)]),
    "objects": np.array([["a", None], [float("nan"), (1, 2)]], dtype=object),
    "pandas objects": np.array([pd.NaT, pd.NA, pd.Timestamp("2020")], dtype=object),
    "masked": np.ma.MaskedArray([1.0, 2.0], mask=[True, False], fill_value=9.0),
    "masked objects": np.ma.MaskedArray(["a", None], mask=[False, True], dtype=object),
}
SCALARS = {
    "float": np.float64(0.1),
    "float32": np.float32("nan"),
    "truth": np.True_,
    "integer": np.uint8(200),
    "text": np.str_("né"),
    "no text": np.str_(""),
    "bytes": np.bytes_(b"ab"),
    "date": np.datetime64("2024-02-29T01:00", "ns"),
    "NaT": np.datetime64("NaT", "s"),
    "dtypes": [np.dtype(t) for t in ("f8", ">i2", "O", "U5", "M8[ns]")],
    "ufuncs": [np.log1p, np.sinh, scipy.special.expit],
}
SERIES = {
    "float": GAPS,
    "objects": pd.Series(["a", 1, None], dtype=object),
    "inferred text": pd.Series(["a", None]),
    "text": pd.Series(["a", None], dtype="string"),
    "Int64": pd.Series([1, None, 2**60 + 1], dtype="Int64"),
    "UInt8": pd.Series([1, None], dtype="UInt8"),
    "Float32": pd.Series([0.1, None], dtype="Float32"),
    "boolean": pd.Series([True, None, False], dtype="boolean"),
    "categories": pd.Series(pd.Categorical(["a", None, "b"], ["b", "a", "c"])),
    "ordered": pd.Series(pd.Categorical([1.5, 2.5], [2.5, 1.5], ordered=True)),
    "dates as categories": pd.Series(pd.date_range("2020", periods=3)).astype("category"),
    "dates": pd.Series(pd.to_datetime(["2024-02-29", None])),
    "seconds": pd.Series(pd.to_datetime(["2024-02-29", None])).astype("datetime64[s]"),
    "zone": pd.Series(pd.to_datetime(["2024-10-27 00:30", "2024-10-27 01:30", None]))
    .dt.tz_localize("UTC")
    .dt.tz_convert("Europe/Paris"),
    "offset": pd.Series(pd.to_datetime(["2024-02-29 12:00+05:30"])),
    "durations": pd.Series(pd.to_timedelta(["1 day", None])),
    "months": pd.Series(pd.PeriodIndex(["2020-01", None], freq="M")),
    "quarters": pd.Series(pd.PeriodIndex(["2020Q1", "2021Q3"], freq="Q-NOV")),
    "intervals": pd.Series(pd.cut([1.0, 5.0, np.nan], [0, 2, 6], right=False).astype(object)),
    "bands": pd.Series(pd.cut([1.0, 5.0, np.nan], [0, 2, 6])),
    "interval array": pd.Series(pd.arrays.IntervalArray.from_tuples([(0, 1), (2, 3)], "both")),
    "time intervals": pd.Series(pd.interval_range(pd.Timestamp("2020"), periods=2, freq="D")),
    "index of texts": pd.Series([1, 2], index=["x", "y"], name="n"),
    "index of dates": pd.Series([1, 2], index=pd.to_datetime(["2020", "2021"]).tz_localize("UTC")),
    "index of pairs": pd.Series([1, 2], index=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)])),
    "steps": pd.Series([1, 2], index=range(4, 0, -2), name=("a", 1)),
}
PANDAS = {
    "frame": pd.DataFrame({"a": [1, 2], ("b", 1): ["x", None], 3: pd.Categorical(["u", "v"])}),
    "no rows": pd.DataFrame({"a": np.empty(0)}),
    "repeated names": pd.DataFrame([[1, "a"], [2, "b"]], columns=["x", "x"]),
    "levels of names": pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_product([["a"], [1, 2]])),
    "labels": pd.Index(["a", 2, None], name="n"),
    "stamps": [pd.Timestamp("2024-10-27 00:30", tz="Europe/Paris"), pd.Timestamp(5), pd.NaT],
    "durations": [pd.Timedelta("1 day"), pd.Timedelta(7, "ns")],
    "periods": [pd.Period("2020-03", "M"), pd.Period("2020Q1", "Q-NOV")],
    "interval": pd.Interval(0.5, 2, "both"),
    "types": [pd.Series(s).dtype for s in SERIES.values()],
}


@pytest.mark.parametrize("name", PLAIN)
def test_values_of_python(name):
    assert_alike(through_json(PLAIN[name]), PLAIN[name])


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays(name):
    assert_alike(through_json(ARRAYS[name]), ARRAYS[name])


@pytest.mark.parametrize("name", SCALARS)
def test_numbers_and_types_of_numpy(name):
    assert_alike(through_json(SCALARS[name]), SCALARS[name])


@pytest.mark.parametrize("name", SERIES)
def test_columns_of_pandas(name):
    found = through_json(SERIES[name])
    pd.testing.assert_series_equal(found, SERIES[name], check_freq=False)
    pd.testing.assert_index_equal(found.index, SERIES[name].index, exact=True)
    assert found.dtype == SERIES[name].dtype


@pytest.mark.parametrize("name", PANDAS)
def test_values_of_pandas(name):
    assert_alike(through_json(PANDAS[name]), PANDAS[name])


def test_sets():
    assert through_json([{1, "a"}, frozenset({(1, 2)})]) == [{1, "a"}, frozenset({(1, 2)})]


def test_text_of_any_width():
    for dtype in (np.dtypes.StringDType(), np.dtypes.StringDType(na_object=np.nan)):
        array = np.array(["a", "bcd" * 50], dtype=dtype)
        found = through_json(array)
        assert found.dtype == dtype
        assert found.tolist() == array.tolist()


def test_a_file_on_disk_becomes_an_array(tmp_path):
    mapped = np.memmap(tmp_path / "array", dtype=float, mode="w+", shape=(3,))
    found = through_json(mapped)
    assert type(found) is np.ndarray
    np.testing.assert_array_equal(found, mapped)


@pytest.mark.parametrize("name", ["MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"])
def test_generators_go_on_and_spawn_alike(name):
    made = generator(name)
    twin = through_json(made)
    np.testing.assert_array_equal(twin.standard_normal(9), made.standard_normal(9))
    assert twin.integers(2**32, dtype=np.uint32) == made.integers(2**32, dtype=np.uint32)
    made.spawn(2)
    twin = through_json(made)
    np.testing.assert_array_equal(twin.spawn(1)[0].random(4), made.spawn(1)[0].random(4))


def test_a_random_state_goes_on():
    made = np.random.RandomState(3)
    made.standard_normal(5)  # the sixth is made already
    twin = through_json(made)
    np.testing.assert_array_equal(twin.standard_normal(5), made.standard_normal(5))


def test_zones_of_pytz_become_those_that_pandas_makes():
    """Of a name: Python's own from pandas 3.0 on."""
    pytz = pytest.importorskip("pytz")
    for zone, name in ((pytz.timezone("Europe/Paris"), "Europe/Paris"), (pytz.UTC, "UTC")):
        dates = pd.Series(pd.to_datetime(["2024-02-29"])).dt.tz_localize(zone)
        found = through_json(dates)
        assert found.dtype == pd.DatetimeTZDtype(found.dtype.unit, name)
        assert str(found.dtype.tz) == name
        assert (found == dates).all()


ARROW = ("int64", "double", "bool", "string", "large_string", "date32[day]", "timestamp[us]")


@pytest.mark.parametrize("name", ARROW)
def test_columns_of_pyarrow(name):
    pyarrow = pytest.importorskip("pyarrow")
    values = {"int64": [1, None, 2**60 + 1], "double": [0.1, None], "bool": [True, None]}
    values |= {"date32[day]": [dt.date(2024, 2, 29), None]}
    values |= {"timestamp[us]": [dt.datetime(2024, 2, 29), None]}
    dtype = pd.ArrowDtype(pyarrow.type_for_alias(name))
    column = pd.Series(values.get(name, ["a", None]), dtype=dtype)
    found = through_json(column)
    assert found.dtype == column.dtype
    pd.testing.assert_series_equal(found, column)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("decimal128(8, 2)", [Decimal("12.50"), None]),
        ("decimal256(60, -2)", [Decimal(1200), None]),
        ("dictionary<values=string, indices=int32, ordered=0>", ["a", None]),
        ("dictionary<values=int64, indices=int32, ordered=0>", [2**60 + 1, None]),
    ],
)
def test_columns_of_pyarrow_whose_types_have_parameters(kind, values):
    pa = pytest.importorskip("pyarrow")
    types = [pa.decimal128(8, 2), pa.decimal256(60, -2)]
    types += [pa.dictionary(pa.int32(), values) for values in (pa.string(), pa.int64())]
    column = pd.Series(values, dtype=pd.ArrowDtype({str(t): t for t in types}[kind]))
    found = through_json(column)
    assert found.dtype == column.dtype
    pd.testing.assert_series_equal(found, column)


def test_what_is_held_twice_is_one_object():
    array, inner = np.arange(3.0), [1]
    one, two, three = through_json([array, {"a": array, "b": inner}, inner])
    assert one is two["a"]
    assert two["b"] is three


class Mine:
    """A class of somebody."""


def of_somebody():
    """A function of somebody."""


@pytest.mark.parametrize(
    ("value", "named"),
    [
        (Mine(), "test_values.Mine"),
        (Mine, "the class test_values.Mine"),
        (of_somebody, "the function test_values.of_somebody"),
        (np.array([Mine()], dtype=object), "test_values.Mine"),
        (np.mean, "function numpy.mean"),
        (print, "the function builtins.print"),
        ([].append, "append"),
        (np.ones((1, 1)).view(np.matrix), "numpy.matrix"),
        (np.vectorize(abs), "numpy.vectorize"),
        (type("Sub", (dict,), {})(), "Sub"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_data_is_refused(value, named):
    with pytest.raises(UnsavedError, match=f"a is .*{named}"):
        Writer().put({"a": value})


def test_a_circle_is_refused():
    circle = {"next": {}}
    circle["next"]["last"] = circle
    with pytest.raises(UnsavedError, match=r"next\.last leads back to itself"):
        Writer().put(circle)
