"""What holds for every solver, of every kind of field."""

import numpy as np
import pytest
from given import normal

from smoothdiff.cloud import PointCloud
from smoothdiff.likelihood import ode_log_density
from smoothdiff.noise import karras_times
from smoothdiff.ode import FLOWS
from smoothdiff.scores import EmpiricalScore, OfPoints, SmoothedPLScore
from smoothdiff.solvers import MixedCellFlow, NoisedPoints, Steps
from smoothdiff.solvers._base import Draw
from smoothdiff.starts import Isotropic

T0, T_MIN = 0.3, 0.06
KEY = np.array([3, 4], dtype=np.uint64)


@pytest.fixture(params=[1, 2])
def cloud(request):
    return PointCloud.of(normal(15, request.param))


@pytest.fixture
def start(cloud):
    return Isotropic(cloud, T0)


@pytest.fixture
def draw(start):
    x, near = start.sample(np.random.default_rng(1), 40)
    return Draw(x, near, np.arange(40))


def flows(case):
    """Whether its terminal is where its path ends."""
    return case.method in FLOWS or case.name == "MixedCellFlow"


def test_terminal_is_the_end_of_the_path(solver_case, cloud, draw):
    solver = solver_case.make(cloud, 30)
    assert solver.draws_noise == (solver_case.method == "sde")
    if not flows(solver_case):
        return
    end = solver.terminal(draw, T0, T_MIN).x
    path = solver.path(draw.x, [T0, 0.1, T_MIN])
    np.testing.assert_array_equal(path[0], draw.x)
    direct = solver.path(draw.x, [T0, T_MIN])[1]
    np.testing.assert_allclose(direct, end, rtol=0, atol=1e-12)
    # One more time on the way is one more step.
    atol = 1e-12 if isinstance(solver, MixedCellFlow) else 0.05
    np.testing.assert_allclose(path[2], end, rtol=0, atol=atol)


def test_parts_of_a_sample_are_the_whole(solver_case, cloud, draw):
    """Rows in blocks, noise included, are those of one block."""
    solver = solver_case.make(cloud, 5)
    key = KEY if solver.draws_noise else None
    whole = solver.terminal(draw, T0, T_MIN, key=key).x
    parts = [
        solver.terminal(Draw(*(part[rows] for part in draw)), T0, T_MIN, key=key).x
        for rows in (slice(0, 7), slice(7, 33), slice(33, 40))
    ]
    np.testing.assert_allclose(np.concatenate(parts), whole, rtol=1e-12, atol=1e-12)
    again = solver.terminal(draw, T0, T_MIN, key=key).x
    np.testing.assert_array_equal(again, whole)


def test_no_rows(solver_case, cloud, draw, start):
    solver = solver_case.make(cloud, 3)
    none = Draw(*(part[:0] for part in draw))
    key = KEY if solver.draws_noise else None
    assert solver.terminal(none, T0, T_MIN, key=key).x.shape == (0, cloud.dim)
    assert solver.path(none.x, [T0, T_MIN]).shape == (2, 0, cloud.dim)
    if solver.no_density is None:
        log_p, error = solver.log_density(none.x, start, T0, T_MIN)
        assert log_p.shape == error.shape == (0,)


def test_a_report_for_each_step(solver_case, cloud, draw):
    solver, seen = solver_case.make(cloud, 6), []
    key = KEY if solver.draws_noise else None
    solver.terminal(draw, T0, T_MIN, key=key, report=seen.append)
    assert seen == ([1, 2, 3, 4, 5, 6] if isinstance(solver, Steps) else [])


def test_parents(solver_case, cloud, draw):
    """Their mean is the denoiser of the end; of the exact solvers at t_min = 0 the end itself."""
    solver = solver_case.make(cloud, 30)
    key = KEY if solver.draws_noise else None
    end = solver.terminal(draw, T0, T_MIN, parents=True, key=key)
    without = solver.terminal(draw, T0, T_MIN, key=key)
    np.testing.assert_array_equal(end.x, without.x)
    assert without.parents is without.weights is None
    if not isinstance(solver.score, OfPoints):
        assert end.parents is end.weights is None
        return
    np.testing.assert_allclose(end.weights.sum(axis=1), 1, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(end.parents < 0, end.weights == 0)
    mean = np.einsum("nk,nkr->nr", end.weights, cloud.points[end.parents])
    if isinstance(solver, MixedCellFlow | NoisedPoints):
        exact = solver.terminal(draw, T0, 0.0, parents=True)
        of_exact = np.einsum("nk,nkr->nr", exact.weights, cloud.points[exact.parents])
        np.testing.assert_allclose(exact.x, of_exact, rtol=0, atol=1e-14)
        np.testing.assert_allclose(mean, of_exact, rtol=0, atol=1e-14)
    elif solver_case.name.startswith(("smoothed", "fixed delta")):
        np.testing.assert_allclose(mean, solver.score.denoise(end.x, T_MIN), rtol=0, atol=1e-10)
    else:
        nearest = np.linalg.norm(end.x[:, None] - cloud.points, axis=-1).argmin(axis=1)
        np.testing.assert_array_equal(end.parents[:, 0], nearest)


def test_paths_compose_and_lead_back(solver_case, cloud, draw):
    """Exactly in closed form; by 40 steps to 0.05 for Euler's, 3e-3 for Heun's."""
    solver = solver_case.make(cloud, 40)
    atol = {MixedCellFlow: 1e-11}.get(type(solver), 0.05 if solver_case.method == "euler" else 3e-3)
    there = solver.path(draw.x, [T0, T_MIN])[1]
    half_way = solver.path(draw.x, [T0, 0.15])[1]
    np.testing.assert_allclose(solver.path(half_way, [0.15, T_MIN])[1], there, rtol=0, atol=atol)
    np.testing.assert_allclose(solver.path(half_way, [0.15, T0])[1], draw.x, rtol=0, atol=atol)
    np.testing.assert_array_equal(solver.path(draw.x, [T0, T0])[1], draw.x)


def test_paths_follow_the_score(solver_case, cloud, draw):
    """dx/dt = -1/2 s_t(x), by a difference over a time so short that nothing bends."""
    solver = solver_case.make(cloud, 4)
    h = 1e-5
    down, up = (solver.path(draw.x, [T_MIN, T_MIN + step])[1] for step in (-h, h))
    slope = -solver.score(draw.x, T_MIN) / 2
    velocity = (up - down) / (2 * h)
    smooth = np.abs(up + down - 2 * draw.x).max(axis=1) < 20 * h**2 / T_MIN**2
    assert smooth.sum() >= 36
    np.testing.assert_allclose(velocity[smooth], slope[smooth], rtol=1e-3, atol=1e-3)


def test_where_paths_end(solver_case, cloud, draw):
    solver = solver_case.make(cloud, 5)
    if solver.ends_paths_at_zero:
        assert np.isfinite(solver.path(draw.x, [T0, 0.0])).all()
    elif solver_case.method != "euler":  # whose last step is defined, but is not of the path
        with pytest.raises(ValueError, match="times must be positive variances"):
            solver.path(draw.x, [T0, 0.0])


# ------------------------------------------------------------------ densities


def jacobian(map_rows, x, h=1e-5):
    """Log |det| of the Jacobian of a map of rows (n, r), and whether differences agree."""
    n, r = x.shape
    steps = np.array([h, -h, h / 4, -h / 4])[:, None, None, None] * np.eye(r)[:, None]
    ends = map_rows((x + steps).reshape(-1, r)).reshape(4, r, n, r).swapaxes(1, 2)
    columns = {h: (ends[0] - ends[1]) / (2 * h), h / 4: (ends[2] - ends[3]) / (h / 2)}
    bend = np.abs(columns[h] - columns[h / 4]).max(axis=(1, 2))
    return np.linalg.slogdet(columns[h / 4])[1], bend < 1e-5


def test_density_is_the_start_over_the_volume(solver_case, cloud, start):
    """Change of variables by differences of the path itself, up to t0.

    Exact in closed form; the integral of the divergence has the error of its 60 steps.
    """
    solver = solver_case.make(cloud, 60)
    if solver.no_density is not None or solver.draws_noise or isinstance(solver, NoisedPoints):
        return
    x = normal(25, cloud.dim, 5)

    def origin(x):
        return solver.path(x, [T_MIN, T0])[1]

    volume, smooth = jacobian(origin, x)
    assert smooth.sum() >= 20
    expected = start.log_density(origin(x)) + volume
    log_p, error = solver.log_density(x, start, T0, T_MIN)
    atol = {"exact": 1e-6, "euler": 0.1, "heun": 5e-3}[solver_case.method]
    off = np.abs(log_p - expected)[smooth]
    assert np.median(off) <= atol / 5
    assert np.all(off <= atol + error[smooth])


def test_density_of_the_noised_points_is_their_law(cloud, start):
    solver, x = NoisedPoints(EmpiricalScore(cloud), 5, 2.0), normal(25, cloud.dim, 5)
    log_p, error = solver.log_density(x, start, T0, T_MIN)
    np.testing.assert_allclose(log_p, Isotropic(cloud, T_MIN).log_density(x), rtol=1e-12)
    np.testing.assert_array_equal(error, 0)


def test_mass_on_the_line_is_one(solver_case):
    cloud = PointCloud.of(normal(15, 1))
    solver, start = solver_case.make(cloud, 60), Isotropic(cloud, T0)
    if solver.no_density is not None:
        return
    grid = np.linspace(-6, 6, 2401)
    log_p, _ = solver.log_density(grid[:, None], start, T0, T_MIN)
    atol = {"exact": 2e-3, "heun": 5e-3, "euler": 0.05, "sde": 0}[solver_case.method]
    assert abs(np.trapezoid(np.exp(log_p), grid) - 1) < atol


# ------------------------------------------------------------------ steps against closed forms


@pytest.mark.parametrize(("method", "order"), [("euler", 1), ("heun", 2)])
def test_steps_meet_the_closed_form_at_their_order(cloud, draw, start, method, order):
    """End points and densities of the smoothed score, as steps double from 25 to 100."""
    exact = MixedCellFlow(SmoothedPLScore(cloud, 0.3, 0.4))
    end = exact.terminal(draw, T0, T_MIN).x
    log_p, _ = exact.log_density(end, start, T0, T_MIN)
    errors = []
    for n in (25, 50, 100):
        solver = Steps(SmoothedPLScore(cloud, 0.3, 0.4), method, n, 2.0)
        errors.append(
            (
                np.abs(solver.terminal(draw, T0, T_MIN).x - end).mean(),
                np.median(np.abs(solver.log_density(end, start, T0, T_MIN)[0] - log_p)),
            )
        )
    slopes = -np.polyfit(range(3), np.log2(errors), 1)[0]
    np.testing.assert_allclose(slopes, order, rtol=0, atol=0.35)
    assert np.all(errors[-1] < np.array({"euler": 2e-2, "heun": 1e-3}[method]))


def test_every_flow_has_an_order():
    assert set(FLOWS) == {"euler", "heun"}


def test_steps_take_the_karras_grid(cloud, draw):
    """Path at the grid itself: as many states, the last of them the terminal."""
    solver = Steps(SmoothedPLScore(cloud, 0.3, 0.4), "heun", 8, 3.0)
    times = karras_times(T0, T_MIN, 8, 3.0)
    np.testing.assert_array_equal(solver.times(T0, T_MIN), times)
    path = solver.path(draw.x, times)
    assert path.shape == (9, *draw.x.shape)
    np.testing.assert_allclose(path[-1], solver.terminal(draw, T0, T_MIN).x, rtol=0, atol=1e-12)


def test_the_error_of_a_density_is_that_of_its_divergence(cloud, start):
    """A field whose divergence is off by one is off by half the time."""

    class Off(SmoothedPLScore):
        def divergence(self, x, t, probes=None):
            value, error = super().divergence(x, t, probes)
            return value + 1.0, error + 1.0

    x, times = normal(10, cloud.dim, 5), karras_times(T_MIN, T0, 20)
    off, plain = (
        ode_log_density(score, start.log_density, x, times)
        for score in (Off(cloud, 0.3, 0.4), SmoothedPLScore(cloud, 0.3, 0.4))
    )
    np.testing.assert_allclose(np.abs(off[0] - plain[0]), (T0 - T_MIN) / 2, rtol=1e-9)
    np.testing.assert_allclose(off[1], (T0 - T_MIN) / 2, rtol=1e-9)
