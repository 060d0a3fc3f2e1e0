"""SmoothedPL sampling against imbalanced-learn's SMOTE making as many rows.

Both include their search for neighbors; ours also certifies every row. ``fit`` and ``sample``
are timed apart: SMOTE has no fit, so ``ratio_with_fit`` is the harder comparison. The papers' law,
spheres around the points, is timed beside the default one: its starts lie nearer.

results/sampling_earlier.json is what an earlier day found: SMOTE's times differ most between days.
"""

import numpy as np
from imblearn.over_sampling import SMOTE

from smoothdiff import SmoothedPLDiffusion

from ._measure import record, seconds

N = 100_000


def smote(X):
    """As many new rows as X has, by making X the minority of an imbalanced set."""
    majority = np.random.default_rng(1).normal(size=(2 * len(X), X.shape[1]))
    labels = np.repeat([0, 1], [len(majority), len(X)])
    both = np.concatenate([majority, X])
    sampler = SMOTE(random_state=0)
    elapsed, (new, _) = seconds(
        lambda: sampler.fit_resample(both, labels), 3 if X.shape[1] < 5 else 1
    )
    assert len(new) - len(both) == len(X)
    return elapsed


def main():
    results = {}
    rng = np.random.default_rng(0)
    for d in (2, 3, 5, 10):
        X = rng.normal(size=(N, d))
        SmoothedPLDiffusion(random_state=0).fit(X[:20000]).sample(5000)  # compile
        repeats = 3 if d < 5 else 1
        fit, model = seconds(lambda X=X: SmoothedPLDiffusion(random_state=0).fit(X), repeats)
        sample, _ = seconds(lambda m=model: m.sample(N), repeats)
        model.n_jobs = 2
        two_jobs, _ = seconds(lambda m=model: m.sample(N), repeats)
        spheres = SmoothedPLDiffusion(start="isotropic", random_state=0).fit(X)
        isotropic, _ = seconds(lambda m=spheres: m.sample(N), repeats)
        peer = smote(X)
        results[f"d={d}"] = {
            "n": N,
            "fit_s": fit,
            "sample_s": sample,
            "sample_s_2_jobs": two_jobs,
            "sample_s_isotropic": isotropic,
            "smote_s": peer,
            "ratio": peer / sample,
            "ratio_2_jobs": peer / two_jobs,
            "ratio_with_fit": peer / (fit + sample),
        }
    X = rng.normal(size=(N, 1))
    for name, data in {
        "one dimension": X,
        "a line in 10": X * np.ones(10),
        "4 points": X[:4],
    }.items():
        model = SmoothedPLDiffusion(random_state=0).fit(data)
        model.sample(10)
        elapsed, _ = seconds(lambda m=model: m.sample(1_000_000))
        results[name] = {"n": len(data), "samples": 10**6, "samples_per_s": 1e6 / elapsed}
    record("sampling", results)
    return results
