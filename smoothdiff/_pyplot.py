"""matplotlib, loaded when something is drawn."""

__all__ = ["pyplot"]


def pyplot():
    """matplotlib.pyplot, or an ImportError that says how to get it."""
    try:
        from matplotlib import pyplot as module
    except ImportError as error:
        raise ImportError(
            "Drawing needs matplotlib, an optional dependency: pip install smoothdiff[plot]"
        ) from error
    return module
