"""Tables of mixed columns for `tables`, and how generated ones are judged."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from smoothdiff import metrics

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
MOST_ROWS, HELD_OUT = 5000, 0.35


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


def judge(made, split, seed):
    """What `smoothdiff.metrics` says of generated rows."""
    train, test = split.train, split.test
    made = alike(made, train)
    closest = metrics.distance_to_closest_record(made, train, test)
    at = {"random_state": seed}
    return {
        "c2st": float(metrics.c2st(made, test, **at)),
        "efficacy": float(metrics.efficacy(made, train, test, split.target, **at)),
        "columns": float(metrics.column_similarity(made, test)),
        "associations": float(metrics.association_similarity(made, test)),
        "copied": float(metrics.copied_rows(made, train)),
        "closer": float(closest.closer()),
    }


def alike(made, train):
    """Generated rows with the types of the table, whatever a rival makes of them."""
    made = made[list(train.columns)].copy()
    for name in train:
        if pd.api.types.is_numeric_dtype(train[name]):
            made[name] = pd.to_numeric(made[name]).astype(float)
        else:
            made[name] = made[name].astype(object).where(made[name].notna(), None)
    return made
