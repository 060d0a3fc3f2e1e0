"""Where memory does not last: smaller blocks, then a sentence that says what to do."""

import ctypes
import re
import subprocess
import sys
import textwrap

import jax
import numpy as np
import pytest
from given import normal

from smoothdiff import EmpiricalScoreDiffusion, SmoothedPLDiffusion, TableDiffusion, _memory
from smoothdiff._compute import LEAST_ROWS, map_rows
from smoothdiff._memory import freed_at_once
from smoothdiff.model import Diffusion
from smoothdiff.tables import _groups


def exhausted(kind):
    if kind == "numpy":
        return MemoryError("Unable to allocate 1.00 TiB for an array.")
    if kind == "threads":
        return RuntimeError("can't start new thread")
    return jax.errors.JaxRuntimeError(
        "RESOURCE_EXHAUSTED: Out of memory allocating 99 bytes.\nmore"
    )


def square_of_few(x, most, error, seen):
    seen.append(len(x))
    if len(x) > most:
        raise error
    return x**2, None, np.stack([x, -x])[..., None]


@pytest.mark.parametrize("kind", ["numpy", "jax", "threads"])
def test_a_block_that_does_not_fit_is_halved(kind):
    x, seen = np.arange(5000.0), []
    squares, nothing, pairs = map_rows(
        lambda part: square_of_few(part, 1500, exhausted(kind), seen), x
    )
    np.testing.assert_array_equal(squares, x**2)
    np.testing.assert_array_equal(pairs[..., 0], [x, -x])
    assert nothing is None
    assert seen == [5000, 2500, 1250, 1250, 2500, 1250, 1250]


def test_few_rows_that_do_not_fit_are_an_error():
    seen = []
    with pytest.raises(MemoryError, match=r"1\.00 TiB"):
        map_rows(lambda x: square_of_few(x, 0, exhausted("numpy"), seen), np.arange(5000.0))
    assert min(seen) <= LEAST_ROWS < 2 * min(seen) + 2


def test_other_errors_halve_nothing():
    seen = []
    with pytest.raises(ZeroDivisionError):
        map_rows(lambda x: square_of_few(x, 0, ZeroDivisionError(), seen), np.arange(5000.0))
    assert seen == [5000]


@pytest.mark.parametrize(
    ("make", "method", "remedy"),
    [
        (SmoothedPLDiffusion, "fit", "set start to 'isotropic', which keeps no neighborhoods"),
        (EmpiricalScoreDiffusion, "fit", "fit fewer rows"),
        (SmoothedPLDiffusion, "sample", "lower n_samples, or set out to a file"),
        (SmoothedPLDiffusion, "score_samples", "set start to 'isotropic'"),
    ],
)
@pytest.mark.parametrize("kind", ["numpy", "jax", "threads"])
def test_the_error_says_what_to_set(make, method, remedy, kind, monkeypatch):
    X = normal(20, 3)
    model = make(random_state=0).fit(X)
    before = dict(vars(model))

    def fail(*_, **__):
        raise exhausted(kind)

    patched = {"fit": (make, "_fit"), "sample": (Diffusion, "sample")}
    monkeypatch.setattr(*patched.get(method, (Diffusion, "log_density")), fail)
    with pytest.raises(MemoryError) as caught:
        {"fit": model.fit, "sample": model.sample, "score_samples": model.score_samples}[method](
            5 if method == "sample" else X
        )
    assert remedy in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")
    assert vars(model) == before


def test_a_limit_of_the_system():
    """Half of a gigabyte more: a sample of a hundred is refused, one of 0.02 is made."""
    code = """
        import resource
        import numpy as np
        from smoothdiff import SmoothedPLDiffusion
        model = SmoothedPLDiffusion(n_jobs=1, random_state=0).fit(np.arange(8.0).reshape(4, 2))
        model.sample(10)
        with open("/proc/self/statm") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + 2**29,) * 2)
        assert model.sample(10**6).shape == (10**6, 2)
        try:
            model.sample(6 * 10**9)
        except MemoryError as error:
            print(error)
    """
    done = run(code)
    assert done.stdout.startswith("sample of 6000000000 rows needs more memory than there is (")


def test_a_limit_that_would_end_the_process():
    """Within the first call, of threads that cannot be started: it is said before any work."""
    code = """
        import resource
        from smoothdiff import SmoothedPLDiffusion
        with open("/proc/self/statm") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
        unlimited = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (used + 300 * 2**20, unlimited[1]))
        model = SmoothedPLDiffusion(random_state=0)
        try:
            model.fit([[0.0], [1.0], [3.0]])
        except MemoryError as error:
            print(error)
        resource.setrlimit(resource.RLIMIT_AS, unlimited)
        model.fit([[0.0], [1.0], [3.0]])  # and where the limit is gone it works
    """
    said = run(code).stdout
    assert re.fullmatch(
        r"the first call of a process needs [1-9]\d*\.\d GiB of address space for the threads and "
        r"programs of JAX, and the system's limit leaves 0.3: raise it "
        r"\(ulimit -v\)\.\n",
        said,
    )


def run(code):
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done


def test_arrays_are_apart_while_a_large_table_is_drawn_from(monkeypatch, rng):
    """Whose models are made one after the other. Calls of small tables do not touch anything."""
    options = []
    monkeypatch.setattr(_memory, "_mallopt", lambda: lambda *option: options.append(option))
    X = rng.normal(size=(150, 2))
    TableDiffusion(random_state=0).fit(X).sample(30)
    assert not options
    monkeypatch.setattr(_groups, "MOST_ROWS", 60)
    TableDiffusion(random_state=0).fit(X).sample(30)
    inside = [(_memory.M_MMAP_THRESHOLD, 2**20), (_memory.M_TRIM_THRESHOLD, 2**20)]
    assert options == [
        *inside,
        (_memory.M_MMAP_THRESHOLD, 2**25),
        (_memory.M_TRIM_THRESHOLD, 2**26),
    ]


def test_parents_that_nobody_asks_for_are_not_kept(rng):
    model = TableDiffusion(random_state=0).fit(rng.normal(size=(40, 3)))
    generators = (np.random.default_rng(1) for _ in range(2))
    drawn, asked = (
        model._table.sample(generator, 9, parents=parents)
        for generator, parents in zip(generators, (False, True), strict=True)
    )
    assert drawn.parents.shape == drawn.weights.shape == (9, 0)
    assert asked.parents.shape[1] > 1
    for name, column in asked.columns.items():
        assert np.array_equal(drawn.columns[name], column)


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="an option of glibc")
def test_freed_memory_is_given_back():
    """Of arrays of 4 MB in a thread, whose heap keeps them as a rule."""
    done = run(
        """
        import threading
        from contextlib import nullcontext
        import numpy as np
        from smoothdiff._memory import freed_at_once

        def kept():
            with open("/proc/self/status") as file:
                return next(int(line.split()[1]) for line in file if line.startswith("RssAnon"))

        def work():
            arrays = [np.ones(2**19) for _ in range(5)]
            del arrays
            found.append(kept() - before)

        np.ones(2**21)  # freed: from here on a heap keeps up to 32 MB
        found = []
        for context in (freed_at_once(), nullcontext()):
            before = kept()
            with context:
                thread = threading.Thread(target=work)
                thread.start()
                thread.join()
        print(*found)
        """
    )
    apart, usual = map(int, done.stdout.split())
    assert apart < 2_000 < usual


@pytest.mark.parametrize("option", [None, lambda *_: 1])
def test_systems_without_that_option(option, monkeypatch):
    monkeypatch.setattr(_memory, "_mallopt", lambda: option)
    with pytest.raises(KeyError), freed_at_once():
        raise KeyError
