"""Copies of a fitted estimator: pickle, deepcopy, joblib, skops, clone."""

import copy
import pickle

import joblib
import numpy as np
import pytest
from given import normal
from sklearn.base import clone

X, MORE = normal(40, 3), normal(20, 3, 1)


def everything(model):
    return {
        "sample": model.sample(20, random_state=0),
        "density": model.score_samples(MORE),
        "score": model.score_function(MORE, 0.5 * model.t0_),
        "flow": model.flow(MORE, model.t0_, model.t_min_),
        "trajectory": model.trajectory(n_samples=5, random_state=0),
        "covariances": model.start_covariances_,
        **(model.decompose(MORE, model.t0_)._asdict() if hasattr(model, "decompose") else {}),
    }


def assert_same(found, expected):
    for name in expected:
        np.testing.assert_array_equal(found[name], expected[name], err_msg=name)


def through_joblib(model, tmp_path):
    joblib.dump(model, tmp_path / "model.joblib")
    return joblib.load(tmp_path / "model.joblib")


def through_skops(model, tmp_path):
    skops = pytest.importorskip("skops.io")
    skops.dump(model, tmp_path / "model.skops")
    unknown = skops.get_untrusted_types(file=tmp_path / "model.skops")
    ours = ("smoothdiff.", "numpy.", "given.gaussian_score")
    assert all(name.startswith(ours) for name in unknown)
    return skops.load(tmp_path / "model.skops", trusted=unknown)


COPIES = {
    "pickle": lambda model, _: pickle.loads(pickle.dumps(model)),
    "oldest pickle": lambda model, _: pickle.loads(pickle.dumps(model, protocol=2)),
    "deepcopy": lambda model, _: copy.deepcopy(model),
    "joblib": through_joblib,
    "skops": through_skops,
}


@pytest.mark.parametrize(
    ("way", "used"),
    [(way, False) for way in COPIES] + [("pickle", True), ("skops", True)],
)
def test_copies_give_the_same_numbers(make, way, used, tmp_path):
    model = make(random_state=5).fit(X, sample_weight=np.arange(40))
    if used:
        everything(model)
        model.sample(3)
    twin = COPIES[way](model, tmp_path)
    assert twin.get_params() == model.get_params()
    assert_same(everything(twin), everything(model))
    for _ in range(2):
        np.testing.assert_array_equal(twin.sample(4), model.sample(4))


def test_a_copy_and_its_original_go_separate_ways(make):
    model = make(random_state=5).fit(X)
    twin = copy.deepcopy(model)
    model.sample(3)
    np.testing.assert_array_equal(twin.sample(4), make(random_state=5).fit(X).sample(4))
    log_p = twin.score_samples(X)
    model.fit(10 * X)
    np.testing.assert_array_equal(twin.score_samples(X), log_p)


@pytest.mark.parametrize("way", ["pickle", "skops"])
def test_files_do_not_grow_with_use(make, way, tmp_path):
    """What is derived from the fitted attributes is left out, and made again on first use."""

    def size(model):
        if way == "pickle":
            return len(pickle.dumps(model))
        through_skops(model, tmp_path)
        return (tmp_path / "model.skops").stat().st_size

    model = make(random_state=0).fit(X)
    before = size(model)
    for _ in range(2):
        everything(model)
        assert abs(size(model) - before) <= 64  # the state of its generator is a few digits


def test_clones_are_unfitted_and_alike(make):
    model = make(random_state=5, t_min=0.001, n_jobs=2).fit(X)
    twin = clone(model)
    assert twin.get_params() == model.get_params()
    assert not [name for name in vars(twin) if name.endswith("_")]
    np.testing.assert_array_equal(twin.fit(X).sample(4), model.fit(X).sample(4))
