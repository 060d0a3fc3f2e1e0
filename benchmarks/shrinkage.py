"""``start_shrinkage`` by a formula, beside the best pair of a search and the default.

``python -m benchmarks shrinkage``. The tables, standardization and halves of `likelihood`, two
splits each; the starting law alone (t_min = t0), m neighbors. Nats a row below the best of 30
pairs, which was chosen on the held-out rows themselves, so that nothing can be above it by much.

    halves        weights towards cloud and sphere that best predict, in squares, the second moment
                  of every other one of 2 m neighbors from that of the rest
    OAS, sphere   of each neighborhood by itself: the law "local-pca"
    default       (0.1, 0.1)
"""

from itertools import product

import numpy as np
from scipy.optimize import nnls
from sklearn.model_selection import train_test_split
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from smoothdiff import SmoothedPLDiffusion

from ._measure import means, record
from .likelihood import tables

NEIGHBORS, SPLITS = (10, 20), 2
PAIRS = tuple(product((0, 0.05, 0.1, 0.2, 0.4, 0.6), (0.01, 0.03, 0.1, 0.2, 0.4)))


def halves(X, m):
    """w_g and w_s, not negative and of a sum up to 1, that predict one half from the other.

    Both halves are scaled to the same trace: the rest of the neighbors are a little farther away.
    """
    n, d = X.shape
    near = NearestNeighbors(n_neighbors=2 * m).fit(X).kneighbors(return_distance=False)
    steps = X[near] - X[:, None]
    one, other = (np.einsum("kmi,kmj->kij", half, half) for half in (steps[:, ::2], steps[:, 1::2]))
    one, other = (
        (d * moment / np.trace(moment, axis1=1, axis2=2)[:, None, None]).reshape(n, -1)
        for moment in (one, other)
    )
    shape = np.cov(X.T)
    targets = [(d * shape / np.trace(shape)).ravel(), np.eye(d).ravel()]
    changes = np.column_stack([(target - one).ravel() for target in targets])
    w_g, w_s = nnls(changes, (other - one).ravel())[0]
    return w_g / max(1.0, w_g + w_s), max(w_s / max(1.0, w_g + w_s), 1e-3)


def below_best(train, test, m):
    """Nats a row below the best pair, by name."""

    def score(**parameters):
        model = SmoothedPLDiffusion(t_min_scale=1.0, start_neighbors=m, **parameters)
        return model.fit(train).score(test)

    best = max(score(start_shrinkage=pair) for pair in PAIRS)
    found = {
        "halves": score(start_shrinkage=halves(train, m)),
        "OAS, sphere": score(start="local-pca"),
        "default": score(),
    }
    return {name: best - value for name, value in found.items()}


def main():
    results = {}
    for name, X, seeds in tables():
        for m in NEIGHBORS:
            rows = []
            for seed in list(seeds)[:SPLITS]:
                train, test = train_test_split(X, test_size=0.5, random_state=seed)
                scaler = StandardScaler().fit(train)
                rows.append(below_best(scaler.transform(train), scaler.transform(test), m))
            results[f"{name}, m = {m}"] = means(rows)
    record("shrinkage", results)
    return results
