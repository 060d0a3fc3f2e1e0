"""Parameters: their defaults, and one clear sentence for each value that cannot be used."""

import inspect

import numpy as np
import pytest
from given import normal

from smoothdiff import (
    EmpiricalScoreDiffusion,
    LocalAverageDiffusion,
    NeuralScoreDiffusion,
    ScoreDiffusion,
    SmoothedPLDiffusion,
)


@pytest.mark.parametrize("name", ["n_jobs", "verbose"])
def test_what_each_call_reads_is_checked_by_each_call(make, name):
    model = make().fit(normal(30, 3))
    model.set_params(**{name: -1 if name == "verbose" else 0})
    X = normal(5, 3)
    for call in (
        model.sample,
        lambda: model.score_samples(X),
        lambda: model.denoise(X, model.t0_),
        lambda: model.score_function(X, model.t0_),
        lambda: model.flow(X, model.t0_, model.t_min_),
        lambda: model.trajectory(X),
    ):
        with pytest.raises(ValueError, match=rf"^The '{name}' parameter of .* must be .* Got "):
            call()


@pytest.mark.parametrize("verbose", [False, True, np.bool_(True), 2, np.int64(1)])
@pytest.mark.parametrize("n_jobs", [None, -1, np.int64(1)])
def test_good_types_of_what_each_call_reads(make, verbose, n_jobs):
    assert make(verbose=verbose, n_jobs=n_jobs).fit(normal(30, 3)).sample().shape == (1, 3)


@pytest.mark.filterwarnings("ignore:The noise that samples keep")
def test_t_min_may_be_t0(make):
    assert make(t0=2.0, t_min=2.0).fit(normal(30, 2)).t_min_ == 2.0


@pytest.mark.parametrize("solver", ["euler", "heun", "sde"])
def test_stepped_solvers_cannot_end_at_zero(make, solver):
    sentence = f"must be positive with solver='{solver}', which steps in t. Got 0 instead"
    if "exact" in make.cls.SOLVERS:
        sentence += "; use solver='exact' to end at 0"
    with pytest.raises(ValueError, match=sentence):
        make(solver=solver, t_min=0).fit(normal(30, 2))


DEFAULTS = {
    "t0": "auto",
    "t_min": "auto",
    "t0_scale": 1.0,
    "t_min_scale": "auto",
    "spacing": "auto",
    "n_components": "auto",
    "n_steps": 200,
    "schedule_rho": 2.0,
    "n_jobs": None,
    "random_state": None,
    "verbose": 0,
}
STARTED = {"start": "local", "start_neighbors": 10, "start_shrinkage": (0.1, 0.1)}
OWN_DEFAULTS = {
    EmpiricalScoreDiffusion: {"solver": "exact"},
    SmoothedPLDiffusion: {"solver": "exact", "kappa": 0.1, **STARTED},
    LocalAverageDiffusion: {
        **{"solver": "heun", "kappa": 0.1, **STARTED},
        **{"window": "cube", "n_quadrature": 64},
    },
    NeuralScoreDiffusion: {
        **{"architecture": "time-conditioned", "objective": "esf", "hidden_width": 128},
        **{"weight_decay": 0.01, "decayed": "papers", "learning_rate": 1e-3, "batch_size": 256},
        **{"max_iter": 5000, "tol": 1e-4, "n_iter_no_change": 10, "early_stopping": False},
        **{"validation_fraction": 0.1, "ema_decay": 0.0, "warm_start": False},
        **{"checkpoint": None, "solver": "heun"},
    },
    ScoreDiffusion: {
        **{"solver": "heun", **STARTED, "start": "isotropic", "n_components": None},
    },
}


def test_defaults(make):
    parameters = inspect.signature(make.cls).parameters
    found = {n: p.default for n, p in parameters.items() if p.default is not p.empty}
    assert found == {**DEFAULTS, **OWN_DEFAULTS[make.cls]}
    assert parameters.keys() == make.cheap.get_params().keys()


def test_parameters_are_keyword_only(make):
    """All but the field, which a ScoreDiffusion is of."""
    first = (make.cheap.field,) if make.takes("field") else ()
    with pytest.raises(TypeError, match="positional argument"):
        make.cls(*first, 0.1)
