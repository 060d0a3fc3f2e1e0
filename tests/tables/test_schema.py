"""How columns are taken, and how that is said."""

import numpy as np
import pytest
from scipy import sparse

from smoothdiff import SmoothedPLDiffusion, TableDiffusion
from smoothdiff.tables._columns import fit_column
from smoothdiff.tables._coordinates import MOST_CORNERS, Corners, Line

pd = pytest.importorskip("pandas")

KINDS = {
    "age": "numeric",
    "income": "numeric",
    "sex": "categorical",
    "gain": "numeric",
    "kids": "discrete",
    "member": "categorical",
    "agreed": "categorical",
    "day": "datetime",
    "seen": "datetime",
    "took": "timedelta",
    "city": "categorical",
    "grade": "discrete",
    "planet": "constant",
    "weight": "numeric",
    "pressure": "numeric",
    "month": "datetime",
    "object": "numeric",
}


@pytest.fixture(scope="module")
def schema(table):
    return TableDiffusion(random_state=0).fit(table).schema_


def unit_of(series):
    """What dates or spans count."""
    return pd.Timedelta(1, series.dt.unit)


def test_kinds(table, schema):
    assert {column.name: column.kind for column in schema} == KINDS
    assert len(schema) == table.shape[1]


def test_steps_and_atoms(table, schema):
    steps = {name: schema[name].step for name in ("age", "income", "pressure", "weight")}
    assert steps == {"age": 1.0, "income": 0.01, "pressure": 0.001, "weight": 0.0}
    assert schema["gain"].atoms.tolist() == [0.0]
    assert schema["gain"].low >= 50  # of the values that are no atoms
    second = {name: pd.Timedelta(1, "s") / unit_of(table[name]) for name in ("day", "seen", "took")}
    assert schema["day"].step == 24 * 3600 * second["day"]
    assert schema["seen"].step == 3600 * second["seen"]
    assert schema["took"].step == second["took"]


def test_it_prints_as_a_table(table, schema):
    lines = repr(schema).splitlines()
    assert len(lines) == table.shape[1] + 1
    assert lines[0].split()[:3] == ["column", "type", "kind"]
    gain = next(line for line in lines if line.startswith("gain"))
    assert "1 frequent value given" in gain
    assert "in steps of 0.1" in gain
    assert schema._repr_html_().count("<tr>") == len(lines)
    assert "<td>one value</td>" in schema._repr_html_()


def test_overrides_are_followed_and_said(table):
    kinds = {"age": "discrete", "kids": "numeric", "member": "discrete", "city": "drop"}
    schema = TableDiffusion(kinds=kinds).fit(table).schema_
    assert {name: schema[name].kind for name in kinds} == kinds
    assert {schema[name].why for name in kinds} == {"as kinds says"}
    city = next(row for row in schema.rows() if row[0] == "city")
    assert city[2:] == ("drop", "", "", "left out", "as kinds says")  # and nothing was counted


def test_by_and_together_are_said(table):
    model = TableDiffusion(by="sex", together=[["city", "grade"]]).fit(table)
    assert "drawn first: a model for each value" in repr(model.schema_)
    assert "given by one parent, with grade" in repr(model.schema_)


def test_numbers_in_strings_stay_categories():
    X = pd.DataFrame({"code": ["01", "02", "03"] * 20, "u": np.arange(60.0) ** 2})
    made = TableDiffusion(random_state=0).fit(X).sample(20)
    assert set(made["code"]) <= {"01", "02", "03"}


# ------------------------------------------------------------------ coordinates


@pytest.mark.parametrize("n_levels", [2, 5, MOST_CORNERS])
def test_levels_are_at_distance_one(n_levels):
    z = Corners(n_levels).embed(np.arange(n_levels))
    distance = np.linalg.norm(z[:, None] - z, axis=2)
    np.testing.assert_allclose(distance, 1 - np.eye(n_levels), atol=1e-12)


def test_many_levels_are_nearly_at_distance_one():
    z = Corners(1000).embed(np.arange(1000))
    assert z.shape == (1000, MOST_CORNERS)
    distance = np.linalg.norm(z[:, None] - z, axis=2)[~np.eye(1000, dtype=bool)]
    assert abs(distance.mean() - 1) < 0.01
    assert (distance > 0.4).all()
    np.testing.assert_array_equal(z, Corners(1000).embed(np.arange(1000)))


def test_a_line_has_deviation_one_and_says_where_values_are_missing():
    numbers = np.array([1.0, np.nan, 3.0, 8.0])
    line = Line.of(numbers, np.ones(4))
    z = line.embed(numbers)
    assert z[1].tolist() == [0.0, 1.0]
    assert line.width == 2
    present = z[[0, 2, 3], 0]
    assert present.mean() == pytest.approx(0)
    assert present.std() == pytest.approx(1)
    np.testing.assert_allclose(line.invert(present), numbers[[0, 2, 3]])


@pytest.mark.parametrize("numbers", [[0, 1e200, 3e200], [1e-200, 1, 1e200], [1e-200, 2e-200, 0]])
def test_a_line_of_numbers_whose_squares_leave_the_range(numbers):
    line = Line.of(np.array(numbers), np.ones(3))
    z = line.embed(np.array(numbers))
    assert z.shape == (3, line.width) == (3, 1)
    assert z.mean() == pytest.approx(0)
    assert z.std() == pytest.approx(1)


def test_row_order_does_not_matter(table):
    X = table[["age", "income", "city", "gain"]]
    order = np.random.default_rng(0).permutation(len(X))
    one, two = TableDiffusion().fit(X), TableDiffusion().fit(X.iloc[order])
    np.testing.assert_allclose(one.embed(X), two.embed(X), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("values", "step"),
    [
        (np.arange(30) * 0.005, 0.005),
        (np.arange(30) * 50.0 + 1000, 50),
        (np.arange(30) * 12, 12),
        (np.arange(30) * 1e-9, 1e-9),
        (np.arange(30) ** 0.5, 0),
        (np.arange(30) * 0.1 + 1e7, 0.1),
        (np.arange(30) * 1e20, 0),
    ],
)
def test_steps(values, step):
    values = np.round(values, 10) if step else values
    column = fit_column("x", values, None, np.ones(30), np.ones(30))
    assert column.step == pytest.approx(step, rel=1e-12)
    between = values[:-1] + 0.4 * np.diff(values)
    if step:
        np.testing.assert_array_equal(column.finish(between), values[:-1])


def test_a_column_of_a_few_large_whole_floats():
    column = fit_column("x", np.r_[np.arange(20.0), np.nan] * 1000, None, np.ones(21), np.ones(21))
    assert (column.kind, column.step, column.n_missing) == ("numeric", 1000.0, 1)


# ------------------------------------------------------------------ many rows


def test_blocks_are_drawn_as_one_table(monkeypatch):
    monkeypatch.setattr("smoothdiff.tables._groups.MOST_ROWS", 50)
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"u": rng.normal(size=120), "v": rng.normal(size=120)})
    model = TableDiffusion(random_state=0).fit(X)
    _, parents, weights = model.sample(3000, return_parents=True)
    assert set(np.unique(parents[weights > 0])) == set(range(120))  # all rows take part
    together = [set(p[w > 0]) for p, w in zip(parents, weights, strict=True)]
    blocks = [set(group.rows) for group in model._table.groups]
    assert sorted(map(len, blocks)) == [40, 40, 40]
    assert all(any(some <= block for block in blocks) for some in together)
    parts = [group.model.score_samples(model.embed(X)) for group in model._table.groups]
    mixture = np.log(np.mean(np.exp(parts), axis=0)) - np.log(X.std(ddof=0)).sum()
    np.testing.assert_allclose(model.score_samples(X), mixture, rtol=1e-8)
    order = rng.permutation(120)
    other = TableDiffusion(random_state=0).fit(X.iloc[order])
    assert sorted(map(sorted, blocks)) == sorted(
        sorted(order[group.rows]) for group in other._table.groups
    )


@pytest.mark.parametrize("names", [["a", 0], [1, 0], [True, "a"], [0.0, 1.0]])
def test_names_that_are_numbers_are_no_places(names):
    rows = np.random.default_rng(0).normal(size=(20, 2))
    table = pd.DataFrame(rows, columns=pd.Index(names, dtype=object))
    model = TableDiffusion().fit(table)
    assert [column.name for column in model.schema_] == names
    assert model.embed(table).shape == (20, 2)


def test_grids_in_words(rng):
    table = pd.DataFrame(
        {
            "any": rng.normal(size=60),
            "whole": rng.integers(0, 4000, 60),
            "quarters": rng.integers(0, 4000, 60) / 4,
        }
    )
    rows = TableDiffusion().fit(table).schema_.rows()
    any_, whole, quarters = (row[5].partition("parents, ")[2].partition("from")[0] for row in rows)
    assert (any_, whole, quarters) == ("", "whole, ", "in steps of 0.25, ")


def test_columns_by_name_or_else_by_place(rng):
    schema = TableDiffusion().fit(pd.DataFrame(rng.normal(size=(20, 3)), columns=[7, 1, 5])).schema_
    assert [schema[name].name for name in (7, 1, 5)] == [7, 1, 5]
    assert schema[0].name == 7  # no column has that name
    assert [column.name for column in schema[1:]] == [1, 5]
    with pytest.raises(KeyError, match="nope"):
        schema["nope"]


def test_few_dates_as_text_may_well_be_categories(rng):
    def table(n_days):
        days = np.datetime_as_string(np.datetime64("2024-01-01") + np.arange(n_days))
        return pd.DataFrame({"day": np.resize(days, 60), "x": rng.normal(size=60)})

    assert TableDiffusion().fit(table(10)).schema_["day"].kind == "categorical"
    with pytest.warns(UserWarning, match="Dates held as text are taken as categories: "):
        TableDiffusion().fit(table(11))


def test_a_model_knows_its_own_rows(rng):
    table = pd.DataFrame({"x": rng.normal(size=30), "c": ["a", "b", "c"] * 10})
    model = TableDiffusion().fit(table)
    assert model._fitted_to(table)
    assert not model._fitted_to(table[::-1])
    assert not model._fitted_to(table[["x"]])
    assert not model._fitted_to(sparse.eye(3))  # no table at all


def test_no_more_parents_than_any_row_has(rng):
    """Where each row is that of one parent there is one column of them."""
    memorizes = SmoothedPLDiffusion(kappa=2.0, t0_scale=0.5, t_min_scale=0, start="isotropic")
    table = pd.DataFrame(rng.normal(size=(20, 2)), columns=["a", "b"])
    _, parents, weights = (
        TableDiffusion(memorizes, redraw=None)
        .fit(table)
        .sample(9, random_state=0, return_parents=True)
    )
    assert parents.shape == weights.shape == (9, 1)
    assert (weights == 1).all()
