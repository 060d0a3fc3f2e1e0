"""What is no table, or none that can be drawn from: one sentence, before any work."""

import numpy as np
import pytest

from smoothdiff import TableDiffusion

pd = pytest.importorskip("pandas")

N = 60


def table(**columns):
    rng = np.random.default_rng(0)
    return pd.DataFrame({"age": rng.integers(18, 80, N), "u": rng.normal(size=N), **columns})


def test_columns_that_number_the_rows_are_named():
    with pytest.warns(UserWarning, match=r"Column numbers the rows and is taken as measured: 'x'"):
        TableDiffusion().fit(table(x=np.arange(N)))


def test_dates_held_as_text_are_told():
    dates = [f"2024-{1 + i // 28:02}-{1 + i % 28:02}" for i in range(N // 2)] * 2
    X = table(c=["x", "y", "z"] * (N // 3)).assign(since=dates)
    with pytest.warns(UserWarning, match=r"Dates held as text .*: 'since'. With pandas.to_dat"):
        TableDiffusion(random_state=0).fit(X)
    TableDiffusion(kinds={"since": "categorical"}, random_state=0).fit(X)
    others = X.assign(since=[f"{d[8:]}/{d[5:7]}/{d[:4]} 8:00" for d in dates])
    with pytest.warns(UserWarning, match=r"Dates held as text .*: 'since'. With pandas.to_dat"):
        TableDiffusion(random_state=0).fit(others)
    codes = X.assign(since=[f"2024-{i % 40}x" for i in range(len(X))])
    TableDiffusion(random_state=0).fit(codes)


def test_a_table_of_equal_rows_is_repeated_with_a_warning():
    X = pd.DataFrame({"a": [1, 1], "b": ["x", "x"]})
    with pytest.warns(UserWarning, match="All rows of the table are equal"):
        model = TableDiffusion().fit(X)
    pd.testing.assert_frame_equal(model.sample(2), X)


@pytest.mark.parametrize("copies", [1, 6])
@pytest.mark.parametrize("value", [True, False])
def test_rows_that_are_equal_where_by_has_a_value_are_repeated_with_a_warning(copies, value):
    """The others' values are missing and are not to be drawn."""
    X = pd.DataFrame({"a": [1.5, 1.5, 2.5, 3.5], "b": ["x", "x", "y", "y"]})
    X["c"] = pd.array([True, value, None, None], dtype="boolean")
    X = X.iloc[[0] * copies + [1, 2, 3]]
    with pytest.warns(UserWarning, match="in by and rows without a value there: samples"):
        model = TableDiffusion(by="c", missing="fill").fit(X)
    new, parents, _ = model.sample(9, random_state=0, return_parents=True)
    pd.testing.assert_frame_equal(new, X.iloc[parents[:, 0]].reset_index(drop=True))
    assert set(new["c"]) == {True, value}
    with pytest.raises(ValueError, match="needs rows that differ"):
        model.score_coordinates(X)
