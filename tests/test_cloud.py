"""The training set: distinct rows, weights, draws and the spacing."""

import numpy as np
import pytest
import reference
from given import normal

from smoothdiff.cloud import PointCloud, distinct_rows

ROWS = {
    "distinct": lambda: normal(50, 3),
    "repeated": lambda: normal(20, 3)[np.random.default_rng(1).integers(20, size=60)],
    "integers": lambda: np.random.default_rng(2).integers(0, 3, size=(80, 2)).astype(float),
    "equal": lambda: np.ones((5, 2)),
    "one": lambda: np.ones((1, 2)),
    "signed zeros": lambda: np.array([[0.0, 1.0], [-0.0, 1.0], [0.0, -0.0], [-0.0, 0.0]]),
    "equal first column": lambda: np.c_[np.zeros(30), normal(30, 1)],
    "binary": lambda: np.random.default_rng(2).integers(2, size=(60, 5)).astype(float),
    "told apart by the last": lambda: np.c_[np.ones((9, 3)), [2.0, 0, 1, 1, -0.0, 2, 5, 0, 1]],
}


@pytest.fixture(name="X", params=ROWS)
def data(request):
    return ROWS[request.param]()


def test_equal_rows_are_merged_and_their_weights_added(X):
    weights = np.random.default_rng(3).exponential(size=len(X))
    weights[::4] = 0
    if not weights.any():
        weights[:] = 1
    rows, summed, group = distinct_rows(X, weights)
    expected = {}
    for i, (row, w) in enumerate(zip(X, weights, strict=True)):
        if w > 0:
            first, total = expected.get(tuple(row), (i, 0.0))
            expected[tuple(row)] = first, total + w
    assert len(rows) == len(expected)
    for row, total in zip(rows, summed, strict=True):
        first, weight = expected[tuple(X[row])]
        assert row == first
        np.testing.assert_allclose(total, weight, rtol=1e-14)
    np.testing.assert_array_equal(group < 0, weights == 0)
    np.testing.assert_array_equal(X[rows[group[weights > 0]]], X[weights > 0])


def test_order_depends_on_the_values_alone(X):
    """Not on the order of the rows, nor on whether some of them repeat."""
    order = np.random.default_rng(4).permutation(len(X))
    plain = X[distinct_rows(X, np.ones(len(X)))[0]]
    shuffled = X[order][distinct_rows(X[order], np.ones(len(X)))[0]]
    again = plain[distinct_rows(plain, np.ones(len(plain)))[0]]
    np.testing.assert_array_equal(plain, shuffled)
    np.testing.assert_array_equal(plain, again)


def test_weights_sum_to_one(X):
    cloud = PointCloud.of(X, np.arange(1.0, len(X) + 1))
    np.testing.assert_allclose(cloud.weights.sum(), 1, rtol=1e-14)
    assert cloud.dim == X.shape[1]


@pytest.mark.parametrize("r", [1, 2, 8])
def test_neighborhoods_leave_out_the_point_itself(r):
    points = np.concatenate([normal(40, r), normal(5, r) * (1 + 1e-15)])
    cloud = PointCloud.of(points)
    for k in (1, 3, 100, 2):
        distances, indices = cloud.neighborhoods(k)
        m = min(k, len(cloud) - 1)
        assert distances.shape == (len(cloud), m)
        assert not (indices == np.arange(len(cloud))[:, None]).any()
        named = np.linalg.norm(cloud.points[indices] - cloud.points[:, None], axis=-1)
        np.testing.assert_allclose(distances, named, rtol=1e-9, atol=1e-14)
        every = np.linalg.norm(cloud.points[:, None] - cloud.points, axis=-1)
        np.fill_diagonal(every, np.inf)
        np.testing.assert_allclose(np.sort(every, axis=1)[:, :m], distances, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("weighted", [False, True])
def test_draws_follow_the_weights(weighted):
    """100000 draws; each frequency within 4.5 standard errors."""
    weights = np.arange(1.0, 11) if weighted else np.ones(10)
    cloud = PointCloud.of(normal(10, 2), weights)
    k = cloud.draw(np.random.default_rng(0), 100_000)
    frequency = np.bincount(k, minlength=10) / 100_000
    error = np.sqrt(cloud.weights * (1 - cloud.weights) / 100_000)
    assert np.all(np.abs(frequency - cloud.weights) <= 4.5 * error)


@pytest.mark.parametrize("extreme", [0.0, np.nextafter(1, 0)])
def test_points_of_no_weight_are_never_drawn(extreme):
    """Not even by the least and the largest number that a generator gives."""

    class Generator:
        def random(self, n):
            return np.full(n, extreme)

    cloud = PointCloud(normal(4, 2), np.array([0.0, 0.3, 0.7, 0.0]))
    drawn = cloud.draw(Generator(), 3)
    np.testing.assert_array_equal(drawn, 1 if extreme == 0 else 2)


@pytest.mark.parametrize("r", [1, 2, 8])
def test_spacing_is_half_the_median_distance(r):
    X = normal(41, r)
    expected = reference.spacing(X)
    np.testing.assert_allclose(PointCloud.of(X).spacing(), expected, rtol=1e-12)
    repeated = PointCloud.of(np.repeat(X, 2, axis=0))
    np.testing.assert_allclose(repeated.spacing(), expected, rtol=1e-12)


def test_spacing_of_a_uniform_line_is_that_of_the_papers():
    assert PointCloud.of(np.linspace(-1, 1, 5)[:, None]).spacing() == 0.25


def test_points_within_the_resolution_are_one():
    X = normal(30, 2)
    cloud = PointCloud.of(np.concatenate([X, X[:20] + 1e-12]))
    assert cloud.spacing() < 1e-11
    others = np.linalg.norm(X[:, None] - X, axis=-1)
    np.fill_diagonal(others, np.inf)
    assert 0.3 * others.min(axis=1).min() < cloud.spacing(1e-10) <= others.min(axis=1).max() / 2


@pytest.mark.parametrize("copies", [1, 2, 5])
def test_all_points_may_have_others_within_the_resolution(copies):
    X = normal(30, 2)
    cloud = PointCloud.of(np.concatenate([X + i * 1e-12 for i in range(1 + copies)]))
    np.testing.assert_allclose(cloud.spacing(1e-10), PointCloud.of(X).spacing(), rtol=1e-9)
    assert PointCloud.of(X[:1] + 1e-12 * X).spacing(1e-10) == 0


@pytest.mark.parametrize("X", [np.ones((1, 2)), np.ones((4, 2))])
def test_one_point_has_no_spacing(X):
    assert PointCloud.of(X).spacing() == 0


def test_sorted_line():
    y = np.array([3.0, -1.0, 2.0, 0.5])
    cloud = PointCloud.of(y[:, None])
    positions, order, *rank = cloud.sorted_line
    np.testing.assert_array_equal(positions, np.sort(y))
    np.testing.assert_array_equal(cloud.points[order, 0], positions)
    for ranks in rank:
        np.testing.assert_array_equal(positions[ranks], cloud.points[:, 0])
