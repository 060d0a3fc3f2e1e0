"""What is told of stepping alone: what it refuses, the edge of a support, noise by counting."""

import numpy as np
import pytest
from given import normal

from smoothdiff import LocalAverageDiffusion
from smoothdiff.cloud import PointCloud
from smoothdiff.ode import METHODS, integrate, states
from smoothdiff.scores import EmpiricalScore, LocalAverageScore, SmoothedPLScore
from smoothdiff.solvers import NoisedPoints, Steps
from smoothdiff.solvers._base import Draw
from smoothdiff.starts import Isotropic

CLOUD = PointCloud.of(normal(15, 2))


@pytest.mark.parametrize("method", METHODS)
def test_times_in_the_wrong_order_or_place(method):
    score, x = EmpiricalScore(CLOUD), normal(3, 2)
    noise = (lambda i: x) if METHODS[method].draws_noise else None
    for times in ([0.1, 0.5, 0.2], [[0.5, 0.1]], []):
        with pytest.raises(ValueError, match="times must be one-dimensional and decrease"):
            list(states(score, x, times, method, noise))
    for times in ([0.5, 0.0, 0.0], [0.5, -0.1], [np.inf, 0.1], [0.5, np.nan]):
        with pytest.raises(ValueError, match="times must be"):
            list(states(score, x, times, method, noise))
    with pytest.raises(ValueError, match=r"method must be one of .* Got 'rk4' instead"):
        list(states(score, x, [0.5, 0.1], "rk4"))


def test_a_score_of_another_shape():
    """One column would be added to each axis."""
    with pytest.raises(ValueError, match=r"score must return shape \(3, 2\). Got shape \(3, 1\)"):
        integrate(lambda x, t: x[:, :1], normal(3, 2), [0.5, 0.1], "heun")


def test_noise_must_be_given_and_only_goes_down():
    score, x = EmpiricalScore(CLOUD), normal(3, 2)
    with pytest.raises(ValueError, match="noise must be given with method='sde'"):
        integrate(score, x, [0.5, 0.1], "sde")
    with pytest.raises(ValueError, match="times must be one-dimensional and decrease with method"):
        integrate(score, x, [0.1, 0.5], "sde", lambda i: x)


@pytest.mark.parametrize("method", ["euler", "sde"])
def test_a_last_step_to_zero_ends_in_the_denoiser(method):
    """Euler's step from t to 0 goes half the way to D, that of the SDE all of it."""
    score, x, t = EmpiricalScore(CLOUD), normal(5, 2), 0.3
    end = integrate(score, x, [t, 0.0], method, lambda i: np.full(x.shape, 7.0))
    share = 0.5 if method == "euler" else 1.0
    np.testing.assert_allclose(end, x + share * (score.denoise(x, t) - x), rtol=0, atol=1e-14)


def test_reasons_for_no_density():
    steps = {name: Steps(SmoothedPLScore(CLOUD, 0.3, 0.4), name, 5, 2.0) for name in METHODS}
    assert steps["euler"].no_density is steps["heun"].no_density is None
    assert "the equation's noise does not undo that of a smoothed" in steps["sde"].no_density
    jumping = LocalAverageScore(CLOUD, 0.3, 0.4, "min-norm", 8)
    assert Steps(jumping, "heun", 5, 2.0).no_density is jumping.no_density
    exact = EmpiricalScore(CLOUD)
    known = Steps(exact, "sde", 5, 2.0, law=NoisedPoints(exact, 5, 2.0))
    assert known.no_density is None


def test_the_sentence_of_a_field_that_jumps():
    model = LocalAverageDiffusion(window="min-norm", n_steps=2).fit(normal(9, 2))
    with pytest.raises(ValueError, match="has no density with window='min-norm' in 2 tangent"):
        model.score_samples(normal(3, 2))


@pytest.mark.parametrize("method", ["euler", "heun"])
def test_nothing_is_left_off_the_support(method):
    """Two points, kappa sqrt(t0) = 2 spacings: between the shrunken cells the density is 0."""
    cloud = PointCloud.of(np.array([[0.0], [1.0]]))
    solver = Steps(SmoothedPLScore(cloud, 2.0, 0.5), method, 50, 2.0)
    x = np.linspace(-0.4, 1.4, 37)[:, None]
    log_p, _ = solver.log_density(x, Isotropic(cloud, 0.25), 0.25, 0.0025)
    off = np.abs(x - np.round(np.clip(x, 0, 1)))[:, 0]
    between = (x[:, 0] > 0) & (x[:, 0] < 1)
    np.testing.assert_array_equal(np.isneginf(log_p), between & (off > 0.05 + 1e-9))


def test_every_step_of_the_sde_draws_anew():
    """All numbers differ, and another key gives others."""
    x = np.zeros((50, 2))
    solver = Steps(EmpiricalScore(PointCloud.of(np.zeros((1, 2)))), "sde", 2, 1.0)
    draw = Draw(x, np.zeros(50, dtype=int), np.arange(50))
    keys = np.array([[1, 0], [2, 0]], dtype=np.uint64)
    ends = [solver.terminal(draw, 1.0, 0.1, key=key).x for key in keys]
    assert np.all(ends[0] != ends[1])
    assert len(np.unique(ends[0])) == 100
