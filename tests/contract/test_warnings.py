"""Warnings: they name the caller's line, what is wrong and where, and are said once."""

import re
import warnings

import joblib
import numpy as np
import pytest
from given import normal

from smoothdiff import (
    EmpiricalScoreDiffusion,
    NeuralScoreDiffusion,
    ScoreDiffusion,
    SmoothedPLDiffusion,
    _compute,
)

pd = pytest.importorskip("pandas")


def said(call):
    """Warnings of a call, shown always."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        call()
    return seen


def assert_one(seen, sentence):
    assert [
        str(warning.message) for warning in seen if issubclass(warning.category, UserWarning)
    ], sentence
    assert len(seen) == 1
    assert sentence in str(seen[0].message)
    assert seen[0].filename == __file__


def test_columns_that_the_noise_drowns(make):
    """Deviations of 1, 1 and 1e-4, and noise of 0.01."""
    X = pd.DataFrame(normal(40, 3) * [1, 1, 1e-4], columns=["height", "width", "density"])
    model = make(t0=0.01, t_min=1e-4)
    seen = said(lambda: model.fit(X))
    assert_one(seen, "drowns what varies much less: Column 'density' of X")
    noise = float(re.search("standard deviation (.*?),", str(seen[0].message))[1])
    if getattr(make(), "start", "isotropic") == "isotropic":
        assert noise == 0.01
    else:  # of the start's own shape
        shape = model.diffusion_.subspace.components
        S = np.einsum("rd,nrs,se->nde", shape, model.start_covariances_, shape)
        assert noise == pytest.approx(np.sqrt(0.01 * S[:, 2, 2].mean()), rel=0.01)
    assert said(lambda: model.fit(X.iloc[:, :2])) == []
    assert_one(said(lambda: model.fit(X.to_numpy() * [1, 1e-4, 1])), ": Columns 1, 2 of X")


def test_wide_tables_are_not_drowned_by_what_each_column_does_not_get():
    """The noise is that of the starting law in each column, whatever the number of columns."""
    X = normal(400, 300)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    model = SmoothedPLDiffusion(random_state=0)
    assert said(lambda: model.fit(X)) == []
    assert model.t_min_**0.5 > 3
    assert model.sample(300).std(axis=0).max() < 1.3
    narrow = normal(500, 2) * [1, 3e-4]  # of which the sphere of "local" is a multiple
    assert_one(said(lambda: model.fit(narrow)), ": Column 1 of X")
    assert model.sample(2000).std(axis=0)[1] > 10 * narrow[:, 1].std()


@pytest.mark.without(ScoreDiffusion, because="n_components=None noises constant columns as others")
def test_constant_columns_are_not_drowned(make):
    X = np.c_[normal(40, 2), np.full(40, 3.0)]
    assert said(lambda: make(t0=0.01, t_min=1e-4).fit(X)) == []


@pytest.mark.without(ScoreDiffusion, because="n_components=None gives constant columns a density")
@pytest.mark.parametrize("backend", ["sequential", "threading", "loky"])
def test_rows_off_a_constant_column_are_counted_over_all_blocks(make, backend, monkeypatch):
    monkeypatch.setattr(_compute, "ROWS_PER_TASK", 32)
    model = make().fit(np.c_[normal(40, 2), np.full(40, 3.0)])
    x = np.c_[normal(100, 2), np.full(100, 3.0)]
    x[::5, 2] = 0.0
    with joblib.parallel_config(backend, n_jobs=2):
        seen = said(lambda: model.score_samples(x))
    assert_one(seen, "20 of 100 rows differ from the training data in columns that are constant")
    assert str(seen[0].message).endswith(": Column 2.")


@pytest.mark.without(
    *(EmpiricalScoreDiffusion, SmoothedPLDiffusion), because="their solver has no steps"
)
def test_a_last_step_too_far(make):
    seen = said(lambda: make(t0=1.0, t_min=1e-16).fit(normal(40, 2)))
    assert_one(seen, "The last of 4 steps falls from t = ")
    assert said(lambda: make(t0=1.0, t_min=1e-6, schedule_rho=np.inf).fit(normal(40, 2))) == []


def rough_score(x, t):
    """A score of N(0, I) that is computed in 32 bits, which no differentiation knows of."""
    return (-np.asarray(x, dtype=np.float32) / np.float32(1 + t)).astype(np.float32)


@pytest.mark.parametrize(
    "model",
    [
        NeuralScoreDiffusion(
            **{"max_iter": 200, "tol": 1.0, "n_iter_no_change": 1, "hidden_width": 4},
            **{"batch_size": 8, "n_steps": 4, "random_state": 0},
        ),
        ScoreDiffusion(rough_score, n_steps=4),
    ],
    ids=["probes", "32 bits"],
)
def test_the_error_of_a_density_is_said_once(model, monkeypatch):
    """Networks in 12 dimensions estimate their divergence, as do fields of low precision."""
    monkeypatch.setattr(_compute, "ROWS_PER_TASK", 8)
    model.fit(normal(15, 12))
    seen = said(lambda: model.score_samples(normal(20, 12)))
    assert_one(
        seen,
        "The divergence of this score is estimated in 12 dimensions: log-densities "
        "have a standard error of up to",
    )


def test_no_other_warning(make):
    """A plain run of everything says nothing."""

    def everything():
        model = make().fit(normal(40, 3))
        model.sample(3)
        model.score(normal(10, 3))
        model.trajectory(n_samples=2)

    assert said(everything) == []
