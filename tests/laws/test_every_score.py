"""What holds for every score field."""

import pickle

import numpy as np
import pytest
from given import normal
from scipy.stats import special_ortho_group

from smoothdiff import scores
from smoothdiff.scores import Score
from smoothdiff.scores._neural import NeuralScore

T = 0.05


@pytest.fixture(params=[1, 3])
def case(request, score_case):
    """The case, its score, its points and rows to evaluate it at."""
    points = normal(40, request.param, seed=request.param)
    return score_case, score_case.make(points, 1.0), points, 1.5 * normal(20, request.param, 9)


def test_every_score_has_a_case(score_cases):
    classes = {getattr(scores, name) for name in scores.__all__} | {NeuralScore}
    kinds = {scores.Score, scores.Field, scores.Denoiser, scores.OfPoints}
    fields = {c for c in classes if isinstance(c, type) and issubclass(c, Score)} - kinds
    made = {
        type(case.make(normal(40, 3), 1.0)) for case in score_cases if "PyTorch" not in case.name
    }
    assert made == fields


def test_score_is_denoiser_less_x_over_t(case):
    _, score, _, x = case
    for t in (T, np.linspace(0.02, 0.5, 20)):
        expected = (score.denoise(x, t) - x) / np.broadcast_to(t, 20)[:, None]
        np.testing.assert_allclose(score(x, t), expected, rtol=1e-11, atol=1e-11 / T)


def test_rows_do_not_depend_on_each_other(case):
    _, score, _, x = case
    x, t = x[:6], np.linspace(0.02, 0.5, 6)
    alone = np.concatenate([score(x[i : i + 1], t[i]) for i in range(6)])
    np.testing.assert_allclose(score(x, t), alone, rtol=1e-11, atol=1e-11)
    order = np.random.default_rng(0).permutation(6)
    np.testing.assert_allclose(score(x[order], t[order])[np.argsort(order)], alone, 1e-11, 1e-11)
    divergence = score.divergence(x, t)[0]
    alone = np.concatenate([score.divergence(x[i : i + 1], t[i])[0] for i in range(6)])
    np.testing.assert_allclose(divergence, alone, rtol=1e-9, atol=1e-9 / T)


def test_no_rows(case):
    _, score, _, x = case
    assert score(x[:0], T).shape == score.denoise(x[:0], T).shape == x[:0].shape
    value, error = score.divergence(x[:0], T)
    assert value.shape == error.shape == (0,)


def test_float64_and_nothing_written(case, user_precision):
    _, score, _, x = case
    kept = x.copy()
    x.flags.writeable = False
    results = score(x, T), score.denoise(x, T), *score.divergence(x, T)
    assert {result.dtype for result in results} == {np.dtype(np.float64)}
    np.testing.assert_array_equal(x, kept)


def test_variances_are_positive(score_case):
    score, x = score_case.make(normal(40, 3), 1.0), normal(5, 3, 1)
    for t in (0.0, -0.1, np.nan, np.array([0.1, 0.1, 0.1, 0.1, 0.0])):
        for call in (score, score.denoise, score.divergence):
            with pytest.raises(ValueError, match=r"t must be a positive variance\. Got "):
                call(x, t)


def test_divergence_is_the_trace_of_the_jacobian(case):
    """Differences of fourth order; rows at which the field bends within a step are left out."""
    _, score, _, x = case
    r = x.shape[1]
    h = 2e-4 * np.sqrt(T)
    traces = []
    for step in (h, h / 2):
        slopes = [
            8 * (score(x + step * e, T) - score(x - step * e, T))[:, i]
            - (score(x + 2 * step * e, T) - score(x - 2 * step * e, T))[:, i]
            for i, e in enumerate(np.eye(r))
        ]
        traces.append(sum(slopes) / (12 * step))
    own = np.abs(traces[0] - traces[1])  # rounding, or a bend
    smooth = own < 1e-5 * r / T
    assert smooth.sum() >= 17
    value, error = score.divergence(x, T)
    assert np.all(error >= 0)
    off = np.abs(value - traces[1])[smooth]
    assert np.all(off <= error[smooth] + 4 * own[smooth] + 1e-9 * r / T)


def holds(case, law):
    return law not in case.lacks


def test_translation(case):
    one, score, points, x = case
    if not holds(one, "translation"):
        return
    shift = np.linspace(-3, 50, x.shape[1])
    moved = one.make(points + shift, 1.0)
    np.testing.assert_allclose(moved(x + shift, T), score(x, T), rtol=1e-8, atol=1e-8 / T)
    np.testing.assert_allclose(
        moved.divergence(x + shift, T)[0], score.divergence(x, T)[0], rtol=1e-5, atol=1e-5 / T
    )


def test_rotation(case):
    one, score, points, x = case
    if not holds(one, "rotation") or x.shape[1] == 1:
        return
    Q = special_ortho_group.rvs(x.shape[1], random_state=0)
    turned = one.make(points @ Q, 1.0)
    np.testing.assert_allclose(turned(x @ Q, T), score(x, T) @ Q, rtol=1e-8, atol=1e-8 / T)
    if score.no_density is None:
        np.testing.assert_allclose(
            turned.divergence(x @ Q, T)[0], score.divergence(x, T)[0], rtol=1e-5, atol=1e-5 / T
        )


@pytest.mark.parametrize("c", [1e-3, 300.0])
def test_scaling(case, c):
    """X -> c x, t -> c^2 t: the score is one over a length, its divergence over a square."""
    one, score, points, x = case
    scaled = one.make(c * points, c)
    expected = score(x, T)
    np.testing.assert_allclose(c * scaled(c * x, c**2 * T), expected, rtol=1e-8, atol=1e-8 / T)
    np.testing.assert_allclose(
        *(c**2 * scaled.divergence(c * x, c**2 * T)[0], score.divergence(x, T)[0]),
        **{"rtol": 1e-5, "atol": 1e-5 / T},
    )


def test_pickles(case):
    one, score, _, x = case
    if "field" in one.name:  # a closure: whether it pickles is the user's
        return
    before = len(pickle.dumps(score))
    expected = score(x, T)
    score.divergence(x, T)
    again = pickle.loads(pickle.dumps(score))
    assert len(pickle.dumps(score)) == before
    np.testing.assert_array_equal(again(x, T), expected)
