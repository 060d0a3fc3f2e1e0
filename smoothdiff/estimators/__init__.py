"""The estimators: scikit-learn's side of the library."""

from ._class_conditional import ClassConditionalDiffusion
from ._empirical import EmpiricalScoreDiffusion
from ._local_average import LocalAverageDiffusion
from ._neural import NeuralScoreDiffusion
from ._outlier_detector import DiffusionOutlierDetector
from ._score import ScoreDiffusion
from ._smoothed_pl import SmoothedPLDiffusion
from ._smoothed_pl_cv import SmoothedPLDiffusionCV

__all__ = [
    "ClassConditionalDiffusion",
    "DiffusionOutlierDetector",
    "EmpiricalScoreDiffusion",
    "LocalAverageDiffusion",
    "NeuralScoreDiffusion",
    "ScoreDiffusion",
    "SmoothedPLDiffusion",
    "SmoothedPLDiffusionCV",
]
