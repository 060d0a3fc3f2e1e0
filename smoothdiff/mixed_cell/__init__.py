"""The mixed-cell form of the Smoothed PL-ESF: exact in any dimension, with a certificate."""

from ._candidates import candidates_per_row, neighborhood_size
from ._cell import MixedCell
from ._solve import solve

__all__ = ["MixedCell", "candidates_per_row", "neighborhood_size", "solve"]
