"""Rows that fit conditions."""

import numpy as np
import pytest

from smoothdiff import TableDiffusion
from smoothdiff.tables._model import TRIED, TableModel

pd = pytest.importorskip("pandas")

NOON, ROME = pd.Timestamp("2020-03-30", tz="UTC"), {"Rome", "Oslo"}

CONDITIONS = [
    ({"sex": "F"}, lambda X: X["sex"] == "F"),
    ({"sex": ["F", "M"], "member": True}, lambda X: X["member"]),
    ({"age": (30, 40)}, lambda X: X["age"].between(30, 40)),
    ({"age": (None, 40), "city": ROME}, lambda X: (X["age"] <= 40) & (X["city"] != "Bern")),
    ({"gain": 0}, lambda X: X["gain"] == 0),
    ({"pressure": None}, lambda X: X["pressure"].isna()),
    ({"day": ("2021-01-01", None)}, lambda X: X["day"] >= pd.Timestamp("2021-01-01")),
    ({"took": (None, pd.Timedelta("10h"))}, lambda X: X["took"] <= pd.Timedelta("10h")),
    ({"seen": (NOON, None)}, lambda X: X["seen"] >= NOON),
    ({"grade": ("mid", None)}, lambda X: X["grade"].isin(["mid", "top"])),
    ({"kids": [0, None]}, lambda X: X["kids"].isna() | (X["kids"] == 0)),
]


@pytest.fixture(scope="module")
def model(table):
    return TableDiffusion(random_state=0).fit(table)


@pytest.mark.parametrize(
    ("where", "fits"), CONDITIONS, ids=[str(where)[:30] for where, _ in CONDITIONS]
)
def test_all_rows_fit(model, where, fits):
    made, parents, weights = model.sample(40, random_state=1, where=where, return_parents=True)
    assert len(made) == len(parents) == len(weights) == 40
    assert fits(made).fillna(False).all()


def test_samples_start_around_rows_that_fit(table, model):
    _, parents, weights = model.sample(300, 1, where={"city": "Rome"}, return_parents=True)
    rome = (table["city"] == "Rome").to_numpy()
    share = np.where(rome[parents], weights, 0).sum() / weights.sum()
    assert share > 0.6  # of all rows a third is in Rome
    assert 0.2 < rome.mean() < 0.45


@pytest.mark.parametrize("wanted", ["a value", "one of three"])
def test_a_value_of_an_averaged_column_is_given_by_a_parent(table, model, wanted, monkeypatch):
    """Of a hundred draws some fit; all other columns are as ever."""
    monkeypatch.setattr("smoothdiff.tables._model.GIVEN_UP_AFTER", 100)
    incomes = table["income"].dropna().unique()[:3].tolist()
    where = {"income": incomes[0] if wanted == "a value" else incomes}
    made, parents, weights = model.sample(20, 1, where=where, return_parents=True)
    assert set(made["income"]) <= set(incomes)
    of_row = [
        set(table["income"].to_numpy()[p[w > 0]]) for p, w in zip(parents, weights, strict=True)
    ]
    assert all(income in some for income, some in zip(made["income"], of_row, strict=True))
    assert not made["weight"].isin(table["weight"]).all()
    assert model.schema_["income"].interpolated


def test_rows_that_fit_count_by_weight():
    """Nine tenths of one value's weight are in rows that fit, a tenth of the other's."""
    X = [[kind, k % 2] for k, kind in enumerate("aaaaaaaabbbbbbbb")]
    weights = np.array([9.0 if (kind == "a") == (fits == 0) else 1.0 for kind, fits in X])
    groups = TableDiffusion(by=0).fit(X, sample_weight=weights)._table.groups
    parts = [group.part(group.starts[group.starts % 2 == 0]) for group in groups]
    np.testing.assert_allclose(sorted(parts), [0.1, 0.9])


def test_conditions_on_by_choose_among_the_models(table):
    table = table[["sex", "age", "city", "weight"]]
    model = TableDiffusion(by="sex", random_state=0).fit(table)
    made, parents, weights = model.sample(40, where={"sex": "M"}, return_parents=True)
    assert set(made["sex"]) == {"M"}
    own = (table["sex"] == "M").to_numpy()[parents]
    assert (own | (weights == 0)).all()


def test_the_same_seed_gives_the_same_rows(model):
    one, two = (model.sample(20, random_state=4, where={"age": (30, 50)}) for _ in range(2))
    pd.testing.assert_frame_equal(one, two)


def test_no_rows_are_asked_for(table, model):
    assert model.sample(0, where={"sex": "F"}).shape == (0, table.shape[1])


def test_arrays_are_conditioned_by_column_numbers():
    X = np.random.default_rng(0).normal(size=(100, 2))
    made = TableDiffusion(random_state=0).fit(X).sample(30, where={0: (0, 1)})
    assert ((made[:, 0] >= 0) & (made[:, 0] <= 1)).all()


def test_progress_is_told_where_few_fit(table, model, capsys, monkeypatch):
    monkeypatch.setattr("smoothdiff._progress.SECONDS_BETWEEN_REPORTS", 0.0)
    model.sample(4, where={"age": (30, 31), "income": (10_000, 40_000)})
    assert "of the draws fit" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("where", "error", "sentence"),
    [
        ({"age": (90, 30)}, ValueError, "a range from 90 to 30, in which there is nothing"),
        ({"age": (200, 300)}, ValueError, r"No training row fits where=.*'age' 0\."),
        (
            {"sex": "F", "age": (1000, None)},
            ValueError,
            r"No training row fits .* each condition alone: 'sex' \d+, 'age' 0\.",
        ),
        ({"nope": 1}, ValueError, "where names columns that samples lack: 'nope'"),
        ({"city": ("a", "b")}, ValueError, "gives a range for column 'city', which is categorical"),
        ({"age": (1, 2, 3)}, ValueError, r"must give column 'age' a range \(low, high\)"),
        ("sex", TypeError, "where must be a dict"),
    ],
)
def test_conditions_that_cannot_be_met(model, where, error, sentence):
    with pytest.raises(error, match=sentence):
        model.sample(5, where=where)


def test_giving_up_says_why(table, model, monkeypatch):
    monkeypatch.setattr("smoothdiff.tables._model.GIVEN_UP_AFTER", 100)
    one = {name: (float(table[name].iloc[0]),) * 2 for name in ("income", "weight")}
    with pytest.raises(ValueError, match=r"None of \d+ samples fits .* 1 training rows do; give"):
        model.sample(5, where=one)


def recorded(monkeypatch):
    """How many rows are drawn, each time that some are."""
    draws = []

    def draw(self, generator, group, model, around, *args, _draw=TableModel._draw_around):
        draws.append(len(around))
        return _draw(self, generator, group, model, around, *args)

    monkeypatch.setattr(TableModel, "_draw_around", draw)
    return draws


def test_rows_and_values_of_by_keep_their_shares(rng):
    """Though draws around some fit far more often: what does not is drawn again around the same."""
    label = np.repeat(["a", "b"], [200, 200])
    x = np.where(label == "a", rng.normal(0, 1, 400), rng.normal(2, 3, 400))
    table = pd.DataFrame({"x": x, "y": rng.normal(size=400), "label": label})
    fitting = table[(table["x"] > 1.5) & (table["x"] < 4)]
    model = TableDiffusion(by="label", redraw=None, random_state=0).fit(table)
    made, parents, weights = model.sample(600, where={"x": (1.5, 4.0)}, return_parents=True)
    share = (fitting["label"] == "a").mean()
    assert (made["label"] == "a").mean() == pytest.approx(share, abs=1 / 600)
    assert made["x"].between(1.5, 4).all()
    assert abs(made["x"].mean() - fitting["x"].mean()) < 0.25 * fitting["x"].std()
    own = np.where(weights > 0, label[parents], made["label"].to_numpy()[:, None])
    assert (own == made["label"].to_numpy()[:, None]).all()


def test_a_value_of_by_of_which_nothing_fits_is_left_to_the_others(monkeypatch):
    monkeypatch.setattr("smoothdiff.tables._model.GIVEN_UP_AFTER", 200)
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"x": rng.normal(size=80), "y": rng.normal(size=80), "c": ["a", "b"] * 40})
    X.loc[X["c"] == "a", "x"] += 100
    X.loc[0, "x"] = 0.0  # one row among a hundred
    model = TableDiffusion(by="c", redraw=None, random_state=0).fit(X)
    made = model.sample(50, where={"x": (-0.001, 0.4)})
    assert len(made) == 50
    assert made["x"].between(-0.001, 0.4).all()
    assert (made["c"] == "b").mean() > 0.5


def test_so_many_are_drawn_as_will_fit(rng, monkeypatch):
    X = rng.normal(size=(300, 2))
    model = TableDiffusion(random_state=0).fit(X)
    draws = recorded(monkeypatch)
    made = model.sample(500, where={0: (0.0, 0.2), 1: (0.0, 0.5)}, random_state=1)
    assert len(made) == 500
    assert draws[0] == 500
    assert draws[1] > 1000
    assert len(draws) < 30
    assert max(draws) <= 2064


def test_numbers_of_a_narrow_range_are_given_by_parents(rng, monkeypatch):
    """A mean is hardly ever in it; some that are may have come before."""
    X = rng.normal(size=(300, 3))
    model = TableDiffusion(random_state=0).fit(X)
    low, high = np.sort(X[:, 0])[150:152]
    draws = recorded(monkeypatch)
    made = model.sample(200, where={0: (low, high)}, random_state=1)
    assert ((low <= made[:, 0]) & (made[:, 0] <= high)).all()
    assert np.isin(made[:, 0], X[:, 0]).mean() > 0.8
    assert not np.isin(made[:, 1:], X[:, 1:]).any()
    assert TRIED <= sum(draws) < 3 * TRIED
    wide = model.sample(200, where={0: tuple(np.quantile(X[:, 0], [0.2, 0.8]))}, random_state=1)
    assert not np.isin(wide, X).any()
