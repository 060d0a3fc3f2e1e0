"""Levels of a density whose regions above hold a given share of the law, and are the smallest.

The region {p >= level} of share s is the smallest set that holds s (Hyndman, Computing and
graphing highest density regions, 1996). The level is the (1 - s) quantile of p(x) for x drawn
from p, or is found by adding up the cells of a grid, the densest first.
"""

import numpy as np

__all__ = ["levels_of_cells", "levels_of_draws"]


def levels_of_draws(log_density, shares):
    """Levels (k,) above which the shares (k,) of draws lie; from their log-densities (n,)."""
    return np.quantile(log_density, 1 - np.asarray(shares), method="lower")


def levels_of_cells(log_density, shares):
    """Levels (k,) above which the cells of an even grid hold the shares (k,) of its mass."""
    falling = np.sort(log_density, axis=None)[::-1]
    mass = np.cumsum(np.exp(falling - falling[0]))
    return falling[np.searchsorted(mass, np.asarray(shares) * mass[-1])]
