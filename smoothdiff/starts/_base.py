"""What every starting law offers."""

from abc import ABC, abstractmethod

import numpy as np

__all__ = ["StartingLaw"]


class StartingLaw(ABC):
    """A law that the denoising starts from, in tangent coordinates.

    Examples
    --------
    >>> from smoothdiff.starts import LAWS, StartingLaw
    >>> all(issubclass(law, StartingLaw) for law in LAWS.values())
    True
    """

    @abstractmethod
    def sample(self, generator, n, around=None):
        """Draw n points: positions (n, r), and for each a training point close to it, (n,).

        With ``around``, (n,), each is drawn from the noise of the point that it names.
        """

    @abstractmethod
    def log_density(self, x, scale=1.0):
        """Log-density at x (n, r), shape (n,), of the law with its covariances times ``scale``.

        The scale is a float or an array (n,).
        """

    @property
    @abstractmethod
    def covariances(self) -> np.ndarray:
        """S_k: variances (n,) where they are spheres, else matrices (n, r, r)."""

    def variances_along(self, directions, k):
        """Variance of the noise of points k (m,) along vectors (d, r), not of length 1: (m, d)."""
        S = self.covariances[k]
        if S.ndim == 1:
            return S[:, None] * (directions**2).sum(axis=1)
        return np.einsum("di,kij,dj->kd", directions, S, directions)
