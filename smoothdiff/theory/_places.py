"""Where scores are compared: positions x and variances t, and what each counts in a mean."""

from typing import NamedTuple

import numpy as np

from .. import _checks as checks
from ..noise import NoisedLaw

__all__ = ["WEIGHTINGS", "Places", "draws", "places_of", "rows_of"]

WEIGHTINGS = ("given", "p_t", "grid")
# Panels on each side of a point, as parts of sqrt(t), and Gauss-Legendre nodes on each. They do not
# fit the kinks of a score, which move with kappa, so that there are many.
REACH, PARTS = 8, 8
# Of many points there are fewer panels, so that there are about so many nodes.
MAX_NODES = 200_000
NODES, NODE_WEIGHTS = np.polynomial.legendre.leggauss(8)


class Places(NamedTuple):
    """Positions (n, r), variances (n,) and weights (n,)."""

    x: np.ndarray
    t: np.ndarray
    weights: np.ndarray


def places_of(cloud, x, t, weighting, n_samples, generator) -> Places:
    """Given rows, or those of a weighting (see `closest_smoothing`), every t counting the same."""
    if weighting == "given":
        return rows_of(x, t, cloud.dim)
    if weighting == "grid" and cloud.dim > 1:
        raise ValueError(f"weighting='grid' needs points on a line. Got {cloud.dim} dimensions.")
    levels = np.atleast_1d(checks.positive(t, "t", None))
    if levels.ndim != 1 or not len(levels):
        raise ValueError(f"t must be one or more levels, (m,). Got shape {levels.shape} instead.")
    if weighting == "grid":
        y = cloud.sorted_line[0]
        parts = [(np.linspace(y[0], y[-1], n_samples)[:, None], np.ones(n_samples)) for _ in levels]
    elif cloud.dim == 1:
        parts = [_nodes(cloud, level) for level in levels]
    else:
        parts = [
            (draws(cloud, level, n_samples, generator), np.ones(n_samples)) for level in levels
        ]
    rows, weights = zip(*parts, strict=True)
    t = np.repeat(levels, [len(part) for part in rows])
    return Places(np.concatenate(rows), t, np.concatenate(weights))


def rows_of(x, t, dim=None) -> Places:
    """Rows x (n, dim), or (n,) on a line, and their variances, each counting the same."""
    x = checks.array(x, "x", "finite", np.isfinite)
    shape, x = x.shape, x[:, None] if x.ndim == 1 else x
    if x.ndim != 2 or x.size == 0 or x.shape[1] != (dim or x.shape[1]):
        wanted = "(n, d)" if dim is None else f"(n, {dim})"
        raise ValueError(f"x must have shape {wanted}. Got shape {shape} instead.")
    t = checks.positive(t, "t", () if np.ndim(t) == 0 else (len(x),))
    return Places(x, np.full(len(x), t), np.ones(len(x)))


def draws(cloud, t, n, generator):
    """Noised points, draws from p_t, (n, r)."""
    x = cloud.points[cloud.draw(generator, n)]
    return x + np.sqrt(t) * generator.standard_normal(x.shape)


def _nodes(cloud, t):
    """Nodes (m, 1) of a rule for means over p_t on a line, and their weights, of sum near 1."""
    y = cloud.sorted_line[0]
    parts = int(np.clip(MAX_NODES // (2 * REACH * len(NODES) * len(y)), 1, PARTS))
    width = np.sqrt(t) / parts
    cells = np.unique(
        np.floor((y - y[0]) / width)[:, None] + np.arange(-REACH * parts, REACH * parts + 1)
    )
    x = (y[0] + width * (cells[:, None] + (1 + NODES) / 2)).ravel()[:, None]
    p = np.exp(NoisedLaw(cloud).log_density(x, t))
    return x, width / 2 * np.tile(NODE_WEIGHTS, len(cells)) * p
