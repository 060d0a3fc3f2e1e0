"""Nearest training points, exactly: one interface, the backend chosen by size and dimension."""

from ._choose import Neighbors

__all__ = ["Neighbors"]
