"""Arguments of methods that cannot be used."""

import numpy as np
import pytest
from given import normal

from smoothdiff import (
    EmpiricalScoreDiffusion,
    SmoothedPLDiffusion,
    _compute,
)

X = normal(5, 3)


@pytest.mark.without(EmpiricalScoreDiffusion, because="the law of its SDE is known")
def test_no_density_by_sde(make):
    model = make(solver="sde", n_steps=3).fit(normal(20, 3))
    assert model.sample(3, random_state=0).shape == (3, 3)
    assert np.isfinite(model.flow(X, model.t0_, model.t_min_)).all()
    with pytest.raises(ValueError, match="has no density with solver='sde'"):
        model.score_samples(X)


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
