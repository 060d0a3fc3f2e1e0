"""What sample and trajectory draw, for every estimator."""

import numpy as np
import pytest
from given import normal
from scipy.stats import kstest, norm

from smoothdiff import (
    EmpiricalScoreDiffusion,
    LocalAverageDiffusion,
    NeuralScoreDiffusion,
    ScoreDiffusion,
    SmoothedPLDiffusion,
)
from smoothdiff.noise import karras_times

# Kolmogorov's statistic of n samples exceeds this over sqrt(n) once in a hundred times.
KOLMOGOROV_99 = 1.63
LINE = np.array([-1.4, -1.0, -0.9, 0.2, 1.5])
NO_PARENTS = LocalAverageDiffusion, NeuralScoreDiffusion, ScoreDiffusion


def test_samples_follow_the_density(make):
    """5000 samples in one dimension against the integral of score_samples, 50 steps.

    A few thousandths are allowed to the steps.
    """
    n = 5000
    model = make(t0=0.2, t_min=0.05, spacing=0.3, n_steps=50).fit(LINE[:, None])
    grid = np.linspace(-8, 8, 2001)
    density = np.exp(model.score_samples(((grid[1:] + grid[:-1]) / 2)[:, None]))
    cumulative = np.append(0, np.cumsum(density * np.diff(grid)))
    assert abs(cumulative[-1] - 1) < 3e-3
    x = model.sample(n, random_state=0)[:, 0]
    statistic = kstest(x, lambda z: np.interp(z, grid, cumulative)).statistic
    assert statistic <= KOLMOGOROV_99 / np.sqrt(n) + 3e-3


def test_residual_variance_is_kept(make):
    """20000 samples: variance t_min + noise_variance_ along each normal direction, 4 errors."""
    X, n = normal(60, 4) * [3.0, 2.0, 0.5, 0.4], 20_000
    model = make(n_components=2, t0=0.5, t_min=0.05).fit(X)
    x = model.sample(n, random_state=0) - model.mean_
    normal_axes = np.linalg.svd(model.components_)[2][2:]
    expected = model.noise_variance_ + 0.05
    np.testing.assert_allclose(model.noise_variance_, (0.5**2 + 0.4**2) / 2, rtol=0.4)
    variance = (x @ normal_axes.T).var(axis=0)
    assert np.all(np.abs(variance - expected) <= 4 * expected * np.sqrt(2 / n))
    correlation = np.corrcoef((x @ np.vstack([model.components_, normal_axes]).T).T)[2:, :3]
    assert np.abs(correlation[0, :2]).max() <= 4 / np.sqrt(n)


def test_data_in_a_subspace_keep_noise_of_t_min_alone(make):
    X, n = normal(40, 1) * [0.8, 0.6], 20_000
    model = make(t0=0.02, t_min=0.005, spacing=1 / 3, n_components="auto").fit(X)
    off = model.sample(n, random_state=0) @ [-0.6, 0.8]
    assert abs(off.var() - 0.005) <= 4 * 0.005 * np.sqrt(2 / n)
    assert kstest(off / np.sqrt(0.005), "norm").statistic <= KOLMOGOROV_99 / np.sqrt(n)


@pytest.mark.without(*NO_PARENTS, because="they refuse t_min=0")
def test_data_in_a_subspace_keep_no_noise_at_zero(make):
    X = normal(40, 1) * [0.8, 0.6]
    x = make(t0=0.02, t_min=0, spacing=1 / 3).fit(X).sample(50, random_state=0)
    np.testing.assert_allclose(x @ [-0.6, 0.8], 0, atol=1e-15)


@pytest.mark.parametrize("solver", ["exact", "euler", "heun", "sde"])
def test_no_samples(make, solver):
    if solver not in make.cls.SOLVERS:
        return
    model = make(solver=solver, n_steps=3).fit(normal(40, 3))
    assert model.sample(0).shape == (0, 3)
    assert model.sample(0).dtype == np.float64
    assert model.trajectory(n_samples=0, times=[model.t0_]).shape == (1, 0, 3)


@pytest.mark.without(*NO_PARENTS, because="they have no parents")
@pytest.mark.parametrize("t_min", ["auto", 0])
def test_no_parents_of_no_samples(make, t_min):
    x, parents, weights = make(t_min=t_min).fit(normal(40, 3)).sample(0, return_parents=True)
    assert x.shape == (0, 3)
    assert parents.shape == weights.shape == (0, 4 if make.cls is SmoothedPLDiffusion else 1)
    assert parents.dtype.kind == "i"


@pytest.mark.without(*NO_PARENTS, because="they have no parents")
@pytest.mark.parametrize("solver", ["exact", "euler", "heun", "sde"])
def test_asking_for_parents_changes_no_sample(make, solver):
    model = make(solver=solver, n_steps=5).fit(normal(40, 3))
    x, parents, weights = model.sample(30, random_state=0, return_parents=True)
    np.testing.assert_array_equal(model.sample(30, random_state=0), x)
    assert parents.shape == weights.shape
    np.testing.assert_array_equal(parents < 0, weights == 0)
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=0, atol=1e-12)
    assert (np.diff(weights, axis=1) <= 0).all()


def test_one_sample_by_default(make):
    model = make().fit(normal(40, 3))
    assert model.sample().shape == (1, 3)
    assert model.sample(np.int64(4)).shape == (4, 3)
    assert model.trajectory().shape == (model.n_steps + 1, 1, 3)


# ------------------------------------------------------------------ trajectories


@pytest.mark.without(EmpiricalScoreDiffusion, because="its samples are drawn, not carried along")
@pytest.mark.parametrize("n_components", ["auto", 2])
def test_trajectories_end_in_the_samples(make, n_components):
    """Same seed, same draws: the last state of the path is the sample."""
    model = make(n_components=n_components).fit(normal(40, 3))
    path = model.trajectory(n_samples=50, random_state=3)
    np.testing.assert_allclose(path[-1], model.sample(50, random_state=3), rtol=0, atol=1e-10)


def test_trajectories_start_from_the_noised_data(make):
    """20000 draws at t0 on a line in the plane: Kolmogorov's test along and across."""
    n = 20_000
    parameters = {"start": "isotropic"} if make.takes("start") else {}
    model = make(t0=0.2, spacing=0.3, n_components="auto", **parameters).fit(np.c_[LINE, 0 * LINE])
    start = model.trajectory(n_samples=n, random_state=0, times=[0.2])[0]

    def cdf(z):
        return norm.cdf((z[:, None] - LINE) / np.sqrt(0.2)).mean(axis=1)

    assert kstest(start[:, 0], cdf).statistic <= KOLMOGOROV_99 / np.sqrt(n)
    assert kstest(start[:, 1] / np.sqrt(0.2), "norm").statistic <= KOLMOGOROV_99 / np.sqrt(n)


def test_trajectories_go_along_the_karras_grid(make):
    x = normal(10, 3, 1)
    model = make(schedule_rho=3.0).fit(normal(40, 3))
    times = karras_times(model.t0_, model.t_min_, model.n_steps, 3.0)
    path = model.trajectory(x)
    assert path.shape == (model.n_steps + 1, 10, 3)
    np.testing.assert_array_equal(path, model.trajectory(x, times=times))


@pytest.mark.parametrize("n_components", [None, 1])
def test_trajectory_is_the_flow_at_each_time(make, n_components):
    x = normal(10, 3, 1)
    model = make(n_components=n_components, n_steps=60).fit(normal(40, 3))
    times = np.array([1.0, 0.4, 0.1]) * model.t0_
    path = model.trajectory(x, times=times)
    assert path.shape == (3, 10, 3)
    np.testing.assert_allclose(path[0], x, rtol=0, atol=1e-12)
    # Exact in closed form; a stepped flow sees other grids.
    atol = 1e-10 if make.cls is SmoothedPLDiffusion else 0.02 * model.spacing_
    for state, t in zip(path, times, strict=True):
        np.testing.assert_allclose(state, model.flow(x, model.t0_, t), rtol=0, atol=atol)


@pytest.mark.without(*NO_PARENTS, because="they refuse t_min=0")
@pytest.mark.parametrize("schedule_rho", [2.0, np.inf])
def test_default_path_of_a_model_that_ends_at_zero(make, schedule_rho):
    model = make(t_min=0, schedule_rho=schedule_rho, n_steps=10).fit(normal(40, 3))
    path = model.trajectory(n_samples=4, random_state=0)
    closed = make.cls is SmoothedPLDiffusion
    assert path.shape == (12 if closed else 11, 4, 3)
    if closed:
        np.testing.assert_allclose(path[-1], model.sample(4, random_state=0), atol=1e-10)
