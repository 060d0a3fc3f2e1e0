"""Pictures of fitted estimators: Display classes, as in scikit-learn.

Drawing needs matplotlib, which is loaded only when something is drawn.
"""

from ._parents import ParentsDisplay

__all__ = ["ParentsDisplay"]
