"""Held-out likelihood of starting laws and of the map: what SmoothedPLDiffusionCV chooses by.

First the start alone, at t_min = t0, where there is no map and nothing to solve: the log-densities
of held-out rows under all candidates are a table, and the mixture of greatest mean log-likelihood
is a convex problem on it (EM, `smoothdiff.starts.stacking_weights`). Then (t_min, kappa), by the
map's log-densities given that start. Candidates of one shape share neighbors and factors.
"""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from .._compute import map_threads
from .._progress import Progress
from ..likelihood import smoothed_pl_log_density
from ..mixed_cell import solve
from ..model import Diffusion
from ..starts import Start, starting_law

__all__ = ["Fold", "map_table", "start_table"]

# Points up to which tasks go side by side: beyond, each has work for all threads, and memory.
TOGETHER = 2048


@dataclass(frozen=True)
class Fold:
    """A model of some rows, and the rows held out from it."""

    diffusion: Diffusion
    """Of the training rows; its start, kappa and t_min are replaced by the candidates'."""
    spacing: float
    X: np.ndarray
    """Held-out rows, (m, d)."""
    rows: np.ndarray
    """Which of all rows they are, (m,)."""
    trained: np.ndarray
    """The rows that are the model's points, (k, d)."""


def start_table(folds: list[Fold], starts: list[Start], n, report: Progress):
    """Log-density of each held-out row under each start at t_min = t0, (n_starts, n).

    Rows that no fold holds out are NaN. Normal directions add the same to all.
    """
    shapes: dict[Start, list[int]] = {}
    for i, start in enumerate(starts):
        shapes.setdefault(replace(start, scale=1.0, weight=1.0), []).append(i)
    table = np.full((len(starts), n), np.nan)

    def fill(fold, shape, places):
        model = fold.diffusion
        x = model.subspace.project(fold.X)
        law = shape.law(model.cloud, model.t0, fold.spacing)
        scales = np.repeat([starts[i].scale for i in places], len(x))
        log_p = law.log_density(np.tile(x, (len(places), 1)), scales)
        table[np.ix_(np.array(places), fold.rows)] = log_p.reshape(len(places), -1)
        report.step()

    tasks = [partial(fill, fold, *of_shape) for fold in folds for of_shape in shapes.items()]
    _run([partial(_compile_solve, folds[0]), *tasks], folds)
    return table


def map_table(folds: list[Fold], starts: list[Start], pairs, n, report: Progress):
    """Log-density of each held-out row for pairs of t_min / t0 and kappa, (n_pairs, n).

    None is the t_min that the folds have. What `Diffusion.log_density` would say of each pair, in
    one solve for all.
    """
    table = np.full((len(pairs), n), np.nan)

    def fill(fold):
        model, m = fold.diffusion, len(fold.X)
        given = model.t_min / model.t0
        t_min_scales = np.array([given if t is None else t for t, _ in pairs])
        kappas = np.array([kappa for _, kappa in pairs])
        start = starting_law(starts, model.cloud, model.t0, fold.spacing)
        rho_0 = np.repeat(kappas * np.sqrt(model.t0) / fold.spacing, m)
        rho_min = rho_0 * np.repeat(np.sqrt(t_min_scales), m)
        x = model.subspace.project(fold.X)
        log_p = smoothed_pl_log_density(
            np.tile(x, (len(pairs), 1)), model.cloud, start, rho_0, rho_min
        ).reshape(len(pairs), m)
        if model.subspace.n_normal:
            normal = model.subspace.normal_part(fold.X, x)
            for row, scale in zip(log_p, t_min_scales, strict=True):
                row += model.subspace.normal_log_density(normal, scale * model.t0)
        log_p[:, model.subspace.off(fold.X)] = -np.inf
        table[:, fold.rows] = log_p
        report.step()

    _run([partial(fill, fold) for fold in folds], folds)
    return table


def _run(tasks, folds):
    """Do the tasks: side by side where one alone has too few rows for several threads."""
    if max(len(fold.diffusion.cloud) for fold in folds) <= TOGETHER:
        map_threads(lambda task: task(), tasks)
    else:
        for task in tasks:
            task()


def _compile_solve(fold):
    """Solve for a row, so that the program is there when `map_table` asks for it."""
    model = fold.diffusion
    solve(model.subspace.project(fold.X[:1]), model.cloud, 0.5)
