"""Data that cannot be used: a sentence that says what and where, before any work."""

import copy

import numpy as np
import pytest
from given import normal
from scipy import sparse
from sklearn.exceptions import NotFittedError

from smoothdiff import (
    EmpiricalScoreDiffusion,
    LocalAverageDiffusion,
    NeuralScoreDiffusion,
    ScoreDiffusion,
)

pd = pytest.importorskip("pandas")


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
        pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"], "c": [1.0, 1.0]}),
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
FIT_ALONE = ("one row", "equal rows")


@pytest.mark.parametrize("case", BAD_DATA)
@pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")
def test_fit(make, case):
    X, error, sentence = BAD_DATA[case]
    unfitted = make()
    before = copy.copy(vars(unfitted))
    with pytest.raises(error, match=sentence):
        unfitted.fit(X)
    assert vars(unfitted) == before


METHODS = {
    "score_samples": lambda model, X: model.score_samples(X),
    "score": lambda model, X: model.score(X),
    "score_function": lambda model, X: model.score_function(X, 0.01),
    "denoise": lambda model, X: model.denoise(X, 0.01),
    "flow": lambda model, X: model.flow(X, 0.02, 0.01),
    "trajectory": lambda model, X: model.trajectory(X, times=[0.01]),
    "decompose": lambda model, X: model.decompose(X, 0.01),
}


def methods_of(make):
    return [call for name, call in METHODS.items() if hasattr(make.cls, name)]


@pytest.fixture(scope="module")
def of_a_frame(make):
    return make().fit(pd.DataFrame(normal(20, 3), columns=["a", "b", "c"]))


@pytest.mark.parametrize("case", [case for case in BAD_DATA if case not in FIT_ALONE])
def test_methods(make, model, of_a_frame, case):
    X, error, sentence = BAD_DATA[case]
    for call in methods_of(make):
        with pytest.raises(error, match=sentence):
            call(of_a_frame if isinstance(X, pd.DataFrame) else model, X)


def test_wrong_number_of_features(make, model):
    sentence = f"X has 2 features, but {make.cls.__name__} is expecting 3 features as input"
    for call in methods_of(make):
        with pytest.raises(ValueError, match=sentence):
            call(model, normal(5, 2))


def test_methods_need_a_fit(make):
    sentence = f"This {make.cls.__name__} instance is not fitted"
    more = [lambda model, X: model.sample(), lambda model, X: model.start_covariances_]
    for call in [*methods_of(make), *more]:
        with pytest.raises(NotFittedError, match=sentence):
            call(make(), normal(5, 3))


@pytest.mark.parametrize(
    ("weights", "error", "sentence"),
    [
        (-np.ones(20), ValueError, "sample_weight must not be negative. Got 20 negative entries"),
        (np.zeros(20), ValueError, "sample_weight must not be zero for every row"),
        (np.ones(19), ValueError, r"one entry for each row of X, shape \(20,\). Got shape \(19,\)"),
        (np.ones((20, 1)), ValueError, r"Got shape \(20, 1\)"),
        (np.full(20, np.nan), ValueError, "Input sample_weight contains NaN"),
        (np.full(20, np.inf), ValueError, "Input sample_weight contains infinity"),
        (np.full(20, 1e308), ValueError, "sample_weight must have a finite sum"),
        (["heavy"] * 20, ValueError, "could not convert string to float"),
    ],
    ids=["negative", "zero", "short", "2-D", "NaN", "infinity", "huge", "strings"],
)
def test_bad_sample_weight(make, weights, error, sentence):
    with pytest.raises(error, match=sentence):
        make().fit(normal(20, 3), sample_weight=weights)


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
