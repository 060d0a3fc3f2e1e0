"""Denoising step by step: the probability-flow ODE and the reverse-time SDE.

    dx/dt = -1/2 s_t(x)                                     the flow, in either direction of t
    dx = -s_t(x) dt + dW,  t decreasing                     the SDE: the same laws at each t

The loop lives here once. A method is a function ``step(score, x, t, s, noise)`` from x_t to x_s,
and one line of `METHODS`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import ndtri

__all__ = ["FLOWS", "METHODS", "Method", "counted_normals", "integrate", "states"]


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
    return x + (t - s) * score(x, t) + np.sqrt(s / t * (t - s)) * noise


@dataclass(frozen=True)
class Method:
    """A way to step from one variance to the next.

    Examples
    --------
    >>> from smoothdiff.ode import METHODS
    >>> METHODS["sde"].draws_noise, METHODS["heun"].ends_at_zero
    (True, False)
    """

    step: Callable
    draws_noise: bool = False
    """Whether each step adds noise: then it only goes down, and no path leads back up."""
    ends_at_zero: bool = False
    """Whether a last step to t = 0 is defined."""


METHODS = {
    "euler": Method(euler_step, ends_at_zero=True),
    "heun": Method(heun_step),
    "sde": Method(sde_step, draws_noise=True, ends_at_zero=True),
}
FLOWS = {name: method for name, method in METHODS.items() if not method.draws_noise}


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

    Raises
    ------
    ValueError
        For an unknown method, times in the wrong order or not positive, or a score that does not
        return the shape of x; before any step (the last, at the first one).

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.ode import states
    >>> path = states(lambda x, t: -x / t, np.ones((1, 1)), [1.0, 0.25, 0.0], method="euler")
    >>> [x.item() for x in path]
    [1.0, 0.625, 0.3125]
    """
    step, times = _check(method, times, noise)
    x = np.asarray(x, dtype=np.float64)
    yield x
    for i, (t, s) in enumerate(pairwise(times)):
        x = step(_shaped(score), x, t, s, None if noise is None else noise(i))
        yield x


def _check(method, times, noise):
    """The step, and times as an array of floats."""
    if method not in METHODS:
        names = ", ".join(map(repr, METHODS))
        raise ValueError(f"method must be one of {names}. Got {method!r} instead.")
    times = np.asarray(times, dtype=np.float64)
    down, up = (np.diff(times) <= 0).all(), (np.diff(times) >= 0).all()
    if times.ndim != 1 or len(times) == 0 or not (down or (up and method in FLOWS)):
        wanted = "decrease or increase" if method in FLOWS else "decrease"
        raise ValueError(f"times must be one-dimensional and {wanted} with method={method!r}.")
    inner = times[:-1] if METHODS[method].ends_at_zero and down else times
    if not (np.isfinite(times).all() and (inner > 0).all() and (times >= 0).all()):
        raise ValueError(f"times must be positive variances with method={method!r}. Got {times}.")
    if METHODS[method].draws_noise and noise is None:
        raise ValueError(f"noise must be given with method={method!r}.")
    return METHODS[method].step, times


def _shaped(score):
    """The score, checked to have the shape of x: (n, 1) would be added to every axis."""

    def shaped(x, t):
        value = np.asarray(score(x, t))
        if value.shape != x.shape:
            raise ValueError(f"score must return shape {x.shape}. Got shape {value.shape} instead.")
        return value

    return shaped


def integrate(score, x, times, method="heun", noise=None, report=None):
    """Carry x from times[0] to times[-1]; arguments as `states`.

    ``report(i)``, if given, is called after each step.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.noise import karras_times
    >>> from smoothdiff.ode import integrate
    >>> from smoothdiff.scores import EmpiricalScore
    >>> x = integrate(EmpiricalScore([-1.0, 1.0]), np.array([[0.3]]), karras_times(1.0, 1e-4, 100))
    >>> x.round(2)
    array([[0.99]])
    """
    for i, state in enumerate(states(score, x, times, method, noise)):
        x = state
        if report is not None and i > 0:
            report(i)
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

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.ode import counted_normals
    >>> key = np.array([1, 2], dtype=np.uint64)
    >>> whole, later = counted_normals(key, 0, (5, 2)), counted_normals(key, 3, (2, 2))
    >>> bool((whole(0)[3:] == later(0)).all())
    True
    """
    n, r = shape
    blocks = -(-r // 4)  # the counter moves on by one for four numbers

    def noise(i):
        bits = np.random.Philox(key=key, counter=[first_row * blocks, i, 0, 0])
        uniform = (bits.random_raw(4 * n * blocks) >> np.uint64(11)) + 0.5
        return ndtri(uniform.reshape(n, 4 * blocks)[:, :r] / 2.0**53)

    return noise
