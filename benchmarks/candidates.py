"""The candidates of SmoothedPLDiffusionCV: which starts, kappas and scales of t_min it should try.

``python -m benchmarks candidates``, and with ``SMOOTHDIFF_TABLES=folder`` more tables. Of at most
600 rows a third is held out, two splits, columns standardized on the rest. Each set of candidates
for the start has a search of its own; one search scores all kappas, and another all scales, and
each set takes what it finds best among them, fitted again.

    set of candidates   nats a held-out row above what the first of its kind chose, mean over splits
    narrower            nats that the search itself gains by the kappas below 0.01
"""

import warnings

import numpy as np

from smoothdiff import SmoothedPLDiffusion, SmoothedPLDiffusionCV

from . import _tables
from ._measure import means, record

SEEDS, ROWS = range(100, 102), 600
BEFORE = ((0.1, 0.01), (0.1, 0.1), (0.0, 0.3), (0.4, 0.05))
CHOSEN = ((0.001, 1e-4), (0.01, 0.001), (0.1, 0.01), (0.0, 0.3))
# Shrinkages and neighbors.
STARTS = {
    "start, w_s from .01, m to 40": (BEFORE, (7, 20, 40)),
    "start, w_s from .0001, m to 60": (CHOSEN, (7, 20, 60)),
    "start, w_s from .0001, m to 40": (CHOSEN, (7, 20, 40)),
    "start, w_s from .0001, m from 10 to 80": (CHOSEN, (10, 30, 80)),
    "start, w_s from .000001, m to 60": (((1e-4, 1e-6), *CHOSEN[1:]), (7, 20, 60)),
}
KAPPAS = {
    "kappa .05, .1, .2": (0.05, 0.1, 0.2),
    "kappa .01, .05, .2": (0.01, 0.05, 0.2),
    "kappa .02, .05, .2": (0.02, 0.05, 0.2),
    "kappa .01, .1": (0.01, 0.1),
    "kappa .01, .02, .05, .1, .2": (0.01, 0.02, 0.05, 0.1, 0.2),
}
NARROWER = (0.001, 0.003)
T_MINS = {
    "t_min .03, .1, .25, .5, 1": (0.03, 0.1, 0.25, 0.5, 1.0),
    "t_min .03, .1, .25, .5, .7, 1": (0.03, 0.1, 0.25, 0.5, 0.7, 1.0),
    "t_min .03, .1, .3, .6, 1": (0.03, 0.1, 0.3, 0.6, 1.0),
    "t_min .03, .1, .4, .7, 1": (0.03, 0.1, 0.4, 0.7, 1.0),
}


def union(sets):
    return tuple(sorted(set().union(*sets)))


def best(search, name, values):
    """Parameters of the first best pair whose ``name`` is among the values, and its score."""
    results = search.cv_results_
    scores = np.where(
        [pair[name] in values for pair in results["params"]], results["mean_test_score"], -np.inf
    )
    place = int(np.argmax(scores >= scores.max() - 1e-9))
    return results["params"][place], scores[place]


def of_split(train, test, seed):
    """Mean held-out log-likelihood by set of candidates, and what narrower kappas gain."""
    kappas = union(KAPPAS.values())
    search = SmoothedPLDiffusionCV(kappas=(*NARROWER, *kappas), random_state=seed).fit(train)
    start, fits = search.best_params_["start"], {}
    found = {}
    for label, (shrinkages, neighbors) in STARTS.items():
        starts = {"start_shrinkages": shrinkages, "start_neighbors": neighbors}
        found[label] = SmoothedPLDiffusionCV(**starts, random_state=seed).fit(train).score(test)

    def score(search, name, values):
        pair, _ = best(search, name, values)
        key = tuple(pair.values())
        if key not in fits:
            fits[key] = SmoothedPLDiffusion(start=start, **pair).fit(train).score(test)
        return fits[key]

    for label, values in KAPPAS.items():
        found[label] = score(search, "kappa", values)
    found["narrower"] = best(search, "kappa", (*NARROWER, *kappas))[1]
    found["narrower"] -= best(search, "kappa", kappas)[1]
    scales = SmoothedPLDiffusionCV(
        start=start,
        kappas=KAPPAS["kappa .01, .05, .2"],
        t_min_scales=union(T_MINS.values()),
        random_state=seed,
    ).fit(train)
    for label, values in T_MINS.items():
        found[label] = score(scales, "t_min_scale", values)
    return found


def main():
    results = {}
    warnings.simplefilter("ignore")
    for table in _tables.names():
        X, rows = _tables.load(table)[0][:ROWS], []
        for seed in SEEDS:
            split = _tables.split(X, None, seed, held_out=0.33)
            rows.append(of_split(split.train, split.held_out, seed))
        mean = means(rows)
        results[table] = {"narrower": mean["narrower"]}
        for sets in (STARTS, KAPPAS, T_MINS):
            first = mean[next(iter(sets))]
            results[table] |= {key: mean[key] - first for key in sets}
    record("candidates", results)
    return results
