"""What estimators with a choice of starting law share, and those with a smoothing strength."""

from numbers import Real

from .. import _checks
from ..starts import STARTS, Start, starting_law
from . import _validation as checks
from ._base import BaseDiffusion
from ._scales import check_size

__all__ = ["SmoothedDiffusion", "StartedDiffusion"]

# t_min_scale="auto" for starting laws that are shaped by the neighbors.
SHAPED_T_MIN = 0.1


def check_shrinkage(value, owner, name="start_shrinkage"):
    """Two numbers that are not negative and have a sum in (0, 1]."""
    wanted = "two numbers w_g, w_s >= 0 with 0 < w_g + w_s <= 1"
    pair = isinstance(value, (tuple, list)) and len(value) == 2
    if not (pair and all(_checks.is_number(w, Real) for w in value)):
        _checks.refuse(value, name, wanted, owner, TypeError)
    if not (min(value) >= 0 and 0 < sum(value) <= 1):
        _checks.refuse(value, name, wanted, owner)


class StartedDiffusion(BaseDiffusion):
    """A diffusion with a starting law of its own."""

    _needs_spacing = True
    _lighter = "fit fewer rows, or set start to 'isotropic', which keeps no neighborhoods"

    def _check_parameters(self):
        self._check_start()
        checks.check_count(self, "start_neighbors")
        check_shrinkage(self.start_shrinkage, self)
        super()._check_parameters()

    def _check_start(self):
        if not isinstance(self.start, (list, tuple)):
            checks.check_choice(self, "start", STARTS)
            return
        if not self.start or not all(isinstance(start, Start) for start in self.start):
            checks.refuse(self, "start", "a name or a list of smoothdiff.starts.Start", TypeError)
        for start in self.start:
            _checks.choice(start.name, "name", STARTS, "Start")
            _checks.number(start.scale, "scale", "Start")
            _checks.number(start.weight, "weight", "Start")
            _checks.count(start.n_neighbors, "n_neighbors", "Start")
            check_shrinkage(start.shrinkage, "Start", "shrinkage")

    @property
    def _starts(self):
        """The starting laws as a list."""
        if isinstance(self.start, str):
            w_g, w_s = self.start_shrinkage
            return [Start(self.start, 1.0, int(self.start_neighbors), (float(w_g), float(w_s)))]
        return list(self.start)

    _n_rows: float | None = None

    def _n_neighbors(self, dim):
        return max(start.n_neighbors for start in self._starts)

    @property
    def _is_shaped(self):
        """Whether the starting laws have the shape of neighborhoods."""
        return not {"isotropic", "adaptive"} & {start.name for start in self._starts}

    def _auto_t_min_scale(self, subspace):
        """Shaped laws leave noise of about one length whatever r is: a tenth (docs/defaults.md).

        Off a subspace that the data fill exactly it would be noise in directions that have none.
        """
        if self._is_shaped and not subspace.is_exact:
            return SHAPED_T_MIN
        return super()._auto_t_min_scale(subspace)

    def _take_as_table(self, n_rows):
        """Fit to coordinates of n_rows rows of a table, of which equal ones are no accident.

        Neighbors are counted in rows: one that is there more often than those starts as itself.
        And "auto" is a tenth of t0 also where the data fill a subspace exactly, since nothing is
        read off that: coordinates of a category's levels have a constant sum.
        """
        self._n_rows = n_rows
        params = self.get_params(deep=False)
        if (params.get("t_min"), params.get("t_min_scale")) == ("auto", "auto"):  # of no search
            self._check_start()
            if self._is_shaped:
                self.set_params(t_min_scale=SHAPED_T_MIN)

    def _make_start(self, cloud, scales):
        cloud.n_rows = self._n_rows
        return starting_law(self._starts, cloud, scales.t0, scales.spacing)


class SmoothedDiffusion(StartedDiffusion):
    """A diffusion whose score is smoothed."""

    def _check_parameters(self):
        checks.check_number(self, "kappa")
        check_size(self, "kappa")
        super()._check_parameters()
