"""A fitted estimator is what its parameters were at fit."""

import pickle

import numpy as np
import pytest
from given import normal

X = normal(10, 3, 1)


def everything(model):
    """Numbers from every method."""
    results = {
        "sample": model.sample(20, random_state=0),
        "density": model.score_samples(X),
        "score": model.score_function(X, 0.5 * model.t0_),
        "denoise": model.denoise(X, np.linspace(0.1, 1, 10) * model.t0_),
        "flow": model.flow(X, model.t0_, model.t_min_),
        "trajectory": model.trajectory(n_samples=3, random_state=0),
        "covariances": model.start_covariances_,
    }
    if hasattr(model, "decompose"):
        results |= model.decompose(X, 0.5 * model.t0_)._asdict()
        results |= {"parents": model.sample(20, random_state=0, return_parents=True)[1]}
    return results


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for name in found:
        np.testing.assert_array_equal(found[name], expected[name], err_msg=name)


def test_parameters_set_after_fit_change_nothing(make):
    """Every one, set to what no fit would take: not numbers, not what is pickled, no sequence."""
    model, twin = (make(random_state=0).fit(normal(40, 3)) for _ in range(2))
    expected, pickled = everything(model), pickle.dumps(model.diffusion_)
    for name in model.get_params():
        if name in ("n_jobs", "verbose"):  # each call reads them; no number depends on them
            continue
        before = getattr(model, name)
        model.set_params(**{name: "nonsense"})
        assert_same(everything(model), expected)
        assert pickle.dumps(model.diffusion_) == pickled
        model.set_params(**{name: before})
    names = model.get_params().keys() - {"n_jobs", "verbose"}
    model.set_params(**dict.fromkeys(names, "nonsense"))
    assert_same(everything(model), expected)
    assert_same(everything(pickle.loads(pickle.dumps(model))), expected)
    np.testing.assert_array_equal(model.sample(5), twin.sample(5))


@pytest.mark.parametrize(("name", "value"), [("n_jobs", 2), ("verbose", 1)])
def test_what_each_call_reads_changes_no_number(make, name, value):
    model = make(random_state=0).fit(normal(40, 3))
    expected, pickled = everything(model), pickle.dumps(model.diffusion_)
    model.set_params(**{name: value})
    assert_same(everything(model), expected)
    assert pickle.dumps(model.diffusion_) == pickled


def test_the_next_fit_reads_them(make):
    model = make(t0=0.3).fit(normal(40, 3))
    model.set_params(t0=0.2)
    assert model.t0_ == 0.3
    assert model.fit(normal(40, 3)).t0_ == 0.2


def test_the_fitted_model_is_frozen(model):
    with pytest.raises(AttributeError, match="cannot assign to field"):
        model.diffusion_.t0 = 1.0


def test_fit_leaves_the_parameters_alone(make):
    model = make()
    before = dict(model.get_params())
    model.fit(normal(40, 3)).sample(2)
    assert model.get_params() == before
