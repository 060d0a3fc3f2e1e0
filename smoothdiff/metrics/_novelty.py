"""Are they new, or copies? Generated rows beside the training rows, and beside held-out ones.

All go by the distance of a row to the closest training row, as `_rows` has it. Rows that nobody
generated are close to training rows as well: their value is the baseline.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import mannwhitneyu

from .. import _checks as checks
from ._rows import read
from ._value import Value

__all__ = [
    "ClosestRecords",
    "authenticity",
    "copied_rows",
    "distance_to_closest_record",
    "filter_copies",
    "memorized_fraction",
]

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


def memorized_fraction(generated, train, ratio=1 / 3, test=None, *, kinds=None):
    """Fraction of generated rows much closer to one training row than to any other.

    A row counts as memorized when its distance to the nearest training row is less than ``ratio``
    times its distance to the second nearest, of the distinct training rows. It has no natural
    zero: points that fill a segment evenly count 50%. Compare it with held-out rows.

    Parameters
    ----------
    generated : array of shape (m, d), or DataFrame
        At least one row.
    train : array of shape (n, d), or DataFrame
        At least two distinct rows.
    ratio : float in (0, 1], default=1/3
    test : array of shape (l, d) or DataFrame, optional
        Held-out rows, for the baseline.
    kinds : dict or Schema, optional
        How to take columns of DataFrames, as in `TableDiffusion`.

    Returns
    -------
    Value
        A float, whose ``baseline`` is that of held-out rows.

    Raises
    ------
    ValueError
        If there are fewer than two distinct training rows, or no generated one, if the columns do
        not fit or an entry is not finite, or if ratio is outside (0, 1].
    TypeError
        If an argument is no table, or not of numbers.

    References
    ----------
    Gu et al., On Memorization in Diffusion Models, 2023.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.metrics import memorized_fraction
    >>> rng = np.random.default_rng(0)
    >>> train, test, new = rng.normal(size=(3, 100, 2))
    >>> float(memorized_fraction(train, train, test=test))
    1.0
    """
    checks.real(ratio, "ratio", "a float in (0, 1]", lambda r: 0 < r <= 1)
    train, *others = read({"train": train, "generated": generated, "test": test}, kinds)
    if len(train.cloud) < 2:
        raise ValueError("memorized_fraction needs two distinct rows in train.")

    def fraction(rows):
        distances, _ = train.nearest_to(rows)
        return np.mean(distances[:, 0] < ratio * distances[:, 1])

    return Value(*map(fraction, others))


def authenticity(generated, train, test=None, *, kinds=None):
    """Fraction of generated rows that are farther from a training row than its nearest other is.

    Copies count 0, a bootstrap of the training rows 0 in all. What rows of the same law get
    depends on the dimension, mostly 0.5 to 0.75: see the baseline.

    Parameters
    ----------
    generated : array of shape (m, d), or DataFrame
    train : array of shape (n, d), or DataFrame
        At least two rows.
    test : array of shape (l, d) or DataFrame, optional
        Held-out rows, for the baseline.
    kinds : dict or Schema, optional
        How to take columns of DataFrames, as in `TableDiffusion`.

    Returns
    -------
    Value
        A float, whose ``baseline`` is that of held-out rows.

    Raises
    ------
    TypeError, ValueError
        For what is no table, other columns, too few rows, or entries that are not finite.

    References
    ----------
    Alaa et al., How Faithful is your Synthetic Data?, ICML 2022, equation (8).

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.metrics import authenticity
    >>> rng = np.random.default_rng(0)
    >>> train, test, new = rng.normal(size=(3, 100, 2))
    >>> float(authenticity(train, train, test))  # copies
    0.0
    """
    train, *others = read({"train": train, "generated": generated, "test": test}, kinds)
    _two(train, "authenticity")

    def fraction(rows):
        distances, row = train.nearest_to(rows)
        return np.mean(distances[:, 0] > train.to_nearest_other[row])

    return Value(*map(fraction, others))


@dataclass(frozen=True, eq=False)
class ClosestRecords:
    """How far generated rows are from the closest training row, beside held-out rows.

    Attributes
    ----------
    distances : array of shape (m,)
        Of each generated row.
    rows : integer array of shape (m,)
        The training row that is closest to it.
    baseline : array of shape (l,)
        Distances of held-out rows; of training rows to the nearest other one if none were given.
    held_out : bool
        Whether the baseline is of held-out rows.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.metrics import distance_to_closest_record
    >>> rng = np.random.default_rng(0)
    >>> train, test = rng.normal(size=(2, 100, 2))
    >>> found = distance_to_closest_record(train, train, test)
    >>> float(np.max(found.distances)), float(found.closer())
    (0.0, 1.0)
    """

    distances: np.ndarray
    rows: np.ndarray
    baseline: np.ndarray
    held_out: bool

    @property
    def quantiles(self):
        """From levels to the quantile of the generated rows and that of the baseline."""
        both = np.quantile(self.distances, LEVELS), np.quantile(self.baseline, LEVELS)
        return {q: (float(a), float(b)) for q, a, b in zip(LEVELS, *both, strict=True)}

    def closer(self, level=0.05):
        """Fraction of generated rows that are closer than this quantile of the baseline.

        Of rows of the same law it is ``level``, or less where distances are tied.
        """
        checks.real(level, "level", "a float in [0, 1]", lambda v: 0 <= v <= 1)
        return Value(
            np.mean(self.distances < np.quantile(self.baseline, level)),
            np.mean(self.baseline < np.quantile(self.baseline, level)),
        )

    @property
    def nearer(self):
        """Probability that a generated row is closer than one of the baseline; ties count half.

        Of rows of the same law it is 0.5, and 1 where all are copies (Mann and Whitney 1947).
        """
        return float(mannwhitneyu(self.baseline, self.distances).statistic) / (
            len(self.baseline) * len(self.distances)
        )

    def __repr__(self):
        name = "held-out rows" if self.held_out else "training rows"
        lines = [f"distance to the closest training row{'generated':>14}{name:>16}"]
        for level, (own, base) in self.quantiles.items():
            lines.append(f"{f'{level:.0%} quantile':36}{own:14.4g}{base:16.4g}")
        return "\n".join(lines)


def distance_to_closest_record(generated, train, test=None, *, kinds=None):
    """Distance of each generated row to the closest training row.

    Without held-out rows the baseline is that of training rows to the nearest other one.

    Parameters
    ----------
    generated : array of shape (m, d), or DataFrame
    train : array of shape (n, d), or DataFrame
    test : array of shape (l, d) or DataFrame, optional
        Held-out rows, for the baseline.
    kinds : dict or Schema, optional
        How to take columns of DataFrames, as in `TableDiffusion`.

    Returns
    -------
    ClosestRecords

    Raises
    ------
    TypeError, ValueError
        For what is no table, other columns, too few rows, or entries that are not finite.

    References
    ----------
    Park et al., Data Synthesis based on Generative Adversarial Networks, VLDB 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.metrics import distance_to_closest_record
    >>> rng = np.random.default_rng(0)
    >>> train, test, new = rng.normal(size=(3, 100, 2))
    >>> found = distance_to_closest_record(new, train, test)
    >>> found.distances.shape, bool(found.closer() < 0.2)
    ((100,), True)
    """
    held_out = test is not None
    train, *others = read({"train": train, "generated": generated, "test": test}, kinds)
    (distances, rows), *rest = map(train.nearest_to, others)
    if held_out:
        baseline = rest[0][0][:, 0]
    else:
        _two(train, "distance_to_closest_record without test")
        baseline = train.to_nearest_other
    return ClosestRecords(distances[:, 0], rows, baseline, held_out)


def copied_rows(generated, train, test=None, *, kinds=None):
    """Fraction of generated rows that equal a training row in every column.

    Its natural zero is 0 for continuous columns; tables of few values repeat themselves, and
    held-out rows say how often.

    Parameters
    ----------
    generated : array of shape (m, d), or DataFrame
    train : array of shape (n, d), or DataFrame
    test : array of shape (l, d) or DataFrame, optional
        Held-out rows, for the baseline.
    kinds : dict or Schema, optional
        How to take columns of DataFrames, as in `TableDiffusion`.

    Returns
    -------
    Value
        A float, whose ``baseline`` is that of held-out rows.

    Raises
    ------
    TypeError, ValueError
        For what is no table, other columns, too few rows, or entries that are not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.metrics import copied_rows
    >>> rng = np.random.default_rng(0)
    >>> train, test, new = rng.normal(size=(3, 100, 2))
    >>> float(copied_rows(np.r_[train, new], train))
    0.5
    """
    train, *others = read({"train": train, "generated": generated, "test": test}, kinds)
    labels = _labels([train, *others])
    return Value(*(np.isin(own, labels[0]).mean() for own in labels[1:]))


def filter_copies(generated, train, test=None, *, level=0.05, kinds=None):
    """The generated rows that are no closer to a training row than real ones are.

    Parameters
    ----------
    generated : array of shape (m, d), or DataFrame
    train : array of shape (n, d), or DataFrame
    test : array of shape (l, d) or DataFrame, optional
        Held-out rows. Without them training rows and their nearest other are the standard.
    level : float in [0, 1), default=0.05
        Rows as close as this quantile of the held-out rows' distances, or closer, are dropped;
        copies always are.
    kinds : dict or Schema, optional
        How to take columns of DataFrames, as in `TableDiffusion`.

    Returns
    -------
    array or DataFrame
        As ``generated``, in its order.

    Raises
    ------
    TypeError, ValueError
        For what is no table, other columns, too few rows, or entries that are not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.metrics import filter_copies
    >>> rng = np.random.default_rng(0)
    >>> train, test, new = rng.normal(size=(3, 100, 2))
    >>> len(filter_copies(np.r_[train, new + 10], train, test))
    100
    """
    checks.real(level, "level", "a float in [0, 1)", lambda v: 0 <= v < 1)
    found = distance_to_closest_record(generated, train, test, kinds=kinds)
    bound = np.quantile(found.baseline, level) if level else 0.0
    kept = np.flatnonzero(found.distances > bound)
    if hasattr(generated, "iloc"):
        return generated.iloc[kept]
    return (generated if hasattr(generated, "shape") else np.asarray(generated))[kept]


def _two(train, name):
    if len(train) < 2:
        raise ValueError(f"{name} needs two rows in train. It has {len(train)}.")


def _labels(tables):
    """Whole numbers for the rows of each table, equal where rows are."""
    label = np.zeros(sum(map(len, tables)), dtype=np.int64)
    for parts in zip(*(table.columns for table in tables), strict=True):
        values = np.concatenate([part.array for part in parts]) + 0  # -0.0 becomes 0.0
        _, own = np.unique(values, return_inverse=True)
        _, label = np.unique(label * (own.max() + 1) + own, return_inverse=True)
    return np.split(label, np.cumsum([len(table) for table in tables])[:-1])
