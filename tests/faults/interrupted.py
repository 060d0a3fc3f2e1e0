"""Fit, sample, score and save, interrupted at random moments: afterwards all is as before.

    python tests/faults/interrupted.py TIMES

goes on until so many of the moments fell into the work, and prints as JSON how many of them fell
into compilations.
"""

import json
import os
import random
import signal
import sys
import time

import jax
import numpy as np
from threadpoolctl import threadpool_info

from smoothdiff import SmoothedPLDiffusion, TableDiffusion, _compute, _files
from smoothdiff.persistence import load, save

X = np.random.default_rng(0).normal(size=(60, 3))
TABLE = [[float(x), "abc"[i % 3], i % 4] for i, x in enumerate(X[:, 0])]


def work():
    """Numbers of a model and of a table's, through a file."""
    model = SmoothedPLDiffusion(random_state=0).fit(X)
    made = model.sample(50, random_state=1)
    density = model.score_samples(made)
    save(model, "model.sdf")
    again = load("model.sdf").sample(50, random_state=1)
    table = TableDiffusion(random_state=0).fit(TABLE).sample(20, random_state=1)
    return made, density, again, np.asarray(table, dtype=object)


def check(expected):
    """Settings, threads of BLAS, files and numbers."""
    assert not jax.config.jax_enable_x64
    assert _compute._blas_in_one_thread._entered == 0, "BLAS stays in one thread"
    assert getattr(_compute._thread, "budget", None) is None
    assert not _files.unfinished
    assert os.listdir(".") == ["model.sdf"], os.listdir(".")
    load("model.sdf")
    for found, wanted in zip(work(), expected, strict=True):
        np.testing.assert_array_equal(found, wanted)
    assert [lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"] == THREADS


def interrupted(after):
    """Whether an interrupt after so many seconds falls into the work."""
    try:
        signal.setitimer(signal.ITIMER_REAL, after)
        work()
    except KeyboardInterrupt:
        return True
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return False


def main(times):
    """Every fourth moment is in work that is compiled anew."""
    expected, moments, hits, seconds = work(), random.Random(0), [0, 0], {}
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    for anew in (True, False):
        if anew:
            jax.clear_caches()
        began = time.perf_counter()
        work()
        seconds[anew] = time.perf_counter() - began
    while sum(hits) < times:
        anew = moments.random() < 0.25
        if anew:
            jax.clear_caches()
        hits[anew] += interrupted(moments.uniform(0, seconds[anew]))
        check(expected)
    print(json.dumps({"interrupted": times, "compiling": hits[True]}))


THREADS = [lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"]

if __name__ == "__main__":
    main(int(sys.argv[1]))
