"""The estimators: scikit-learn's interface to the theory."""

from ._empirical import EmpiricalScoreDiffusion
from ._smoothed_pl import SmoothedPLDiffusion

__all__ = ["EmpiricalScoreDiffusion", "SmoothedPLDiffusion"]
