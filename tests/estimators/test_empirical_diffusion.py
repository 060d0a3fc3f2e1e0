"""The exact score as an estimator: its density, samples, parents and flow by the formulas."""

import numpy as np
import pytest
import reference
from given import normal
from scipy.integrate import solve_ivp
from scipy.stats import kstest, norm
from sklearn.neighbors import KernelDensity

from smoothdiff import EmpiricalScoreDiffusion

# Kolmogorov's statistic of n samples exceeds this over sqrt(n) once in a hundred times.
KOLMOGOROV_99 = 1.63


@pytest.mark.parametrize("d", [1, 2, 5, 12])
def test_density(d):
    X = normal(30, d)
    x = np.concatenate([X[:5], (X[:5] + X[5:10]) / 2, 2 * normal(15, d, 1)])
    for t_min in ("auto", 1e-6, 0.3):
        model = EmpiricalScoreDiffusion(t0=1.0, t_min=t_min).fit(X)
        expected = reference.empirical_model(x, X, np.ones(30), model.n_components_, model.t_min_)
        np.testing.assert_allclose(model.score_samples(x), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("bandwidth", [0.05, 0.5])
def test_density_is_a_kernel_density(bandwidth):
    """With one leaf: split into leaves, KernelDensity is wrong in the tails (see test_noise)."""
    X, x = normal(80, 3), 3 * normal(40, 3, 1)
    model = EmpiricalScoreDiffusion(t0=1.0, t_min=bandwidth**2, n_components=None).fit(X)
    kde = KernelDensity(bandwidth=bandwidth, leaf_size=80).fit(X)
    np.testing.assert_allclose(model.score_samples(x), kde.score_samples(x), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("t_min", [0.01, 0.3])
def test_samples_follow_the_noised_data(t_min):
    """20000 samples in one dimension, Kolmogorov's test at 1%."""
    y, weights, n = normal(7, 1)[:, 0], np.arange(1.0, 8) / 28, 20_000
    model = EmpiricalScoreDiffusion(t0=1.0, t_min=t_min).fit(y[:, None], sample_weight=weights)
    x = model.sample(n, random_state=0)[:, 0]

    def cdf(z):
        return norm.cdf((z[:, None] - y) / np.sqrt(t_min)) @ weights

    assert kstest(x, cdf).statistic <= KOLMOGOROV_99 / np.sqrt(n)


def test_all_rows_are_copies_at_zero():
    X = normal(20, 3)
    x, parents, weights = EmpiricalScoreDiffusion(t_min=0).fit(X).sample(200, return_parents=True)
    np.testing.assert_array_equal(x, X[parents[:, 0]])
    np.testing.assert_array_equal(weights, 1)
    assert len(set(parents[:, 0])) > 15


@pytest.mark.parametrize("solver", ["exact", "heun"])
def test_parents_of_noisy_samples_are_the_nearest_points(solver):
    X = 100 * normal(20, 2)
    model = EmpiricalScoreDiffusion(t0=0.5, t_min=0.01, solver=solver, n_steps=20).fit(X)
    x, parents, weights = model.sample(200, random_state=0, return_parents=True)
    nearest = np.linalg.norm(x[:, None] - X, axis=-1).argmin(axis=1)
    np.testing.assert_array_equal(parents[:, 0], nearest)
    np.testing.assert_array_equal(weights, 1)


@pytest.mark.parametrize(
    ("solver", "n_steps", "d"), [("euler", 200, 1), ("heun", 50, 2), ("sde", 400, 1)]
)
def test_stepped_samples_keep_the_law(solver, n_steps, d):
    """4000 samples by steps against 40000 of the exact law: mean log-density, 4 errors."""
    X, parameters = normal(8, d), {"t0": 1.0, "t_min": 0.05, "random_state": 0}
    model = EmpiricalScoreDiffusion(solver=solver, n_steps=n_steps, **parameters).fit(X)
    exact = EmpiricalScoreDiffusion(**parameters).fit(X)
    stepped, drawn = (exact.score_samples(m.sample(n)) for m, n in ((model, 4000), (exact, 40_000)))
    error = np.hypot(stepped.std() / np.sqrt(4000), drawn.std() / np.sqrt(40_000))
    assert abs(stepped.mean() - drawn.mean()) <= 4 * error
    assert error < 0.02


def test_the_law_of_the_sde_is_known():
    X, parameters = normal(12, 2), {"t0": 0.4, "t_min": 0.03}
    stepped, exact = (
        EmpiricalScoreDiffusion(solver=s, **parameters).fit(X) for s in ("sde", "exact")
    )
    np.testing.assert_array_equal(stepped.score_samples(X), exact.score_samples(X))


@pytest.mark.parametrize("n_components", [None, 2])
def test_score_is_the_gradient_of_the_density(n_components):
    """Central differences of score_samples at t = t_min, relative error about h^2 / t = 1e-8."""
    X, x = normal(40, 3) * [2.0, 1.0, 0.5], normal(15, 3, 1)
    t = 0.2
    model = EmpiricalScoreDiffusion(t0=1.0, t_min=t, n_components=n_components).fit(X)
    h = 1e-4 * np.sqrt(t)
    numeric = [
        (model.score_samples(x + e) - model.score_samples(x - e)) / (2 * h) for e in h * np.eye(3)
    ]
    np.testing.assert_allclose(
        model.score_function(x, t), np.stack(numeric, 1), rtol=1e-6, atol=1e-6
    )


def test_denoiser_is_the_posterior_mean():
    X, x = normal(40, 3), normal(15, 3, 1)
    model, t = EmpiricalScoreDiffusion(t0=1.0).fit(X), np.linspace(0.01, 1, 15)
    np.testing.assert_allclose(
        model.denoise(x, t), reference.denoiser(x, X, t), rtol=1e-9, atol=1e-9
    )


def test_flow_solves_the_ode():
    """200 steps of Heun's method against an eighth-order one at 1e-10."""
    X, x = normal(6, 2), normal(10, 2, 1)
    model = EmpiricalScoreDiffusion(t0=1.0, t_min=0.05).fit(X)
    moved = model.flow(x, 1.0, 0.05)

    def slope(sigma, y):
        return -sigma * model.score_function(y.reshape(x.shape), min(sigma**2, 1.0)).ravel()

    solution = solve_ivp(
        slope, np.sqrt([1.0, 0.05]), x.ravel(), method="DOP853", rtol=1e-8, atol=1e-10
    )
    np.testing.assert_allclose(moved.ravel(), solution.y[:, -1], rtol=0, atol=1e-3)
    np.testing.assert_allclose(model.flow(moved, 0.05, 1.0), x, rtol=0, atol=0.02)
