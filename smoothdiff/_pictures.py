"""How pictures of the theory look: a color for each score, panel letters, atoms as stems.

Symbols are in mathematical type. A picture is vector graphics where its file says so (``.pdf``,
``.svg``); thousands of marks are drawn as an image within it (``rasterized``). matplotlib is the
caller's to load.
"""

from string import ascii_lowercase

import numpy as np

from ._pyplot import BLACK, BLUE, GREEN, ORANGE, SKY, VERMILION

__all__ = [
    "BLACK",
    "BLUE",
    "COLORS",
    "GREEN",
    "ORANGE",
    "SKY",
    "VERMILION",
    "as_text",
    "draw_atoms",
    "draw_points",
    "draw_rings",
    "draw_samples",
    "in_math",
    "label_panels",
    "legend_below",
]

COLORS = {
    "ESF": BLACK,
    "PL-ESF": "0.65",
    "LA-ESF": ORANGE,
    "Smoothed PL-ESF": BLUE,
    "network": VERMILION,
}
"""Each score has one color in all pictures."""


def as_text(name):
    """A name in which matplotlib finds no mathematics."""
    return str(name).replace("$", r"\$")


def in_math(value):
    """A number of three digits as mathematical type shows it, without the dollar signs."""
    digits, _, power = f"{value:.3g}".partition("e")
    if not power:
        return digits
    return (rf"{digits} \cdot " if digits != "1" else "") + f"10^{{{int(power)}}}"


def label_panels(axes, titles=None):
    """Letter panels (a), (b), ... in bold, row by row, each before its title.

    Parameters
    ----------
    axes : sequence of Axes, or array of them of any shape
    titles : sequence of str, optional
        One for each of the axes, in the same order.
    """
    axes = np.asarray(axes, dtype=object).ravel()
    titles = [""] * len(axes) if titles is None else titles
    panels = zip(axes, titles, strict=True)
    for letter, (ax, title) in zip(ascii_lowercase, panels, strict=False):
        ax.set_title(rf"$\mathbf{{({letter})}}$  {title}".rstrip(), loc="left", fontsize="medium")


def draw_atoms(ax, places, masses, **settings):
    """Atoms of a law on a line: a stem at each place (n,), as high as its mass (n,)."""
    settings = {"linefmt": BLACK, "markerfmt": "o", "basefmt": " ", **settings}
    stems = ax.stem(places, masses, **settings)
    stems.markerline.set(markersize=4, color=BLACK, zorder=4, clip_on=False)
    return stems


def draw_points(ax, points, **settings):
    """Training points: (n, 2) in the plane, or (n,) on the axis y = 0."""
    points = np.asarray(points)
    x, y = points.T if points.ndim == 2 else (points, np.zeros(len(points)))
    settings = {"s": 16, "color": BLACK, "linewidths": 0, "zorder": 3, **settings}
    return ax.scatter(x, y, **settings)


def draw_rings(ax, points, **settings):
    """Training points (n, 2) as rings, which hide nothing that lies on them."""
    settings = {"s": 26, "facecolors": "none", "edgecolors": BLACK, "linewidths": 0.7, **settings}
    return ax.scatter(*np.asarray(points).T, zorder=3, **settings)


def draw_samples(ax, x, **settings):
    """Many samples (n, 2): faint dots, an image in vector graphics."""
    settings = {"s": 1.5, "color": BLUE, "alpha": 0.3, "linewidths": 0, **settings}
    return ax.scatter(*np.asarray(x).T, rasterized=True, **settings)


def legend_below(figure, *axes, ncols=None, **settings):
    """One legend under the panels, where it hides nothing: each label of the axes once.

    The figure's layout is to be "constrained".
    """
    found: dict = {}
    for ax in axes:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            found.setdefault(label, handle)
    settings = {"ncols": ncols or len(found), "frameon": False, "fontsize": "medium", **settings}
    legend = figure.legend(found.values(), found.keys(), loc="outside lower center", **settings)
    for handle in legend.legend_handles:
        if hasattr(handle, "set_sizes"):  # faint dots could not be seen
            handle.set(alpha=1, sizes=[16])
    return legend
