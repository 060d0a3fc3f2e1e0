"""matplotlib, loaded when something is drawn, and the colors of pictures."""

import base64
from html import escape
from io import BytesIO

__all__ = ["BLACK", "BLUE", "GREEN", "ORANGE", "SKY", "VERMILION", "embedded", "pyplot"]

# Okabe and Ito, Color universal design, 2008: all can tell them apart.
BLACK = "#000000"
ORANGE = "#E69F00"
SKY = "#56B4E9"
BLUE = "#0072B2"
GREEN = "#009E73"
VERMILION = "#D55E00"


def pyplot():
    """matplotlib.pyplot, or an ImportError that says how to get it."""
    try:
        from matplotlib import pyplot as module
    except ImportError as error:
        raise ImportError(
            "Drawing needs matplotlib, an optional dependency: pip install smoothdiff[plot]"
        ) from error
    return module


def embedded(figure, description, dpi=110):
    """A figure as part of a page, which needs no other file; the figure is closed."""
    file = BytesIO()
    figure.savefig(file, format="png", dpi=dpi)
    pyplot().close(figure)
    data = base64.b64encode(file.getvalue()).decode()
    return f"<img alt='{escape(description, quote=True)}' src='data:image/png;base64,{data}'>"
