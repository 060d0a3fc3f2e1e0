"""Columns that follow from others: a state from its city, a code from what it stands for.

Drawn apart they would contradict each other, which no real row does. A column follows from a
categorical or discrete one if each level of that has one value in it, in all rows, and if that is
no chance: of n rows with L levels n - L repeat one, and if the columns were independent each of
these would agree with the first of its level with probability sum_v p_v^2.

Numbers that fulfil a linear relation, a total beside its parts, do so in weighted means of rows.
But frequent values are given by a parent, and if each column had its own the relation would be
lost: one parent gives those of all such columns. Nor may noise take one of them out of its range.

Rows that repeat others as a whole say nothing where the columns have room for more: they are
copies. In a table of few columns with few values, though, rows must repeat, and all of them count.
"""

from dataclasses import replace

import numpy as np
from scipy.sparse.csgraph import connected_components

from .._compute import slices
from ._columns import Column
from ._frame import take
from ._values import codes_and_levels

__all__ = ["added_up", "exact_sums", "following", "groups_of", "sums_of"]

# Probability below which agreement is no chance.
CHANCE = 1e-6
# Distinct rows of which the first pass looks at so many; what holds there is looked at in all.
GLANCE = 1000
# Variance of a combination of standardized columns that is rounding, and the part that a column has
# of one from which it takes part in it.
ROUNDING, PART = 1e-12, 1e-4
ROWS_AT_ONCE = 1 << 16


def following(columns: list[Column], marks, count):
    """Pairs (a, b) of places: in all rows column b follows from column a.

    Parameters
    ----------
    columns : list of Column
    marks : array of shape (n,)
        Equal for equal rows only.
    count : array of shape (n,)
        For how many each row counts.
    """
    _, rows, row_of = np.unique(marks, return_index=True, return_inverse=True)
    count = np.bincount(row_of, count)
    # As many different rows as the columns have room for, in logarithms.
    room = sum(np.log(c.n_distinct + (c.n_missing > 0)) for c in columns)
    if room > np.log(count.sum()):
        count = np.ones(len(rows))
    givers = [i for i, c in enumerate(columns) if c.kind in ("categorical", "discrete")]
    if not givers or len(rows) < 2:
        return []
    few = _codes(columns, rows[:GLANCE])
    pairs = [(a, b) for a in givers for b in np.flatnonzero(_follow(few, few[:, a])) if a != b]
    if not pairs:
        return []
    places = sorted({place for pair in pairs for place in pair})
    codes = dict(zip(places, _codes([columns[i] for i in places], rows).T, strict=True))
    found = []
    for a, b in pairs:
        levels = len(np.unique(codes[a]))
        share = np.bincount(np.unique(codes[b], return_inverse=True)[1], count) / count.sum()
        log_chance = (count.sum() - levels) * np.log((share**2).sum())
        if log_chance < np.log(CHANCE) and _follow(codes[b][:, None], codes[a])[0]:
            found.append((a, int(b)))
    return found


def _codes(columns, rows):
    """Numbers of levels, (n, k), -1 where missing."""
    return np.column_stack([codes_and_levels(take(c.values, rows))[0] for c in columns])


def _follow(codes, giver):
    """Which columns of codes (n, k) have one value for each of the giver's (n,), (k,)."""
    _, first, level = np.unique(giver, return_index=True, return_inverse=True)
    return (codes == codes[first][level]).all(axis=0)


def groups_of(columns: list[Column], marks, count):
    """Columns that follow from each other, as lists of names; and the columns, saying so."""
    group = {i: {i} for i in range(len(columns))}
    columns = list(columns)
    for a, b in following(columns, marks, count):
        merged = group[a] | group[b]
        group |= dict.fromkeys(merged, merged)
        if ", follows from " not in columns[b].why:
            why = f"{columns[b].why}, follows from {columns[a].name}"
            columns[b] = replace(columns[b], why=why)
    found = sorted({tuple(sorted(g)) for g in group.values() if len(g) > 1})
    return [[columns[i].name for i in places] for places in found], columns


def sums_of(columns: list[Column]):
    """Averaged columns that fulfil linear relations in all rows, as lists of names."""
    free = [c for c in columns if c.interpolated and not c.n_missing]
    n, q = len(free[0].values) if free else 0, len(free)
    if q < 2 or n < 2 * q:
        return []
    moments, total = np.zeros((q, q)), np.zeros(q)
    for rows in slices(n, ROWS_AT_ONCE):
        some = np.arange(n)[rows]
        Z = np.column_stack([c.embed(take(c.values, some))[:, 0] for c in free])
        moments, total = moments + Z.T @ Z, total + Z.sum(axis=0)
    variances, axes = np.linalg.eigh(moments / n - np.outer(total, total) / n**2)
    null = axes[:, variances < ROUNDING]
    _, part = connected_components(np.abs(null @ null.T) > PART, directed=False)
    groups = [np.flatnonzero(part == g) for g in range(part.max() + 1)]
    return [[free[i].name for i in group] for group in groups if len(group) > 1]


def exact_sums(columns: list[Column]):
    """Columns in a relation that are sums of whole multiples of steps of the others, in all rows.

    The others are those that come first, or last, of which none follows from those before it;
    columns with frequent values, which a parent gives, come before those without.

    Returns
    -------
    list of (place, multiples, constant)
        Which of the columns; what the columns are multiplied by, an array of shape
        (len(columns),), 0 for those in this list; and what is added.
    """
    steps = np.array([c.step for c in columns])
    if len(columns) < 2 or not steps.all():
        return []
    numbers = np.column_stack([c.numbers(c.values) for c in columns]) / steps
    # All rows have the same least squares as so many rows as there are columns.
    few = np.linalg.qr(numbers - numbers.mean(axis=0), mode="r") / np.sqrt(len(numbers))
    order = sorted(range(len(columns)), key=lambda i: not len(columns[i].atoms))
    found = []
    for place, multiples in max(_whole(few, order), _whole(few, order[::-1]), key=len):
        rest = numbers[:, place] - numbers @ multiples
        constant = np.median(rest)
        if np.abs(rest - constant).max() <= PART:
            found.append((place, multiples * steps[place] / steps, constant * steps[place]))
    return found


def added_up(columns: list[Column], made, loose):
    """Finished numbers (n,) of columns in a relation, in which what is an exact sum is one.

    Each was rounded by itself. The sum is set right; where it is given, or would leave its range,
    one of its parts is.

    Parameters
    ----------
    columns : list of Column
    made : list of arrays of shape (n,)
    loose : list of arrays of shape (n,)
        Which of them may be changed.
    """
    made, sums = list(made), exact_sums(columns)
    used = sum((multiples != 0).astype(int) for _, multiples, _ in sums)
    for place, multiples, constant in sums:
        steps = columns[place].step / np.array([c.step for c in columns])
        of_one = np.isclose(np.abs(multiples), steps) & (used == 1)
        for i in (place, *np.flatnonzero(of_one)):
            lacks = np.column_stack(made) @ multiples + constant - made[place]
            changed = made[i] + (lacks if i == place else -lacks / multiples[i])
            may = (np.abs(lacks) > columns[place].step / 2) & loose[i] & columns[i].holds(changed)
            made[i] = np.where(may, columns[i].finish(changed), made[i])
    return made


def _whole(few, order):
    """Places of columns that follow from those before them in an order, and whole multiples."""
    first: list[int] = []
    found = []
    for place in order:
        slopes, *_ = np.linalg.lstsq(few[:, first], few[:, place])
        if np.linalg.norm(few[:, place] - few[:, first] @ slopes) > PART:
            first.append(place)
        elif np.abs(slopes - np.rint(slopes)).max() <= PART:
            multiples = np.zeros(len(order))
            multiples[first] = np.rint(slopes)
            found.append((place, multiples))
    return found
