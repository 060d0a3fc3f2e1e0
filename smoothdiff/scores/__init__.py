"""Score fields: objects with ``denoise(x, t)`` and ``score(x, t)`` in tangent coordinates."""

from ._base import Score
from ._empirical import EmpiricalScore
from ._local_average import WINDOWS, LocalAverageScore
from ._regularized import (
    EarlyStoppedScore,
    EmpiricalBayesScore,
    TemperatureScore,
    TikhonovScore,
)
from ._smoothed_pl import SmoothedPLScore

__all__ = [
    "WINDOWS",
    "EarlyStoppedScore",
    "EmpiricalBayesScore",
    "EmpiricalScore",
    "LocalAverageScore",
    "Score",
    "SmoothedPLScore",
    "TemperatureScore",
    "TikhonovScore",
]
