"""Values that stand out are atoms, whatever the size of the table; smooth columns have none."""

import numpy as np
import pytest

from smoothdiff import TableDiffusion
from smoothdiff.tables._heaping import atoms_of, round_numbers_of

SIZES = [500, 5000, 200_000]


def atoms(numbers, step=1.0, *, is_number=True):
    ones = np.ones(len(numbers))
    return atoms_of(np.asarray(numbers, dtype=float), ones, ones, step, is_number)


def shares(numbers):
    values, count = np.unique(numbers, return_counts=True)
    return dict(zip(values.tolist(), (count / len(numbers)).tolist(), strict=True))


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("far", [999.0, -99.0, 7688.0])
def test_a_code_of_one_row_in_a_hundred_is_an_atom(rng, n, far):
    X = np.round(rng.uniform(20, 300, size=n))
    X[: n // 100] = far
    assert atoms(X).tolist() == [far]


def test_codes_side_by_side_are_atoms(rng):
    X = np.round(rng.uniform(20, 300, size=3000))
    codes = [995.0, 996.0, 997.0, 998.0, 999.0]
    X[:150] = np.repeat(codes, 30)
    assert atoms(X).tolist() == codes


def test_measured_values_are_atoms_from_five_rows_on(rng):
    """There is no grid on which they could meet by chance."""
    X = rng.normal(size=1000)
    X[:4], X[4:9] = 0.1, 0.2
    assert atoms(X, step=0).tolist() == [0.2]


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("law", ["ages", "amounts", "counts", "measured", "two kinds", "ends"])
def test_what_follows_a_smooth_law_stands_out_nowhere(rng, n, law):
    """All atoms are values of two percent of the rows, however many rows there are."""
    X, step = {
        "ages": (np.round(rng.gamma(9, 4, n)), 1),
        "amounts": (np.round(rng.exponential(20, n), 2), 0.01),
        "counts": (rng.poisson(30, n), 1),
        "measured": (rng.normal(size=n), 0),
        "two kinds": (np.round(np.where(rng.random(n) < 0.3, 30, 90) * rng.normal(4, 1, n)), 1),
        "ends": (np.floor(200 * rng.random(n) ** 0.5), 1),
    }[law]
    share = shares(X)
    assert all(share[a] >= 0.02 for a in atoms(X, step).tolist())


def test_a_value_stands_out_by_three_times_what_is_around_it():
    """Five rows, one in a thousand, and no fewer: among tens of one row each, of two, of three."""
    around = np.arange(0.0, 4000.0, 10.0)
    for count, times, stands_out in ((4, 1, False), (5, 1, True), (5, 2, False), (9, 3, True)):
        X = np.concatenate([np.tile(around, times), np.full(count, 1003.0)])
        assert (1003.0 in atoms(X)) == stands_out, (count, times)
    many = np.tile(np.arange(400.0), 100)
    assert len(atoms(np.r_[many, np.full(195, 200.0)])) == 0  # 295 where 100 are expected
    assert atoms(np.r_[many, np.full(205, 200.0)]).tolist() == [200.0]


def test_round_numbers_stand_out_among_round_ones_only(rng):
    """Of thousands among other numbers only one that stands out among thousands is an atom."""
    n = 20_000
    thousands = 1000 * np.round(rng.uniform(20, 400, size=n))
    X = np.where(rng.random(n) < 0.7, thousands, np.round(rng.uniform(20_000, 400_000, size=n)))
    assert 1000 in round_numbers_of(X, 1.0)
    assert len(atoms(X)) == 0
    X[:300] = 50_000
    assert atoms(X).tolist() == [50_000]
    assert len(atoms(X, is_number=False)) > 300  # dates are not rounded to thousands


def test_few_values_and_no_rows_left_are_no_trouble():
    assert atoms([1.0, 2.0]).tolist() == []
    assert atoms(np.repeat([1.0, 2.0], 50)).tolist() == [1.0, 2.0]
    assert round_numbers_of(np.empty(0), 1.0) == ()
    assert round_numbers_of(np.arange(9.0), 0.0) == ()


def test_whole_weights_are_repetitions(rng):
    X, rows = np.round(rng.uniform(0, 3000, size=700)), rng.integers(1, 9, size=700)
    once = atoms_of(X, rows.astype(float), rows.astype(float), 1.0, True)
    np.testing.assert_array_equal(once, atoms(np.repeat(X, rows)))


def test_no_new_row_has_a_mean_with_a_code(rng):
    """One row in a hundred has 9999 for what is not known: so many new ones, and none between."""
    n = 2000
    age, income = np.round(rng.uniform(20, 70, size=n)), np.round(rng.gamma(4, 500, size=n))
    income[rng.permutation(n)[: n // 100]] = 9999 + 5000
    X = np.column_stack([age, income])
    real = income[income < 9999]
    model = TableDiffusion(random_state=0).fit(X)
    made = model.sample(10_000)[:, 1]
    codes = made == 9999 + 5000
    assert ((real.min() <= made[~codes]) & (made[~codes] <= real.max())).all()
    assert abs(codes.mean() - 0.01) < 0.004
    assert model.schema_[1].high == real.max()
