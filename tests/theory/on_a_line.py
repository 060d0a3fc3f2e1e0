"""Points on a line, and the papers' functions of one number from their definitions."""

import numpy as np
import reference

from smoothdiff.cloud import PointCloud
from smoothdiff.scores import SmoothedPLScore

LINE = np.array([-1.4, -1.0, -0.9, 0.2, 1.5])
WEIGHTS = np.array([1.0, 2.0, 1.0, 3.0, 1.0]) / 8


def smoothed(points, kappa, spacing):
    return SmoothedPLScore(PointCloud.of(np.reshape(points, (len(points), -1))), kappa, spacing)


def uniform(n):
    """Points from -1 to 1 and their half-gap Delta."""
    return np.linspace(-1, 1, n), 1 / (n - 1)


def empirical_score(x, y, t, weights):
    """s_t at one number x, from the definition."""
    exponents = np.log(weights) - (x - y) ** 2 / (2 * t)
    share = np.exp(exponents - exponents.max())
    return share @ (y - x) / share.sum() / t


def density(x, y, t, weights):
    return weights @ np.exp(-((x - y) ** 2) / (2 * t)) / np.sqrt(2 * np.pi * t)


def smoothed_score(x, y, t, rho):
    return (reference.line_denoiser(x, y, rho) - x) / t
