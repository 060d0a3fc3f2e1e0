"""Heaping: numbers that a column has far more often than those around them.

Values that many rows share (the zeros of an amount) and values that stand out (a fee that many pay,
the 999 of what is not known) are atoms: a mean is not to stand in their place. Multiples that
people round to (ages in tens) are round numbers, and a mean is rounded to them.
"""

import numpy as np
from scipy.stats import poisson

__all__ = ["atoms_of", "is_multiple", "round_numbers_of"]

# A value is an atom if this part of the rows, and so many of them, have it.
SHARE, ROWS = 0.02, 3
# Or if this part and so many have it, so many times what its neighbors lead to expect, and so
# improbably many.
SPIKE_SHARE, SPIKE_ROWS, TIMES, BY_CHANCE = 0.001, 5, 3, 1e-6
# Distinct values on either side that are its neighbors.
NEIGHBORS = 10
# Steps that people round to, in units of the column's own, and the part of the values that are
# multiples of one, beyond those that are by chance, from which it counts.
MULTIPLES, PREFERRED = (2, 5, 10, 20, 25, 50, 100, 500, 1000), 0.2


def atoms_of(numbers, weights, rows, step, is_number):
    """Values that many rows share, or far more than the values around, ascending.

    Parameters
    ----------
    numbers : array of shape (n,)
    weights, rows : arrays of shape (n,)
        The weight of each, and for how many rows it counts.
    step : float
        What all of them are multiples of; 0 if there is none.
    is_number : bool
        Whether they may be rounded to multiples of the step: dates are not.
    """
    values, inverse = np.unique(numbers, return_inverse=True)
    share = np.bincount(inverse, weights) / weights.sum()
    count = np.bincount(inverse, rows)
    atoms = (share >= SHARE) & (count >= ROWS)
    rest = numbers[~atoms[inverse]]
    often = np.flatnonzero((share >= SPIKE_SHARE) & (count >= SPIKE_ROWS))
    # A round number stands out among all numbers, and not among round ones.
    multiples = round_numbers_of(rest, step) if is_number and len(often) else ()
    for multiple in (1, *multiples):
        grid = step * multiple
        on = is_multiple(values, step, multiple)
        tested = often[on[often]]
        told = _spikes(values[on], count[on], np.searchsorted(values[on], values[tested]), grid)
        often = np.setdiff1d(often, tested[~told])
    atoms[often] = True
    return values[atoms]


def _spikes(values, count, places, step):
    """Whether far more rows have some of the values than those on either side lead to expect."""
    k = min(NEIGHBORS, (len(values) - 1) // 2)  # one side at least has so many
    if k == 0:
        return np.zeros(len(places), dtype=bool)
    expected = np.zeros(len(places))
    for side in (-1, 1):
        whole = (places + side * k >= 0) & (places + side * k < len(values))
        at = places[whole]
        near = at[:, None] + side * np.arange(1, k + 1)
        # What a neighbor has, times the part of the grid up to the last that is taken.
        between = np.abs(values[near[:, -1]] - values[at]) / step if step else np.inf
        density = np.median(count[near], axis=1) * k / between
        expected[whole] = np.maximum(expected[whole], density)
    found = count[places]
    return (found > TIMES * expected) & (poisson.sf(found - 1, expected) < BY_CHANCE)


def round_numbers_of(numbers, step):
    """Multiples of the step that many more of the numbers are than by chance, ascending."""
    if not step or len(numbers) == 0:
        return ()
    excess = {m: np.mean(is_multiple(numbers, step, m)) - 1 / m for m in MULTIPLES}
    return tuple(m for m in MULTIPLES if excess[m] > PREFERRED)


def is_multiple(numbers, step, multiple):
    """Which of some numbers are multiples of a step taken so often, but for rounding."""
    return np.remainder(np.rint(numbers / (step or 1.0)), multiple) == 0
