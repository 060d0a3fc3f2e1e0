"""Divergence of a score by central differences, with the error that they may have.

    u . J u = (8 (s(x + h u) - s(x - h u)) - (s(x + 2h u) - s(x - 2h u))) . u / (12 h) + O(h^4)

The step h is a fraction of sqrt(t), at which the bend of the score and the rounding of its values
cost about as much. How much the bend costs is told by what twice the step gives; the rounding is
that of the values as they come, 1e9 times as large for a network in float32.
"""

import numpy as np

from ..noise import positive_variance

__all__ = ["EXACT_MAX_DIM", "default_probes", "divergence_by_differences"]

# Dimensions up to which the divergence is summed axis by axis.
EXACT_MAX_DIM = 10
# Steps as a fraction of sqrt(t), by the precision of the score's values.
STEPS = {8: 1e-4, 4: 2e-2, 2: 2e-1}


def divergence_by_differences(score, x, t, probes=None):
    """Divergence (n,) of ``score(x, t)`` and its error, (n,): a bound, or that of probes.

    Parameters
    ----------
    score : callable
    x : array of shape (n, r)
    t : float or array of shape (n,)
    probes : array of shape (m, r), optional
        Directions of +-1 that stand for all axes beyond 10 dimensions (Hutchinson 1990); the
        error is then the standard error of their mean, and that of the differences besides.

    Raises
    ------
    ValueError
        If there are more than 10 dimensions and no probes.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.scores import divergence_by_differences
    >>> value, error = divergence_by_differences(lambda x, t: -x / t, np.ones((1, 3)), 0.5)
    >>> value.round(6), bool(error[0] < 1e-4)
    (array([-6.]), True)
    """
    n, r = x.shape
    t = np.broadcast_to(positive_variance(t), (n,))
    dtype = _precision(score(x[:1], t[:1]))
    step = STEPS[dtype.itemsize] * np.sqrt(t)[:, None]
    rounding = 2 * np.finfo(dtype).eps / step[:, 0]
    size = np.abs(x).max(axis=1)
    slopes, errors = [], []
    for u in directions_of(r, probes):
        changes, largest = {}, 0.0
        for k in (1, 2, 4):
            ahead, behind = score(x + k * step * u, t), score(x - k * step * u, t)
            changes[k] = (np.asarray(ahead, dtype=np.float64) - behind) @ u
            largest = np.maximum(largest, np.abs(ahead).max(axis=1))
        h = step[:, 0]
        fine = (8 * changes[1] - changes[2]) / (12 * h)
        coarse = (8 * changes[2] - changes[4]) / (24 * h)
        slopes.append(fine)
        errors.append(np.abs(fine - coarse) + rounding * (largest + size * np.abs(fine)))
    return total(slopes, errors, r, probes)


def directions_of(r, probes):
    """The axes, or beyond some dimensions the probes."""
    if r <= EXACT_MAX_DIM:
        return np.eye(r)
    if probes is None:
        raise ValueError(f"The divergence needs probes in more than {EXACT_MAX_DIM} dimensions.")
    return probes


def total(slopes, errors, r, probes):
    """Divergence and its error from the slopes along axes or probes, lists of (n,)."""
    if r <= EXACT_MAX_DIM:
        return np.sum(slopes, axis=0), np.sum(errors, axis=0)
    spread = np.std(slopes, axis=0, ddof=1) / np.sqrt(len(slopes))
    return np.mean(slopes, axis=0), spread + np.mean(errors, axis=0)


def default_probes(r, n_probes=16):
    """Fixed directions for divergences that are estimated, (n_probes, r) of +-1."""
    return 2.0 * np.random.default_rng(0).integers(2, size=(n_probes, r)) - 1.0


def _precision(values):
    """Type of the floats that a score returns; float64 for integers."""
    values = np.asarray(values)
    return values.dtype if values.dtype.kind == "f" else np.dtype(np.float64)
