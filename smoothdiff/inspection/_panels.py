"""The axes that a display draws in: new ones, the caller's, or the caller's one divided."""

import numpy as np

from .._pyplot import pyplot

__all__ = ["panels"]


def panels(ax, n, *, size, down=False, **settings):
    """An array of n axes.

    Parameters
    ----------
    ax : Axes, sequence of n Axes, or None
        None makes a new figure. One Axes is divided where n > 1, as scikit-learn's displays do.
    n : int
    size : (float, float)
        Width and height of a new figure in inches.
    down : bool, default=False
        Below one another, else side by side.
    **settings : dict
        For new axes, as in ``Figure.subplots``; ``sharex`` for instance.

    Raises
    ------
    ValueError
        For another number of axes, or one that is in no grid and cannot be divided.
    """
    shape = (n, 1) if down else (1, n)
    if ax is None:
        figure = pyplot().figure(figsize=size, layout="constrained")
        return figure.subplots(*shape, squeeze=False, **settings).ravel()
    given = np.array(ax, dtype=object).ravel()
    if len(given) == n:
        return given
    if len(given) != 1:
        raise ValueError(f"ax must be one Axes or {n} of them. Got {len(given)} instead.")
    place = given[0].get_subplotspec()
    if place is None:
        raise ValueError(
            f"ax must be of a grid of subplots, to be divided into {n} panels, or {n} Axes. "
            "Got one that stands alone."
        )
    given[0].set_axis_off()
    grid = place.subgridspec(*shape)
    return grid.subplots(squeeze=False, **settings).ravel()
