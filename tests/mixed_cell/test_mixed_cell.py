"""The mixed-cell solve against integer arithmetic, closed forms, and its own certificate."""

from itertools import product

import numpy as np
import pytest
import reference

from smoothdiff.cloud import PointCloud
from smoothdiff.mixed_cell import _solve, solve
from smoothdiff.neighbors import _choose

EPS = np.finfo(float).eps
RATIOS = [1e-4, 0.03, 0.5, 0.999]


def normal(n, r, seed=0):
    return np.random.default_rng(seed).normal(size=(n, r))


def grid(*ticks):
    return np.array(list(product(*ticks)), dtype=float)


def circle(n, center=(0.0, 0.0)):
    angle = 2 * np.pi * np.arange(n) / n
    return np.c_[np.cos(angle), np.sin(angle)] + center


def sphere(n, r):
    points = normal(n, r)
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def twins(r, gap, n=25):
    points = normal(n, r)
    return np.concatenate([points, points[: n // 2] + gap * normal(n // 2, r, 1)])


def clusters(r, apart):
    centers = apart * np.eye(3, r)
    return np.concatenate([normal(12, r, seed) + c for seed, c in enumerate(centers)])


CLOUDS = {
    "random 2-D": lambda: normal(60, 2),
    "random 3-D": lambda: normal(60, 3),
    "random 5-D": lambda: normal(60, 5),
    "clusters 2-D, 1e3 apart": lambda: clusters(2, 1e3),
    "clusters 2-D, 1e6 apart": lambda: clusters(2, 1e6),
    "clusters 3-D, 1e6 apart": lambda: clusters(3, 1e6),
    "twins 2-D, 1e-12 apart": lambda: twins(2, 1e-12),
    "twins 2-D, 1e-7 apart": lambda: twins(2, 1e-7),
    "twins 2-D, 1e-3 apart": lambda: twins(2, 1e-3),
    "twins 3-D, 1e-5 apart": lambda: twins(3, 1e-5),
    "scales from 1e-6 to 1e6": lambda: normal(60, 2) * 10.0 ** np.linspace(-6, 6, 60)[:, None],
    "grid 2-D": lambda: grid(range(5), range(6)),
    "grid 3-D": lambda: grid(range(3), range(4), range(3)),
    "uneven grid 3-D": lambda: grid([0, 1, 1.25, 7], [0, 0.1, 0.9], [-2, 0, 3]),
    "circle": lambda: circle(16),
    "circle and its center": lambda: np.concatenate([circle(9), [[0.0, 0.0]]]),
    "circle, center far from 0": lambda: circle(12, (1e5, -1e5)),
    "sphere 3-D": lambda: sphere(30, 3),
    "duplicates": lambda: np.repeat(normal(12, 2), 3, axis=0),
    "line in 2-D": lambda: normal(20, 1) * [1.0, 2.0],
    "line in 3-D": lambda: normal(20, 1) * [1.0, 2.0, -0.3],
    "plane in 3-D": lambda: normal(30, 2) @ normal(2, 3, 1),
    "fewer points than dimensions": lambda: normal(4, 6),
    "offset of 1e8": lambda: normal(40, 2) + 1e8,
    "two points": lambda: np.array([[0.0, 0.0], [1.0, 1.0]]),
    "one point": lambda: np.array([[0.3, 0.2]]),
}


def circumcenters(points, x):
    """Centers of the spheres through the r + 1 points nearest to each x (least squares if none)."""
    out = []
    for row in x:
        near = points[np.argsort(((points - row) ** 2).sum(axis=1))[: points.shape[1] + 1]]
        differences = near[1:] - near[0]
        offset = np.linalg.lstsq(2 * differences, (differences**2).sum(axis=1), rcond=1e-9)[0]
        out.append(near[0] + offset)
    return np.array(out)


def queries(points, m=12):
    """Points of every kind: on, between, amid, around and far outside the training points."""
    rng = np.random.default_rng(5)
    i, j, k = rng.integers(len(points), size=(3, m))
    width = np.ptp(points, axis=0).max() + 1
    middle = points.mean(axis=0)
    around = middle + width * rng.uniform(-1, 1, size=(m, points.shape[1]))
    distances = np.linalg.norm(points[i, None] - points, axis=-1)
    gap = np.sort(distances, axis=1)[:, :3].max(axis=1)
    twin = points[np.argsort(distances, axis=1)[:, min(1, len(points) - 1)]]
    beside = points[i] + (gap[:, None] + 1e-9) * rng.normal(size=(m, points.shape[1]))
    return np.concatenate(
        [
            points[i],
            (points[i] + twin) / 2,
            0.7 * points[i] + 0.3 * twin,
            (points[i] + points[j]) / 2,
            (points[i] + points[j] + points[k]) / 3,
            circumcenters(points, beside),
            around,
            beside,
            middle + 1e3 * (around - middle),
        ]
    )


def rounding(x, points, rho):
    """What rounding of the coordinates of x and of the points near it does to a, (n,)."""
    distances = np.linalg.norm(x[:, None] - points, axis=-1)
    size = np.linalg.norm(points[distances.argmin(axis=1)], axis=1) + np.linalg.norm(x, axis=1)
    size += np.sort(distances, axis=1)[:, : min(2, len(points))].max(axis=1)
    return 16 * EPS * size / (1 - np.minimum(rho, 0.9999))


def assert_close_rows(actual, desired, bound):
    error = np.linalg.norm(actual - desired, axis=1)
    bound = np.broadcast_to(bound, error.shape)
    worst = int(np.argmax(error - bound))
    assert error[worst] <= bound[worst], (
        f"row {worst}: {actual[worst]} instead of {desired[worst]}, "
        f"error {error[worst]:.1e} over {bound[worst]:.1e}"
    )


def assert_exact(cell, x, points, rho):
    """Error of a: at most 1e-9 of the distance of x from the points that make up a."""
    expected, reach = reference.mixed_cell(x, points, rho, reach=True)
    assert_close_rows(cell.a, expected, 1e-9 * reach + rounding(x, points, rho))


@pytest.fixture(scope="module", params=RATIOS)
def rho(request):
    return request.param


@pytest.fixture(scope="module", params=CLOUDS)
def cloud(request):
    return PointCloud.of(CLOUDS[request.param]())


@pytest.fixture(scope="module")
def solved(cloud, rho):
    """x, points and the solution."""
    x = queries(cloud.points)
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


@pytest.mark.parametrize("hint", ["nearest", "random", "farthest"])
@pytest.mark.parametrize(
    "name",
    ["random 2-D", "random 3-D", "random 5-D", "clusters 2-D, 1e3 apart", "grid 3-D", "circle"],
)
def test_hints_do_not_change_the_answer(name, hint, rng):
    cloud = PointCloud.of(CLOUDS[name]())
    x, points = queries(cloud.points), cloud.points
    distances = np.linalg.norm(x[:, None] - points, axis=-1)
    near = {
        "nearest": distances.argmin(axis=1),
        "random": rng.integers(len(cloud), size=len(x)),
        "farthest": distances.argmax(axis=1),
    }[hint]
    for ratio in RATIOS:
        with_hint = solve(x, cloud, ratio, near=near, faces=True)
        without = solve(x, cloud, ratio, faces=True)
        assert_exact(with_hint, x, points, ratio)
        bound = 1e-9 * distances.max(axis=1) + rounding(x, points, ratio)
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


@pytest.mark.parametrize(
    "ticks",
    [
        (range(5), range(6)),
        ([0, 1, 1.5, 4], [-1, 0, 0.25]),
        (range(3), range(4), range(3)),
        ([0, 1, 1.25], [0, 0.125, 0.875], [-2, 0, 3]),
        ([0, 1], [0, 1], [0, 1], [0, 1]),
        ([0, 1, 3], [0, 1], [0, 2], [0, 1], [0, 0.5]),
    ],
    ids=["2-D", "uneven 2-D", "3-D", "uneven 3-D", "4-D cube", "uneven 5-D"],
)
def test_on_a_grid_each_coordinate_is_its_own_problem(ticks, rho, rng):
    """The boxes of a product grid are its Delaunay faces, so that section 3 holds on each axis."""
    ticks = [np.asarray(tick, dtype=float) for tick in ticks]
    points = grid(*ticks)
    low, high = points.min(axis=0), points.max(axis=0)
    x = rng.uniform(low - 0.5, high + 0.5, size=(80, len(ticks)))
    x[:40] = np.round(4 * x[:40]) / 4  # centers, center lines, edges and corners of the boxes
    x[::3, 0] = (ticks[0][0] + ticks[0][1]) / 2
    cell = solve(x, PointCloud.of(points), rho, faces=True)
    expected, inside, at_an_edge = np.empty(x.shape), np.zeros(x.shape, int), np.zeros(len(x), bool)
    for i, tick in enumerate(ticks):
        expected[:, i] = [reference.line_denoiser(value, tick, rho) for value in x[:, i]]
        middle, half = (tick[1:] + tick[:-1]) / 2, np.diff(tick) / 2
        gap = np.abs(x[:, i, None] - middle) - (1 - rho) * half
        inside[:, i] = (gap < 0).any(axis=1)
        at_an_edge |= (np.abs(gap) < 1e-9).any(axis=1)
    np.testing.assert_allclose(cell.a, expected, rtol=0, atol=1e-9)
    assert (~at_an_edge).sum() > 40
    np.testing.assert_array_equal(cell.face_dim[~at_an_edge], inside.sum(axis=1)[~at_an_edge])


@pytest.mark.parametrize(
    "points",
    [circle(4), circle(16), sphere(30, 3), sphere(30, 4)],
    ids=["square", "16-gon", "sphere in 3-D", "sphere in 4-D"],
)
def test_points_on_a_sphere_span_one_face(points, rho, rng):
    """There a = x / (1 - rho) and v = 0, also where two opposite points suffice to make a."""
    n, r = points.shape
    a = rng.dirichlet(np.ones(n), size=30) @ points
    a[0] = 0
    a[1 : n // 2] = (points[1 : n // 2] + points[n // 2 + 1 : n // 2 * 2]) / 2
    cell = solve((1 - rho) * a, PointCloud.of(points), rho, faces=True)
    np.testing.assert_allclose(cell.a, a, rtol=0, atol=1e-9)
    np.testing.assert_allclose(cell.v, 0, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(cell.face_dim, r)


def test_face_dim_counts_parents_in_general_position(rho):
    x = queries(normal(60, 3))
    cell = solve(x, PointCloud.of(normal(60, 3)), rho, faces=True)
    np.testing.assert_array_equal(cell.face_dim, (cell.weights > 0).sum(axis=1) - 1)


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


@pytest.mark.parametrize("r", [1, 2, 5, 12])
def test_blocks_do_not_change_the_numbers(r, monkeypatch):
    cloud, x = PointCloud.of(normal(150, r)), normal(90, r, 1)
    whole = solve(x, cloud, 0.2, faces=True)
    monkeypatch.setattr(_solve, "ROWS_PER_BLOCK", (7, 7))
    for a, b in zip(whole, solve(x, cloud, 0.2, faces=True), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("ratio", [0.01, 0.3, 0.9])
@pytest.mark.parametrize(("n", "r", "m"), [(300, 5, 12), (500, 10, 8), (500, 20, 4)])
@pytest.mark.parametrize("kind", ["normal", "clusters", "curve"])
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


@pytest.mark.parametrize("scan_from", [1, 10**9], ids=["float32 scan", "k-nearest scan"])
@pytest.mark.parametrize("r", [2, 8])
def test_points_near_their_hints_among_thousands(r, scan_from, monkeypatch, rng):
    """As sampling asks: each x is a training point and noise, and that point is the hint."""
    monkeypatch.setattr(_choose, "SCAN_MIN_POINTS", scan_from)
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


@pytest.mark.parametrize("scale", [1e-12, 1e-3, 1e12])
@pytest.mark.parametrize("r", [2, 3])
def test_scale_of_the_data(r, scale):
    points = normal(50, r)
    x = queries(points)
    plain = solve(x, PointCloud.of(points), 0.2)
    scaled = solve(scale * x, PointCloud.of(scale * points), 0.2)
    np.testing.assert_allclose(scaled.a / scale, plain.a, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(scaled.v / scale, plain.v, rtol=1e-10, atol=1e-10)


LINES = {
    "even": np.linspace(-1, 1, 4),
    "uneven": np.array([-3.0, -1.0, -0.9, 0.5, 4.0]),
    "wide range": np.array([0.0, 1e-9, 1.0, 1e6]),
    "two": np.array([-1.0, 1.0]),
    "one": np.array([0.5]),
}


@pytest.mark.parametrize("ratio", [1e-4, 0.1, 0.509, 0.999, 1.0, 1.5])
@pytest.mark.parametrize("name", LINES)
def test_one_dimension_is_section_3(name, ratio, rng):
    y = LINES[name]
    half = np.diff(y) / 2
    x = np.concatenate(
        [
            y,
            y[:-1] + half,
            y[:-1] + ratio * half,  # the ends of the cells
            y[1:] - ratio * half,
            rng.uniform(y[0] - 2, y[-1] + 2, size=60),
            (y[:, None] + 1.5 * np.append(half, 1.0)[:, None] * rng.uniform(-1, 1, (1, 8))).ravel(),
        ]
    )
    cloud = PointCloud.of(rng.permutation(y)[:, None])
    cell = solve(x[:, None], cloud, ratio, faces=True)
    if ratio < 1:
        expected = np.array([reference.line_denoiser(value, y, ratio) for value in x])
    else:
        expected = y[np.abs(x[:, None] - y).argmin(axis=1)]
        ties = np.abs(np.abs(x - expected) - np.abs(x - cell.a[:, 0])) < 1e-15
        expected[ties] = cell.a[ties, 0]
    size = np.abs(y).max()
    bound = 1e-12 * np.abs(x - expected) + 8 * EPS * size / abs(1 - ratio if ratio < 1 else 1)
    assert np.all(np.abs(cell.a[:, 0] - expected) <= bound)
    recombined = (1 - ratio) * cell.a + ratio * cell.v
    np.testing.assert_allclose(recombined[:, 0], x, rtol=0, atol=8 * EPS * np.abs(x).max())
    combined = (cell.weights * cloud.points[cell.parents, 0]).sum(axis=1)
    np.testing.assert_allclose(combined, cell.a[:, 0], rtol=0, atol=8 * EPS * size)
    np.testing.assert_array_equal(cell.face_dim, (cell.weights > 0).sum(axis=1) - 1)
    assert np.all((cell.parents >= 0) == (cell.weights > 0))


@pytest.mark.parametrize("ratio", [0.1, 0.5])
def test_one_dimension_agrees_with_the_general_solve(ratio):
    """Points on a line: solved on it by section 3, and in the plane by the active set."""
    y, x = normal(30, 1), 1.5 * normal(80, 1, 1)
    direction = np.array([[0.6, -0.8]])
    line, plane = PointCloud.of(y), PointCloud.of(y @ direction)
    on_line, in_plane = solve(x, line, ratio), solve(x @ direction, plane, ratio)
    np.testing.assert_allclose(on_line.a @ direction, in_plane.a, rtol=0, atol=1e-13)


@pytest.mark.parametrize("r", [1, 2, 5])
def test_no_rows_give_no_rows(r):
    cell = solve(np.empty((0, r)), PointCloud.of(normal(9, r)), 0.1, faces=True)
    assert cell.a.shape == cell.v.shape == (0, r)
    assert cell.parents.shape == cell.weights.shape == (0, r + 1)


def test_a_row_without_certificate_is_an_error(monkeypatch):
    monkeypatch.setattr(_solve, "MAX_ROUNDS", 1)
    points = normal(3000, 8)
    with pytest.raises(RuntimeError, match="without a certificate"):
        solve(normal(200, 8, 1), PointCloud.of(points), 0.01)


@pytest.mark.parametrize("r", [1, 2, 4])
def test_user_precision_does_not_matter(user_precision, r):
    points, x = normal(50, r), normal(30, r, 1)
    cell = solve(x, PointCloud.of(points), 0.3)
    assert all(field.dtype in (np.float64, np.intp) for field in cell)
    assert_exact(cell, x, points, 0.3)
