"""Euler, Heun and the SDE: one step by hand, the order of accuracy by halving steps, laws."""

import numpy as np
import pytest
from given import normal
from scipy.integrate import solve_ivp

from smoothdiff.cloud import PointCloud
from smoothdiff.flow import position
from smoothdiff.mixed_cell import solve
from smoothdiff.noise import karras_times
from smoothdiff.ode import FLOWS, METHODS, counted_normals, integrate, states
from smoothdiff.scores import EmpiricalScore, SmoothedPLScore

ORDERS = {"euler": 1, "heun": 2}
STEPS = np.array([40, 80, 160])


def observed_order(errors):
    """Slope of log2(error) against the number of halvings."""
    return -np.polyfit(np.arange(len(errors)), np.log2(errors), 1)[0]


def fine_flow(score, x, t_start, t_end):
    """The same ODE by scipy's eighth-order method, in the variable sqrt(t)."""

    def slope(sigma, z):
        return -sigma * score(z.reshape(x.shape), sigma**2).ravel()

    ends = np.sqrt([t_start, t_end])
    solution = solve_ivp(slope, ends, x.ravel(), method="DOP853", rtol=1e-10, atol=1e-12)
    return solution.y[:, -1].reshape(x.shape)


def test_there_is_a_known_order_for_every_method():
    assert set(FLOWS) == set(ORDERS) == set(METHODS) - {"sde"}


@pytest.mark.parametrize("method", FLOWS)
def test_one_step_by_hand(method):
    """One training point at 0: the score is -x / t."""
    x, t, s = np.array([[2.0]]), 1.0, 0.6

    def score(x, t):
        return -x / t

    euler = 2.0 + (t - s) / 2 * (-2.0 / t)
    heun = 2.0 + (t - s) / 4 * (-2.0 / t - euler / s)
    expected = {"euler": euler, "heun": heun}[method]
    np.testing.assert_allclose(integrate(score, x, [t, s], method), [[expected]], rtol=1e-15)


@pytest.mark.parametrize("method", FLOWS)
def test_states_are_those_at_the_times(method):
    field = EmpiricalScore(PointCloud.of(normal(5, 2)))
    x, times = normal(7, 2, 1), karras_times(1.0, 0.1, 6)
    path = list(states(field, x, times, method))
    assert len(path) == 7
    np.testing.assert_array_equal(path[0], x)
    for i in range(6):
        one_step = integrate(field, path[i], times[i : i + 2], method)
        np.testing.assert_array_equal(path[i + 1], one_step)
    np.testing.assert_array_equal(integrate(field, x, times, method), path[-1])


@pytest.mark.parametrize("method", FLOWS)
@pytest.mark.parametrize(("start", "end"), [(0.5, 0.01), (0.01, 0.5)])
def test_order_against_the_closed_form_of_one_point(method, start, end):
    """x_s = y + sqrt(s / t) (x - y), denoising and noising."""
    y, x = np.array([[0.3, -0.2]]), normal(20, 2, 1)
    exact = y + np.sqrt(end / start) * (x - y)
    field = EmpiricalScore(PointCloud.of(y))
    errors = [
        np.abs(integrate(field, x, karras_times(start, end, n), method) - exact).max()
        for n in STEPS
    ]
    assert abs(observed_order(errors) - ORDERS[method]) < 0.1


@pytest.mark.parametrize("method", FLOWS)
@pytest.mark.parametrize("r", [1, 3])
def test_order_against_the_closed_form_flow(method, r):
    """Smoothed PL-ESF, denoising: the mean error over 100 rows falls with the method's order."""
    cloud, x = PointCloud.of(normal(20, r)), 1.2 * normal(100, r, 1)
    field = SmoothedPLScore(cloud, kappa=0.4, spacing=0.4)
    start, end = 0.3, 0.003
    exact = position(solve(x, cloud, field.rho(start)), field.rho(end))
    errors = [
        np.abs(integrate(field, x, karras_times(start, end, n), method) - exact).mean()
        for n in STEPS
    ]
    assert abs(observed_order(errors) - ORDERS[method]) < 0.25
    assert errors[-1] < {"euler": 2e-2, "heun": 1e-4}[method]


@pytest.mark.parametrize("method", FLOWS)
@pytest.mark.parametrize("r", [1, 3])
def test_order_against_a_fine_solution(method, r):
    """ESF, denoising to a time at which the softmax is still smooth."""
    field, x = EmpiricalScore(PointCloud.of(normal(6, r))), normal(6, r, 1)
    start, end = 1.0, 0.1
    exact = fine_flow(field, x, start, end)
    errors = [
        np.abs(integrate(field, x, karras_times(start, end, n), method) - exact).max()
        for n in STEPS
    ]
    assert abs(observed_order(errors) - ORDERS[method]) < 0.2


# ------------------------------------------------------------------ the reverse-time SDE


def test_sde_is_exact_for_one_point():
    """Denoising towards one point, any steps: N(y, t_end). 40000 samples, 4 standard errors."""
    n, rng, times = 40000, np.random.default_rng(0), [1.0, 0.5, 0.02]
    field = EmpiricalScore(PointCloud.of(np.array([[0.7]])))
    x = 0.7 + rng.normal(size=(n, 1))
    x = integrate(field, x, times, "sde", counted_normals(np.array([1, 2]), 0, (n, 1))) - 0.7
    assert abs(x.mean()) < 4 * np.sqrt(0.02 / n)
    assert abs(x.var() / 0.02 - 1) < 4 * np.sqrt(2 / n)


@pytest.mark.parametrize("r", [1, 3, 4, 5])
def test_counted_normals_do_not_depend_on_the_blocks(r):
    key, n = np.array([3, 4], dtype=np.uint64), 300
    whole = counted_normals(key, 0, (n, r))
    parts = [counted_normals(key, start, (100, r)) for start in (0, 100, 200)]
    for step in (0, 7):
        np.testing.assert_array_equal(np.concatenate([p(step) for p in parts]), whole(step))
    # 10 steps: 4 standard errors of mean, variance and correlation.
    z = np.array([whole(step) for step in range(10)]).reshape(-1, r)
    assert np.all(np.abs(z.mean(axis=0)) < 4 / np.sqrt(len(z)))
    assert np.all(np.abs(z.T @ z / len(z) - np.eye(r)) < 4 * np.sqrt(2 / len(z)))
