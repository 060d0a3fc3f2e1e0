"""Nearest training points, exactly: one interface, the backend chosen by size and dimension."""

from ._base import squared_distances
from ._choose import Neighbors
from ._order import spatial_order

__all__ = ["Neighbors", "spatial_order", "squared_distances"]
