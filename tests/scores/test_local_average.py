"""Averaged scores against averages of many points, in every window."""

import numpy as np
import pytest
from given import normal
from scipy.integrate import quad
from sklearn.model_selection import GridSearchCV

from smoothdiff import LocalAverageDiffusion, SmoothedPLDiffusion
from smoothdiff.cloud import PointCloud
from smoothdiff.noise import empirical_score, log_density
from smoothdiff.scores import (
    WINDOWS,
    EmpiricalScore,
    LocalAverageScore,
    SmoothedPLScore,
    divergence_by_differences,
)

SAMPLED = [window for window in WINDOWS if window != "min-norm"]
T, KAPPA = 0.01, 0.1


def field(r, window, n_quadrature=64, n=12, kappa=KAPPA):
    cloud = PointCloud.of(normal(n, r))
    return LocalAverageScore(cloud, kappa, cloud.spacing(), window, n_quadrature)


def window_points(window, n, r, seed=1):
    """Plain random points of the window of half-width 1."""
    rng = np.random.default_rng(seed)
    if window == "cube":
        return rng.uniform(-1, 1, (n, r))
    z = rng.normal(size=(n, r))
    if window == "gaussian":
        return z / np.sqrt(3)
    return z / np.linalg.norm(z, axis=1, keepdims=True) * rng.random((n, 1)) ** (1 / r)


def plain_average(score, x, t, u):
    """Mean of the exact score over x + w u, and its standard error."""
    values = score.cloud.points, np.full(len(u), t)
    at = np.array([empirical_score(row + score.half_width(t) * u, *values) for row in x])
    return at.mean(axis=1), at.std(axis=1) / np.sqrt(len(u))


@pytest.mark.parametrize("window", SAMPLED)
@pytest.mark.parametrize("r", [2, 3])
def test_average_over_the_window(window, r):
    """Against 20000 plain points, 5 of their standard errors; the rule's own error is below.

    The two tests after this one have an integral for one dimension.
    """
    score, x = field(r, window, 1024), normal(8, r, 2)
    mean, error = plain_average(score, x, T, window_points(window, 20000, r))
    assert np.all(np.abs(score(x, T) - mean) < 5 * error)


@pytest.mark.parametrize("window", [w for w in WINDOWS if w != "gaussian"])
def test_one_dimension_is_exact(window):
    score, x = field(1, window), normal(6, 1, 2)
    w = score.half_width(T)
    for row, value in zip(x, score(x, T), strict=True):

        def slope(u, row=row):
            return empirical_score(np.array([row + u]), score.cloud.points, T)[0, 0]

        kinks = np.sort(score.cloud.points[:, 0] - row[0])
        integral, error = quad(slope, -w, w, points=kinks[np.abs(kinks) < w], epsabs=1e-10)
        assert abs(value[0] - integral / (2 * w)) < 1e-8 + error / w


def test_gaussian_window_in_one_dimension():
    score, x = field(1, "gaussian", 4096), normal(3, 1, 2)
    deviation = score.half_width(T) / np.sqrt(3)
    for row, value in zip(x, score(x, T), strict=True):

        def weighed(z, row=row):
            p = log_density(np.array([row + deviation * z]), score.cloud.points, T)[0]
            return p * z * np.exp(-z * z / 2) / np.sqrt(2 * np.pi) / deviation

        expected = quad(weighed, -8, 8, epsabs=1e-9, limit=400)[0]
        assert abs(value[0] - expected) < 1e-3 * (1 + abs(expected))


@pytest.mark.parametrize(
    ("window", "r"), [("cube", 2), ("ball", 3), ("gaussian", 1), ("gaussian", 2), ("min-norm", 2)]
)
def test_no_window_is_the_empirical_score(window, r):
    """From kappa sqrt(t) = spacing on exactly, and continuously before."""
    x = normal(20, r, 2)
    exact = EmpiricalScore(PointCloud.of(normal(12, r)))(x, T)
    np.testing.assert_allclose(field(r, window, kappa=1e3)(x, T), exact, rtol=1e-13)
    spacing = PointCloud.of(normal(12, r)).spacing()
    narrow = field(r, window, kappa=(spacing - 1e-4) / np.sqrt(T))(x, T)
    np.testing.assert_allclose(narrow, exact, rtol=1e-3, atol=1e-3)


def test_rows_with_and_without_a_window():
    """Each as it is alone, whatever the row beside it needs."""
    score, x = field(2, "ball", 16), normal(4, 2, 1)
    t = np.where([True, False, True, False], T, (2 * score.spacing / KAPPA) ** 2)
    alone = np.concatenate([score(x[[i]], t[[i]]) for i in range(4)])
    np.testing.assert_allclose(score(x, t), alone, rtol=1e-12)
    alone = np.concatenate([score.divergence(x[[i]], t[[i]])[0] for i in range(4)])
    np.testing.assert_allclose(score.divergence(x, t)[0], alone, rtol=1e-12)


@pytest.mark.parametrize(
    ("window", "r"), [("cube", 1), ("cube", 4), ("ball", 2), ("gaussian", 2), ("min-norm", 4)]
)
def test_one_point_has_a_linear_score(window, r):
    """Averaged over any symmetric window it is itself."""
    score = LocalAverageScore(PointCloud.of(np.ones((1, r))), 0.1, 0.5, window)
    x = normal(9, r)
    np.testing.assert_allclose(score(x, 0.2), (1 - x) / 0.2, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("window", SAMPLED)
@pytest.mark.parametrize("r", [1, 2, pytest.param(5, marks=pytest.mark.slow)])
def test_divergence(window, r):
    score, x = field(r, window, 16), normal(30, r, 2)
    expected = divergence_by_differences(score, x, T)[0]
    np.testing.assert_allclose(
        score.divergence(x, T)[0], expected, rtol=1e-7, atol=1e-7 * np.abs(expected).max()
    )


@pytest.mark.parametrize("r", [2, pytest.param(5, marks=pytest.mark.slow)])
def test_the_rule_beats_plain_monte_carlo(r):
    """64 points with an axis integrated exactly, against the 512 plain points of the paper."""
    x = normal(12, r, 2)
    best = field(r, "cube", 8192)(x, T)
    ours = np.sqrt(((field(r, "cube", 64)(x, T) - best) ** 2).mean())
    plain = [
        plain_average(field(r, "cube"), x, T, window_points("cube", 512, r, seed))[0]
        for seed in range(10)
    ]
    assert ours < np.sqrt(np.mean([(p - best) ** 2 for p in plain]))


def test_shortest_average_among_the_lines():
    """Two points: one line, whose average is exact along it and sampled across."""
    points = np.array([[0.0, 0.0], [1.0, 0.0]])
    score = LocalAverageScore(PointCloud.of(points), 0.1, 0.5, "min-norm")
    x = np.array([[0.3, 0.2], [0.5, -0.1]])
    w = score.half_width(T)
    h = w * (np.arange(4000) + 0.5) / 2000 - w
    line = np.c_[h, np.zeros_like(h)]
    expected = [empirical_score(row + line, points, T).mean(axis=0) for row in x]
    np.testing.assert_allclose(score(x, T), expected, atol=1e-4)


def test_no_shortest_average_is_zero():
    """By symmetry two lines of an isosceles triangle tie on its axis, with different averages."""
    points = np.array([[-1.0, 0.0], [1.0, 0.0], [0.0, 4.0]])
    score = LocalAverageScore(PointCloud.of(points), 0.1, 0.5, "min-norm")
    assert not score(np.array([[0.0, 1.75]]), T).any()
    assert score(np.array([[1e-3, 1.75]]), T).all()


def test_lines_turn_with_the_data():
    rotation = np.linalg.qr(normal(3, 3, 5))[0]
    points, x = normal(12, 3), normal(9, 3, 2)
    plain, turned = (
        LocalAverageScore(PointCloud.of(p), KAPPA, 0.4, "min-norm")
        for p in (points, points @ rotation)
    )
    np.testing.assert_allclose(turned(x @ rotation, T), plain(x, T) @ rotation, atol=1e-9)


@pytest.mark.parametrize(
    "window", [pytest.param(w, marks=[pytest.mark.slow] * (w == "gaussian")) for w in WINDOWS]
)
def test_samples_are_nearly_those_of_the_smoothed_pl(window):
    """Fact of v1, Fig. 10, on its data: the same start, 200 steps."""
    X = np.c_[np.linspace(-1, 1, 4), np.zeros(4)]
    shared = {"kappa": 1.2, "t0": 0.02, "t_min": 1e-5, "start": "isotropic", "random_state": 0}
    exact = SmoothedPLDiffusion(**shared).fit(X).sample(2000)
    ours = LocalAverageDiffusion(window=window, **shared).fit(X).sample(2000)
    far = np.abs(np.sort(ours[:, 0]) - np.sort(exact[:, 0]))
    assert far.mean() < (0.05 if window == "gaussian" else 0.005)
    assert np.abs(ours[:, 1]).max() < 6 * np.sqrt(1e-5)


def apart(points, window, t):
    """Root mean square difference of the denoisers, in spacings, around the points."""
    cloud = PointCloud.of(points)
    spacing = cloud.spacing()
    x = np.repeat(points, 20, axis=0)
    x += spacing * normal(*x.shape, 1)
    ours = LocalAverageScore(cloud, KAPPA, spacing, window).denoise(x, t * spacing**2)
    smoothed = SmoothedPLScore(cloud, KAPPA, spacing).denoise(x, t * spacing**2)
    return np.sqrt(((ours - smoothed) ** 2).sum(axis=1).mean()) / spacing


def test_twins_make_no_line():
    """Points that are equal but for rounding, as rows may be once projected, are one of twice."""
    points, x = normal(5, 2), normal(8, 2, 2)
    copies = points[:2] * [[1.0], [1 + 4e-16]]
    twins = PointCloud(np.concatenate([points, copies]), np.full(7, 1 / 7))
    merged = PointCloud.of(points, [2, 2, 1, 1, 1])
    actual, expected = (
        LocalAverageScore(cloud, KAPPA, 0.4, "min-norm")(x, T) for cloud in (twins, merged)
    )
    np.testing.assert_allclose(actual, expected, rtol=1e-9)


@pytest.mark.parametrize("t", [1e-4, 1e-2, 0.3])
def test_the_least_of_the_averages_over_lines(t):
    """Against 200001 places on the lines between three points: at small t the score is a step."""
    points, x, width = np.array([[0.0, 0.0], [1.0, 0.0], [0.3, 1.0]]), np.array([0.37, 0.2]), 0.5
    score = LocalAverageScore(points, 1e-9, width, "min-norm")
    h = (np.arange(200_001) - 100_000.0) / 100_000
    means = []
    for i, j in ((0, 1), (0, 2), (1, 2)):
        u = (points[i] - points[j]) / np.linalg.norm(points[i] - points[j])
        mean = EmpiricalScore(points)(x + width * h[:, None] * u, t)
        means.append((mean[1:-1].sum(axis=0) + (mean[0] + mean[-1]) / 2) / (len(h) - 1))
    least = min(means, key=np.linalg.norm)
    np.testing.assert_allclose(t * score(x[None], t)[0], t * least, atol=1e-7)


@pytest.mark.parametrize("window", ["cube", "ball", "min-norm"])
def test_the_smoothed_pl_is_the_limit_on_even_lines_alone(window):
    """docs/beyond_the_papers.md, 2 and 6."""
    line = np.linspace(-1, 1, 12)[:, None]
    assert apart(line, window, 1e-8) < 0.01 * apart(line, window, 1e-1) < 1e-3
    for scattered in (normal(12, 1), normal(12, 2)):
        far = [apart(scattered, window, t) for t in (1e-4, 1e-8)]
        assert min(far) > 0.1
        np.testing.assert_allclose(*far, rtol=0.05)


@pytest.mark.filterwarnings("ignore:The noise that samples keep")
def test_density_integrates_to_one_and_searches():
    X = normal(30, 1)
    shared = {"t0": 0.3, "t_min": 0.1, "start": "isotropic", "n_steps": 50}
    model = LocalAverageDiffusion(kappa=0.3, **shared).fit(X)
    x = np.linspace(-6, 6, 401)[:, None]
    assert abs(np.trapezoid(np.exp(model.score_samples(x)), x[:, 0]) - 1) < 2e-3
    grid = {"kappa": [0.1, 1.0], "n_steps": [20], "t0": [0.3], "t_min": [0.1]}
    search = GridSearchCV(LocalAverageDiffusion(), grid, cv=2, error_score="raise").fit(X)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_there_are_no_parents():
    model = LocalAverageDiffusion(n_steps=3).fit(normal(9, 2))
    with pytest.raises(ValueError, match="has no parents to return; SmoothedPLDiffusion does"):
        model.sample(2, return_parents=True)
