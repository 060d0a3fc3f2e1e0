"""What every score field offers: one of denoiser and score gives the other."""

from abc import ABC, abstractmethod

import numpy as np

__all__ = ["Score"]

# Step of central differences as a fraction of sqrt(t): rounding and curvature then cost about
# as much, 1e-10 of the divergence.
STEP = 1e-4
# Dimensions up to which the divergence is summed axis by axis.
EXACT_MAX_DIM = 10


class Score(ABC):
    """A score field s_t(x) = (D_t(x) - x) / t, defined by its denoiser D_t."""

    @abstractmethod
    def denoise(self, x, t):
        """D_t(x), shape (n, r), for x (n, r) and variance t > 0, a float or (n,)."""

    def __call__(self, x, t):
        """Score at x (n, r) and variance t > 0, a float or (n,); shape (n, r)."""
        return (self.denoise(x, t) - x) / np.asarray(t, dtype=np.float64).reshape(-1, 1)

    def divergence(self, x, t, probes=None):
        """Sum over axes of the derivative of the score, (n,), and its standard error, (n,).

        Where a field does not know its own, by fourth-order central differences: along every
        axis in up to 10 dimensions, and beyond along ``probes`` (m, r), which stand for all axes
        (Hutchinson 1990) and are the only case with an error.
        """
        n, r = x.shape
        step = STEP * np.sqrt(np.broadcast_to(np.asarray(t, dtype=np.float64), (n,)))[:, None]
        sampled = r > EXACT_MAX_DIM
        if sampled and probes is None:
            raise ValueError(
                f"The divergence needs probes in more than {EXACT_MAX_DIM} dimensions."
            )
        parts = []
        for u in probes if sampled else np.eye(r):
            slope = 0.0
            for k, weight in ((1, 8), (2, -1)):
                change = self(x + k * step * u, t) - self(x - k * step * u, t)
                slope += weight * (change @ u) / (12 * step[:, 0])
            parts.append(slope)
        if not sampled:
            return np.sum(parts, axis=0), np.zeros(n)
        return np.mean(parts, axis=0), np.std(parts, axis=0, ddof=1) / np.sqrt(len(parts))
