"""Coordinates of a column: from its values to R^q, in which distances are comparable.

Line      numbers, dates: one coordinate of deviation 1; where values are missing they lie at
          the mean, and a second coordinate, 0 or 1, says so
Corners   categories: any two levels at distance 1, a missing value being a level. Up to
          `MOST_CORNERS` levels have an axis each (one-hot / sqrt 2); more have fixed codes in
          as many coordinates, random and nearly at distance 1, so that a thousand levels
          take no more room than these
"""

from dataclasses import dataclass

import numpy as np

__all__ = ["Corners", "Line"]

MOST_CORNERS = 32


@dataclass(frozen=True, eq=False)
class Line:
    """z = (y - center) / scale."""

    center: float
    scale: float
    gaps: bool
    """Whether a value may be missing."""

    @classmethod
    def of(cls, numbers, weights):
        """From the numbers of the training rows, NaN where missing, and their weights."""
        gap = np.isnan(numbers)
        share = np.where(gap, 0.0, weights)
        share = share / share.sum()
        y = np.where(gap, 0.0, numbers)
        unit = float(np.abs(y).max()) or 1.0  # squares of large or small numbers leave the range
        center = float(share @ (y / unit)) * unit
        deviation = float(np.sqrt(share @ ((y - center) / unit) ** 2)) * unit
        return cls(center, deviation if deviation > 0 else 1.0, bool(gap.any()))

    @property
    def width(self):
        """Number of coordinates."""
        return 1 + self.gaps

    def embed(self, numbers):
        """Coordinates (n, width)."""
        gap = np.isnan(numbers)
        z = np.where(gap, 0.0, (numbers - self.center) / self.scale)
        return np.column_stack([z, gap]) if self.gaps else z[:, None]

    def invert(self, z):
        """Numbers (n,) from their coordinate (n,)."""
        return self.center + self.scale * z


@dataclass(frozen=True, eq=False)
class Corners:
    """Points at distance 1 from each other."""

    n_levels: int
    """The missing value included, where there is one; its code is the last."""
    most: int = MOST_CORNERS
    """Levels that have an axis each."""

    @property
    def width(self):
        """Number of coordinates."""
        return min(self.n_levels, self.most)

    def embed(self, codes):
        """Coordinates (n, width) of codes from 0."""
        if self.n_levels > self.most:
            return self._codebook()[codes]
        z = np.zeros((len(codes), self.width))
        z[np.arange(len(codes)), codes] = np.sqrt(0.5)
        return z

    def _codebook(self):
        """Directions from a fixed generator, of length 1 / sqrt 2: (n_levels, width)."""
        book = np.random.default_rng(0).standard_normal((self.n_levels, self.width))
        return book * (np.sqrt(0.5) / np.linalg.norm(book, axis=1, keepdims=True))
