"""The mixed-cell problem in integers, for the rare rows that rounding defeats.

Floats are integers over a power of two, so that Wolfe's method runs without rounding, over all
points at once: its answer needs no other certificate, and it always ends. With the gradient

    g_k = rho |y_k|^2 - 2 y_k.x + 2 (1 - rho) y_k.a

move to the minimizer over the corners' affine hull, dropping the corner whose weight vanishes
first; there let the point of smallest gradient enter, until none lies below the corners.
"""

from fractions import Fraction
from math import lcm

import numpy as np

__all__ = ["solve_exactly"]


def solve_exactly(x, points, rho):
    """Solve one row x (r,) among points (n, r) for 0 < rho < 1.

    Returns
    -------
    parents : list of int
    weights : list of float
    a, v : arrays of shape (r,)
        Rounded once.
    """
    (x, y), unit = _as_integers(x, points)
    ratio = Fraction(float(rho))
    p, q = ratio.numerator, ratio.denominator
    linear, curve = p * (y**2).sum(axis=1) - 2 * q * (y @ x), 2 * (q - p)
    corners, theta = [int(((y - x) ** 2).sum(axis=1).argmin())], [Fraction(1)]
    while True:
        goal = _affine_minimizer(y[corners], linear[corners], curve)
        if goal is None:  # the last corner lies in the others' hull: it takes the place of one
            change = _exchange(y[corners])
        else:
            change = [new - old for new, old in zip(goal[0], theta, strict=True)]
        stops = [(-w / c, i) for i, (w, c) in enumerate(zip(theta, change, strict=True)) if c < 0]
        if goal is None or min(stops, default=(1, 0))[0] < 1:
            step, leaver = min(stops)
            theta = [w + step * c for w, c in zip(theta, change, strict=True)]
            del corners[leaver], theta[leaver]
            continue
        theta, level = goal
        common = lcm(*(weight.denominator for weight in theta))
        a = np.array([int(weight * common) for weight in theta], dtype=object) @ y[corners]
        gradient = common * linear + curve * (y @ a)
        entrant = int(gradient.argmin())
        if gradient[entrant] >= level * common:
            break
        corners, theta = [*corners, entrant], [*theta, Fraction(0)]
    a = [Fraction(int(value), common * unit) for value in a]
    v = [(Fraction(int(b), unit) - (1 - ratio) * c) / ratio for b, c in zip(x, a, strict=True)]
    used = [(k, float(weight)) for k, weight in zip(corners, theta, strict=True) if weight > 0]
    parents, weights = zip(*used, strict=True)
    return list(parents), list(weights), *(np.array([float(c) for c in z]) for z in (a, v))


def _as_integers(*arrays):
    """The floats of all arrays as integers over one power of two, and that power."""
    ratios = [[float(value).as_integer_ratio() for value in array.ravel()] for array in arrays]
    unit = max(denominator for values in ratios for _, denominator in values)
    return [
        np.array([n * (unit // d) for n, d in values], dtype=object).reshape(array.shape)
        for values, array in zip(ratios, arrays, strict=True)
    ], unit


def _affine_minimizer(y, linear, curve):
    """Weights of the minimizer over the hull, and the gradient's level; None if dependent."""
    matrix = [[*row, -1] for row in curve * (y @ y.T)] + [[1] * len(y) + [0]]
    solved = _solve(matrix, [*(-linear), 1])
    return None if solved is None else (solved[:-1], solved[-1])


def _exchange(y):
    """Change of the weights that raises the last, in the others' hull, and keeps a."""
    others = y[:-1]
    matrix = [[*row, 1] for row in others @ others.T] + [[1] * len(others) + [0]]
    return [*(-c for c in _solve(matrix, [*(others @ y[-1]), 1])[:-1]), Fraction(1)]


def _solve(matrix, right):
    """Solution of an integer system, as fractions; None if it is singular.

    Elimination without fractions (Bareiss 1968): every division leaves no remainder.
    """
    rows, previous = [[*row, b] for row, b in zip(matrix, right, strict=True)], 1
    for i in range(len(rows)):
        pivot = next((j for j in range(i, len(rows)) if rows[j][i] != 0), None)
        if pivot is None:
            return None
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for j, row in enumerate(rows):
            if j != i:
                lead, other = rows[i][i], row[i]
                rows[j] = [
                    (lead * b - other * c) // previous for c, b in zip(rows[i], row, strict=True)
                ]
        previous = rows[i][i]
    return [Fraction(int(row[-1]), int(previous)) for row in rows]
