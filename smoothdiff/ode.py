"""Denoising step by step: the probability-flow ODE and the reverse-time SDE.

    dx/dt = -1/2 s_t(x)                                     the flow, in either direction of t
    dx = -s_t(x) dt + dW,  t decreasing                     the SDE: the same laws at each t

The loop lives here once; a method is a function ``step(score, x, t, s, noise)`` from x_t to x_s.
"""

import sys
from itertools import pairwise
from time import monotonic

import numpy as np
from scipy.special import ndtri

__all__ = ["FLOWS", "METHODS", "counted_normals", "integrate", "states"]

SECONDS_BETWEEN_REPORTS = 2.0


def euler_step(score, x, t, s, noise=None):
    """First order."""
    return x - (s - t) / 2 * score(x, t)


def heun_step(score, x, t, s, noise=None):
    """Second order: the slopes at both ends of the Euler step, averaged."""
    slope = score(x, t)
    end = x - (s - t) / 2 * slope
    return x - (s - t) / 4 * (slope + score(end, s))


def sde_step(score, x, t, s, noise):
    """Ancestral step of the reverse SDE: exact while the denoiser stays what it is at x_t.

    x_s given x_t and x_0 = D is N(D + s / t (x_t - D), s (t - s) / t) (Ho et al. 2020, eq. 6).
    """
    return x + (t - s) * score(x, t) + np.sqrt(s * (t - s) / t) * noise


FLOWS = {"euler": euler_step, "heun": heun_step}
METHODS = {**FLOWS, "sde": sde_step}


def states(score, x, times, method="heun", noise=None):
    """Yield x at each of the times, carried along from the first.

    Parameters
    ----------
    score : callable
        ``score(x, t)`` of shape (n, r).
    x : array of shape (n, r)
        The state at times[0].
    times : array of shape (n_times,)
        Variances, decreasing (denoising) or, but for "sde", increasing (noising); positive, but
        for the last with "euler" and "sde".
    method : {"euler", "heun", "sde"}
        The SDE's samples converge in law, not path by path.
    noise : callable, required by "sde"
        ``noise(i)`` gives the standard normals of step i, (n, r).
    """
    step = METHODS[method]
    yield x
    for i, (t, s) in enumerate(pairwise(times)):
        x = step(score, x, t, s, None if noise is None else noise(i))
        yield x


def integrate(score, x, times, method="heun", noise=None, verbose=0):
    """Carry x from times[0] to times[-1]; arguments as `states`.

    ``verbose`` shows progress on standard error, for runs of some seconds.
    """
    began = shown = monotonic()
    for i, state in enumerate(states(score, x, times, method, noise)):
        x = state
        if verbose and monotonic() - shown > SECONDS_BETWEEN_REPORTS:
            shown = monotonic()
            rate = i / (shown - began)
            sys.stderr.write(f"step {i} of {len(times) - 1}, {rate:.3g} steps/s\n")
    return x


def counted_normals(key, first_row, shape):
    """Standard normals as a function of step, row and axis, however the rows are split.

    Parameters
    ----------
    key : array of two 64-bit integers
    first_row : int
        Row that the first one is in the whole sample.
    shape : (n, r)

    Returns
    -------
    callable
        ``noise(i)`` of shape (n, r), for `states`.
    """
    n, r = shape
    blocks = -(-r // 4)  # the counter moves on by one for four numbers

    def noise(i):
        bits = np.random.Philox(key=key, counter=[first_row * blocks, i, 0, 0])
        uniform = (bits.random_raw(4 * n * blocks) >> np.uint64(11)) + 0.5
        return ndtri(uniform.reshape(n, 4 * blocks)[:, :r] / 2.0**53)

    return noise
