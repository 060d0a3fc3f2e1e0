"""What estimators with a choice of starting law share, and those with a smoothing strength."""

from ..starts import LAWS, STARTS
from . import _validation as checks
from ._base import BaseDiffusion

__all__ = ["SmoothedDiffusion", "StartedDiffusion"]


class StartedDiffusion(BaseDiffusion):
    """A diffusion with a starting law of its own."""

    _needs_spacing = True

    def _check_parameters(self):
        checks.check_choice(self, "start", STARTS)
        checks.check_count(self, "start_neighbors")
        super()._check_parameters()

    def _n_neighbors(self, dim):
        return self.start_neighbors

    def _make_start(self, cloud, scales):
        return LAWS[self.start](cloud, scales.t0, scales.spacing, self.start_neighbors)


class SmoothedDiffusion(StartedDiffusion):
    """A diffusion whose score is smoothed."""

    def _check_parameters(self):
        checks.check_number(self, "kappa")
        super()._check_parameters()
