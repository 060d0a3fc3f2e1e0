"""Tables for the benchmarks: numeric columns and labels by name, and their splits.

Those of scikit-learn and the point clouds are always there; the UCI tables are read from a folder
of CSV files, by default ``SMOOTHDIFF_TABLES``, and are left out where it is not given.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn import datasets
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

ROWS = 1200
# A column takes part if it has so many values, none of them in more than this part of the rows:
# others are for a model of mixed tables, and mark every row of a numeric one.
VALUES, LARGEST_ATOM = 4, 0.4
FILES = {
    # name: file, column to predict
    "pima": ("pima-indians-diabetes.csv", 8),
    "ecoli": ("ecoli.csv", 7),
    "abalone": ("abalone.csv", None),
    "german": ("german.csv", 20),
    "adult": ("adult-train.csv", 14),
    "auto": ("auto_imports.csv", None),
    "horse": ("horse-colic.csv", 23),
}
CLOUDS = ("circle", "swiss roll", "helix", "moons")
SKLEARN = ("iris", "wine", "breast cancer", "diabetes", "digits")


def names(folder=None):
    """Tables that can be read here."""
    folder = folder or os.environ.get("SMOOTHDIFF_TABLES")
    return (*SKLEARN, *(FILES if folder else ()), *CLOUDS)


def load(name, folder=None):
    """Columns (n, d) and labels (n,) or None, of at most `ROWS` rows."""
    if name in FILES:
        X, y = _read(Path(folder or os.environ["SMOOTHDIFF_TABLES"]), *FILES[name])
    elif name in CLOUDS:
        X, y = _cloud(name), None
    else:
        X, y = getattr(datasets, "load_" + name.replace(" ", "_"))(return_X_y=True)
        y = None if name == "diabetes" else y
        X = PCA(15, random_state=0).fit_transform(X) if name == "digits" else X
        X = X[:, [_varies(pd.Series(column)) for column in X.T]]
    if len(X) > ROWS:
        kept = np.random.default_rng(0).permutation(len(X))[:ROWS]
        X, y = X[kept], None if y is None else y[kept]
    return X, y


@dataclass(frozen=True)
class Split:
    """Rows to train on and held-out ones, in deviations of the former, and their labels."""

    train: np.ndarray
    held_out: np.ndarray
    y_train: np.ndarray | None
    y_held_out: np.ndarray | None
    scaler: StandardScaler
    decimals: list[int]

    def rounded(self, rows):
        """Rows (n, d) whose values have no more decimals than the table's."""
        raw = self.scaler.inverse_transform(rows)
        raw = np.column_stack([c.round(k) for c, k in zip(raw.T, self.decimals, strict=True)])
        return self.scaler.transform(raw)


def split(X, y, seed, held_out=0.5):
    """One `Split`, with each class in the same proportion in both parts."""
    a, b = train_test_split(np.arange(len(X)), test_size=held_out, random_state=seed, stratify=y)
    scaler = StandardScaler().fit(X[a])
    labels = (None, None) if y is None else (y[a], y[b])
    return Split(scaler.transform(X[a]), scaler.transform(X[b]), *labels, scaler, decimals(X))


def decimals(X, most=6):
    """Decimals that the values of each column have, (d,)."""
    largest = np.abs(X).max(axis=0)
    return [
        next((k for k in range(most) if (np.abs(c - c.round(k)) < 1e-9 * m).all()), most)
        for c, m in zip(X.T, largest, strict=True)
    ]


def _read(folder, file, target):
    table = pd.read_csv(folder / file, header=None, na_values="?", skipinitialspace=True)
    y = None if target is None else pd.factorize(table.pop(target))[0]
    X = table.select_dtypes("number")
    if file.startswith("horse"):
        X = X.drop(columns=2)  # an id
    X = X.loc[:, X.isna().mean() < 0.25]
    X = X.loc[:, [_varies(X[c].dropna()) for c in X]]
    whole = X.notna().all(axis=1).to_numpy()
    return X.to_numpy(float)[whole], None if y is None else y[whole]


def _varies(column):
    counts = column.value_counts()
    return len(counts) >= VALUES and counts.iloc[0] <= LARGEST_ATOM * len(column)


def _cloud(name):
    rng = np.random.default_rng(0)
    if name == "circle":
        angle = rng.uniform(0, 2 * np.pi, 400)
        return np.c_[np.cos(angle), np.sin(angle)]
    if name == "helix":
        u = rng.uniform(0, 4 * np.pi, 400)
        return np.c_[np.cos(u), np.sin(u), u / 4] + 0.05 * rng.normal(size=(400, 3))
    if name == "moons":
        return datasets.make_moons(600, noise=0.1, random_state=0)[0]
    return datasets.make_swiss_roll(800, noise=0.3, random_state=0)[0]
