"""Values for new rows, from the training rows that they are weighted means of.

A new row is sum_k theta_k y_k over named training rows, its parents. A parent drawn with
probability theta_k, the donor, gives what cannot be averaged, so that the law of a category in
the new rows is the weighted one among neighboring rows, and always one that exists.
"""

import numpy as np

from ._columns import Column
from ._groups import NO_ROW
from ._values import is_missing

__all__ = ["Donors", "draw_donors", "in_blocks", "interpolated", "patterns_of"]

# New rows whose parents are looked at together: arrays of their values take a few MB.
ROWS_AT_ONCE = 1 << 13


def draw_donors(generator, parents, weights, allowed=None):
    """Draw one parent for each row by weight.

    Parameters
    ----------
    generator : Generator
    parents, weights : arrays of shape (n, k)
        Training rows and their weights; -1 and 0 are padding.
    allowed : boolean array over the training rows, optional
        Which may be drawn.

    Returns
    -------
    integer array of shape (n,)
        Training rows; `NO_ROW` where no parent is allowed.
    """

    def drawn(parents, weights, uniform):
        if allowed is not None:
            weights = np.where(allowed[parents] & (parents >= 0), weights, 0.0)
        cumulative = np.cumsum(weights, axis=1)
        total = cumulative[:, -1]
        place = (uniform * total)[:, None] >= cumulative
        slot = np.minimum(place.sum(axis=1), (weights > 0).cumsum(axis=1).argmax(axis=1))
        return np.where(total > 0, parents[np.arange(len(parents)), slot], NO_ROW)

    return in_blocks(drawn, parents, weights, generator.random(len(parents)))


def in_blocks(function, *arrays):
    """What a function says of each row of some arrays, (n,), from a block of rows at a time."""
    blocks = (slice(i, i + ROWS_AT_ONCE) for i in range(0, max(len(arrays[0]), 1), ROWS_AT_ONCE))
    return np.concatenate([function(*(array[rows] for array in arrays)) for rows in blocks])


def interpolated(numbers, patterns, parents, weights, wanted):
    """Weighted means of the numbers of parents, of those alone that have a row's pattern.

    Parameters
    ----------
    numbers : array of shape (m,)
        Of some rows, NaN where missing.
    patterns : integer array of shape (m,)
        Which values of theirs a parent gives; see `patterns_of`.
    parents : integer array of shape (n, k)
        Which of these rows the parents are.
    weights : array of shape (n, k)
    wanted : integer array of shape (n,)
        The pattern of each new row.

    Returns
    -------
    array of shape (n,), float64, NaN where no parent has the pattern
    """
    one = patterns.min(initial=0) == patterns.max(initial=0)
    present = np.where(np.isnan(numbers), 0.0, numbers)  # 0 times no number is none

    def mean(parents, weights, wanted):
        share = weights if one else np.where(patterns[parents] == wanted[:, None], weights, 0.0)
        total = share.sum(axis=1)
        found = (share * present[parents]).sum(axis=1) / np.where(total > 0, total, 1.0)
        return np.where(total > 0, found, np.nan)

    return in_blocks(mean, parents, weights, wanted)


def patterns_of(columns: list[Column], numbers, given):
    """Which of the numbers of rows are frequent values or gaps, and which ones they are.

    Parameters
    ----------
    columns : list of Column
    numbers, given : lists of arrays of shape (m,) and (n,)
        The columns' values in two sets of rows.

    Returns
    -------
    two integer arrays of shape (m,) and (n,)
        Equal where all frequent values are equal; 0 where all numbers are averaged.
    """
    code = np.zeros(1 + len(numbers[0]) + len(given[0]), dtype=np.intp)
    for column, *values in zip(columns, numbers, given, strict=True):
        both = np.concatenate(values)
        both = np.where(column.is_loose(both), -np.inf, np.nan_to_num(both, nan=np.inf))
        _, own = np.unique(np.concatenate([[-np.inf], both]), return_inverse=True)
        _, code = np.unique(code * (own.max() + 1) + own, return_inverse=True)  # 0 comes first
    return np.split(code[1:], [len(numbers[0])])


class Donors:
    """Which parent gives what, for n new rows.

    Parameters
    ----------
    generator : Generator
    parents, weights : arrays of shape (n, k)
    nearest : function (boolean array over the training rows) -> integer array (n,)
        For each new row the nearest allowed training row: it gives what no parent has.
    n_rows : int
        Of the training table.
    one_for_all : bool
        One donor for all columns of a row.
    fill : bool
        Donors have no gap.
    """

    def __init__(self, generator, parents, weights, nearest, n_rows, *, one_for_all, fill):
        self.generator, self.parents, self.weights = generator, parents, weights
        self._nearest, self._fill = nearest, fill
        self._common = self._draw() if one_for_all else None
        # The parents of all rows, each once, and which of them are those of each.
        is_parent = np.zeros(n_rows, dtype=bool)
        is_parent[parents] = True
        self.rows = np.flatnonzero(is_parent)
        self.places = (np.cumsum(is_parent, dtype=np.int32) - 1)[parents]

    def _draw(self, allowed=None):
        return draw_donors(self.generator, self.parents, self.weights, allowed)

    def of(self, columns):
        """Donors (n,) of some columns, the same for all of them."""
        donors = self._draw() if self._common is None else self._common
        if not self._fill:
            return donors
        whole = ~np.logical_or.reduce([is_missing(column.values) for column in columns])
        lacking = np.flatnonzero(~whole[donors])
        if len(lacking):
            donors = donors.copy()
            donors[lacking] = self._draw(whole)[lacking]
            lost = np.flatnonzero(donors == NO_ROW)
            if len(lost):
                donors[lost] = self._nearest(whole)[lost]
        return donors
