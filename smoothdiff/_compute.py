"""How the library runs JAX: in float64 whatever the user's settings, and on all cores."""

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import jax

__all__ = ["float64", "map_threads"]


@contextmanager
def float64():
    """JAX settings that the library's programs are written for; they hold for this thread."""
    with (
        jax.enable_x64(True),
        jax.numpy_rank_promotion("allow"),
        jax.numpy_dtype_promotion("standard"),
    ):
        yield


def map_threads(function, items):
    """List of function(item), computed in `float64` by as many threads as there are cores.

    NumPy and XLA let go of the interpreter while they compute, and XLA's loops use one core. The
    pieces and their order are fixed, so that the result does not depend on the number of threads.
    """
    items = list(items)

    def run(item):
        with float64():
            return function(item)

    if len(items) < 2:
        return [run(item) for item in items]
    with ThreadPoolExecutor(min(len(items), os.cpu_count() or 1)) as pool:
        return list(pool.map(run, items))
