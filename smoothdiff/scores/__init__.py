"""Score fields: objects with ``denoise(x, t)`` and ``score(x, t)`` in tangent coordinates."""

from ._base import Score
from ._empirical import EmpiricalScore
from ._smoothed_pl import SmoothedPLScore

__all__ = ["EmpiricalScore", "Score", "SmoothedPLScore"]
