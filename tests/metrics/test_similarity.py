"""Columns and pairs against SDMetrics' quality report, and cases worked out by hand."""

import json
from pathlib import Path

import numpy as np
import pytest
from made import mixed

from smoothdiff.metrics import association_similarity, column_similarity
from smoothdiff.metrics._rows import read
from smoothdiff.metrics._similarity import associations

pd = pytest.importorskip("pandas")

# What SDMetrics 0.32 says of these tables, with its limits (0.5, 0.3) and without.
REPORT = json.loads((Path(__file__).parent / "sdmetrics.json").read_text())
REAL, MADE = mixed(300, 0.0), mixed(200, 0.25)


def test_columns_as_the_quality_report():
    found = column_similarity(MADE, REAL)
    assert found.parts == pytest.approx(REPORT["columns"], abs=1e-12)
    assert found == pytest.approx(REPORT["mean"]["Column Shapes"], abs=1e-12)


def test_pairs_as_the_quality_report():
    found = association_similarity(MADE, REAL)
    parts = {" ".join(pair): value for pair, value in found.parts.items()}
    assert parts == pytest.approx(REPORT["all pairs"], abs=1e-12)
    assert found == pytest.approx(REPORT["mean of all pairs"], abs=1e-12)


def test_pairs_with_the_limits_of_the_quality_report():
    found = association_similarity(MADE, REAL, min_correlation=0.5, min_association=0.3)
    assert found == pytest.approx(REPORT["mean"]["Column Pair Trends"], abs=1e-12)
    assert sum(value == value for value in found.parts.values()) == 5


def test_against_sdmetrics_itself():
    """Where it is installed (it asks for a pandas before 3)."""
    single_column = pytest.importorskip("sdmetrics.single_column")
    found = column_similarity(MADE, REAL).parts
    expected = single_column.KSComplement.compute(REAL["x"], MADE["x"])
    assert found["x"] == pytest.approx(expected)


def test_equal_tables_are_one():
    shuffled = REAL.sample(frac=1, random_state=0)
    assert column_similarity(shuffled, REAL) == 1
    assert association_similarity(shuffled, REAL) == pytest.approx(1)


def test_by_hand():
    real = pd.DataFrame({"x": [0.0, 1, 2, 3], "c": list("aabb")})
    made = pd.DataFrame({"x": [0.0, 1, 2, 9], "c": list("abzz")})
    found = column_similarity(made, real)
    assert found.parts == {"x": 0.75, "c": 0.5}
    assert found == 0.625
    assert column_similarity(made, real, real).baseline == 1


def test_many_levels_are_not_binned():
    """Even levels in the real rows, odd ones in the generated: no pair in common."""
    names = np.array([f"{k:02}" for k in range(24)])
    other = np.resize(["x", "y"], 48)
    real, made = (pd.DataFrame({"a": np.resize(names[k::2], 48), "b": other}) for k in (0, 1))
    assert association_similarity(made, real) == pytest.approx(0, abs=1e-12)
    assert association_similarity(real, real) == pytest.approx(1)


def test_arrays():
    real = np.array([[0.0, 0], [1, 1], [2, 2]])
    assert association_similarity(real * [1, -1], real) == pytest.approx(0)
    assert association_similarity(real * [5, 3] + 7, real) == pytest.approx(1)
    assert column_similarity(real + 100, real) == 0


def test_large_offsets_and_small_scales_do_not_cancel():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((200, 2)) @ [[1, 0.5], [0, 1]]
    real, made = x[:100], x[100:]
    expected = association_similarity(made, real)
    for scale, offset in ((1e-150, 0), (1e150, 0), (1.0, 1e6)):
        found = association_similarity(made * scale + offset, real * scale + offset)
        assert found == pytest.approx(expected, abs=1e-6)


def test_what_is_not_defined_is_left_out():
    real = pd.DataFrame({"x": [1.0, 2, 3, 4], "one": [5.0] * 4, "y": [1.0, 3, 2, 5]})
    found = association_similarity(real, real)
    assert found == 1
    assert np.isnan(found.parts["x", "one"])
    assert np.isnan(association_similarity(real[["x"]], real[["x"]]))


def test_columns_without_values_or_with_one():
    """Not a number, they and their pairs; the other columns are as they are without them."""
    good = {"x": [1.0, 2, 3, 4], "c": list("abab")}
    real = pd.DataFrame({**good, "gone": [0.5, 1, 2, 4], "one": [5.0] * 4, "same": ["k"] * 4})
    made = real.assign(gone=np.nan)
    kinds = {"one": "numeric"}
    columns = column_similarity(made, real, kinds=kinds)
    assert columns == 1
    assert np.isnan(columns.parts["gone"])
    _, found = read({"real": real, "generated": made}, kinds)
    strengths = pd.DataFrame(associations(found), list(made), list(made))
    assert strengths.loc["c", ["gone", "one", "same"]].isna().all()
    assert strengths.loc["x", ["gone", "one", "same"]].isna().all()
    few, *_ = read({"real": pd.DataFrame(good)})
    assert strengths.loc["x", "c"] == associations(few)[0, 1]


def test_strength_of_association():
    """Correlation, correlation ratio and Cramer's V, each by its formula."""
    real, *_ = read({"real": REAL})
    names = list(REAL)
    found = pd.DataFrame(associations(real), names, names)
    assert found.loc["x", "n"] == pytest.approx(REAL["x"].corr(REAL["n"]))
    assert found.loc["x", "y"] == pytest.approx(
        REAL["x"].corr(REAL["y"])
    )  # over pairs without gaps
    means = REAL.groupby("c")["x"].transform("mean")
    assert found.loc["c", "x"] == pytest.approx(means.std() / REAL["x"].std())
    table = pd.crosstab(REAL["c"], REAL["t"])
    from scipy.stats.contingency import association

    assert found.loc["t", "c"] == pytest.approx(association(table, "cramer"))
    np.testing.assert_array_equal(found, found.T)


def test_a_correlation_of_zero_counts_as_well():
    """Pairs are left out by how weak they are only if asked for."""
    real = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    made = np.array([[1.0, 1.0], [1.0, 1.0], [-1.0, -1.0], [-1.0, -1.0]])
    assert association_similarity(made, real) == pytest.approx(0.5)
    assert np.isnan(association_similarity(made, real, min_correlation=0.1))
