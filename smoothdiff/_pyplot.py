"""matplotlib, loaded when something is drawn, and the colors of pictures."""

__all__ = ["BLACK", "BLUE", "ORANGE", "SKY", "pyplot"]

# Okabe and Ito, Color universal design, 2008: all can tell them apart.
BLACK = "#000000"
ORANGE = "#E69F00"
SKY = "#56B4E9"
BLUE = "#0072B2"


def pyplot():
    """matplotlib.pyplot, or an ImportError that says how to get it."""
    try:
        from matplotlib import pyplot as module
    except ImportError as error:
        raise ImportError(
            "Drawing needs matplotlib, an optional dependency: pip install smoothdiff[plot]"
        ) from error
    return module
