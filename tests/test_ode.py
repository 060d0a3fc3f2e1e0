"""Euler and Heun: one step by hand, the order of accuracy by halving steps."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from smoothdiff import EmpiricalScoreDiffusion, SmoothedPLDiffusion
from smoothdiff.cloud import PointCloud
from smoothdiff.flow import position
from smoothdiff.mixed_cell import solve
from smoothdiff.noise import karras_times
from smoothdiff.ode import METHODS, integrate, states
from smoothdiff.scores import EmpiricalScore, SmoothedPLScore

ORDERS = {"euler": 1, "heun": 2}
STEPS = np.array([40, 80, 160, 320])


def normal(n, r, seed=0):
    return np.random.default_rng(seed).normal(size=(n, r))


def observed_order(errors):
    """Slope of log2(error) against the number of halvings."""
    return -np.polyfit(np.arange(len(errors)), np.log2(errors), 1)[0]


def fine_flow(score, x, t_start, t_end):
    """The same ODE by scipy's eighth-order method, in the variable sqrt(t)."""
    out = []
    for row in x:

        def slope(sigma, z):
            return -sigma * score(z[None], sigma**2)[0]

        solution = solve_ivp(
            slope, np.sqrt([t_start, t_end]), row, method="DOP853", rtol=1e-10, atol=1e-12
        )
        out.append(solution.y[:, -1])
    return np.array(out)


def test_there_is_a_known_order_for_every_method():
    assert set(METHODS) == set(ORDERS)


@pytest.mark.parametrize("method", METHODS)
def test_one_step_by_hand(method):
    """One training point at 0: the score is -x / t."""
    x, t, s = np.array([[2.0]]), 1.0, 0.6

    def score(x, t):
        return -x / t

    euler = 2.0 + (t - s) / 2 * (-2.0 / t)
    heun = 2.0 + (t - s) / 4 * (-2.0 / t - euler / s)
    expected = {"euler": euler, "heun": heun}[method]
    np.testing.assert_allclose(integrate(score, x, [t, s], method), [[expected]], rtol=1e-15)


@pytest.mark.parametrize("method", METHODS)
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


@pytest.mark.parametrize("method", METHODS)
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


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("r", [1, 2, 3])
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


@pytest.mark.parametrize("method", METHODS)
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


def test_stepped_samples_approach_the_exact_ones():
    """Same start, same noise: the distance to the exact samples falls with the method's order."""
    X = normal(30, 2)
    exact = SmoothedPLDiffusion(kappa=0.4).fit(X).sample(300, random_state=0)
    for solver, order in ORDERS.items():
        errors = []
        for n in (50, 100, 200):
            model = SmoothedPLDiffusion(kappa=0.4, solver=solver, n_steps=n).fit(X)
            errors.append(np.abs(model.sample(300, random_state=0) - exact).mean())
        assert abs(observed_order(errors) - order) < 0.4
        assert errors[-1] < 0.02


def test_density_is_that_of_the_exact_flow_whatever_the_solver():
    X, x = normal(30, 2), normal(20, 2, 1)
    exact = SmoothedPLDiffusion().fit(X).score_samples(x)
    stepped = SmoothedPLDiffusion(solver="euler", n_steps=2).fit(X).score_samples(x)
    np.testing.assert_array_equal(stepped, exact)


@pytest.mark.parametrize(("solver", "n_steps"), [("euler", 200), ("heun", 50)])
def test_stepped_empirical_samples_keep_the_law(solver, n_steps):
    """4000 samples by steps against 50000 of the exact law: mean log-density, 4 errors."""
    X = normal(8, 1)
    model = EmpiricalScoreDiffusion(t0=1.0, t_min=0.05, solver=solver, n_steps=n_steps).fit(X)
    exact = EmpiricalScoreDiffusion(t0=1.0, t_min=0.05).fit(X)
    stepped = exact.score_samples(model.sample(4000, random_state=0))
    drawn = exact.score_samples(exact.sample(50_000, random_state=1))
    error = np.hypot(stepped.std() / np.sqrt(4000), drawn.std() / np.sqrt(50_000))
    assert abs(stepped.mean() - drawn.mean()) <= 4 * error
    assert error < 0.015
