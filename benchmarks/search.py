"""Seconds of `SmoothedPLDiffusionCV.fit`, by rows and columns.

"first" is the first search of a process, compilation and the start of JAX included: the median of
new processes, and the slowest. The others follow a search that has compiled. Skewed, correlated
columns, and wine.
"""

import warnings

import numpy as np
from sklearn.datasets import load_wine
from sklearn.preprocessing import StandardScaler

from smoothdiff import SmoothedPLDiffusionCV

from ._measure import in_a_process, record, seconds

PROCESSES = 7
SIZES = {(5000, 10): 2, (100_000, 10): 1}


def skewed(n, d):
    rng = np.random.default_rng(0)
    return np.sinh(rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) / 3)


def wine():
    return StandardScaler().fit_transform(load_wine().data)


def search(X):
    """Seconds of one search."""
    warnings.filterwarnings("ignore", "The search chose")
    return seconds(lambda: SmoothedPLDiffusionCV(random_state=0).fit(X), 1)[0]


def main():
    X = wine()
    first = [in_a_process(search, X) for _ in range(PROCESSES)]
    results = {"178 x 13, first": {"seconds": float(np.median(first)), "slowest": max(first)}}
    search(X)
    results["178 x 13"] = {"seconds": min(search(X) for _ in range(3))}
    for (n, d), repeats in SIZES.items():
        X = skewed(n, d)
        results[f"{n} x {d}"] = {"seconds": min(search(X) for _ in range(repeats))}
    record("search", results)
    return results
