"""The point clouds of the papers' experiments: small, exact, and seeded where random."""

import numpy as np

from . import _checks as checks

__all__ = ["circle", "perturbed_line", "uniform_line"]


def uniform_line(n, d=1, half_width=1.0):
    """Evenly spaced points on a segment of the first axis.

    Parameters
    ----------
    n : int
        Number of points, at least 2.
    d : int, default=1
        Dimension of the space; the other coordinates are 0.
    half_width : float, default=1.0
        The points run from -half_width to half_width, their half-gap is half_width / (n - 1).

    Returns
    -------
    array of shape (n, d)

    Raises
    ------
    ValueError
        If n or d is no such number, or half_width is not positive.
    TypeError
        If an argument is not of its type.

    References
    ----------
    On the Interpolation Effect of Score Smoothing in Diffusion Models, arXiv 2502.19499: n = 4,
    d = 2 in the experiments with denoising.

    Examples
    --------
    >>> from smoothdiff.datasets import uniform_line
    >>> uniform_line(4, d=2).round(3).tolist()
    [[-1.0, 0.0], [-0.333, 0.0], [0.333, 0.0], [1.0, 0.0]]
    """
    checks.count(n, "n", least=2)
    checks.count(d, "d", least=1)
    checks.number(half_width, "half_width")
    points = np.zeros((n, d))
    points[:, 0] = np.linspace(-half_width, half_width, n)
    return points


def perturbed_line(n=6, jitter=0.3, half_width=1.0, random_state=0):
    """Unevenly spaced points on a line: an even grid, each point moved a little.

    Parameters
    ----------
    n : int, default=6
        Number of points, at least 2.
    jitter : float in [0, 0.5), default=0.3
        Largest move, in gaps of the even grid; below 0.5 the order stays.
    half_width : float, default=1.0
        Of the even grid; the end points move as well.
    random_state : int or Generator, default=0

    Returns
    -------
    array of shape (n, 1), increasing

    Raises
    ------
    ValueError
        If n is no such number, half_width is not positive, or jitter is outside [0, 0.5).
    TypeError
        If an argument is not of its type.

    References
    ----------
    In the manner of arXiv 2502.19499 (v2), Figure 9 (n = 6); the moves are this library's.

    Examples
    --------
    >>> from smoothdiff.datasets import perturbed_line
    >>> perturbed_line(n=4).shape
    (4, 1)
    """
    checks.real(jitter, "jitter", "in [0, 0.5)", lambda j: 0 <= j < 0.5)
    points = uniform_line(n, half_width=half_width)
    if not isinstance(random_state, np.random.Generator):
        checks.seed(random_state)
    moves = np.random.default_rng(random_state).uniform(-jitter, jitter, size=points.shape)
    return points + moves * 2 * half_width / (n - 1)


def circle(n, radius=1.0):
    """Evenly spaced points on a circle, the first on the positive first axis.

    Parameters
    ----------
    n : int
        Number of points, at least 1.
    radius : float, default=1.0

    Returns
    -------
    array of shape (n, 2)

    Raises
    ------
    ValueError
        If n is no such number or radius is not positive.
    TypeError
        If an argument is not of its type.

    References
    ----------
    arXiv 2502.19499 (v2), Figure 5: n = 4, 8, 16.

    Examples
    --------
    >>> from smoothdiff.datasets import circle
    >>> circle(4).shape
    (4, 2)
    """
    checks.count(n, "n", least=1)
    checks.number(radius, "radius")
    angle = 2 * np.pi * np.arange(n) / n
    return radius * np.column_stack([np.cos(angle), np.sin(angle)])
