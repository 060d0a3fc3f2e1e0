"""The measures of a report, by aspect, each with what is best and what it means."""

from typing import NamedTuple

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor

from ._classifier import efficacy, is_class, separation, to_learn
from ._coverage import alpha_precision_beta_recall, precision_recall_density_coverage
from ._data_copying import data_copying
from ._novelty import authenticity, copied_rows, memorized_fraction
from ._similarity import association_similarity, column_similarity
from ._transport import energy_distance, sliced_wasserstein
from ._value import Value

__all__ = ["Measure", "fidelity_and_diversity", "novelty", "usefulness"]

# Neighbors of the balls of precision, recall, density and coverage.
NEIGHBORS = 5
AS_REAL = "as real rows"


class Measure(NamedTuple):
    """A number of a report."""

    aspect: str
    name: str
    value: Value
    best: str
    """A number, or "as real rows", whose value is the baseline then."""
    meaning: str


def fidelity_and_diversity(new, test, train, few, apart, random_state):
    """Whether generated rows are like real ones, and real ones have generated rows around them.

    ``few`` are parts of (new, test, train) of one size, for what grows with the square of it.
    """
    n, seed = len(few[0]), {"random_state": random_state}
    auc = Value(apart.auc, separation(few[2], few[1], max_rows=n, **seed).auc, apart.importance)
    prdc = precision_recall_density_coverage(*few, k=NEIGHBORS)
    alpha = alpha_precision_beta_recall(*few)
    rows = [
        ("fidelity", "c2st", auc, "0.5", "how well a classifier tells rows from held-out ones"),
        ("fidelity", "column_similarity", column_similarity(new, test, train), "1",
         "distribution of each column, mean over columns"),
        ("fidelity", "association_similarity", association_similarity(new, test, train), "1",
         "correlation or two-way table of each pair of columns, mean over pairs"),
        ("fidelity", "precision", prdc.precision, AS_REAL,
         "generated rows that lie among held-out ones"),
        ("fidelity", "density", prdc.density, AS_REAL, "how deep among them they lie"),
        ("fidelity", "alpha_precision", alpha.alpha_precision, "1",
         "whether typical rows are as typical as real ones, at every level"),
        ("fidelity", "sliced_wasserstein", sliced_wasserstein(new, test, train, **seed), AS_REAL,
         "distance of the laws, mean over lines"),
        ("fidelity", "energy_distance", energy_distance(*few, max_rows=n, **seed), AS_REAL,
         "distance of the laws, by distances of pairs"),
        ("diversity", "coverage", prdc.coverage, AS_REAL,
         "held-out rows that have a generated one near"),
        ("diversity", "recall", prdc.recall, AS_REAL,
         "held-out rows that lie among generated ones"),
        ("diversity", "beta_recall", alpha.beta_recall, AS_REAL,
         "whether typical held-out rows have a generated one near, at every level"),
    ]  # fmt: skip
    return [Measure(*row) for row in rows if not np.isnan(row[2])]


def novelty(new, train, test, distances, random_state):
    """Whether generated rows are new, or copies."""
    copying = data_copying(new, train, test, random_state=random_state)
    median = Value(np.median(distances.distances), np.median(distances.baseline))
    rows = [
        ("copied_rows", copied_rows(new, train, test), AS_REAL, "rows that equal a training row"),
        ("closer", distances.closer(), "0.05",
         "rows closer to a training row than the closest 5% of the held-out rows are"),
        ("distance_to_closest_record", median, AS_REAL, "to the closest training row, median"),
        ("authenticity", authenticity(new, train, test), AS_REAL,
         "rows farther from a training row than its nearest other is"),
        ("data_copying", copying, "0",
         "C_T, in standard deviations; below -3 rows are nearer than by chance"),
    ]  # fmt: skip
    if len(train.cloud) > 1:
        value = memorized_fraction(new, train, test=test)
        meaning = "rows three times closer to one training row than to any other"
        rows.insert(4, ("memorized_fraction", value, AS_REAL, meaning))
    return [Measure("novelty", *row) for row in rows if not np.isnan(row[1])]


def usefulness(new, train, test, target, random_state):
    """Whether a model learns from generated rows what it learns from real ones."""
    j = train.place_of(target)
    classes = is_class((train, new, test), j)
    value = efficacy(new, train, test, target, random_state=random_state)
    n = len(to_learn(test, j)[1])
    value.parts["standard error"] = float(_standard_error(max(value, value.baseline), n, classes))
    score = "accuracy" if classes else "R^2"
    constant = DummyClassifier() if classes else DummyRegressor()
    trivial = constant.fit(*to_learn(train, j)).score(*to_learn(test, j))
    return [
        Measure("usefulness", "efficacy", value, AS_REAL,
                f"{score} of a model trained on generated rows, of {target!r} in held-out ones"),
        Measure("usefulness", "constant", Value(trivial, trivial), "none",
                f"{score} of the best constant prediction"),
    ]  # fmt: skip


def _standard_error(score, n, is_accuracy):
    """Of an accuracy, or about that of an R^2, of n rows."""
    if is_accuracy:
        return np.sqrt(score * (1 - score) / n)
    score = max(score, 0.0)
    return np.sqrt(4 * score * (1 - score) ** 2 / n + 2 / n**2)  # the last is what is left at 0
