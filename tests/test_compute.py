"""One budget of workers, and pieces of work that do not depend on it."""

import os
import subprocess
import sys
import threading
import time

import jax
import joblib
import numpy as np
import pytest
from threadpoolctl import threadpool_info

from smoothdiff import _compute


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


def test_the_budget_ends_with_the_call():
    outside = _compute.n_threads()

    def fail():
        with _compute.workers(1):
            assert _compute.n_threads() == 1
            raise RuntimeError("on the way")

    with pytest.raises(RuntimeError, match="on the way"):
        fail()
    assert _compute.n_threads() == outside


def blas_threads():
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@pytest.mark.parametrize("case", ["nested", "overlapping"])
def test_blas_has_one_thread_within_calls_and_its_own_after(case):
    """In a fresh interpreter, whose BLAS has two threads whatever machine this is."""
    done = subprocess.run(
        [sys.executable, "-c", f"import test_compute; test_compute.{case}()"],
        env={**os.environ, "OPENBLAS_NUM_THREADS": "2", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def nested():
    with _compute.workers(1):
        assert blas_threads() == {1}
        with _compute.workers(2):
            assert blas_threads() == {1}
        assert blas_threads() == {1}
    assert blas_threads() == {2}


def overlapping():
    """The thread that came first goes first, and lives on when the other goes."""
    first_in, second_in, first_out, over = (threading.Event() for _ in range(4))

    def first():
        with _compute.workers(1):
            first_in.set()
            second_in.wait(5)
        first_out.set()
        over.wait(5)

    thread = threading.Thread(target=first)
    thread.start()
    first_in.wait(5)
    with _compute.workers(1):
        second_in.set()
        first_out.wait(5)
        inside = blas_threads()
    after = blas_threads()
    over.set()
    thread.join()
    assert inside == {1}
    assert after == {2}


def test_settings_hold_within_a_piece_of_work_alone(user_precision):
    """64 bits in each thread, and the user's own again after."""
    with _compute.workers(2):
        kinds = _compute.map_threads(lambda _: jax.numpy.ones(2).dtype, range(4))
    assert set(kinds) == {np.dtype(np.float64)}
    assert jax.numpy.ones(2).dtype == (np.float64 if user_precision else np.float32)
    with _compute.float32():
        assert jax.numpy.ones(2).dtype == np.float32


# ------------------------------------------------------------------ devices


@pytest.mark.skipif(joblib.cpu_count() < 2, reason="needs cores that XLA would use")
def test_loops_are_not_split_among_threads_of_xla():
    """As XLA would, which marks them in the compiled program."""

    def split(**options):
        function = jax.jit(lambda x: jax.numpy.exp(jax.numpy.sin(x)), **options)
        return "outer_dimension_partitions" in function.lower(x).compile().as_text()

    x = jax.numpy.ones((2000, 2000))
    assert split()
    assert not split(compiler_options=_compute.IN_ONE_THREAD)


def test_pieces_go_to_the_devices_in_turn():
    """In an interpreter that has eight."""
    done = subprocess.run(
        [sys.executable, "-c", "import test_compute; test_compute.deal()"],
        env={**os.environ, **EIGHT_DEVICES, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


EIGHT_DEVICES = {"JAX_PLATFORMS": "cpu", "XLA_FLAGS": "--xla_force_host_platform_device_count=8"}


def deal():
    arrays = np.arange(3.0)
    held = _compute.OnDevices(arrays)

    def piece(_):
        inner = _compute.map_threads(lambda _: held.here(), range(2))
        assert all(np.array_equal(copy, arrays) for copy in inner)
        (device,) = {copy.device for copy in inner}
        assert jax.jit(lambda x: 2 * x)(held.here()).device == device
        return device

    def devices_of(n_jobs, n_items=20):
        with _compute.workers(n_jobs):
            return _compute.map_threads(piece, range(n_items))

    eight = jax.devices()
    assert len(eight) == 8
    assert devices_of(8) == [*eight, *eight, *eight[:4]]
    assert devices_of(3, 6) == [*eight[:3], *eight[:3]]
    assert devices_of(1) == eight[:1] * 20
    assert {copy.device for copy in jax.live_arrays()} == set(eight), "a copy stays on each"
    with jax.default_device(eight[5]):
        assert devices_of(8) == eight[5:6] * 20
    with jax.default_device("cpu"):
        assert devices_of(8) == eight[:1] * 20


# ------------------------------------------------------------------ blocks of rows


def states_of(x):
    return (np.stack([x, 2 * x]),)


def doubled(x):
    return 2 * x, None


@pytest.mark.parametrize("backend", ["sequential", "threading", "loky"])
@pytest.mark.parametrize("n", [0, 1, 9, 10, 11, 35])
def test_blocks_are_joined_along_their_rows(backend, n, monkeypatch):
    """Rows are the first axis, or the second of three; None stays None."""
    monkeypatch.setattr(_compute, "ROWS_PER_TASK", 10)
    x = np.arange(3.0 * n).reshape(n, 3)
    with joblib.parallel_config(backend, n_jobs=2), _compute.workers(None):
        (states,) = _compute.map_rows(states_of, x)
        twice, nothing = _compute.map_rows(doubled, x)
    np.testing.assert_array_equal(states, [x, 2 * x])
    np.testing.assert_array_equal(twice, 2 * x)
    assert nothing is None


def process(x):
    return (np.column_stack([x, np.full(len(x), threading.get_native_id())]),)


def test_processes_are_used_where_the_user_asks_for_them(monkeypatch):
    monkeypatch.setattr(_compute, "ROWS_PER_TASK", 10)
    x = np.arange(40.0)[:, None]
    here = threading.get_native_id()
    with joblib.parallel_config("loky", n_jobs=2), _compute.workers(None):
        (elsewhere,) = _compute.map_rows(process, x)
    with _compute.workers(1):
        (alone,) = _compute.map_rows(process, x)
    assert here not in elsewhere[:, 1]
    assert set(alone[:, 1]) == {here}
    np.testing.assert_array_equal(elsewhere[:, 0], alone[:, 0])
