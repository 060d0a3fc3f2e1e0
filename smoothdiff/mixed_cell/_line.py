"""One tangent dimension: a sorted search, and v2's formulas in each gap.

In the gap [y, y'] of half-width Delta around z, with delta = rho Delta,

    a = z + (x - z) / (1 - rho)   where |x - z| < Delta - delta,   v = z,

and beside it a is the nearer end, v = a + (x - a) / rho.
"""

import numpy as np

from ..cloud import PointCloud
from ._cell import MixedCell

__all__ = ["solve_line"]


def solve_line(x, cloud: PointCloud, rho, near) -> MixedCell:
    """Solve for x and rho of shape (n,); see `smoothdiff.mixed_cell.solve`."""
    y, order, rank = cloud.sorted_line
    last = max(len(y) - 1, 1)
    if near is None or len(y) < 2:
        right = np.clip(np.searchsorted(y, x, side="right"), 1, last)
    else:  # most rows lie in a gap next to their point
        right = np.clip(rank[near] + (x >= y[rank[near]]), 1, last)
        far = np.flatnonzero((x < y[right - 1]) | (x >= y[right]))
        right[far] = np.clip(np.searchsorted(y, x[far], side="right"), 1, last)
    left = right - 1
    right = np.minimum(right, len(y) - 1)  # a single point has no gap
    middle, half = (y[left] + y[right]) / 2, (y[right] - y[left]) / 2
    offset = x - middle
    in_gap = np.abs(offset) < half * (1 - rho) * (1 - 2 * np.finfo(float).eps)
    nearest = np.where(offset > 0, right, left)
    with np.errstate(divide="ignore", invalid="ignore"):
        stretched = offset / (1 - rho)
        share = np.where(in_gap, (1 + np.abs(stretched) / half) / 2, 1.0)  # of the nearest
    a = np.where(in_gap, middle + stretched, y[nearest])
    v = np.where(in_gap, middle, y[nearest] + (x - y[nearest]) / rho)
    parents = np.stack([order[nearest], order[left + right - nearest]], axis=1)
    weights = np.stack([share, 1 - share], axis=1)
    return MixedCell(a[:, None], v[:, None], parents, weights, in_gap.astype(np.intp))
