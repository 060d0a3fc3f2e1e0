"""Pictures of fitted estimators: Display classes, as in scikit-learn.

Drawing needs matplotlib, which is loaded only when something is drawn.
"""

from ._parents import ParentsDisplay
from ._smoothing_curve import SmoothingCurveDisplay

__all__ = ["ParentsDisplay", "SmoothingCurveDisplay"]
