"""Over-sampling of what is no array of numbers: frames of polars, objects, columns of gaps."""

import numpy as np
import pytest

pytest.importorskip("imblearn")

from smoothdiff import ClassConditionalDiffusion, DiffusionOverSampler, TableDiffusion

pd = pytest.importorskip("pandas")

N, RARE = 60, 15
RNG = np.random.default_rng(0)
Y = np.repeat([0, 1], [N - RARE, RARE])
MIXED = np.array(
    [
        [int(k), str(c), None if gap else float(x)]
        for k, c, x, gap in zip(
            RNG.integers(0, 40, N),
            RNG.choice(["a", "b", "c"], N),
            RNG.normal(size=N).round(2),
            RNG.random(N) < 0.2,
            strict=True,
        )
    ],
    dtype=object,
)


# ---------------------------------------------------------------------- arrays


def test_arrays_of_objects():
    sampler = DiffusionOverSampler(TableDiffusion(), random_state=0)
    new, labels = sampler.fit_resample(MIXED, Y)
    assert isinstance(new, np.ndarray)
    assert (new.dtype, new.shape) == (object, (90, 3))
    np.testing.assert_array_equal(new[:N], MIXED)
    assert labels.tolist() == [*Y, *[1] * 30]
    own = MIXED[Y == 1]
    assert {type(value) for value in new[N:, 0]} == {int}
    assert own[:, 0].min() <= new[N:, 0].min() <= new[N:, 0].max() <= own[:, 0].max()
    assert set(new[N:, 1]) <= set(own[:, 1])
    assert None in new[N:, 2]
    assert (Y[sampler.parents_[:, 0]] == 1).all()


def test_lists_and_arrays_of_text():
    sampler = DiffusionOverSampler(TableDiffusion(), random_state=0)
    new, _ = sampler.fit_resample(MIXED.tolist(), Y)
    assert isinstance(new, list)
    assert new == sampler.fit_resample(MIXED, Y)[0].tolist()
    text = MIXED[:, [1, 1]].astype(str)
    assert sampler.fit_resample(text, Y)[0].dtype == text.dtype


def test_arrays_of_numbers_may_have_gaps_there(rng):
    numbers = np.where(rng.random((N, 2)) < 0.1, np.nan, rng.normal(size=(N, 2)))
    new, _ = DiffusionOverSampler(TableDiffusion(), random_state=0).fit_resample(numbers, Y)
    np.testing.assert_array_equal(new[:N], numbers)
    assert np.isnan(new[N:]).any()


def test_classes_of_lists_keep_numbers():
    model = ClassConditionalDiffusion(TableDiffusion(random_state=0)).fit(MIXED.tolist(), Y)
    made, _ = model.sample(40)
    assert {type(value) for value in made[:, 0]} == {int}
    assert model.estimators_[0].schema_[0].kind == "numeric"


# ---------------------------------------------------------------------- what a class lacks


def lacking():
    """The rare rows have no price and no since, and nearly as many towns as rows."""
    rng = np.random.default_rng(1)
    towns = [f"town {i % 25}" for i in range(N)]
    X = pd.DataFrame(
        {
            "size": rng.normal(size=N),
            "town": towns,
            "price": rng.normal(size=N),
            "since": pd.date_range("2020", periods=N)[rng.permutation(N)],
        }
    )
    y = np.repeat([0, 1], [N - 22, 22])
    X.loc[y == 1, ["price", "since"]] = None
    return X, y


def test_a_column_that_is_empty_in_a_class():
    X, y = lacking()
    model = ClassConditionalDiffusion(TableDiffusion(random_state=0)).fit(X, y)
    made, labels = model.sample(60)
    pd.testing.assert_series_equal(made.dtypes, X.dtypes)
    assert made.loc[labels == 1, ["price", "since"]].isna().all(axis=None)
    assert made.loc[labels == 0].notna().all(axis=None)
    assert set(made["town"]) <= set(X["town"])
    new, labels = DiffusionOverSampler(random_state=0).fit_resample(X, y)
    pd.testing.assert_series_equal(new.dtypes, X.dtypes)
    assert new.loc[labels == 1, ["price", "since"]].isna().all(axis=None)


@pytest.mark.parametrize("kinds", [None, {"price": "numeric", "town": "categorical"}])
def test_what_kinds_says_holds_in_the_other_classes(kinds):
    X, y = lacking()
    table = TableDiffusion(kinds=kinds, random_state=0)
    model = ClassConditionalDiffusion(table).fit(X, y)
    first, second = (law.schema_ for law in model.estimators_)
    assert (first["price"].kind, second["price"].kind) == ("numeric", "constant")
    assert (first["town"].kind, second["town"].kind) == ("categorical", "categorical")
    assert table.kinds == kinds


def test_dropped_columns_stay_so():
    X, y = lacking()
    model = ClassConditionalDiffusion(TableDiffusion(kinds={"price": "drop"}, random_state=0))
    assert list(model.fit(X, y).sample(3)[0]) == ["size", "town", "since"]


def test_names_are_refused_in_classes_too():
    X, y = lacking()
    X["town"] = [f"name {i}" for i in range(N)]
    with pytest.raises(ValueError, match="'town' has 60 different texts in 60 rows"):
        ClassConditionalDiffusion(TableDiffusion()).fit(X, y)


def test_a_wrong_parameter_is_told():
    with pytest.raises(TypeError, match="'kinds' parameter of TableDiffusion must be a dict"):
        ClassConditionalDiffusion(TableDiffusion(kinds=3)).fit(*lacking())


@pytest.mark.filterwarnings("ignore:New rows have not the last digits")
def test_the_old_rows_are_bit_for_bit_the_same(rng):
    """Integers that floats cannot hold, beside floats."""
    X = pd.DataFrame({"id": 2**60 + np.arange(N), "x": rng.normal(size=N)})
    new, _ = DiffusionOverSampler(random_state=0).fit_resample(X, Y)
    pd.testing.assert_frame_equal(new[:N], X)


# ---------------------------------------------------------------------- frames of polars


def of_polars():
    pl = pytest.importorskip("polars")
    rng = np.random.default_rng(2)
    numbers = pl.DataFrame(
        {
            "x": pl.Series(rng.normal(size=N).astype("float32")),
            "k": pl.Series(rng.integers(0, 200, N)).cast(pl.UInt8),
            "id": 2**60 + np.arange(N),
            "yes": rng.random(N) < 0.5,
        }
    )
    return pl, numbers


@pytest.mark.filterwarnings("ignore:New rows have not the last digits")
def test_frames_of_numbers_come_back():
    pl, X = of_polars()
    y = pl.Series("label", np.array(["common", "rare"])[Y]).cast(pl.Categorical)
    sampler = DiffusionOverSampler(random_state=0)
    new, labels = sampler.fit_resample(X, y)
    assert new[:N].equals(X)
    assert new.schema == X.schema
    assert (labels.name, labels.dtype, len(labels)) == ("label", y.dtype, 90)
    assert set(labels[N:]) == {"rare"}
    assert sampler.feature_names_in_.tolist() == X.columns


@pytest.mark.parametrize("estimator", [None, TableDiffusion(draw="row")])
def test_mixed_frames_come_back(estimator, rng):
    pl, X = of_polars()
    X = X.drop("id").with_columns(
        town=pl.Series(rng.choice(["a", "b"], N)).cast(pl.Categorical),
        gaps=pl.Series([None if i % 4 == 0 else i % 23 for i in range(N)], dtype=pl.Int64),
    )
    new, labels = DiffusionOverSampler(estimator, random_state=0).fit_resample(X, Y)
    assert new[:N].equals(X)
    assert new.schema == X.schema
    assert new["gaps"][N:].null_count() > 0
    assert labels.tolist() == [*Y, *[1] * 30]
    same = pd.DataFrame({name: pd.Series(X[name].to_list()) for name in X.columns})
    same = same.astype({"x": "float32", "k": "uint8", "town": "category", "gaps": "Int64"})
    other, _ = DiffusionOverSampler(estimator, random_state=0).fit_resample(same, Y)
    for name in X.columns:
        ours, theirs = new[name].to_list(), other[name].astype(object)
        assert ours == theirs.where(theirs.notna(), None).tolist()


def test_gaps_among_numbers_are_refused_as_in_pandas():
    pl, X = of_polars()
    X = X.with_columns(x=pl.when(pl.col("k") > 100).then(pl.col("x")))
    with pytest.raises(ValueError, match="Input X contains NaN"):
        DiffusionOverSampler().fit_resample(X, Y)


@pytest.mark.filterwarnings("ignore:New rows have not the last digits")
def test_fit_alone_takes_them_too():
    pl, X = of_polars()
    assert DiffusionOverSampler().fit(X, pl.Series(Y)).sampling_strategy_ == {1: 30}


@pytest.mark.parametrize("parameters", [{"by": "e"}, {"together": [["c", "e"]]}])
def test_what_is_empty_in_a_class_may_be_filled_in_others(parameters, rng):
    """It belongs together with others, or has a model for each value: not in that class."""
    X = pd.DataFrame({"x": rng.normal(size=N), "c": rng.choice(["a", "b"], N)})
    X["e"] = pd.Series(np.where(Y == 1, None, rng.choice(["u", "v"], N)), dtype=object)
    X.loc[:5, "e"] = None
    table = TableDiffusion(missing="fill", random_state=0, **parameters)
    made, labels = ClassConditionalDiffusion(table).fit(X, Y).sample(60)
    assert made["e"][labels == 0].notna().all()
    assert made["e"][labels == 1].isna().all()
