"""Pictures of fitted estimators: Display classes, as in scikit-learn.

Drawing needs matplotlib, which is loaded only when something is drawn.
"""

from ._density import DensityDisplay
from ._parent_lines import ParentLinesDisplay
from ._parents import ParentsDisplay
from ._report import ReportDisplay
from ._score_field import ScoreFieldDisplay
from ._smoothing_curve import SmoothingCurveDisplay
from ._trajectory import TrajectoryDisplay

__all__ = [
    "DensityDisplay",
    "ParentLinesDisplay",
    "ParentsDisplay",
    "ReportDisplay",
    "ScoreFieldDisplay",
    "SmoothingCurveDisplay",
    "TrajectoryDisplay",
]
