"""How the law at t0 becomes that at t_min: in closed form, or by steps."""

from ._base import Solver
from ._mixed_cell import MixedCellFlow
from ._noised_points import NoisedPoints
from ._steps import Steps

__all__ = ["MixedCellFlow", "NoisedPoints", "Solver", "Steps"]
