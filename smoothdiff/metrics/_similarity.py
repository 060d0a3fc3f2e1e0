"""Are columns distributed, and associated, as the real ones are? SDMetrics' quality report.

Numbers and dates are compared by cumulative distributions and correlations, categories by
frequencies and two-way tables; 1 is equality.
"""

from itertools import combinations

import numpy as np

from .. import _checks as checks
from ._rows import read
from ._value import Value

__all__ = ["association_similarity", "column_similarity"]

BINS = 10


def column_similarity(generated, real, train=None, *, kinds=None):
    """Mean over the columns of 1 - the largest difference of their distributions.

    Numbers and dates: 1 - the Kolmogorov-Smirnov statistic. Categories, texts, truth values:
    1 - the total variation distance. Missing values are left out of both.

    Parameters
    ----------
    generated : array of shape (m, d), or DataFrame
    real : array of shape (n, d), or DataFrame
        Held-out rows best.
    train : array or DataFrame, optional
        Real rows that take the place of the generated ones for the baseline.
    kinds : dict or Schema, optional
        How to take columns of DataFrames, as in `TableDiffusion`.

    Returns
    -------
    Value
        A float from 0 to 1 (equal); ``parts`` has that of each column, NaN where one has no
        values, and is then left out of the mean. NaN where all are.

    Raises
    ------
    TypeError, ValueError
        For what is no table, other columns, no rows, or entries of arrays that are not finite.

    References
    ----------
    SDMetrics, quality report, "Column Shapes": KSComplement and TVComplement.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.metrics import column_similarity
    >>> rng = np.random.default_rng(0)
    >>> train, test, new = rng.normal(size=(3, 100, 2))
    >>> bool(column_similarity(new, test) > 0.8)
    True
    """
    real, *others = read({"real": real, "generated": generated, "train": train}, kinds)
    return _mean(*(_columns(rows, real) for rows in others))


def _columns(made, real):
    found = {}
    for a, b in zip(made.columns, real.columns, strict=True):
        x, y = a.array[~a.missing], b.array[~b.missing]
        if not len(x) or not len(y):
            found[a.name] = np.nan
        elif a.is_number:
            x, y = np.sort(x), np.sort(y)
            at = np.concatenate([x, y])
            gap = _cumulative(x, at) - _cumulative(y, at)
            found[a.name] = float(1 - np.abs(gap).max())
        else:
            found[a.name] = _overlap(x, y)
    return found


def _cumulative(values, at):
    return np.searchsorted(values, at, "right") / len(values)


def _overlap(x, y):
    """1 - total variation of whole numbers from 0."""
    length = max(x.max(), y.max()) + 1
    p, q = (np.bincount(v, minlength=length) / len(v) for v in (x, y))
    return float(1 - np.abs(p - q).sum() / 2)


def association_similarity(
    generated, real, train=None, *, min_correlation=0.0, min_association=0.0, kinds=None
):
    """Mean over pairs of columns of 1 - the difference of their association.

    Two numbers: 1 - half the difference of Pearson's correlations, over rows that have both.
    Otherwise 1 - the total variation distance of the two-way tables, where missing is a level and
    a number beside a category is cut into ten equal parts of its range in each table; its largest
    value, and missing ones, are in an eleventh, as SDMetrics has it.

    Parameters
    ----------
    generated : array of shape (m, d), or DataFrame
    real : array of shape (n, d), or DataFrame
        Held-out rows best.
    train : array or DataFrame, optional
        Real rows that take the place of the generated ones for the baseline.
    min_correlation, min_association : float in [0, 1], default=0.0
        Pairs whose correlation, or Cramer's V, is not larger in the real rows are left out; by
        default only those that have none. SDMetrics' report has had such limits of late.
    kinds : dict or Schema, optional
        How to take columns of DataFrames, as in `TableDiffusion`.

    Returns
    -------
    Value
        A float from 0 to 1 (equal); ``parts`` has that of each pair of names, NaN where one is
        left out of the mean. NaN where all are, as for a single column.

    Raises
    ------
    TypeError, ValueError
        For what is no table, other columns, no rows, or entries of arrays that are not finite.

    References
    ----------
    SDMetrics, quality report, "Column Pair Trends": CorrelationSimilarity and
    ContingencySimilarity.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.metrics import association_similarity
    >>> rng = np.random.default_rng(0)
    >>> train, test, new = rng.normal(size=(3, 100, 2))
    >>> bool(association_similarity(new, test) > 0.8)
    True
    """
    real, *others = read({"real": real, "generated": generated, "train": train}, kinds)
    for name, value in {"correlation": min_correlation, "association": min_association}.items():
        checks.real(value, f"min_{name}", "a float in [0, 1]", lambda v: 0 <= v <= 1)
    return _mean(*(_pairs(rows, real, min_correlation, min_association) for rows in others))


def _pairs(made, real, min_correlation, min_association):
    numbers = [j for j, c in enumerate(real.columns) if c.is_number]
    r, s = (dict(zip(numbers, correlations(rows), strict=True)) for rows in (made, real))
    place = {j: i for i, j in enumerate(numbers)}
    cut = [[_levels(column) for column in rows.columns] for rows in (made, real)]
    found = {}
    for i, j in combinations(range(len(real.columns)), 2):
        name = real.columns[i].name, real.columns[j].name
        if i in place and j in place:
            a, b = r[i][place[j]], s[i][place[j]]
            weak = min_correlation > 0 and not abs(b) > min_correlation
            found[name] = np.nan if weak else float(1 - abs(a - b) / 2)
            continue
        width = 1 + max(c[j].max() for c in cut)
        weak = min_association > 0 and not _cramers_v(cut[1][i], cut[1][j]) > min_association
        found[name] = np.nan if weak else _overlap(*(c[i] * width + c[j] for c in cut))
    return found


def correlations(rows):
    """Pearson's correlations of the columns that are numbers, NaN where one is constant."""
    X = [column.array for column in rows.columns if column.is_number]
    r = np.full((len(X), len(X)), np.nan)
    whole = [not np.isnan(x).any() for x in X]
    Z = [_standardized(x) if ok else None for x, ok in zip(X, whole, strict=True)]
    for i in range(len(X)):
        for j in range(i + 1):
            a, b = Z[i], Z[j]
            if a is None or b is None:
                both = ~np.isnan(X[i]) & ~np.isnan(X[j])
                a, b = _standardized(X[i][both]), _standardized(X[j][both])
            if len(a) > 1:
                r[i, j] = r[j, i] = np.clip(a @ b / len(a), -1, 1)
    return r


def _standardized(x):
    """Deviations from the mean over their root mean square; NaN for a constant."""
    if len(x) == 0:
        return x
    x = x / (np.abs(x).max() or 1.0)  # squares of large or small numbers leave the range
    deviation = x - x.mean()
    length = np.sqrt(np.mean(deviation**2))
    constant = np.ptp(x) == 0
    return np.full(len(x), np.nan) if constant else deviation / length


def _levels(column):
    """Whole numbers from 0: of levels, or of the tenth of the range; missing has one as well."""
    if not column.is_number:
        return column.array + 1
    present = column.array[~column.missing]
    if not len(present):
        return np.zeros(len(column.array), dtype=np.intp)
    edges = np.histogram_bin_edges(present, BINS)
    return np.digitize(column.array, edges)  # missing values beside the largest one


def _mean(found, baseline=None):
    def mean(parts):
        values = np.array(list(parts.values()))
        return np.nanmean(values) if np.isfinite(values).any() else np.nan

    return Value(mean(found), None if baseline is None else mean(baseline), found)


def associations(rows):
    """Strength of association (d, d) of each pair of columns, NaN where it is not defined.

    Numbers: Pearson's correlation. A category and a number: the correlation ratio. Categories:
    Cramer's V.
    """
    columns = rows.columns
    found = np.eye(len(columns))
    numbers = [j for j, c in enumerate(columns) if c.is_number]
    found[np.ix_(numbers, numbers)] = correlations(rows)
    for i, j in combinations(range(len(columns)), 2):
        a, b = columns[i], columns[j]
        if a.is_number and b.is_number:
            continue
        if a.is_number or b.is_number:
            number, levels = (a, b) if a.is_number else (b, a)
            value = _correlation_ratio(number, levels.labels)
        else:
            value = _cramers_v(a.array, b.array)
        found[i, j] = found[j, i] = value
    return found


def _correlation_ratio(number, labels):
    """Root of the part of the variance that lies between the levels; NaN where there is one."""
    known = ~number.missing
    x, labels = number.array[known], labels[known]
    if len(x) == 0 or np.ptp(x) == 0 or np.ptp(labels) == 0:
        return np.nan
    x = _standardized(x)
    counts = np.bincount(labels)
    means = np.bincount(labels, x)[counts > 0] / counts[counts > 0]
    return float(np.sqrt(min(np.average(means**2, weights=counts[counts > 0]), 1.0)))


def _cramers_v(a, b):
    """Of whole numbers; NaN where one has a single value."""
    a, b = (np.unique(labels, return_inverse=True)[1] for labels in (a, b))
    shape = a.max() + 1, b.max() + 1
    if min(shape) < 2:
        return np.nan
    table = np.bincount(a * shape[1] + b, minlength=shape[0] * shape[1]).reshape(shape) / len(a)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0))
    squared = (((table - expected) ** 2) / expected).sum()
    return float(np.sqrt(squared / (min(shape) - 1)))
