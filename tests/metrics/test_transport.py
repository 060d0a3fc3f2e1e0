"""Distances of laws against scipy, brute force and POT."""

from itertools import permutations

import numpy as np
import pytest
from made import clouds, mixed
from scipy import stats
from scipy.spatial.distance import cdist

from smoothdiff.metrics import energy_distance, sliced_wasserstein, wasserstein


def test_energy_distance_on_a_line_is_that_of_scipy():
    x, y = clouds(80, 50, d=1)
    found = energy_distance(x, y)
    assert found == pytest.approx(stats.energy_distance(x[:, 0], y[:, 0]))


def test_energy_distance_over_all_pairs():
    x, y = clouds(80, 50, d=4)
    squared = 2 * cdist(x, y).mean() - cdist(x, x).mean() - cdist(y, y).mean()
    assert energy_distance(x, y) == pytest.approx(np.sqrt(squared))
    assert energy_distance(x, x[::-1]) == pytest.approx(0, abs=1e-7)


def test_energy_distance_of_many_rows_takes_a_part():
    x, y = clouds(300, 300)
    found = energy_distance(x, y, max_rows=100)
    assert found == energy_distance(x, y, max_rows=100)
    assert found == pytest.approx(energy_distance(x, y), abs=0.2)
    assert found != energy_distance(x, y)


@pytest.mark.parametrize("p", [1, 2])
def test_sliced_wasserstein_on_a_line(p):
    """One dimension: every direction is the line."""
    x, y = clouds(60, 60, d=1)
    expected = np.mean(np.abs(np.sort(x[:, 0]) - np.sort(y[:, 0])) ** p) ** (1 / p)
    assert sliced_wasserstein(x, y, p=p) == pytest.approx(expected)


@pytest.mark.parametrize(("n", "m"), [(7, 5), (6, 4), (1, 9), (30, 20)])
def test_sliced_wasserstein_of_unequal_numbers(n, m):
    x, y = clouds(n, m, d=1)
    expected = stats.wasserstein_distance(x[:, 0], y[:, 0])
    assert sliced_wasserstein(x, y) == pytest.approx(expected)
    many = np.repeat(x, m, axis=0), np.repeat(y, n, axis=0)  # the same laws, as many points
    assert sliced_wasserstein(x, y, p=2) == pytest.approx(sliced_wasserstein(*many, p=2))


@pytest.mark.parametrize("p", [1, 2])
def test_sliced_wasserstein_is_that_of_pot(p):
    ot = pytest.importorskip("ot")
    x, y = clouds(60, 45, d=3)
    rng = np.random.default_rng(0)
    directions = rng.standard_normal((128, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    expected = ot.sliced_wasserstein_distance(x, y, projections=directions.T, p=p)
    assert sliced_wasserstein(x, y, p=p) == pytest.approx(expected, rel=1e-6)


def test_wasserstein_is_the_best_of_all_pairings():
    x, y = clouds(6, 6, d=3)
    cost = cdist(x, y)
    best = min(cost[np.arange(6), list(order)].mean() for order in permutations(range(6)))
    assert wasserstein(x, y) == pytest.approx(best)


def test_wasserstein_of_unequal_numbers():
    """The linear program of repeated rows is the assignment of as many of each."""
    x, y = clouds(6, 4, d=2)
    many = np.repeat(x, 2, axis=0), np.repeat(y, 3, axis=0)
    assert wasserstein(x, y) == pytest.approx(wasserstein(*many))
    assert wasserstein(x[:, :1], y[:, :1]) == pytest.approx(
        stats.wasserstein_distance(x[:, 0], y[:, 0])
    )


def test_wasserstein_is_that_of_pot():
    ot = pytest.importorskip("ot")
    x, y = clouds(40, 30, d=4)
    assert wasserstein(x, y) == pytest.approx(ot.emd2([], [], cdist(x, y)))


@pytest.mark.parametrize("power", [-1000, -400, -50, 100, 900])
@pytest.mark.parametrize("distance", [energy_distance, sliced_wasserstein, wasserstein])
def test_a_unit_is_only_a_unit(distance, power):
    """The linear program has tolerances that are numbers, and squares of lengths may be none."""
    x, y = clouds(6, 4, d=2)
    c = 2.0**power
    degree = 0.5 if distance is energy_distance else 1  # its square is a length
    for real in y, np.concatenate([y, y[:2] / 2]):  # as many rows of both: an assignment
        assert distance(c * x, c * real) == c**degree * distance(x, real) > 0


@pytest.mark.parametrize("distance", [energy_distance, sliced_wasserstein, wasserstein])
def test_a_baseline_far_away_changes_nothing(distance):
    x, y = clouds(6, 4, d=2)
    assert distance(x, y, y + 1e8) == distance(x, y)


@pytest.mark.parametrize("distance", [energy_distance, sliced_wasserstein, wasserstein])
def test_the_baseline_and_mixed_tables(distance):
    real, made, train = clouds(40, 40, 40)
    found = distance(3 * made, real, train)
    assert found.baseline == distance(train, real) < found
    assert distance(mixed(60, 0.25), mixed(60, 0.0)) > 0


def test_wasserstein_that_would_take_minutes_is_refused():
    with pytest.raises(ValueError, match="6001 and 6001 rows would take minutes; use sliced"):
        wasserstein(*clouds(6001, 6001, d=2))
    with pytest.raises(ValueError, match="As many of both are far faster"):
        wasserstein(*clouds(501, 500, d=2))


def test_tables_of_the_same_rows_are_at_no_energy_distance(rng):
    """Rounding may leave a square of less than nothing."""
    for n in range(2, 40):
        X = rng.normal(size=(n, 3))
        assert energy_distance(X[rng.permutation(n)], X) < 1e-6
