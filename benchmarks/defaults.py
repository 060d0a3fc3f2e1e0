"""One factor at a time around the defaults of SmoothedPLDiffusion, on real tables and clouds.

``SMOOTHDIFF_TABLES=folder python -m benchmarks defaults``, into results/factors.json. The search
that decided, of which this repeats a part through the estimator, is in docs/defaults.md.
Half of the rows to train, one model for all classes, rows rounded to their columns' decimals:
c2st, w1, copied, drift and deviations as in `quality`, and the held-out log-likelihood per row.
"""

import numpy as np

from smoothdiff import SmoothedPLDiffusion

from . import _tables
from ._measure import means, record
from .quality import MOMENT_ROWS, judge, moments

SEEDS = (20, 21)
BASE = {
    "start": "local",
    "start_neighbors": 10,
    "start_shrinkage": (0.1, 0.1),
    "t0_scale": 1.0,
    "kappa": 0.1,
    "t_min_scale": 0.1,
}
FACTORS = {
    "start": ("isotropic", "adaptive", "local-pca"),
    "start_neighbors": (5, 20, 40),
    "start_shrinkage": ((0.1, 0.01), (0, 0.3), (0.4, 0.05)),
    "t0_scale": (0.5, 2.0),
    "kappa": (0.02, 0.05, 0.2, 0.4),
    "t_min_scale": (0, 0.01, 0.03, 0.2, 0.5),
}
CANDIDATES = {"base": BASE} | {
    f"{name} {value}": BASE | {name: value} for name, values in FACTORS.items() for value in values
}


def scores(split, parameters, seed):
    """What `quality` measures of one split, for one set of parameters, and the likelihood."""
    train, held_out = split.train, split.held_out
    model = SmoothedPLDiffusion(**parameters, random_state=seed).fit(train)
    found = judge(split.rounded(model.sample(len(train))), None, split, seed)
    found |= moments(model.sample(MOMENT_ROWS), train)
    within = found["drift"] < 0.03 and found["dev_min"] > 0.95 and found["dev_max"] < 1.05
    found["within"] = float(within)
    found["log_likelihood"] = model.score(held_out) if model.t_min_ > 0 else np.nan
    return found


def main():
    rows = {name: [] for name in CANDIDATES}
    for table in _tables.names():
        X, _ = _tables.load(table)
        for seed in SEEDS:
            split = _tables.split(X, None, seed)
            for name, parameters in CANDIDATES.items():
                rows[name].append(scores(split, parameters, seed))
    results = {name: means(found) for name, found in rows.items()}
    record("factors", results)
    return results
