"""The contest of the demonstration: density models, searched alike and judged alike.

All are searched by cross-validation on training rows, and judged on rows that no search has seen.
"""

from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from joblib import parallel_config
from sklearn.base import clone
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV, KFold, ParameterGrid
from sklearn.neighbors import KernelDensity

from ..estimators import EmpiricalScoreDiffusion, SmoothedPLDiffusion, SmoothedPLDiffusionCV
from ..metrics import memorized_fraction

__all__ = ["FOLDS", "SEED", "Contender", "Result", "contenders", "draw", "judge"]

SEED = 0
FOLDS = 3
DRAWN = 1000


class Contender(NamedTuple):
    """A model and the parameters to search."""

    name: str
    model: Any
    grid: list[dict]
    """Empty for a model whose `fit` searches."""

    @property
    def n_fits(self):
        """Steps of progress that its search takes."""
        return FOLDS * len(ParameterGrid(self.grid)) if self.grid else 1


class Result(NamedTuple):
    """How a searched model did."""

    name: str
    model: Any
    chosen: dict
    log_likelihood: np.ndarray
    """Log-density of each held-out row, (n,)."""
    memorized: float
    """Fraction of its samples that are near-copies of training rows."""
    memorized_bare: float
    """The same at t_min = 0, without the noise that samples keep; NaN if there is no t_min."""
    seconds: float
    """To search, fit and sample."""


def contenders(X):
    """The four models and their grids for training rows X (n, d)."""
    unit = SmoothedPLDiffusion().fit(X).spacing_ ** 2
    bandwidths = np.sqrt(unit) * np.arange(0.4, 1.01, 0.05)
    return [
        Contender("SmoothedPL", SmoothedPLDiffusionCV(cv=FOLDS, random_state=SEED, verbose=1), []),
        Contender("Empirical", EmpiricalScoreDiffusion(t0=2 * unit), [{"t_min": bandwidths**2}]),
        # One leaf: with more, scikit-learn cuts the far tails of a row's density.
        Contender("KernelDensity", KernelDensity(leaf_size=len(X)), [{"bandwidth": bandwidths}]),
        Contender(
            "GaussianMixture",
            GaussianMixture(max_iter=500, random_state=SEED),
            [{"n_components": [10, 20, 40, 80], "reg_covar": [1.0, 2.0, 4.0, 8.0]}],
        ),
    ]


def judge(contender, train, test, progress):
    """Search a model on rows ``train`` (n, d) and judge it on rows ``test`` (m, d)."""
    name, model, grid = contender
    progress.stage = name

    def mean_log_likelihood(model, X, y=None):
        progress.step()
        return float(np.mean(model.score_samples(X)))  # score of KernelDensity is a sum

    began = perf_counter()
    if grid:
        folds = KFold(FOLDS, shuffle=True, random_state=SEED)
        search = GridSearchCV(model, grid, scoring=mean_log_likelihood, cv=folds)
        # Threads share what is compiled, and report together.
        with parallel_config("threading", n_jobs=-1):
            best, chosen = search.fit(train).best_estimator_, search.best_params_
    else:
        model.fit(train)
        best, chosen = model.best_estimator_, model.best_params_
        progress.step()
    samples = draw(best)
    seconds = perf_counter() - began
    bare = float("nan")
    if "t_min" in best.get_params():
        bare = memorized_fraction(draw(clone(best).set_params(t_min=0).fit(train)), train)
    log_likelihood = best.score_samples(test)
    memorized = memorized_fraction(samples, train)
    return Result(name, best, chosen, log_likelihood, memorized, bare, seconds)


def draw(model):
    """Rows that a fitted model samples, always the same."""
    if isinstance(model, GaussianMixture):  # its sample takes no seed, and returns labels as well
        return model.sample(DRAWN)[0]
    return model.sample(DRAWN, random_state=SEED)
