"""The same numbers whatever the workers, backends, devices, blocks and threads that ask at once."""

import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import joblib
import numpy as np
import pytest
from given import normal

from smoothdiff import _compute, mixture
from smoothdiff.mixed_cell import _solve
from smoothdiff.neighbors import _scan

X, MORE = normal(40, 3), normal(150, 3, 1)


def everything(model):
    """Numbers from every method, over some hundred rows."""
    results = {
        "sample": model.sample(150, random_state=0),
        "density": model.score_samples(MORE),
        "score": model.score_function(MORE, np.linspace(0.01, 1, 150) * model.t0_),
        "flow": model.flow(MORE, model.t0_, model.t_min_),
        "trajectory": model.trajectory(MORE, times=[model.t0_, model.t_min_]),
        "drawn trajectory": model.trajectory(n_samples=150, random_state=0, times=[model.t_min_]),
    }
    if hasattr(model, "decompose"):
        parts = model.decompose(MORE, 0.5 * model.t0_)
        _, parents, weights = model.sample(150, random_state=0, return_parents=True)
        results |= {f"decompose {name}": part for name, part in parts._asdict().items()}
        results |= {"parents": parents, "weights": weights}
    return results


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for name in found:
        np.testing.assert_array_equal(found[name], expected[name], err_msg=name)


@pytest.fixture(autouse=True)
def _many_blocks(monkeypatch):
    monkeypatch.setattr(_compute, "ROWS_PER_TASK", 32)


@pytest.fixture(scope="module", params=["default", "sde"])
def alone(request, make):
    """A model whose solver is as given, fitted by one worker, and its numbers.

    None of the methods but `sample` and `trajectory` has a density to compare with "sde".
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_compute, "ROWS_PER_TASK", 32)
        if request.param == "default":
            model = make(n_jobs=1).fit(X)
            return model, lambda: make().fit(X), everything(model)
        model = make(n_jobs=1, solver="sde", n_steps=3).fit(X)
        return model, lambda: make(solver="sde", n_steps=3).fit(X), draws(model)


def draws(model):
    return {"sample": model.sample(150, random_state=0)}


def numbers(model, expected):
    return everything(model) if len(expected) > 1 else draws(model)


@pytest.mark.parametrize("n_jobs", [3, -1, None])
def test_workers(alone, n_jobs):
    _, fitted, expected = alone
    assert_same(numbers(fitted().set_params(n_jobs=n_jobs), expected), expected)


@pytest.mark.parametrize(
    ("backend", "n_jobs"), [("sequential", -1), ("threading", 1), ("threading", 2), ("loky", -1)]
)
def test_backends(alone, backend, n_jobs):
    """Fitted and asked under each of them; loky hands the blocks to other processes."""
    model, fitted, expected = alone
    with joblib.parallel_config(backend, n_jobs=n_jobs):
        assert_same(numbers(fitted(), expected), expected)
        if backend == "loky":
            assert_same(numbers(model, expected), expected)


def whole(model, seed):
    """One run, for a worker of another kind."""
    model.fit(X)
    return model.sample(20, random_state=seed), model.score_samples(MORE[:20])


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_models_within_workers(make, backend):
    """Each worker fits and asks one of its own."""
    expected = [whole(make(n_steps=3), seed) for seed in range(4)]
    with joblib.parallel_config(backend, n_jobs=2):
        found = joblib.Parallel()(joblib.delayed(whole)(make(n_steps=3), s) for s in range(4))
    for ours, theirs in zip(found, expected, strict=True):
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(a, b)


def test_eight_threads_ask_a_fresh_estimator_at_once(make):
    """What is derived on first use is computed once, and nothing is mixed up."""

    def ask(model, i):
        t = (0.1 + 0.1 * i) * model.t0_
        return (
            model.sample(40, random_state=i),
            model.score_samples(MORE[i : i + 40]),
            model.denoise(MORE[:40], t),
            model.flow(MORE[:40], model.t0_, t),
        )

    serial = make().fit(X)
    expected = [ask(serial, i) for i in range(8)]
    fresh, gate = make().fit(X), Barrier(8)

    def ask_at_once(i):
        gate.wait()
        return ask(fresh, i)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask_at_once, range(8)))
    for ours, theirs in zip(found, expected, strict=True):
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    "rows", [pytest.param(1, marks=pytest.mark.slow), pytest.param(7, marks=pytest.mark.slow), 64]
)
def test_blocks(make, rows, monkeypatch):
    """Samples and their parents are the same; fields and densities to rounding, 1e-11."""
    model = make(n_steps=3).fit(X)
    monkeypatch.setattr(_compute, "ROWS_PER_TASK", 1000)
    expected = everything(model)
    monkeypatch.setattr(_compute, "ROWS_PER_TASK", rows)
    found = everything(model)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-11, atol=1e-11, err_msg=name)
    for name in found.keys() & {"sample", "parents", "weights", "decompose parents"}:
        np.testing.assert_array_equal(found[name], expected[name], err_msg=name)


def test_rows_do_not_depend_on_each_other(model):
    alone = np.concatenate([model.score_samples(row[None]) for row in MORE[:12]])
    np.testing.assert_allclose(alone, model.score_samples(MORE[:12]), rtol=1e-12)


ON_DEVICES = """
import hashlib, pathlib, pickle, jax, numpy as np
from smoothdiff.mixed_cell import _solve
from smoothdiff.mixture import _sums
from smoothdiff.neighbors import _scan
# Pieces so small that there are some for every device.
_sums.QUERIES_PER_CALL, _solve.BLOCK, _scan.CALL = (32, 32), 128, 256
X = np.random.default_rng(0).normal(size=(300, 4))
points = np.random.default_rng(1).random((3000, 6))
results = [*_scan.ScanNeighbors(points).query(points, 5)]
for model in pickle.loads(pathlib.Path({models!r}).read_bytes()):
    model.set_params(n_jobs=8).fit(X)
    results += model.sample(50, random_state=0), model.score_samples(X)
    results += [model.denoise(X, model.t_min_)]
digest = hashlib.sha256(b"".join(result.tobytes() for result in results)).hexdigest()
used = len({{array.device for array in jax.live_arrays()}})
"""


@pytest.mark.slow  # another interpreter, in which each device compiles, for every estimator
def test_devices(makers, tmp_path, monkeypatch):
    """All estimators, and a scan, in an interpreter that has eight devices, and uses them."""
    monkeypatch.undo()  # the blocks of the other interpreter are whole
    for module, name in [(mixture, "QUERIES_PER_CALL"), (_solve, "BLOCK"), (_scan, "CALL")]:
        monkeypatch.setattr(module, name, getattr(module, name))  # to be set in there
    path = tmp_path / "models.pickle"
    path.write_bytes(pickle.dumps([make() for make in makers]))
    code, here = ON_DEVICES.format(models=str(path)), {}
    exec(code, here)
    flags = {"JAX_PLATFORMS": "cpu", "XLA_FLAGS": "--xla_force_host_platform_device_count=8"}
    done = subprocess.run(
        [sys.executable, "-c", code + "print(used, digest)"],
        env={**os.environ, **flags, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert here["used"] == 1
    assert done.stdout.split() == ["8", here["digest"]]
