"""Columns that are only awkward: large numbers, time zones, gaps, weights of zero."""

import numpy as np
import pytest

from smoothdiff import LocalAverageDiffusion, TableDiffusion
from smoothdiff.tables._values import Scale

pd = pytest.importorskip("pandas")

N = 60
X = pd.DataFrame({"x": np.random.default_rng(0).normal(size=N)})


def drawn(table, n=40, **parameters):
    return TableDiffusion(random_state=0, **parameters).fit(table).sample(n)


@pytest.mark.parametrize("scale", [1e-200, 1e-12, 1e12, 1e200])
def test_units_do_not_matter(scale):
    made, plain = drawn(X.assign(y=X["x"] ** 3 * scale)), drawn(X.assign(y=X["x"] ** 3))
    np.testing.assert_allclose(made["y"] / scale, plain["y"], rtol=1e-6)


@pytest.mark.parametrize("column", [2**60 + np.arange(N), np.arange(N).astype(object) + 10**25])
def test_integers_that_floats_cannot_tell_apart_are_refused(column):
    table = X.assign(id=np.resize(column[:9], N))
    with pytest.raises(ValueError, match=r"'id' has whole numbers beyond 2\*\*53"):
        drawn(table)
    made = drawn(table, kinds={"id": "categorical"})
    assert set(made["id"]) <= set(table["id"])


@pytest.mark.parametrize("zone", ["Europe/Rome", "America/New_York", "Asia/Tokyo", "UTC"])
def test_local_days_stay_days(zone, rng):
    days = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 500, N), unit="D")
    made = drawn(X.assign(t=pd.Series(days).dt.tz_localize(zone)))
    assert (made["t"] == made["t"].dt.normalize()).all()
    assert made["t"].dtype == pd.Series(days).dt.tz_localize(zone).dtype


def test_no_gaps_in_by_either(rng):
    label = np.array(["u", None], dtype=object)[rng.integers(0, 2, N)]
    assert set(drawn(X.assign(q=label), by="q", missing="fill")["q"]) == {"u"}
    assert drawn(X.assign(q=label), by="q")["q"].isna().any()


def test_the_order_of_categories_is_that_of_the_training_table(rng):
    grades = rng.choice(list("abc"), N)
    table = X.assign(g=pd.Categorical(grades, list("abc"), ordered=True))
    other = X.assign(g=pd.Categorical(grades, list("cba"), ordered=True))
    model = TableDiffusion().fit(table)
    np.testing.assert_array_equal(model.embed(table), model.embed(other))
    new = X.assign(g=pd.Categorical(["z"] * N, list("abcz"), ordered=True))
    with pytest.raises(ValueError, match="'g' has values no training row has: 'z'"):
        model.embed(new)


def test_decimals_of_single_precision(rng):
    table = X.assign(y=(rng.integers(0, 1000, N) / 100).astype("float32"))
    model = TableDiffusion(random_state=0).fit(table)
    assert model.schema_["y"].step == 0.01
    made = model.sample(40)["y"].to_numpy()
    np.testing.assert_array_equal(made, np.round(made.astype(float), 2).astype("float32"))


def test_rows_of_no_weight_are_no_rows():
    """Not in the columns' values, nor among parents, nor for conditions and gaps."""
    table = X.assign(
        m=np.r_[X["x"][: N // 2], np.full(N // 2, 1.5) + X["x"][N // 2 :]],
        c=["gone"] * (N // 2) + ["a", "b"] * (N // 4),
    )
    weights = np.repeat([0.0, 1.0], N // 2)
    model = TableDiffusion(random_state=0, missing="fill").fit(table, sample_weight=weights)
    made, parents, _ = model.sample(40, return_parents=True)
    assert set(made["c"]) <= {"a", "b"}
    assert parents[parents >= 0].min() >= N // 2
    alone = TableDiffusion(random_state=0, missing="fill").fit(table[N // 2 :])
    pd.testing.assert_frame_equal(alone.sample(40), made)
    with pytest.raises(ValueError, match="No training row fits"):
        model.sample(3, where={"c": "gone"})


def test_gaps_that_cannot_be_filled_together_are_told_in_fit():
    table = X.assign(m=[1.0, np.nan] * (N // 2), q=[np.nan, 2.0] * (N // 2))
    with pytest.raises(ValueError, match="'m', 'q', which belong together, need a row"):
        drawn(table, together=[["m", "q"]], missing="fill")


def test_an_empty_column_may_be_kept():
    table = X.assign(e=pd.Series([pd.NA] * N, dtype="Int64"))
    made = drawn(table, kinds={"e": "constant"})
    assert made["e"].isna().all()
    assert made["e"].dtype == "Int64"


def test_samples_without_parents_are_refused_in_fit():
    with pytest.raises(TypeError, match="Those of LocalAverageDiffusion are not"):
        drawn(X.assign(y=X["x"] ** 2), estimator=LocalAverageDiffusion())


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        ({"day": "soon"}, "gives column 'day', which is datetime64.*, the value 'soon'"),
        ({"day": (5, None)}, "gives column 'day', which is datetime64.*, the value 5"),
        ({"x": (0, "b")}, "gives column 'x', which is float64, the value 'b'"),
        ({"g": ("a", "zz")}, "gives column 'g', which is category, the value 'zz'"),
        ({"x": []}, "gives column 'x' no values to choose from"),
    ],
)
def test_conditions_of_the_wrong_type(where, sentence, rng):
    grades = pd.Categorical(rng.choice(list("abc"), N), list("abc"), ordered=True)
    table = X.assign(day=pd.date_range("2020", periods=N), g=grades)
    with pytest.raises(ValueError, match=sentence):
        TableDiffusion(random_state=0).fit(table).sample(3, where=where)


def test_conditions_in_any_container():
    table = X.assign(c=list("ab") * (N // 2), k=np.arange(N) % 13)
    table.loc[:5, "c"] = None
    model = TableDiffusion(random_state=0).fit(table)
    assert set(model.sample(9, where={"k": range(3, 6)})["k"]) <= {3, 4, 5}
    assert set(model.sample(9, where={"c": pd.Series(["a"])})["c"]) == {"a"}
    for gap in (None, np.nan, pd.NA):
        assert model.sample(5, where={"c": gap})["c"].isna().all()
    assert len(model.sample(5, where={})) == 5


def test_a_draw_reads_its_parents_and_not_the_table(monkeypatch):
    rng = np.random.default_rng(0)
    n = 3000
    gaps = np.where(rng.random(n) < 0.1, np.nan, rng.normal(size=n))
    table = pd.DataFrame({"x": rng.normal(size=n), "gaps": gaps, "k": rng.integers(0, 99, n)})
    model = TableDiffusion(random_state=0).fit(table)
    read, numbers = [], Scale.numbers
    monkeypatch.setattr(Scale, "numbers", lambda s, c: read.append(len(c)) or numbers(s, c))
    _, parents, _ = model.sample(20, return_parents=True)
    assert 0 < max(read) <= parents.size + 1 < 1000


@pytest.mark.parametrize("step", [0.25, 0.125, 0.05, 2.5, 0.3])
def test_steps_of_several_digits(step):
    table = X.assign(y=np.arange(N) * step)
    model = TableDiffusion(random_state=0).fit(table.sample(frac=1, random_state=0))
    assert model.schema_["y"].step == step
    made = model.sample(80)["y"].to_numpy() / step
    np.testing.assert_allclose(made, np.round(made), atol=1e-9)
    assert len(np.unique(made)) > 20


def test_what_is_masked_is_missing(rng):
    hidden = np.arange(2 * N).reshape(N, 2) % 7 == 0
    for values in (rng.normal(size=(N, 2)), rng.integers(0, 90, (N, 2))):
        bad = np.where(hidden, 10**6, values)
        model = TableDiffusion(random_state=0).fit(np.ma.masked_array(bad, hidden))
        assert sum(column.n_missing for column in model.schema_) == hidden.sum()
        assert max(column.high for column in model.schema_) < 100


def test_conditions_on_tuples():
    model = TableDiffusion(random_state=0).fit(X.assign(c=[(1,), (2, 3)] * (N // 2)))
    assert set(model.sample(5, where={"c": [(2, 3)]})["c"]) == {(2, 3)}


@pytest.mark.parametrize("step", [1, 0.01])
def test_numbers_that_prefer_round_ones_still_do(step):
    """Most prices are whole hundreds of steps: as many of the new ones are, to 5 deviations."""
    n, of = 300, np.random.default_rng(2)
    steps = of.integers(0, 100_000, n)
    steps = np.where(of.random(n) < 0.6, steps // 100 * 100, steps)
    table = pd.DataFrame({"x": of.normal(size=n), "price": np.round(steps * step, 2)})
    model = TableDiffusion(random_state=0).fit(table)
    column = model.schema_["price"]
    assert column.round_numbers == (2, 5, 10, 20, 25, 50, 100)
    by_looking = [max(m for m in (1, *column.round_numbers) if s % m == 0) for s in steps]
    np.testing.assert_allclose(column.grain(steps * step), np.multiply(by_looking, step))
    made = np.rint(model.sample(400)["price"] / step)
    share = np.mean(steps % 100 == 0)
    assert abs(np.mean(made % 100 == 0) - share) < 5 * np.sqrt(share * (1 - share) / 400)
