"""The law "local", weights as counts of neighbors, mixtures of laws and their weights."""

import numpy as np
import pytest
import reference
from scipy.optimize import minimize
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from smoothdiff import SmoothedPLDiffusion
from smoothdiff.cloud import PointCloud
from smoothdiff.starts import LAWS, Local, Start, WholeGaussian, stacking_weights, starting_law

T0, SPACING = 0.2, 0.35
SHRINKAGES = [(0.1, 0.1), (0.4, 0.05), (0.3, 0.0), (0.0, 0.5), (0.6, 0.4)]
AT_POINTS = [name for name in LAWS if name != "gaussian"]


def cloud_of(n, r, seed=0, weighted=True):
    rng = np.random.default_rng(seed)
    weights = rng.exponential(size=n) if weighted else None
    return PointCloud.of(rng.normal(size=(n, r)) * np.linspace(1, 0.2, r), weights)


def local(cloud, m=6, shrinkage=(0.1, 0.1)):
    return LAWS["local"](cloud, T0, SPACING, m, shrinkage)


def covariances(cloud, m=6, shrinkage=(0.1, 0.1), start="local"):
    return reference.start_covariances(
        cloud.points, start, T0, SPACING, m, cloud.weights, shrinkage
    )


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("shrinkage", SHRINKAGES)
@pytest.mark.parametrize("r", [1, 2, 7])
def test_covariances_and_density_are_those_of_full_gaussians(r, shrinkage, weighted, rng):
    cloud = cloud_of(40, r, weighted=weighted)
    law, S = local(cloud, 6, shrinkage), covariances(cloud, 6, shrinkage)
    np.testing.assert_allclose(law.covariances, S, rtol=1e-9, atol=1e-13)
    x = np.concatenate([rng.normal(size=(20, r)), 20 * rng.normal(size=(5, r)), cloud.points[:5]])
    expected = reference.mixture_log_density(x, cloud.points, S, cloud.weights)
    np.testing.assert_allclose(law.log_density(x), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("start", AT_POINTS)
def test_a_scale_multiplies_the_covariances(start, rng):
    cloud, x = cloud_of(30, 3), rng.normal(size=(20, 3))
    law = LAWS[start](cloud, T0, SPACING, 6)
    for scale in (0.3, 2.0):
        expected = LAWS[start](cloud, scale * T0, SPACING, 6).log_density(x)
        np.testing.assert_allclose(law.log_density(x, scale), expected, rtol=1e-9)
    scales = np.resize([0.3, 1.0, 2.0], 20)
    expected = [law.log_density(row[None], s)[0] for row, s in zip(x, scales, strict=True)]
    np.testing.assert_allclose(law.log_density(x, scales), expected, rtol=1e-9)


@pytest.mark.parametrize("start", ["adaptive", "local-pca", "local"])
def test_weights_count_neighbors(start, rng):
    """Against the slow count; a row that is most of the data starts from next to nothing.

    Nor has it a say in how wide the others are.
    """
    cloud = cloud_of(40, 2, seed=3)
    law = LAWS[start](cloud, T0, SPACING, 5)
    S = law.covariances
    S = S[:, None, None] * np.eye(2) if S.ndim == 1 else S
    expected = covariances(cloud, 5, start=start)
    few = np.trace(expected, axis1=1, axis2=2) < 1e-9  # heavier than 5 points: floored
    np.testing.assert_allclose(S[~few], expected[~few], rtol=1e-9, atol=1e-13)
    points = rng.normal(size=(30, 2))
    heavy = PointCloud.of(points, np.r_[70.0, np.ones(29)])
    k = np.flatnonzero(heavy.weights > 0.5)[0]
    S = LAWS[start](heavy, T0, SPACING, 5).covariances
    size = S if S.ndim == 1 else np.trace(S, axis1=1, axis2=2)
    assert 0 < size[k] < 1e-9 * np.median(size)
    others, expected = np.arange(30) != k, covariances(heavy, 5, start=start)
    expected = expected[:, 0, 0] if S.ndim == 1 else expected
    np.testing.assert_allclose(S[others], expected[others], rtol=1e-9, atol=1e-13)


def test_the_local_part_follows_any_linear_map(rng):
    """Where the neighbors stay the same (here all others), C_k becomes A C_k A'.

    The shrunk law does not, whatever w_s is: tr(C_k), which sizes its targets, is a length in the
    coordinates that are given.
    """
    A, points, equal = rng.normal(size=(3, 3)), rng.normal(size=(6, 3)), np.full(6, 1 / 6)
    plain, moved = (
        LAWS["local"](PointCloud(y, equal), T0, SPACING, 5, (1e-9, 0.0)).covariances
        for y in (points, points @ A.T)
    )
    np.testing.assert_allclose(moved, A @ plain @ A.T, rtol=0, atol=1e-7 * np.abs(moved).max())


def test_rotations_and_scales(rng):
    Q = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    points, x = rng.normal(size=(30, 4)), rng.normal(size=(15, 4))
    plain, turned = local(PointCloud.of(points)), local(PointCloud.of(points @ Q.T))
    np.testing.assert_allclose(turned.log_density(x @ Q.T), plain.log_density(x), rtol=1e-9)
    scaled = LAWS["local"](PointCloud.of(5 * points), 25 * T0, 5 * SPACING, 6)
    np.testing.assert_allclose(
        scaled.log_density(5 * x), plain.log_density(x) - 4 * np.log(5), rtol=1e-9
    )


@pytest.mark.parametrize("name", LAWS)
def test_the_scale_of_a_start_is_that_of_its_covariances(name, rng):
    cloud, x = cloud_of(30, 2), rng.normal(size=(20, 2))
    once, scaled = (Start(name, c, 5).law(cloud, T0, SPACING) for c in (1.0, 2.5))
    np.testing.assert_allclose(scaled.covariances, 2.5 * once.covariances, rtol=1e-12)
    np.testing.assert_allclose(scaled.log_density(x), once.log_density(x, 2.5), rtol=1e-12)


def mean_and_covariance(centers, weights, S):
    mean = weights @ centers
    spread = np.einsum("k,ki,kj->ij", weights, centers - mean, centers - mean)
    return mean, spread + np.einsum("k,kij->ij", weights, S)


@pytest.mark.parametrize("names", [["local"], ["gaussian"], ["local", "isotropic", "gaussian"]])
def test_draws_have_the_moments_of_the_law(names):
    """40000 draws: mean and covariance within 5 standard errors."""
    cloud, n = cloud_of(25, 2, seed=1), 40_000
    starts = [
        Start(name, 0.7, 5, (0.2, 0.1), weight)
        for name, weight in zip(names, (3.0, 1.0, 2.0), strict=False)
    ]
    x, near = starting_law(starts, cloud, T0, SPACING).sample(np.random.default_rng(5), n)
    assert x.shape == (n, 2)
    assert near.min() >= 0
    assert near.max() < len(cloud)
    total = sum(start.weight for start in starts)
    mean, covariance = 0.0, 0.0
    parts = []
    for start in starts:
        if start.name == "gaussian":
            law = WholeGaussian(cloud)
            parts.append((start.weight / total, law.mean, 0.7 * law.covariances[0]))
        else:
            S = 0.7 * covariances(cloud, 5, (0.2, 0.1), start.name)
            parts.append(
                (start.weight / total, *mean_and_covariance(cloud.points, cloud.weights, S))
            )
    mean = sum(w * m for w, m, _ in parts)
    covariance = sum(w * (C + np.outer(m - mean, m - mean)) for w, m, C in parts)
    error = np.sqrt(np.diag(covariance) / n)
    assert np.all(np.abs(x.mean(axis=0) - mean) < 5 * error)
    assert np.all(np.abs(np.cov(x.T) - covariance) < 5 * 3 * np.max(error**2) * np.sqrt(n))


def test_a_mixture_is_the_weighted_sum(rng):
    cloud, x = cloud_of(30, 2, weighted=False), rng.normal(size=(20, 2))
    starts = [
        Start("local", 0.6, 4, weight=1.0),
        Start("adaptive", 1.5, 7, weight=3.0),
        Start("gaussian"),
    ]
    law = starting_law(starts, cloud, T0, SPACING)
    S = np.stack([0.6 * covariances(cloud, 4), 1.5 * covariances(cloud, 7, start="adaptive")])
    parts = [reference.mixture_log_density(x, cloud.points, s, cloud.weights) for s in S]
    whole = WholeGaussian(cloud)
    parts.append(multivariate_normal(whole.mean, whole.covariances[0]).logpdf(x))
    expected = logsumexp(parts, axis=0, b=np.array([[1.0], [3.0], [1.0]]) / 5)
    np.testing.assert_allclose(law.log_density(x), expected, rtol=1e-9)
    assert law.covariances.shape == (30, 2, 2)


def test_spheres_stay_spheres_in_a_mixture():
    cloud = cloud_of(20, 3)
    starts = [Start("isotropic", 0.5, weight=3.0), Start("adaptive", 2.0, 4)]
    first, second = (start.law(cloud, T0, SPACING).covariances for start in starts)
    found = starting_law(starts, cloud, T0, SPACING).covariances
    np.testing.assert_allclose(found, (3 * first + second) / 4, rtol=1e-14)


def test_spheres_beside_ellipsoids_are_matrices():
    cloud = cloud_of(20, 3)
    starts = [Start("isotropic", 0.5), Start("local", 2.0, 4)]
    spheres, shapes = (start.law(cloud, T0, SPACING).covariances for start in starts)
    found = starting_law(starts, cloud, T0, SPACING).covariances
    expected = (spheres[:, None, None] * np.eye(3) + shapes) / 2
    np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-16)


def test_one_law_is_drawn_from_as_it_is():
    """Without a choice among laws, which would take a random number."""
    cloud, start = cloud_of(20, 2), Start("local", 0.6, 4)
    alone = start.law(cloud, T0, SPACING).sample(np.random.default_rng(0), 9)
    listed = starting_law([start], cloud, T0, SPACING).sample(np.random.default_rng(0), 9)
    for one, other in zip(alone, listed, strict=True):
        np.testing.assert_array_equal(one, other)


def test_stacking_weights_maximize_the_likelihood(rng):
    """Against scipy's SLSQP on the simplex, with weights of the rows."""
    log_p = rng.normal(size=(5, 200)) - [[0.0], [0.5], [1.0], [4.0], [9.0]]
    log_p[3, :50] = -np.inf
    share = rng.exponential(size=200)
    omega, gap = stacking_weights(log_p, share)

    def loss(w):
        return -np.average(logsumexp(log_p, axis=0, b=w[:, None]), weights=share)

    found = minimize(
        loss,
        np.full(5, 0.2),
        bounds=[(0, 1)] * 5,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        options={"ftol": 1e-12, "maxiter": 500},
    )
    assert abs(omega.sum() - 1) < 1e-12
    assert 0 <= gap < 1e-5
    assert loss(omega) <= found.fun + 1e-5
    np.testing.assert_allclose(omega, found.x, atol=0.01)


def test_the_gap_bounds_what_too_few_iterations_leave(monkeypatch, rng):
    log_p = rng.normal(size=(4, 100)) - [[0.0], [0.5], [1.0], [3.0]]
    best, _ = stacking_weights(log_p)
    monkeypatch.setattr("smoothdiff.starts._stacked.MAX_ITERATIONS", 3)
    omega, gap = stacking_weights(log_p)
    missed, found = (logsumexp(log_p, axis=0, b=w[:, None]).mean() for w in (best, omega))
    assert abs(omega.sum() - 1) < 1e-12
    assert 1e-4 < missed - found <= gap + 1e-6


@pytest.mark.parametrize("X", [np.ones((1, 3)), np.array([[0.0, 0, 0], [1, 1, 1]])])
@pytest.mark.parametrize("start", LAWS)
def test_few_points(start, X):
    model = SmoothedPLDiffusion(start=start, t0=0.3, t_min=0.01, spacing=0.4).fit(X)
    assert np.isfinite(model.sample(20, random_state=0)).all()
    assert np.isfinite(model.score_samples(X)).all()


@pytest.mark.parametrize("w_s", [1e-12, 1e-18])
def test_noise_thinner_than_rounding_of_flat_neighbors(w_s, rng):
    """Points on a line: eigenvalues that rounding makes negative may exceed the noise across."""
    along = np.sort(rng.normal(size=40))
    cloud = PointCloud.of(along[:, None] * [1.0, 0.7, -0.3])
    found, wider = (
        Local(cloud, 0.04, 0.2, n_neighbors=8, shrinkage=(0.0, w)).log_density(cloud.points)
        for w in (w_s, 100 * w_s)
    )
    assert np.isfinite(found).all()
    if w_s > 1e-15:  # of two directions across; below, terms that cancel are rounded by more
        np.testing.assert_allclose(found - wider, np.log(100), atol=1e-2)


def test_no_array_of_n_matrices_is_formed():
    """20000 points in 20 dimensions: draws and the law itself stay below one (n, r, r) array."""
    import tracemalloc

    cloud = cloud_of(20_000, 20, weighted=False)
    law = local(cloud, 5)
    tracemalloc.start()
    law.sample(np.random.default_rng(0), 5000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000 * 20 * 20 * 8


@pytest.mark.parametrize(
    ("log_p", "weights", "sentence"),
    [
        ([-1.0, -2.0], None, r"of shape \(n_laws, n\) of floats or -inf. Got shape \(2,\)\.$"),
        ([[np.nan, 0.0], [0.0, 0.0]], None, "and NaN or inf"),
        ([[np.inf, 0.0], [0.0, 0.0]], None, "and NaN or inf"),
        (np.full((2, 3), -np.inf), None, "finite for a law at a row of positive weight"),
        (np.zeros((3, 0)), None, "finite for a law at a row of positive weight"),
        ([[0.0, -np.inf]], [0.0, 1.0], "finite for a law at a row of positive weight"),
        ([[0.0, 1.0]], [1.0], "row_weights must be 2 floats"),
        ([[0.0, 1.0]], [1.0, -1.0], "row_weights must be 2 floats"),
    ],
)
def test_what_cannot_be_stacked_is_refused(log_p, weights, sentence):
    with pytest.raises(ValueError, match=sentence):
        stacking_weights(log_p, weights)


def test_a_row_that_no_law_reaches_takes_no_part():
    log_p = np.array([[-1.0, -2.0, -np.inf], [-2.0, -1.0, -np.inf]])
    np.testing.assert_array_equal(stacking_weights(log_p)[0], stacking_weights(log_p[:, :2])[0])
