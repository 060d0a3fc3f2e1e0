"""What is no table, or none that can be drawn from: one sentence, before any work."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.neighbors import KernelDensity

from smoothdiff import TableDiffusion

pd = pytest.importorskip("pandas")

N = 60


def table(**columns):
    rng = np.random.default_rng(0)
    return pd.DataFrame({"age": rng.integers(18, 80, N), "u": rng.normal(size=N), **columns})


ZONES = [pd.Timestamp("2020-01-01", tz=zone) for zone in ("UTC", "Asia/Tokyo")] * (N // 2)

TABLES = [
    (table()[:0], ValueError, r"The table has no rows\."),
    (pd.DataFrame(index=range(3)), ValueError, r"The table has no columns\."),
    (table(x=np.nan), ValueError, r"Column 'x' has no values, 60 of 60 rows are missing; .*'drop'"),
    (table(x=[[1]] * N), TypeError, r"Column 'x' has nested values \(list in row 0\)"),
    (table(x=[{}] * N), TypeError, r"Column 'x' has nested values \(dict in row 0\)"),
    (
        table(x=["a"] * 40 + [1] * 20),
        TypeError,
        r"mixes types: 40 of type str, 20 of type integer; the first integer is 1 in row 40",
    ),
    (table(x=1j), TypeError, "Column 'x' has complex numbers"),
    (table(x=pd.arrays.SparseArray(np.zeros(N))), TypeError, "Column 'x' is sparse; make it dense"),
    (table(x=[f"n{i}" for i in range(N)]), ValueError, r"60 different texts in 60 rows.*'drop'\}"),
    (table(x=[str(i) for i in range(N)]), ValueError, r"make it numbers with pandas.to_numeric"),
    (table(x=ZONES), TypeError, r"datetime objects of 2 time zones; use pandas.to_datetime"),
    (table(x=np.r_[np.inf, np.zeros(N - 1)]), ValueError, r"1 infinite values, the first in row 0"),
    (
        pd.concat([table(), table()[["age"]]], axis=1),
        ValueError,
        r"Names of columns must differ\. These repeat: age\.",
    ),
    (table()["age"], ValueError, "two-dimensional array. Got 1 dimensions"),
    (np.zeros((2, 2, 2)), ValueError, "two-dimensional array. Got 3 dimensions"),
    ("table.csv", ValueError, "must be a DataFrame or a two-dimensional array. Got str instead"),
    (None, ValueError, "must be a DataFrame or a two-dimensional array. Got NoneType instead"),
    (sparse.csr_array(np.eye(3)), TypeError, r"A table must be dense.*X.toarray\(\)"),
]


@pytest.mark.parametrize(("X", "error", "sentence"), TABLES, ids=[t[2][:25] for t in TABLES])
def test_bad_tables(X, error, sentence):
    model = TableDiffusion()
    with pytest.raises(error, match=sentence):
        model.fit(X)
    assert not [name for name in vars(model) if name.endswith("_")]


@pytest.mark.parametrize(
    ("parameters", "error", "sentence"),
    [
        ({"by": "zz"}, ValueError, r"'by' parameter .* names columns that the table lacks: 'zz'"),
        ({"by": "u"}, ValueError, "Column 'u' has 60 values in 60 rows: by needs one of few"),
        ({"by": "c", "kinds": {"c": "drop"}}, ValueError, "Column 'c' is in by, and cannot be"),
        ({"kinds": {"c": "numeric"}}, ValueError, "Column 'c' cannot be 'numeric': it has text"),
        ({"kinds": {"c": "number"}}, ValueError, r"one of 'numeric', .* Got \{'c': 'number'\}"),
        ({"kinds": ["c"]}, TypeError, "The 'kinds' parameter of TableDiffusion must be a dict"),
        ({"kinds": {"z": "drop"}}, ValueError, "'kinds' parameter .* table lacks: 'z'"),
        ({"together": ["c"]}, TypeError, "'together' parameter .* must be a list of lists"),
        ({"together": [["c"], ["c"]]}, ValueError, "'together' .* names a column more than once"),
        ({"by": "c", "together": [["c", "age"]]}, ValueError, "must not name columns of by"),
        ({"draw": "both"}, ValueError, "'draw' parameter .* one of 'column', 'row'"),
        ({"missing": "drop"}, ValueError, "'missing' parameter .* one of 'keep', 'fill'"),
        ({"random_state": -1}, ValueError, "random_state must not be negative"),
        ({"estimator": 3}, TypeError, "'estimator' parameter .* returns parents.* Got int instead"),
        ({"estimator": KernelDensity()}, TypeError, "Got KernelDensity instead"),
        (
            {"kinds": {"age": "drop", "u": "drop", "c": "drop"}},
            ValueError,
            "All columns of the table are dropped",
        ),
    ],
)
def test_bad_parameters(parameters, error, sentence):
    X = table(c=["x", "y", "z"] * (N // 3))
    model = TableDiffusion().fit(X)
    before = model.sample(5, random_state=0)
    model.set_params(**parameters)
    with pytest.raises(error, match=sentence):
        model.fit(X)
    pd.testing.assert_frame_equal(model.sample(5, random_state=0), before)


GOOD = table(c=["x", "y", "z"] * (N // 3), day=pd.date_range("2020", periods=N))


@pytest.mark.parametrize(
    ("X", "error", "sentence"),
    [
        (GOOD.drop(columns="age"), ValueError, r"The table lacks columns: 'age'\."),
        (GOOD.assign(z=1), ValueError, r"The table has columns unknown in fit: 'z'\."),
        (GOOD.assign(c="w"), ValueError, r"Column 'c' has values no training row has: 'w'\."),
        (GOOD.assign(c=None), ValueError, "Column 'c' has 60 missing values, and the training"),
        (GOOD.assign(u=np.nan), ValueError, "Column 'u' has 60 missing values, and the training"),
        (GOOD.assign(u="x"), TypeError, "Column 'u' must be of type float64, .* Got str instead"),
        (GOOD.assign(day=1.0), TypeError, r"'day' must be of type datetime64.* Got float64"),
        (GOOD.assign(u=-np.inf), ValueError, "Column 'u' has 60 infinite values"),
        (GOOD[:0], ValueError, "The table has no rows"),
    ],
)
def test_bad_rows_to_embed(X, error, sentence):
    model = TableDiffusion(random_state=0).fit(GOOD)
    with pytest.raises(error, match=sentence):
        model.embed(X)


def test_columns_that_number_the_rows_are_named():
    with pytest.warns(UserWarning, match=r"Column numbers the rows and is taken as measured: 'x'"):
        TableDiffusion().fit(table(x=np.arange(N)))


def test_dates_held_as_text_are_told():
    dates = [f"2024-{1 + i // 28:02}-{1 + i % 28:02}" for i in range(N // 2)] * 2
    X = table(c=["x", "y", "z"] * (N // 3)).assign(since=dates)
    with pytest.warns(UserWarning, match=r"Dates held as text .*: 'since'. With pandas.to_dat"):
        TableDiffusion(random_state=0).fit(X)
    TableDiffusion(kinds={"since": "categorical"}, random_state=0).fit(X)
    codes = X.assign(since=[f"2024-{i % 40}x" for i in range(len(X))])
    TableDiffusion(random_state=0).fit(codes)


def test_a_table_of_equal_rows_is_repeated_with_a_warning():
    X = pd.DataFrame({"a": [1, 1], "b": ["x", "x"]})
    with pytest.warns(UserWarning, match="All rows of the table are equal"):
        model = TableDiffusion().fit(X)
    pd.testing.assert_frame_equal(model.sample(2), X)
