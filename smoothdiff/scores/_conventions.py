"""Denoisers and noise predictors trained in other conventions, as fields of this library.

here  x_t = x_0 + sqrt(t) z                               variance exploding
EDM   the same, in the standard deviation sigma = sqrt(t)       (Karras et al. 2022)
VP    x_vp = sqrt(abar) x_0 + sqrt(1 - abar) z, so that
      t = (1 - abar) / abar,  x_t = x_vp / sqrt(abar),  D = x_t - sqrt(t) eps
"""

from .. import _checks as checks

__all__ = ["EDMDenoiser", "VPNoisePredictor"]


class EDMDenoiser:
    """A denoiser ``D(x, sigma)``, as an object with ``denoise(x, t)``.

    Examples
    --------
    >>> from smoothdiff.scores import EDMDenoiser
    >>> EDMDenoiser(lambda x, sigma: x / (1 + sigma**2)).denoise(1.0, 0.25)
    0.8
    """

    def __init__(self, denoiser):
        self.denoiser = checks.function(denoiser, "denoiser", self)

    def denoise(self, x, t):
        """D_t(x), of the kind and shape of x."""
        return self.denoiser(x, t**0.5)


class VPNoisePredictor:
    """A predictor ``eps(x_vp, abar)`` of the noise, as an object with ``denoise(x, t)``.

    ``abar`` is the fraction of the signal's variance that is left; a network that counts steps
    takes the one whose ``abar`` that is.

    Examples
    --------
    >>> from smoothdiff.scores import VPNoisePredictor
    >>> exact = VPNoisePredictor(lambda x, abar: (1 - abar) ** 0.5 * x)  # of a standard normal
    >>> round(exact.denoise(1.0, 0.25), 6)  # x / (1 + t)
    0.8
    """

    def __init__(self, predictor):
        self.predictor = checks.function(predictor, "predictor", self)

    def denoise(self, x, t):
        """D_t(x), of the kind and shape of x."""
        abar = 1 / (1 + t)
        return x - t**0.5 * self.predictor(x * abar**0.5, abar)
