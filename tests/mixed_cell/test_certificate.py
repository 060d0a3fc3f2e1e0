"""The certificate over all points: many of them, tiny ratios, and rows that rounding defeats."""

import numpy as np
import pytest
import reference
from cell_cases import CLOUDS, EPS, assert_exact, grid, normal, queries
from sklearn.datasets import load_iris

from smoothdiff import SmoothedPLDiffusion
from smoothdiff.cloud import PointCloud
from smoothdiff.mixed_cell import _batch, _solve, solve
from smoothdiff.mixed_cell._candidates import of_least_gradient
from smoothdiff.mixed_cell._exact import solve_exactly
from smoothdiff.neighbors import _choose

TINY = [1e-6, 1e-9, 1e-12, 1e-15, 1e-60]


@pytest.mark.parametrize("r", [1, 2, 5, 12])
def test_blocks_do_not_change_the_numbers(r, monkeypatch):
    cloud, x = PointCloud.of(normal(150, r)), normal(90, r, 1)
    whole = solve(x, cloud, 0.2, faces=True)
    monkeypatch.setattr(_solve, "BLOCK", 7 * r)
    for a, b in zip(whole, solve(x, cloud, 0.2, faces=True), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("ratio", [0.1, 0.5])
@pytest.mark.parametrize("r", [2, 3, 4, 8])
def test_candidates_are_found_among_thousands(r, ratio, rng):
    """Far more points than a first candidate set holds: the certificate over all of them."""
    points = rng.normal(size=(4000, r))
    cloud, x = PointCloud.of(points), 1.5 * rng.normal(size=(100, r))
    cell = solve(x, cloud, ratio)
    distances = np.linalg.norm(cell.v[:, None] - cloud.points, axis=-1)
    own = np.where(cell.parents >= 0, np.take_along_axis(distances, cell.parents, axis=1), 0)
    assert np.all(own.max(axis=1) <= distances.min(axis=1) * (1 + 1e-11))
    expected = reference.mixed_cell(x[:5], cloud.points, ratio)
    np.testing.assert_allclose(cell.a[:5], expected, rtol=0, atol=1e-9)


def test_rows_of_many_corners_in_many_dimensions(monkeypatch):
    """Rows with more corners than slots to begin in, among rows that are solved in these."""
    r = 40
    cloud, x = PointCloud.of(normal(600, r)), normal(40, r, 1)
    x[:20] *= 0.05  # near the middle, in faces of many corners
    monkeypatch.setattr(_batch, "WORTH", 1)
    cell = solve(x, cloud, 0.02)
    n_parents = (cell.parents >= 0).sum(axis=1)
    few = _batch.FEW_SLOTS + r // _batch.DIM_PER_SLOT
    assert (n_parents > few).any()
    assert (n_parents < few).any()
    monkeypatch.setattr(_batch, "WORTH", np.inf)
    for a, b in zip(cell[:3], solve(x, cloud, 0.02)[:3], strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-11)
    distances = np.linalg.norm(cell.v[:, None] - cloud.points, axis=-1)
    own = np.where(cell.parents >= 0, np.take_along_axis(distances, cell.parents, axis=1), 0)
    assert np.all(own.max(axis=1) <= distances.min(axis=1) * (1 + 1e-11))


@pytest.mark.parametrize("scan_from", [1, 10**9], ids=["float32 scan", "k-nearest scan"])
@pytest.mark.parametrize("r", [2, 8])
def test_points_near_their_hints_among_thousands(r, scan_from, monkeypatch, rng):
    """As sampling asks: each x is a training point and noise, and that point is the hint."""
    monkeypatch.setattr(_choose, "SCAN_MIN_POINTS", scan_from)
    monkeypatch.setattr(_choose, "TREE_MAX_DIM_OF_FEW", 5)
    cloud = PointCloud.of(rng.normal(size=(3000, r)))
    near = rng.integers(len(cloud), size=100)
    x = cloud.points[near] + 0.5 * cloud.spacing() * rng.normal(size=(100, r))
    for ratio in (0.02, 0.5):
        cell = solve(x, cloud, ratio, near=near)
        distances = np.linalg.norm(cell.v[:, None] - cloud.points, axis=-1)
        own = np.where(cell.parents >= 0, np.take_along_axis(distances, cell.parents, axis=1), 0)
        assert np.all(own.max(axis=1) <= distances.min(axis=1) * (1 + 1e-10))
        expected = reference.mixed_cell(x[:4], cloud.points, ratio)
        np.testing.assert_allclose(cell.a[:4], expected, rtol=0, atol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize(("r", "m"), [(2, 2000), (5, 2000), (10, 500)])
def test_certificate_at_full_size(r, m, rng):
    cloud, x = PointCloud.of(rng.normal(size=(20000, r))), rng.normal(size=(m, r))
    cell = solve(x, cloud, 0.1)
    for v, own in zip(cell.v, cell.parents, strict=True):
        distances = np.linalg.norm(v - cloud.points, axis=1)
        assert distances[own[own >= 0]].max() <= distances.min() * (1 + 1e-11)


MORE = {
    "random 1-D": normal(30, 1),
    "random 4-D": normal(50, 4),
    "random 6-D": normal(50, 6),
    "grid 4-D": grid(range(3), range(2), range(3), range(2)),
}


@pytest.mark.parametrize("name", [*CLOUDS, *MORE])
def test_tiny_ratios(name):
    """As exact as any other: inside the hull, on it, and far outside."""
    cloud = PointCloud.of(MORE[name] if name in MORE else CLOUDS[name]())
    x = queries(cloud.points, 2)
    size = max(np.abs(x).max(), np.abs(cloud.points).max())
    for ratio in TINY:
        cell = solve(x, cloud, ratio, faces=True)
        assert_exact(cell, x, cloud.points, ratio)
        recombined = (1 - ratio) * cell.a + ratio * cell.v
        np.testing.assert_allclose(recombined, x, rtol=0, atol=8 * EPS * size)


@pytest.mark.parametrize("r", [2, 3, 5])
def test_the_limit_is_the_projection_onto_the_hull(r, rng):
    """Of all points of the hull the one from which no training point lies towards x.

    SciPy's nnls, which would find it too, is wrong before 1.16.
    """
    points, x = rng.normal(size=(40, r)), 1.5 * rng.normal(size=(30, r))
    cloud = PointCloud.of(points)
    for ratio in (1e-9, 1e-12):
        cell = solve(x, cloud, ratio)
        own = cloud.points[np.maximum(cell.parents, 0)]
        np.testing.assert_allclose((cell.weights[..., None] * own).sum(1), cell.a, atol=1e-14)
        assert (cell.weights >= 0).all()
        towards = ((x - cell.a)[:, None] * (points - cell.a[:, None])).sum(-1)
        assert towards.max() < 10 * ratio + 1e-14


@pytest.mark.parametrize("ratio", [1e-3, *TINY])
@pytest.mark.parametrize("r", [2, 3, 6])
def test_no_gradient_lies_below_the_parents(r, ratio, rng):
    """Among thousands, in the longest floats: g_k = rho |y_k|^2 - 2 y_k.(rho v)."""
    cloud, x = PointCloud.of(rng.normal(size=(3000, r))), 1.5 * rng.normal(size=(60, r))
    ratio = max(ratio, 1e-12)  # below it the terms of v itself are larger than what they differ by
    cell = solve(x, cloud, ratio)
    y, v = cloud.points.astype(np.longdouble), cell.v.astype(np.longdouble)
    g = ratio * (y**2).sum(axis=1) - 2 * ratio * (v @ y.T)
    own = np.take_along_axis(g, np.maximum(cell.parents, 0), axis=1)
    own = np.where(cell.parents >= 0, own, -np.inf).max(axis=1)
    width = np.abs(cloud.points).max() * np.sqrt(r)
    terms = ratio * width * (width + 2 * np.linalg.norm(cell.v, axis=1))
    assert np.all(own - g.min(axis=1) <= 1e-12 * terms)


def test_points_of_least_gradient():
    cloud, x = PointCloud.of(normal(500, 3)), 5 * normal(20, 3, 1)
    cell = solve(x, cloud, 1e-9)
    found = of_least_gradient(cell.a, cell.v, np.full(20, 1e-9), cloud)
    g = (cloud.points**2).sum(axis=1) - 2 * cell.v @ cloud.points.T
    for row, indices in zip(g, found, strict=True):
        least = np.argsort(row)[: len(indices) - len(indices) // 3]  # a third lies near a
        assert set(least) <= set(indices)


@pytest.mark.parametrize("ratio", [1e-12, 0.03, 0.7])
@pytest.mark.parametrize("points", [normal(20, 3), grid(range(3), range(4)), normal(3, 5)])
def test_solved_in_integers(points, ratio):
    for x in queries(points, 2):
        parents, weights, a, v = solve_exactly(x, points, ratio)
        expected, support = reference.MixedCellProblem(x, points, ratio).by_pivoting()
        np.testing.assert_array_equal(a, expected)
        assert set(parents) == support
        np.testing.assert_allclose(np.array(weights) @ points[parents], a, rtol=0, atol=1e-14)
        size = max(np.abs(x).max(), np.abs(points).max())
        np.testing.assert_allclose((1 - ratio) * a + ratio * v, x, rtol=0, atol=4 * EPS * size)


def test_rows_left_after_the_last_round_are_solved_in_integers(monkeypatch):
    points, x = PointCloud.of(normal(400, 4)), normal(30, 4, 1)
    expected = solve(x, points, 0.01, faces=True)
    monkeypatch.setattr(_solve, "MAX_ROUNDS", 1)
    calls = []
    monkeypatch.setattr(
        _solve, "solve_exactly", lambda *args: (calls.append(1), solve_exactly(*args))[1]
    )
    cell = solve(x, points, 0.01, faces=True)
    assert len(calls) > 3
    np.testing.assert_allclose(cell.a, expected.a, rtol=0, atol=1e-13)
    np.testing.assert_allclose(cell.v, expected.v, rtol=0, atol=1e-11)
    np.testing.assert_array_equal(cell.parents, expected.parents)
    np.testing.assert_array_equal(cell.face_dim, expected.face_dim)


def test_integers_know_of_ratios_beyond_1(monkeypatch):
    """Were rounding to defeat every row: a is the nearest point, and v on the ray from it to x."""
    points, x = normal(20, 2), normal(12, 2, 1)
    monkeypatch.setattr(_solve, "DEFECT", -1.0)  # below any
    cell = solve(x, PointCloud.of(points), 1.5)
    nearest = points[np.linalg.norm(x[:, None] - points, axis=-1).argmin(axis=1)]
    np.testing.assert_array_equal(cell.a, nearest)
    np.testing.assert_allclose(cell.v, nearest + (x - nearest) / 1.5, rtol=1e-14)


@pytest.mark.parametrize("ratio", [1e-15, 1e-3, 0.1, 0.9, 1.3])
@pytest.mark.parametrize("r", [1, 2, 3, 6])
def test_weights_make_up_a(r, ratio, rng):
    cloud = PointCloud.of(normal(80, r))
    x = np.concatenate([queries(cloud.points, 6), cloud.points + 1e-15 * rng.normal(size=(80, r))])
    cell = solve(x, cloud, ratio)
    assert np.all(cell.weights >= 0)
    np.testing.assert_allclose(cell.weights.sum(axis=1), 1, rtol=0, atol=4 * EPS)
    np.testing.assert_array_equal(cell.parents >= 0, cell.weights > 0)
    assert cell.weights[cell.weights > 0].min() > 1e-15
    alone = cell.parents[:, 1] < 0
    assert alone.sum() > 40
    np.testing.assert_array_equal(cell.weights[alone, 0], 1.0)
    np.testing.assert_array_equal(cell.a[alone], cloud.points[cell.parents[alone, 0]])
    combined = np.einsum("nk,nkd->nd", cell.weights, cloud.points[cell.parents])
    np.testing.assert_allclose(combined, cell.a, rtol=0, atol=16 * EPS * np.abs(cloud.points).max())


@pytest.mark.parametrize("kappa", [1e-6, 1e-9])
def test_the_smallest_smoothing_of_iris(kappa):
    X = load_iris().data
    model = SmoothedPLDiffusion(kappa=kappa, random_state=0).fit(X)
    assert np.isfinite(model.sample(100)).all()
    assert np.isfinite(model.score_samples(X + 0.01)).all()
    assert np.isfinite(model.score_function(X + 0.3, 1e-13)).all()
