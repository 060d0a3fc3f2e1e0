"""How the library computes: JAX in float64 whatever the user's settings, one budget of workers.

The budget is taken from ``n_jobs`` where a public method begins (`workers`). It is the number of
threads for pieces of rows (`map_threads`), of the k-d tree and of scikit-learn's scans
(`openmp_threads`), and it is one inside a worker of any kind: a thread of ours, of joblib, a
process, a task of dask. BLAS has one thread throughout, since its sums depend on how many it has:
pieces of fixed size are what runs side by side, so that no number depends on the count of cores.
XLA, which would split the loops of a program among threads of its own, leaves them whole
(`IN_ONE_THREAD`): to wake these takes longer than most of our loops.

Where JAX has several devices, the pieces are dealt to them in turn, and each runs there whole: the
same program on the same numbers, so that these do not depend on how many devices there are.
"""

import os
import sys
import threading
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from itertools import cycle

import jax
import joblib
import numpy as np
from joblib.parallel import get_active_backend
from threadpoolctl import ThreadpoolController

from ._memory import check_address_space, is_exhausted

__all__ = [
    "IN_ONE_THREAD",
    "OnDevices",
    "float32",
    "float64",
    "map_rows",
    "map_threads",
    "n_threads",
    "openmp_threads",
    "slices",
    "workers",
]

# How programs for pieces of rows are compiled.
IN_ONE_THREAD = {"xla_disable_hlo_passes": "cpu-parallel-task-assigner"}
# Rows of one task: fixed, so that numbers do not depend on the number of workers.
ROWS_PER_TASK = 65536
# Rows of a task that is not made smaller, however little memory there is.
LEAST_ROWS = 1024
# Products of coordinates from which scikit-learn's search for neighbors pays for more threads.
OPENMP_FROM = 1 << 24
# How often work is sent to a cluster that loses it.
DASK_ATTEMPTS = 3


@contextmanager
def float64():
    """JAX settings that the library's programs are written for; they hold for this thread."""
    with _settings(x64=True):
        yield


@contextmanager
def float32():
    """The same with 32 bits, for the training of networks."""
    with _settings(x64=False):
        yield


@contextmanager
def _settings(x64):
    with (
        jax.enable_x64(x64),
        jax.numpy_rank_promotion("allow"),
        jax.numpy_dtype_promotion("standard"),
        jax.threefry_partitionable(True),
    ):
        yield


# ------------------------------------------------------------------ the budget

_thread = threading.local()


@contextmanager
def workers(n_jobs):
    """Run a public method with the workers that ``n_jobs`` allows.

    None is what `joblib.parallel_config` says, or else all cores; 1 is one core; negative numbers
    count from all of them, as in joblib. Within another call's budget it changes nothing.
    """
    before = getattr(_thread, "n_jobs", None), getattr(_thread, "budget", None)
    if before[1] is None:
        check_address_space()
        _thread.n_jobs, _thread.budget = n_jobs, _budget(n_jobs)
    try:
        with _blas_in_one_thread:
            yield
    finally:
        _thread.n_jobs, _thread.budget = before


def _budget(n_jobs):
    backend, configured = get_active_backend()
    if backend.nesting_level or _in_dask_task():
        return 1
    n_jobs = configured if n_jobs is None else n_jobs
    if n_jobs is None:
        return _n_cores()
    return max(_n_cores() + 1 + n_jobs, 1) if n_jobs < 0 else n_jobs


@cache
def _n_cores():
    """Asked for once: the answer takes as long as the sum over a small cloud."""
    return joblib.cpu_count()


def _in_dask_task():
    worker = sys.modules.get("distributed.worker")
    return worker is not None and hasattr(worker.thread_state, "execution_state")


def n_threads():
    """Threads to use here: the budget of the call, and outside of any what None allows."""
    return getattr(_thread, "budget", None) or _budget(None)


class _BlasInOneThread:
    """A context for BLAS in one thread, that threads may enter and leave in any order.

    OpenBLAS takes back a limit only from the thread that set it: one thread, kept for that, does
    both.
    """

    def __init__(self):
        self.reset()

    def reset(self):
        """Begin anew, with nobody inside."""
        self._lock, self._entered, self._limit = threading.Lock(), 0, ExitStack()
        self._keeper = ThreadPoolExecutor(1)

    def _set(self):
        self._limit.enter_context(_blas().limit(limits=1, user_api="blas"))

    def __enter__(self):
        with self._lock:
            if self._entered == 0:
                self._keeper.submit(self._set).result()
            self._entered += 1

    def __exit__(self, *_):
        with self._lock:
            self._entered -= 1
            if self._entered == 0:
                self._keeper.submit(self._limit.close).result()


@cache
def _blas():
    return ThreadpoolController()


_blas_in_one_thread = _BlasInOneThread()
if hasattr(os, "register_at_fork"):  # a forked process has neither the thread nor its callers
    os.register_at_fork(after_in_child=_blas_in_one_thread.reset)


def openmp_threads(work):
    """A context for what this thread asks of scikit-learn, by how many products that takes.

    Idle threads of OpenMP wait in a loop: more of them than free cores slow a short call tenfold.
    """
    return _openmp().limit(limits=n_threads() if work > OPENMP_FROM else 1)


@cache
def _openmp():
    # Not _blas(): that is made where a call begins, when scikit-learn's OpenMP may not be loaded.
    return ThreadpoolController().select(user_api="openmp")


# ------------------------------------------------------------------ devices


def _chosen():
    """The device or platform that the user, or a thread of ours, chose; else None."""
    return jax.config.jax_default_device  # type: ignore[attr-defined]


def _devices():
    """Where pieces may run: where JAX would, and its other devices unless one was chosen."""
    return [_chosen()] if _chosen() is not None else [None, *jax.local_devices()[1:]]


class OnDevices:
    """Arrays, in a pytree, that each device is sent once.

    ``arrays`` are those of the host, in NumPy.
    """

    def __init__(self, arrays):
        self.arrays = arrays
        self._copies, self._lock = {}, threading.Lock()

    def here(self):
        """The copy on the device of this thread; to be asked for in `float64`."""
        device = _chosen()
        if not isinstance(device, jax.Device):
            device = jax.local_devices(backend=device)[0]
        with self._lock:
            if device not in self._copies:
                # On the device, and not bound to it: bound ones would need programs of their own.
                self._copies[device] = jax.device_put(self.arrays)
                if device.platform == "cpu":  # NumPy can look into that: one copy is enough
                    self.arrays = jax.device_get(self._copies[device])
            return self._copies[device]


# ------------------------------------------------------------------ pieces of work


def slices(n, size):
    """Consecutive slices of ``size`` rows."""
    return [slice(start, start + size) for start in range(0, n, size)]


def map_threads(function, items):
    """List of function(item), computed in `float64` by as many threads as the budget allows.

    NumPy and XLA let go of the interpreter while they compute, and XLA's loops use one core. The
    pieces and their order are fixed, so that the result does not depend on the number of threads.
    They go to JAX's devices in turn, to no more of them than there are threads; each device
    compiles for itself. Within a thread of an outer call the items are taken one after the other,
    on its device.
    """
    items = list(items)

    def run(item):
        with float64():
            return function(item)

    def run_in_thread(item, device):
        _thread.budget = 1
        with jax.default_device(device):
            return run(item)

    threads = min(len(items), n_threads())
    if threads < 2:
        return [run(item) for item in items]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run_in_thread, items, cycle(_devices()[:threads])))


def map_rows(function, *arrays, done=None):
    """Apply a function to blocks of rows of the arrays, and join what it returns.

    The function returns a tuple of arrays, or of None; rows are their first axis, or the second
    of three. Blocks are handed out through joblib where the user has set a backend of other
    processes, to the workers of a dask cluster where that is the backend, and else are taken in
    turn: threads then share the work within each. ``done(k)`` is called as k more rows are there.
    A block that does not fit into memory is halved.
    """
    n, function = len(arrays[0]), partial(_by_halves, function)
    blocks = [
        [array[start : start + ROWS_PER_TASK] for array in arrays]
        for start in range(0, max(n, 1), ROWS_PER_TASK)
    ]
    backend, _ = get_active_backend(prefer="threads")
    if len(blocks) == 1 or getattr(backend, "supports_sharedmem", False) or n_threads() == 1:
        parts = []
        for block in blocks:
            parts.append(function(*block))
            if done is not None:
                done(len(block[0]))
    elif hasattr(backend, "client"):
        parts = _map_dask(backend.client, function, blocks)
    else:
        n_jobs = getattr(_thread, "n_jobs", None)
        parts = joblib.Parallel(n_jobs)(joblib.delayed(function)(*block) for block in blocks)
    return _joined(parts)


def _joined(parts):
    if len(parts) == 1:
        return parts[0]
    return tuple(
        None if part[0] is None else np.concatenate(part, axis=int(part[0].ndim == 3))
        for part in zip(*parts, strict=True)
    )


def _by_halves(function, *block):
    """Function of a block, or of its halves where memory does not last for it."""
    try:
        return function(*block)
    except Exception as error:
        if not is_exhausted(error) or len(block[0]) <= LEAST_ROWS:
            raise
    half = len(block[0]) // 2
    halves = [array[:half] for array in block], [array[half:] for array in block]
    return _joined([_by_halves(function, *half) for half in halves])


def _map_dask(client, function, blocks):
    """Function of each block by the workers of a cluster, in order.

    Every worker gets the function once. A block is part of its task, so that both are there for
    another worker when one is lost: what joblib's own backend sends ahead would be gone. If the
    function itself is lost, with a worker that ends before the cluster knows of another copy, the
    tasks are cancelled, and all is sent once more.
    """
    import dask

    for attempt in range(1, DASK_ATTEMPTS + 1):
        sent = client.scatter(function, broadcast=True, hash=False)
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TB"}):
            tasks = [client.submit(_run, sent, *block, pure=False) for block in blocks]
        try:
            return client.gather(tasks)
        except CancelledError:
            if attempt == DASK_ATTEMPTS:
                raise


def _run(function, *block):
    with _blas_in_one_thread:
        return function(*block)
