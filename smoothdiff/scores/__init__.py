"""Score fields in tangent coordinates: called they give the score, ``denoise`` the denoiser."""

from ..cloud import PointCloud
from ._base import Denoiser, Field, OfPoints, Score
from ._callable import CallableScore
from ._conventions import EDMDenoiser, VPNoisePredictor
from ._divergence import divergence_by_differences
from ._empirical import EmpiricalScore
from ._local_average import WINDOWS, LocalAverageScore
from ._regularized import (
    EarlyStoppedScore,
    EmpiricalBayesScore,
    TemperatureScore,
    TikhonovScore,
)
from ._smoothed_pl import FixedDeltaScore, PLScore, SmoothedPLScore

__all__ = [
    "WINDOWS",
    "CallableScore",
    "Denoiser",
    "EDMDenoiser",
    "EarlyStoppedScore",
    "EmpiricalBayesScore",
    "EmpiricalScore",
    "Field",
    "FixedDeltaScore",
    "LocalAverageScore",
    "OfPoints",
    "PLScore",
    "PointCloud",
    "Score",
    "SmoothedPLScore",
    "TemperatureScore",
    "TikhonovScore",
    "VPNoisePredictor",
    "divergence_by_differences",
]
