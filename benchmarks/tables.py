"""Generated rows of mixed tables, beside those of rivals and the training rows themselves.

``SMOOTHDIFF_TABLES=folder python -m benchmarks tables``: 35% of the rows held out, five splits,
means and standard errors. Rivals that take minutes (adversarial forests, TVAE, CTGAN,
ForestDiffusion, each where it is installed) have one split; what an earlier run found of them
stays where they are not. ``SMOOTHDIFF_SLOW=ForestDiffusion:ecoli`` runs that one alone, and
``SMOOTHDIFF_ONLY="smoothdiff; smoothdiff, one model"`` these of the fast ones.

    c2st          area under the ROC curve of a random forest, generated against held-out rows;
                  0.5 cannot be told apart. Its null is "training rows, drawn again"
    efficacy      accuracy (R^2 where the target is a number) on held-out rows of a forest trained
                  on generated ones; "real rows" is that of training rows
    columns       1 - Kolmogorov-Smirnov or total variation, mean over the columns
    associations  1 - half the difference of correlations, or 1 - the total variation of two-way
                  tables, mean over pairs of columns
    copied        part of the rows that equal a training row; "real rows" is the chance level
    closer        part of the rows closer to a training row than the closest 5% held out
    seconds, MB   to fit and to draw as many rows as there are, and the growth of memory

All but the last line as `smoothdiff.metrics` has them. The weighting is that of the rows.
"""

import os
import warnings

import numpy as np

from smoothdiff import metrics

from . import _mixed
from ._measure import earlier, peak_bytes, record, seconds
from ._table_generators import FAST, SLOW

SEEDS = range(5)
# ForestDiffusion takes hours beyond so many training values.
FOREST_VALUES = 15_000


def scores(generator, split, seed):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        elapsed, made = seconds(
            lambda: generator(split.train, split.target, split.is_class, seed), 1
        )
    return _mixed.judge(made, split, seed) | {"seconds": elapsed}


def null(split, seed):
    """Training rows in the place of generated ones, and held-out ones where copies are counted."""
    copied = float(metrics.copied_rows(split.test, split.train))
    return _mixed.judge(split.train, split, seed) | {"copied": copied, "closer": 0.05}


def fast(folder, name):
    """Scores of all splits, by generator, on one table."""
    data, target, is_class = _mixed.load(folder, name)
    found: dict = {}
    for seed in SEEDS:
        split = _mixed.split(data, target, is_class, seed)
        found.setdefault("real rows", []).append(null(split, seed))
        only = os.environ.get("SMOOTHDIFF_ONLY", "").split("; ")
        for generator, draw in FAST.items():
            if any(only) and generator not in only:
                continue
            found.setdefault(generator, []).append(scores(draw, split, seed))
    peak = peak_bytes(lambda: FAST["smoothdiff"](split.train, target, is_class, 0))
    for row in found.get("smoothdiff", []):
        row["MB"] = peak / 2**20
    return found


def slow(folder, name, generator):
    """Scores of one split; none where a rival cannot do it."""
    data, target, is_class = _mixed.load(folder, name)
    split = _mixed.split(data, target, is_class, 0)
    if generator == "ForestDiffusion" and split.train.size > FOREST_VALUES:
        return []
    try:
        return [scores(SLOW[generator], split, 0)]
    except Exception as error:
        print(f"{name}, {generator}: {type(error).__name__}: {error}", flush=True)
        return []


def summary(rows):
    values = {key: np.array([row[key] for row in rows]) for key in rows[0]}
    results = {"splits": len(rows)}
    for key, value in values.items():
        results[key] = float(value.mean())
        if len(rows) > 1 and key in ("c2st", "efficacy"):
            results[f"{key}_se"] = float(value.std(ddof=1) / len(rows) ** 0.5)
    return results


def main():
    folder = os.environ["SMOOTHDIFF_TABLES"]
    FAST["smoothdiff"](*_mixed.load(folder, "ecoli"), 0)  # compile
    results = earlier("tables")

    def note(name, found):
        results.update({f"{name}, {g}": summary(rows) for g, rows in found.items() if rows})
        record("tables", results)

    one = os.environ.get("SMOOTHDIFF_SLOW")
    if one:
        generator, name = one.split(":")
        note(name, {generator: slow(folder, name, generator)})
        return results
    for name in _mixed.TABLES:
        note(name, fast(folder, name))
    for generator in () if os.environ.get("SMOOTHDIFF_ONLY") else SLOW:
        for name in _mixed.TABLES:
            note(name, {generator: slow(folder, name, generator)})
    return results
