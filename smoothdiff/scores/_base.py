"""What a score field offers, in tangent coordinates: each of score and denoiser gives the other.

    s_t(x) = (D_t(x) - x) / t,      D_t(x) = x + t s_t(x)

A field of your own, in ten lines, for `smoothdiff.ode` and `ScoreDiffusion`:

    class Shrunk(Denoiser):
        def __init__(self, cloud, factor):
            self.exact, self.factor = EmpiricalScore(cloud), factor

        def denoise(self, x, t):
            return x + self.factor * (self.exact.denoise(x, t) - x)

        def divergence(self, x, t, probes=None):
            return divergence_by_differences(self, x, t, probes)
"""

from abc import ABC, abstractmethod

import numpy as np

from ..noise import positive_variance

__all__ = ["Denoiser", "Field", "OfPoints", "Score"]


class Score(ABC):
    """A score field :math:`s_t(x)` and its denoiser :math:`D_t(x)`, for x (n, r) and variances t.

    t is positive, a float or an array (n,).

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.scores import EmpiricalScore, Score
    >>> isinstance(EmpiricalScore([0.0]), Score)
    True
    """

    no_density: str | None = None
    """Why no density can be carried along the field, if none can: the end of a sentence."""

    @abstractmethod
    def __call__(self, x, t):
        """Score, (n, r)."""

    @abstractmethod
    def denoise(self, x, t):
        """Denoiser, (n, r)."""

    @abstractmethod
    def divergence(self, x, t, probes=None):
        """Sum over axes of the derivative of the score, (n,), and how far off it may be, (n,).

        ``probes`` (m, r) are directions for a field that has to estimate it in many dimensions.
        """

    def breakpoints(self, t):
        """On a line, where the field may have kinks or jumps at the float t, (k,)."""
        return np.empty(0)


class Denoiser(Score):
    """A field that is defined by its denoiser.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.scores import Denoiser, divergence_by_differences
    >>> class Halved(Denoiser):
    ...     def denoise(self, x, t):
    ...         return x / 2
    ...     def divergence(self, x, t, probes=None):
    ...         return divergence_by_differences(self, x, t, probes)
    >>> Halved()(np.array([[1.0]]), 0.5)
    array([[-1.]])
    """

    def __call__(self, x, t):
        """Score (D_t(x) - x) / t, (n, r)."""
        return (self.denoise(x, t) - x) / column(t)


class Field(Score):
    """A field that is defined by its score.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.scores import Field, divergence_by_differences
    >>> class Normal(Field):
    ...     def __call__(self, x, t):
    ...         return -x / (1 + t)
    ...     def divergence(self, x, t, probes=None):
    ...         return divergence_by_differences(self, x, t, probes)
    >>> Normal().denoise(np.array([[2.0]]), 1.0)
    array([[1.]])
    """

    def denoise(self, x, t):
        """Denoiser x + t s_t(x), (n, r)."""
        return x + column(t) * self(x, t)


class OfPoints(Score):
    """A field whose denoiser is a weighted mean of named points.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.scores import SmoothedPLScore
    >>> score = SmoothedPLScore([-1.0, 1.0], kappa=1.0, spacing=1.0)
    >>> points, weights = score.parents(np.array([[0.1]]), 0.1)
    >>> points.tolist(), weights.round(4).tolist()
    ([[1, 0]], [[0.5731, 0.4269]])
    """

    @abstractmethod
    def parents(self, x, t):
        """Indices (n, k) of the points, -1 for padding, and their weights (n, k)."""

    @abstractmethod
    def support(self, x, t, t0):
        """Which rows the flow from t0 reaches at t, boolean (n,)."""


def column(t):
    """Variances as a column that multiplies rows; ValueError unless all are positive."""
    return positive_variance(t).reshape(-1, 1)
