"""Probability-flow ODE dx/dt = -1/2 s_t(x), by steps on a grid of variances.

The loop lives here once; a method is a function ``step(score, x, t, s)`` from x_t to x_s.
"""

from itertools import pairwise

__all__ = ["METHODS", "integrate", "states"]


def euler_step(score, x, t, s):
    """First order."""
    return x - (s - t) / 2 * score(x, t)


def heun_step(score, x, t, s):
    """Second order: the slopes at both ends of the Euler step, averaged."""
    slope = score(x, t)
    end = x - (s - t) / 2 * slope
    return x - (s - t) / 4 * (slope + score(end, s))


METHODS = {"euler": euler_step, "heun": heun_step}


def states(score, x, times, method="heun"):
    """Yield x at each of the times, carried along from the first.

    Parameters
    ----------
    score : callable
        ``score(x, t)`` of shape (n, r).
    x : array of shape (n, r)
        The state at times[0].
    times : array of shape (n_times,)
        Variances, all positive, decreasing (denoising) or increasing (noising).
    method : {"euler", "heun"}
    """
    step = METHODS[method]
    yield x
    for t, s in pairwise(times):
        x = step(score, x, t, s)
        yield x


def integrate(score, x, times, method="heun"):
    """Carry x from times[0] to times[-1]; arguments as `states`."""
    for state in states(score, x, times, method):
        x = state
    return x
