"""Memory and time of data that are mapped from a file, in float32, and of a large mixed table.

Growth of the memory of the process itself (RssAnon: pages of mapped files are the system's, which
drops them when it wants) while it fits, samples and scores, in units of the data in float32. The
null is a copy of the data in float64, which takes 2, and a k-d tree of that copy.

Of a DataFrame in units of its own memory, the index and values of categories counted; the null is
a copy. ``SMOOTHDIFF_ONLY=table`` measures that alone, and keeps the rest.
"""

import os
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from smoothdiff import EmpiricalScoreDiffusion, SmoothedPLDiffusion, TableDiffusion

from ._measure import earlier, in_a_process, peak_bytes, record

SIZES = [(1_000_000, 40), (10_000_000, 10)]
SAMPLES = 100
TABLE_ROWS, TABLE_SAMPLES = 1_000_000, 100_000


def write(path, n, d, block=100_000):
    """Rows near a curved surface of five dimensions, block by block."""
    rng = np.random.default_rng(0)
    bend = rng.normal(size=(5, d))
    X = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(n, d))
    for start in range(0, n, block):
        z = rng.normal(size=(min(block, n - start), 5))
        X[start : start + block] = np.tanh(z @ bend) + 0.1 * rng.normal(size=(len(z), d))
    X.flush()


def anonymous_bytes():
    """Memory of this process that no file has."""
    with open("/proc/self/status") as file:
        return 1024 * next(int(line.split()[1]) for line in file if line.startswith("RssAnon"))


def measure(call, path, folder):
    """Bytes and seconds of one call, in a process of its own."""
    X = np.load(path, mmap_mode="r")
    CALLS["warm"](X[:20_000].astype(np.float64), folder)
    before = time.perf_counter()
    peak = peak_bytes(lambda: CALLS[call](X, folder), of=anonymous_bytes)
    return {"peak": peak / X.nbytes, "seconds": time.perf_counter() - before}


def fit_and_sample(X, folder):
    """With the default scales and the papers' start; samples into a file."""
    model = SmoothedPLDiffusion(start="isotropic", random_state=0).fit(X)
    model.sample(SAMPLES, out=Path(folder) / "new.npy")


CALLS = {
    "warm": lambda X, folder: (
        fit_and_sample(X, folder),
        EmpiricalScoreDiffusion().fit(X).score_samples(X[:5000]),
    ),
    "fit exact score": lambda X, _: EmpiricalScoreDiffusion(random_state=0).fit(X),
    "fit smoothed": lambda X, _: SmoothedPLDiffusion(start="isotropic", random_state=0).fit(X),
    f"fit smoothed, sample {SAMPLES}": fit_and_sample,
    "copy in float64": lambda X, _: X.astype(np.float64),
    "k-d tree of it": lambda X, _: cKDTree(X.astype(np.float64)),
}


def mixed_table(n):
    """Fifteen columns of numbers, five of whole ones, ten categories of 2 to 1000 levels."""
    import pandas as pd

    rng = np.random.default_rng(0)
    z = rng.normal(size=(n, 4))
    columns = {f"x{j}": z @ rng.normal(size=4) + rng.normal(size=n) for j in range(15)}
    columns |= {f"k{j}": rng.poisson(np.exp(0.5 * z[:, j % 4])) for j in range(5)}
    for j, levels in enumerate((2, 2, 3, 4, 5, 8, 12, 30, 100, 1000)):
        code = np.minimum(rng.exponential(levels / 4, size=n).astype(int), levels - 1)
        columns[f"c{j}"] = pd.Categorical([f"level {k}" for k in range(levels)]).take(code)
    return pd.DataFrame(columns)


def measure_table(call):
    """Bytes and seconds of one call, in a process of its own."""
    table = mixed_table(TABLE_ROWS)
    TABLE_CALLS["fit, sample"](table[:30_000], 1000)
    before = time.perf_counter()
    peak = peak_bytes(lambda: TABLE_CALLS[call](table, TABLE_SAMPLES), of=anonymous_bytes)
    table_bytes = int(table.memory_usage(deep=True).sum())
    elapsed = time.perf_counter() - before
    return {"table_mib": table_bytes / 2**20, "peak": peak / table_bytes, "seconds": elapsed}


TABLE_CALLS = {
    "fit": lambda table, _: TableDiffusion(random_state=0).fit(table),
    "fit, sample": lambda table, n: TableDiffusion(random_state=0).fit(table).sample(n),
    "copy": lambda table, _: table.copy(),
}


def main():
    """Measure each call at each size."""
    results = earlier("memory")
    for call in TABLE_CALLS:
        results[f"table, {call}"] = in_a_process(measure_table, call)
        print(call, results[f"table, {call}"], flush=True)
    if os.environ.get("SMOOTHDIFF_ONLY") == "table":
        record("memory", results)
        return
    with tempfile.TemporaryDirectory() as folder:
        for n, d in SIZES:
            path = Path(folder) / "X.npy"
            write(path, n, d)
            for call in list(CALLS)[1:]:
                results[f"{call}, {n} x {d}"] = in_a_process(measure, call, path, folder)
                print(call, n, d, results[f"{call}, {n} x {d}"], flush=True)
    record("memory", results)


if __name__ == "__main__":
    main()
