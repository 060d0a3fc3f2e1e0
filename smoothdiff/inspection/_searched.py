"""What a fitted search tried: parameters, held-out likelihoods and memorized fractions.

Of a grid over several parameters one is along the axis, one tells the curves apart, and of those
that are left the best counts (a profile of the likelihood).
"""

from dataclasses import dataclass

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import KFold
from sklearn.utils.validation import check_is_fitted

from .. import _checks as checks
from ..metrics import memorized_fraction
from ..metrics._scorers import FORBIDDEN

__all__ = ["Searched", "memorized_by_fitting", "memorized_of_held_out", "read_search"]

# Parameters that can be along the axis, the first that a search varies by default; the others, the
# last first, tell curves apart.
SMOOTHING = ("t_min", "t_min_scale", "t0", "t0_scale", "kappa")
# More curves are not told apart.
MOST_CURVES = 8
# A mean over no more than a thousand folds is below this if `constrained` forbade one of them.
NO_LIKELIHOOD = FORBIDDEN / 1000


@dataclass(frozen=True, eq=False)
class Searched:
    """The candidates of a search, (n,) each."""

    given: list[dict]
    """Parameters as the estimator takes them."""
    params: list[dict]
    """The same by their own names, without those of pipeline steps."""
    scores: np.ndarray
    """Mean held-out log-likelihood; -inf where there is none."""
    memorized: np.ndarray | None
    """Mean memorized fraction, if it was scored."""
    best: int
    """The one chosen."""
    natural: tuple[str, str] | None = None
    """What `axes` returns by default, if the kind of search says so."""

    def varied(self):
        """Names of the parameters of smoothing that were searched, those that vary first."""
        names = [n for n in SMOOTHING if any(_is_place(p.get(n)) for p in self.params)]
        return sorted(names, key=lambda name: self.count(name) == 1)

    def count(self, name):
        """How many values of a parameter were tried."""
        return len({repr(p.get(name)) for p in self.params})

    def axes(self, param=None, by=None):
        """The parameters along the axis and of the curves, by default the natural ones.

        The second is None where there is one curve.
        """
        names = self.varied()
        if not names:
            raise ValueError(
                "The search varies none of the parameters "
                f"{', '.join(map(repr, sorted(SMOOTHING)))} over positive numbers."
            )
        if param is None and by is None and self.natural:
            return self.natural
        first = names[0] if param is None else checks.choice(param, "param", names)
        everything = sorted({name for p in self.params for name in p} - {first})
        if by is None:
            by = next((n for n in reversed(SMOOTHING) if n in everything and self._tells(n)), None)
        elif by not in everything:
            checks.choice(by, "by", everything)
        return first, by

    def _tells(self, name):
        return 1 < self.count(name) <= MOST_CURVES

    def profile(self, param, by):
        """Numbers of the candidates to draw: the best of each pair of values of the two."""
        order = sorted(range(len(self.params)), key=lambda i: (i != self.best, -self.scores[i]))
        kept: dict = {}
        for i in order:
            p = self.params[i]
            if _is_place(p.get(param)):
                kept.setdefault((p[param], repr(p.get(by))), i)
        return sorted(kept.values())


def _is_place(value):
    """Whether it can stand on a logarithmic axis."""
    return checks.is_number(value) and 0 < value < np.inf


def read_search(search, display) -> Searched:
    """Read a fitted SmoothedPLDiffusionCV or a search of scikit-learn."""
    check_is_fitted(search)
    results = getattr(search, "cv_results_", {})
    if "params" not in results:
        raise TypeError(
            f"{display} needs a search such as GridSearchCV or a SmoothedPLDiffusionCV. "
            f"Got {type(search).__name__} instead."
        )
    given = [dict(p) for p in results["params"]]
    names = {key for p in given for key in p}
    own = {key: key.rsplit("__", 1)[-1] for key in names}
    twice = {name for name in own.values() if list(own.values()).count(name) > 1}
    own = {key: key if name in twice else name for key, name in own.items()}
    params = [{own[key]: value for key, value in p.items()} for p in given]
    natural = None
    if hasattr(search, "t_min_"):  # SmoothedPLDiffusionCV, whose None is the t_min it was given
        natural = ("t_min_scale", "kappa")
        fixed = search.t_min_ / search.t0_
        for p in params:
            p["t_min_scale"] = fixed if p["t_min_scale"] is None else p["t_min_scale"]
    scores = np.asarray(results[_key_of_likelihood(search, results)], dtype=np.float64)
    memorized = next((results[key] for key in results if _is_memorized(key)), None)
    return Searched(
        given,
        params,
        np.where(scores > NO_LIKELIHOOD, scores, -np.inf),  # NaN, too
        # A scorer of which less is better has the sign changed.
        None if memorized is None else np.abs(memorized),
        int(getattr(search, "best_index_", np.argmax(scores))),
        natural,
    )


def _is_memorized(key):
    return key.startswith("mean_test_") and "memorized" in key


def _key_of_likelihood(search, results):
    """The column of mean held-out log-likelihoods."""
    refit = getattr(search, "refit", None)
    wanted = ["mean_test_score", f"mean_test_{refit}"]
    wanted += [key for key in results if key.startswith("mean_test_")]
    for key in wanted:
        if key in results and not _is_memorized(key):
            return key
    raise ValueError("The search has no score but the memorized fraction: score likelihood too.")


def memorized_by_fitting(search, searched, candidates, X, n_samples, random_state):
    """Memorized fraction of samples of some candidates fitted to all of X, (k,)."""
    return np.array(
        [
            _memorized(_refitted(search, searched.given[i], X), X, n_samples, random_state)
            for i in candidates
        ]
    )


def _refitted(search, params, X):
    params = {name: value for name, value in params.items() if value is not None}
    return clone(search.best_estimator_).set_params(**params).fit(X)


def _memorized(model, X, n_samples, random_state):
    if not hasattr(model, "sample"):  # a Pipeline of scikit-learn: in its last step's coordinates
        X, model = model[:-1].transform(X), model[-1]
    samples = model.sample(n_samples, random_state=random_state)
    return memorized_fraction(np.asarray(samples, np.float64), np.asarray(X, np.float64))


def memorized_of_held_out(X, n_folds=5):
    """Memorized fraction of the rows of X beside the others, in shuffled folds."""
    X = np.asarray(X, dtype=np.float64)
    folds = KFold(min(n_folds, len(X)), shuffle=True, random_state=0).split(X)
    return float(
        np.average(
            [memorized_fraction(X[test], X[train]) for train, test in folds],
        )
    )
