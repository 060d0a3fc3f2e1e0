"""From import to the first samples, and compilations in a grid search.

Each figure is taken in a fresh interpreter.
"""

import json
import subprocess
import sys

from ._measure import record

FIRST_SAMPLES = """
import json, time
start = time.perf_counter()
from smoothdiff import SmoothedPLDiffusion
from sklearn.datasets import load_iris
X = load_iris().data
imported = time.perf_counter()
model = SmoothedPLDiffusion(random_state=0).fit(X)
model.sample(1000)
first = time.perf_counter()
times = []
for _ in range(20):
    begin = time.perf_counter()
    model.sample(1000)
    times.append(time.perf_counter() - begin)
print(json.dumps({"import_s": imported - start, "first_1000_samples_s": first - start,
                  "second_1000_samples_ms": 1e3 * times[0], "best_ms": 1e3 * min(times)}))
"""

COMPILATIONS = """
import json, time
import jax
compiled = []
jax.monitoring.register_event_duration_secs_listener(
    lambda event, seconds, **_: compiled.append(seconds)
    if event == "/jax/core/compile/backend_compile_duration" else None)
import numpy as np
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from smoothdiff import SmoothedPLDiffusion
X = np.random.default_rng(0).permutation(load_iris().data)
search = lambda grid: GridSearchCV(SmoothedPLDiffusion(), grid, cv=3).fit(X)
start = time.perf_counter()
search({"kappa": [0.1]})
first, first_s = len(compiled), time.perf_counter() - start
start = time.perf_counter()
grid = {"kappa": np.geomspace(0.01, 0.9, 10), "t0": [0.01, 0.05, 0.2], "t_min": [1e-3, 1e-2]}
search(grid)
print(json.dumps({"compilations_first_point": first, "first_point_s": first_s,
                  "grid_points": 60, "fits": 181, "compilations_grid": len(compiled) - first,
                  "grid_s": time.perf_counter() - start}))
"""


def fresh(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def main():
    runs = [fresh(FIRST_SAMPLES) for _ in range(3)]
    best = min(runs, key=lambda run: run["first_1000_samples_s"])
    results = {"iris": best, "grid search": fresh(COMPILATIONS)}
    record("startup", results)
    return results
