"""Log-density of the samples: the starting law pushed through the flow.

    log p(x) = log p_t0(x_t0) - log |det d x_t / d x_t0|,

with x_t0 the point that the flow takes to x. For the Smoothed PL-ESF both are in closed form. For
any other score the ODE is stepped up from t_min to t0, and the logarithm with it:

    log p_t_min(x) = log p_t0(x_t0) - 1/2 int_t_min^t0 div s_t(x_t) dt

(Song et al. 2021, section 4.3).
"""

from collections.abc import Callable

import numpy as np

from .cloud import PointCloud
from .flow import log_jacobian, position, reachable
from .mixed_cell import solve
from .ode import integrate
from .starts import StartingLaw

__all__ = ["ode_log_density", "smoothed_pl_log_density"]


def smoothed_pl_log_density(
    x, cloud: PointCloud, start: StartingLaw | Callable[[np.ndarray], np.ndarray], rho_0, rho_min
):
    """Log-density at x (n, r) of the starting law after its flow from rho_0 to rho_min, (n,).

    The ratios are floats or (n,). Of the starting law its log-density is enough, a callable. Rows
    that the flow does not reach (only for rho_0 >= 1) have -inf.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.cloud import as_cloud
    >>> from smoothdiff.likelihood import smoothed_pl_log_density
    >>> from smoothdiff.starts import Isotropic
    >>> cloud = as_cloud([-1.0, 1.0])
    >>> smoothed_pl_log_density(np.zeros((1, 1)), cloud, Isotropic(cloud, 1.0), 0.5, 0.1).round(4)
    array([-2.0067])
    """
    cell = solve(x, cloud, rho_min, faces=True)
    support = reachable(cell, cloud, rho_0)
    start_log_density = start.log_density if isinstance(start, StartingLaw) else start
    log_p = start_log_density(position(cell, rho_0))
    log_p -= log_jacobian(cell.face_dim, cloud.dim, rho_0, rho_min)
    return np.where(support, log_p, -np.inf)


def ode_log_density(score, start_log_density, x, times, method="heun", probes=None, report=None):
    """Log-density at x of the starting law after its flow, by steps of the ODE.

    Parameters
    ----------
    score : Score
    start_log_density : callable
        Log-density (n,) of the law at times[-1].
    x : array of shape (n, r)
    times : array of shape (n_times,)
        Variances, increasing, from that of x to that of the starting law.
    method : {"euler", "heun"}
    probes : array of shape (m, r), optional
        Directions for a divergence that is estimated, see `Score.divergence`.
    report : callable, optional
        ``report(i)`` is called after each step.

    Returns
    -------
    log_p : array of shape (n,)
    error : array of shape (n,)
        What the divergence along the way may be off by: 0 where it is exact, a bound where it is
        of differences, and beyond 10 dimensions, where probes estimate it, a standard error. The
        error of the steps themselves is not in it.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.likelihood import ode_log_density
    >>> from smoothdiff.noise import NoisedLaw, karras_times
    >>> from smoothdiff.scores import EmpiricalScore
    >>> score = EmpiricalScore([-1.0, 1.0])
    >>> law, x = NoisedLaw(score.cloud), np.array([[0.4]])
    >>> times = karras_times(0.1, 1.0, 100)
    >>> log_p, _ = ode_log_density(score, lambda y: law.log_density(y, 1.0), x, times)
    >>> bool(abs(log_p - law.log_density(x, 0.1)) < 1e-3)
    True
    """
    n, r = x.shape

    def with_divergence(state, t):
        x = state[:, :r]
        divergence, error = score.divergence(x, t, probes)
        return np.column_stack([score(x, t), divergence, error])

    # Both columns follow the equation of x, dz/dt = -1/2 (...).
    state = integrate(
        with_divergence, np.column_stack([x, np.zeros((n, 2))]), times, method, None, report
    )
    return start_log_density(state[:, :r]) + state[:, r], np.abs(state[:, r + 1])
