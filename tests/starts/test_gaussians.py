"""Gaussians at the points, of covariances S_k (docs/beyond_the_papers.md, 5); more in laws/."""

import tracemalloc

import numpy as np
import pytest
import reference
from sklearn.covariance import OAS

from smoothdiff import noise
from smoothdiff.cloud import PointCloud
from smoothdiff.starts import LAWS, STARTS, StackedLaw, Start, StartingLaw

T0, SPACING = 0.2, 0.35
AT_POINTS = [name for name in STARTS if name != "gaussian"]


def cloud_of(n, r, seed=0, weighted=True):
    rng = np.random.default_rng(seed)
    weights = rng.uniform(0.5, 1.5, size=n) if weighted else None
    return PointCloud.of(rng.normal(size=(n, r)) * np.linspace(1, 0.2, r), weights)


def covariances(cloud, start, m):
    return reference.start_covariances(cloud.points, start, T0, SPACING, m, cloud.weights)


@pytest.mark.parametrize(("r", "m"), [(1, 1), (2, 4), (12, 4), (12, 100)])
@pytest.mark.parametrize("start", AT_POINTS)
def test_log_density_is_that_of_the_gaussian_mixture(start, r, m, rng):
    cloud = cloud_of(60, r)
    law = LAWS[start](cloud, T0, SPACING, m)
    x = np.concatenate([rng.normal(size=(20, r)), 20 * rng.normal(size=(10, r)), cloud.points[:5]])
    expected = reference.mixture_log_density(
        x, cloud.points, covariances(cloud, start, m), cloud.weights
    )
    np.testing.assert_allclose(law.log_density(x), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("m", [1, 4, 10, 100])
@pytest.mark.parametrize("r", [1, 2, 5, 12])
@pytest.mark.parametrize("start", AT_POINTS)
def test_covariances_are_those_of_the_formulas(start, r, m):
    cloud = cloud_of(60, r)
    law = LAWS[start](cloud, T0, SPACING, m)
    S = law.covariances
    S = S[:, None, None] * np.eye(r) if S.ndim == 1 else S
    np.testing.assert_allclose(S, covariances(cloud, start, m), rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("r", [1, 2, 5, 12])
@pytest.mark.parametrize("start", [*STARTS, "stacked"])
def test_variances_along_vectors_are_those_of_the_matrices(start, r, rng):
    """Without the matrices, as `StartingLaw` has them with."""
    cloud, directions, k = cloud_of(60, r), rng.normal(size=(7, r)), np.array([0, 31, 59, 31])
    if start == "stacked":
        laws = [LAWS[name](cloud, T0, SPACING, 4) for name in ("isotropic", "local", "gaussian")]
        law = StackedLaw(laws, [0.2, 0.5, 0.3])
    else:
        law = LAWS[start](cloud, T0, SPACING, 4)
    found = law.variances_along(directions, k)
    assert found.shape == (4, 7)
    np.testing.assert_allclose(found, StartingLaw.variances_along(law, directions, k), rtol=1e-10)


def test_long_gaussians_reach_far_over_tiles():
    """On the axis of 512 points in line, between them and a tight cluster in a tile of its own."""
    rng = np.random.default_rng(0)
    line = np.c_[np.linspace(0, 1, 512), 1e-4 * rng.normal(size=512)]
    cluster = [1.4, 0.0] + 0.02 * rng.normal(size=(512, 2))
    cloud = PointCloud.of(np.concatenate([line, cluster]))
    law = LAWS["local-pca"](cloud, T0, 0.1, 10)
    x = np.c_[np.linspace(1, 1.4, 100), np.zeros(100)]
    S = reference.start_covariances(cloud.points, "local-pca", T0, 0.1, 10)
    expected = reference.mixture_log_density(x, cloud.points, S, cloud.weights)
    np.testing.assert_allclose(law.log_density(x), expected, rtol=1e-9, atol=1e-9)


def test_isotropic_start_is_the_noised_law():
    cloud = cloud_of(200, 3)
    x = 2 * np.random.default_rng(1).normal(size=(50, 3))
    law = LAWS["isotropic"](cloud, T0, SPACING)
    expected = noise.log_density(x, cloud.points, T0, cloud.weights)
    np.testing.assert_allclose(law.log_density(x), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("r", "difference"), [(2, 0.25), (60, 0.01)])
def test_shrinkage_is_the_article_and_not_scikit_learn(r, difference, rng):
    """scikit-learn leaves out the terms 2 / r of Chen et al., which matter in few dimensions.

    The written formula is the reference elsewhere; here it meets scikit-learn's as r grows.
    """
    X = rng.normal(size=(10, r)) * np.linspace(1, 0.1, r)
    article = reference.oas_shrinkage(X.T @ X / 10, 10)
    sklearn = OAS(assume_centered=True).fit(X).shrinkage_
    gap = abs(article - sklearn)
    assert gap <= difference
    assert (gap > 0.005) == (r == 2)


def test_many_dimensions_form_no_matrices():
    """local-pca at r = 100: less memory at its peak than one (n, r, r) array would take."""
    n, r, m = 2500, 100, 5
    cloud = cloud_of(n, r, weighted=False)
    law = LAWS["local-pca"](cloud, T0, SPACING, m)
    tracemalloc.start()
    law.log_density(cloud.points[:20] + 0.1)
    law.sample(np.random.default_rng(0), 500)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < n * r * r * 8


def test_many_dimensions_agree(rng):
    cloud = cloud_of(80, 60)
    law = LAWS["local-pca"](cloud, T0, SPACING, 10)
    x = cloud.points[:20] + 0.3 * rng.normal(size=(20, 60))
    expected = reference.mixture_log_density(
        x, cloud.points, covariances(cloud, "local-pca", 10), cloud.weights
    )
    np.testing.assert_allclose(law.log_density(x), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("start", STARTS)
def test_one_point_starts_from_t0(start):
    law = LAWS[start](PointCloud.of(np.array([[1.0, 2.0]])), T0, SPACING)
    S = [T0 if start in ("isotropic", "adaptive") else T0 * np.eye(2)]
    np.testing.assert_allclose(law.covariances, S, rtol=1e-15)
    expected = -np.log(2 * np.pi * T0) - 0.5 / (2 * T0)
    np.testing.assert_allclose(law.log_density(np.array([[1.5, 2.5]])), expected, rtol=1e-14)


def test_one_point_and_no_t0_is_a_unit():
    law = LAWS["gaussian"](PointCloud.of(np.array([[1.0, 2.0]])))
    np.testing.assert_array_equal(law.covariances, [np.eye(2)])


@pytest.mark.parametrize("start", ["adaptive", "local-pca", "local"])
def test_a_law_and_its_name_have_the_same_defaults(start):
    cloud = cloud_of(30, 2)
    named = Start(start).law(cloud, T0, SPACING)
    np.testing.assert_array_equal(LAWS[start](cloud, T0, SPACING).covariances, named.covariances)


def test_near_twins_do_not_start_from_nothing():
    """A neighbor within rounding: its bandwidth is raised to 1e-6 of the median."""
    points = np.random.default_rng(0).normal(size=(20, 2))
    cloud = PointCloud.of(np.concatenate([points, points[:1] + 1e-14]))
    law = LAWS["adaptive"](cloud, T0, SPACING, 1)
    twins = np.flatnonzero(np.abs(cloud.points - points[0]).max(axis=1) < 1e-12)
    assert len(twins) == 2
    np.testing.assert_allclose(law.variances[twins], 1e-12 * T0, rtol=1e-12)
    assert law.variances.min() == law.variances[twins[0]]


@pytest.mark.parametrize("start", ["adaptive", "local-pca", "local"])
def test_tiles_know_the_widest_of_their_ellipsoids(start):
    """What bounds the rest of a sum: the least half-precision of a tile, in the law's own frame."""
    cloud = cloud_of(300, 3)
    law = LAWS[start](cloud, T0, SPACING, 10)
    S = law.covariances
    S = S[:, None, None] * np.eye(3) if S.ndim == 1 else S
    frame = np.eye(3) if getattr(law, "_frame", None) is None else np.linalg.inv(law._frame)
    least = 0.5 / np.linalg.eigvalsh(frame @ S @ frame)[:, -1]
    points = cloud.points @ frame
    tiles = law._mixture.arrays
    for tile in np.flatnonzero(np.isfinite(tiles.peak)):
        own = np.isclose(points[:, None], tiles.points[tile].T).all(axis=2).any(axis=1)
        np.testing.assert_allclose(tiles.decay[tile], least[own].min(), rtol=1e-9)


@pytest.mark.parametrize("apart", [1e-16, 1e-200])
def test_mostly_twins_do_not_measure_the_others(apart):
    """Two of three points within rounding: the third starts from t0, not from any multiple."""
    cloud = PointCloud(np.array([[0.0, 1.0], [apart, 1.0], [3.0, 1.0]]), np.full(3, 1 / 3))
    law = LAWS["adaptive"](cloud, T0, SPACING, 1)
    np.testing.assert_allclose(law.variances, T0 * np.array([1e-12, 1e-12, 1.0]), rtol=1e-12)


@pytest.mark.parametrize("start", ["local", "local-pca"])
def test_mostly_twins_start_from_a_part_of_what_the_others_do(start):
    """Of four rows with a twin within rounding, and two without one, the two set the measure."""
    points = np.random.default_rng(0).normal(size=(6, 2))
    points = np.concatenate([points, points[:4] * (1 + 2e-16)])
    cloud = PointCloud(points, np.full(10, 0.1))
    law = LAWS[start](cloud, T0, SPACING, 1)
    trace = np.trace(law.covariances, axis1=1, axis2=2)
    twins = np.r_[0:4, 6:10]
    part = trace[twins] / np.median(trace[4:6])
    assert np.all((part > 1e-13) & (part < 1e-11))
