"""Units, times and rows at the end of what floats can hold: an answer, or one sentence."""

import numpy as np
import pytest
from given import normal

from smoothdiff import (
    EmpiricalScoreDiffusion,
    NeuralScoreDiffusion,
    ScoreDiffusion,
    SmoothedPLDiffusion,
)
from smoothdiff.starts import STARTS

LEARNED = NeuralScoreDiffusion, ScoreDiffusion


def finite(*results):
    return all(np.isfinite(result).all() for result in results)


@pytest.mark.without(NeuralScoreDiffusion, because="each fit of it takes seconds to compile")
@pytest.mark.parametrize("solver", ["exact", "heun", "sde"])
def test_a_path_of_no_length(make, solver):
    """t_min = t0, which a grid of times gave with rounding: they then went up and down."""
    if solver not in make.cls.SOLVERS:
        return
    X = normal(40, 2)
    model = make(solver=solver, t_min_scale=1.0, t0_scale=0.7, n_components=1).fit(X)
    assert model.t_min_ == model.t0_
    new = model.sample(5, random_state=0)
    path = model.trajectory(n_samples=3, random_state=0)
    assert finite(new, path)
    np.testing.assert_allclose(path, np.broadcast_to(path[0], path.shape), rtol=1e-9)
    if not model.diffusion_.solver.no_density:
        assert finite(model.score_samples(X))


@pytest.mark.without(*LEARNED, because="they are trained, or defined, in one unit")
@pytest.mark.parametrize("power", [-470, 470])
def test_far_units(make, power):
    """Powers of two round nothing: the same numbers, of squares near the end of the range."""
    X, c = normal(40, 2), 2.0**power
    plain, far = make().fit(X), make().fit(c * X)
    draws = [model.sample(9, random_state=0) for model in (plain, far)]
    np.testing.assert_allclose(draws[1], c * draws[0], rtol=1e-9)
    shift = 2 * power * np.log(2)
    expected = plain.score_samples(X)
    np.testing.assert_allclose(far.score_samples(c * X) + shift, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("power", [-470, 470])
def test_far_units_of_every_start(start, power):
    X, c = normal(40, 2), 2.0**power
    plain, far = (SmoothedPLDiffusion(start=start).fit(scale * X) for scale in (1, c))
    expected = plain.score_samples(X)
    shift = 2 * power * np.log(2)
    np.testing.assert_allclose(far.score_samples(c * X) + shift, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("solver", ["euler", "heun", "sde"])
def test_far_units_by_steps(solver):
    for power in (-470, 470):
        model = EmpiricalScoreDiffusion(solver=solver, n_steps=5).fit(2.0**power * normal(40, 2))
        assert finite(model.sample(9, random_state=0) / 2.0**power)


@pytest.mark.without(ScoreDiffusion, because="its scales are given")
@pytest.mark.parametrize("unit", [1e-160, 1e-310])
def test_units_too_small(make, unit):
    with pytest.raises(ValueError, match=r"squares distances, and t0_scale .* full precision"):
        make().fit(unit * normal(40, 2))


@pytest.mark.parametrize("unit", [1e152, 1e307])
def test_units_too_large(make, unit):
    with pytest.raises(ValueError, match=r"squares distances, and X has values .* are no floats"):
        make().fit(unit * np.array([[0.3, -1.1], [1.5, 1.7], [-1.7, 0.4]]))


@pytest.mark.without(*LEARNED, because="what they have far away is their own affair")
def test_rows_far_away(make):
    model = make().fit(normal(40, 2))
    x = np.array([[1e145, 0.0], [0.0, -1e140]])
    assert finite(model.denoise(x, model.t0_))
    density = model.score_samples(x)
    assert not np.isnan(density).any()
    assert (density < -1e200).all()
    for call in (
        lambda x: model.denoise(x, model.t0_),
        lambda x: model.flow(x, model.t0_, model.t_min_),
        model.score_samples,
        lambda x: model.trajectory(x),
    ):
        with pytest.raises(ValueError, match="away from the training data: squares of that"):
            call(np.array([[1e160, 0.0]]))


def test_one_row_and_a_share_of_its_variance():
    model = SmoothedPLDiffusion(n_components=0.5, t0=1.0, spacing=1.0).fit([[1.0, 2.0]])
    assert model.n_components_ == 1
    assert finite(model.sample(4, random_state=0))


def test_a_large_constant_hides_no_small_column():
    """Rounding of a constant column says nothing of the differences in others."""
    X = 1e-9 * normal(40, 2)
    beside = np.c_[X, np.full(40, 1e10)]
    plain, model = SmoothedPLDiffusion().fit(X), SmoothedPLDiffusion().fit(beside)
    np.testing.assert_allclose(model.spacing_, plain.spacing_, rtol=1e-9)
    assert model.n_components_ == 2


def test_given_scales_too_large():
    with pytest.raises(ValueError, match=r"t0_scale \* spacing\*\*2 is inf"):
        SmoothedPLDiffusion(t0_scale=1e300, spacing=1e5).fit(normal(40, 2))


@pytest.mark.filterwarnings("ignore::UserWarning")  # of rows that no sample reaches, and noise
@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(
    "given",
    [
        *(
            {"t0": 1e-290, "t_min": 1e-290},
            {"t0": 1e300, "spacing": 1.0},
            {"t0": 1.0, "spacing": 1e-145},
        ),
        *({"t0": 1e12, "spacing": 1e150}, {"kappa": 1e-145}, {"kappa": 1e150}),
    ],
)
def test_given_scales_as_large_as_may_be(given, start):
    model = SmoothedPLDiffusion(start=start, **given).fit(normal(40, 2))
    assert finite(model.sample(9, random_state=0))
    assert not np.isnan(model.score_samples(normal(40, 2))).any()
