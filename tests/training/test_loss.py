"""What training minimizes, and what it draws, against networks whose loss is known."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from given import normal
from scipy.stats import chisquare, kstest, norm

from smoothdiff._compute import float32
from smoothdiff.cloud import PointCloud
from smoothdiff.scores import EmpiricalScore
from smoothdiff.scores._empirical import empirical_score_of_batch
from smoothdiff.training import OBJECTIVES, Settings
from smoothdiff.training._loop import begin, train
from smoothdiff.training._loss import as_data, draw, training_loss, validation_loss


@pytest.mark.parametrize("r", [2, 40])
def test_the_exact_target_of_training(r):
    """The ESF of a batch in float32, by one fused loop or axis by axis."""
    points, x = normal(6, r), normal(50, r, 1)
    t = np.random.default_rng(2).uniform(0.1, 0.5, 50)
    weights = np.array([0.1, 0.3, 0.0, 0.2, 0.2, 0.2])
    with float32(), np.errstate(divide="ignore"):
        arrays = (jnp.asarray(a, jnp.float32) for a in (points, np.log(weights), x, t))
        found = empirical_score_of_batch(*arrays)
    some = weights > 0
    exact = EmpiricalScore(PointCloud(points[some], weights[some], 1))(x, t)
    np.testing.assert_allclose(found, exact, rtol=1e-4, atol=1e-4)


def test_what_a_batch_is_drawn_from():
    """Points by their weights, variances with an even cube root, normal noise."""
    points, weights = normal(5, 2), np.array([0.4, 0.3, 0.0, 0.1, 0.2])
    settings = Settings(batch_size=20000)
    with float32():
        drawn = draw(jax.random.key(0), settings, as_data(points, weights, 1e-4, 0.3))
    x, t, z = (np.asarray(a, dtype=np.float64) for a in drawn)
    origin = x - np.sqrt(t)[:, None] * z
    distance = np.linalg.norm(origin[:, None] - points, axis=2)
    assert distance.min(axis=1).max() < 1e-5
    counts = np.bincount(distance.argmin(axis=1), minlength=5)
    assert counts[2] == 0
    some = weights > 0
    assert chisquare(counts[some], 20000 * weights[some]).pvalue > 1e-3
    low, high = 1e-4 ** (1 / 3), 0.3 ** (1 / 3)
    assert kstest(np.cbrt(t), "uniform", args=(low, high - low)).pvalue > 1e-3
    assert kstest(z.ravel(), norm.cdf).pvalue > 1e-3


def shrinking(r, t):
    """A network for the one level t whose score is -x / t: that of a single point at 0."""
    zero = np.zeros(r)
    return {
        "hidden": [(np.zeros((4, r)), np.zeros(4)), (np.zeros((r, 4)), zero)],
        "skip": [(-np.eye(r) / np.sqrt(t), zero)],
    }


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_loss_of_a_known_score(objective):
    """A point at y has the score (y - x) / t, from which -x / t is off by y / t."""
    y, t = normal(1, 3), 0.25
    settings = Settings(architecture="mlp", objective=objective, batch_size=64)
    with float32():
        params = begin(
            *(y, np.ones(1)), t0=t, t_min=t, seed=0, settings=settings, params=shrinking(3, t)
        ).best
        found = training_loss(params, jax.random.key(0), settings, as_data(y, np.ones(1), t, t))
    np.testing.assert_allclose(found, (y**2).sum() / t, rtol=1e-5)


def test_the_loss_on_rows_held_out():
    """The same score, where its denoising loss is sum_k w_k |y_k|^2 / t whatever the noise."""
    y, t = normal(7, 3), 0.25
    weights = np.arange(1.0, 8.0)
    settings = Settings(architecture="mlp")
    found = validation_loss(shrinking(3, t), settings, (None, None, None, t, t), (y, weights))
    expected = np.average((y**2).sum(axis=1), weights=weights) / t
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.slow
def test_the_two_losses_differ_by_a_constant():
    """Whatever the network: Vincent (2011). To within sampling error, at parameters that stay."""
    points, weights = normal(5, 2) / 3, np.array([0.4, 0.3, 0.1, 0.1, 0.1])
    settings = Settings(hidden_width=16, batch_size=2048, learning_rate=1e-30, weight_decay=0.0)
    gaps = []
    for seed in range(3):
        losses = {}
        for objective in OBJECTIVES:
            asked = replace(settings, objective=objective)
            run = begin(points, weights, t0=0.5, t_min=0.01, seed=seed, settings=asked)
            losses[objective] = train(run, run.state, 100)[1]
        gaps.append(losses["dsm"] - losses["esf"])
    means, errors = np.mean(gaps, axis=1), np.std(gaps, axis=1) / 10
    assert means[0] > 20 * errors.max()  # the label noise that "esf" is free of
    assert np.ptp(means) < 5 * errors.max()
