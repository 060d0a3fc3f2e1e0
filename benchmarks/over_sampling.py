"""Over-sampling of a small class beside SMOTE, SMOTENC, ADASYN, plain repetition, and none at all.

``SMOOTHDIFF_TABLES=folder python -m benchmarks over_sampling``: on each table 5 stratified folds,
two shufflings; every sampler makes the classes equally large; then one-hot and standardized columns
for four classifiers (logistic regression, random forest, 15 neighbors, gradient boosting). Means
over folds and classifiers of ROC AUC, average precision (its null is the part of the small class)
and balanced accuracy, with the standard error of the folds' means.
"""

import os
import warnings

import numpy as np
import pandas as pd
from imblearn.over_sampling import ADASYN, SMOTE, SMOTENC, RandomOverSampler
from imblearn.pipeline import make_pipeline
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, balanced_accuracy_score, roc_auc_score
from sklearn.model_selection import RepeatedStratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from smoothdiff import DiffusionOverSampler, TableDiffusion

from . import _mixed
from ._measure import record

# The small class of each table, a function of the column to predict; at most so many rows.
SMALL = {
    "ecoli": {"ecoli, imU": lambda y: y == "imU", "ecoli, om and omL": lambda y: y.str[:2] == "om"},
    "pima": {"pima": lambda y: y == 1},
    "german": {"german": lambda y: y == 2},
    "abalone": {"abalone, 4 rings or fewer": lambda y: y <= 4},
}
MOST_ROWS = 2000
CLASSIFIERS = (
    LogisticRegression(max_iter=1000),
    RandomForestClassifier(200, random_state=0, n_jobs=-1),
    KNeighborsClassifier(15),
    HistGradientBoostingClassifier(random_state=0),
)


def samplers(X):
    text = [not pd.api.types.is_numeric_dtype(X[name]) for name in X]
    mixed = any(text)
    found = {
        "none": "passthrough",
        "repetition": RandomOverSampler(random_state=0),
        "smoothdiff": DiffusionOverSampler(random_state=0),
        "smoothdiff, of tables": DiffusionOverSampler(TableDiffusion(), random_state=0),
    }
    if mixed:
        return found | {"SMOTENC": SMOTENC(text, random_state=0)}
    return found | {"SMOTE": SMOTE(random_state=0), "ADASYN": ADASYN(random_state=0)}


def scores(X, y, sampler, folds):
    """Means over the classifiers, for each fold: (n_folds, 3)."""
    text = [name for name in X if not pd.api.types.is_numeric_dtype(X[name])]
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), text), remainder=StandardScaler()
    )
    rows = []
    for train, test in folds:
        found = []
        grown = (
            (X.iloc[train], y[train])
            if sampler == "passthrough"
            else sampler.fit_resample(X.iloc[train], y[train])
        )
        for classifier in CLASSIFIERS:
            model = make_pipeline(columns, classifier).fit(*grown)
            p = model.predict_proba(X.iloc[test])[:, 1]
            found.append(
                [
                    roc_auc_score(y[test], p),
                    average_precision_score(y[test], p),
                    balanced_accuracy_score(y[test], p > 0.5),
                ]
            )
        rows.append(np.mean(found, axis=0))
    return np.array(rows)


def main():
    results = {}
    for table, targets in SMALL.items():
        data, target, _ = _mixed.load(os.environ["SMOOTHDIFF_TABLES"], table)
        data = data[:MOST_ROWS]
        X = data.drop(columns=target)
        for name, is_small in targets.items():
            y = is_small(data[target]).to_numpy().astype(int)
            splitter = RepeatedStratifiedKFold(n_splits=5, n_repeats=2, random_state=0)
            folds = list(splitter.split(X, y))
            for sampler, model in samplers(X).items():
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    found = scores(X, y, model, folds)
                mean, error = found.mean(axis=0), found.std(axis=0, ddof=1) / len(found) ** 0.5
                keys = ("roc_auc", "average_precision", "balanced_accuracy")
                results[f"{name}, {sampler}"] = {
                    "small_class": float(y.mean()),
                    **dict(zip(keys, mean.tolist(), strict=True)),
                    **{f"{k}_se": e for k, e in zip(keys, error.tolist(), strict=True)},
                }
    record("over_sampling", results)
    return results
