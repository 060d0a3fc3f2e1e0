"""A fit that fails leaves everything as it was."""

import copy
import pickle

import numpy as np
import pytest
from given import normal
from sklearn.exceptions import NotFittedError

with_nan = normal(20, 3)
with_nan[3, 1] = np.nan
FAILURES = {
    "parameter": ({"t0": -1.0}, {}),
    "random_state": ({"random_state": "seed"}, {}),
    "n_jobs": ({"n_jobs": 0}, {}),
    "data": ({}, {"X": with_nan}),
    "one row": ({}, {"X": np.ones((1, 3))}),
    "weights": ({}, {"sample_weight": -np.ones(20)}),
    "components": ({"n_components": 9}, {}),
    "t_min": ({"t_min": 1e6}, {}),
}


@pytest.mark.parametrize("case", FAILURES)
def test_a_fitted_estimator_stays_as_it_was(make, case):
    parameters, arguments = FAILURES[case]
    model = make(random_state=0).fit(normal(40, 3))
    twin = copy.deepcopy(model)
    x = normal(10, 3)
    model.score_samples(x)  # what is derived on first use is kept too
    model.set_params(**parameters)
    before, fitted = dict(vars(model)), pickle.dumps(model.diffusion_)
    with pytest.raises((ValueError, TypeError)):
        model.fit(**{"X": normal(20, 3), **arguments})
    assert vars(model).keys() == before.keys()
    assert all(vars(model)[name] is value for name, value in before.items())
    assert pickle.dumps(model.diffusion_) == fitted
    model.set_params(**twin.get_params())
    np.testing.assert_array_equal(model.score_samples(x), twin.score_samples(x))
    np.testing.assert_array_equal(model.sample(5), twin.sample(5))


@pytest.mark.parametrize("case", FAILURES)
def test_an_unfitted_estimator_stays_as_it_was(make, case):
    parameters, arguments = FAILURES[case]
    model = make(**parameters)
    before = dict(vars(model))
    with pytest.raises((ValueError, TypeError)):
        model.fit(**{"X": normal(20, 3), **arguments})
    assert vars(model) == before
    with pytest.raises(NotFittedError):
        make().sample()


@pytest.mark.parametrize("case", [case for case in FAILURES if case != "random_state"])
def test_no_number_is_drawn(make, case):
    parameters, arguments = FAILURES[case]
    state = np.random.RandomState(0)
    with pytest.raises((ValueError, TypeError)):
        make(**{"random_state": state, **parameters}).fit(**{"X": normal(20, 3), **arguments})
    assert state.randint(2**30) == np.random.RandomState(0).randint(2**30)
