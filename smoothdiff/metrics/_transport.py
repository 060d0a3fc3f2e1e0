"""Distances between the laws of two tables, in the units of their coordinates."""

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from scipy.stats import wasserstein_distance, wasserstein_distance_nd

from .. import _checks as checks
from ._rows import read
from ._value import Value

__all__ = ["energy_distance", "sliced_wasserstein", "wasserstein"]

PAIRS_AT_ONCE = 1 << 22
# Rows of both tables, multiplied, beyond which the exact distance takes minutes.
MOST_PAIRS = {True: 36_000_000, False: 250_000}


def energy_distance(generated, real, train=None, *, max_rows=10_000, random_state=0, kinds=None):
    """Square root of 2 E|X - Y| - E|X - X'| - E|Y - Y'|, over all pairs of rows.

    It is 0 for equal tables only, and positive for two tables of the same law (see the baseline).

    Parameters
    ----------
    generated : array of shape (m, d), or DataFrame
    real : array of shape (n, d), or DataFrame
        Held-out rows best.
    train : array or DataFrame, optional
        Real rows that take the place of the generated ones for the baseline.
    max_rows : int, default=10000
        Larger tables are represented by so many rows, drawn at random: time grows with the square
        of the rows (memory does not).
    random_state : int, default=0
        For that draw.
    kinds : dict or Schema, optional
        How to take columns of DataFrames, as in `TableDiffusion`.

    Returns
    -------
    Value

    Raises
    ------
    TypeError, ValueError
        For what is no table, other columns, no rows, or entries that are not finite.

    References
    ----------
    Szekely and Rizzo, Energy statistics, 2013, equation (1). In one dimension it equals
    scipy.stats.energy_distance.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.metrics import energy_distance
    >>> rng = np.random.default_rng(0)
    >>> train, test, new = rng.normal(size=(3, 100, 2))
    >>> bool(energy_distance(new, test) < energy_distance(new + 1, test))
    True
    """
    checks.count(max_rows, "max_rows")
    checks.seed(random_state)
    tables = read({"real": real, "generated": generated, "train": train}, kinds)
    (real, *others), unit = _in_a_unit(rows.at_most(max_rows, random_state) for rows in tables)
    within = _mean_distance(real, real)

    def distance(x):
        squared = 2 * _mean_distance(x, real) - _mean_distance(x, x) - within
        return np.sqrt(np.ldexp(max(squared, 0.0), unit))

    return Value(*map(distance, others))


def _in_a_unit(tables):
    """Coordinates of all tables in a unit of about their extent, 2 to the power that comes with it.

    Squares of distances are then floats, and tolerances that are numbers are small beside them.
    """
    points = [rows.coordinates for rows in tables]
    highest, lowest = (np.array([f(x, axis=0) for x in points]) for f in (np.max, np.min))
    half = highest.max(axis=0) / 2 - lowest.min(axis=0) / 2  # the whole may be no float
    unit = np.frexp(half.max())[1]
    return [np.ldexp(x, -unit) for x in points], unit


def _mean_distance(x, y):
    step = max(PAIRS_AT_ONCE // len(y), 1)
    total = sum(float(cdist(x[i : i + step], y).sum()) for i in range(0, len(x), step))
    return total / (len(x) * len(y))


def sliced_wasserstein(
    generated, real, train=None, *, n_projections=128, p=1, random_state=0, kinds=None
):
    """Wasserstein distance of order p, averaged over projections to random lines.

    (mean over directions of W_p^p) ^ (1/p). It is positive for two tables of the same law (see
    the baseline), and has a random error of the directions, which are the same for both.

    Parameters
    ----------
    generated : array of shape (m, d), or DataFrame
    real : array of shape (n, d), or DataFrame
        Held-out rows best.
    train : array or DataFrame, optional
        Real rows that take the place of the generated ones for the baseline.
    n_projections : int, default=128
    p : float of at least 1, default=1
    random_state : int, default=0
        For the directions.
    kinds : dict or Schema, optional
        How to take columns of DataFrames, as in `TableDiffusion`.

    Returns
    -------
    Value

    Raises
    ------
    TypeError, ValueError
        For what is no table, other columns, no rows, or entries that are not finite.

    References
    ----------
    Bonneel et al., Sliced and Radon Wasserstein Barycenters of Measures, 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.metrics import sliced_wasserstein
    >>> rng = np.random.default_rng(0)
    >>> train, test, new = rng.normal(size=(3, 100, 2))
    >>> bool(sliced_wasserstein(new, test) < sliced_wasserstein(new + 1, test))
    True
    """
    checks.count(n_projections, "n_projections")
    checks.seed(random_state)
    checks.real(p, "p", "a float of at least 1", lambda v: 1 <= v < np.inf)
    tables = read({"real": real, "generated": generated, "train": train}, kinds)
    (real, *others), unit = _in_a_unit(tables)
    rng = np.random.default_rng(random_state)
    directions = rng.standard_normal((n_projections, real.shape[1]))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)

    def distance(x):
        powers = [_on_a_line(x @ v, real @ v, p) for v in directions]
        return np.ldexp(np.mean(powers) ** (1 / p), unit)

    return Value(*map(distance, others))


def _on_a_line(x, y, p):
    """W_p^p of two samples on a line: the integral of |F^-1 - G^-1|^p."""
    x, y = np.sort(x), np.sort(y)
    if len(x) == len(y):
        return np.mean(np.abs(x - y) ** p)
    # Levels at which either quantile function jumps; whole numbers tell equal ones.
    jumps = np.union1d(np.arange(1, len(x) + 1) * len(y), np.arange(1, len(y) + 1) * len(x))
    before = np.r_[0, jumps[:-1]]
    mass = (jumps - before) / (len(x) * len(y))
    return mass @ np.abs(x[before // len(y)] - y[before // len(x)]) ** p


def wasserstein(generated, real, train=None, *, kinds=None):
    """Exact Wasserstein distance of order 1: the least mean distance that rows are moved.

    It is positive for two tables of the same law (see the baseline), and smallest for copies of
    the rows it is measured against. On a line it takes a sort; for tables of as many rows an
    assignment, n = 6000 rows a minute or so; for others a linear program, far slower.

    Parameters
    ----------
    generated : array of shape (m, d), or DataFrame
        Best as many rows as real has.
    real : array of shape (n, d), or DataFrame
        Held-out rows best.
    train : array or DataFrame, optional
        Real rows that take the place of the generated ones for the baseline.
    kinds : dict or Schema, optional
        How to take columns of DataFrames, as in `TableDiffusion`.

    Returns
    -------
    Value

    Raises
    ------
    TypeError, ValueError
        For what is no table, other columns, no rows, entries that are not finite, or so many rows
        that it would take minutes.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.metrics import wasserstein
    >>> rng = np.random.default_rng(0)
    >>> train, test, new = rng.normal(size=(3, 100, 2))
    >>> bool(wasserstein(new, test) < wasserstein(new + 1, test))
    True
    """
    real, *others = read({"real": real, "generated": generated, "train": train}, kinds)

    def distance(rows):
        (x, y), unit = _in_a_unit([rows, real])  # of these two: it must be of their size
        return np.ldexp(_exact(x, y), unit)

    return Value(*map(distance, others))


def _exact(x, y):
    if x.shape[1] == 1:
        return wasserstein_distance(x[:, 0], y[:, 0])
    square = len(x) == len(y)
    if len(x) * len(y) > MOST_PAIRS[square]:
        other = "" if square else " As many of both are far faster."
        raise ValueError(
            f"wasserstein of {len(x)} and {len(y)} rows would take minutes; use sliced_wasserstein "
            f"or a random part of them.{other}"
        )
    if not square:
        return wasserstein_distance_nd(x, y)
    cost = cdist(x, y)
    return cost[linear_sum_assignment(cost)].mean()
