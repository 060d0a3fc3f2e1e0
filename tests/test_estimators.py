"""The estimators as scikit-learn sees them: parameters, data good and bad, fitted attributes."""

import copy

import jax
import numpy as np
import pandas as pd
import pytest
import reference
from scipy import sparse
from sklearn.exceptions import NotFittedError
from sklearn.neighbors import KernelDensity
from sklearn.utils.estimator_checks import parametrize_with_checks

from smoothdiff import EmpiricalScoreDiffusion, LocalAverageDiffusion, SmoothedPLDiffusion
from smoothdiff.starts import STARTS

ESTIMATORS = [EmpiricalScoreDiffusion, SmoothedPLDiffusion, LocalAverageDiffusion]
EXACT = ESTIMATORS[:2]

pytestmark = pytest.mark.usefixtures("few_steps")


def normal(n, d, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d))


@pytest.fixture(name="Estimator", params=ESTIMATORS)
def estimator_class(request):
    return request.param


def with_methods(names):
    """Each estimator with each of the methods that it has."""
    pairs = [(E, name) for E in ESTIMATORS for name in names if hasattr(E, name)]
    return pytest.mark.parametrize(("Estimator", "method"), pairs)


@parametrize_with_checks(
    [Estimator() for Estimator in EXACT] + [LocalAverageDiffusion(n_steps=4, n_quadrature=4)]
)
def test_scikit_learn_checks(estimator, check):
    state = np.random.get_state()
    try:
        check(estimator)
    finally:  # some of the checks draw from the global generator themselves
        np.random.set_state(state)


# ------------------------------------------------------------------ refused parameters

POSITIVE = [0, -1.0, np.nan, np.inf]
NOT_NUMBERS = [None, True, "large", [0.1], 1j]
BAD_VALUES = [
    *(("kappa", value, ValueError, "a positive float") for value in POSITIVE),
    *(("kappa", value, TypeError, "a positive float") for value in NOT_NUMBERS),
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
        ("t_min", value, ValueError, "'auto' or a non-negative float")
        for value in [-1e-9, np.nan, np.inf, "small"]
    ),
    *(("t_min", value, TypeError, "'auto' or a non-negative float") for value in [None, False]),
    ("start", "uniform", ValueError, "one of 'isotropic', 'adaptive', 'local-pca'"),
    ("start", None, TypeError, "one of 'isotropic', 'adaptive', 'local-pca'"),
    ("start_neighbors", 0, ValueError, "an integer of at least 1"),
    ("start_neighbors", 2.0, TypeError, "an integer of at least 1"),
    ("solver", "rk4", ValueError, "one of "),
    ("solver", 1, TypeError, "one of "),
    ("n_steps", 0, ValueError, "an integer of at least 1"),
    ("n_steps", 10.0, TypeError, "an integer of at least 1"),
    *(
        ("schedule_rho", value, ValueError, "a positive float")
        for value in POSITIVE
        if value != np.inf  # the geometric grid
    ),
    ("schedule_rho", "2", TypeError, "a positive float"),
    *(("n_components", value, ValueError, "") for value in [0, -1, 4, 31, 0.0, 1.0, 1.5, "all"]),
    *(("n_components", value, TypeError, "") for value in [True, [2]]),
]


@pytest.mark.parametrize(
    ("Estimator", "name", "value", "error", "wanted"),
    [(E, *case) for E in ESTIMATORS for case in BAD_VALUES if case[0] in E().get_params()],
)
def test_bad_parameter(Estimator, name, value, error, wanted):
    model, owner = Estimator(**{name: value}), Estimator.__name__
    before = copy.copy(vars(model))
    with pytest.raises(error) as caught:
        model.fit(normal(30, 3))
    message = str(caught.value)
    assert message.startswith(f"The {name!r} parameter of {owner} must be {wanted}")
    assert message.endswith(f"Got {value!r} instead.")
    assert vars(model) == before


@pytest.mark.parametrize("t0", ["auto", 0.01])
def test_t_min_above_t0(Estimator, t0):
    sentence = f"The 't_min' parameter of {Estimator.__name__} must not exceed t0"
    with pytest.raises(ValueError, match=sentence):
        Estimator(t0=t0, t_min=1e3).fit(normal(30, 2))
    assert Estimator(t0=2.0, t_min=2.0).fit(normal(30, 2)).t_min_ == 2.0


@pytest.mark.parametrize("solver", ["euler", "heun"])
def test_stepped_solvers_cannot_end_at_zero(Estimator, solver):
    sentence = f"must be positive with solver='{solver}', which steps in t. Got 0 instead"
    sentence += "; use solver='exact' to end at 0" if Estimator in EXACT else ""
    with pytest.raises(ValueError, match=sentence):
        Estimator(solver=solver, t_min=0).fit(normal(30, 2))


def test_mle_needs_as_many_rows_as_columns(Estimator):
    with pytest.raises(ValueError, match="needs at least as many samples as features"):
        Estimator(n_components="mle").fit(normal(3, 5))


@pytest.mark.parametrize("n_components", [4, 5])
def test_too_many_components(Estimator, n_components):
    with pytest.raises(ValueError, match=r"from 1 to min\(n_samples, n_features\) = 3. Got"):
        Estimator(n_components=n_components).fit(normal(3, 5))


@pytest.mark.parametrize(
    ("random_state", "error", "sentence"),
    [
        (-1, ValueError, "must not be negative"),
        (0.5, TypeError, "random_state must be None, a non-negative integer"),
        ("seed", TypeError, "random_state must be None, a non-negative integer"),
        (True, TypeError, "random_state must be None, a non-negative integer"),
    ],
)
def test_bad_random_state(Estimator, random_state, error, sentence):
    with pytest.raises(error, match=sentence):
        Estimator(random_state=random_state).fit(normal(30, 2))
    with pytest.raises(error, match=sentence):
        Estimator().fit(normal(30, 2)).sample(random_state=random_state)


# ------------------------------------------------------------------ refused data


def with_values(values, n=20, d=3):
    X = normal(n, d)
    for (i, j), value in values.items():
        X[i, j] = value
    return X


BAD_DATA = {
    "NaN": (
        with_values({(3, 1): np.nan, (3, 2): np.nan}),
        ValueError,
        "Input X contains NaN: 2 values in 1 of 20 rows, the first at row 3, column 1",
    ),
    "infinity": (
        with_values({(7, 0): np.inf, (9, 0): -np.inf}),
        ValueError,
        "Input X contains infinity: 2 values in 2 of 20 rows, the first at row 7, column 0",
    ),
    "both": (
        with_values({(0, 2): np.inf, (1, 0): np.nan}),
        ValueError,
        "Input X contains NaN and infinity: 2 values in 2 of 20 rows, the first at row 0, column 2",
    ),
    "complex": (normal(20, 3) + 0j, ValueError, "Complex data not supported"),
    "strings": (
        np.array([["a", "b"], ["c", "d"]]),
        ValueError,
        "could not convert string to float",
    ),
    "objects": (np.array([[{}, 1], [2, 3]], dtype=object), TypeError, "must be a string or a real"),
    "string column": (
        pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]}),
        ValueError,
        "could not convert string to float",
    ),
    "1-D": (np.arange(5.0), ValueError, "Expected 2D array, got 1D array instead"),
    "3-D": (np.zeros((2, 3, 4)), ValueError, "Found array with dim 3"),
    "no rows": (np.empty((0, 3)), ValueError, r"Found array with 0 sample\(s\)"),
    "no columns": (np.empty((3, 0)), ValueError, r"0 feature\(s\) \(shape=\(3, 0\)\)"),
    "one row": (np.ones((1, 3)), ValueError, "X has one sample; set t0"),
    "equal rows": (np.ones((20, 3)), ValueError, "X has 20 samples, all of them equal; set t0"),
    "sparse": (sparse.eye(5, format="csr"), TypeError, "Sparse data was passed"),
}


@pytest.mark.parametrize("case", BAD_DATA)
@pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")
def test_bad_data_in_fit(Estimator, case):
    X, error, sentence = BAD_DATA[case]
    model = Estimator()
    before = copy.copy(vars(model))
    with pytest.raises(error, match=sentence):
        model.fit(X)
    assert vars(model) == before


METHODS = {
    "score_samples": lambda model, X: model.score_samples(X),
    "score": lambda model, X: model.score(X),
    "score_function": lambda model, X: model.score_function(X, model.t_min_),
    "denoise": lambda model, X: model.denoise(X, model.t_min_),
    "flow": lambda model, X: model.flow(X, model.t0_, model.t_min_),
    "trajectory": lambda model, X: model.trajectory(X, times=[model.t0_]),
    "decompose": lambda model, X: model.decompose(X, model.t_min_),
}


@with_methods(METHODS)
@pytest.mark.parametrize("case", [c for c in BAD_DATA if c not in ("one row", "equal rows")])
def test_bad_data_in_methods(Estimator, method, case):
    X, error, sentence = BAD_DATA[case]
    model = Estimator().fit(normal(20, 3))
    if case == "string column":
        X = X.set_axis(["a", "b"], axis=1).assign(c=1.0)
        model.fit(pd.DataFrame(normal(20, 3), columns=["a", "b", "c"]))
    with pytest.raises(error, match=sentence):
        METHODS[method](model, X)


@with_methods(METHODS)
def test_wrong_number_of_features(Estimator, method):
    model = Estimator().fit(normal(20, 3))
    sentence = f"X has 2 features, but {Estimator.__name__} is expecting 3 features as input"
    with pytest.raises(ValueError, match=sentence):
        METHODS[method](model, normal(5, 2))


ARGUMENTS = {
    "sample": (),
    "trajectory": (),
    "score_samples": (normal(5, 2),),
    "score": (normal(5, 2),),
    "score_function": (normal(5, 2), 0.1),
    "denoise": (normal(5, 2), 0.1),
    "decompose": (normal(5, 2), 0.1),
    "flow": (normal(5, 2), 0.1, 0.01),
}


@with_methods(ARGUMENTS)
def test_methods_need_a_fit(Estimator, method):
    call = getattr(Estimator(), method)
    with pytest.raises(NotFittedError, match=f"This {Estimator.__name__} instance is not fitted"):
        call(*ARGUMENTS[method])


@pytest.mark.parametrize(
    ("weights", "error", "sentence"),
    [
        (-np.ones(20), ValueError, "sample_weight must not be negative. Got 20 negative entries"),
        (np.zeros(20), ValueError, "sample_weight must not be zero for every row"),
        (np.ones(19), ValueError, r"one entry for each row of X, shape \(20,\). Got shape \(19,\)"),
        (np.ones((20, 1)), ValueError, r"Got shape \(20, 1\)"),
        (np.full(20, np.nan), ValueError, "Input sample_weight contains NaN"),
        (np.full(20, np.inf), ValueError, "Input sample_weight contains infinity"),
        (["heavy"] * 20, ValueError, "could not convert string to float"),
    ],
    ids=["negative", "zero", "short", "2-D", "NaN", "infinity", "strings"],
)
def test_bad_sample_weight(Estimator, weights, error, sentence):
    with pytest.raises(error, match=sentence):
        Estimator().fit(normal(20, 3), sample_weight=weights)


@pytest.mark.parametrize("X", [np.ones((1, 3)), np.ones((20, 3))], ids=["one row", "equal rows"])
def test_the_remedy_for_no_spacing_works(Estimator, X):
    """One point: the law is a Gaussian around it, of variance t_min."""
    parameters = {"t0": 0.5, "t_min": 0.1}
    if Estimator is not EmpiricalScoreDiffusion:
        with pytest.raises(ValueError, match="set t0 and spacing to use it all the same"):
            Estimator(**parameters).fit(X)
        parameters["spacing"] = 0.3
    model = Estimator(**parameters).fit(X)
    x = normal(10, 3)
    expected = -3 / 2 * np.log(2 * np.pi * 0.1) - ((x - 1) ** 2).sum(axis=1) / 0.2
    rtol = 1e-12 if Estimator in EXACT else 0.1
    np.testing.assert_allclose(model.score_samples(x), expected, rtol=rtol)
    assert np.abs(model.sample(1000, random_state=0).mean(axis=0) - 1).max() < 4 * 0.01


# ------------------------------------------------------------------ refused arguments


@pytest.fixture
def model(Estimator):
    return Estimator(random_state=0).fit(normal(20, 2))


@with_methods(["score_function", "denoise", "decompose", "flow"])
@pytest.mark.parametrize("factor", [0, -1, np.nan, np.inf, 1.001])
def test_t_outside_its_interval(model, method, factor):
    last = (model.t_min_,) if method == "flow" else ()
    with pytest.raises(ValueError, match=r"t must be a variance in \(0, .*\] \(t0_\). Got"):
        getattr(model, method)(normal(5, 2), factor * model.t0_, *last)


@with_methods(["score_function", "denoise", "decompose"])
def test_t_of_the_wrong_shape_or_type(model, method):
    call, X = getattr(model, method), normal(5, 2)
    for shape in [(4,), (5, 1), (1,)]:
        with pytest.raises(ValueError, match=r"a number or an array of shape \(5,\). Got an array"):
            call(X, np.full(shape, model.t0_))
    for value in ["late", None, 1j, True]:
        with pytest.raises(TypeError, match="t must be a variance in"):
            call(X, value)
    with pytest.raises(ValueError, match="t must be a variance"):
        call(X, np.array([1, 1, 1, 1, 2]) * model.t0_)


@pytest.mark.parametrize("s", [-0.1, np.nan, 1.001])
def test_s_outside_its_interval(model, s):
    s = s * model.t0_
    with pytest.raises(ValueError, match=r"s must be a variance in .* \(t0_\). Got"):
        model.flow(normal(5, 2), model.t_min_, s)
    with pytest.raises(ValueError, match="t must be a number"):
        model.flow(normal(5, 2), np.full(5, model.t_min_), model.t_min_)


def test_stepped_flow_does_not_reach_zero(Estimator):
    solver = "exact" if Estimator is EmpiricalScoreDiffusion else "heun"
    model = Estimator(solver=solver).fit(normal(20, 2))
    with pytest.raises(ValueError, match=r"s must be a variance in \(0, "):
        model.flow(normal(5, 2), model.t0_, 0.0)


@pytest.mark.parametrize(
    ("n", "error"), [(-1, ValueError), (2.0, TypeError), ("3", TypeError), (None, TypeError)]
)
def test_n_samples_is_a_count(model, n, error):
    for call in (model.sample, lambda n: model.trajectory(n_samples=n)):
        with pytest.raises(error, match=r"n_samples must be a non-negative integer\. Got "):
            call(n)


@pytest.mark.parametrize("value", [True, np.bool_(False)])
def test_n_samples_is_not_a_truth_value(model, value):
    with pytest.raises(TypeError, match="n_samples must be a non-negative integer"):
        model.sample(value)


def test_times_do_not_increase(model):
    for times in ([0.1, 0.5], [[0.5, 0.1]]):
        with pytest.raises(ValueError, match="one-dimensional array that does not increase"):
            model.trajectory(normal(5, 2), times=np.array(times) * model.t0_)
    for times in ([2.0], [np.nan], [0.5, -0.1]):
        with pytest.raises(ValueError, match="times must be a variance in"):
            model.trajectory(normal(5, 2), times=np.array(times) * model.t0_)


@pytest.mark.parametrize("Estimator", EXACT)
def test_no_density_at_zero(Estimator):
    model = Estimator(t_min=0).fit(normal(20, 2))
    for method in (model.score_samples, model.score):
        with pytest.raises(ValueError, match="needs t_min > 0: at t_min=0 the samples"):
            method(normal(5, 2))


def test_no_origin_beyond_the_spacing():
    """Where kappa sqrt(s) >= spacing_ the flow is not onto: some rows came from nowhere."""
    X = normal(20, 2)
    model = SmoothedPLDiffusion(kappa=2.0).fit(X)
    between = (X[:1] + X[1:2]) / 2
    with pytest.raises(
        ValueError, match="1 of 2 rows have no origin at the larger variance, the fi"
    ):
        model.flow(np.concatenate([X[:1], between]), model.t_min_, model.t0_)


# ------------------------------------------------------------------ a failed fit


FAILURES = {
    "parameter": ({"t0": -1.0}, {}),
    "random_state": ({"random_state": "seed"}, {}),
    "data": ({}, {"X": BAD_DATA["NaN"][0]}),
    "one row": ({}, {"X": np.ones((1, 3))}),
    "weights": ({}, {"sample_weight": -np.ones(20)}),
    "components": ({"n_components": 9}, {}),
    "t_min": ({"t_min": 1e6}, {}),
}


@pytest.mark.parametrize("case", FAILURES)
def test_failed_fit_leaves_a_fitted_estimator_as_it_was(Estimator, case):
    parameters, arguments = FAILURES[case]
    model = Estimator(random_state=0).fit(normal(20, 3, seed=1))
    twin = copy.deepcopy(model)
    x = normal(10, 3)
    model.score_samples(x)  # what is derived on first use is kept too
    model.set_params(**parameters)
    before = dict(vars(model))
    with pytest.raises((ValueError, TypeError)):
        model.fit(**{"X": normal(20, 3), **arguments})
    assert vars(model).keys() == before.keys()
    assert all(vars(model)[name] is value for name, value in before.items())
    model.set_params(**twin.get_params())
    np.testing.assert_array_equal(model.score_samples(x), twin.score_samples(x))
    np.testing.assert_array_equal(model.sample(5), twin.sample(5))


@pytest.mark.parametrize("case", FAILURES)
def test_failed_fit_leaves_an_unfitted_estimator_as_it_was(Estimator, case):
    parameters, arguments = FAILURES[case]
    model = Estimator(**parameters)
    before = dict(vars(model))
    with pytest.raises((ValueError, TypeError)):
        model.fit(**{"X": normal(20, 3), **arguments})
    assert vars(model) == before
    with pytest.raises(NotFittedError):
        model.sample()


@pytest.mark.parametrize("case", ["data", "one row", "weights", "components", "t_min"])
def test_failed_fit_draws_no_number(Estimator, case):
    parameters, arguments = FAILURES[case]
    state = np.random.RandomState(0)
    with pytest.raises((ValueError, TypeError)):
        Estimator(random_state=state, **parameters).fit(**{"X": normal(20, 3), **arguments})
    assert state.randint(2**30) == np.random.RandomState(0).randint(2**30)


# ------------------------------------------------------------------ awkward data


def assert_same_model(a, b, x, rtol=0.0):
    np.testing.assert_allclose(a.score_samples(x), b.score_samples(x), rtol=rtol)
    np.testing.assert_allclose(
        a.sample(20, random_state=0), b.sample(20, random_state=0), rtol=rtol, atol=rtol
    )


def read_only(X):
    X = X.copy()
    X.flags.writeable = False
    return X


CONTAINERS = {
    "float32": lambda X: X.astype(np.float32),
    "integers": lambda X: X.astype(np.int32),
    "booleans are numbers": lambda X: X > 0,
    "list": lambda X: X.tolist(),
    "DataFrame": lambda X: pd.DataFrame(X),
    "DataFrame of integers and floats": lambda X: pd.DataFrame(X).astype({0: np.int64}),
    "nullable DataFrame": lambda X: pd.DataFrame(X).astype("Float64"),
    "read-only": read_only,
    "Fortran order": np.asfortranarray,
    "every second row and column": lambda X: np.repeat(np.repeat(X, 2, 0), 2, 1)[::2, ::2],
    "reversed view": lambda X: X[::-1, ::-1].copy()[::-1, ::-1],
    "big endian": lambda X: X.astype(">f8"),
    "objects that are numbers": lambda X: X.astype(object),
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_containers_and_types(Estimator, container):
    values = np.round(4 * normal(30, 3))
    if "bool" in container:
        values = (values > 0).astype(float)
    wrapped = CONTAINERS[container](values)
    x = np.round(4 * normal(10, 3, 1))
    plain = Estimator().fit(values)
    assert_same_model(Estimator().fit(wrapped), plain, x)
    np.testing.assert_array_equal(plain.score_samples(wrapped), plain.score_samples(values))


def test_memory_mapped(Estimator, tmp_path):
    X = normal(30, 3)
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    assert_same_model(Estimator().fit(mapped), Estimator().fit(X), normal(10, 3, 1))


def test_results_are_float64(Estimator):
    X = normal(30, 3).astype(np.float32)
    model = Estimator().fit(X)
    results = [
        model.sample(3),
        model.score_samples(X),
        model.score_function(X, model.t_min_),
        model.denoise(X, model.t_min_),
        model.flow(X, model.t0_, model.t_min_),
        model.trajectory(X, times=[model.t0_]),
        model.points_,
    ]
    assert {result.dtype for result in results} == {np.dtype(np.float64)}


def brute_force(model, X, x, weights=None):
    """Log-density of a fitted model by the slow formulas."""
    weights = np.ones(len(X)) if weights is None else weights
    r = model.n_components_
    if isinstance(model, EmpiricalScoreDiffusion):
        return reference.empirical_model(x, X, weights, r, model.t_min_)
    return reference.smoothed_pl_model(
        *(x, X, weights, r, model.kappa, model.spacing_, model.t0_, model.t_min_),
        *(model.start, model.start_neighbors),
    )


def assert_density(model, X, x, weights=None, rtol=1e-9):
    if isinstance(model, LocalAverageDiffusion):  # no slow formula: see test_local_average.py
        assert np.isfinite(model.score_samples(x)).all()
        return
    np.testing.assert_allclose(
        model.score_samples(x), brute_force(model, X, x, weights), rtol=rtol, atol=rtol
    )


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("d", [1, 2, 3, 5])
def test_density_of_the_smoothed_model(d, start):
    X = normal(30, d)
    x = np.concatenate([X[:5], (X[:5] + X[5:10]) / 2, 2 * normal(15, d, 1)])
    for parameters in ({}, {"kappa": 0.5, "t0": 0.3, "t_min": 0.05, "spacing": 0.4}):
        assert_density(SmoothedPLDiffusion(start=start, **parameters).fit(X), X, x)


@pytest.mark.parametrize("d", [1, 2, 5, 12])
def test_density_of_the_empirical_model(d):
    X = normal(30, d)
    x = np.concatenate([X[:5], (X[:5] + X[5:10]) / 2, 2 * normal(15, d, 1)])
    for t_min in ("auto", 1e-6, 0.3):
        assert_density(EmpiricalScoreDiffusion(t0=1.0, t_min=t_min).fit(X), X, x)


@pytest.mark.parametrize("bandwidth", [0.05, 0.5])
def test_empirical_density_is_a_kernel_density(bandwidth):
    """With one leaf: split into leaves, KernelDensity is wrong in the tails (see test_noise)."""
    X, x = normal(80, 3), 3 * normal(40, 3, 1)
    model = EmpiricalScoreDiffusion(t0=1.0, t_min=bandwidth**2, n_components=None).fit(X)
    kde = KernelDensity(bandwidth=bandwidth, leaf_size=80).fit(X)
    np.testing.assert_allclose(model.score_samples(x), kde.score_samples(x), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("n_components", [1, 2, 0.8])
def test_density_with_residual_variance(Estimator, n_components):
    X = normal(40, 5) * [3.0, 2.0, 1.0, 0.3, 0.2]
    model = Estimator(n_components=n_components).fit(X)
    assert model.noise_variance_ > 0
    assert_density(model, X, np.concatenate([X[:10], normal(10, 5, 1)]))


@pytest.mark.parametrize("shape", [(40, 6), (6, 20)], ids=["rank 3", "fewer rows than columns"])
def test_density_of_data_in_a_subspace(Estimator, shape):
    """Normal directions carry noise of variance t_min alone."""
    n, d = shape
    X = normal(n, d) if n < d else normal(n, 3) @ normal(3, d, 1)
    model = Estimator().fit(X)
    assert model.n_components_ == (n - 1 if n < d else 3)
    assert model.noise_variance_ == 0
    assert_density(model, X, X[:6] + 0.1 * normal(6, d, 2), rtol=1e-8)


def test_constant_columns(Estimator):
    X = normal(30, 2)
    wide = np.c_[np.full(30, 1e3), X, np.zeros(30)]
    x = normal(10, 2, 1)
    model, plain = Estimator().fit(wide), Estimator().fit(X)
    assert model.n_components_ == 2
    at_the_constant = np.c_[np.full(10, 1e3), x, np.zeros(10)]
    np.testing.assert_allclose(
        model.score_samples(at_the_constant), plain.score_samples(x), rtol=1e-9
    )
    for t_min in ["auto", 0] if Estimator in EXACT else ["auto"]:
        samples = Estimator(t_min=t_min).fit(wide).sample(50)
        np.testing.assert_array_equal(samples[:, [0, 3]], wide[:1, [0, 3]].repeat(50, 0))
    elsewhere = at_the_constant + np.array([1e-9, 0, 0, 0])
    with pytest.warns(UserWarning, match=r"10 of 10 rows differ .* constant there.*: Column 0\."):
        assert np.isneginf(model.score_samples(elsewhere)).all()


def test_columns_that_the_noise_drowns_are_named(Estimator):
    """Deviations of 1, 1 and 1e-4, and noise of 0.01."""
    X = pd.DataFrame(normal(40, 3) * [1, 1, 1e-4], columns=["height", "width", "density"])
    with pytest.warns(UserWarning, match="= 0.01, drowns .*: Column 'density' of X") as seen:
        Estimator(t0=0.01, t_min=1e-4).fit(X)
    assert len(seen) == 1
    assert seen[0].filename == __file__
    Estimator(t0=0.01, t_min=1e-4).fit(X.iloc[:, :2])


def test_duplicated_rows_are_weights(Estimator):
    X, counts = normal(30, 2), np.arange(30) % 3 + 1
    x = normal(10, 2, 1)
    repeated = Estimator().fit(np.repeat(X, counts, axis=0))
    weighted = Estimator().fit(X, sample_weight=counts).score_samples(x)
    np.testing.assert_allclose(repeated.score_samples(x), weighted, rtol=1e-9)
    if Estimator in EXACT:
        expected = brute_force(repeated, X, x, counts.astype(float))
        np.testing.assert_allclose(weighted, expected, rtol=1e-9)
    np.testing.assert_allclose(repeated.spacing_, reference.spacing(X), rtol=1e-12)


def test_one_feature(Estimator):
    X = normal(30, 1)
    model = Estimator().fit(X)
    assert model.components_ == [[1.0]]
    assert_density(model, X, 2 * normal(20, 1, 1))


@pytest.mark.parametrize("d", [1, 3])
@pytest.mark.parametrize("offset", [1e8, -1e8])
def test_offset(Estimator, d, offset):
    """Coordinates that are multiples of 2^-20, so that the offset rounds none of them."""
    X, x = np.round(normal(30, d) * 2**20) / 2**20, np.round(normal(10, d, 1) * 2**20) / 2**20
    plain, shifted = Estimator().fit(X), Estimator().fit(X + offset)
    np.testing.assert_allclose(shifted.spacing_, plain.spacing_, rtol=1e-7)
    parameters = {"t0": 0.1, "t_min": 0.01, "spacing": 0.3}
    plain, shifted = Estimator(**parameters).fit(X), Estimator(**parameters).fit(X + offset)
    np.testing.assert_allclose(
        shifted.score_samples(x + offset), plain.score_samples(x), rtol=1e-7, atol=1e-7
    )
    sample = shifted.sample(2000, random_state=0) - offset
    spread = 4 * X.std(axis=0) / np.sqrt(2000) * 1.2
    assert np.all(np.abs(sample.mean(axis=0) - X.mean(axis=0)) <= spread)


@pytest.mark.parametrize("scale", [1e-12, 1e12])
def test_scale(Estimator, scale):
    X, x = normal(30, 3), normal(10, 3, 1)
    plain, scaled = Estimator().fit(X), Estimator().fit(scale * X)
    np.testing.assert_allclose(scaled.spacing_, scale * plain.spacing_, rtol=1e-9)
    np.testing.assert_allclose(
        scaled.score_samples(scale * x) + 3 * np.log(scale), plain.score_samples(x), rtol=1e-8
    )


def test_two_rows(Estimator):
    X = np.array([[0.0, 0.0], [1.2, 1.6]])
    model = Estimator().fit(X)
    assert abs(model.spacing_ - 1) < 1e-15
    assert model.n_components_ == 1
    assert_density(model, X, normal(10, 2, 1))


def test_y_is_ignored(Estimator):
    X, x = normal(30, 2), normal(10, 2, 1)
    assert_same_model(Estimator().fit(X, y=np.arange(30)), Estimator().fit(X), x)
    model = Estimator().fit(X)
    assert model.score(x, np.arange(10)) == model.score(x)


def test_equal_weights_are_no_weights(Estimator):
    X, x = normal(30, 2), normal(10, 2, 1)
    weighted = Estimator().fit(X, sample_weight=np.full(30, 2.5))
    assert_same_model(weighted, Estimator().fit(X), x, rtol=1e-12)


@pytest.mark.parametrize("order", ["C", "F"])
def test_the_user_keeps_the_arrays(Estimator, order, user_precision):
    """Nothing is written into what the user hands over, nor given out that is the user's."""
    X, weights, x = np.array(normal(30, 3), order=order), np.arange(30.0), normal(10, 3, 1)
    t = np.full(10, 1e-3)
    given = [X, weights, x, t]
    kept = [array.copy() for array in given]
    model = Estimator(random_state=0).fit(X, sample_weight=weights)
    model.sample(5, return_parents=type(model) in EXACT)
    model.score_samples(x)
    model.score(x)
    model.score_function(x, t)
    model.denoise(x, t)
    moved = model.flow(x, model.t0_, model.t0_)
    path = model.trajectory(x, times=[model.t0_, model.t_min_])
    for array, copied in zip(given, kept, strict=True):
        np.testing.assert_array_equal(array, copied)
    for result in (moved, path, model.points_, model.mean_, model.weights_):
        assert not any(np.shares_memory(result, array) for array in given)


def test_user_precision_does_not_matter(Estimator, user_precision):
    X, x = normal(30, 3), normal(10, 3, 1)
    model = Estimator().fit(X)
    assert_density(model, X, x)
    assert model.sample(3).dtype == np.float64


SETTINGS = {
    "debug_nans": lambda: jax.debug_nans(True),
    "rank promotion raises": lambda: jax.numpy_rank_promotion("raise"),
    "strict types": lambda: jax.numpy_dtype_promotion("strict"),
    "coarse products": lambda: jax.default_matmul_precision("bfloat16"),
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_other_settings_of_the_user_do_not_matter(setting):
    X, x = normal(30, 4), normal(10, 4, 1)
    model = SmoothedPLDiffusion(start="local-pca").fit(X)
    with SETTINGS[setting]():
        assert_density(model, X, x)
        assert np.isfinite(model.sample(5)).all()


# ------------------------------------------------------------------ fitted attributes


def test_fitted_attributes(Estimator):
    X, weights = normal(40, 4) * [3.0, 2.0, 1.0, 0.1], np.arange(1.0, 41)
    model = Estimator(n_components=2).fit(X, sample_weight=weights)
    mean, axes, residual = reference.split(X, weights, 2)
    np.testing.assert_allclose(model.mean_, mean, rtol=1e-12)
    np.testing.assert_allclose(np.abs((model.components_ * axes).sum(axis=1)), 1, rtol=1e-12)
    np.testing.assert_allclose(model.noise_variance_, residual, rtol=1e-9)
    points = (X - mean) @ model.components_.T
    np.testing.assert_allclose(model.points_, points, rtol=0, atol=1e-12)
    np.testing.assert_allclose(model.weights_, weights / weights.sum(), rtol=1e-15)
    variance = (model.weights_[:, None] * points**2).sum(axis=0)
    np.testing.assert_allclose(model.explained_variance_, variance, rtol=1e-9)
    np.testing.assert_allclose(model.spacing_, reference.spacing(points), rtol=1e-9)
    assert model.t0_ == model.spacing_**2
    assert model.t_min_ == 0.01 * model.t0_
    assert model.n_components_ == 2
    assert model.n_features_in_ == 4
    assert not hasattr(model, "feature_names_in_")


@pytest.mark.parametrize("start", STARTS)
def test_start_covariances(start):
    X, weights = normal(30, 2), np.r_[np.zeros(3), np.ones(27)]
    model = SmoothedPLDiffusion(start=start, start_neighbors=5).fit(X, sample_weight=weights)
    expected = reference.start_covariances(model.points_[3:], start, model.t0_, model.spacing_, 5)
    S = model.start_covariances_
    assert np.isnan(S[:3]).all()
    S = S[3:] if start == "local-pca" else S[3:, None, None] * np.eye(2)
    np.testing.assert_allclose(S, expected, rtol=1e-9)


def test_empirical_starts_from_t0():
    model = EmpiricalScoreDiffusion(t0=0.7).fit(normal(30, 2))
    np.testing.assert_array_equal(model.start_covariances_, np.full(30, 0.7))


def test_feature_names(Estimator):
    frame = pd.DataFrame(normal(30, 2), columns=["height", "width"])
    model = Estimator().fit(frame)
    assert list(model.feature_names_in_) == ["height", "width"]
    np.testing.assert_array_equal(
        model.score_samples(frame),
        Estimator().fit(frame.to_numpy()).score_samples(frame.to_numpy()),
    )
    with pytest.raises(ValueError, match="The feature names should match those that were passed"):
        model.score_samples(frame.rename(columns={"width": "depth"}))
    with pytest.raises(ValueError, match="Feature names must be in the same order"):
        model.score_samples(frame[["width", "height"]])


@pytest.mark.parametrize(
    ("n_components", "expected"), [("auto", 5), (None, 5), (2, 2), (np.int64(3), 3), (0.5, 1)]
)
def test_n_components(Estimator, n_components, expected):
    X = normal(50, 5) * [5.0, 2.0, 1.0, 0.5, 0.1]
    assert Estimator(n_components=n_components).fit(X).n_components_ == expected


def test_mle(Estimator):
    X = normal(200, 2) @ normal(2, 6, 1) + 0.05 * normal(200, 6, 2)
    model = Estimator(n_components="mle").fit(X)
    assert model.n_components_ == 2
    np.testing.assert_allclose(model.noise_variance_, 0.05**2, rtol=0.2)


def test_parameters_are_keyword_only(Estimator):
    with pytest.raises(TypeError, match="positional argument"):
        Estimator(0.1)


DEFAULTS = {
    "t0": "auto",
    "t_min": "auto",
    "spacing": "auto",
    "n_components": "auto",
    "solver": "exact",
    "n_steps": 200,
    "schedule_rho": 2.0,
    "n_jobs": None,
    "random_state": None,
    "verbose": 0,
}


@pytest.mark.parametrize(
    ("Estimator", "own"),
    [
        (EmpiricalScoreDiffusion, {}),
        (SmoothedPLDiffusion, {"kappa": 0.1, "start": "adaptive", "start_neighbors": 10}),
    ],
)
def test_defaults(Estimator, own):
    assert Estimator().get_params() == {**DEFAULTS, **own}


def test_score_is_the_mean(Estimator):
    model, x = Estimator().fit(normal(30, 2)), normal(7, 2, 1)
    score = model.score(x)
    assert isinstance(score, float)
    np.testing.assert_allclose(score, model.score_samples(x).mean(), rtol=1e-15)


def test_a_second_fit_forgets_the_first(Estimator):
    X, Y = normal(30, 3), pd.DataFrame(normal(20, 2, 1), columns=["a", "b"])
    twice = Estimator(random_state=0).fit(X)
    twice.score_samples(X)
    twice.sample(2)
    twice.fit(Y)
    once = Estimator(random_state=0).fit(Y)
    np.testing.assert_array_equal(twice.score_samples(Y), once.score_samples(Y))
    np.testing.assert_array_equal(twice.sample(5), once.sample(5))
    plain = twice.fit(X)
    assert not hasattr(plain, "feature_names_in_")
