"""Held-out likelihood of starting laws and of the map: what SmoothedPLDiffusionCV chooses by.

First the start alone, at t_min = t0, where there is no map and nothing to solve: the log-densities
of held-out rows under all candidates are a table, and the mixture of greatest mean log-likelihood
is a convex problem on it (EM, `smoothdiff.starts.stacking_weights`). Then (t_min, kappa), by the
map's log-densities given that start. Candidates of one shape share neighbors and factors, at both.
"""

from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from .._compute import map_threads
from .._progress import Progress
from ..likelihood import smoothed_pl_log_density
from ..mixed_cell import solve
from ..model import Diffusion
from ..starts import Start, StartingLaw
from ..starts._stacked import log_mixture

__all__ = ["Fold", "map_table", "start_table"]

# Points up to which tasks go side by side and laws are kept: beyond, each task has work for all
# threads, and a law takes memory.
TOGETHER = 2048


@dataclass(frozen=True, eq=False)
class Fold:
    """A model of some rows, and the rows held out from it."""

    diffusion: Diffusion
    """Of the training rows; its start, kappa and t_min are replaced by the candidates'."""
    spacing: float
    X: np.ndarray
    """Held-out rows, (m, d)."""
    rows: np.ndarray
    """Which of all rows they are, (m,)."""
    places: slice
    """Where they stand among the rows of all folds, one after the other."""
    trained: np.ndarray
    """The rows that are the model's points, (k, d)."""
    laws: dict[Start, StartingLaw] = field(default_factory=dict, repr=False)
    """What `start_log_densities` has made."""

    @property
    def is_small(self):
        return len(self.diffusion.cloud) <= TOGETHER

    def start_log_densities(self, shape: Start, scales, x):
        """Log-density at x (m, r) under a start of scale one and those scales, (n_scales, m)."""
        law, model = self.laws.get(shape), self.diffusion
        if law is None:
            law = shape.law(model.cloud, model.t0, self.spacing)
            if self.is_small:
                self.laws[shape] = law
        log_p = law.log_density(np.tile(x, (len(scales), 1)), np.repeat(scales, len(x)))
        return log_p.reshape(len(scales), len(x))


def _by_shape(starts):
    """The places of the starts of each shape."""
    shapes: dict[Start, list[int]] = {}
    for i, start in enumerate(starts):
        shapes.setdefault(replace(start, scale=1.0, weight=1.0), []).append(i)
    return shapes


def start_table(folds: list[Fold], starts: list[Start], n, report: Progress):
    """Log-density of the n held-out rows of all folds under each start, (n_starts, n).

    At t_min = t0, where normal directions add the same to all.
    """
    table = np.empty((len(starts), n))

    def fill(fold, shape, places):
        x, scales = fold.diffusion.subspace.project(fold.X), [starts[i].scale for i in places]
        log_p = fold.start_log_densities(shape, scales, x)
        table[places, fold.places] = log_p
        report.step()

    shapes = _by_shape(starts).items()
    tasks = [partial(fill, fold, *of_shape) for fold in folds for of_shape in shapes]
    _run([partial(_compile_solve, folds[0]), *tasks], folds)
    return table


def map_table(folds: list[Fold], starts: list[Start], pairs, n, report: Progress):
    """Log-density of the n held-out rows for pairs of t_min / t0 and kappa, (n_pairs, n).

    None is the t_min that the folds have. What `Diffusion.log_density` would say of each pair, in
    one solve for all.
    """
    table = np.empty((len(pairs), n))
    shapes = _by_shape(starts).items()
    weights = np.array([start.weight for start in starts])

    def start(fold, x):
        parts = np.empty((len(starts), len(x)))
        for shape, places in shapes:
            scales = [starts[i].scale for i in places]
            parts[places] = fold.start_log_densities(shape, scales, x)
        return log_mixture(parts, weights / weights.sum())

    def fill(fold):
        model, m = fold.diffusion, len(fold.X)
        given = model.t_min / model.t0
        t_min_scales = np.array([given if t is None else t for t, _ in pairs])
        kappas = np.array([kappa for _, kappa in pairs])
        rho_0 = kappas * np.sqrt(model.t0) / fold.spacing
        x = model.subspace.project(fold.X)
        log_p = np.empty((len(pairs), m))
        still = (t_min_scales == 1) & (rho_0 < 1)  # nothing flows: no solve
        if still.any():
            log_p[still] = start(fold, x)
        if not still.all():
            rho_0 = np.repeat(rho_0[~still], m)
            rho_min = rho_0 * np.repeat(np.sqrt(t_min_scales[~still]), m)
            every = np.tile(x, ((~still).sum(), 1))
            log_p[~still] = smoothed_pl_log_density(
                every, model.cloud, partial(start, fold), rho_0, rho_min
            ).reshape(-1, m)
        if model.subspace.n_normal:
            normal = model.subspace.normal_part(fold.X, x)
            for row, scale in zip(log_p, t_min_scales, strict=True):
                row += model.subspace.normal_log_density(normal, scale * model.t0)
        log_p[:, model.subspace.off(fold.X)] = -np.inf
        table[:, fold.places] = log_p
        report.step()

    _run([partial(fill, fold) for fold in folds], folds)
    return table


def _run(tasks, folds):
    """Do the tasks: side by side where one alone has too few rows for several threads."""
    if all(fold.is_small for fold in folds):
        map_threads(lambda task: task(), tasks)
    else:
        for task in tasks:
            task()


def _compile_solve(fold):
    """Solve for a row, so that the program is there when `map_table` asks for it."""
    model = fold.diffusion
    solve(model.subspace.project(fold.X[:1]), model.cloud, 0.5)
