"""Rows of tables whose values do not go together, among new rows, beside forests and neighbors.

Each column of held-out rows is shuffled by itself: every value is one that real rows have as often,
and only what columns have to do with each other is lost. Detectors are fitted to the training rows
of the eight mixed tables (three splits), and judged on held-out rows and on the shuffled ones. The
peers see the coordinates that the TableDiffusion gives, categories one by one; the forest that
counts categories by their place ("ordinal") sees gaps at the median.

    auc      ROC AUC of the scores; the null is 0.5
    flagged  part of new real rows that are flagged; to be 0.1
    found    part of the shuffled rows that are flagged; the null is "flagged"
    seconds  to fit
"""

import os

import numpy as np
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import LocalOutlierFactor

from smoothdiff import DiffusionOutlierDetector, TableDiffusion

from . import _mixed
from ._measure import means, record, seconds

SPLITS, CONTAMINATION = 3, 0.1


def shuffled(rows, rng):
    """The rows, each column in an order of its own."""
    return rows.apply(lambda column: column.iloc[rng.permutation(len(column))].to_numpy())


def judge(detector, train, real, mixed):
    took, _ = seconds(lambda: detector.fit(train), 1)
    real, mixed = (detector.score_samples(rows) for rows in (real, mixed))
    label = np.repeat([0, 1], [len(real), len(mixed)])
    # A score of -inf is lower than any.
    rank = np.unique(np.concatenate([real, mixed]), return_inverse=True)[1]
    return {
        "auc": roc_auc_score(label, -rank),
        "flagged": np.mean(real < detector.offset_),
        "found": np.mean(mixed < detector.offset_),
        "seconds": took,
    }


def main():
    folder, results = os.environ["SMOOTHDIFF_TABLES"], {}
    for name in _mixed.TABLES:
        table, target, is_class = _mixed.load(folder, name)
        found = {}
        for seed in range(SPLITS):
            train, test, *_ = _mixed.split(table, target, is_class, seed)
            rows = train, test, shuffled(test, np.random.default_rng(seed))
            embed = TableDiffusion().fit(table).embed
            coordinates = [embed(part) for part in rows]
            ordinal = _mixed.as_numbers(*rows)
            middle = np.nanmedian(ordinal[0], axis=0)
            ordinal = [np.where(np.isnan(part), middle, part) for part in ordinal]
            forest = IsolationForest(contamination=CONTAMINATION, random_state=seed)
            neighbors = LocalOutlierFactor(novelty=True, contamination=CONTAMINATION)
            ours = DiffusionOutlierDetector(TableDiffusion(), contamination=CONTAMINATION)
            for label, detector, parts in (
                ("DiffusionOutlierDetector", ours, rows),
                ("IsolationForest", forest, coordinates),
                ("IsolationForest, ordinal", forest, ordinal),
                ("LocalOutlierFactor", neighbors, coordinates),
            ):
                found.setdefault(label, []).append(judge(detector, *parts))
        for label, rows in found.items():
            results[f"{name}, {label}"] = means(rows)
    record("contradictions", results)
    return results
