"""The mixed-cell form of the Smoothed PL-ESF: exact in any dimension, with a certificate."""

from ._solve import MixedCell, candidates_per_row, neighborhood_size, solve

__all__ = ["MixedCell", "candidates_per_row", "neighborhood_size", "solve"]
