"""Columns that follow from others are found, and come out as they go together."""

from math import prod

import numpy as np
import pytest

from smoothdiff import ClassConditionalDiffusion, TableDiffusion
from smoothdiff.tables._columns import fit_column
from smoothdiff.tables._copies import fingerprints
from smoothdiff.tables._dependence import CHANCE, added_up, exact_sums, following
from smoothdiff.tables._schema import Schema

pd = pytest.importorskip("pandas")

N = 240
STATES = {"Rome": "IT", "Pisa": "IT", "Oslo": "NO", "Bergen": "NO", "Bonn": "DE"}


@pytest.fixture
def places(rng):
    city = rng.choice(list(STATES), N)
    return pd.DataFrame(
        {
            "city": city,
            "state": pd.Series(city).map(STATES),
            "code": pd.Series(city).map({c: 10.5 * i for i, c in enumerate(STATES)}),
            "level": rng.choice(["low", "high"], N),
            "size": rng.normal(size=N).round(3),
        }
    )


def columns_of(frame):
    ones = np.ones(len(frame))
    return [fit_column(name, frame[name], None, ones, ones) for name in frame]


def slow_following(frame, columns):
    """Pairs (a, b), by dicts from the values of a; over distinct rows, if there may be more."""
    rows = list(frame.itertuples(index=False, name=None))
    if prod(frame[name].nunique() for name in frame) > len(rows):
        rows = list(dict.fromkeys(rows))
    found = []
    for a, column in enumerate(columns):
        if column.kind not in ("categorical", "discrete"):
            continue
        for b in range(len(columns)):
            first: dict = {}
            agrees = all(first.setdefault(row[a], row[b]) == row[b] for row in rows)
            share = pd.Series([row[b] for row in rows]).value_counts(normalize=True)
            chance = (share**2).sum() ** (len(rows) - len(first))
            if a != b and agrees and chance < CHANCE:
                found.append((a, b))
    return found


@pytest.mark.parametrize("seed", range(8))
def test_against_dicts(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(30, 1500))
    a, e = rng.integers(0, 6, n), rng.integers(0, 40, n)
    frame = pd.DataFrame(
        {
            "a": a,
            "half": a // 2,
            "rare": rng.random(n) < 1 / n,
            "e": [f"v{v}" for v in e],
            "of_e": e % 7 - 0.5,
            "nearly": np.where(np.arange(n) == n // 2, 99, a),
            "x": rng.normal(size=n),
        }
    )
    frame = pd.concat([frame, frame[: n // 3]], ignore_index=True)
    columns = columns_of(frame)
    marks = fingerprints(Schema(columns), {c.name: c.values for c in columns})
    ones = np.ones(len(frame))
    assert sorted(following(columns, marks, ones)) == slow_following(frame, columns)
    few = frame[["a", "half", "rare"]]
    marks = fingerprints(Schema(columns[:3]), {c.name: c.values for c in columns[:3]})
    found = sorted(following(columns[:3], marks, ones))
    assert found == slow_following(few, columns[:3])
    assert (0, 1) in found


def test_a_table_of_few_columns(rng):
    """600 rows, of which eight are different: copies are no sign of copying there."""
    city = rng.choice(["Oslo", "Bergen", "Rome", "Pisa"], 600)
    table = pd.DataFrame({"city": city, "sex": rng.choice(["m", "f"], 600)})
    table.insert(1, "country", table["city"].map({**STATES, "Oslo": "NO"}))
    model = TableDiffusion(random_state=0).fit(table)
    assert model.schema_.together == [["city", "country"]]
    new = model.sample(1000)
    assert (new["city"].map(STATES) == new["country"]).all()
    weights = table.value_counts()
    counted = TableDiffusion(random_state=0).fit(weights.index.to_frame(), sample_weight=weights)
    assert counted.schema_.together == [["city", "country"]]


def test_what_goes_together_comes_out_together(places):
    model = TableDiffusion(random_state=0).fit(places)
    assert model.schema_.together == [["city", "state", "code"]]
    new = model.sample(2 * N)
    kept = set(places[["city", "state", "code"]].itertuples(index=False, name=None))
    assert set(new[["city", "state", "code"]].itertuples(index=False, name=None)) <= kept
    assert "follows from city" in str(model.schema_)
    assert "follows from" not in model.schema_["level"].why
    apart = TableDiffusion(together=None, random_state=0).fit(places)
    assert apart.schema_.together == []
    new = apart.sample(2 * N)
    assert not set(new[["city", "state"]].itertuples(index=False, name=None)) <= {
        row[:2] for row in kept
    }


def test_a_column_that_is_declared_a_number_stays_apart(places):
    model = TableDiffusion(kinds={"code": "numeric"}, random_state=0).fit(places)
    assert model.schema_.together == [["city", "state"]]
    new, kept = model.sample(N), dict(zip(places["city"], places["code"], strict=True))
    assert not (new["city"].map(kept) == new["code"]).all()


def test_columns_of_by_are_left_out(places):
    model = TableDiffusion(by="state", random_state=0).fit(places)
    assert model.schema_.together == [["city", "code"]]
    new = model.sample(N)
    assert (new["city"].map(STATES) == new["state"]).all()


def test_chance_and_repeated_rows_say_nothing(rng):
    """One odd value in 60 rows; then rows that are repeated as a whole."""
    odd = pd.DataFrame({"a": list("abc") * 20, "b": ["u"] * 59 + ["v"], "x": rng.normal(size=60)})
    odd["a"] = [*odd["a"][:59], "z"]
    assert TableDiffusion(random_state=0).fit(odd).schema_.together == []
    single = pd.DataFrame(
        {"a": [f"v{i}" for i in range(30)], "b": rng.choice(list("xyz"), 30), "c": range(30)}
    )
    repeated = pd.concat([single] * 6, ignore_index=True)
    model = TableDiffusion(kinds={"c": "categorical"}, random_state=0).fit(repeated)
    assert model.schema_.together == []


def test_a_group_without_a_whole_row_is_none_where_gaps_are_filled(places):
    places["state"] = places["state"].where(places["city"].isin(["Rome", "Oslo"]), None)
    places["city"] = places["city"].where(places["state"].isna(), None)
    model = TableDiffusion(missing="fill", random_state=0).fit(places[["city", "state", "size"]])
    assert model.schema_.together == []
    assert not model.sample(50).isna().any().any()


def test_classes_keep_what_all_rows_say(places):
    """In a class of few rows nothing could be told."""
    label = np.where(np.arange(N) < 12, "few", "many")
    model = ClassConditionalDiffusion(TableDiffusion(random_state=0)).fit(places, label)
    new = model.sample(60, y="few")
    assert (new["city"].map(STATES) == new["state"]).all()


def test_copies_are_drawn_again_from_their_class(places):
    drawn = [
        TableDiffusion(by="level", redraw=redraw, random_state=3).fit(places).sample(500)["level"]
        for redraw in (None, "equal", "near")
    ]
    assert drawn[0].equals(drawn[1])
    assert drawn[0].equals(drawn[2])


# ------------------------------------------------------------------ linear relations


def related(kind, n=500):
    """Columns, and what is 0 by the relation that they fulfil."""
    rng = np.random.default_rng(3)
    a, b = rng.integers(0, 60, n), rng.poisson(20, n)
    if kind == "birth":
        return {"birth": 2024 - a, "age": a}, lambda t: t["birth"] + t["age"] - 2024
    if kind == "total":
        return {"a": a, "b": b, "c": a + b}, lambda t: t["a"] + t["b"] - t["c"]
    if kind == "affine":
        return {"b": 2 * a + 5, "a": a}, lambda t: 2 * t["a"] + 5 - t["b"]
    if kind == "dates":
        start = pd.Timestamp("2020-01-01") + pd.to_timedelta(a * b, "D")
        columns = {"start": start, "end": start + pd.to_timedelta(b, "D"), "days": b}
        return columns, lambda t: (t["end"] - t["start"]).dt.days - t["days"]
    part = np.round(rng.exponential(500, n), 2)
    if kind == "zeros":
        part = np.where(rng.random(n) < 0.7, 0.0, part)
    rest = np.round(rng.exponential(900, n), 2)
    columns = {"part": part, "rest": rest, "sum": np.round(part + rest, 2)}
    return columns, lambda t: t["part"] + t["rest"] - t["sum"]


@pytest.mark.parametrize("kind", ["birth", "total", "affine", "dates", "zeros", "loose"])
@pytest.mark.parametrize("settings", [{}, {"by": "class"}, {"missing": "fill"}], ids=str)
def test_relations_of_numbers_stay(kind, settings):
    """Though frequent values are given by a parent, and noise would take some out of range."""
    columns, off = related(kind)
    rng = np.random.default_rng(4)
    more = {"class": rng.choice(["x", "y"], 500), "other": rng.normal(size=500)}
    table = pd.DataFrame(columns | more)
    model = TableDiffusion(random_state=0, **settings).fit(table)
    assert model.schema_.sums == [list(columns)]
    assert f"in relation to {list(columns)[1]}" in str(model.schema_)
    made = model.sample(1000)
    assert np.abs(off(made)).max() < 1e-9
    for name in columns:
        first = table[name].mode()[0]
        share = (table[name] == first).mean()
        if share > 0.02:
            assert (made[name] == first).mean() == pytest.approx(share, abs=0.05)
    if kind != "birth":
        assert not made[list(columns)].isin(table[list(columns)]).all(axis=None)


@pytest.mark.parametrize("kind", ["birth", "zeros", "loose"])
@pytest.mark.parametrize("narrow", [False, True], ids=["values", "range"])
def test_relations_stay_under_conditions(kind, narrow):
    """Where a parent gives a column of a relation, it gives the others."""
    columns, off = related(kind)
    table = pd.DataFrame(columns)
    name, at = list(columns)[1], table.iloc[7, 1]
    where = {name: (at, at) if narrow else [at, table.iloc[8, 1]]}
    made = TableDiffusion(random_state=0).fit(table).sample(50, where=where)
    assert set(made[name]) <= {at, table.iloc[8, 1]}
    assert np.abs(off(made)).max() < 1e-9


def test_what_is_no_relation_of_all_rows_is_none(rng):
    columns, _ = related("zeros")
    table = pd.DataFrame(columns)
    table.loc[3, "sum"] += 1.0
    assert TableDiffusion(random_state=0).fit(table).schema_.sums == []
    few = pd.DataFrame(rng.normal(size=(7, 4)).round(3))
    assert TableDiffusion(random_state=0).fit(few).schema_.sums == []
    gaps = pd.DataFrame(columns)
    gaps.loc[3, "sum"] = np.nan
    assert TableDiffusion(random_state=0).fit(gaps).schema_.sums == []


def test_two_relations_are_two(rng):
    x, y = rng.normal(size=(2, 100)).round(2)
    table = pd.DataFrame({"x": x, "y": y, "2y": 2 * y, "3x": 3 * x})
    assert TableDiffusion(random_state=0).fit(table).schema_.sums == [["x", "3x"], ["y", "2y"]]


def test_where_a_sum_is_given_or_out_of_range_a_part_is_changed(rng):
    parts = rng.permutation(np.arange(5, 500)), rng.permutation(np.arange(5, 500))
    ones = np.ones(495), np.ones(495)
    columns = [fit_column(str(i), v, None, *ones) for i, v in enumerate((*parts, sum(parts)))]
    free, none = np.ones(3, dtype=bool), np.zeros(3, dtype=bool)
    high = columns[2].high
    made = [np.array([103.0, 9, 490]), np.array([104.0, 9, 490]), np.array([208.0, 18, high])]
    assert high < 980  # which the parts of the last row add up to
    a, b, total = added_up(columns, made, [free, free, none])
    np.testing.assert_array_equal(total, made[2])
    np.testing.assert_array_equal(a + b, total)
    a, b, total = added_up(columns, made, [none, free, none])
    np.testing.assert_array_equal(a, made[0])
    assert b.tolist() == [105, 9, high - 490]
    a, b, total = added_up(columns, made, [free, free, free])
    np.testing.assert_array_equal(a + b, total)
    assert (total <= high).all()
    np.testing.assert_array_equal(added_up(columns, made, [none, none, none]), made)


def test_which_columns_are_sums_of_the_others(rng):
    """Only those that whole steps of the others add up to, in all rows."""

    def found(*numbers):
        columns = [fit_column(str(i), v, None, *ones) for i, v in enumerate(numbers)]
        return [(place, np.round(m, 9).tolist(), c) for place, m, c in exact_sums(columns)]

    a, b = rng.integers(0, 500, (2, 90))
    ones = np.ones(90), np.ones(90)
    assert found(a, b, a - 2 * b + 7) == [(2, [1, -2, 0], 7)]
    assert found(a, b, a + b, a - b) == [(2, [1, 1, 0, 0], 0), (3, [1, -1, 0, 0], 0)]
    assert found(a, 18 * a + 32, a + 273) == [(1, [18, 0, 0], 32), (2, [1, 0, 0], 273)]
    assert found(a / 100, 10 * b, a / 100 + 10 * b)[0][:2] == (2, [1, 1, 0])
    assert found(2 * a + 5, a) == [(0, [0, 2], 5)]
    assert found(2 * a, 3 * a) == [(1, [1.5, 0], 0)]  # their steps are 2 and 3
    assert found(a, b, a + b + (np.arange(90) == 3)) == []
    assert found(rng.normal(size=90), b) == found(a) == []
