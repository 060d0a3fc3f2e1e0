"""Which numbers come out: seeds, sequences, workers, batches, and copies of a model."""

import copy
import os
import pickle
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from threadpoolctl import threadpool_info

from smoothdiff import EmpiricalScoreDiffusion, LocalAverageDiffusion, SmoothedPLDiffusion, _compute
from smoothdiff._derived import Derived, derived

ESTIMATORS = [EmpiricalScoreDiffusion, SmoothedPLDiffusion, LocalAverageDiffusion]
EXACT = ESTIMATORS[:2]

pytestmark = pytest.mark.usefixtures("few_steps")


def normal(n, d, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d))


X = normal(40, 3)


@pytest.fixture(name="Estimator", params=ESTIMATORS)
def estimator_class(request):
    return request.param


def sequence(model, n=3):
    return np.stack([model.sample(4) for _ in range(n)])


def differ(*arrays):
    """All pairwise different, in every entry."""
    return all(np.all(a != b) for i, a in enumerate(arrays) for b in arrays[i + 1 :])


def test_a_seed_gives_a_sequence_that_a_new_fit_repeats(Estimator):
    model = Estimator(random_state=3)
    first = sequence(model.fit(X))
    assert differ(*first)
    np.testing.assert_array_equal(sequence(model.fit(X)), first)
    np.testing.assert_array_equal(sequence(Estimator(random_state=3).fit(X)), first)
    assert differ(first, sequence(Estimator(random_state=4).fit(X)))


def test_other_methods_do_not_advance_the_sequence(Estimator):
    model = Estimator(random_state=3).fit(X)
    expected = sequence(model)
    model.fit(X)
    model.score_samples(X)
    model.flow(X, model.t0_, model.t_min_)
    model.trajectory(X, times=[model.t0_])
    np.testing.assert_array_equal(sequence(model), expected)


def test_a_given_seed_overrides_and_leaves_the_sequence_alone(Estimator):
    model = Estimator(random_state=3).fit(X)
    expected = sequence(model)
    model.fit(X)
    given = [model.sample(4, random_state=8) for _ in range(2)]
    path = [model.trajectory(n_samples=2, random_state=8, times=[model.t0_]) for _ in range(2)]
    np.testing.assert_array_equal(given[0], given[1])
    np.testing.assert_array_equal(path[0], path[1])
    np.testing.assert_array_equal(sequence(model), expected)
    np.testing.assert_array_equal(given[0], Estimator().fit(X).sample(4, random_state=8))
    assert differ(given[0], expected[0])


@pytest.mark.parametrize("seed", [0, np.int64(0), np.uint8(0)])
def test_integers_of_any_type(Estimator, seed):
    expected = Estimator(random_state=0).fit(X).sample(4)
    np.testing.assert_array_equal(Estimator(random_state=seed).fit(X).sample(4), expected)
    np.testing.assert_array_equal(Estimator().fit(X).sample(4, random_state=seed), expected)


@pytest.mark.parametrize("make", [np.random.RandomState, np.random.default_rng])
def test_generators_are_consumed(Estimator, make):
    """The same state gives the same numbers, and it moves on with each use."""
    first, second = (sequence(Estimator(random_state=make(0)).fit(X)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert differ(*first)
    model = Estimator(random_state=make(0))
    np.testing.assert_array_equal(sequence(model.fit(X)), first)
    assert differ(first, sequence(model.fit(X)))
    generator = make(0)
    given = [model.sample(4, random_state=generator) for _ in range(2)]
    assert differ(*given)
    np.testing.assert_array_equal(given[0], model.sample(4, random_state=make(0)))


def test_no_seed_gives_new_numbers_each_time(Estimator):
    assert differ(*sequence(Estimator().fit(X)), *sequence(Estimator().fit(X)))


def test_numpy_seed_is_neither_read_nor_moved(Estimator):
    state = np.random.get_state()
    try:
        np.random.seed(0)
        first = Estimator().fit(X).sample(4)
        np.random.seed(0)
        second = Estimator().fit(X).sample(4)
        expected = np.random.RandomState(0).random_sample()
        assert np.random.random_sample() == expected
    finally:
        np.random.set_state(state)
    assert differ(first, second)


def test_density_does_not_depend_on_the_seed(Estimator):
    a, b = (Estimator(random_state=seed).fit(X).score_samples(X) for seed in (0, 1))
    np.testing.assert_array_equal(a, b)


def parents(model):
    _, parents, weights = model.sample(150, random_state=0, return_parents=True)
    return {"parents": parents, "weights": weights}


def everything(model):
    """Numbers from every method, over some hundred rows."""
    x = normal(150, 3, 1)
    results = {
        "sample": model.sample(150, random_state=0),
        **(parents(model) if type(model) in EXACT else {}),
        "density": model.score_samples(x),
        "score": model.score_function(x, np.linspace(0.01, 1, 150) * model.t0_),
        "trajectory": model.trajectory(x, times=[model.t0_, model.t_min_]),
        "drawn trajectory": model.trajectory(n_samples=150, random_state=0, times=[model.t_min_]),
    }
    if hasattr(model, "decompose"):
        parts = model.decompose(x, 0.5 * model.t0_)
        results |= {f"decompose {name}": part for name, part in parts._asdict().items()}
    return results


def assert_same(a, b):
    assert a.keys() == b.keys()
    for name in a:
        np.testing.assert_array_equal(a[name], b[name], err_msg=name)


@pytest.mark.parametrize("n_jobs", [1, 2, 3])
def test_workers_do_not_change_the_numbers(Estimator, n_jobs, monkeypatch):
    monkeypatch.setattr(_compute, "ROWS_PER_TASK", 32)
    alone = everything(Estimator(n_steps=5).fit(X))
    assert_same(everything(Estimator(n_steps=5, n_jobs=n_jobs).fit(X)), alone)


@pytest.mark.parametrize("backend", ["threading", "sequential"])
def test_backends_do_not_change_the_numbers(Estimator, backend, monkeypatch):
    monkeypatch.setattr(_compute, "ROWS_PER_TASK", 32)
    alone = everything(Estimator(n_steps=5).fit(X))
    with joblib.parallel_config(backend, n_jobs=2):
        assert_same(everything(Estimator(n_steps=5).fit(X)), alone)


def test_processes_do_not_change_the_numbers(monkeypatch):
    monkeypatch.setattr(_compute, "ROWS_PER_TASK", 100)
    for Estimator in ESTIMATORS:
        model = Estimator(n_steps=2).fit(X)
        alone = everything(model)
        with joblib.parallel_config("loky", n_jobs=2):
            assert_same(everything(model), alone)


ON_DEVICES = """
import hashlib, jax, numpy as np
from smoothdiff import EmpiricalScoreDiffusion, LocalAverageDiffusion, SmoothedPLDiffusion
X = np.random.default_rng(0).normal(size=(300, 4))
digest = hashlib.sha256()
for model in (EmpiricalScoreDiffusion(), SmoothedPLDiffusion()):
    model.fit(X)
    digest.update(model.sample(50, random_state=0).tobytes())
    digest.update(model.score_samples(X).tobytes())
    digest.update(model.denoise(X, model.t_min_).tobytes())
result = jax.device_count(), digest.hexdigest()
"""


def test_devices_do_not_change_the_numbers():
    here = {}
    exec(ON_DEVICES, here)
    flags = {"JAX_PLATFORMS": "cpu", "XLA_FLAGS": "--xla_force_host_platform_device_count=3"}
    done = subprocess.run(
        [sys.executable, "-c", ON_DEVICES + "print(*result)"],
        env={**os.environ, **flags},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["3", here["result"][1]]


def working_threads(n_jobs, n_items=6):
    """Threads that took a piece of work, where each takes long enough for all to have one."""
    seen = set()

    def piece(_):
        seen.add(threading.get_ident())
        time.sleep(0.05)

    with _compute.workers(n_jobs):
        _compute.map_threads(piece, range(n_items))
    return len(seen)


@pytest.mark.parametrize("n_jobs", [1, 2, 3])
def test_n_jobs_is_the_number_of_threads(n_jobs):
    assert working_threads(n_jobs) == n_jobs


def test_no_n_jobs_is_what_joblib_says_or_all_cores():
    assert working_threads(None) == min(joblib.cpu_count(), 6)
    assert working_threads(-1) == min(joblib.cpu_count(), 6)
    with joblib.parallel_config("threading", n_jobs=3):
        assert working_threads(None) == 3


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_within_a_worker_there_is_one(backend):
    with joblib.parallel_config(backend, n_jobs=2):
        found = joblib.Parallel()(joblib.delayed(budget)(n_jobs) for n_jobs in (None, 1, 4))
    assert found == [(1, 1)] * 3


def budget(n_jobs):
    """The budget of a call, and that of a call within its threads."""
    with _compute.workers(n_jobs):
        outer = _compute.n_threads()
        with _compute.workers(8):
            return outer, _compute.n_threads()


def test_blas_has_one_thread_within_a_call_and_its_own_after():
    def threads():
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    before = threads()
    with ThreadPoolExecutor(4) as pool:

        def call(i):
            with _compute.workers(1):
                time.sleep(0.01 * (i % 3))
                return threads()

        inside = list(pool.map(call, range(12)))
    assert all(found == {1} for found in inside)
    assert threads() == before


def test_what_is_derived_is_computed_once():
    """Eight threads ask at the same moment for what takes a while."""
    computed, gate = [], threading.Barrier(8)

    class Slow(Derived):
        @derived
        def value(self):
            computed.append(threading.get_ident())
            time.sleep(0.05)
            return object()

    slow = Slow()

    def ask(_):
        gate.wait()
        return slow.value

    with ThreadPoolExecutor(8) as pool:
        values = list(pool.map(ask, range(8)))
    assert len(computed) == 1
    assert len({id(value) for value in values}) == 1
    assert slow.__getstate__() == {}


@pytest.mark.parametrize("rows", [1, 7, 64])
def test_batches_do_not_change_the_numbers(Estimator, rows, monkeypatch):
    """Samples and their parents are the same; fields and densities to rounding, 1e-11."""
    whole = everything(Estimator(n_steps=5).fit(X))
    monkeypatch.setattr(_compute, "ROWS_PER_TASK", rows)
    split = everything(Estimator(n_steps=5).fit(X))
    for name, values in whole.items():
        np.testing.assert_allclose(split[name], values, rtol=1e-11, atol=1e-11, err_msg=name)
    for name in whole.keys() & {"sample", "parents", "weights", "decompose parents"}:
        np.testing.assert_array_equal(split[name], whole[name], err_msg=name)


def test_rows_do_not_depend_on_each_other(Estimator):
    model, x = Estimator().fit(X), normal(100, 3, 1)
    alone = np.concatenate([model.score_samples(row[None]) for row in x])
    np.testing.assert_allclose(alone, model.score_samples(x), rtol=1e-12)


# ------------------------------------------------------------------ copies


def through_joblib(model, tmp_path):
    joblib.dump(model, tmp_path / "model.joblib")
    return joblib.load(tmp_path / "model.joblib")


def through_skops(model, tmp_path):
    skops = pytest.importorskip("skops.io")
    skops.dump(model, tmp_path / "model.skops")
    unknown = skops.get_untrusted_types(file=tmp_path / "model.skops")
    assert all(name.startswith(("smoothdiff.", "numpy.")) for name in unknown)
    return skops.load(tmp_path / "model.skops", trusted=unknown)


COPIES = {
    "pickle": lambda model, _: pickle.loads(pickle.dumps(model)),
    "oldest pickle": lambda model, _: pickle.loads(pickle.dumps(model, protocol=2)),
    "deepcopy": lambda model, _: copy.deepcopy(model),
    "joblib": through_joblib,
    "skops": through_skops,
}


@pytest.mark.parametrize("used", [False, True], ids=["fresh", "used"])
@pytest.mark.parametrize("way", COPIES)
def test_copies_give_the_same_numbers(Estimator, way, used, tmp_path):
    model = Estimator(random_state=5, n_steps=5).fit(X, sample_weight=np.arange(40))
    if used:
        everything(model)
        model.sample(3)
    twin = COPIES[way](model, tmp_path)
    assert twin.get_params() == model.get_params()
    assert_same(everything(twin), everything(model))
    np.testing.assert_array_equal(sequence(twin), sequence(model))


def test_a_copy_and_its_original_go_separate_ways(Estimator):
    model = Estimator(random_state=5).fit(X)
    twin = copy.deepcopy(model)
    model.sample(3)
    expected = Estimator(random_state=5).fit(X).sample(4)
    np.testing.assert_array_equal(twin.sample(4), expected)
    log_p = twin.score_samples(X)
    model.fit(10 * X)
    np.testing.assert_array_equal(twin.score_samples(X), log_p)


def test_pickles_hold_no_derived_arrays(Estimator):
    """What is derived from the fitted attributes is left out, and made again on first use."""
    model = Estimator().fit(X)
    before = len(pickle.dumps(model))
    everything(model)
    assert len(pickle.dumps(model)) <= 1.02 * before


def test_clones_are_unfitted_and_alike(Estimator):
    model = Estimator(random_state=5, t_min=0.001, n_jobs=2).fit(X)
    twin = clone(model)
    assert twin.get_params() == model.get_params()
    assert not hasattr(twin, "mean_")
    np.testing.assert_array_equal(sequence(twin.fit(X)), sequence(model.fit(X)))
