"""What the smoothed estimators share: kappa and the starting law."""

from functools import cached_property

from ..starts import STARTS, StartingLaw
from . import _validation as checks
from ._base import BaseDiffusion

__all__ = ["SmoothedDiffusion"]


class SmoothedDiffusion(BaseDiffusion):
    """A diffusion with a smoothing strength and a starting law of its own."""

    _derived = (*BaseDiffusion._derived, "_starting_law")
    _needs_spacing = True

    def _check_parameters(self):
        checks.check_number(self, "kappa")
        checks.check_choice(self, "start", STARTS)
        checks.check_count(self, "start_neighbors")
        super()._check_parameters()

    @property
    def start_covariances_(self):
        """Covariance of the starting law at each training point."""
        return self._for_training_rows(self._starting_law.covariances)

    @cached_property
    def _starting_law(self):
        return StartingLaw(self._cloud, self.t0_, self.spacing_, self.start, self.start_neighbors)

    @property
    def _n_neighbors(self):
        return self.start_neighbors

    def _start(self, generator, n):
        return self._starting_law.sample(generator, n)

    def _start_log_density(self, x):
        return self._starting_law.log_density(x)
