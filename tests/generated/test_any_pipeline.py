"""Pipelines of any points: constants stay, samples have a density, and slopes are the steps'."""

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from sentences import REFUSALS, WARNINGS, heard, refusal
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    PowerTransformer,
    RobustScaler,
    StandardScaler,
)
from strategies import UNITS, points

from smoothdiff import ClassConditionalDiffusion, SmoothedPLDiffusion, make_generative_pipeline

SHAPES = [(5, 2), (17, 1), (17, 2)]
affine = st.one_of(
    st.builds(StandardScaler),
    st.builds(MaxAbsScaler),
    st.builds(MinMaxScaler, st.sampled_from([(0, 1), (-3, 5)])),
    st.builds(RobustScaler),
    st.just("passthrough"),
)
models = st.sampled_from(
    [
        SmoothedPLDiffusion(random_state=0),
        SmoothedPLDiffusion(random_state=0, start="isotropic", n_components=None),
    ]
)
OF_STEPS = [*WARNINGS, r"\d+ of \d+ samples lie outside the range of "]


@st.composite
def pipelines(draw, last):
    """One to three affine steps, some of them nested, or one for each part of the columns."""
    steps = draw(st.lists(affine, min_size=1, max_size=3))
    if draw(st.booleans()):
        steps[0] = make_pipeline(steps[0])
    if draw(st.booleans()):
        steps.insert(0, ColumnTransformer([("first", draw(affine), [0])], remainder=draw(affine)))
    return make_generative_pipeline(*steps, last)


def fitted(pipe, X, y=None):
    """Whether a pipeline could be fitted."""
    return refusal(pipe.fit, X, y, sentences=REFUSALS) is None


@given(given=points(shapes=SHAPES, units=UNITS), model=models, data=st.data())
def test_affine_steps(given, model, data):
    X, pipe = given.values, data.draw(pipelines(model))
    with heard():
        assume(fitted(pipe, X))
        new = pipe.sample(9, random_state=1)
        density, own = pipe.score_samples(X), pipe.score_samples(new)
    assert np.isfinite(new).all()
    constant = np.ptp(X, axis=0) == 0
    assert (new[:, constant] == X[0, constant]).all()
    assert not np.isnan(density).any()
    assert (density < np.inf).all()
    assert np.isfinite(own).all()
    Z = pipe[:-1].transform(X)
    seen = pipe[-1].diffusion_.subspace.constant
    width = np.ptp(X, axis=0)[~seen]
    slopes = np.ptp(Z, axis=0)[~seen] / width
    with heard():
        inner = pipe[-1].score_samples(np.where(seen, pipe[-1].mean_, Z))
    rounding = 1e-8 + 1e-14 * (np.abs(X).max(axis=0)[~seen] / width).sum()
    found, expected = density - inner, np.log(slopes).sum()
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=rounding)


@given(given=points(shapes=[(17, 2)]), model=models, labels=st.booleans())
def test_powers(given, model, labels):
    """Which round constants otherwise in `transform` than in `fit_transform`."""
    X, y = given.values, np.arange(17) % 2
    last = ClassConditionalDiffusion(model) if labels else model
    pipe = make_generative_pipeline(PowerTransformer(), last)
    with heard(OF_STEPS):
        assume(fitted(pipe, X, y))
        new = pipe.sample(9) if not labels else pipe.sample(9, random_state=1)
        density = pipe.score_samples(X)
    constant = np.ptp(X, axis=0) == 0
    inside = np.isfinite(new).all(axis=1)
    assert (new[inside][:, constant] == X[0, constant]).all()
    assert not np.isnan(density).any()
    if constant.any() and not constant.all():
        assert (density > -np.inf).any()
