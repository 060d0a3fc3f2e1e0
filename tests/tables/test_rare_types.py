"""Periods, decimal numbers, intervals and other objects, unique values among them."""

import datetime
import re
import uuid
from decimal import Decimal
from enum import Enum

import numpy as np
import pytest

from smoothdiff import SmoothedPLDiffusion, TableDiffusion

pd = pytest.importorskip("pandas")

N = 60
RNG = np.random.default_rng(0)
X = pd.DataFrame({"x": RNG.normal(size=N)})
ORDER = RNG.permutation(N)
MONTHS = pd.Series(pd.period_range("2015-01", periods=N, freq="M")[ORDER])
CENTS = RNG.integers(0, 10**6, N)
AMOUNTS = [Decimal(int(c)).scaleb(-2) for c in CENTS]


def fitted(column, **parameters):
    return TableDiffusion(random_state=0, **parameters).fit(X.assign(c=column))


def test_periods_are_interpolated_like_dates():
    model = fitted(MONTHS, estimator=SmoothedPLDiffusion(t_min=0))  # no noise
    made, parents, weights = model.sample(50, return_parents=True)
    assert made["c"].dtype == MONTHS.dtype
    ordinals = np.array([month.ordinal for month in MONTHS])
    mean = (weights * ordinals[parents]).sum(axis=1)
    found = np.array([month.ordinal for month in made["c"]])
    assert np.abs(found - mean).max() <= 0.5 + 1e-9
    assert ordinals.min() <= found.min() <= found.max() <= ordinals.max()


def test_periods_with_gaps_and_their_steps():
    quarters = pd.Series(
        pd.PeriodIndex([f"{2000 + i // 2}-0{1 + 3 * (i % 2)}" for i in ORDER], freq="M")
    )
    quarters[5:20] = pd.NaT
    model = fitted(quarters)
    assert model.schema_["c"].step == 3
    made = model.sample(80)["c"]
    assert made.isna().any()
    assert set(made.dropna().dt.month) <= {1, 4, 7, 10}


@pytest.mark.parametrize(
    ("where", "fits"),
    [
        ("2016-03", lambda c: c == pd.Period("2016-03", "M")),
        (pd.Period("2016-03", "M"), lambda c: c == pd.Period("2016-03", "M")),
        (("2018-01", None), lambda c: c >= pd.Period("2018-01", "M")),
        ((None, pd.Timestamp("2016-05-07")), lambda c: c <= pd.Period("2016-05", "M")),
    ],
)
def test_conditions_on_periods(where, fits):
    assert fits(fitted(MONTHS).sample(10, where={"c": where})["c"]).all()


def test_decimal_numbers_stay_decimal_numbers():
    model = fitted(AMOUNTS)
    assert (model.schema_["c"].kind, model.schema_["c"].step) == ("numeric", 0.01)
    made = model.sample(50)["c"]
    assert made.dtype == object
    assert {type(value) for value in made} == {Decimal}
    assert {value.as_tuple().exponent for value in made} == {-2}
    assert min(AMOUNTS) <= made.min() <= made.max() <= max(AMOUNTS)
    floats = fitted(CENTS / 100).sample(50)["c"]
    np.testing.assert_array_equal(made.astype(float), floats)


def test_decimal_numbers_with_gaps_zeros_and_conditions():
    column = pd.Series(AMOUNTS, dtype=object)
    column[:10], column[10:30] = None, Decimal("0.00")
    model = fitted(column)
    made = model.sample(80)["c"]
    assert made.isna().any()
    assert (made == Decimal("0.00")).any()
    assert all(str(value) == "0.00" for value in made.dropna() if value == 0)
    assert (model.sample(5, where={"c": 0.0})["c"] == 0).all()
    assert model.sample(5, where={"c": (1000, 5000)})["c"].between(1000, 5000).all()
    with pytest.raises(ValueError, match="gives column 'c', which is object, the value 'much'"):
        model.sample(5, where={"c": "much"})


def test_decimal_numbers_made_of_floats(rng):
    floats = rng.normal(size=N)
    made = fitted([Decimal(value) for value in floats.tolist()]).sample(20)["c"]
    np.testing.assert_allclose(made.astype(float), fitted(floats).sample(20)["c"])


@pytest.mark.parametrize(
    ("column", "sentence"),
    [
        ([Decimal(10) ** 20 + i for i in range(N)], r"'c' has decimal numbers beyond 2\*\*53"),
        ([Decimal("inf"), *AMOUNTS[1:]], "'c' has 1 infinite values, the first in row 0"),
        ([Decimal("nan")] * N, "'c' has no values"),
    ],
)
def test_decimal_numbers_that_floats_cannot_hold(column, sentence):
    with pytest.raises(ValueError, match=sentence):
        fitted(column)


def test_few_intervals_are_categories():
    binned = pd.Series(pd.IntervalIndex(pd.cut(X["x"], 5)))
    binned[:9] = np.nan
    model = fitted(binned)
    made = model.sample(60)["c"]
    assert made.dtype == binned.dtype
    assert made.isna().any()
    assert set(made.dropna()) <= set(binned.dropna())
    assert set(model.sample(9, where={"c": binned[20]})["c"]) == {binned[20]}


UNIQUE = {
    "intervals": pd.interval_range(0, N),
    "values of type UUID": [uuid.UUID(int=i) for i in range(N)],
    "values of type time": [datetime.time(i // 6, i % 6, tzinfo=datetime.UTC) for i in range(N)],
    "values of type bytes": [bytes([i]) for i in range(N)],
}


@pytest.mark.parametrize("what", UNIQUE)
def test_unique_objects_are_refused_with_a_remedy(what):
    column = pd.Series(UNIQUE[what])
    remedy = r"leave it out, or set kinds=\{'c': 'drop'\} \(or 'categorical' to draw from them"
    with pytest.raises(ValueError, match=f"'c' has 60 different {what} in 60 rows.*{remedy}"):
        fitted(column)
    made = fitted(column, kinds={"c": "categorical"}).sample(20)["c"]
    assert made.dtype == column.dtype
    assert set(made) <= set(column)
    assert list(fitted(column, kinds={"c": "drop"}).sample(3)) == ["x"]


def test_the_remedy_for_intervals_works(rng):
    intervals = pd.Series(pd.interval_range(0, N))
    with pytest.raises(ValueError, match=r"make them numbers by their \.array\.mid"):
        fitted(intervals)
    assert fitted(rng.permutation(intervals.array.mid)).schema_["c"].kind == "numeric"


def test_declared_categories_may_be_unique():
    names = pd.Categorical([f"n{i}" for i in range(N)])
    assert fitted(names).sample(5)["c"].dtype == names.dtype


def test_conditions_in_the_precision_of_the_column(rng):
    tenths = (rng.integers(0, 50, N) / 10).astype("float32")
    tenths[:20] = 0.1
    model = fitted(tenths)
    for where in (0.1, [0.1], (0.1, 0.1)):
        assert (model.sample(5, where={"c": where})["c"] == np.float32(0.1)).all()


def test_conditions_on_constants_are_read_as_the_column_is():
    day = pd.Series([pd.Timestamp("2020-01-01")] * N)
    model = fitted(day)
    assert (model.sample(5, where={"c": "2020-01-01"})["c"] == day[0]).all()
    assert len(model.sample(5, where={"c": ("2019-01-01", None)})) == 5
    with pytest.raises(ValueError, match="No training row fits"):
        model.sample(5, where={"c": "2020-01-02"})


def test_days_of_python_stay_days():
    days = [datetime.date(2020, 1, 1) + datetime.timedelta(days=3 * i) for i in range(60)]
    table = pd.DataFrame({"x": np.arange(60.0) % 7, "day": days})
    table.loc[5, "day"] = None
    model = TableDiffusion(random_state=0).fit(table)
    assert model.schema_["day"].kind == "datetime"
    assert model.schema_["day"].step == 3 * 24 * 60 * 60
    new = model.sample(200)["day"]
    assert {type(day) for day in new[new.notna()]} == {datetime.date}
    assert new.isna().any()
    assert new.dropna().between(days[0], days[-1]).all()
    np.testing.assert_allclose(model.embed(table)[:, 1].mean(), 0, atol=0.1)


def clock(n=60):
    """Every five or ten minutes from 8:00 on."""
    return [datetime.time(*divmod(8 * 60 + 10 * i - 5 * (i % 3 == 1), 60)) for i in range(n)]


def test_times_of_a_day_are_interpolated_and_stay_what_they_are():
    table = pd.DataFrame({"x": np.arange(60.0) ** 1.1, "at": clock()})
    table.loc[5, "at"] = None
    model = TableDiffusion(random_state=0).fit(table)
    assert model.schema_["at"].kind == "timedelta"
    assert model.schema_["at"].step == 5 * 60 * 1e6
    new = model.sample(300)
    at = new["at"]
    assert {type(time) for time in at[at.notna()]} == {datetime.time}
    assert at[at.isna()].tolist() == [None] * at.isna().sum() != []
    assert at.dropna().between(clock()[0], clock()[-1]).all()
    assert all(time.minute % 5 == time.second == 0 for time in at.dropna())
    assert set(at.dropna()) - set(clock())  # times that no row has
    minutes = at.dropna().map(lambda time: 60 * time.hour + time.minute)
    assert np.corrcoef(new["x"][at.notna()], minutes)[0, 1] > 0.98
    early = model.sample(50, where={"at": (datetime.time(9), datetime.time(10, 30))})["at"]
    assert early.between(datetime.time(9), datetime.time(10, 30)).all()
    assert set(model.sample(3, where={"at": clock()[3]})["at"]) == {clock()[3]}
    np.testing.assert_allclose(model.embed(table), model.embed(table.iloc[::-1])[::-1])
    few = table.assign(at=[clock()[i % 4] for i in range(60)])
    assert set(TableDiffusion(random_state=0).fit(few).sample(40)["at"]) == set(clock(4))


@pytest.mark.parametrize("kind", ["times", "days", "polars"])
def test_models_by_value_are_found_by_the_values_that_were_given(kind, rng):
    values = [datetime.time(8), datetime.time(20)]
    if kind == "days":
        values = [datetime.date(2020, 1, 1), datetime.date(2020, 1, 2)]
    table = pd.DataFrame({"t": values * 30, "x": rng.normal(size=60)})
    few = table.drop(index=range(9, 60, 2))
    if kind == "polars":
        table, few = (
            pytest.importorskip("polars").DataFrame(t.to_dict("list")) for t in (table, few)
        )
    model = TableDiffusion(by="t", random_state=0).fit(table)
    assert list(model.estimator_) == values
    with pytest.warns(UserWarning, match=rf"around theirs: {re.escape(repr(values[1]))}\.$"):
        TableDiffusion(by="t", random_state=0).fit(few)


def test_dates_stay_on_the_grid_that_they_have(rng):
    """Mondays, and hours of the clock in nanoseconds, whose counts are beyond 2**53."""
    weeks = rng.integers(0, 200, 300)
    mondays = pd.Timestamp("2020-01-06") + pd.to_timedelta(7 * weeks, "D")
    seen = pd.Timestamp("1990-01-01 00:30") + pd.to_timedelta(rng.integers(0, 300_000, 300), "h")
    table = pd.DataFrame({"day": mondays, "seen": seen.astype("datetime64[ns]")})
    new = TableDiffusion(random_state=0).fit(table).sample(300)
    assert (new["day"].dt.day_of_week == 0).all()
    assert (new["seen"].dt.minute == 30).all()
    assert new["day"].nunique() > 80


@pytest.mark.parametrize("dtype", ["time32[s]", "time32[ms]", "time64[us]", "time64[ns]"])
def test_times_of_a_day_of_arrow_stay_what_they_are(dtype):
    arrow = pytest.importorskip("pyarrow")
    dtype = pd.ArrowDtype(getattr(arrow, dtype[:6])(dtype[7:-1]))
    at = pd.Series(clock()).astype(dtype)
    at[7] = None
    table = pd.DataFrame({"x": np.arange(60.0) % 7, "at": at})
    new = TableDiffusion(random_state=0).fit(table).sample(100)["at"]
    assert new.dtype == dtype
    assert new.isna().any()
    assert new.dropna().between(clock()[0], clock()[-1]).all()
    assert new.nunique() > 30


@pytest.mark.parametrize("kind", ["timestamp", "zone", "duration", "date32", "date64"])
def test_times_of_arrow_stay_what_they_are(kind):
    arrow = pytest.importorskip("pyarrow")
    dtype = pd.ArrowDtype(
        {
            "timestamp": arrow.timestamp("us"),
            "zone": arrow.timestamp("ms", tz="Europe/Oslo"),
            "duration": arrow.duration("s"),
            "date32": arrow.date32(),
            "date64": arrow.date64(),
        }[kind]
    )
    times = pd.Series(pd.date_range("2021-01-04", periods=60, freq="D"))
    if kind == "zone":
        times = times.dt.tz_localize("Europe/Oslo")
    if kind == "duration":
        times = times - times[0]
    column = (times.dt.date if kind.startswith("date") else times).astype(dtype)
    column[7] = None
    table = pd.DataFrame({"x": np.arange(60.0) % 7, "when": column})
    model = TableDiffusion(random_state=0).fit(table)
    assert model.schema_["when"].kind == ("timedelta" if kind == "duration" else "datetime")
    new = model.sample(100)["when"]
    assert new.dtype == dtype
    assert new.dropna().min() >= column.dropna().min()
    assert new.dropna().max() <= column.dropna().max()
    assert new.nunique() > 30


class Color(Enum):
    RED, BLUE = 1, 2


@pytest.mark.parametrize("as_frame", [True, False])
def test_members_of_an_enumeration_have_no_order(as_frame, rng):
    """And are categories all the same."""
    table = pd.DataFrame({"x": rng.normal(size=40), "c": [Color.RED, Color.BLUE] * 20})
    model = TableDiffusion(random_state=0).fit(table if as_frame else table.to_numpy())
    new = np.asarray(model.sample(30))
    assert set(new[:, 1]) == set(Color)
