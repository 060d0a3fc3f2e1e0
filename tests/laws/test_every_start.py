"""What holds for every starting law of the registry, those to come too."""

import pickle

import numpy as np
import pytest
import reference
from given import normal
from scipy.special import logsumexp
from scipy.stats import kstest, multivariate_normal, special_ortho_group

from smoothdiff.cloud import PointCloud
from smoothdiff.starts import StackedLaw, StartingLaw, WholeGaussian

# Kolmogorov's statistic of n samples exceeds this over sqrt(n) once in a hundred times.
KOLMOGOROV_99 = 1.63


def cloud_of(r, n=15):
    weights = np.random.default_rng(1).uniform(0.5, 1.5, size=n)
    return PointCloud.of(normal(n, r) * np.linspace(1, 0.4, r), weights)


def matrices(law, r):
    S = np.asarray(law.covariances)
    return S[:, None, None] * np.eye(r) if S.ndim == 1 else S


def slow_log_density(start, x):
    """The sum of all Gaussians that a law says it is made of, by scipy."""
    if isinstance(start, StackedLaw):
        parts = [
            slow_log_density(one, x) + np.log(w)
            for one, w in zip(start.laws, start.weights, strict=True)
        ]
        return logsumexp(parts, axis=0)
    if isinstance(start, WholeGaussian):
        return multivariate_normal(start.mean, start.covariances[0]).logpdf(x)
    cloud = start.cloud
    S = matrices(start, cloud.dim)
    return reference.mixture_log_density(x, cloud.points, S, cloud.weights)


@pytest.mark.parametrize("r", [1, 2, 5, 12])
def test_log_density_is_a_slow_sum(law, r):
    cloud = cloud_of(r)
    start = law(cloud)
    assert isinstance(start, StartingLaw)
    x = np.concatenate([normal(15, r, 2), 20 * normal(10, r, 3), cloud.points[:5]])
    np.testing.assert_allclose(
        start.log_density(x), slow_log_density(start, x), rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize("r", [1, 2, 12])
def test_covariances_are_positive(law, r):
    for cloud in (cloud_of(r), PointCloud.of(normal(2, r)), PointCloud.of(normal(1, r))):
        assert (np.linalg.eigvalsh(matrices(law(cloud), r)) > 0).all()


def test_mass_on_the_line_is_one(law):
    grid = np.linspace(-40, 40, 80_001)
    density = np.exp(law(cloud_of(1)).log_density(grid[:, None]))
    assert abs(np.trapezoid(density, grid) - 1) < 1e-9


def test_mass_in_the_plane_is_one(law):
    """The trapezoidal rule, as good as exact for functions that are smooth and fall off."""
    grid = np.linspace(-9, 9, 361)
    x = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    mass = np.exp(law(cloud_of(2)).log_density(x)).sum() * (grid[1] - grid[0]) ** 2
    assert abs(mass - 1) < 1e-4


def test_draws_follow_the_density_on_the_line(law):
    """20000 draws, Kolmogorov's test at 1%."""
    start, n = law(cloud_of(1)), 20_000
    x, _ = start.sample(np.random.default_rng(3), n)
    grid = np.linspace(-40, 40, 80_001)
    density = np.exp(start.log_density(grid[:, None]))
    cumulative = np.append(0, np.cumsum((density[1:] + density[:-1]) / 2 * np.diff(grid)))
    statistic = kstest(x[:, 0], lambda z: np.interp(z, grid, cumulative)).statistic
    assert statistic <= KOLMOGOROV_99 / np.sqrt(n)


@pytest.mark.parametrize("r", [2, 3])
def test_draws_follow_the_density_along_each_coordinate_given_the_others(law, r):
    """Rosenblatt's transform: P(last coordinate <= x | the others) is uniform; 4000 draws."""
    start, n = law(cloud_of(r)), 4000
    x, _ = start.sample(np.random.default_rng(3), n)
    grid = np.linspace(-8, 8, 401)
    lines = np.repeat(x, len(grid), axis=0)
    lines[:, -1] = np.tile(grid, n)
    density = np.exp(start.log_density(lines)).reshape(n, -1)
    cumulative = np.cumsum((density[:, 1:] + density[:, :-1]) / 2, axis=1)
    cumulative = np.c_[np.zeros(n), cumulative] / cumulative[:, -1:]
    u = [np.interp(x[i, -1], grid, cumulative[i]) for i in range(n)]
    assert kstest(u, "uniform").statistic <= KOLMOGOROV_99 / np.sqrt(n)


@pytest.mark.parametrize("r", [1, 3])
def test_draws_have_the_moments_of_each_component(law, r):
    """200000 draws; frequencies, means and covariances within 4.5 standard errors each."""
    n = 200_000
    cloud = cloud_of(r, 6)
    start = law(cloud)
    if isinstance(start, WholeGaussian | StackedLaw):  # whose points are the nearest ones
        return
    x, k = start.sample(np.random.default_rng(3), n)
    for i, S in enumerate(matrices(start, r)):
        own = x[k == i] - cloud.points[i]
        w, count = cloud.weights[i], len(own)
        assert abs(count / n - w) <= 4.5 * np.sqrt(w * (1 - w) / n)
        assert np.all(np.abs(own.mean(axis=0)) <= 4.5 * np.sqrt(np.diag(S) / count))
        error = np.sqrt((np.outer(np.diag(S), np.diag(S)) + S**2) / count)
        assert np.all(np.abs(own.T @ own / count - S) <= 4.5 * error)


@pytest.mark.parametrize("r", [1, 3])
def test_integer_weights_are_repetitions(law, r):
    points, counts = normal(15, r), np.arange(15) % 4
    x = 2 * normal(10, r, 1)
    weighted = law(PointCloud.of(points, counts)).log_density(x)
    repeated = law(PointCloud.of(np.repeat(points, counts, axis=0))).log_density(x)
    np.testing.assert_allclose(weighted, repeated, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("r", [2, 4])
def test_the_frame_and_the_unit(law, r):
    """Translation and rotation leave the density; x -> c x divides it by c^r."""
    points, x = normal(15, r), 2 * normal(10, r, 1)
    plain = law(PointCloud.of(points)).log_density(x)
    Q = special_ortho_group.rvs(r, random_state=0)
    turned = law(PointCloud.of(points @ Q + 7)).log_density(x @ Q + 7)
    np.testing.assert_allclose(turned, plain, rtol=1e-9, atol=1e-9)
    for c in (1e-4, 1e3):
        scaled = law(PointCloud.of(c * points), c).log_density(c * x)
        np.testing.assert_allclose(scaled + r * np.log(c), plain, rtol=1e-9, atol=1e-9)


def test_seeds_and_sizes(law):
    cloud = cloud_of(3)
    start = law(cloud)
    (x, k), (y, j) = (start.sample(np.random.default_rng(0), 50) for _ in range(2))
    np.testing.assert_array_equal(x, y)
    np.testing.assert_array_equal(k, j)
    assert ((k >= 0) & (k < len(cloud))).all()
    none, of_none = start.sample(np.random.default_rng(0), 0)
    assert none.shape == (0, 3)
    assert of_none.shape == (0,)
    assert start.log_density(none).shape == (0,)


def test_pickles_hold_nothing_derived(law):
    start, x = law(cloud_of(3)), normal(5, 3)
    before = len(pickle.dumps(start))
    expected = start.log_density(x)
    assert len(pickle.dumps(start)) == before
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(start)).log_density(x), expected)
