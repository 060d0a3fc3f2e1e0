"""Novelty against cases worked out by hand and slow loops."""

import numpy as np
import pytest
from made import clouds, mixed
from scipy.spatial.distance import cdist
from scipy.stats import mannwhitneyu, rankdata, tiecorrect
from sklearn.cluster import KMeans

from smoothdiff.metrics import (
    authenticity,
    copied_rows,
    data_copying,
    distance_to_closest_record,
    filter_copies,
    memorized_fraction,
)

pd = pytest.importorskip("pandas")

LINE = np.array([[0.0], [1.0], [3.0], [7.0]])


def test_authenticity_by_hand():
    """Nearest others are at 1, 1, 2, 4: rows farther from theirs than that are authentic."""
    new = [[-0.9], [-1.1], [4.9], [5.1], [10.9], [11.1]]
    assert [authenticity([row], LINE) for row in new] == [0, 1, 0, 0, 0, 1]
    assert authenticity(new, LINE, [[0.1], [20.0]]).baseline == 0.5


def test_a_bootstrap_is_not_authentic():
    (train,) = clouds(200)
    again = train[np.random.default_rng(1).integers(200, size=500)]
    assert authenticity(again, train) == 0
    assert authenticity(again, np.r_[train, train[:50]]) == 0  # repeated rows


@pytest.mark.parametrize("d", [1, 3, 8])
def test_authenticity_and_memorized_fraction_against_loops(d):
    train, new, test = clouds(150, 80, 60, d=d)
    between = cdist(new, train)
    own = cdist(train, train) + np.diag(np.full(len(train), np.inf))
    expected = np.mean([row.min() > own[row.argmin()].min() for row in between])
    assert authenticity(new, train) == expected
    nearest = np.sort(between, axis=1)
    assert memorized_fraction(new, train) == np.mean(nearest[:, 0] < nearest[:, 1] / 3)
    assert authenticity(new, train, test).baseline == authenticity(test, train)
    assert memorized_fraction(new, train, test=test).baseline == memorized_fraction(test, train)


def test_distances_to_the_closest_record():
    train, new, test = clouds(150, 80, 60)
    found = distance_to_closest_record(new, train, test)
    between = cdist(new, train)
    np.testing.assert_allclose(found.distances, between.min(axis=1))
    np.testing.assert_array_equal(found.rows, between.argmin(axis=1))
    np.testing.assert_allclose(found.baseline, cdist(test, train).min(axis=1))
    assert found.quantiles[0.5] == (np.median(found.distances), np.median(found.baseline))
    bound = np.quantile(found.baseline, 0.05)
    assert found.closer() == np.mean(found.distances < bound)
    assert found.closer().baseline == 3 / 60
    assert "held-out rows" in repr(found)


def test_without_held_out_rows_training_rows_are_the_standard():
    train, new = clouds(150, 80)
    found = distance_to_closest_record(new, train)
    own = cdist(train, train) + np.diag(np.full(len(train), np.inf))
    np.testing.assert_allclose(found.baseline, own.min(axis=1))
    assert "training rows" in repr(found)


def test_distances_of_mixed_rows():
    """Numbers over their deviation, 1 for a category that differs, squares added."""
    train = pd.DataFrame({"x": [0.0, 2.0, 4.0], "c": ["a", "b", "a"]})
    scale = np.std([0, 2, 4])
    new = pd.DataFrame({"x": [1.0, 4.0, 0.0], "c": ["b", "z", "b"]})
    found = distance_to_closest_record(new, train)
    np.testing.assert_allclose(found.distances, [1 / scale, 1.0, 1.0])


def test_a_gap_is_a_value():
    train = pd.DataFrame({"x": [0.0, np.nan, 4.0], "c": ["a", None, "a"]})
    new = pd.DataFrame({"x": [np.nan], "c": [None]})
    assert distance_to_closest_record(new, train).distances == 0
    assert copied_rows(new, train) == 1


@pytest.mark.parametrize("n_levels", [40, 200, 1000])
def test_many_levels_are_at_distance_one(n_levels):
    """Exactly up to 256 levels; between 0.75 and 1.25 beyond."""
    levels = [f"level {i}" for i in range(n_levels)]
    train = pd.DataFrame({"c": levels * 2})
    new = pd.DataFrame({"c": [*levels[:5], "new"]})
    found = distance_to_closest_record(new, train)
    np.testing.assert_allclose(found.distances[:5], 0, atol=1e-7)
    if n_levels <= 255:
        np.testing.assert_allclose(found.distances[5], 1)
    assert 0.75 < found.distances[5] < 1.25


def test_copied_rows():
    train, new = clouds(50, 40)
    assert copied_rows(np.r_[new, train[:10]], train) == 0.2
    assert copied_rows([[0.0]], [[-0.0], [1.0]]) == 1
    table = mixed(300, 0.0)
    both = pd.concat([table[:25], mixed(75, 0.25)], ignore_index=True)
    assert copied_rows(both, table) == 0.25
    assert copied_rows(both, table, mixed(40, 0.3)).baseline == 0
    assert copied_rows(both.astype({"c": "category"}), table.sample(frac=1, random_state=0)) == 0.25


def test_a_row_is_a_copy_only_if_all_of_it_is():
    """Each value is somewhere in the column, the row nowhere."""
    train = pd.DataFrame({"x": [1, 2], "c": ["a", "b"]})
    assert copied_rows(pd.DataFrame({"x": [1, 2], "c": ["b", "a"]}), train) == 0


def test_data_copying_against_scipy():
    """The weighted mean of z-scores of scipy's rank sum test, cell by cell."""
    train, new, test = clouds(400, 150, 170, d=2)
    value = data_copying(new, train, test, n_cells=3, random_state=0)
    cells = KMeans(3, n_init=1, random_state=0).fit(train)
    expected, weights = [], []
    for cell in range(3):
        own, others = (rows[cells.predict(rows) == cell] for rows in (new, test))
        a, b = (cdist(rows, train).min(axis=1) for rows in (own, others))
        statistic = mannwhitneyu(a, b).statistic
        variance = len(a) * len(b) * (len(a) + len(b) + 1) / 12
        expected.append((statistic - len(a) * len(b) / 2) / np.sqrt(variance))
        weights.append(len(b))
    np.testing.assert_allclose(value, np.average(expected, weights=weights))
    np.testing.assert_allclose(list(value.parts.values()), expected)
    assert value.baseline == 0


def test_data_copying_where_all_are_copies():
    """Ranks that are all alike say nothing, either way."""
    train = np.random.default_rng(0).normal(size=(60, 2))
    assert data_copying(train, train, train, n_cells=1, random_state=0) == 0.0


def test_data_copying_with_ties():
    """One cell, distances on a grid: scipy's correction of the variance."""
    train, new, test = (rows.round() for rows in clouds(30, 20, 25, d=1))
    a, b = (cdist(rows, train + 0.25).min(axis=1) for rows in (new, test))
    ranks, n, m = rankdata(np.concatenate([a, b])), len(a), len(b)
    variance = n * m * (n + m + 1) / 12 * tiecorrect(ranks)
    expected = (mannwhitneyu(a, b).statistic - n * m / 2) / np.sqrt(variance)
    assert tiecorrect(ranks) < 0.9
    value = data_copying(new, train + 0.25, test, n_cells=1, random_state=0)
    np.testing.assert_allclose(value, expected)


def test_cells_of_twenty_generated_rows_count():
    train, new, test = clouds(40, 41, 40, d=2)
    far = np.where(np.arange(41) % 2, 0.0, 100.0)[:, None]  # 20 rows here, 21 there
    train, test = train + far[:40], test + far[:40]
    assert len(data_copying(new + far, train, test, n_cells=2, random_state=0).parts) == 2
    fewer = np.delete(new + far, 1, axis=0)
    assert len(data_copying(fewer, train, test, n_cells=2, random_state=0).parts) == 1


def test_data_copying_sees_copies_and_strangers():
    train, new, test = clouds(400, 300, 300, d=2)
    assert abs(data_copying(new, train, test)) < 2
    near = train[:300] + 1e-3
    assert data_copying(near, train, test) < -5
    assert data_copying(3 * new, train, test) > 3
    assert data_copying(test, train, test) == 0  # ties


def test_two_rows_and_the_largest_ratio_are_enough():
    pair = [[0.0], [1.0]]
    assert memorized_fraction([[0.1], [0.45]], pair) == 0.5
    assert memorized_fraction([[0.1], [0.45]], pair, ratio=1.0) == 1
    assert authenticity([[0.4], [2.5]], pair) == 0.5


def test_rows_as_close_as_the_quantile_are_not_closer_and_not_kept():
    """Held-out rows themselves, at the distances 0.25, 0.5 and 2, beside their median."""
    test = np.array([[0.25], [2.5], [9.0]])
    closer = distance_to_closest_record(test, LINE, test).closer(0.5)
    assert closer == closer.baseline == 1 / 3
    np.testing.assert_array_equal(filter_copies(test, LINE, test, level=0.5), [[9.0]])


def test_filter_copies():
    train, new, test = clouds(300, 200, 200)
    made = np.r_[new, train[:50], train[:50] + 1e-4]
    left = filter_copies(made, train, test)
    assert len(left) <= 200
    assert copied_rows(left, train) == 0
    bound = np.quantile(cdist(test, train).min(axis=1), 0.05)
    np.testing.assert_array_equal(left, made[cdist(made, train).min(axis=1) > bound])
    assert len(filter_copies(made, train, test, level=0)) == 250  # exact copies alone
    assert len(filter_copies(made, train)) < 220


def test_filter_copies_keeps_the_table():
    table = mixed(200, 0.0)
    made = pd.concat([mixed(50, 0.25), table[:20]], ignore_index=True)
    left = filter_copies(made, table, level=0)
    pd.testing.assert_frame_equal(left, made[:50])
    rows = made.to_numpy(dtype=object)
    assert (
        len(filter_copies(rows[:, [0, 3]], table.to_numpy(dtype=object)[:, [0, 3]], level=0)) >= 1
    )


def test_order_of_columns_and_rows_means_nothing():
    table, made = mixed(200, 0.0), mixed(80, 0.25)
    turned = made[made.columns[::-1]]
    for measure in (authenticity, memorized_fraction, copied_rows):
        assert measure(turned, table) == measure(made, table.sample(frac=1, random_state=1))
