"""Other ways to keep the ESF from memorizing, which the papers contrast with smoothing.

Empirical Bayes  grad p_t / max(p_t, eps)          small where the density is
Tikhonov         s_t / (1 + lambda)                 small everywhere
Early stopping   s_t for t > t_stop, then 0          the noise of t_stop stays
Temperature      softmax of the exponents over tau  neighbors share the weight

Run in all d dimensions, the first three shrink the part of the score that is normal to the data
as well, so that samples keep noise off the subspace. The temperature does not: its denoiser is a
mean of training points. The smoothed scores leave the normal part alone by construction.
"""

from abc import abstractmethod

import numpy as np

from .. import _checks as checks
from ..cloud import as_cloud
from ..noise import positive_variance
from ._base import Denoiser
from ._divergence import divergence_by_differences
from ._empirical import EmpiricalScore

__all__ = ["EarlyStoppedScore", "EmpiricalBayesScore", "TemperatureScore", "TikhonovScore"]


class _Shrunken(Denoiser):
    """The ESF times a factor in [0, 1]."""

    def __init__(self, cloud):
        self.exact = EmpiricalScore(as_cloud(cloud, None, "cloud", self))

    @abstractmethod
    def factor(self, x, t):
        """Factor of the score, (n,) or a float."""

    def denoise(self, x, t):
        """Point x plus the shrunken part of the way to the posterior mean."""
        t = np.broadcast_to(positive_variance(t), (len(x),))
        shrink = np.broadcast_to(self.factor(x, t), (len(x),))
        return x + shrink[:, None] * (self.exact.denoise(x, t) - x)

    def divergence(self, x, t, probes=None):
        """By differences, since the factor varies with x."""
        return divergence_by_differences(self, x, t, probes)


class EmpiricalBayesScore(_Shrunken):
    r""":math:`\nabla p_t / \max(p_t, \epsilon)`, with ``eps``, a density, for epsilon.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.scores import EmpiricalBayesScore
    >>> score = EmpiricalBayesScore([-1.0, 1.0], eps=1.0)
    >>> score(np.array([[0.5]]), 0.1).round(4)
    array([[0.9035]])
    """

    def __init__(self, cloud, eps):
        checks.number(eps, "eps", self)
        super().__init__(cloud)
        self.eps = eps

    def factor(self, x, t):
        """min(1, p_t / eps)."""
        return np.exp(np.minimum(self.exact.law.log_density(x, t) - np.log(self.eps), 0.0))


class TikhonovScore(_Shrunken):
    r""":math:`s_t / (1 + \lambda)`, with ``penalty`` for lambda.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.scores import TikhonovScore
    >>> score = TikhonovScore([-1.0, 1.0], penalty=1.0)
    >>> score(np.array([[0.5]]), 0.1).round(4)
    array([[2.4995]])
    """

    def __init__(self, cloud, penalty):
        checks.number(penalty, "penalty", self, zero=True)
        super().__init__(cloud)
        self.penalty = penalty

    def factor(self, x, t):
        """1 / (1 + lambda)."""
        return 1 / (1 + self.penalty)


class EarlyStoppedScore(_Shrunken):
    """The ESF above the variance ``t_stop``, and 0 from there on.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.scores import EarlyStoppedScore
    >>> score = EarlyStoppedScore([-1.0, 1.0], t_stop=0.2)
    >>> score(np.array([[0.5]]), 0.1).round(4)
    array([[0.]])
    """

    def __init__(self, cloud, t_stop):
        checks.number(t_stop, "t_stop", self, zero=True)
        super().__init__(cloud)
        self.t_stop = t_stop

    def factor(self, x, t):
        """1 for t above t_stop, else 0: a step that ends at t_stop is still taken."""
        return (t > self.t_stop * (1 + 1e-12)).astype(np.float64)


class TemperatureScore(Denoiser):
    """The ESF with exponents :math:`-|x - y_k|^2 / 2t` divided by ``tau`` > 0 (arXiv 2601.19285).

    Above 1 neighbors share the weight; below, the nearest point has more of it.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.scores import TemperatureScore
    >>> score = TemperatureScore([-1.0, 1.0], tau=4.0)
    >>> score(np.array([[0.5]]), 0.1).round(4)
    array([[3.4828]])
    """

    def __init__(self, cloud, tau):
        checks.number(tau, "tau", self)
        self.exact = EmpiricalScore(as_cloud(cloud, None, "cloud", self))
        self.tau = tau

    def denoise(self, x, t):
        """Posterior mean as if the variance were tau t."""
        return self.exact.denoise(x, self.tau * np.asarray(t))

    def divergence(self, x, t, probes=None):
        """Exact, the variance of the softmax, as for `EmpiricalScore`."""
        t = np.asarray(t)
        _, variance = self.exact.law.moments(x, self.tau * t)
        return (variance / (self.tau * t) - x.shape[1]) / t, np.zeros(len(x))
