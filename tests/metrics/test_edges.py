"""Just within what the measures take, and just beyond it."""

import numpy as np
import pytest

from smoothdiff.metrics import association_similarity, report
from smoothdiff.metrics._rows import read
from smoothdiff.metrics._similarity import correlations


@pytest.fixture
def tables(rng):
    return rng.normal(size=(3, 20, 2))


@pytest.mark.parametrize(("first", "wrong"), [(-1, False), (19, False), (-2, True), (20, True)])
def test_parents_are_rows_of_train(tables, first, wrong):
    parents = np.zeros((20, 2), dtype=int)
    parents[0, 0] = first
    given = parents, np.full((20, 2), 0.5)
    if wrong:
        with pytest.raises(ValueError, match="parents must be rows of train, which has 20"):
            report(*tables, parents=given)
    else:
        assert "parents" in report(*tables, parents=given).pairs[0]


def test_rows_of_different_length_are_no_table(tables):
    with pytest.raises(ValueError, match="equally long"):
        report([[1.0, 2.0], [3.0]], *tables[1:])


def test_a_missing_category_is_a_level_of_its_own():
    """At distance 1 from every other, in all tables."""
    pd = pytest.importorskip("pandas")
    real = pd.DataFrame({"a": ["x", "y", "z", None] * 5})
    rows, other = read({"real": real, "generated": real[::-1]}, None)
    at = rows.coordinates[:4]
    distances = np.linalg.norm(at[:, None] - at, axis=2)
    np.testing.assert_allclose(distances, 1 - np.eye(4), atol=1e-15)
    np.testing.assert_array_equal(other.coordinates[::-1], rows.coordinates)


def test_a_column_of_zeros_has_no_correlation(rng):
    X = np.c_[np.zeros(12), rng.normal(size=(12, 2))]
    (rows,) = read({"real": X}, None)
    found = correlations(rows)
    assert np.isnan(found[0]).all()
    assert found[1, 2] == pytest.approx(np.corrcoef(X[:, 1:].T)[0, 1])
    assert np.isfinite(association_similarity(X, X[:, [0, 2, 1]]))


def test_verdicts_go_on_below_their_own_beginning(tables):
    """The lines of a verdict stand below its first sentence, in a column of their own."""
    text = str(report(*tables)).split("\n\n")[1]
    for line in text.splitlines():
        aspect, grade, sentence = line[:12], line[12:23], line[23:]
        assert sentence[0] != " "
        assert bool(aspect.strip()) == bool(grade.strip())
        assert line.startswith(" " * 23) or grade.strip() in ("excellent", "good", "fair", "poor")
