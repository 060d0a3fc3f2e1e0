"""
Over-sampling a small class
===========================

One class has few rows, and a classifier hardly learns it. `DiffusionOverSampler` adds new rows of
that class, made between its own rows. It is a sampler of imbalanced-learn, and goes where SMOTE
goes: ``pip install 'smoothdiff[imblearn]'``.

First ask whether you need it. Re-balancing moves the threshold of a classifier more than it
improves its ranking. Where only the ranking counts (ROC AUC), no re-balancing is often as good.
"""

# %%
# A small class
# -------------

import numpy as np
import pandas as pd
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import make_pipeline
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RepeatedStratifiedKFold, cross_validate
from sklearn.preprocessing import StandardScaler

from smoothdiff import DiffusionOverSampler

X, y = load_breast_cancer(return_X_y=True)
rng = np.random.default_rng(0)
few = rng.permutation(np.flatnonzero(y == 0))[:25]  # 25 malignant ones are left
rows = np.r_[few, np.flatnonzero(y == 1)]
X, y = X[rows], (y[rows] == 0).astype(int)
print(f"{y.sum()} rows of the small class, {(y == 0).sum()} of the other")

# %%
# Four ways
# ---------
#
# The sampler stands in a pipeline of imbalanced-learn, so that only the training folds grow.

samplers = {
    "none": None,
    "DiffusionOverSampler": DiffusionOverSampler(random_state=0),
    "SMOTE": SMOTE(random_state=0, k_neighbors=3),
    "repetition": RandomOverSampler(random_state=0),
}
metrics = ["roc_auc", "average_precision", "balanced_accuracy"]
folds = RepeatedStratifiedKFold(n_splits=3, n_repeats=3, random_state=0)
found = {}
for name, sampler in samplers.items():
    steps = [StandardScaler(), sampler, LogisticRegression(max_iter=1000)]
    model = make_pipeline(*[step for step in steps if step is not None])
    scores = cross_validate(model, X, y, cv=folds, scoring=metrics)
    found[name] = {metric: scores[f"test_{metric}"].mean() for metric in metrics}
pd.DataFrame(found).T.round(3)

# %%
# Measured on more tables, with errors: :doc:`/measured`.
#
# Where the rows come from
# ------------------------

sampler = DiffusionOverSampler(random_state=0)
X_more, y_more = sampler.fit_resample(X, y)
print(f"{len(X_more) - len(X)} new rows, after the {len(X)} that were there")
print("the first is made of rows", sampler.parents_[0][sampler.parents_[0] >= 0])

# %%
# Tables of mixed columns are taken as they are: a DataFrame with categories goes to a
# `TableDiffusion` by itself. Whole numbers are rounded, not cut off. Numbers alone are points, in a
# DataFrame too: where zeros, decimals or gaps are to stay what they are, ask for
# ``DiffusionOverSampler(TableDiffusion())``.
