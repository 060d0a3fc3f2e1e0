"""The Smoothed PL-ESF nearest to a score: its own strength comes back, and nothing is nearer."""

import numpy as np
import pytest

from smoothdiff.cloud import PointCloud
from smoothdiff.datasets import perturbed_line, uniform_line
from smoothdiff.scores import EmpiricalScore, SmoothedPLScore
from smoothdiff.theory import closest_smoothing

LINE = PointCloud.of(uniform_line(4, 2))
SPACING = 1 / 3


def places(n=300):
    return np.random.default_rng(0).uniform(-1.3, 1.3, (n, 2)) * [1, 0.1]


@pytest.mark.parametrize("kappa", [0.1, 0.5, 1.2])
@pytest.mark.parametrize("t", [0.02, 1e-4, np.geomspace(1e-3, 0.02, 300)])
def test_a_smoothed_score_gives_its_own_kappa(kappa, t):
    x = places()
    found = closest_smoothing(SmoothedPLScore(LINE, kappa, SPACING)(x, t), LINE, x, t, SPACING)
    assert found.kappa == pytest.approx(kappa, rel=1e-5)
    assert found.residual < 1e-8 * found.residual_of_esf


def test_nothing_is_nearer():
    """Of an even grid of kappa, on uneven points, for a score that is no Smoothed PL-ESF."""
    cloud = PointCloud.of(perturbed_line())
    x, t = np.linspace(-1.2, 1.2, 401)[:, None], 0.01
    score = np.tanh(3 * EmpiricalScore(cloud)(x, t) / 30) * 10
    found = closest_smoothing(score, cloud, x, t, 0.2)

    def residual(kappa):
        return t * ((score - SmoothedPLScore(cloud, kappa, 0.2)(x, t)) ** 2).mean()

    assert found.residual == pytest.approx(residual(found.kappa), rel=1e-12)
    assert found.residual <= min(residual(kappa) for kappa in np.linspace(0.01, 2, 400))
    assert found.residual_of_esf == pytest.approx(
        t * ((score - EmpiricalScore(cloud)(x, t)) ** 2).mean(), rel=1e-12
    )


def test_the_ends_of_the_range():
    """A linear score smooths all away; the PL-ESF, the score of the nearest point, nothing."""
    x, t = places(), 0.01
    linear = closest_smoothing(np.c_[np.zeros(300), -x[:, 1] / t], LINE, x, t, SPACING)
    assert linear.kappa < 0.01
    nearest = SmoothedPLScore(LINE, SPACING / np.sqrt(t), SPACING)(x, t)
    found = closest_smoothing(nearest, LINE, x, t, SPACING)
    assert found.residual < 1e-20
    assert found.kappa == pytest.approx(SPACING / 0.1, rel=0.01)  # no x is nearer a jump


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"score": np.ones(3)}, r"must be of one shape \(n, r\). Got \(3,\) and \(300, 2\)"),
        ({"score": np.full((300, 2), np.nan)}, "needs finite score and x, and positive t"),
        ({"t": 0.0}, "needs finite score and x, and positive t"),
        ({"spacing": 0}, "The 'spacing' parameter of closest_smoothing must be a positive float"),
    ],
)
def test_what_is_refused(arguments, sentence):
    usual = {"score": places(), "cloud": LINE, "x": places(), "t": 0.1, "spacing": SPACING}
    with pytest.raises(ValueError, match=sentence):
        closest_smoothing(**{**usual, **arguments})
