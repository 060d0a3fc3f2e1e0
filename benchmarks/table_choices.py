"""What decided the defaults of TableDiffusion: one choice changed at a time.

``SMOOTHDIFF_TABLES=folder python -m benchmarks table_choices``: the six smaller tables of `tables`,
three splits whose seeds `tables` does not use; measures as there, means over tables and splits,
with the standard error over splits of the mean over tables, and of its difference to the first
choice. ``SMOOTHDIFF_ONLY="as it is, a model for each class; t_min 0"`` tries these alone, and adds
them to an earlier run.
"""

import os
import warnings

import numpy as np

from smoothdiff import SmoothedPLDiffusion

from . import _mixed
from ._measure import earlier, record
from ._table_generators import ours

SEEDS = range(10, 13)
KEYS = ("c2st", "efficacy", "columns", "associations", "copied", "closer")
TABLES = ("german", "pima", "ecoli", "breast-cancer", "auto", "horse-colic")
CHOICES = {
    "as it is, a model for each class": {},
    "one model": {"by": None},
    "one donor for a row": {"draw": "row"},
    "near copies stay": {"redraw": "equal"},
    "independent draws": {"independent": True},
    "t0_scale 0.25": {"estimator": SmoothedPLDiffusion(t0_scale=0.25)},
    "t0_scale 0.5": {"estimator": SmoothedPLDiffusion(t0_scale=0.5)},
    "t0_scale 2": {"estimator": SmoothedPLDiffusion(t0_scale=2)},
    "t_min_scale 0.001": {"estimator": SmoothedPLDiffusion(t_min_scale=0.001)},
    "t_min_scale 0.2": {"estimator": SmoothedPLDiffusion(t_min_scale=0.2)},
    "t_min 0": {"estimator": SmoothedPLDiffusion(t_min=0)},
    "kappa 0.01": {"estimator": SmoothedPLDiffusion(kappa=0.01)},
    "kappa 0.3": {"estimator": SmoothedPLDiffusion(kappa=0.3)},
    "20 neighbors": {"estimator": SmoothedPLDiffusion(start_neighbors=20)},
    "spheres": {"estimator": SmoothedPLDiffusion(start="isotropic")},
}


def scores(split, seed, choice):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = ours(**choice)(split.train, split.target, split.is_class, seed)
    return [_mixed.judge(made, split, seed)[key] for key in KEYS]


def by_split(rows):
    """Scores of each split, means over the tables, (splits, keys)."""
    return np.reshape(rows, (len(TABLES), len(SEEDS), -1)).mean(axis=0)


def error(values):
    return float(values.std(ddof=1) / len(values) ** 0.5)


def main():
    only = os.environ.get("SMOOTHDIFF_ONLY")
    found: dict = {name: [] for name in (only.split("; ") if only else CHOICES)}
    for table in TABLES:
        data, target, is_class = _mixed.load(os.environ["SMOOTHDIFF_TABLES"], table)
        for seed in SEEDS:
            split = _mixed.split(data, target, is_class, seed)
            for name, rows in found.items():
                rows.append(scores(split, seed, CHOICES[name]))
    results = earlier("table_choices") if only else {}
    first = by_split(next(iter(found.values())))
    for name, rows in found.items():
        values = by_split(rows)
        results[name] = dict(zip(KEYS, values.mean(axis=0).tolist(), strict=True))
        results[name]["c2st_se"] = error(values[:, 0])
        results[name]["c2st_difference_se"] = error(values[:, 0] - first[:, 0])
    record("table_choices", results)
    return results
