"""Scorers for searches of scikit-learn: how good samples are, and how far they are copies."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .. import _checks as checks
from ..estimators._base import BaseDiffusion
from ..estimators._class_laws import draw
from ..pipeline import GenerativePipeline
from ..tables import TableDiffusion
from ._classifier import c2st
from ._novelty import authenticity, memorized_fraction
from ._transport import energy_distance, sliced_wasserstein

__all__ = ["constrained", "scorer"]

# Larger is better; the sign says which way round a metric is.
OF_HELD_OUT: dict[str, Callable] = {
    "c2st": c2st,
    "energy_distance": energy_distance,
    "sliced_wasserstein": sliced_wasserstein,
}
OF_TRAINING: dict[str, tuple[int, Callable]] = {
    "memorized_fraction": (-1, memorized_fraction),
    "authenticity": (1, authenticity),
}
METRICS = ("log_likelihood", *OF_HELD_OUT, *OF_TRAINING)
# What a setting over the limit gets: below any likelihood, and finite, as searches want it.
FORBIDDEN = -1e9


def scorer(metric="log_likelihood", *, n_samples=None, random_state=0):
    """A scorer for `GridSearchCV`, ``scoring=scorer("c2st")``; larger is better.

    Parameters
    ----------
    metric : str, default="log_likelihood"
        "log_likelihood", mean of `score_samples`; "c2st", "energy_distance" or
        "sliced_wasserstein" of samples beside the held-out rows, with a minus sign;
        "memorized_fraction", with a minus sign, or "authenticity" of samples beside the rows that
        the model was fitted to.
    n_samples : int, optional
        Rows to draw; by default as many as are held out.
    random_state : int, default=0
        For the draw and the metric.

    Returns
    -------
    callable
        ``scorer(estimator, X, y=None)``; it can be pickled.

    Raises
    ------
    ValueError, TypeError
        For another metric; from the scorer, for an estimator that does not keep its rows.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from smoothdiff import SmoothedPLDiffusion
    >>> from smoothdiff.metrics import scorer
    >>> grid = {"kappa": [0.1, 0.9]}
    >>> model, scoring = SmoothedPLDiffusion(random_state=0), scorer("authenticity")
    >>> GridSearchCV(model, grid, scoring=scoring).fit(load_iris().data[:50]).best_params_
    {'kappa': 0.1}
    """
    checks.choice(metric, "metric", METRICS)
    if n_samples is not None:
        checks.count(n_samples, "n_samples")
    checks.seed(random_state)
    return Scorer(metric, n_samples, random_state)


def constrained(
    objective="log_likelihood",
    *,
    max_memorized=0.05,
    ratio=1 / 3,
    n_samples=None,
    random_state=0,
):
    """A scorer for `GridSearchCV`: the best of the settings that memorize little enough.

    A setting whose samples are near-copies of training rows more often than ``max_memorized``
    gets -1e9 (1 + the excess), in any fold, so that it is chosen only if all are over the limit,
    and then the least of them.

    Parameters
    ----------
    objective : str or scorer, default="log_likelihood"
        What to make large under that constraint: a name as of `scorer`, or any scorer.
    max_memorized : float in [0, 1], default=0.05
        Largest `memorized_fraction` of samples beside the rows that the model was fitted to.
    ratio : float in (0, 1], default=1/3
        As in `memorized_fraction`.
    n_samples : int, optional
        Rows to draw; by default as many as are held out.
    random_state : int, default=0

    Returns
    -------
    callable
        ``scorer(estimator, X, y=None)``; it can be pickled.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from smoothdiff import SmoothedPLDiffusion
    >>> from smoothdiff.metrics import constrained
    >>> search = GridSearchCV(
    ...     SmoothedPLDiffusion(random_state=0),
    ...     {"t_min_scale": [0.01, 0.1, 0.5]},
    ...     scoring=constrained(max_memorized=0.2),
    ... ).fit(load_iris().data)
    >>> bool(search.best_score_ > -1e9)
    True
    """
    if not callable(objective):
        objective = scorer(objective, n_samples=n_samples, random_state=random_state)
    checks.real(max_memorized, "max_memorized", "a float in [0, 1]", lambda v: 0 <= v <= 1)
    checks.real(ratio, "ratio", "a float in (0, 1]", lambda v: 0 < v <= 1)
    return Constrained(objective, max_memorized, ratio, n_samples, random_state)


@dataclass(frozen=True)
class Scorer:
    """What `scorer` makes."""

    metric: str
    n_samples: int | None
    random_state: int | None

    def __call__(self, estimator, X, y=None):
        if self.metric == "log_likelihood":
            return float(np.mean(estimator.score_samples(X)))
        made = draw(estimator, self.n_samples or len(X), self.random_state)
        if self.metric in OF_HELD_OUT:
            return -float(OF_HELD_OUT[self.metric](made, X, random_state=self.random_state))
        sign, metric = OF_TRAINING[self.metric]
        return sign * float(metric(made, training_rows(estimator)))


@dataclass(frozen=True)
class Constrained:
    """What `constrained` makes."""

    objective: Callable
    max_memorized: float
    ratio: float
    n_samples: int | None
    random_state: int | None

    def __call__(self, estimator, X, y=None):
        made = draw(estimator, self.n_samples or len(X), self.random_state)
        memorized = memorized_fraction(made, training_rows(estimator), self.ratio)
        if memorized > self.max_memorized:
            return FORBIDDEN * (1 + float(memorized) - self.max_memorized)
        return self.objective(estimator, X, y)


def training_rows(estimator):
    """The rows that a model was fitted to, as far as it keeps them: on its subspace.

    Raises
    ------
    TypeError
        For a model that keeps none.
    """
    check_is_fitted(estimator)
    if isinstance(estimator, BaseDiffusion):
        return estimator.diffusion_.subspace.lift(estimator.points_)
    if isinstance(estimator, TableDiffusion):
        kept = estimator.schema_.kept
        return estimator._build([c.name for c in kept], [c.values for c in kept])
    if isinstance(estimator, GenerativePipeline):
        return estimator._to_input(training_rows(estimator[-1]))
    raise TypeError(
        "memorized_fraction in a search needs a model that keeps its rows, such as "
        f"SmoothedPLDiffusion, TableDiffusion or a GenerativePipeline. Got "
        f"{type(estimator).__name__} instead."
    )
