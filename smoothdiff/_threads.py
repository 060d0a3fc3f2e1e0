"""Independent pieces of one computation, side by side.

NumPy and XLA let go of the interpreter while they compute, and XLA's loops use one core. The
pieces and their order are fixed, so that the result does not depend on the number of threads.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import jax

__all__ = ["map_threads"]


def map_threads(function, items):
    """List of function(item), computed by as many threads as there are cores, in float64."""
    items = list(items)

    def run(item):
        with jax.enable_x64(True):  # holds for the thread that enters it
            return function(item)

    if len(items) < 2:
        return [run(item) for item in items]
    with ThreadPoolExecutor(min(len(items), os.cpu_count() or 1)) as pool:
        return list(pool.map(run, items))
