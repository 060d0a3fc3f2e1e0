"""What every score field offers: one of denoiser and score gives the other."""

from abc import ABC, abstractmethod

import numpy as np

__all__ = ["Score"]


class Score(ABC):
    """A score field s_t(x) = (D_t(x) - x) / t, defined by its denoiser D_t."""

    @abstractmethod
    def denoise(self, x, t):
        """D_t(x), shape (n, r), for x (n, r) and variance t > 0, a float or (n,)."""

    def __call__(self, x, t):
        """Score at x (n, r) and variance t > 0, a float or (n,); shape (n, r)."""
        return (self.denoise(x, t) - x) / np.asarray(t, dtype=np.float64).reshape(-1, 1)
