"""Nearest training points, exactly: one interface, the backend chosen by size and dimension."""

from ._base import squared_distances
from ._choose import Neighbors
from ._leaves import Leaves, leaf_size, padded_rows
from ._order import spatial_order

__all__ = [
    "Leaves",
    "Neighbors",
    "leaf_size",
    "padded_rows",
    "spatial_order",
    "squared_distances",
]
