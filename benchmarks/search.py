"""Seconds of `SmoothedPLDiffusionCV.fit`, by rows and columns.

"first" is the first search of a process, compilation included; the others follow it. Skewed,
correlated columns, and wine.
"""

import warnings

import numpy as np
from sklearn.datasets import load_wine
from sklearn.preprocessing import StandardScaler

from smoothdiff import SmoothedPLDiffusionCV

from ._measure import record, seconds

SIZES = {(5000, 10): 2, (100_000, 10): 1}


def skewed(n, d):
    rng = np.random.default_rng(0)
    return np.sinh(rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) / 3)


def main():
    warnings.filterwarnings("ignore", "The search chose")

    def fit(X):
        return SmoothedPLDiffusionCV(random_state=0).fit(X)

    wine = StandardScaler().fit_transform(load_wine().data)
    results = {"178 x 13, first": {"seconds": seconds(lambda: fit(wine), 1)[0]}}
    results["178 x 13"] = {"seconds": seconds(lambda: fit(wine))[0]}
    for (n, d), repeats in SIZES.items():
        X = skewed(n, d)
        results[f"{n} x {d}"] = {"seconds": seconds(lambda X=X: fit(X), repeats)[0]}
    record("search", results)
    return results
