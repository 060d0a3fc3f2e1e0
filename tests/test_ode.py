"""Euler, Heun and the SDE: one step by hand, the order of accuracy by halving steps, laws."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from smoothdiff import EmpiricalScoreDiffusion, LocalAverageDiffusion, SmoothedPLDiffusion
from smoothdiff.cloud import PointCloud
from smoothdiff.flow import position
from smoothdiff.mixed_cell import solve
from smoothdiff.noise import karras_times
from smoothdiff.ode import FLOWS, METHODS, counted_normals, integrate, states
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


# ------------------------------------------------------------------ the reverse-time SDE


def test_sde_is_exact_for_one_point():
    """Denoising towards one point, any steps: N(y, t_end). 40000 samples, 4 standard errors."""
    n, rng, times = 40000, np.random.default_rng(0), [1.0, 0.5, 0.02]
    field = EmpiricalScore(PointCloud.of(np.array([[0.7]])))
    x = 0.7 + rng.normal(size=(n, 1))
    x = integrate(field, x, times, "sde", counted_normals(np.array([1, 2]), 0, (n, 1))) - 0.7
    assert abs(x.mean()) < 4 * np.sqrt(0.02 / n)
    assert abs(x.var() / 0.02 - 1) < 4 * np.sqrt(2 / n)


@pytest.mark.parametrize("d", [1, 2])
def test_sde_of_the_exact_score_draws_the_noised_law(d):
    """Mean log-density of 4000 samples against that of 40000 exact ones, 4 standard errors."""
    X, parameters = normal(12, d), {"t0": 0.4, "t_min": 0.03, "random_state": 0}
    exact = EmpiricalScoreDiffusion(**parameters).fit(X)
    stepped = EmpiricalScoreDiffusion(solver="sde", n_steps=400, **parameters).fit(X)
    ours, theirs = (exact.score_samples(m.sample(n)) for m, n in ((stepped, 4000), (exact, 40000)))
    error = np.hypot(ours.std() / np.sqrt(4000), theirs.std() / np.sqrt(40000))
    assert abs(ours.mean() - theirs.mean()) < 4 * error
    np.testing.assert_array_equal(stepped.score_samples(X), exact.score_samples(X))


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


@pytest.mark.parametrize("Estimator", [SmoothedPLDiffusion, LocalAverageDiffusion])
def test_a_smoothed_score_has_no_density_by_sde(Estimator):
    model = Estimator(solver="sde", n_steps=5).fit(normal(20, 2))
    assert model.sample(3, random_state=0).shape == (3, 2)
    assert np.isfinite(model.flow(normal(4, 2), model.t0_, model.t_min_)).all()
    with pytest.raises(ValueError, match="has no density with solver='sde'"):
        model.score_samples(normal(4, 2))


def test_progress_of_a_long_run(monkeypatch, capsys):
    monkeypatch.setattr("smoothdiff._progress.SECONDS_BETWEEN_REPORTS", 0.0)
    X = normal(5, 1)
    SmoothedPLDiffusion(solver="euler", n_steps=3, verbose=1).fit(X).sample(2)
    shown = capsys.readouterr().err
    assert "step 3 of 3" in shown
    assert "steps/s" in shown
    SmoothedPLDiffusion(solver="euler", n_steps=3).fit(X).sample(2)
    assert capsys.readouterr().err == ""


def test_a_last_step_too_far_is_reported():
    X = normal(9, 1)
    with pytest.warns(UserWarning, match=r"The last of 20 steps falls from t = .* Raise t_min"):
        LocalAverageDiffusion(t_min=1e-16, n_steps=20).fit(X)
    LocalAverageDiffusion(t_min=1e-10, n_steps=100, schedule_rho=np.inf).fit(X)


@pytest.mark.parametrize("solver", ["euler", "heun", "sde"])
@pytest.mark.parametrize(
    "Estimator", [EmpiricalScoreDiffusion, SmoothedPLDiffusion, LocalAverageDiffusion]
)
def test_no_samples_by_steps(Estimator, solver):
    assert Estimator(solver=solver, n_steps=3).fit(normal(9, 2)).sample(0).shape == (0, 2)


@pytest.mark.parametrize("schedule_rho", [2.0, np.inf])
@pytest.mark.parametrize("Estimator", [EmpiricalScoreDiffusion, SmoothedPLDiffusion])
def test_default_path_of_a_model_that_ends_at_zero(Estimator, schedule_rho):
    model = Estimator(t_min=0, schedule_rho=schedule_rho, n_steps=10).fit(normal(9, 2))
    path = model.trajectory(n_samples=4, random_state=0)
    closed = Estimator is SmoothedPLDiffusion
    assert path.shape == (12 if closed else 11, 4, 2)
    if closed:
        np.testing.assert_allclose(path[-1], model.sample(4, random_state=0), atol=1e-10)
