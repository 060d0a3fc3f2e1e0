"""The estimators: scikit-learn's side of the library."""

from ._empirical import EmpiricalScoreDiffusion
from ._local_average import LocalAverageDiffusion
from ._neural import NeuralScoreDiffusion
from ._score import ScoreDiffusion
from ._smoothed_pl import SmoothedPLDiffusion

__all__ = [
    "EmpiricalScoreDiffusion",
    "LocalAverageDiffusion",
    "NeuralScoreDiffusion",
    "ScoreDiffusion",
    "SmoothedPLDiffusion",
]
