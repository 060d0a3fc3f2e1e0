"""The mixed-cell solve against integer arithmetic and closed forms, on clouds of every kind."""

import numpy as np
import pytest
import reference
from cell_cases import (
    CLOUDS,
    EPS,
    RATIOS,
    assert_close_rows,
    assert_exact,
    circle,
    grid,
    normal,
    queries,
    rounding,
)

from smoothdiff.cloud import PointCloud
from smoothdiff.mixed_cell import solve
from smoothdiff.mixed_cell._cell import heavy
from smoothdiff.mixed_cell._solve import BLOCK, MANY, SQUARES, _rows_per_block


@pytest.fixture(scope="module", params=RATIOS)
def rho(request):
    return request.param


@pytest.fixture(scope="module", params=CLOUDS)
def cloud(request):
    return PointCloud.of(CLOUDS[request.param]())


@pytest.fixture(scope="module")
def solved(cloud, rho):
    """x, points and the solution."""
    x = queries(cloud.points, 8)
    return x, cloud.points, solve(x, cloud, rho, faces=True)


@pytest.mark.parametrize(
    "points", [normal(7, 2), normal(7, 3), grid(range(3), range(2)), circle(6)]
)
def test_reference_methods_agree_exactly(points):
    for x in queries(points, 3):
        problem = reference.MixedCellProblem(x, points, 0.3)
        np.testing.assert_array_equal(problem.by_enumeration()[0], problem.by_pivoting()[0])


@pytest.mark.parametrize("ratio", [0.05, 0.5])
@pytest.mark.parametrize("r", [2, 3])
@pytest.mark.parametrize("seed", range(3))
def test_a_is_the_best_over_all_subsets(seed, r, ratio):
    points = normal(8, r, seed)
    x = queries(points, 4)
    expected = [reference.MixedCellProblem(row, points, ratio).by_enumeration() for row in x]
    cloud = PointCloud.of(points)
    cell = solve(x, cloud, ratio)
    best = np.array([a for a, _ in expected])
    np.testing.assert_allclose(cell.a, best, rtol=0, atol=1e-9)
    index = {tuple(row): k for k, row in enumerate(points)}
    for weights, parents, (_, support) in zip(cell.weights, cell.parents, expected, strict=True):
        found = {index[tuple(cloud.points[k])] for k in parents[weights > 1e-9]}
        assert found <= support


def test_a_is_exact(solved, rho):
    x, points, cell = solved
    assert_exact(cell, x, points, rho)


def test_no_training_point_is_nearer_to_v_than_the_parents(solved, rho):
    x, points, cell = solved
    distances = np.linalg.norm(cell.v[:, None] - points, axis=-1)
    own = [row[row >= 0] for row in cell.parents]
    reach = [np.linalg.norm(row - points[k], axis=1).max() for row, k in zip(x, own, strict=True)]
    allowed = distances.min(axis=1) * (1 + 1e-9)
    allowed += (1e-11 * np.array(reach) + rounding(x, points, rho)) / rho
    for row, k, bound in zip(distances, own, allowed, strict=True):
        assert row[k].max() <= bound


def test_x_lies_between_a_and_v(solved, rho):
    x, points, cell = solved
    size = max(np.abs(x).max(), np.abs(points).max())
    recombined = (1 - rho) * cell.a + rho * cell.v
    np.testing.assert_allclose(recombined, x, rtol=0, atol=8 * EPS * size)


def test_weights_name_the_parents_of_a(solved):
    _, points, cell = solved
    assert np.all(cell.weights >= 0)
    np.testing.assert_allclose(cell.weights.sum(axis=1), 1, rtol=0, atol=1e-12)
    assert np.all((cell.parents >= 0) == (cell.weights > 0))
    assert np.all(np.diff(cell.weights, axis=1) <= 0)  # by decreasing weight
    for own in cell.parents:
        used = own[own >= 0]
        assert len(set(used)) == len(used)
    combined = np.einsum("nk,nkd->nd", cell.weights, points[cell.parents])
    np.testing.assert_allclose(combined, cell.a, rtol=0, atol=64 * EPS * np.abs(points).max())


@pytest.mark.parametrize("r", [2, 5])
def test_a_hint_to_the_only_point(r):
    point, x = normal(1, r), normal(3, r, 1)
    cell = solve(x, PointCloud.of(point), 0.3, near=np.zeros(3, dtype=int))
    np.testing.assert_array_equal(cell.a, np.repeat(point, 3, axis=0))
    np.testing.assert_allclose(cell.v, point + (x - point) / 0.3, rtol=1e-13)


def test_a_weight_is_rounding_beside_the_largest_of_its_row():
    weights = np.array([[0.5, 0.5 + 1e-14, 1e-14, 0.4e-14], [1.0, 1.1e-14, 0.9e-14, 0.0]])
    expected = [[True, True, True, False], [True, True, False, False]]
    np.testing.assert_array_equal(heavy(weights, weights[:, :1]), expected)


@pytest.mark.parametrize(
    "name",
    ["random 2-D", "random 3-D", "random 5-D", "clusters 2-D, 1e3 apart", "grid 3-D", "circle"],
)
def test_hints_do_not_change_the_answer(name, rng):
    cloud = PointCloud.of(CLOUDS[name]())
    x, points = queries(cloud.points), cloud.points
    distances = np.linalg.norm(x[:, None] - points, axis=-1)
    nearest, farthest = distances.argmin(axis=1), distances.argmax(axis=1)
    hints = nearest, rng.integers(len(cloud), size=len(x)), farthest
    for ratio in RATIOS:
        without = solve(x, cloud, ratio, faces=True)
        expected, reach = reference.mixed_cell(x, points, ratio, reach=True)
        off = rounding(x, points, ratio)
        for near in hints:
            with_hint = solve(x, cloud, ratio, near=near, faces=True)
            assert_close_rows(with_hint.a, expected, 1e-9 * reach + off)
            bound = 1e-9 * distances.max(axis=1) + off
            assert_close_rows(with_hint.v, without.v, bound / ratio)
            np.testing.assert_array_equal(with_hint.face_dim, without.face_dim)


@pytest.mark.parametrize("ratio", [1e-4, 1e-3, 0.01, 0.1, 0.5])
@pytest.mark.parametrize("shape", [(6, 6), (3, 4, 3), (6, 6, 6)])
def test_hints_on_a_grid(shape, ratio, rng):
    """Noise around each point, rounded to quarters: every tie there is, from either side."""
    points = grid(*map(range, shape))
    near = rng.integers(len(points), size=4000)
    x = points[near] + 0.5 * rng.normal(size=(4000, len(shape)))
    x = np.round(4 * x) / 4
    x[::3, 0] = np.round(x[::3, 0])
    cloud = PointCloud.of(points)
    order = np.lexsort(points.T[::-1]), np.lexsort(cloud.points.T[::-1])
    index = np.empty(len(points), int)
    index[order[0]] = order[1]
    cell = solve(x, cloud, ratio, near=index[near])
    quarters = np.unique(x)
    lines = [[reference.line_denoiser(q, np.arange(n), ratio) for q in quarters] for n in shape]
    expected = np.stack(
        [np.interp(column, quarters, line) for column, line in zip(x.T, lines, strict=True)], axis=1
    )
    np.testing.assert_allclose(cell.a, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("points", [normal(30, 2), normal(200, 3), grid(range(4), range(4))])
@pytest.mark.parametrize("ratio", [1.0, 1.7, 50.0])
def test_without_smoothing_a_is_the_nearest_point(points, ratio):
    x = queries(points)
    cell = solve(x, PointCloud.of(points), ratio, faces=True)
    distances = np.linalg.norm(x[:, None] - points, axis=-1)
    np.testing.assert_array_equal(np.linalg.norm(x - cell.a, axis=1), distances.min(axis=1))
    np.testing.assert_allclose((1 - ratio) * cell.a + ratio * cell.v, x, rtol=1e-13, atol=1e-13)
    np.testing.assert_array_equal(cell.weights[:, 0], 1)
    np.testing.assert_array_equal(cell.face_dim, 0)


@pytest.mark.parametrize("r", [1, 2, 3])
def test_a_ratio_for_each_row(r, rng):
    cloud, x = PointCloud.of(normal(40, r)), normal(60, r, 1)
    ratios = np.concatenate([10 ** rng.uniform(-4, 0, size=50), rng.uniform(1, 3, size=10)])
    together = solve(x, cloud, ratios, faces=True)
    for i in range(len(x)):
        alone = solve(x[i : i + 1], cloud, ratios[i], faces=True)
        for one, all_rows in zip(alone, together, strict=True):
            np.testing.assert_allclose(one[0], all_rows[i], rtol=1e-11, atol=1e-13)
    smoothed = ratios < 1
    expected = reference.mixed_cell(x[smoothed], cloud.points, ratios[smoothed])
    bound = 1e-9 + rounding(x[smoothed], cloud.points, ratios[smoothed])
    assert_close_rows(together.a[smoothed], expected, bound)


@pytest.mark.parametrize("ratio", [0.01, 0.3, 0.9])
@pytest.mark.parametrize(
    ("n", "r", "m"),
    [(300, 5, 12), pytest.param(500, 10, 8, marks=pytest.mark.slow), (500, 20, 2)],
)
@pytest.mark.parametrize(
    "kind", ["normal", pytest.param("clusters", marks=pytest.mark.slow), "curve"]
)
def test_many_dimensions(kind, n, r, m, ratio, rng):
    points = normal(n, r)
    if kind == "clusters":
        points[n // 2 :] += 300
    if kind == "curve":
        points = np.cos(np.linspace(0, 3, n)[:, None] * np.arange(1, r + 1)) + 0.01 * points
    i, j = rng.integers(n, size=(2, m))
    x = np.concatenate([(points[i] + points[j]) / 2, points[i] + rng.normal(size=(m, r))])
    cell = solve(x, PointCloud.of(points), ratio)
    assert_exact(cell, x, points, ratio)


@pytest.mark.parametrize("scale", [1e-12, 1e-3, 1e12])
@pytest.mark.parametrize("r", [2, 3])
def test_scale_of_the_data(r, scale):
    points = normal(50, r)
    x = queries(points)
    plain = solve(x, PointCloud.of(points), 0.2)
    scaled = solve(scale * x, PointCloud.of(scale * points), 0.2)
    np.testing.assert_allclose(scaled.a / scale, plain.a, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(scaled.v / scale, plain.v, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("r", [1, 2, 5])
def test_no_rows_give_no_rows(r):
    cell = solve(np.empty((0, r)), PointCloud.of(normal(9, r)), 0.1, faces=True)
    assert cell.a.shape == cell.v.shape == (0, r)
    assert cell.parents.shape == cell.weights.shape == (0, r + 1)


@pytest.mark.parametrize("r", [1, 2, 4])
def test_user_precision_does_not_matter(user_precision, r):
    points, x = normal(50, r), normal(30, r, 1)
    cell = solve(x, PointCloud.of(points), 0.3)
    assert all(field.dtype in (np.float64, np.intp) for field in cell)
    assert_exact(cell, x, points, 0.3)


@pytest.mark.parametrize("r", [1, 2, 5])
def test_ratios_that_are_no_ratio(r, rng):
    """What underflows to zero has the limit; negative and missing ratios are refused."""
    cloud = PointCloud(rng.normal(size=(50, r)), np.full(50, 0.02))
    x = rng.normal(size=(20, r))
    np.testing.assert_array_equal(solve(x, cloud, 0.0).a, solve(x, cloud, 1e-16).a)
    for ratio in (-1.0, np.nan):
        with pytest.raises(ValueError, match="must not be negative or NaN"):
            solve(x, cloud, ratio)


@pytest.mark.parametrize("dim", [1, 3, 16, 64, 500])
@pytest.mark.parametrize("n", [0, 1, 1000, 8193, 123_457, 10**6])
def test_blocks_are_of_one_size_and_no_larger_than_memory_allows(n, dim):
    size = _rows_per_block(n, dim)
    n_blocks = -(-n // size)
    assert size * dim**2 <= SQUARES or size <= 2
    assert size <= BLOCK // dim or dim > MANY
    assert n_blocks < 2 or n_blocks % 2 == 0 or size < 100  # few rows more or less, where so small
