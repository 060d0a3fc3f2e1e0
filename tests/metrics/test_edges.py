"""Just within what the measures take, and just beyond it."""

import numpy as np
import pytest

from smoothdiff.metrics import (
    alpha_precision_beta_recall,
    association_similarity,
    authenticity,
    c2st,
    data_copying,
    efficacy,
    memorized_fraction,
    precision_recall_density_coverage,
    report,
)
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
        with pytest.raises(ValueError, match=rf"which has 20, or -1\. Got {first}\.$"):
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


@pytest.mark.parametrize(("n_test", "n_cells"), [(49, 1), (99, 1), (100, 2), (1049, 20)])
def test_a_cell_has_fifty_held_out_rows(rng, n_test, n_cells):
    """And there is one at least, and twenty at most."""
    made, train, test = (rng.normal(size=(n, 2)) for n in (200, 300, n_test))
    found = data_copying(made, train, test)
    assert found == data_copying(made, train, test, n_cells=n_cells)
    assert found != data_copying(made, train, test, n_cells=n_cells + 1)


def test_limits_of_associations_reach_from_0_to_1(tables):
    made, real, _ = tables
    assert np.isnan(association_similarity(made, real, min_correlation=1.0))
    assert np.isnan(association_similarity(made, real, min_correlation=1))
    for wrong in (-1e-9, 1 + 1e-9):
        with pytest.raises(ValueError, match="min_association"):
            association_similarity(made, real, min_association=wrong)


@pytest.mark.parametrize("takes_seed", [True, False])
def test_models_that_take_no_seed(tables, takes_seed):
    made, train, test = tables
    seeds = []

    class Plain:
        def fit(self, X):
            return self

        def sample(self, n):
            return made[:n]

    class Seeded(Plain):
        def sample(self, n, random_state=None):
            seeds.append(random_state)
            return made[:n]

    found = report(Seeded() if takes_seed else Plain(), train, test, random_state=3)
    assert len(found.generated) == 20
    assert seeds == [3] * takes_seed


@pytest.mark.parametrize("scale", [2.0**-900, 2.0**-30, 2.0**30, 2.0**900])
def test_what_a_forest_says_has_no_unit(rng, scale):
    """Trees hold values in single precision; a thousandth of a millionth was nothing to them."""
    x = np.arange(120.0)[:, None] % 60
    made, real = np.c_[x + 30, x], np.c_[x, 2 * x]
    assert c2st(made, real) > 0.7
    assert c2st(scale * made, scale * real) == pytest.approx(c2st(made, real), abs=0.01)
    found = efficacy(scale * real, scale * real, scale * real, 1)
    assert found == pytest.approx(efficacy(real, real, real, 1), abs=1e-3)
    assert efficacy(real, real, real, 1) > 0.99


@pytest.mark.parametrize("offset", [1e6, 1e9])
def test_what_a_forest_says_has_no_origin(rng, offset):
    made, real = rng.normal(size=(60, 2)) + 2, rng.normal(size=(60, 2))
    assert c2st(made + offset, real + offset) == pytest.approx(c2st(made, real), abs=0.01)


def test_a_column_of_frequent_zeros_keeps_its_small_values():
    x = np.where(np.arange(120) % 4, 0.0, 1e-9 * (1 + np.arange(120)))[:, None]
    other = np.where(np.arange(120) % 4, 0.0, -1e-9 * (1 + np.arange(120)))[:, None]
    assert c2st(x, other) > 0.6


@pytest.mark.parametrize("scale", [1e-162, 1e155, 1e308])
@pytest.mark.parametrize(
    "measure",
    [
        precision_recall_density_coverage,
        memorized_fraction,
        authenticity,
        alpha_precision_beta_recall,
        lambda made, real: data_copying(made, real, real[::-1]),
    ],
)
def test_distances_whose_squares_are_no_floats_are_refused(rng, measure, scale):
    made, real = rng.random(size=(2, 15, 2))
    measure(made, real)
    with pytest.raises(ValueError, match=r"squares of that are no floats\. Choose another unit\."):
        measure(made * scale, real * scale)


def test_a_column_with_one_value_far_from_all_others():
    x = np.r_[np.arange(59) * 1e-300, 1.0][:, None]
    assert 0 <= c2st(x, x[::-1]) <= 1
