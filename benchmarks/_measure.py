"""Timing, memory and records that the benchmarks share."""

import json
import os
import platform
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from multiprocessing import get_context
from pathlib import Path

import numpy as np

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("numpy", "scipy", "scikit-learn", "jax", "jaxlib", "optax", "imbalanced-learn", "torch")
PACKAGES += ("pykeops", "pandas", "ForestDiffusion", "arfpy", "ctgan")


def seconds(function, repeats=3):
    """Best wall-clock time of several calls, and the last value returned."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        value = function()
        times.append(time.perf_counter() - start)
    return min(times), value


def means(rows):
    """The mean of each entry over dictionaries of numbers."""
    return {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}


def resident_bytes():
    """Memory of this process now (Linux)."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def in_a_process(function, *args):
    """What the function returns in a new process, whose memory nothing else has used."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *args).result()


def peak_bytes(function, interval=0.002, of=resident_bytes):
    """Largest growth of memory during a call, sampled by a thread."""
    before = of()
    peak, stop = [before], threading.Event()

    def watch():
        while not stop.wait(interval):
            peak.append(of())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        function()
    finally:
        stop.set()
        watcher.join()
    return max(peak) - before


def installed_versions():
    """Versions of the packages that are there; the peers are optional."""
    versions = {}
    for package in PACKAGES:
        with suppress(PackageNotFoundError):
            versions[package] = version(package)
    return versions


def earlier(name):
    """Results that an earlier run recorded, if any."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text())["results"] if path.exists() else {}


def record(name, results):
    """Print results and keep them as JSON, with the versions and cores that they hold for."""
    entry = {
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "versions": installed_versions(),
        "results": results,
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(entry, indent=2) + "\n")
    print(f"\n{name}")
    for key, values in results.items():
        row = "  ".join(
            f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in values.items()
        )
        print(f"  {key:<28} {row}")
