"""Points are arrays or clouds, everywhere alike, in the theory and in the scores."""

import numpy as np
import pytest
from on_a_line import LINE, WEIGHTS

from smoothdiff import scores, theory
from smoothdiff.cloud import PointCloud
from smoothdiff.scores import EmpiricalScore

CLOUD = PointCloud.of(LINE[:, None], WEIGHTS)
SHUFFLED = PointCloud(CLOUD.points[::-1], CLOUD.weights[::-1])
X = np.linspace(-2, 2, 9)[:, None]


def field(x, t):
    return -x


# Called with points, and with weights if it takes any.
OF_WEIGHTED = {
    "atom_weights": lambda y, *w: theory.atom_weights(y, 0.5, 0.1, *w),
    "near_optimality": lambda y, *w: theory.near_optimality(1.0, 0.01, y, *w),
    "nonsmoothness_lower_bound": lambda y, *w: theory.nonsmoothness_lower_bound(0.01, 0.01, y, *w),
    "score_matching_loss": lambda y, *w: theory.score_matching_loss(field, y, 0.1, *w).value,
    "terminal_density": lambda y, *w: theory.terminal_density(X[:, 0], y, 0.5, 0.1, *w),
    "terminal_kl": lambda y, *w: theory.terminal_kl(y, 0.5, 0.1, *w),
    "time_averaged_loss": lambda y, *w: (
        theory.time_averaged_loss(field, y, 0.1, *w, t_min=0.09).value
    ),
}
OF_POINTS = {
    "closest_smoothing": lambda y: tuple(theory.closest_smoothing(field, y, X, 0.1)),
    "smoothed_pl_nonsmoothness": lambda y: theory.smoothed_pl_nonsmoothness(y, 0.5, 0.1),
    "EarlyStoppedScore": lambda y: scores.EarlyStoppedScore(y, 0.01)(X, 0.1),
    "EmpiricalBayesScore": lambda y: scores.EmpiricalBayesScore(y, 0.05)(X, 0.1),
    "EmpiricalScore": lambda y: scores.EmpiricalScore(y)(X, 0.1),
    "FixedDeltaScore": lambda y: scores.FixedDeltaScore(y, 0.1, 0.4)(X, 0.1),
    "LocalAverageScore": lambda y: scores.LocalAverageScore(y, 0.3, 0.4)(X, 0.1),
    "PLScore": lambda y: scores.PLScore(y)(X, 0.1),
    "SmoothedPLScore": lambda y: scores.SmoothedPLScore(y, 0.3, 0.4)(X, 0.1),
    "TemperatureScore": lambda y: scores.TemperatureScore(y, 2.0)(X, 0.1),
    "TikhonovScore": lambda y: scores.TikhonovScore(y, 0.5)(X, 0.1),
}
# What is given no points, or draws from a cloud.
OTHERS = {"agreement", "asymptotic_loss", "kappa_for_loss", "kl_bound", "nonsmoothness"}
OTHERS |= {"nonsmoothness_along_lines"}


def test_every_function_of_points_is_here():
    functions = {name for name in theory.__all__ if not isinstance(getattr(theory, name), type)}
    assert functions - OTHERS == (OF_WEIGHTED.keys() | OF_POINTS.keys()) & functions
    fields = {
        name
        for name in scores.__all__
        if isinstance(getattr(scores, name), type)
        and issubclass(getattr(scores, name), scores.Score)
        and not getattr(scores, name).__abstractmethods__
    }
    assert fields - {"CallableScore"} == OF_POINTS.keys() & fields


@pytest.mark.parametrize("call", OF_WEIGHTED.values(), ids=OF_WEIGHTED)
def test_a_cloud_is_its_points_and_weights(call):
    expected = call(LINE, WEIGHTS)
    for cloud in (CLOUD, SHUFFLED):
        np.testing.assert_allclose(call(cloud), expected, rtol=1e-12)
    np.testing.assert_allclose(call(LINE[:, None], WEIGHTS), expected, rtol=1e-12)
    assert not np.allclose(call(LINE), expected, rtol=1e-6)
    with pytest.raises(ValueError, match=r"points as a PointCloud has weights: no others"):
        call(CLOUD, WEIGHTS)


@pytest.mark.parametrize("call", OF_POINTS.values(), ids=OF_POINTS)
def test_a_cloud_is_its_points(call):
    expected = call(PointCloud.of(LINE[:, None]))
    for points in (LINE, LINE[:, None], LINE.tolist()):
        np.testing.assert_allclose(call(points), expected, rtol=1e-12)


ON_A_LINE = OF_WEIGHTED | {"smoothed_pl_nonsmoothness": OF_POINTS["smoothed_pl_nonsmoothness"]}
OF_ANY = {name: call for name, call in OF_POINTS.items() if name[0].isupper()}
OF_ANY["closest_smoothing"] = OF_POINTS["closest_smoothing"]


@pytest.mark.parametrize("name", OF_ANY)
@pytest.mark.parametrize(
    ("points", "sentence"),
    [
        (np.empty((0, 2)), r"must have shape \(n, d\) or \(n,\)\. Got shape \(0, 2\) instead\."),
        (np.ones((2, 2, 2)), r"must have shape \(n, d\) or \(n,\)\. Got shape \(2, 2, 2\)"),
        ([0.0, np.nan], r"must be finite\. Got nan instead\."),
    ],
)
def test_other_points_are_refused(name, points, sentence):
    subject = f"The 'cloud' parameter of {name} " if name[0].isupper() else "cloud "
    with pytest.raises(ValueError, match=subject + sentence):
        OF_ANY[name](points)


@pytest.mark.parametrize(
    "name", sorted(ON_A_LINE.keys() - {"score_matching_loss", "time_averaged_loss"})
)
def test_points_in_a_plane_are_refused(name):
    plane = np.random.default_rng(0).normal(size=(4, 2))
    with pytest.raises(ValueError, match="points must be two or more"):
        ON_A_LINE[name](plane)
    with pytest.raises(ValueError, match=r"points must be two or more on a line\. Got shape"):
        ON_A_LINE[name](PointCloud.of(plane))


def test_a_score_of_an_array_is_that_of_its_cloud():
    score = EmpiricalScore(LINE)
    assert isinstance(score.cloud, PointCloud)
    assert score.law.cloud is score.cloud
