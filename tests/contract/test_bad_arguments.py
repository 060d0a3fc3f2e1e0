"""Arguments of methods that cannot be used."""

import numpy as np
import pytest
from given import normal

from smoothdiff import (
    EmpiricalScoreDiffusion,
    LocalAverageDiffusion,
    NeuralScoreDiffusion,
    ScoreDiffusion,
    SmoothedPLDiffusion,
    _compute,
)

X = normal(5, 3)
STEPPED = LocalAverageDiffusion, NeuralScoreDiffusion, ScoreDiffusion


def fields_of(model):
    names = ("score_function", "denoise", "decompose")
    return [getattr(model, name) for name in names if hasattr(model, name)]


@pytest.mark.parametrize("factor", [0, -1, np.nan, np.inf, 1.001])
def test_t_outside_its_interval(model, factor):
    t = factor * model.t0_
    for call in [*fields_of(model), lambda X, t: model.flow(X, t, model.t_min_)]:
        with pytest.raises(ValueError, match=r"t must be a variance in \(0, .*\] \(t0_\). Got"):
            call(X, t)


def test_t_of_the_wrong_shape_or_type(model):
    for call in fields_of(model):
        for shape in [(4,), (5, 1), (1,)]:
            with pytest.raises(ValueError, match=r"a number or an array of shape \(5,\). Got an "):
                call(X, np.full(shape, model.t0_))
        for value in ["late", None, 1j, True]:
            with pytest.raises(TypeError, match="t must be a variance in"):
                call(X, value)
        with pytest.raises(ValueError, match="t must be a variance"):
            call(X, np.array([1, 1, 1, 1, 2]) * model.t0_)


@pytest.mark.parametrize("s", [-0.1, np.nan, 1.001])
def test_s_outside_its_interval(model, s):
    with pytest.raises(ValueError, match=r"s must be a variance in .* \(t0_\). Got"):
        model.flow(X, model.t_min_, s * model.t0_)
    with pytest.raises(ValueError, match="t must be a number"):
        model.flow(X, np.full(5, model.t_min_), model.t_min_)


@pytest.mark.without(SmoothedPLDiffusion, because="its flow is in closed form, and reaches 0")
def test_a_stepped_flow_does_not_reach_zero(model):
    with pytest.raises(ValueError, match=r"s must be a variance in \(0, "):
        model.flow(X, model.t0_, 0.0)
    with pytest.raises(ValueError, match=r"times must be a variance in \(0, "):
        model.trajectory(X, times=[model.t0_, 0.0])


@pytest.mark.parametrize(
    ("n", "error"),
    [
        (-1, ValueError),
        *((value, TypeError) for value in [2.0, "3", None, True, np.bool_(False), [2]]),
    ],
)
def test_n_samples_is_a_count(model, n, error):
    for call in (model.sample, lambda n: model.trajectory(n_samples=n)):
        with pytest.raises(error, match=r"n_samples must be a non-negative integer\. Got "):
            call(n)


def test_times_do_not_increase(model):
    for times in ([0.1, 0.5], [[0.5, 0.1]]):
        with pytest.raises(ValueError, match="one-dimensional array that does not increase"):
            model.trajectory(X, times=np.array(times) * model.t0_)
    for times in ([2.0], [np.nan], [0.5, -0.1]):
        with pytest.raises(ValueError, match="times must be a variance in"):
            model.trajectory(X, times=np.array(times) * model.t0_)


@pytest.mark.without(*STEPPED, because="they refuse t_min=0 in fit")
def test_no_density_at_zero(make):
    model = make(t_min=0).fit(normal(20, 3))
    for method in (model.score_samples, model.score):
        with pytest.raises(ValueError, match="needs t_min > 0: at t_min=0 the samples"):
            method(X)


@pytest.mark.without(EmpiricalScoreDiffusion, because="the law of its SDE is known")
def test_no_density_by_sde(make):
    model = make(solver="sde", n_steps=3).fit(normal(20, 3))
    assert model.sample(3, random_state=0).shape == (3, 3)
    assert np.isfinite(model.flow(X, model.t0_, model.t_min_)).all()
    with pytest.raises(ValueError, match="has no density with solver='sde'"):
        model.score_samples(X)


@pytest.mark.without(EmpiricalScoreDiffusion, SmoothedPLDiffusion, because="they have parents")
def test_no_parents_to_return(make, model):
    sentence = f"{make.cls.__name__} does not make .* no parents to return; SmoothedPLDiffusion do"
    with pytest.raises(ValueError, match=sentence):
        model.sample(2, return_parents=True)


def test_no_origin_names_rows_of_the_whole(monkeypatch):
    """SmoothedPLDiffusion alone can say so: where kappa sqrt(s) >= spacing_ its flow is not onto.

    350 rows in blocks of 100; of these four came from nowhere.
    """
    monkeypatch.setattr(_compute, "ROWS_PER_TASK", 100)
    points = normal(20, 2)
    model = SmoothedPLDiffusion(kappa=2.0).fit(points)
    between = points[:4] / 2 + points[4:8] / 2
    x = np.resize(points, (350, 2))
    x[[217, 249, 301, 349]] = between
    sentence = "^4 of 350 rows have no origin at the larger variance, the first is row 217: where"
    with pytest.raises(ValueError, match=sentence):
        model.flow(x, model.t_min_, model.t0_)
