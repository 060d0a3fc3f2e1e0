"""Frames of polars: as they are given they come back, from all that takes tables."""

from datetime import date, datetime, time, timedelta

import numpy as np
import pytest

from smoothdiff import ClassConditionalDiffusion, SmoothedPLDiffusion, TableDiffusion

pd = pytest.importorskip("pandas")

pl = pytest.importorskip("polars")

N = 80
RNG = np.random.default_rng(0)
DAYS = RNG.integers(0, 28, N).tolist()
GAP = RNG.random(N) < 0.2


def nullable(values, dtype):
    return pl.Series([None if gap else v for gap, v in zip(GAP, values, strict=True)], dtype=dtype)


X = pl.DataFrame(
    {
        "text": RNG.choice(["Bern", "Oslo", "Rome"], N),
        "category": pl.Series(RNG.choice(["x", "y"], N)).cast(pl.Categorical),
        "level": pl.Series(RNG.choice(["low", "top"], N), dtype=pl.Enum(["low", "mid", "top"])),
        "count": nullable(RNG.integers(0, 99, N).tolist(), pl.Int64),
        "small": pl.Series(RNG.integers(0, 200, N)).cast(pl.UInt8),
        "member": RNG.random(N) < 0.4,
        "agreed": nullable((RNG.random(N) < 0.5).tolist(), pl.Boolean),
        "day": [date(2020, 3, 1) + timedelta(k) for k in DAYS],
        "time": [
            datetime(2020, 3, 1) + timedelta(k, 60 * k) for k in RNG.integers(0, 900, N).tolist()
        ],
        "local": pl.Series(
            [datetime(2020, 3, 15) + timedelta(k) for k in DAYS]
        ).dt.replace_time_zone("Europe/Rome"),
        "clock": nullable([time(k % 24, k % 60) for k in range(N)], pl.Time),
        "took": pl.Series(RNG.integers(0, 10**6, N)).cast(pl.Duration("ms")),
        "price": pl.Series(RNG.integers(100, 10**4, N) / 100).cast(pl.Decimal(10, 2)),
        "single": pl.Series(RNG.normal(size=N).astype("float32")),
        "nan": np.where(GAP, np.nan, RNG.normal(size=N)),
        "planet": "earth",
    }
)
Y = np.repeat(["common", "rare"], [60, 20])


@pytest.fixture(scope="module")
def model():
    return TableDiffusion(random_state=0).fit(X)


def test_types_come_back(model):
    made = model.sample(60)
    assert isinstance(made, pl.DataFrame)
    assert made.schema == X.schema
    assert model.sample(0).schema == X.schema
    for name in ("text", "category", "level", "planet"):
        assert set(made[name].cast(pl.String)) <= set(X[name].cast(pl.String))
    for name in ("count", "agreed"):
        assert 0 < made[name].null_count() < 40
    assert 0 < made["nan"].is_nan().sum() < 40
    assert made["nan"].null_count() == 0
    for name in ("day", "time", "took", "price", "single", "small"):
        assert X[name].min() <= made[name].min() <= made[name].max() <= X[name].max()
    assert len(set(made["price"])) > 10


def test_kinds_are_those_of_the_same_table_in_pandas(model):
    names = ["count", "small", "member", "agreed", "time", "took", "single", "planet"]
    same = pd.DataFrame({name: pd.Series(X[name].to_list()) for name in names})
    same["took"] = same["took"].astype("timedelta64[ms]")
    kinds = {column.name: column.kind for column in TableDiffusion().fit(same).schema_}
    assert {name: model.schema_[name].kind for name in names} == kinds
    assert model.schema_["day"].kind == "datetime"


def test_local_days_stay_days(model):
    assert model.schema_["local"].kind == "datetime"
    local = model.sample(60)["local"].dt.replace_time_zone(None)
    assert (local == local.dt.truncate("1d")).all()


def test_times_that_the_clock_skips_or_has_twice():
    """Half past two between one and three o'clock, in Rome, on the days when the clock is set."""
    for day in ((2020, 3, 29), (2020, 10, 25)):
        hours = [datetime(*day, 1, 0), datetime(*day, 3, 10)]
        times = [hours[i % 2] + timedelta(seconds=i) for i in range(N)]
        zoned = pl.Series(times).dt.replace_time_zone("Europe/Rome")
        made = TableDiffusion(random_state=0).fit(pl.DataFrame({"t": zoned})).sample(200)
        assert made.schema["t"] == zoned.dtype
        assert made["t"].null_count() == 0


def test_conditions_weights_and_coordinates(model):
    made = model.sample(9, where={"day": (date(2020, 3, 10), "2020-03-20"), "category": ["x"]})
    assert made["day"].is_between(date(2020, 3, 10), date(2020, 3, 20)).all()
    assert set(made["category"]) == {"x"}
    assert len(model.sample(4, where={"count": None})["count"].drop_nulls()) == 0
    np.testing.assert_array_equal(model.embed(X.reverse()), model.embed(X)[::-1])
    half = TableDiffusion(random_state=0).fit(X, sample_weight=np.repeat([1, 0], N // 2))
    assert half.sample(3).schema == X.schema


def test_zones_in_conditions_are_refused(model):
    aware = X["local"].to_list()[0]
    for value in (aware, "2020-03-20T00:00:00+01:00"):
        with pytest.raises(ValueError, match="where gives column 'local'"):
            model.sample(3, where={"local": (value, None)})


def test_lazy_frames_are_refused():
    with pytest.raises(TypeError, match=r"Got LazyFrame; use collect\(\) first"):
        TableDiffusion().fit(X.lazy())


# ---------------------------------------------------------------------- classes


def test_classes_of_frames():
    model = ClassConditionalDiffusion(TableDiffusion(random_state=0)).fit(X, pl.Series(Y))
    made, labels = model.sample(50)
    assert made.schema == X.schema
    assert set(labels) == {"common", "rare"}
    only = model.sample(20, y="rare", random_state=1)
    assert only.equals(model.sample(20, y="rare", random_state=1))
    assert only["single"].is_between(X["single"][60:].min(), X["single"][60:].max()).all()
    assert model.sample(0)[0].schema == X.schema
    assert model.feature_names_in_.tolist() == X.columns


@pytest.mark.filterwarnings("ignore:The noise that samples keep")
@pytest.mark.parametrize("estimator", [TableDiffusion(), SmoothedPLDiffusion(t_min_scale=0.5)])
def test_probabilities_are_those_of_the_same_frame_in_pandas(estimator):
    numbers = X.select("small", "single").with_columns(pl.col("small").cast(pl.Float64))
    same = pd.DataFrame(numbers.to_dict(as_series=False)).astype({"single": "float32"})
    model = ClassConditionalDiffusion(estimator).fit(numbers, Y)
    other = ClassConditionalDiffusion(estimator).fit(same, Y)
    np.testing.assert_allclose(model.predict_proba(numbers), other.predict_proba(same))
    np.testing.assert_array_equal(model.predict(numbers), other.predict(same))
    np.testing.assert_allclose(model.score_samples(numbers), other.score_samples(same))


@pytest.mark.filterwarnings("ignore:All rows of the table are equal")
def test_a_class_of_one_row():
    labels = np.array(["common"] * (N - 1) + ["rare"])
    made = (
        ClassConditionalDiffusion(TableDiffusion(random_state=0)).fit(X, labels).sample(3, "rare")
    )
    assert made.schema == X.schema
    as_text = pl.col("category").cast(pl.String)  # whatever its physical levels
    assert made.with_columns(as_text).equals(pl.concat([X[-1:]] * 3).with_columns(as_text))


def test_labels_in_a_frame_stay_in_one(rng):
    imblearn = pytest.importorskip("imblearn")
    assert imblearn
    from smoothdiff import DiffusionOverSampler

    x, labels = pl.DataFrame({"x": rng.normal(size=N)}), pl.DataFrame({"lab": Y})
    _, grown = DiffusionOverSampler(random_state=0).fit_resample(x, labels)
    assert isinstance(grown, pl.DataFrame)
    assert grown.schema == labels.schema
    assert grown["lab"].to_list() == [*Y, *["rare"] * 40]
