"""Leaves: every point in one, the boxes around them, and what the boxes leave out."""

import numpy as np
import pytest

from smoothdiff._compute import float64
from smoothdiff.neighbors._leaves import QUERIES, Leaves, squared_gaps
from smoothdiff.neighbors._scan import CALL, ScanNeighbors, _meetings


@pytest.mark.parametrize("n", [1, 256, 257, 5000])
def test_every_point_is_in_one_leaf_and_in_its_box(n, rng):
    points = rng.normal(size=(n, 4)) ** 3
    with float64():
        leaves = Leaves.of(points)
        low, high, squares = (np.asarray(f) for f in (leaves.low, leaves.high, leaves.squares))
    assert np.array_equal(np.sort(leaves.order), np.arange(n))
    for leaf in range(-(-n // leaves.size)):
        own = points[leaves.order[leaf * leaves.size : (leaf + 1) * leaves.size]]
        np.testing.assert_array_equal(own.min(axis=0), low[:, leaf])
        np.testing.assert_array_equal(own.max(axis=0), high[:, leaf])
    assert np.isfinite(squares).sum() == n


def test_gaps_are_the_distances_to_the_boxes(rng):
    points, x = rng.normal(size=(2000, 6)), 2 * rng.normal(size=(QUERIES, 6))
    with float64():
        leaves = Leaves.of(points)
        gaps = np.asarray(squared_gaps(x, leaves.low, leaves.high, 1))
    nearest = np.clip(x[None], leaves.low.T[:, None], leaves.high.T[:, None])
    np.testing.assert_allclose(gaps[:8], ((x - nearest) ** 2).sum(axis=2)[:8], rtol=1e-13)
    assert np.all(gaps[8:] == np.inf)  # no leaves


def test_meetings_bring_together_who_meets(rng):
    meets = rng.random((7, 100)) < 0.3
    leaf, row, n_meetings = _meetings(meets, 8, 16)
    assert len(leaf) % 16 == 0
    found = np.zeros_like(meets)
    for j, rows in zip(leaf[:n_meetings], row[:n_meetings], strict=True):
        found[j, rows[rows < CALL]] = True
    assert np.array_equal(found, meets)
    assert np.all(row[n_meetings:] == CALL)


def test_far_leaves_are_left_out(rng, monkeypatch):
    """In well-separated clusters a query meets the leaves of its own, and misses no point."""
    centers = 100 * rng.normal(size=(20, 8))
    points = centers[rng.integers(20, size=20000)] + rng.normal(size=(20000, 8))
    x = points[::200] + 0.1 * rng.normal(size=(100, 8))
    seen, within = [], ScanNeighbors._within

    def counted(self, queries, meets, *rest):
        seen.append(meets.mean())
        return within(self, queries, meets, *rest)

    monkeypatch.setattr(ScanNeighbors, "_within", counted)
    with float64():
        distances, indices = ScanNeighbors(points).query(x, 5)
    brute = np.linalg.norm(x[:, None] - points, axis=2)
    np.testing.assert_allclose(distances, np.sort(brute, axis=1)[:, :5], rtol=1e-12)
    np.testing.assert_array_equal(
        np.take_along_axis(brute, indices, 1).round(9), distances.round(9)
    )
    assert max(seen) < 0.15


@pytest.mark.parametrize("scale", [1e-150, 1e18, 1e25, 1e100])
def test_what_float32_cannot_square_is_found_all_the_same(scale, rng):
    points = rng.normal(size=(20000, 6))
    with float64():
        distances, _ = ScanNeighbors(scale * points).query(scale * points[:20], 5)
    brute = np.linalg.norm(points[:20, None] - points, axis=2)
    np.testing.assert_allclose(distances / scale, np.sort(brute, axis=1)[:, :5], atol=1e-14)
