"""Parameters: their defaults, and one clear sentence for each value that cannot be used."""

import copy
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

POSITIVE = [0, -1.0, np.nan, np.inf]
NOT_NUMBERS = [None, True, "large", [0.1], 1j]
COUNTS = [
    "start_neighbors",
    "n_steps",
    "n_quadrature",
    "hidden_width",
    "batch_size",
    "max_iter",
    "n_iter_no_change",
]
STARTS = "one of 'isotropic', 'adaptive', 'local-pca'"
BAD_VALUES = [
    *(
        (name, value, ValueError, "a positive float")
        for name in ("kappa", "t0_scale", "learning_rate", "validation_fraction")
        for value in POSITIVE
    ),
    *(
        (name, value, TypeError, "a positive float")
        for name in ("kappa", "t0_scale", "learning_rate", "validation_fraction")
        for value in NOT_NUMBERS
    ),
    *(
        (name, value, ValueError, "a non-negative float")
        for name in ("weight_decay", "tol", "ema_decay")
        for value in [-1.0, np.nan, np.inf]
    ),
    *(
        (name, value, TypeError, "a non-negative float")
        for name in ("weight_decay", "tol", "ema_decay")
        for value in NOT_NUMBERS
    ),
    *((name, 1.0, ValueError, "less than 1") for name in ("ema_decay", "validation_fraction")),
    *(
        (name, value, ValueError, "'auto' or a positive float")
        for name in ("t0", "spacing")
        for value in [*POSITIVE, "large"]
    ),
    *(
        (name, value, TypeError, "'auto' or a positive float")
        for name in ("t0", "spacing")
        for value in [None, True, [0.1]]
    ),
    *(
        (name, value, ValueError, "'auto' or a non-negative float")
        for name in ("t_min", "t_min_scale")
        for value in [-1e-9, np.nan, np.inf, "small"]
    ),
    *(
        (name, value, TypeError, "'auto' or a non-negative float")
        for name in ("t_min", "t_min_scale")
        for value in [None, False]
    ),
    ("t_min_scale", 1.5, ValueError, r"'auto' or a float in \[0, 1\]"),
    *((name, 0, ValueError, "an integer of at least 1") for name in COUNTS),
    *(
        (name, value, TypeError, "an integer of at least 1")
        for name in COUNTS
        for value in [10.0, True, "1", None]
    ),
    ("start", "uniform", ValueError, STARTS),
    ("start", None, TypeError, STARTS),
    *(
        ("start", value, TypeError, "a name or a list of smoothdiff.starts.Start")
        for value in [[], ["local"], (None,)]
    ),
    *(
        ("start_shrinkage", value, TypeError, "two numbers w_g, w_s >= 0 with 0 < ")
        for value in [None, 0.1, (0.1,), (0.1, 0.1, 0.1), ("a", 0.1), (True, 0.1)]
    ),
    *(
        ("start_shrinkage", value, ValueError, "two numbers w_g, w_s >= 0 with 0 < ")
        for value in [(0.0, 0.0), (-0.1, 0.3), (0.6, 0.6), (np.nan, 0.1)]
    ),
    *(
        (name, "other", ValueError, "one of ")
        for name in ("solver", "window", "architecture", "objective", "decayed")
    ),
    *(
        (name, 1, TypeError, "one of ")
        for name in ("solver", "window", "architecture", "objective", "decayed")
    ),
    *((name, 1, TypeError, "True or False") for name in ("early_stopping", "warm_start")),
    ("checkpoint", 3, TypeError, "None or a path"),
    *(
        ("schedule_rho", value, ValueError, "a positive float")
        for value in POSITIVE
        if value != np.inf  # the geometric grid
    ),
    ("schedule_rho", "2", TypeError, "a positive float"),
    *(("n_components", value, ValueError, "") for value in [0, -1, 4, 31, 0.0, 1.0, 1.5, "all"]),
    *(("n_components", value, TypeError, "") for value in [True, [2]]),
    ("n_jobs", 0, ValueError, "None or an integer other than 0"),
    *(
        ("n_jobs", value, TypeError, "None or an integer other than 0")
        for value in [1.0, "2", True, [1]]
    ),
    ("verbose", -1, ValueError, "an integer of at least 0"),
    *(
        ("verbose", value, TypeError, "an integer of at least 0")
        for value in [None, "loud", 1.0, [1]]
    ),
    *(
        ("field", value, TypeError, r"a callable field\(x, t\) or an object with ")
        for value in [None, 3, "x"]
    ),
]


def test_bad_values(make):
    """One sentence that names parameter, owner and value, and nothing changed."""
    for name, value, error, wanted in BAD_VALUES:
        if not make.takes(name):
            continue
        model = make(**{name: value})
        before = copy.copy(vars(model))
        sentence = rf"^The '{name}' parameter of {make.cls.__name__} must be {wanted}"
        with pytest.raises(error, match=sentence) as caught:
            model.fit(normal(30, 3))
        assert str(caught.value).endswith(f"Got {value!r} instead."), (name, value)
        assert vars(model) == before


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


@pytest.mark.parametrize("t0", ["auto", 0.01])
def test_t_min_above_t0(make, t0):
    sentence = f"The 't_min' parameter of {make.cls.__name__} must not exceed t0"
    with pytest.raises(ValueError, match=sentence):
        make(t0=t0, t_min=1e3).fit(normal(30, 2))


def test_t_min_may_be_t0(make):
    assert make(t0=2.0, t_min=2.0).fit(normal(30, 2)).t_min_ == 2.0


@pytest.mark.parametrize("solver", ["euler", "heun", "sde"])
def test_stepped_solvers_cannot_end_at_zero(make, solver):
    sentence = f"must be positive with solver='{solver}', which steps in t. Got 0 instead"
    if "exact" in make.cls.SOLVERS:
        sentence += "; use solver='exact' to end at 0"
    with pytest.raises(ValueError, match=sentence):
        make(solver=solver, t_min=0).fit(normal(30, 2))


@pytest.mark.without(EmpiricalScoreDiffusion, SmoothedPLDiffusion, because="they have one")
def test_no_closed_form(make):
    with pytest.raises(ValueError, match=r"'solver' parameter .* one of 'euler', 'heun', "):
        make(solver="exact").fit(normal(30, 2))


def test_mle_needs_as_many_rows_as_columns(make):
    with pytest.raises(ValueError, match="needs at least as many samples as features"):
        make(n_components="mle").fit(normal(3, 5))


@pytest.mark.parametrize("n_components", [4, 5])
def test_too_many_components(make, n_components):
    with pytest.raises(ValueError, match=r"from 1 to min\(n_samples, n_features\) = 3. Got"):
        make(n_components=n_components).fit(normal(3, 5))


@pytest.mark.parametrize(
    ("random_state", "error", "sentence"),
    [
        (-1, ValueError, "must not be negative"),
        (0.5, TypeError, "random_state must be None, a non-negative integer"),
        ("seed", TypeError, "random_state must be None, a non-negative integer"),
        (True, TypeError, "random_state must be None, a non-negative integer"),
    ],
)
def test_bad_random_state(make, model, random_state, error, sentence):
    with pytest.raises(error, match=sentence):
        make(random_state=random_state).fit(normal(30, 2))
    with pytest.raises(error, match=sentence):
        model.sample(random_state=random_state)
    with pytest.raises(error, match=sentence):
        model.trajectory(random_state=random_state)


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
