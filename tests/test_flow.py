"""The closed-form flow: its identities, its Jacobian, and the ODE that it solves."""

import numpy as np
import pytest
import reference

from smoothdiff.cloud import PointCloud, as_cloud
from smoothdiff.flow import log_jacobian, position, reachable
from smoothdiff.mixed_cell import solve
from smoothdiff.scores import SmoothedPLScore

SETS = {
    "1-D": lambda: np.random.default_rng(0).normal(size=(12, 1)),
    "2-D": lambda: np.random.default_rng(0).normal(size=(25, 2)),
    "3-D": lambda: np.random.default_rng(0).normal(size=(25, 3)),
    "6-D": lambda: np.random.default_rng(0).normal(size=(40, 6)),
    "grid": lambda: np.stack(np.mgrid[:4.0, :3.0], -1).reshape(-1, 2),
}


@pytest.fixture(params=SETS)
def cloud(request):
    return PointCloud.of(SETS[request.param]())


@pytest.fixture
def x(cloud):
    rng = np.random.default_rng(1)
    middle, width = cloud.points.mean(axis=0), np.ptp(cloud.points, axis=0)
    return middle + width * rng.uniform(-1, 1, size=(60, cloud.dim))


def flow(x, cloud, rho_t, rho_s):
    return position(solve(x, cloud, rho_t), rho_s)


@pytest.mark.parametrize("rho", [0.01, 0.4, 0.9, 1.5])
def test_staying_is_the_identity(cloud, x, rho):
    np.testing.assert_allclose(flow(x, cloud, rho, rho), x, rtol=0, atol=1e-13)


@pytest.mark.parametrize("ratios", [(0.9, 0.3, 0.02), (0.02, 0.3, 0.9), (0.3, 0.8, 0.1)])
def test_two_flows_compose_to_one(cloud, x, ratios):
    first, second, third = ratios
    twice = flow(flow(x, cloud, first, second), cloud, second, third)
    np.testing.assert_allclose(twice, flow(x, cloud, first, third), rtol=0, atol=1e-10)


@pytest.mark.parametrize(("rho_t", "rho_s"), [(0.9, 0.01), (0.3, 0.001), (0.01, 0.9)])
def test_flow_back_is_the_inverse(cloud, x, rho_t, rho_s):
    back = flow(flow(x, cloud, rho_t, rho_s), cloud, rho_s, rho_t)
    # Rounding of the state at the small ratio grows by the ratio of the two on the way back.
    np.testing.assert_allclose(back, x, rtol=0, atol=1e-10)


def test_flow_ends_at_a(cloud, x):
    cell = solve(x, cloud, 0.3)
    np.testing.assert_array_equal(position(cell, 0.0), cell.a)


@pytest.mark.parametrize("rho_t", [1.2, 2.5])
@pytest.mark.parametrize("rho_s", [0.5, 1.1])
def test_without_smoothing_the_flow_shrinks_voronoi_cells(cloud, x, rho_t, rho_s):
    nearest = cloud.points[((x[:, None] - cloud.points) ** 2).sum(axis=-1).argmin(axis=1)]
    moved = flow(x, cloud, rho_t, rho_s)
    np.testing.assert_allclose(moved, nearest + rho_s / rho_t * (x - nearest), rtol=0, atol=1e-12)
    # Such states go back to where they came from, also from below 1.
    back = flow(moved, cloud, rho_s, rho_t)
    np.testing.assert_allclose(back, x, rtol=0, atol=1e-10)
    assert reachable(solve(moved, cloud, rho_s, faces=True), cloud, rho_t).all()


@pytest.mark.parametrize(("rho_t", "rho_s"), [(0.9, 0.2), (0.2, 0.9), (0.509, 1e-3)])
def test_one_dimension_is_the_flow_of_the_papers(rho_t, rho_s, rng):
    y = np.array([-3.0, -1.0, -0.9, 0.5, 4.0])
    x = np.concatenate([y, rng.uniform(-5, 6, size=100), [0.5 + rho_t * 1.75]])
    expected = [reference.line_flow(value, y, rho_t, rho_s) for value in x]
    moved = flow(x[:, None], PointCloud.of(y[:, None]), rho_t, rho_s)[:, 0]
    np.testing.assert_allclose(moved, expected, rtol=0, atol=1e-12)


def test_terminal_map_of_the_papers():
    """With n = 4, kappa = 1.2, t0 = 0.02: Delta = 1/3, so kappa sqrt(t0) / Delta = 0.509."""
    y = np.linspace(-1, 1, 4)
    delta, half = 1.2 * np.sqrt(0.02), 1 / 3
    x = np.linspace(-1.5, 1.5, 301)
    expected = [reference.line_flow(value, y, delta / half, 0.0) for value in x]
    moved = flow(x[:, None], PointCloud.of(y[:, None]), delta / half, 0.0)[:, 0]
    np.testing.assert_allclose(moved, expected, rtol=0, atol=1e-13)
    assert round(delta / half, 3) == 0.509


@pytest.mark.parametrize(("rho_t", "rho_s"), [(0.6, 0.1), (0.1, 0.6)])
def test_jacobian_is_that_of_the_flow(cloud, rho_t, rho_s, rng):
    """The flow is affine within a mixed cell, so that differences have no error but rounding."""
    r, h = cloud.dim, 1e-5
    x = rng.uniform(cloud.points.min(axis=0) - 0.5, cloud.points.max(axis=0) + 0.5, size=(80, r))
    steps = np.concatenate([h * np.eye(r), -h * np.eye(r)])
    around = (x[:, None] + steps).reshape(-1, r)
    cells = solve(around, cloud, rho_t, faces=True)
    ends = position(cells, rho_s).reshape(-1, 2 * r, r)
    slopes = (ends[:, :r] - ends[:, r:]) / (2 * h)
    numeric = np.linalg.slogdet(slopes)[1]
    cell = solve(x, cloud, rho_t, faces=True)
    formula = log_jacobian(cell.face_dim, r, rho_t, rho_s)
    # Rows whose differences stay within one cell: there the flow does not bend.
    same_dim = (cells.face_dim.reshape(-1, 2 * r) == cell.face_dim[:, None]).all(axis=1)
    bend = np.abs(ends[:, :r] + ends[:, r:] - 2 * position(cell, rho_s)[:, None]).max(axis=(1, 2))
    interior = same_dim & (bend < 1e-13)
    assert interior.sum() > 60
    assert len(set(cell.face_dim[interior])) > min(r, 2)
    np.testing.assert_allclose(formula[interior], numeric[interior], rtol=0, atol=1e-6)


@pytest.mark.parametrize(("rho_from", "rho_to"), [(2.0, 0.5), (1.0, 0.5), (0.5, 1.0), (0.5, 1.2)])
def test_jacobian_without_smoothing_is_a_shrinkage(rho_from, rho_to):
    """Where it is off at either end, up to the ratio 1 itself."""
    expected = np.full(3, 4 * np.log(rho_to / rho_from))
    np.testing.assert_allclose(log_jacobian(np.zeros(3), 4, rho_from, rho_to), expected, rtol=1e-14)


def test_jacobians_of_flows_that_compose_add_up():
    j = np.arange(4)
    there, back = log_jacobian(j, 3, 0.8, 0.1), log_jacobian(j, 3, 0.1, 0.8)
    np.testing.assert_allclose(there + back, 0, atol=1e-14)
    through = log_jacobian(j, 3, 0.8, 0.4) + log_jacobian(j, 3, 0.4, 0.1)
    np.testing.assert_allclose(through, there, atol=1e-14)


@pytest.mark.parametrize("rho", [1.0, 1.5, 4.0])
def test_reachable_rows_lie_in_shrunken_voronoi_cells(cloud, x, rho):
    """Brute force: where the row was at rho, and which point was nearest to it there."""
    cell = solve(x, cloud, 0.4, faces=True)
    origin = position(cell, rho)
    distances = np.linalg.norm(origin[:, None] - cloud.points, axis=-1)
    own = np.linalg.norm(origin - cell.a, axis=1)
    margin = np.sort(distances, axis=1)
    clear = np.abs(own - margin[:, 0]) > 1e-6
    expected = (cell.face_dim == 0) & (own <= margin[:, 0] * (1 + 1e-9))
    actual = reachable(cell, cloud, rho)
    np.testing.assert_array_equal(actual, expected)
    assert 0 < actual.sum() < len(x)
    assert clear.any()


def test_training_points_are_reachable_at_any_ratio(cloud):
    """They do not move: the distance to their own point and to the nearest are both 0."""
    cell = solve(cloud.points, cloud, 0.4, faces=True)
    assert reachable(cell, cloud, 1.5).all()


def test_rows_that_start_as_near_to_another_point_are_reachable():
    """Both of these start at 0, half-way between the two points."""
    cloud = as_cloud([-1.0, 1.0])
    cell = solve(np.array([[-0.75], [0.75]]), cloud, 0.5, faces=True)
    assert position(cell, 2.0).tolist() == [[0.0], [0.0]]
    assert reachable(cell, cloud, 2.0).all()


@pytest.mark.parametrize("at", [0.0, 50.1])
@pytest.mark.parametrize("dim", [1, 2])
def test_twins_are_reachable(dim, at):
    """Points that rounding keeps apart: a row at one, or between them, is not told from the other.

    Their density is that of rows in the cell of a point.
    """
    x = np.zeros((5, dim))
    x[:, 0] = at + np.arange(5) * np.spacing(50.1)
    cloud = PointCloud.of(np.concatenate([x[::2], np.full((1, dim), -50.1)]))
    cell = solve(x, cloud, 0.27, faces=True)
    assert reachable(cell, cloud, 2.7).all()
    expected = np.full(5, dim * np.log(0.1))
    np.testing.assert_allclose(log_jacobian(cell.face_dim, dim, 2.7, 0.27), expected, rtol=1e-14)


@pytest.mark.parametrize("rho", [0.1, 0.999])
def test_every_row_is_reachable_with_smoothing(cloud, x, rho):
    assert reachable(solve(x, cloud, 0.05, faces=True), cloud, rho).all()


@pytest.mark.parametrize("t", [0.01, 0.3])
def test_flow_solves_the_ode(cloud, x, t):
    """dx/dt = -1/2 s_t(x) by central differences in t: relative error (h/t)^2 / 8, here 1e-9."""
    field = SmoothedPLScore(cloud, kappa=0.9, spacing=0.8)
    assert field.rho(t) < 1
    cell, h = solve(x, cloud, field.rho(t)), 1e-4 * t
    velocity = (position(cell, field.rho(t + h)) - position(cell, field.rho(t - h))) / (2 * h)
    slope = -field(x, t) / 2
    np.testing.assert_allclose(velocity, slope, rtol=1e-6, atol=1e-7 * np.abs(slope).max())


@pytest.mark.parametrize("t", [0.02, 0.5, 3.0])
def test_score_field_is_the_denoiser_less_x(cloud, x, t):
    field = SmoothedPLScore(cloud, kappa=0.5, spacing=0.4)
    rho = 0.5 * np.sqrt(t) / 0.4
    expected = (reference.mixed_cell(x, cloud.points, rho) - x) / t
    np.testing.assert_allclose(field(x, t), expected, rtol=1e-9, atol=1e-9 / t)
