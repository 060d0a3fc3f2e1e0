"""Mixtures of one Gaussian N(y_k, S_k) at each point of a cloud, exact to draw from and to score.

    spherical   S_k = v_k I
    shaped      S_k = A (v_k I + G_k' G_k) A,   G_k (m, r) scaled differences to m neighbors

A is one frame for all, a symmetric matrix: in the coordinates A^-1 x it is gone. No array of size
(n, r, r) is formed.
"""

import numpy as np

from .. import mixture
from .._compute import map_threads, slices
from .._derived import Derived, derived
from ..cloud import PointCloud
from ._base import StartingLaw

__all__ = ["SMALLEST_BANDWIDTH", "ShapedLaw", "SphericalLaw", "floored"]

# Neighbor distances below this fraction of their median are raised to it: no zero variance.
SMALLEST_BANDWIDTH = 1e-6
# Rows for which a matrix of differences to neighbors is formed at once.
ROWS_AT_ONCE = 8192


class SphericalLaw(Derived, StartingLaw):
    """Spheres of variances (n,) around the points of a cloud."""

    def __init__(self, cloud: PointCloud, variances):
        self.cloud = cloud
        self.variances = variances

    @property
    def covariances(self):
        """Variances v_k, (n,)."""
        return self.variances

    def sample(self, generator, n, around=None):
        """Draw n points: positions (n, r) and the component that each came from, (n,)."""
        k = self.cloud.draw(generator, n) if around is None else around
        x = generator.standard_normal((n, self.cloud.dim))
        if np.all(self.variances == self.variances[0]):
            x *= np.sqrt(self.variances[0])
        else:
            x *= np.sqrt(self.variances)[k, None]
        x += self.cloud.points[k]
        return x, k

    def log_density(self, x, scale=1.0):
        """Log-density at x (n, r), shape (n,), with all S_k times ``scale``."""
        log_volume = self.cloud.dim / 2 * np.log(scale)
        return mixture.log_density(self._mixture, x, 1 / scale) - log_volume

    @derived
    def _mixture(self):
        log_det = self.cloud.dim * np.log(2 * np.pi * self.variances)
        coefficient = np.log(self.cloud.weights) - log_det / 2
        return mixture.tile(self.cloud.points, coefficient, 1 / (2 * self.variances))


class ShapedLaw(Derived, StartingLaw):
    """Ellipsoids around the points of a cloud.

    Parameters
    ----------
    cloud : PointCloud
    variances : array of shape (n,)
        Positive: v_k.
    indices : integer array of shape (n, m)
        Neighbors that shape the noise of each point.
    amplitude : array of shape (n, m)
        G_k is so many times the differences to them, in the frame.
    frame : array of shape (r, r), optional
        A, symmetric and positive definite; the identity by default.
    """

    def __init__(self, cloud: PointCloud, variances, indices, amplitude, frame=None):
        self.cloud = cloud
        self.variances = variances
        self._indices = indices
        self._amplitude = amplitude
        self._frame = frame

    @derived
    def _points(self):
        """Points in the frame, (n, r)."""
        points = self.cloud.points
        if self._frame is None:
            return points
        # Row by row in memory, as rows are what is looked up.
        return np.ascontiguousarray(np.linalg.solve(self._frame, points.T).T)

    def _factors(self, k):
        """G_k (len(k), m, r) for component indices k."""
        differences = self._points[self._indices[k]] - self._points[k, None]
        return self._amplitude[k, :, None] * differences

    @property
    def covariances(self):
        """S_k, (n, r, r), formed on access."""
        G = self._factors(np.arange(len(self.cloud)))
        S = self.variances[:, None, None] * np.eye(self.cloud.dim) + G.transpose(0, 2, 1) @ G
        return S if self._frame is None else self._frame @ S @ self._frame

    def variances_along(self, directions, k):
        """Variance of the noise of points k (m,) along vectors (d, r), not of length 1: (m, d)."""
        turned = directions if self._frame is None else directions @ self._frame
        found = self.variances[k, None] * (turned**2).sum(axis=1)
        for neighbors, amplitude in zip(self._indices[k].T, self._amplitude[k].T, strict=True):
            steps = self.cloud.at(neighbors) - self.cloud.at(k)
            found += (amplitude[:, None] * (steps @ directions.T)) ** 2
        return found

    def sample(self, generator, n, around=None):
        """Draw n points: positions (n, r) and the component that each came from, (n,)."""
        k = self.cloud.draw(generator, n) if around is None else around
        noise = generator.standard_normal((n, self.cloud.dim))
        if self.cloud.dim == 1:
            return self.cloud.points[k] + self._widths[k] * noise, k
        noise *= np.sqrt(self.variances)[k, None]
        for rows in slices(n, ROWS_AT_ONCE):
            G = self._factors(k[rows])
            noise[rows] += np.einsum("nm,nmr->nr", generator.standard_normal(G.shape[:2]), G)
        return self.cloud.points[k] + (noise if self._frame is None else noise @ self._frame), k

    @derived
    def _widths(self):
        """On a line, where every law is spherical: sqrt(S_k), (n, 1)."""
        return np.sqrt(self.covariances[:, 0])

    def log_density(self, x, scale=1.0):
        """Log-density at x (n, r), shape (n,), with all S_k times ``scale``."""
        log_volume = self.cloud.dim / 2 * np.log(scale)
        if self._frame is not None:
            x = np.linalg.solve(self._frame, x.T).T
            log_volume += np.linalg.slogdet(self._frame)[1]
        return mixture.log_density(self._mixture, x, 1 / scale) - log_volume

    @derived
    def _mixture(self):
        points, alpha = self._points, self.variances
        n, r = points.shape
        q = min(self._indices.shape[1], r)
        factors, stretch = np.empty((n, q, r)), np.empty((n, q))

        def factor(rows):
            # G'G = V s^2 V' by way of the smaller of it and GG': half the time of the singular
            # values. What that rounds, a part of 1e-16 s^2 / v_k, the difference of the two terms
            # of an exponent rounds as well.
            G, a = self._factors(np.arange(n)[rows]), alpha[rows, None]
            G_t = G.transpose(0, 2, 1)
            if q < r:
                squares, axes = np.linalg.eigh(G @ G_t)
                axes = axes.transpose(0, 2, 1) @ G
            else:
                squares, axes = np.linalg.eigh(G_t @ G)
                axes = np.sqrt(np.maximum(squares, 0))[..., None] * axes.transpose(0, 2, 1)
            stretch[rows] = squares = np.maximum(squares, 0)
            factors[rows] = axes / (np.sqrt(2 * a) * np.sqrt(a + squares))[..., None]

        map_threads(factor, slices(n, ROWS_AT_ONCE // 8))
        log_det = r * np.log(2 * np.pi * alpha) + np.log1p(stretch / alpha[:, None]).sum(axis=1)
        least = 1 / (2 * (alpha + stretch.max(axis=1)))
        coefficient = np.log(self.cloud.weights) - log_det / 2
        return mixture.tile(points, coefficient, 1 / (2 * alpha), factors, least)


def floored(trace, rounding):
    """Mean squares (n,) raised to a small part of their median: twins do not start from nothing.

    The median is that of distances which are more than rounding, if there are any.
    """
    for least in rounding**2, 0.0:
        known = trace[trace > least]
        if len(known):
            return np.maximum(trace, SMALLEST_BANDWIDTH**2 * np.median(known))
    return np.ones(len(trace))
