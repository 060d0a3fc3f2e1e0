"""How the library runs JAX: in float64 whatever the user's settings, and on all cores."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache

import jax
import joblib

__all__ = ["float32", "float64", "map_threads", "n_threads"]


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


_thread = threading.local()


@cache
def _n_cores():
    return joblib.cpu_count()


def n_threads():
    """Threads to use here: one for each core that the process may use, one within a thread."""
    return 1 if getattr(_thread, "busy", False) else _n_cores()


def map_threads(function, items):
    """List of function(item), computed in `float64` by as many threads as there are cores.

    NumPy and XLA let go of the interpreter while they compute, and XLA's loops use one core. The
    pieces and their order are fixed, so that the result does not depend on the number of threads.
    Within a thread of an outer call the items are taken one after the other.
    """
    items = list(items)

    def run(item):
        with float64():
            return function(item)

    def run_in_thread(item):
        _thread.busy = True
        return run(item)

    workers = min(len(items), n_threads())
    if workers < 2:
        return [run(item) for item in items]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(run_in_thread, items))
