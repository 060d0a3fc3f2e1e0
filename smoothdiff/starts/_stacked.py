"""Mixtures of starting laws: x_t0 ~ sum_c omega_c p_c.

A cloud is not equally smooth everywhere; laws of several widths and shapes together describe it
better than any of them. The weights omega are chosen by `stacking_weights`, on rows that the laws
have not seen (Smyth and Wolpert 1999).
"""

import numpy as np
from scipy.special import logsumexp

from ._base import StartingLaw

__all__ = ["StackedLaw", "log_mixture", "stacking_weights"]

# Iterations of EM, and the gain in mean log-likelihood that may be left: it is bounded at each.
MAX_ITERATIONS, GAP = 20_000, 1e-6


class StackedLaw(StartingLaw):
    """Laws with weights of sum 1.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.cloud import as_cloud
    >>> from smoothdiff.starts import Isotropic, StackedLaw
    >>> cloud = as_cloud([0.0, 1.0])
    >>> law = StackedLaw([Isotropic(cloud, 0.1), Isotropic(cloud, 1.0)], [0.8, 0.2])
    >>> law.log_density(np.array([[0.5]])).round(4)
    array([-1.0228])
    """

    def __init__(self, laws: list[StartingLaw], weights):
        self.laws = laws
        self.weights = np.asarray(weights, dtype=np.float64)

    def sample(self, generator, n, around=None):
        """Choose a law for each draw, and draw from it."""
        law = generator.choice(len(self.laws), size=n, p=self.weights)
        parts = [
            c.sample(generator, np.count_nonzero(own), None if around is None else around[own])
            for c, own in zip(self.laws, law == np.arange(len(self.laws))[:, None], strict=True)
        ]
        x, near = (np.concatenate(part) for part in zip(*parts, strict=True))
        place = np.argsort(np.argsort(law, kind="stable"))  # of each draw among the joined parts
        return x[place], near[place]

    def log_density(self, x, scale=1.0):
        """Log of the weighted sum, (n,), with all covariances times ``scale``."""
        return log_mixture([law.log_density(x, scale) for law in self.laws], self.weights)

    @property
    def covariances(self):
        """Those of each point's own mixture, (n,) if all are spheres, else (n, r, r)."""
        parts = [law.covariances for law in self.laws]
        if any(part.ndim == 3 for part in parts):
            eye = np.eye(next(part.shape[-1] for part in parts if part.ndim == 3))
            parts = [part if part.ndim == 3 else part[:, None, None] * eye for part in parts]
        return sum(w * part for w, part in zip(self.weights, parts, strict=True))

    def variances_along(self, directions, k):
        """Variance of each point's own mixture along vectors (d, r), (m, d)."""
        parts = [law.variances_along(directions, k) for law in self.laws]
        return sum(w * part for w, part in zip(self.weights, parts, strict=True))


def log_mixture(log_densities, weights):
    """Log of the weighted sum of densities, (n,), from their logarithms (n_laws, n)."""
    with np.errstate(divide="ignore"):
        return logsumexp(np.asarray(log_densities) + np.log(weights)[:, None], axis=0)


def stacking_weights(log_densities, row_weights=None):
    """Weights omega that maximize the mean of log sum_c omega_c p_c over rows.

    Parameters
    ----------
    log_densities : array of shape (n_laws, n)
        Of rows that the laws were not made from; -inf is allowed, and a row that no law reaches
        takes no part.
    row_weights : array of shape (n,), optional
        Equal by default.

    Returns
    -------
    weights : array of shape (n_laws,)
        Of sum 1; those that the optimum does without are exactly 0.
    gap : float
        The mean log-likelihood is within this of the largest one (by convexity: the largest mean
        of p_c / sum omega p, less 1).

    Raises
    ------
    ValueError
        If the arrays have other shapes, or NaN or inf; if no law reaches a row of positive weight.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.starts import stacking_weights
    >>> log_p = np.array([[-1.0, -1.0, -5.0], [-2.0, -2.0, -1.0]])  # two laws, three rows held out
    >>> stacking_weights(log_p)
    (array([0.48511346, 0.51488654]), 6.721082899119324e-07)
    """
    log_p = np.asarray(log_densities, dtype=np.float64)
    if log_p.ndim != 2 or not (log_p < np.inf).all():
        raise ValueError(
            "log_densities must be an array of shape (n_laws, n) of floats or -inf. Got shape "
            f"{log_p.shape}{', and NaN or inf' if log_p.ndim == 2 else ''}."
        )
    share = np.full(log_p.shape[1], 1.0) if row_weights is None else np.asarray(row_weights, float)
    if share.shape != log_p.shape[1:] or not ((share >= 0) & (share < np.inf)).all():
        raise ValueError(
            f"row_weights must be {log_p.shape[1]} floats that are not negative. Got "
            f"{row_weights!r}."
        )
    kept = np.isfinite(log_p).any(axis=0) & (share > 0)
    if not kept.any():
        raise ValueError("log_densities must be finite for a law at a row of positive weight.")
    p = np.exp(log_p[:, kept] - log_p[:, kept].max(axis=0))
    share = share[kept] / share[kept].sum()
    omega, gap = np.full(len(p), 1 / len(p)), np.inf
    for _ in range(MAX_ITERATIONS):
        gain = (p / (omega @ p)) @ share
        gap = gain.max() - 1
        if gap < GAP:
            break
        omega = omega * gain
    small = omega < GAP
    omega = np.where(small, 0.0, omega)
    omega /= omega.sum()
    return omega, float(((p / (omega @ p)) @ share).max() - 1)
