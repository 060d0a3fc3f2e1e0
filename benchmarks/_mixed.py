"""Tables of mixed columns for `tables`, and how generated ones are judged."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict, train_test_split
from sklearn.neighbors import NearestNeighbors

# File, column to predict, whether that is a class, columns that are ids.
TABLES = {
    "german": ("german.csv", 20, True, []),
    "pima": ("pima-indians-diabetes.csv", 8, True, []),
    "ecoli": ("ecoli.csv", 7, True, []),
    "abalone": ("abalone.csv", 8, False, []),
    "breast-cancer": ("breast-cancer.csv", 9, True, []),
    "adult": ("adult-train.csv", 14, True, []),
    "auto": ("auto_imports.csv", 25, False, []),
    "horse-colic": ("horse-colic.csv", 23, True, [2]),
}
MOST_ROWS, HELD_OUT, TREES = 5000, 0.35, 200


class Split(NamedTuple):
    train: pd.DataFrame
    test: pd.DataFrame
    target: str
    is_class: bool


def load(folder, name):
    """A table with named columns, without ids, of at most 5000 rows."""
    file, target, is_class, ids = TABLES[name]
    table = pd.read_csv(
        Path(folder) / file, header=None, na_values="?", skipinitialspace=True, quotechar="'"
    )
    table.columns = [f"c{j}" for j in table.columns]
    table = table.drop(columns=[f"c{j}" for j in ids])
    if len(table) > MOST_ROWS:
        table = table.sample(MOST_ROWS, random_state=0)
    return table.reset_index(drop=True), f"c{target}", is_class


def split(table, target, is_class, seed):
    y = table[target]
    stratify = y if is_class and y.value_counts().min() > 1 else None
    train, test = train_test_split(table, test_size=HELD_OUT, random_state=seed, stratify=stratify)
    return Split(train.reset_index(drop=True), test.reset_index(drop=True), target, is_class)


def as_numbers(*tables):
    """Float arrays: categories by their place among the sorted levels of all tables."""
    columns = []
    for name in tables[0].columns:
        parts = [table[name] for table in tables]
        if all(pd.api.types.is_numeric_dtype(part) for part in parts):
            columns.append([part.to_numpy(float) for part in parts])
            continue
        levels = {v: i for i, v in enumerate(sorted(set(pd.concat(parts).dropna().astype(str))))}
        columns.append([part.astype(str).map(levels).to_numpy(float) for part in parts])
    return [np.column_stack([column[i] for column in columns]) for i in range(len(tables))]


def c2st(made, real, seed):
    """ROC AUC of a forest that tells as many rows of each apart, 5 shuffled folds."""
    n = min(len(made), len(real))
    made = made.sample(n, random_state=seed)
    X, label = np.concatenate(as_numbers(made, real[:n])), np.repeat([1, 0], n)
    forest = RandomForestClassifier(TREES, random_state=seed, n_jobs=-1)
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    found = cross_val_predict(forest, X, label, cv=folds, method="predict_proba")
    return roc_auc_score(label, found[:, 1])


def efficacy(made, split, seed):
    """Accuracy, or R^2, on held-out rows of a forest trained on ``made``."""
    forest = RandomForestClassifier if split.is_class else RandomForestRegressor
    train, test = as_numbers(made.drop(columns=split.target), split.test.drop(columns=split.target))
    y, truth = made[split.target], split.test[split.target]
    known, real = y.notna().to_numpy(), truth.notna().to_numpy()
    if split.is_class:
        y, truth = y.astype(str), truth.astype(str)
    model = forest(TREES, random_state=seed, n_jobs=-1).fit(train[known], y[known])
    return model.score(test[real], truth[real])


def column_similarity(made, real):
    """Mean over the columns of 1 - KS (numbers) or 1 - total variation (categories)."""
    found = []
    for name in real.columns:
        a, b = made[name], real[name]
        if pd.api.types.is_numeric_dtype(b) and b.nunique() > 10:
            a, b = np.sort(a.dropna().to_numpy(float)), np.sort(b.dropna().to_numpy(float))
            at = np.concatenate([a, b])
            gap = np.searchsorted(a, at, "right") / len(a) - np.searchsorted(b, at, "right") / len(
                b
            )
            found.append(1 - np.abs(gap).max())
        else:
            p, q = (part.astype(str).value_counts(normalize=True) for part in (a, b))
            found.append(1 - p.sub(q, fill_value=0).abs().sum() / 2)
    return float(np.mean(found))


def association_similarity(made, real):
    """Mean over pairs of columns of 1 - the difference of their association.

    Numbers: correlations, halved difference; otherwise the total variation of the contingency
    tables, numbers cut at the deciles of ``real``.
    """
    numeric = [c for c in real if pd.api.types.is_numeric_dtype(real[c]) and real[c].nunique() > 10]
    cut = {}
    for name in real.columns:
        if name in numeric:
            edges = np.unique(real[name].quantile(np.linspace(0, 1, 11)[1:-1]))
            cut[name] = [np.digitize(t[name].fillna(np.inf), edges) for t in (made, real)]
        else:
            levels = {v: i for i, v in enumerate(sorted(set(map(str, real[name]))))}
            cut[name] = [t[name].map(str).map(levels).fillna(-1).to_numpy() for t in (made, real)]
    found, names = [], list(real.columns)
    for i, a in enumerate(names):
        for b in names[:i]:
            if a in numeric and b in numeric:
                r = [t[a].corr(t[b]) for t in (made, real)]
                if np.isfinite(r).all():
                    found.append(1 - abs(r[0] - r[1]) / 2)
                continue
            p, q = (
                pd.Series(list(zip(cut[a][k], cut[b][k], strict=True))).value_counts(normalize=True)
                for k in (0, 1)
            )
            found.append(1 - p.sub(q, fill_value=0).abs().sum() / 2)
    return float(np.mean(found))


def copies(made, train):
    """Part of the rows that equal a training row."""
    known = set(map(tuple, as_text(train)))
    return float(np.mean([tuple(row) in known for row in as_text(made)]))


def as_text(table):
    """Values as strings, numbers alike whatever their type."""
    columns = [
        c.astype(float).astype(str) if pd.api.types.is_numeric_dtype(c) else c.astype(str)
        for _, c in table.items()
    ]
    return np.column_stack(columns)


def closest(made, train, test):
    """Median distance to the closest training row, relative to that of the held-out rows."""
    both = pd.concat([train, made, test], ignore_index=True)
    numeric = [
        c for c in train if pd.api.types.is_numeric_dtype(train[c]) and train[c].nunique() > 10
    ]
    parts = []
    for name in train.columns:
        if name in numeric:
            center, scale = train[name].mean(), train[name].std()
            parts.append(((both[name] - center) / (scale or 1)).fillna(0).to_numpy()[:, None])
        else:
            parts.append(pd.get_dummies(both[name].astype(str)).to_numpy(float) / 2)
    Z = np.concatenate(parts, axis=1)
    index = NearestNeighbors(n_neighbors=1, metric="manhattan").fit(Z[: len(train)])
    d = index.kneighbors(Z[len(train) :])[0][:, 0]
    return float(np.median(d[: len(made)]) / max(np.median(d[len(made) :]), 1e-12))


def judge(made, split, seed):
    made = made.sample(len(made), random_state=seed)  # the folds must not see an order
    return {
        "c2st": c2st(made, split.test, seed),
        "efficacy": efficacy(made, split, seed),
        "columns": column_similarity(made, split.test),
        "associations": association_similarity(made, split.test),
        "copied": copies(made, split.train),
        "closest": closest(made, split.train, split.test),
    }
