"""Nearest training points, exactly: one interface, the backend chosen by size and dimension."""

from ._base import squared_distances
from ._choose import Neighbors

__all__ = ["Neighbors", "squared_distances"]
