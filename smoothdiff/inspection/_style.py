"""How pictures look: colors that all can tell apart, and legends beside the data.

Categories have colors of Okabe and Ito, ordered values and fields those of viridis. The default
figures are half a page wide, so that their text is read at the size it is drawn in.
"""

import numpy as np

from .._pyplot import BLACK, BLUE, ORANGE, SKY, pyplot
from ._plane import aspect_of

__all__ = [
    "BESIDE",
    "END",
    "FIELD",
    "HALF_PAGE",
    "MARKERS",
    "ORDERED_UP_TO",
    "PATH",
    "SAMPLE",
    "START",
    "TRAINING",
    "draw_training",
    "half_page",
    "legend_below",
    "log_ticks",
    "ordered_colors",
    "ordered_map",
    "set_title",
]

TRAINING = BLACK
SAMPLE = BLUE
END = BLUE
START = ORANGE
PATH = SKY
# Training points where they are not what the picture is about.
BESIDE = "0.55"

FIELD = "viridis"
# The yellow end of viridis is too light for lines on white.
ORDERED_UP_TO = 0.85
MARKERS = "os^Dv<>p"
# Values that all have a tick of their own.
FEW_TICKS = 6
# Points from which they are drawn faint.
MANY = 1000
# Inches.
HALF_PAGE = 3.4
LEFT, ABOVE_AND_BELOW = 0.75, 1.4

# Points: below the labels of an axis at the default sizes of text.
BELOW = 34
# Area of the marks of points in a legend.
LEGEND_MARK = 14


def ordered_colors(n, cmap=FIELD):
    """Colors for n values in order."""
    return pyplot().get_cmap(cmap)(np.linspace(0, ORDERED_UP_TO, n))


def ordered_map(cmap=FIELD):
    """The colors that are dark enough for lines, as a Colormap."""
    from matplotlib.colors import ListedColormap

    return ListedColormap(ordered_colors(256, cmap))


def half_page(x=None, y=None, beside=0.0):
    """Width and height in inches of a picture of these coordinates, with what is written around.

    A color bar takes ``beside`` of the width.
    """
    if x is None or aspect_of(x, y) == "auto":
        return HALF_PAGE, HALF_PAGE
    drawn = HALF_PAGE - LEFT - beside
    return HALF_PAGE, ABOVE_AND_BELOW + drawn * np.ptp(y) / np.ptp(x)


def log_ticks(ax, values, zero=None):
    """Ticks of a logarithmic x axis: at the values if they are few, else at powers of ten.

    Where there are not two such powers, at the ends. ``zero`` is the place of one that says 0.
    """
    values = np.unique(values)
    powers = np.arange(np.ceil(np.log10(values[0])), np.floor(np.log10(values[-1])) + 1)
    ticks, names = list(10.0**powers), [f"$10^{{{power:.0f}}}$" for power in powers]
    if len(values) <= FEW_TICKS or len(powers) < 2:
        ticks = list(values if len(values) <= FEW_TICKS else values[[0, -1]])
        names = [f"{tick:.2g}" for tick in ticks]
    if zero is not None:
        ticks, names = [zero, *ticks], ["0", *names]
    ax.set_xticks(ticks, names)
    ax.minorticks_off()


def set_title(ax, *parts):
    """A title of the parts that say something, of a line each."""
    ax.set_title("\n".join(part for part in parts if part), fontsize="medium")


def draw_training(ax, points, label="training points", **settings):
    """Scatter points (n, 2), smaller where they are many, and fainter so as to hide little."""
    n = max(len(points), 1)
    settings = {
        "s": np.clip(1500 / n, 2, 13),
        "facecolors": TRAINING,
        "edgecolors": "white",
        "linewidths": 0.3 if n <= MANY else 0.0,
        "alpha": np.clip(MANY / n, 0.02, 1.0),
        "zorder": 3,
        "label": label,
        **settings,
    }
    return ax.scatter(points[:, 0], points[:, 1], **settings)


def legend_below(ax, *, ncols=2, **settings):
    """A legend under the labels of the axis, so that it hides no data."""
    from matplotlib.transforms import ScaledTranslation

    down = ScaledTranslation(0, -BELOW / 72, ax.figure.dpi_scale_trans)
    settings = {"fontsize": "small", "title_fontsize": "small", "frameon": False, **settings}
    legend = ax.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, 0),
        bbox_transform=ax.transAxes + down,
        ncols=ncols,
        columnspacing=0.9,
        handlelength=1.2,
        handletextpad=0.4,
        borderaxespad=0,
        **settings,
    )
    for mark in legend.legend_handles:  # those of faint points could not be seen
        mark.set_alpha(1.0)
        if hasattr(mark, "set_sizes"):
            mark.set_sizes([LEGEND_MARK])
    return legend
