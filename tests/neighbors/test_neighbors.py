"""Nearest points against sorting all distances, for each of the ways to find them."""

import tracemalloc

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController

from smoothdiff._compute import _openmp, workers
from smoothdiff.neighbors import Neighbors, _choose
from smoothdiff.neighbors._pairwise import PairwiseNeighbors
from smoothdiff.neighbors._scan import ScanNeighbors
from smoothdiff.neighbors._tree import TreeNeighbors

EPS = np.finfo(float).eps


def normal(n, r, seed=0):
    return np.random.default_rng(seed).normal(size=(n, r))


def all_distances(x, points):
    return np.sqrt(((x[:, None] - points) ** 2).sum(axis=-1))


POINTS = {
    "random": lambda r: normal(700, r),
    "clusters": lambda r: np.concatenate([normal(350, r), 1e-4 * normal(350, r, 1) + 100]),
    "far from 0": lambda r: normal(700, r) + 1e6,
    "grid": lambda r: np.round(2 * normal(700, r)),
    "few": lambda r: normal(12, r),
    "line": lambda r: normal(700, 1) * np.ones(r),
}


@pytest.fixture(params=[1, 2, 7, 20])
def r(request):
    return request.param


@pytest.fixture(params=POINTS)
def points(request, r):
    return POINTS[request.param](r)


@pytest.fixture
def x(points):
    rng = np.random.default_rng(2)
    i, j = rng.integers(len(points), size=(2, 30))
    own = points[i]
    return np.concatenate([own, (own + points[j]) / 2, own + 0.1 * rng.normal(size=own.shape)])


def assert_nearest(distances, indices, x, points):
    """The k smallest of all distances, in order, at the points named (ties may be swapped)."""
    every = all_distances(x, points)
    rounding = 8 * EPS * (np.abs(x).max() + np.abs(points).max())
    k = distances.shape[1]
    np.testing.assert_allclose(distances, np.sort(every, axis=1)[:, :k], rtol=1e-9, atol=rounding)
    named = np.take_along_axis(every, indices, axis=1)
    np.testing.assert_allclose(distances, named, rtol=1e-9, atol=rounding)
    assert np.all(np.diff(distances, axis=1) >= 0)
    assert all(len(set(row)) == k for row in indices)


@pytest.mark.parametrize("way", [Neighbors, TreeNeighbors, PairwiseNeighbors, ScanNeighbors])
@pytest.mark.parametrize("k", [1, 12])
def test_the_k_nearest(points, x, k, way):
    assert_nearest(*way(points).query(x, k), x, points)


@pytest.mark.parametrize(
    ("n", "r", "way"),
    [
        (40, 2, TreeNeighbors),
        (40, 5, TreeNeighbors),
        (40, 8, TreeNeighbors),
        (40, 9, PairwiseNeighbors),
        (_choose.SCAN_MIN_POINTS, 6, ScanNeighbors),
        (_choose.SCAN_MIN_POINTS, 5, TreeNeighbors),
    ],
)
def test_the_way_is_chosen_by_size_and_dimension(n, r, way):
    assert type(Neighbors(normal(n, r))._backend) is way


@pytest.mark.parametrize("reach", [0.0, 1.0, 3.0, np.inf])
@pytest.mark.parametrize("k", [1, 12])
@pytest.mark.parametrize("way", [TreeNeighbors, ScanNeighbors])
def test_the_nearest_within_a_radius(points, x, k, reach, way):
    """Up to k of them, in order, and none is missing up to the distance that is returned."""
    every = np.sort(all_distances(x, points), axis=1)
    radius = (
        every[:, min(5, len(points) - 1)] * reach if np.isfinite(reach) else np.full(len(x), reach)
    )
    distances, indices, covered = way(points).query_within(x, k, radius)
    rounding = 8 * EPS * (np.abs(x).max() + np.abs(points).max())
    named = np.take_along_axis(all_distances(x, points), indices, axis=1)
    n = np.isfinite(distances).sum(axis=1)
    there = np.arange(k) < n[:, None]
    found = distances[there]
    np.testing.assert_allclose(found, every[:, :k][there], rtol=1e-9, atol=rounding)
    np.testing.assert_allclose(named[there], found, rtol=1e-9, atol=rounding)
    within = (every < (np.minimum(covered, radius) - rounding)[:, None]).sum(axis=1)
    assert np.all(n >= np.minimum(within, k))


@pytest.mark.parametrize("r", [7, 12])
def test_many_points_within_a_radius(r):
    """As many as make the scan worth while, and the last of its tiles not full."""
    points = normal(_choose.SCAN_MIN_POINTS + 5000, r)
    x = np.concatenate([normal(30, r, 1), 0.1 * normal(10, r, 2)])
    every = np.sort(all_distances(x, points), axis=1)
    radius = every[:, 9] * (1 + 1e-9)
    distances, indices, covered = Neighbors(points).query_within(x, 12, radius)
    np.testing.assert_allclose(distances[:, :10], every[:, :10], rtol=1e-9)
    named = np.linalg.norm(points[indices] - x[:, None], axis=-1)[:, :10]
    np.testing.assert_allclose(named, distances[:, :10], rtol=1e-12)
    assert np.all(covered >= radius)  # for no more points than were asked for lie within it


@pytest.mark.parametrize("way", [TreeNeighbors, PairwiseNeighbors, ScanNeighbors])
def test_no_queries(r, way):
    none = np.empty((0, r))
    distances, indices, covered = way(normal(20, r)).query_within(none, 3, np.empty(0))
    assert distances.shape == indices.shape == (0, 3)
    assert covered.shape == (0,)


@pytest.mark.parametrize("far", [1e7, 1e15, 1e25])
def test_queries_from_far_away(far):
    """From where all distances are alike in float32, and beyond what it can hold."""
    points = normal(2000, 7)
    x = far * normal(5, 7, 1)
    scan = ScanNeighbors(points)
    distances, indices, _ = scan.query_within(x, 4, np.full(5, np.inf))
    every = all_distances(x, points)
    np.testing.assert_allclose(distances, np.sort(every, axis=1)[:, :4], rtol=1e-14)
    named = np.take_along_axis(every, indices, axis=1)
    np.testing.assert_allclose(named, distances, rtol=1e-14)


@pytest.mark.parametrize("r", [2, 20])
def test_close_pairs_in_a_wide_set(r):
    """Points 1e-7 apart among points 1 apart, at an offset of 1e3: the scan's expansion cancels."""
    points = normal(300, r) + 1e3
    twins = np.concatenate([points, points + 1e-7 * normal(300, r, 1)])
    distances, indices = Neighbors(twins).query(twins, 2)
    np.testing.assert_array_equal(indices[:, 0], np.arange(600))
    np.testing.assert_array_equal(indices[:, 1], (np.arange(600) + 300) % 600)
    np.testing.assert_array_equal(distances[:, 0], 0)
    np.testing.assert_allclose(
        distances[:, 1], np.linalg.norm(twins - np.roll(twins, 300, axis=0), axis=1), rtol=1e-9
    )


@pytest.mark.parametrize("k", [1, 11, 200])
def test_the_k_nearest_of_many_points(k):
    """Past SCAN_MIN_POINTS a bound of the radius comes from a part of the points."""
    points = normal(_choose.SCAN_MIN_POINTS + 5000, 8)
    points[:40] = points[0] + 1e-7 * normal(40, 8, 3)  # closer than float32 tells
    x = np.concatenate([points[:60], normal(20, 8, 1)])
    assert_nearest(*Neighbors(points).query(x, k), x, points)


def test_a_crowd_within_the_radius():
    """More points than a row may keep: a smaller radius, or in the end the other scan."""
    points = np.concatenate([normal(_choose.SCAN_MIN_POINTS, 7), 0.01 * normal(3000, 7, 1)])
    x = np.concatenate([normal(10, 7, 2), np.zeros((10, 7))])
    distances, _, covered = Neighbors(points).query_within(x, 20, np.full(len(x), 2.5))
    every = np.sort(all_distances(x, points), axis=1)
    n = np.isfinite(distances).sum(axis=1)
    assert np.all(n[10:] > 0)
    for i in range(len(x)):
        np.testing.assert_allclose(distances[i, : n[i]], every[i, : n[i]], rtol=1e-9)
        assert n[i] == min(20, (every[i] <= covered[i] * (1 + 1e-12)).sum())


def test_a_crowd_within_the_radius_takes_no_memory():
    """All 8192 points lie within it: 2048 x 8192 pairs would take hundreds of MB."""
    points, x = normal(8192, 12, seed=0), normal(2048, 12, seed=1)
    scan = ScanNeighbors(points)
    scan.query(x[:300], 5)  # compiles
    tracemalloc.start()
    distances, _, covered = scan.query_within(x, 5, np.full(2048, 50.0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 120 * 2**20
    np.testing.assert_allclose(distances, TreeNeighbors(points).query(x, 5)[0], rtol=1e-12)
    assert (covered >= distances[:, -1]).all()


def test_a_crowd_in_a_shell_is_told_by_the_scan(monkeypatch):
    """From afar in many dimensions: 0.9 of a radius that holds thousands holds none."""
    points, x = normal(20_000, 30), 3 * normal(100, 30, 1)
    every = np.sort(all_distances(x, points), axis=1)
    asked_again, slow = [], PairwiseNeighbors.query

    def counted(self, x, k):
        asked_again.append(len(x))
        return slow(self, x, k)

    monkeypatch.setattr(PairwiseNeighbors, "query", counted)
    distances, _, covered = ScanNeighbors(points).query_within(x, 20, every[:, 5000])
    np.testing.assert_allclose(distances, every[:, :20], rtol=1e-12)
    np.testing.assert_allclose(covered, every[:, 19], rtol=1e-12)
    assert sum(asked_again) <= 10


def test_points_in_float32_are_searched_part_by_part(monkeypatch):
    """They are not copied as a whole, and the distances are those to them as they are."""
    monkeypatch.setattr("smoothdiff.neighbors._pairwise.PART", 1 << 16)
    points, x = normal(100_000, 12).astype(np.float32), normal(7, 12, 1)
    tracemalloc.start()
    distances, indices = PairwiseNeighbors(points).query(x, 30)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < points.nbytes
    expected, nearest = PairwiseNeighbors(points.astype(float)).query(x, 30)
    np.testing.assert_array_equal(distances, expected)
    np.testing.assert_array_equal(indices, nearest)


@pytest.mark.parametrize(("n", "threads", "expected"), [(50, 2, 1), (3000, 2, 2), (3000, 1, 1)])
def test_a_scan_takes_the_threads_that_it_is_given(n, threads, expected, monkeypatch):
    """And a short one a single thread: those of OpenMP wait in a loop."""
    points, seen = normal(1000, 8), []
    scan = PairwiseNeighbors(points)
    kneighbors = scan._search.kneighbors

    def limits():
        """Of all libraries that have threads; others may have brought theirs later."""
        found = ThreadpoolController().select(user_api="openmp").info()
        ours = {library["filepath"] for library in _openmp().info()}
        return {lib["filepath"]: lib["num_threads"] for lib in found if lib["filepath"] in ours}

    def spy(*arguments, **options):
        seen.append(set(limits().values()))
        return kneighbors(*arguments, **options)

    monkeypatch.setattr(scan._search, "kneighbors", spy)
    before = limits()
    with workers(threads):
        scan.query(np.resize(points, (n, 8)), 3)
    assert seen == [{expected}]
    assert limits() == before
