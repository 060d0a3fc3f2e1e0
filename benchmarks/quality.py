"""Realism of generated rows beside SMOTE, KernelDensity, GaussianMixture and ForestDiffusion.

``python -m benchmarks quality``; with ``SMOOTHDIFF_TABLES=folder`` also on the UCI tables there,
and with ForestDiffusion installed also beside it, on tables small enough for it.
``SMOOTHDIFF_SLOW=ForestDiffusion:wine`` runs one split of one table, for it and for ours alone, and
adds what it finds to an earlier run; ``SMOOTHDIFF_ONLY=moments`` measures drift and deviations of
ours again, and puts them in the place of an earlier run's.

iris, by ForestDiffusion's protocol: three splits, five generations, y a column, scaled to [0, 1]
with classes one-hot / 2; W1 with L1 cost, exact; a bootstrap ties everyone there, so that the
memorized part stands beside it.

tables: half of the rows to train, one model for each class where there are labels. Rows are
rounded to the decimals of their columns for all alike.

    c2st      ROC AUC of a random forest, generated against held-out rows, 5 shuffled folds; 0.5
              cannot be told apart. "training rows" is its null, and that of w1
    w1        exact, L1, in deviations of the columns, on at most 300 rows
    copied    part much closer to one training row than to any other
    drift     largest |mean - mean of train| of a column, in deviations, of 100000 rows
    dev_min   smallest and largest deviation of a column, relative to train
    efficacy  accuracy on held-out rows of a forest trained on generated ones
    seconds   to fit and to make as many rows as there are
"""

import os
from contextlib import suppress
from functools import partial

import numpy as np
from imblearn.over_sampling import SMOTE
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedKFold,
    cross_val_predict,
    train_test_split,
)
from sklearn.neighbors import KernelDensity
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from smoothdiff import SmoothedPLDiffusion
from smoothdiff.metrics import memorized_fraction

from . import _tables
from ._measure import earlier, means, record, seconds

SEEDS, TABLE_SEEDS = (0, 1, 2), (0, 1)
MOMENT_ROWS, W1_ROWS, TREES = 100_000, 300, 200
# Classes of fewer rows are given back as they are, to all alike.
SMALLEST_CLASS = 5
# ForestDiffusion takes minutes beyond so many training values.
FOREST_VALUES = 900

# ------------------------------------------------------------------ generators
# Each takes training rows (m, d) and a seed, and returns a function that draws n rows.


def ours(X, seed):
    return SmoothedPLDiffusion(random_state=seed).fit(X).sample


def bootstrap(X, seed):
    rng = np.random.default_rng(seed)
    return lambda n: X[rng.integers(len(X), size=n)]


def kernel_density(X, seed):
    grid = {"bandwidth": np.geomspace(0.03, 3, 13)}
    best = GridSearchCV(KernelDensity(), grid, cv=min(5, len(X))).fit(X).best_estimator_
    return partial(best.sample, random_state=np.random.RandomState(seed))


def gaussian_mixture(X, seed):
    """As many components as BIC chooses, up to 8."""
    state = np.random.RandomState(seed)
    fits = [
        GaussianMixture(k, random_state=state, reg_covar=1e-4).fit(X)
        for k in range(1, min(8, len(X) // 2) + 1)
    ]
    best = min(fits, key=lambda model: model.bic(X))
    return lambda n: best.sample(n)[0]


def smote(X, seed):
    """X as a class of its own, beside one that is not over-sampled."""
    both, labels = np.concatenate([X, X[:1]]), np.r_[np.zeros(len(X)), 1]
    near, state = min(5, len(X) - 1), np.random.RandomState(seed)

    def draw(n):
        sampler = SMOTE(sampling_strategy={0: len(X) + n}, k_neighbors=near, random_state=state)
        return sampler.fit_resample(both, labels)[0][len(both) :]

    return draw


def forest_diffusion(X, seed):
    from ForestDiffusion import ForestDiffusionModel

    np.random.seed(seed)  # it draws from the global generator
    return ForestDiffusionModel(X, n_t=50, duplicate_K=30, n_jobs=1).generate


GENERATORS = {
    "smoothdiff": ours,
    "SMOTE": smote,
    "KernelDensity": kernel_density,
    "GaussianMixture": gaussian_mixture,
    "bootstrap": bootstrap,
}
with suppress(ImportError):
    import ForestDiffusion  # noqa: F401

    GENERATORS["ForestDiffusion"] = forest_diffusion


def fit_classes(generator, X, y, seed):
    """A function that draws n rows and their labels.

    Classes come as often as they are in y: exactly, or by chance where a generator is given.
    """
    classes, counts = np.unique(y, return_counts=True)
    draws = [
        (generator if count >= SMALLEST_CLASS else bootstrap)(X[y == c], seed)
        for c, count in zip(classes, counts, strict=True)
    ]

    def draw(n, rng=None):
        if rng is None:
            sizes = np.diff(np.r_[0, np.cumsum(counts) * n // len(y)])
        else:
            sizes = rng.multinomial(n, counts / len(y))
        rows = [draw(int(size)) for draw, size in zip(draws, sizes, strict=True) if size]
        return np.concatenate(rows), np.repeat(classes, sizes)

    return draw


# ------------------------------------------------------------------ measures


def c2st(made, real, seed):
    """ROC AUC of a forest that tells as many rows of each apart."""
    n = min(len(made), len(real))
    X, label = np.concatenate([made[:n], real[:n]]), np.repeat([1, 0], n)
    forest = RandomForestClassifier(TREES, random_state=seed)
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    found = cross_val_predict(forest, X, label, cv=folds, method="predict_proba")
    return roc_auc_score(label, found[:, 1])


def w1(made, real):
    """Exact transport with L1 cost; the smaller set is repeated to the size of the other."""
    n = max(len(made), len(real))
    cost = cdist(
        np.resize(made, (n, made.shape[1])), np.resize(real, (n, real.shape[1])), "cityblock"
    )
    return cost[linear_sum_assignment(cost)].mean()


def coverage(made, real, k=2):
    """Part of real rows with a made one nearer than their k-th nearest real one (prdc's, L1)."""
    radius = np.sort(cdist(real, real, "cityblock"), axis=1)[:, k]
    return float(np.mean(cdist(real, made, "cityblock").min(axis=1) < radius))


def moments(made, train):
    """Drift of the means and the extreme deviations, relative to the deviations of train."""
    deviation = train.std(axis=0)
    ratio = made.std(axis=0) / deviation
    drift = np.abs(made.mean(axis=0) - train.mean(axis=0)) / deviation
    return {"drift": drift.max(), "dev_min": ratio.min(), "dev_max": ratio.max()}


# ------------------------------------------------------------------ the two parts


def iris():
    """ForestDiffusion's protocol: the mean of three splits and five generations."""
    X, y = load_iris(return_X_y=True)
    results = {}
    for seed in SEEDS:
        rows, test = train_test_split(np.arange(150), test_size=0.2, random_state=seed, stratify=y)
        box, scaler = MinMaxScaler().fit(X[rows]), StandardScaler().fit(X[rows])

        def embed(X, y, box=box):
            return np.concatenate([box.transform(X), np.eye(3)[y] / 2], axis=1)

        train, real = embed(X[rows], y[rows]), embed(X[test], y[test])
        _note(results, "training rows", w1=w1(train, real), coverage=coverage(train, real))
        Z = scaler.transform(X[rows])
        for name, generator in GENERATORS.items():
            rng = np.random.default_rng(seed)  # labels by chance, as ForestDiffusion's are
            elapsed, (draw, first) = seconds(
                partial(_fit_and_draw, generator, Z, y[rows], seed, rng), 1
            )
            for made, label in [first, *(draw(len(Z), rng) for _ in range(4))]:
                made = scaler.inverse_transform(made)
                scores = {
                    "w1": w1(embed(made, label), real),
                    "coverage": coverage(embed(made, label), real),
                    "copied": memorized_fraction(made, X[rows]),
                }
                _note(results, name, **scores, seconds=elapsed)
    return {f"iris protocol, {name}": means(rows) for name, rows in results.items()}


def one_split(generator, name):
    """A slow generator, and ours, on the first split of one table."""
    X, y = _tables.load(name)
    split = _tables.split(X, y, 0)
    found = split_scores(split, 0, {g: GENERATORS[g] for g in ("smoothdiff", generator)})
    return {
        f"{name}, {generator if g == generator else 'smoothdiff, first split'}": {"splits": 1} | row
        for g, row in found
        if g in (generator, "smoothdiff")
    }


def table(name):
    """Each generator on one table: the mean of the splits."""
    X, y = _tables.load(name)
    results = {}
    generators = dict(GENERATORS)
    if X.size // 2 > FOREST_VALUES:
        generators.pop("ForestDiffusion", None)
    for seed in TABLE_SEEDS:
        for generator, scores in split_scores(_tables.split(X, y, seed), seed, generators):
            _note(results, generator, **scores)
    return {generator: means(rows) for generator, rows in results.items()}


def moments_again(results):
    """Results with means and deviations of ours as they are now, and their mean over the tables."""
    found = {}
    for name in _tables.names():
        X, y = _tables.load(name)
        rows = []
        for seed in TABLE_SEEDS:
            split = _tables.split(X, y, seed)
            labels = np.zeros(len(split.train), int) if y is None else split.y_train
            draw = fit_classes(GENERATORS["smoothdiff"], split.train, labels, seed)
            rows.append(moments(draw(MOMENT_ROWS)[0], split.train))
        found[name] = means(rows)
        results[f"{name}, smoothdiff"] |= found[name]
    results["mean, smoothdiff"] |= means(list(found.values()))
    return results


def split_scores(split, seed, generators):
    """Yield names and scores: of held-out and training rows, then of each generator."""
    train, real, rng = split.train, split.held_out, np.random.default_rng(seed)
    labels = np.zeros(len(train), int) if split.y_train is None else split.y_train
    order, half = rng.permutation(len(train)), len(real) // 2
    null = {"c2st": c2st(real[:half], real[half:], seed), "copied": memorized_fraction(real, train)}
    yield "held-out rows", null
    yield "training rows", judge(train[order], labels[order], split, seed)
    for name, generator in generators.items():
        elapsed, (draw, (made, label)) = seconds(
            partial(_fit_and_draw, generator, train, labels, seed), 1
        )
        order = rng.permutation(len(made))
        scores = judge(split.rounded(made[order]), label[order], split, seed)
        if name != "ForestDiffusion":
            scores |= moments(draw(MOMENT_ROWS)[0], train)
        yield name, scores | {"seconds": elapsed}


def _fit_and_draw(generator, train, labels, seed, rng=None):
    draw = fit_classes(generator, train, labels, seed)
    return draw, draw(len(train), rng)


def judge(made, label, split, seed):
    """Scores of made rows (n, d)."""
    scores = {
        "c2st": c2st(made, split.held_out, seed),
        "w1": w1(made[:W1_ROWS], split.held_out[:W1_ROWS]),
        "copied": memorized_fraction(made, split.train),
    }
    if split.y_train is not None:
        forest = RandomForestClassifier(TREES, random_state=seed).fit(made, label)
        scores["efficacy"] = forest.score(split.held_out, split.y_held_out)
    return scores


def _note(results, name, **scores):
    results.setdefault(name, []).append(scores)


def _over_tables(tables):
    """The mean over the tables, for the generators that were run on all of them."""
    results = {}
    for generator in next(iter(tables.values())):
        rows = [table[generator] for table in tables.values() if generator in table]
        keys = [key for key in rows[0] if all(key in row for row in rows)]
        if len(rows) == len(tables):
            results[f"mean, {generator}"] = means([{k: row[k] for k in keys} for row in rows])
    return results


def main():
    slow = os.environ.get("SMOOTHDIFF_SLOW")
    if slow:
        results = earlier("quality") | one_split(*slow.split(":"))
        record("quality", results)
        return results
    if os.environ.get("SMOOTHDIFF_ONLY") == "moments":
        results = moments_again(earlier("quality"))
        record("quality", results)
        return results
    results = iris()
    tables = {name: table(name) for name in _tables.names()}
    for name, found in tables.items():
        results |= {f"{name}, {generator}": scores for generator, scores in found.items()}
    results |= _over_tables(tables)
    record("quality", results)
    return results
