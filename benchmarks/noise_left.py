"""How much noise samples keep by starting law and dimension r, with t_min / t0 = 0.1 and 0.1 / r.

``python -m benchmarks noise_left``: half of the rows to train, two splits, a model for all classes.

    r      columns
    left   root of the mean of |x - a|^2 over samples, in units of Delta: a is the mean of a
           sample's parents by their weights, x the sample
    c2st   as in `quality`, rows rounded to their columns' decimals
"""

import numpy as np

from smoothdiff import SmoothedPLDiffusion

from . import _tables
from ._measure import record
from .quality import c2st

TABLES = ("moons", "iris", "diabetes", "digits", "breast cancer")
SEEDS, SAMPLES = (0, 1), 2000


def noise(model):
    """Of the samples of a model whose columns vary in all directions."""
    made, parents, weights = model.sample(SAMPLES, return_parents=True)
    a = np.einsum("nk,nkd->nd", weights, model.points_[parents] @ model.components_)
    return np.sqrt(((made - model.mean_ - a) ** 2).sum(axis=1).mean()) / model.spacing_


def scores(split, start, scale, seed):
    model = SmoothedPLDiffusion(start=start, t_min_scale=scale, random_state=seed)
    made = model.fit(split.train).sample(len(split.train))
    return noise(model), c2st(split.rounded(made), split.held_out, seed)


def main():
    results = {}
    for table in TABLES:
        X, _ = _tables.load(table)
        splits = [_tables.split(X, None, seed) for seed in SEEDS]
        r = X.shape[1]
        for start in ("local", "isotropic"):
            for label, scale in (("0.1", 0.1), ("0.1 / r", 0.1 / r)):
                found = [scores(splits[seed], start, scale, seed) for seed in SEEDS]
                left, realism = np.mean(found, axis=0)
                row = {"r": r, "left": float(left), "c2st": float(realism)}
                results[f"{table}, {start}, {label}"] = row
    record("noise_left", results)
    return results
