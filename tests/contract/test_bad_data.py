"""Data that cannot be used: a sentence that says what and where, before any work."""

import numpy as np
import pytest
from given import normal

from smoothdiff import (
    EmpiricalScoreDiffusion,
    LocalAverageDiffusion,
    NeuralScoreDiffusion,
    ScoreDiffusion,
)

FIT_ALONE = ("one row", "equal rows")


@pytest.mark.without(
    *(LocalAverageDiffusion, NeuralScoreDiffusion, ScoreDiffusion),
    because="only the exact score of one point makes it a Gaussian in closed form",
)
@pytest.mark.parametrize("X", [np.ones((1, 3)), np.ones((20, 3))], ids=FIT_ALONE)
def test_the_remedy_for_no_spacing_works(make, X):
    """One point: the law is a Gaussian around it, of variance t_min."""
    parameters = {"t0": 0.5, "t_min": 0.1}
    if make.cls is not EmpiricalScoreDiffusion:
        with pytest.raises(ValueError, match="set t0 and spacing to use it all the same"):
            make(**parameters).fit(X)
        parameters["spacing"] = 0.3
    model = make(**parameters).fit(X)
    x = normal(10, 3)
    expected = -3 / 2 * np.log(2 * np.pi * 0.1) - ((x - 1) ** 2).sum(axis=1) / 0.2
    np.testing.assert_allclose(model.score_samples(x), expected, rtol=1e-12)
    assert np.abs(model.sample(1000, random_state=0).mean(axis=0) - 1).max() < 4 * 0.01


@pytest.mark.parametrize("X", [np.ones((1, 3)), np.ones((20, 3))], ids=FIT_ALONE)
def test_one_point_can_be_fitted(make, X):
    model = make(t0=0.5, t_min=0.1, spacing=0.3).fit(X)
    assert np.isfinite(model.sample(10, random_state=0)).all()
    assert np.isfinite(model.score_samples(normal(10, 3))).all()
