"""Log-density of the samples: the starting law pushed through the flow.

    log p(x) = log p_t0(x_t0) - log |det d x_t / d x_t0|,

with x_t0 the point that the flow takes to x. For the Smoothed PL-ESF both are in closed form.
"""

import numpy as np

from .cloud import PointCloud
from .flow import log_jacobian, position, reachable
from .mixed_cell import solve
from .starts import StartingLaw

__all__ = ["gaussian_log_density", "smoothed_pl_log_density"]


def smoothed_pl_log_density(x, cloud: PointCloud, start: StartingLaw, rho_0, rho_min):
    """Log-density at x (n, r) of the starting law after its flow from rho_0 to rho_min, (n,).

    Rows that the flow does not reach (only for rho_0 >= 1) have -inf.
    """
    cell = solve(x, cloud, rho_min, faces=True)
    support = reachable(cell, cloud, rho_0)
    log_p = start.log_density(position(cell, rho_0))
    log_p -= log_jacobian(cell.face_dim, cloud.dim, rho_0, rho_min)
    return np.where(support, log_p, -np.inf)


def gaussian_log_density(squared_norm, dim, variance):
    """Log N(x; 0, variance I) in ``dim`` dimensions from |x|^2, shape (n,)."""
    return -(dim * np.log(2 * np.pi * variance) + squared_norm / variance) / 2
