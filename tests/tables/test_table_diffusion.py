"""What comes out of a table: the columns that went in, with values that could be real."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone

from smoothdiff import EmpiricalScoreDiffusion, SmoothedPLDiffusion, TableDiffusion
from smoothdiff.cloud import draw_by_weight
from smoothdiff.tables._groups import evenly
from smoothdiff.tables._model import TableModel

pd = pytest.importorskip("pandas")

N = 400


@pytest.fixture(scope="module")
def model(table):
    return TableDiffusion(random_state=0).fit(table)


@pytest.fixture(scope="module")
def drawn(model):
    return model.sample(N, random_state=1, return_parents=True)


@pytest.fixture(scope="module")
def made(drawn):
    return drawn[0]


def test_names_order_types_and_index_are_the_tables(table, made):
    assert list(made.columns) == list(table.columns)
    pd.testing.assert_series_equal(made.dtypes, table.dtypes)
    assert made.index.equals(pd.RangeIndex(N))


@pytest.mark.parametrize("name", ["sex", "kids", "member", "agreed", "city", "grade"])
def test_what_is_given_exists(table, made, name):
    assert set(made[name].dropna()) <= set(table[name].dropna())
    assert made[name].isna().any() == table[name].isna().any()


def test_numbers_keep_their_range_and_decimals(table, made):
    for name in ("age", "income", "weight", "pressure", "object"):
        assert made[name].min() >= table[name].min()
        assert made[name].max() <= table[name].max()
    assert (made["income"].round(2) == made["income"]).all()
    assert made["pressure"].dropna().round(3).equals(made["pressure"].dropna())
    assert {type(value) for value in made["object"]} == {int}


def test_numbers_are_new(table, made):
    assert np.isin(made["income"], table["income"]).mean() < 0.1
    assert np.isin(made["weight"], table["weight"]).mean() < 0.1


def test_a_tenth_of_the_noise_is_left_whatever_the_columns_are(table):
    """Also where categories, whose coordinates have a constant sum, leave directions empty."""
    for X in (table[["income", "weight"]], table[["income", "weight", "city"]]):
        for estimator, scale in (
            (None, 0.1),
            (SmoothedPLDiffusion(t_min_scale=0.3), 0.3),
            (SmoothedPLDiffusion(start="isotropic"), None),
        ):
            fitted = TableDiffusion(estimator, random_state=0).fit(X).estimator_
            wanted = 0.01 / fitted.n_components_ if scale is None else scale
            assert fitted.t_min_ == pytest.approx(wanted * fitted.t0_)
    absolute = TableDiffusion(SmoothedPLDiffusion(t_min=1e-6)).fit(table[["income", "city"]])
    assert absolute.estimator_.t_min_ == 1e-6


@pytest.mark.parametrize("by", [None, "group"])
def test_columns_of_few_values_keep_their_law(by, rng):
    """Also alone: rows that are there a hundred times are no neighbors of each other's."""
    n = 600
    table = pd.DataFrame({"group": rng.choice(["y", "n", "z"], n)})
    table["children"] = np.minimum(rng.poisson(1.2, n), 5)
    table["age"] = rng.integers(18, 66, n)
    for names in ["children"], ["children", "group"], ["age", "group"]:
        X = table[sorted({*names, by or names[0]})]
        new = TableDiffusion(by=by, random_state=0).fit(X).sample(20_000)
        wanted = X[names[0]].value_counts(normalize=True)
        found = new[names[0]].value_counts(normalize=True).reindex(wanted.index).fillna(0)
        chance = 0.4 * np.sqrt(wanted * (1 - wanted) / n).sum()  # of another table
        assert (found - wanted).abs().sum() / 2 < chance / 2
        assert new[names[0]].mean() == pytest.approx(X[names[0]].mean(), rel=0.02)


def test_rows_given_whole_stay_though_they_are_copies(rng):
    """Else a row that is the only one of its kind, and its rare values, would never come."""
    common = rng.choice(["a", "b", "c"], size=(400, 3))
    X = np.concatenate([common, [[f"only {i}", "a", f"here {i}"] for i in range(100)]])
    new = TableDiffusion(draw="row", random_state=0).fit(X).sample(4000)
    rare = np.array([value.startswith("only") for value in new[:, 0]])
    assert rare.mean() == pytest.approx(0.2, abs=0.06)
    assert set(map(tuple, new)) <= set(map(tuple, X))


def test_a_sum_beside_its_parts_stays_their_sum(rng):
    """But where one of the three left its range and was reflected."""
    X = rng.normal(size=(300, 3))
    X[:, 2] = X[:, 0] + X[:, 1]
    new = TableDiffusion(random_state=0).fit(X).sample(2000)
    error = np.abs(new[:, 0] + new[:, 1] - new[:, 2])
    assert np.quantile(error, 0.95) < 1e-12
    few = TableDiffusion(random_state=0).fit(rng.normal(size=(6, 9))).sample(200)
    assert np.linalg.matrix_rank(few - few.mean(axis=0), tol=1e-3) == 9  # six rows tell of no sum


def test_a_block_of_rows_is_fitted_once_for_a_sample(table, monkeypatch):
    """Though copies are drawn again, several times."""
    monkeypatch.setattr("smoothdiff.tables._groups.MOST_ROWS", 60)
    n = len(table)
    X = table[["sex", "city"]].assign(level=np.arange(n) % 7, odd=np.arange(n) % 97)
    model = TableDiffusion(random_state=0, together=None).fit(X)
    fits, draws = [], []
    fit, draw = SmoothedPLDiffusion.fit, TableModel._draw_any

    def counted(self, *args, **options):
        fits.append(1)
        return fit(self, *args, **options)

    def drawn(self, *args):
        draws.append(1)
        return draw(self, *args)

    monkeypatch.setattr(SmoothedPLDiffusion, "fit", counted)
    monkeypatch.setattr(TableModel, "_draw_any", drawn)
    blocks = -(-n // 60)
    model.sample(300)
    assert len(fits) == blocks - 1  # the first is kept
    assert len(draws) > blocks


def test_rows_of_many_coordinates_make_smaller_blocks(monkeypatch, rng):
    """So that what a model holds does not grow with the coordinates; but of enough rows."""
    for name, value in ("MOST_ROWS", 200), ("MOST_NUMBERS", 240), ("ENOUGH_ROWS", 40):
        monkeypatch.setattr(f"smoothdiff.tables._groups.{name}", value)
    for width, blocks in (1, 2), (2, 2), (3, 3), (6, 6), (12, 6):
        X = rng.normal(size=(240, width))
        groups = TableDiffusion(random_state=0).fit(X)._table.groups
        rows = np.concatenate([group.rows for group in groups])
        assert len(groups) == blocks, width
        np.testing.assert_array_equal(np.sort(rows), np.arange(240))


def test_integers_are_rounded_and_not_truncated():
    rng = np.random.default_rng(0)
    counts = rng.poisson(30, size=(400, 2))
    new = TableDiffusion(random_state=0).fit(counts).sample(20_000)
    error = counts.std() / np.sqrt(400) / 2
    assert abs(new.mean() - counts.mean()) < error  # truncation loses 0.5, rounding nothing
    assert error < 0.2


def test_atoms_come_as_often_as_in_the_data_and_nothing_lies_beside_them(table, model):
    gain = model.sample(4000, random_state=2)["gain"]
    share = (table["gain"] == 0).mean()
    assert abs((gain == 0).mean() - share) < 0.05
    assert gain[gain > 0].min() >= table["gain"][table["gain"] > 0].min()


def test_constants_are_constant(made):
    assert set(made["planet"]) == {"earth"}


def test_gaps_are_those_of_the_parents(table, drawn):
    made, parents, weights = drawn
    gap = table["pressure"].isna().to_numpy()
    of_parents = np.where(weights > 0, gap[parents], False)
    without, only = ~of_parents.any(axis=1), (of_parents | (weights == 0)).all(axis=1)
    missing = made["pressure"].isna().to_numpy()
    assert not missing[without].any()
    assert missing[only].all()
    assert abs(missing.mean() - gap.mean()) < 0.08


def test_dates_are_between_those_of_the_parents(table, made, drawn):
    days = table["day"].to_numpy()
    assert (made["day"] == made["day"].dt.normalize()).all()  # whole days, as in the table
    assert made["day"].min() >= days.min()
    assert (made["seen"].dt.tz_convert("UTC").dt.minute == 0).all()


def test_parents_and_weights(table, drawn):
    _, parents, weights = drawn
    assert parents.shape == weights.shape
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-12)
    assert ((parents >= 0) == (weights > 0)).all()
    assert parents.max() < len(table)


def test_a_given_value_has_the_weighted_law_of_the_parents():
    """The slow way: the part of each level, summed over the parents of each row."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"u": rng.normal(size=200), "v": rng.normal(size=200)})
    X["side"] = np.where(X["u"] + 0.3 * rng.normal(size=200) > 0, "right", "left")
    made, parents, weights = (
        TableDiffusion(random_state=0).fit(X).sample(20_000, return_parents=True)
    )
    is_right = (X["side"] == "right").to_numpy()
    chance = np.array(
        [
            sum(w for p, w in zip(ps, ws, strict=True) if p >= 0 and is_right[p])
            for ps, ws in zip(parents, weights, strict=True)
        ]
    )
    drawn = (made["side"] == "right").to_numpy()
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        rows = (chance >= low) & (chance <= low + 0.2)
        error = 4 * np.sqrt((chance[rows] * (1 - chance[rows])).sum()) / rows.sum()
        assert abs(drawn[rows].mean() - chance[rows].mean()) <= error + 1e-12


def test_interpolation_by_the_slow_formula(table):
    """At t_min = 0 a number is the weighted mean of the parents, rounded."""
    numbers = table[["income", "weight"]].astype(float)
    model = TableDiffusion(SmoothedPLDiffusion(t_min=0), random_state=0).fit(numbers)
    made, parents, weights = model.sample(200, return_parents=True)
    income = numbers["income"].to_numpy()
    slow = [
        sum(w * income[p] for p, w in zip(ps, ws, strict=True) if w > 0)
        for ps, ws in zip(parents, weights, strict=True)
    ]
    np.testing.assert_allclose(made["income"], np.round(slow, 2), atol=0.0101)


def test_one_donor_keeps_combinations_that_exist(table):
    names = ["city", "grade", "month"]
    X = table[[*names, "income", "weight"]]
    known = set(X[names].itertuples(index=False, name=None))
    row = TableDiffusion(draw="row", random_state=0).fit(X).sample(N)
    assert set(row[names].itertuples(index=False, name=None)) <= known
    column = TableDiffusion(draw="column", random_state=0).fit(X).sample(N)
    assert not set(column[names].itertuples(index=False, name=None)) <= known


def test_columns_that_belong_together(table):
    X = table.assign(zip=table["city"].map({"Bern": 3000, "Oslo": 150, "Rome": 118}) + table["age"])
    pairs = set(zip(X["city"], X["zip"], strict=True))
    together = TableDiffusion(together=[["city", "zip"]], random_state=0).fit(X).sample(N)
    assert set(zip(together["city"], together["zip"], strict=True)) <= pairs
    apart = TableDiffusion(random_state=0).fit(X).sample(N)
    assert not set(zip(apart["city"], apart["zip"], strict=True)) <= pairs


def test_copies_are_no_more_frequent_than_chance_makes_them():
    """Beside rows of the same law that the model has not seen, and without the refusal."""
    rng = np.random.default_rng(0)
    law = [0.5, 0.2, 0.1, 0.1, 0.05, 0.05]

    def rows(n):
        return pd.DataFrame(rng.choice(list("abcdef"), size=(n, 5), p=law), columns=list("vwxyz"))

    def copied(made):
        return np.mean([row in known for row in made.itertuples(index=False, name=None)])

    X = rows(80)
    known = set(X.itertuples(index=False, name=None))
    model = TableDiffusion(random_state=0).fit(X)
    by_chance = copied(rows(4000))
    assert copied(model.sample(800)) < by_chance + 0.03
    model._table.singles._marks = model._table.singles._marks[:0]
    assert copied(model.sample(800)) > by_chance + 0.15


def test_single_rows_of_many_columns_do_not_come_out(table, made):
    known = set(table.astype(str).itertuples(index=False, name=None))
    assert not known & set(made.astype(str).itertuples(index=False, name=None))


def test_a_single_draw_is_no_copy_either():
    X = pd.DataFrame(
        np.random.default_rng(0).choice(list("abcd"), size=(80, 3)), columns=["u", "v", "w"]
    )
    rows = list(X.itertuples(index=False, name=None))
    single = {row for row in rows if rows.count(row) == 1}
    model = TableDiffusion(random_state=0).fit(X)
    made = [tuple(model.sample(1).iloc[0]) for _ in range(30)]
    assert single
    assert not single & set(made)


def test_a_gap_is_not_the_value_minus_one():
    X = pd.DataFrame({"a": [-1.0, np.nan, 3.0, 4.0], "b": ["x", "x", "y", "z"]})
    singles = TableDiffusion(random_state=0).fit(X)._table.singles
    nobody = np.full((4, 1), -1)
    assert singles.copied(
        {"a": X["a"], "b": X["b"]}, nobody
    ).all()  # four single rows, none repeated


def test_where_only_copies_can_come_out_they_do():
    X = pd.DataFrame({"a": ["x", "y", "z"], "b": ["u", "v", "w"]})
    made = TableDiffusion(draw="row", random_state=0).fit(X).sample(20)
    assert set(made.itertuples(index=False, name=None)) <= set(X.itertuples(index=False, name=None))


def test_filled_gaps(table):
    X = table[["age", "kids", "agreed", "city", "pressure"]].copy()
    X.loc[X["city"] == "Rome", "pressure"] = np.nan
    made = TableDiffusion(missing="fill", random_state=0).fit(X).sample(N)
    assert not made.isna().any().any()
    assert made["pressure"].between(X["pressure"].min(), X["pressure"].max()).all()


@pytest.mark.slow
def test_filled_gaps_of_rows_by_one_donor(table):
    X = table.copy()
    X.loc[X["city"] == "Rome", "pressure"] = np.nan
    row = TableDiffusion(missing="fill", draw="row", random_state=0).fit(X).sample(N)
    assert not row.isna().any().any()


def test_a_gap_that_all_parents_have_is_filled_from_the_nearest_row():
    X = pd.DataFrame({"u": np.r_[np.arange(20.0), 1000 + np.arange(20.0)]})
    X["v"] = np.r_[np.arange(20.0) % 13 + 0.5, np.full(20, np.nan)]
    made = TableDiffusion(missing="fill", random_state=0).fit(X).sample(200)
    assert made["v"].notna().all()
    assert set(made["v"][made["u"] > 900]) <= set(X["v"].dropna())


def test_no_row_is_dropped(table):
    model = TableDiffusion(random_state=0).fit(table)
    assert len(model.embed(table)) == len(table)
    assert np.isfinite(model.embed(table)).all()


# ------------------------------------------------------------------ by


def test_a_model_for_each_value(table):
    rich = table["income"] > table["income"].median()
    X = table[["income", "weight", "city"]].assign(label=np.where(rich, "rich", "poor"))
    model = TableDiffusion(by="label", random_state=0).fit(X)
    made, parents, weights = model.sample(N, return_parents=True)
    own = X["label"].to_numpy()[parents]
    assert ((own == made["label"].to_numpy()[:, None]) | (weights == 0)).all()
    assert abs((made["label"] == "rich").mean() - 0.5) < 0.1
    assert set(model.estimator_) == {"rich", "poor"}
    assert (made["label"] != made["label"].iloc[0]).iloc[:20].any()  # not in blocks


def test_rare_values_are_drawn_around_their_rows(table):
    label = np.array(["often"] * len(table), dtype=object)
    label[:2] = "rare"
    X = table[["income", "weight", "city"]].assign(label=label)
    with pytest.warns(UserWarning, match=r"too few rows .* around theirs: 'rare'\."):
        model = TableDiffusion(by="label", random_state=0).fit(X)
    made, parents, _ = model.sample(20_000, return_parents=True)
    rare = (made["label"] == "rare").to_numpy()
    assert abs(rare.mean() - 2 / len(X)) < 0.004
    heaviest = parents[rare, 0]
    assert np.isin(heaviest, [0, 1]).mean() > 0.2  # near their rows: by chance it were 0.0125


def test_by_several_columns(table):
    table = table[["age", "member", "sex", "weight"]]
    model = TableDiffusion(by=["member", "sex"], random_state=0).fit(table)
    made = model.sample(2000)
    found = made.groupby(["member", "sex"], observed=True).size() / 2000
    share = table.groupby(["member", "sex"], observed=True).size() / len(table)
    np.testing.assert_allclose(found, share, atol=0.04)


# ------------------------------------------------------------------ even draws


def counts(pick, n, weights, times=2000):
    """How often each place is drawn, (times, places), and the first place of each draw."""
    generator = np.random.default_rng(0)
    drawn = np.array([pick(generator, n, weights) for _ in range(times)])
    return np.array([np.bincount(row, minlength=len(weights)) for row in drawn]), drawn[:, 0]


@pytest.mark.parametrize("weights", [[1.0, 1.0, 1.0], [0.5, 0.0, 2.5, 0.3, 7.0]])
def test_even_draws_are_draws_by_weight(weights):
    """Each has the law of the weights, and none is drawn more or less often by one or more."""
    shares = np.array(weights) / sum(weights)
    found, first = counts(evenly, 7, np.array(weights))
    assert (np.abs(found - 7 * shares) < 1).all()
    error = np.sqrt(shares * (1 - shares) / len(first))
    frequency = np.bincount(first, minlength=len(shares)) / len(first)
    assert (np.abs(frequency - shares) <= 4.5 * error).all()
    assert (np.abs(found.mean(axis=0) / 7 - shares) <= 4.5 * error).all()
    independent, _ = counts(draw_by_weight, 7, np.array(weights))
    assert (np.ptp(independent, axis=0)[shares > 0] >= 3).all()  # and these are independent


def test_no_draws():
    assert len(evenly(np.random.default_rng(0), 0, np.ones(3))) == 0


@pytest.mark.parametrize("independent", [False, True])
def test_values_of_by_are_drawn_evenly(independent):
    """Exactly as often as in the data, unless draws are to be independent."""
    rng = np.random.default_rng(0)
    X = [[kind, float(x)] for kind, x in zip("aab" * 20, rng.normal(size=60), strict=True)]
    model = TableDiffusion(by=0, independent=independent, random_state=0).fit(X)
    often = {int((model.sample(30)[:, 0] == "a").sum()) for _ in range(20)}
    assert (often == {20}) != independent


def test_rows_start_around_every_row():
    """Without noise that reaches other rows each row is parent once: of itself."""
    X = [[kind, 100.0 * k] for k, kind in enumerate("abcabcabcabc")]
    estimator = EmpiricalScoreDiffusion(t0=1e-4, t_min=0)
    model = TableDiffusion(estimator, redraw=None, random_state=0).fit(X)
    _, parents, _ = model.sample(12, return_parents=True)
    np.testing.assert_array_equal(np.sort(parents[:, 0]), np.arange(12))


# ------------------------------------------------------------------ arrays, weights, seeds


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, object])
def test_arrays_in_arrays_out(dtype):
    X = np.random.default_rng(0).integers(0, 50, size=(60, 3)).astype(dtype)
    made = TableDiffusion(random_state=0).fit(X).sample(10)
    assert made.dtype == dtype
    assert made.shape == (10, 3)


def test_lists_of_mixed_rows():
    rows = [["a", 1.5], ["b", 2.5], ["a", 3.5], ["b", 9.0]]
    made = TableDiffusion(random_state=0).fit(rows).sample(5)
    assert {type(value) for value in made[:, 0]} == {str}
    assert {type(value) for value in made[:, 1]} == {float}


def test_a_weight_of_two_is_a_repeated_row(table):
    X = table[["age", "income", "city"]][:40]
    weights = np.ones(40)
    weights[:5] = 2
    repeated = pd.concat([X, X[:5]], ignore_index=True)
    a = TableDiffusion(random_state=0).fit(X, sample_weight=weights)
    b = TableDiffusion(random_state=0).fit(repeated)
    np.testing.assert_allclose(a.embed(X), b.embed(X), rtol=1e-12, atol=1e-12)
    pd.testing.assert_frame_equal(a.sample(50), b.sample(50))


def test_the_same_seed_gives_the_same_rows(table, model):
    again = clone(model).fit(table)
    pd.testing.assert_frame_equal(again.sample(30), clone(model).fit(table).sample(30))
    assert not again.sample(30).equals(again.sample(30))
    one, two = (model.sample(30, random_state=5) for _ in range(2))
    pd.testing.assert_frame_equal(one, two)


def test_a_pickle_draws_the_same(model):
    copy = pickle.loads(pickle.dumps(model))
    pd.testing.assert_frame_equal(copy.sample(9, random_state=3), model.sample(9, random_state=3))


def test_set_params_changes_nothing_until_the_next_fit(table, model):
    other = clone(model).fit(table)
    before = other.sample(20, random_state=3)
    other.set_params(draw="row", missing="fill", by="sex")
    pd.testing.assert_frame_equal(other.sample(20, random_state=3), before)


def test_the_users_table_is_left_alone(table):
    before = table.copy(deep=True)
    TableDiffusion(by="sex", random_state=0).fit(table).sample(20)
    pd.testing.assert_frame_equal(table, before)


def test_no_rows(table, model):
    none, parents, weights = model.sample(0, return_parents=True)
    assert none.shape == (0, table.shape[1])
    pd.testing.assert_series_equal(none.dtypes, table.dtypes)
    assert len(parents) == len(weights) == 0


def test_many_levels_take_few_coordinates():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"zip": rng.integers(0, 1000, 2000).astype(str), "u": rng.normal(size=2000)})
    model = TableDiffusion(random_state=0).fit(X)
    assert model.embed(X).shape == (2000, 33)
    assert set(model.sample(50)["zip"]) <= set(X["zip"])


def test_dropped_columns_do_not_come_out(table):
    X = table.assign(id=[f"row {i}" for i in range(len(table))])
    made = TableDiffusion(kinds={"id": "drop"}, random_state=0).fit(X).sample(5)
    assert list(made.columns) == list(table.columns)


# ------------------------------------------------------------------ density


def test_density_has_the_jacobian_of_the_scaling():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": 1e3 * rng.normal(size=80), "b": 1e-3 * rng.normal(size=80) + 5})
    model = TableDiffusion(random_state=0).fit(X)
    Z = ((X - X.mean()) / X.std(ddof=0)).to_numpy()
    plain = SmoothedPLDiffusion().fit(Z).score_samples(Z)
    slow = plain - np.log(X.std(ddof=0)).sum()
    np.testing.assert_allclose(model.score_samples(X), slow, rtol=1e-8)
    assert model.score(X) == pytest.approx(slow.mean())


def test_density_with_by_is_the_joint_law():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"u": rng.normal(size=90), "v": rng.normal(size=90)})
    X["side"] = np.repeat(["l", "l", "r"], 30)
    model = TableDiffusion(by="side", random_state=0).fit(X)
    Z = model.embed(X)
    scale = X[["u", "v"]].std(ddof=0)
    for side, share in (("l", 2 / 3), ("r", 1 / 3)):
        rows = (X["side"] == side).to_numpy()
        slow = SmoothedPLDiffusion().fit(Z[rows]).score_samples(Z[rows])
        slow = slow - np.log(scale).sum() + np.log(share)
        np.testing.assert_allclose(model.score_samples(X[rows]), slow, rtol=1e-8)


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (["income", "city"], "column 'city' is categorical"),
        (["income", "gain"], "column 'gain' has values that many rows share"),
        (["income", "pressure"], "column 'pressure' has missing values"),
    ],
)
def test_no_density_says_why_and_what_to_do(table, names, why):
    X = table[names]
    model = TableDiffusion(random_state=0).fit(X)
    with pytest.raises(ValueError, match=rf"{why}\. score_coordinates\(X\) gives that of"):
        model.score_samples(X)
    assert np.isfinite(model.score_coordinates(X)).any()


def test_the_ends_of_a_range_are_not_frequent():
    """Of a skew column, which noise leaves at its steep end; and whole numbers stay within."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.exponential(size=300), "b": rng.exponential(size=300)})
    X["k"] = rng.geometric(0.05, size=300)
    new = TableDiffusion(random_state=0).fit(X).sample(5000)
    assert ((new[["a", "b"]] == X[["a", "b"]].min()).mean() < 0.001).all()
    assert (new.min() >= X.min()).all()
    assert (new.max() <= X.max()).all()
    assert (new["k"] == 1).mean() == pytest.approx((X["k"] == 1).mean(), abs=0.03)
    quantiles = [0.02, 0.05, 0.1, 0.25]
    np.testing.assert_allclose(new["a"].quantile(quantiles), X["a"].quantile(quantiles), atol=0.06)


def test_what_happens_to_the_table_afterwards_does_not_reach_the_model(rng):
    """Its values are shared with pandas until somebody writes to them."""
    frame = pd.DataFrame(
        {"a": rng.normal(size=30), "b": rng.integers(0, 9, 30), "c": list("xyz" * 10)}
    )
    model = TableDiffusion(random_state=0).fit(frame)
    wanted = model.sample(20, random_state=1)
    frame["a"] = 0.0
    frame.loc[:, "b"] = -1
    frame.iloc[:, 2] = "w"
    frame.iloc[3, 0] = 1e9
    pd.testing.assert_frame_equal(model.sample(20, random_state=1), wanted)
