"""Regularized scores, and what each does to the directions normal to the data."""

import numpy as np
import pytest
from given import normal

from smoothdiff.cloud import PointCloud
from smoothdiff.noise import empirical_score, karras_times, log_density
from smoothdiff.ode import integrate
from smoothdiff.scores import (
    EarlyStoppedScore,
    EmpiricalBayesScore,
    EmpiricalScore,
    LocalAverageScore,
    SmoothedPLScore,
    TemperatureScore,
    TikhonovScore,
    divergence_by_differences,
)

T = 0.1


POINTS = normal(7, 2)
CLOUD = PointCloud.of(POINTS)
SCORES = {
    "empirical": EmpiricalScore(CLOUD),
    "empirical Bayes": EmpiricalBayesScore(CLOUD, 0.05),
    "Tikhonov": TikhonovScore(CLOUD, 0.5),
    "early stopping": EarlyStoppedScore(CLOUD, 0.01),
    "temperature": TemperatureScore(CLOUD, 3.0),
    "smoothed": SmoothedPLScore(CLOUD, 0.3, 0.4),
}


def expected(name, x, t):
    score = empirical_score(x, POINTS, t)
    if name == "empirical Bayes":
        p = np.exp(log_density(x, POINTS, t))[:, None]
        return score * p / np.maximum(p, 0.05)
    if name == "Tikhonov":
        return score / 1.5
    if name == "early stopping":
        return score if t > 0.01 else 0 * score
    exponents = -((x[:, None] - POINTS) ** 2).sum(axis=2) / (2 * t * 3.0)
    weights = np.exp(exponents - exponents.max(axis=1, keepdims=True))
    return (weights @ POINTS / weights.sum(axis=1, keepdims=True) - x) / t


@pytest.mark.parametrize("t", [0.5, 0.02, 0.01, 0.003])
@pytest.mark.parametrize("name", ["empirical Bayes", "Tikhonov", "early stopping", "temperature"])
def test_formula(name, t):
    x = 1.5 * normal(40, 2, 1)
    np.testing.assert_allclose(SCORES[name](x, t), expected(name, x, t), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", SCORES)
def test_divergence(name):
    """In closed form where there is one, against differences."""
    score, x = SCORES[name], normal(30, 2, 1)
    value, error = score.divergence(x, T)
    expected, its_error = divergence_by_differences(score, x, T)
    np.testing.assert_allclose(value, expected, rtol=1e-6, atol=1e-6)
    assert np.all(np.abs(value - expected) <= its_error + error)


def test_divergence_by_probes():
    """50 random signs in 12 dimensions: within 4 of the reported errors for every row."""
    score, x = EmpiricalScore(PointCloud.of(normal(9, 12))), normal(20, 12, 1)
    probes = np.sign(normal(50, 12, 2))
    value, error = divergence_by_differences(score, x, 2.0, probes)
    assert np.all(error > 0)
    assert np.all(np.abs(value - score.divergence(x, 2.0)[0]) < 4 * error)
    with pytest.raises(ValueError, match="needs probes in more than 10 dimensions"):
        divergence_by_differences(score, x, 2.0)


LINE = np.c_[np.linspace(-1, 1, 6), np.zeros(6)]


@pytest.mark.parametrize(
    ("name", "collapses"),
    [
        ("empirical Bayes", False),
        ("Tikhonov", False),
        ("early stopping", False),
        ("temperature", True),
        ("smoothed", True),
        ("local average", True),
    ],
)
def test_noise_normal_to_the_data(name, collapses):
    """60 samples of points on a line in the plane, from t = 0.04 to 1e-6.

    A score that leaves the normal part alone takes its deviation down by sqrt(1e-6 / 0.04), with
    Heun's error below 1 in 10; one that shrinks it leaves several hundredths.
    """
    cloud, rng = PointCloud.of(LINE), np.random.default_rng(0)
    score = {
        "empirical Bayes": EmpiricalBayesScore(cloud, 2.0),
        "Tikhonov": TikhonovScore(cloud, 0.5),
        "early stopping": EarlyStoppedScore(cloud, 0.001),
        "temperature": TemperatureScore(cloud, 2.0),
        "smoothed": SmoothedPLScore(cloud, 0.3, 0.2),
        "local average": LocalAverageScore(cloud, 0.3, 0.2, n_quadrature=4),
    }[name]
    x = LINE[rng.integers(6, size=60)] + 0.2 * rng.normal(size=(60, 2))
    off = integrate(score, x, karras_times(0.04, 1e-6, 200), "heun")[:, 1].std()
    if collapses:
        assert abs(off / (1e-3 / 0.2 * x[:, 1].std()) - 1) < 0.1
    else:
        assert off > 5e-3


@pytest.mark.parametrize(
    ("make", "error", "subject"),
    [
        (lambda: EmpiricalBayesScore(CLOUD, 0.0), ValueError, "'eps' parameter of Empirical"),
        (lambda: TikhonovScore(CLOUD, -1.0), ValueError, "'penalty' parameter of Tikhonov"),
        (lambda: EarlyStoppedScore(CLOUD, np.nan), ValueError, "'t_stop' parameter of Early"),
        (lambda: TemperatureScore(CLOUD, -1.0), ValueError, "'tau' parameter of Temperature"),
        (lambda: TemperatureScore(CLOUD, "2"), TypeError, "'tau' parameter of Temperature"),
        (lambda: LocalAverageScore(CLOUD, 0.1, np.inf), ValueError, "'spacing' parameter of Local"),
        (lambda: LocalAverageScore(CLOUD, 0.1, 0.2, "box"), ValueError, "'window' parameter of"),
        (lambda: LocalAverageScore(CLOUD, 0.1, 0.2, n_quadrature=0), ValueError, "'n_quadrature'"),
        (lambda: SmoothedPLScore(CLOUD, -0.1, 0.2), ValueError, "'kappa' parameter of Smoothed"),
        (lambda: SmoothedPLScore(CLOUD, 0.0, 0.2), ValueError, "'kappa' parameter of Smoothed"),
        (lambda: SmoothedPLScore(CLOUD, 0.1, -0.2), ValueError, "'spacing' parameter of Smooth"),
        (lambda: SmoothedPLScore(CLOUD, 0.1, 0), ValueError, "'spacing' parameter of Smoothed"),
        (lambda: SmoothedPLScore(CLOUD, True, 0.2), TypeError, "'kappa' parameter of Smoothed"),
    ],
)
def test_bad_strengths(make, error, subject):
    with pytest.raises(error, match=rf"^The {subject}.* must be .*\. Got .* instead\.$"):
        make()


def test_a_temperature_below_one_and_a_list_of_variances():
    score, x = TemperatureScore(CLOUD, 0.5), CLOUD.points[:3] + 0.1
    np.testing.assert_allclose(score.denoise(x, 0.2), EmpiricalScore(CLOUD).denoise(x, 0.1))
    found, error = score.divergence(x, [0.2, 0.2, 0.2])
    np.testing.assert_array_equal(found, score.divergence(x, 0.2)[0])
    assert not error.any()
