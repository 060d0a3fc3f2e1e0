"""Log-density over a line or plane: of the whole law, of a slice of it or of a marginal.

With it go levels above which the smallest regions lie that hold given shares of the law.
"""

from dataclasses import dataclass

import numpy as np

from ._given import as_input
from ._levels import levels_of_cells, levels_of_draws

__all__ = ["Law"]

# Cells of a histogram along each of k axes: of n samples CELLS n^(1 / (k + 2)), whose error falls
# fastest.
CELLS = 3.0


@dataclass(frozen=True, eq=False)
class Law:
    """What is drawn of a law."""

    axes: list[np.ndarray]
    """Values along each of the k coordinates."""
    log_density: np.ndarray
    """(n_0,) or (n_1, n_0)."""
    levels: np.ndarray
    """One for each share."""
    name: str
    """In words; empty for the whole law."""
    held: str
    """What the shares are of."""

    @classmethod
    def whole(cls, estimator, plane, axes, samples, shares):
        """A law that has no shape off the plane, with levels by samples (n, k)."""
        log_density = _over(estimator, plane, axes)
        levels = levels_of_draws(_evaluate(estimator, plane.lift(samples)), shares)
        return cls(axes, log_density, _within(levels, log_density), "", "samples")

    @classmethod
    def slice(cls, estimator, plane, axes, shares):
        """The log-density at points of the plane, with levels by the cells of the grid."""
        log_density = _over(estimator, plane, axes)
        if not np.isfinite(log_density).any():
            raise ValueError(
                f"The slice through {plane.where} has density 0 everywhere: give another point in "
                "through."
            )
        levels = levels_of_cells(log_density, shares)
        name, held = ("", "law") if plane.whole else (f"slice through {plane.where}", "slice")
        return cls(axes, log_density, _within(levels, log_density), name, held)

    @classmethod
    def marginal(cls, plane, samples, window, margin, shares):
        """A histogram of samples (n, k) around a window of coordinates."""
        per_axis = max(int(CELLS * len(samples) ** (1 / (plane.dim + 2))), 2)
        edges = plane.grid(window, per_axis + 1, margin)
        counts, _ = np.histogramdd(samples, bins=edges)
        area = np.prod([edge[1] - edge[0] for edge in edges])
        with np.errstate(divide="ignore"):
            log_density = np.log(counts / (len(samples) * area))
        at_samples = np.full(len(samples), -np.inf)  # of those outside of all cells
        inside = np.repeat(log_density.ravel(), counts.ravel().astype(int))
        at_samples[: len(inside)] = inside
        levels = _within(levels_of_draws(at_samples, shares), log_density)
        centers = [(edge[:-1] + edge[1:]) / 2 for edge in edges]
        return cls(centers, log_density.T, levels, f"marginal of {len(samples)} samples", "samples")


def _over(estimator, plane, axes):
    """Log-density over the grid."""
    shape = [len(axis) for axis in reversed(axes)]
    return _evaluate(estimator, plane.points_of(axes)).reshape(shape)


def _evaluate(estimator, X):
    return np.asarray(estimator.score_samples(as_input(estimator, X)), dtype=np.float64)


def _within(levels, log_density):
    """Levels no lower than the least density that is drawn."""
    return np.maximum(levels, log_density[np.isfinite(log_density)].min())
