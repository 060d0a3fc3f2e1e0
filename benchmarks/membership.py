"""Membership: can who holds a row tell from generated ones whether the model was fitted on it?

``python -m benchmarks membership``: scikit-learn's tables, and with ``SMOOTHDIFF_TABLES=folder``
six mixed ones of `tables`; ``SMOOTHDIFF_ONLY=ecoli`` measures that one again and keeps the rest.
Half of the rows are members, a quarter candidates that are none, and a quarter is known to the
attacker. Columns are in deviations of all rows. Each attack gives every candidate a number, higher
for members:

    distance    minus the distance to the closest generated row, of n (as many as there are
                members) or 10 n
    calibrated  minus that distance over the distance to the closest row that the attacker knows
    density     the log-density of the fitted model, which takes the model and not its rows

    auc         area under the ROC curve, mean and standard error over splits; 0.5 tells nothing
    tpr         part of the members found at a threshold that 1% of the others pass, all splits
                together

Beside the models: rows that nobody was fitted on (tells nothing), one Gaussian, the members moved
by noise of a t0 in each direction, and the members drawn again (tells everything).
"""

import os
import warnings

import numpy as np
import pandas as pd
from sklearn import datasets
from sklearn.metrics import roc_auc_score, roc_curve
from sklearn.mixture import GaussianMixture
from sklearn.preprocessing import StandardScaler

from smoothdiff import SmoothedPLDiffusion, TableDiffusion, metrics
from smoothdiff.metrics._rows import read

from . import _mixed
from ._measure import earlier, record

SPLITS, MANY = 5, 10
POINTS = ("iris", "wine", "breast_cancer", "diabetes")
TABLES = ("ecoli", "breast-cancer", "horse-colic", "german", "pima", "auto")
UNSEEN, AGAIN = "unseen rows", "members drawn again"
OF_POINTS = {
    "SmoothedPLDiffusion": {},
    "kappa 0.01": {"kappa": 0.01},
    "t0_scale 10": {"t0_scale": 10.0},
    "t_min_scale 1": {"t_min_scale": 1.0},
}
OF_TABLES = {
    "TableDiffusion": {},
    "near copies stay": {"redraw": "equal"},
    "t_min_scale 1": {"estimator": SmoothedPLDiffusion(t_min_scale=1.0)},
}


class Redrawn:
    """Members drawn again, with noise of variance t each way; or others as they are."""

    def __init__(self, rows, t=0.0, repeat=True):
        self.rows, self.t, self.repeat = rows, t, repeat

    def sample(self, n, random_state=None):
        if not self.repeat:
            return self.rows
        rng = np.random.default_rng(random_state)
        rows = self.rows[rng.integers(len(self.rows), size=n)]
        return rows + np.sqrt(self.t) * rng.normal(size=rows.shape) if self.t else rows


class Frames(Redrawn):
    """The same of a DataFrame."""

    def sample(self, n, random_state=None):
        if not self.repeat:
            return self.rows
        return self.rows.sample(n, replace=True, random_state=random_state)


class Gaussian(GaussianMixture):
    """Of one component; draws other rows for each seed."""

    def sample(self, n, random_state=None):
        self.random_state = random_state
        return super().sample(n)[0]


class Filtered:
    """Rows of a model that `filter_copies` leaves, as many as there are."""

    def __init__(self, model, members, known):
        self.model, self.members, self.known = model, members, known

    def sample(self, n, random_state=None):
        return metrics.filter_copies(
            self.model.sample(n, random_state=random_state), self.members, self.known
        )


def generators(members, known):
    """What draws rows, by name, fitted on the members."""
    if isinstance(members, pd.DataFrame):
        found = {name: TableDiffusion(**p).fit(members) for name, p in OF_TABLES.items()}
        found["filter_copies"] = Filtered(found["TableDiffusion"], members, known)
        return {
            **{UNSEEN: Frames(known, repeat=False)},
            **found,
            **{AGAIN: Frames(members)},
        }
    found = {name: SmoothedPLDiffusion(**p).fit(members) for name, p in OF_POINTS.items()}
    plain = found["SmoothedPLDiffusion"]
    found["filter_copies"] = Filtered(plain, members, known)
    return {
        UNSEEN: Redrawn(known, repeat=False),
        "one Gaussian": Gaussian(reg_covar=1e-3).fit(members),
        **found,
        "members moved": Redrawn(members, plain.t0_),
        AGAIN: Redrawn(members),
    }


def parts(table, seed):
    """Members, candidates that are none, and rows that the attacker knows: as in the table."""
    order = np.random.default_rng(seed).permutation(len(table))
    a, b = len(table) // 2, 3 * len(table) // 4
    take = table.iloc if isinstance(table, pd.DataFrame) else table
    return [take[rows] for rows in np.split(order, [a, b])]


def attacks(table, members, others, known, made):
    """A number for each member and each of the others, by attack."""
    tables = {"all": table, "members": members, "others": others, "known": known, "made": made}
    _, members, others, known, made = read(tables)
    found: dict = {"distance": [], "calibrated": []}
    for rows in (members, others):
        near, usual = (of.nearest_to(rows)[0][:, 0] for of in (made, known))
        found["distance"].append(-near)
        found["calibrated"].append(-(near + 1e-9) / (usual + 1e-9))
    return found


def one_split(table, seed):
    """Numbers of `attacks`, by generator, how many rows it drew, and attack."""
    members, others, known = parts(table, seed)
    found = {}
    for name, model in generators(members, known).items():
        for many in (1, MANY):
            made = model.sample(many * len(members), random_state=seed)
            for attack, numbers in attacks(table, members, others, known, made).items():
                found[name, f"{many} n" if many > 1 else "n", attack] = numbers
        if isinstance(model, SmoothedPLDiffusion):
            found[name, "model", "density"] = [model.score_samples(X) for X in (members, others)]
    return found


def summary(splits):
    """Of pairs of numbers (of members, of others), one a split."""
    truth = [np.r_[np.ones(len(a)), np.zeros(len(b))] for a, b in splits]
    numbers = [np.concatenate(pair) for pair in splits]
    auc = [roc_auc_score(y, s) for y, s in zip(truth, numbers, strict=True)]
    fpr, tpr, _ = roc_curve(np.concatenate(truth), np.concatenate(numbers))
    return {
        "auc": float(np.mean(auc)),
        "auc_se": float(np.std(auc, ddof=1) / np.sqrt(len(auc))),
        "tpr": float(tpr[fpr <= 0.01].max()),
    }


def tables():
    """Arrays in deviations and DataFrames, by name."""
    for name in POINTS:
        data = getattr(datasets, f"load_{name}")(as_frame=True)
        yield name, StandardScaler().fit_transform(data.data.to_numpy())
        yield f"{name} as a table", data.frame
    if folder := os.environ.get("SMOOTHDIFF_TABLES"):
        for name in TABLES:
            yield name, _mixed.load(folder, name)[0]


def main():
    results = earlier("membership")
    for name, table in tables():
        if os.environ.get("SMOOTHDIFF_ONLY", name) != name:
            continue
        found: dict = {}
        for seed in range(SPLITS):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                for key, numbers in one_split(table, seed).items():
                    found.setdefault(key, []).append(numbers)
        results |= {", ".join([name, *key]): summary(splits) for key, splits in found.items()}
        record("membership", results)
    return results
