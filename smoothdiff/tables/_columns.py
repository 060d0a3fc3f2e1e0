"""How each column is taken: its coordinates, and how a new row gets a value.

interpolated   numeric, datetime (dates and periods), timedelta (durations, times of a day): the
               weighted mean of the parents' values, with as many decimals as the column has and
               within its range. Values that many rows share or that stand out ("atoms", as the
               zeros of an amount) and gaps are given, not averaged
given          categorical, discrete: the value of a parent, drawn by weight
constant       the value that all rows have
"""

import re
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..estimators._rows import reflected
from ._coordinates import Corners, Line
from ._frame import take
from ._heaping import atoms_of, is_multiple, round_numbers_of
from ._values import (
    NUMBERS,
    TIMES,
    Scale,
    codes_and_levels,
    equals,
    is_missing,
    nature,
    scale_of,
)

__all__ = ["KINDS", "OF_A_YEAR", "Column", "are_names", "fit_column"]

INTERPOLATED = dict.fromkeys(NUMBERS, "numeric")
INTERPOLATED |= {"date": "datetime", "period": "datetime", "duration": "timedelta"}
WORDS = {"number": "numbers", "integer": "whole numbers", "decimal": "decimal numbers"}
WORDS |= {"date": "dates", "period": "periods", "duration": "durations", "truth": "true or false"}
WORDS |= {"text": "text", "category": "categories", "ordered": "ordered categories"}
WORDS |= {"interval": "intervals", "other": "categories"}
# Values of which nearly all are distinct are names, and no categories, unless they are declared.
NAMES = ("text", "interval", "other")
KINDS = ("numeric", "discrete", "categorical", "datetime", "timedelta", "constant", "drop")
# Up to so many distinct numbers a column counts as discrete.
FEW_VALUES = 10
MOST_DECIMALS = 12
# Floats are whole numbers up to here.
LARGEST_WHOLE = 2.0**53
# Text of which this part is distinct, in so many rows, are names and not categories.
UNIQUE_SHARE, UNIQUE_ROWS = 0.9, 20
# Signs that numbers in text may have, and dates.
UNIT_SIGNS = re.compile(r"[\s%$€£¥,'_]")
LIKE_TIMES = re.compile(r"\s*([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?\s*")
LIKE_DATES = re.compile(r"\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(\D.*)?")
OF_A_YEAR = re.compile(r"\s*(\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.]\d{4})(\D.*)?")


@dataclass(frozen=True, eq=False)
class Column:
    """One column of the training table, and all that is known of it."""

    name: Any
    dtype: str
    nature: str
    kind: str
    why: str
    n_distinct: int
    n_missing: int
    values: Any = field(repr=False)
    """The training column itself."""
    scale: Any = field(default=None, repr=False)
    """A `Scale`, of what is ordered, unless all is missing."""
    line: Line | None = field(default=None, repr=False)
    corners: Corners | None = field(default=None, repr=False)
    levels: tuple = field(default=(), repr=False)
    step: float = 0.0
    """Numbers are whole multiples of it; 0 for any."""
    low: float = np.nan
    high: float = np.nan
    atoms: np.ndarray = field(default_factory=lambda: np.empty(0), repr=False)
    round_numbers: tuple = ()
    """Multiples of the step that values prefer, as tens among ages."""

    @property
    def interpolated(self):
        """Whether a new value is a mean of the parents'."""
        return self.kind in ("numeric", "datetime", "timedelta")

    @property
    def width(self):
        """Number of coordinates."""
        coordinates = self.line or self.corners
        return coordinates.width if coordinates else 0

    def embed(self, column):
        """Coordinates (n, width) of a column of any table.

        Raises
        ------
        ValueError
            For a level, or a gap, that no training row has.
        """
        if self.line is not None:
            self.check(column)
            self._refuse_levels(self.scale.unknown(column))
            numbers = self.numbers(column)
            self._refuse_gaps(np.isnan(numbers))
            return self.line.embed(numbers)
        if self.corners is not None:
            return self.corners.embed(self._codes(column))
        return np.empty((len(column), 0))

    def numbers(self, column):
        """Float64 (n,), NaN where missing."""
        return self.scale.numbers(column)

    def check(self, column):
        """Raise where the values are not of the type of the training rows', or infinite."""
        found = nature(column, self.name)
        alike = found == self.nature or {found, self.nature} <= set(NUMBERS)
        if not alike and not is_missing(column).all():
            raise TypeError(
                f"Column {self.name!r} must be of type {self.dtype}, as in the training rows. Got "
                f"{column.dtype} instead."
            )
        _refuse_infinity(column, found, self.name)

    def _codes(self, column):
        own, levels = codes_and_levels(column)
        place = {level: i for i, level in enumerate(self.levels)}
        self._refuse_levels([level for level in levels if level not in place])
        self._refuse_gaps(own < 0)
        return np.array([*(place[level] for level in levels), len(self.levels)])[own]

    def _refuse_gaps(self, gap):
        if gap.any() and not self.n_missing:
            raise ValueError(
                f"Column {self.name!r} has {int(gap.sum())} missing values, and the training rows "
                "have none there."
            )

    def _refuse_levels(self, new):
        if new:
            shown = ", ".join(repr(level) for level in new[:5])
            more = f" and {len(new) - 5} more" if len(new) > 5 else ""
            raise ValueError(f"Column {self.name!r} has values no training row has: {shown}{more}.")

    def is_unknown(self, column):
        """Which values (n,) are a level, a gap or another constant that no training row has."""
        if self.kind == "constant":
            return ~self.equal(column, 0)
        if self.corners:
            known = self.marks(column) >= 0
        else:
            self.check(column)
            known = ~np.isnan(self.numbers(column))
        return np.where(is_missing(column), self.n_missing == 0, ~known)

    def equal(self, column, row):
        """Which values (n,) are that of a training row; gaps are alike."""
        wanted = take(self.values, [row])
        gap = is_missing(wanted)[0]
        return equals(column, None if gap else np.asarray(wanted, dtype=object)[0])

    def marks(self, column):
        """Floats (n,) whose bits are equal where values are, one NaN for gaps; -1 if not known."""
        if self.line is not None:
            numbers = self.numbers(column)
            return np.where(np.isnan(numbers), np.nan, numbers + 0.0)  # -0.0 becomes 0.0
        own, levels = codes_and_levels(column)
        place = {level: i for i, level in enumerate(self.levels)}
        return np.array([*(place.get(level, -1) for level in levels), -1], dtype=float)[own]

    def grain(self, numbers):
        """For each number (n,) the largest preferred step that it is a multiple of."""
        grain = np.full(len(numbers), self.step)
        for multiple in self.round_numbers:  # ascending
            grain[is_multiple(numbers, self.step, multiple)] = multiple * self.step
        return grain

    def is_loose(self, numbers):
        """Which numbers (n,) are averaged: neither frequent values nor gaps."""
        return ~(np.isin(numbers, self.atoms) | np.isnan(numbers))

    def holds(self, numbers):
        """Which numbers (n,) are in the range of the column, but for half a step."""
        return (self.low - self.step / 2 <= numbers) & (numbers <= self.high + self.step / 2)

    def finish(self, numbers, grain=None):
        """Numbers (n,) on the grid of the column, or on coarser ones, within its range."""
        grain = self.step if grain is None else grain
        # Half a step around the ends is rounded to them.
        numbers = reflected(numbers, self.low - grain / 2, self.high + grain / 2)
        if self.step:
            decimals = _decimals(self.step)
            # Rounded once more, to the floats that so many decimals are read as.
            numbers = np.round(np.rint(numbers / grain) * grain, decimals)
        return np.clip(numbers, self.low, self.high)


def fit_column(name, values, kind, weights, rows) -> Column:
    """How a column is taken, by its values or as ``kind`` says where it is not None.

    ``weights`` and ``rows``, each (n,), are the weight of each row and for how many it counts.

    Raises
    ------
    TypeError, ValueError
        Where the values cannot be those of a table, or not of that kind.
    """
    label = f"Column {name!r}"
    if kind == "drop":
        return Column(name, str(values.dtype), "", kind, "as kinds says", 0, 0, None)
    found = nature(values, name)
    _refuse_infinity(values, found, name)
    gap = is_missing(values)
    if gap.all() and kind != "constant":
        raise ValueError(
            f"{label} has no values, {len(gap)} of {len(gap)} rows are missing; leave it out, or "
            f"set kinds={{{name!r}: 'drop'}}, or 'constant' to keep it empty."
        )
    if found in ("integer", "decimal") and kind not in ("categorical", "constant"):
        _refuse_large_numbers(values, gap, found, label, name)
    codes, levels = codes_and_levels(values)
    counts = np.bincount(codes[codes >= 0], minlength=len(levels))
    if kind is None:
        kind, why = _kind_of(found, len(levels), int(gap.sum()))
        if found in NAMES and _mostly_distinct(counts):
            _refuse_names(found, levels, len(gap), label, name)
    else:
        why = "as kinds says"
        _check_kind(kind, found, len(levels), int(gap.sum()), label)
    column = Column(name, str(values.dtype), found, kind, why, len(levels), int(gap.sum()), values)
    if found in (*INTERPOLATED, "truth", "ordered") and levels:
        column = replace(column, scale=scale_of(values, found))
    if kind == "constant":
        return replace(column, levels=tuple(levels))
    if kind == "categorical":
        corners = Corners(len(levels) + bool(gap.any()))
        return replace(column, corners=corners, levels=tuple(levels))
    numbers = column.numbers(values)
    column = replace(column, line=Line.of(numbers, weights))
    if kind == "discrete":
        return column
    present = numbers[~gap]
    step = _step(found, column.scale, present)
    is_number = found in NUMBERS
    atoms = atoms_of(present, weights[~gap], rows[~gap], step, is_number)
    loose = present[~np.isin(present, atoms)]
    loose = loose if len(loose) else present
    rounds = round_numbers_of(loose, step) if is_number else ()
    low, high = loose.min(), loose.max()
    return replace(column, step=step, low=low, high=high, atoms=atoms, round_numbers=rounds)


def _refuse_large_numbers(values, gap, found, label, name):
    if any(abs(int(value)) > LARGEST_WHOLE for value in (values[~gap].max(), values[~gap].min())):
        raise ValueError(
            f"{label} has {WORDS[found]} beyond 2**53, which floats cannot tell apart; leave it "
            f"out, or set kinds={{{name!r}: 'categorical'}} (or 'drop')."
        )


def _refuse_names(found, levels, n, label, name):
    what, hint = f"values of type {type(levels[0]).__name__}", ""
    if found == "text":
        what, hint = "texts", _what_texts_may_be(levels)
    elif found == "interval":
        what, hint = "intervals", ", or make them numbers by their .array.mid or .array.length"
    raise ValueError(
        f"{label} has {len(levels)} different {what} in {n} rows, names or ids that cannot be "
        f"drawn; leave it out, or set kinds={{{name!r}: 'drop'}} (or 'categorical' to draw from "
        f"them{hint})."
    )


def _refuse_infinity(values, found, name):
    if found in ("number", "decimal"):
        infinite = np.flatnonzero(np.isinf(Scale(found).numbers(values)))
        if len(infinite):
            raise ValueError(
                f"Column {name!r} has {len(infinite)} infinite values, the first in row "
                f"{infinite[0]}."
            )


def _kind_of(found, n_levels, n_missing):
    """The kind of a column of this nature, and why."""
    if n_levels == 1 and not n_missing:
        return "constant", "one value"
    if found == "ordered":
        return "discrete", WORDS[found]
    if found not in INTERPOLATED:
        return "categorical", WORDS[found]
    if n_levels <= FEW_VALUES:
        return "discrete", f"{n_levels} different values"
    return INTERPOLATED[found], WORDS[found]


def are_names(values, name):
    """Whether the values are names or ids, that cannot be drawn unless they are declared."""
    if nature(values, name) not in NAMES:
        return False
    codes, levels = codes_and_levels(values)
    return _mostly_distinct(np.bincount(codes[codes >= 0], minlength=len(levels)))


def _mostly_distinct(counts):
    rows = counts.sum()
    return rows >= UNIQUE_ROWS and len(counts) >= UNIQUE_SHARE * rows


def _what_texts_may_be(levels):
    """A hint where the first of the texts read as numbers, dates or times."""
    if _reads_as_numbers(levels):
        return ", or make it numbers with pandas.to_numeric"
    if _reads_as_numbers([UNIT_SIGNS.sub("", level) for level in levels[:100]]):
        return ", or take off signs such as % and , and make it numbers with pandas.to_numeric"
    if all(LIKE_DATES.fullmatch(level) for level in levels[:100]):
        return ", or make it dates with pandas.to_datetime"
    if all(LIKE_TIMES.fullmatch(level) for level in levels[:100]):
        return ", or make it times of a day with pandas.to_datetime(...).dt.time"
    return ""


def _reads_as_numbers(levels):
    try:
        return bool([float(level) for level in levels[:100]])
    except ValueError:
        return False


def _check_kind(kind, found, n_levels, n_missing, label):
    """Whether values of this nature can be taken as ``kind``."""
    fits = {
        "numeric": found in NUMBERS,
        "datetime": found in ("date", "period"),
        "timedelta": found == "duration",
        "discrete": found in (*NUMBERS, *TIMES, "truth", "ordered"),
        "constant": n_levels == 0 or (n_levels == 1 and not n_missing),
    }
    if not fits.get(kind, True):
        has = f"{n_levels} different values" if n_levels > 1 else "missing values"
        if kind != "constant":
            has = WORDS[found]
        raise ValueError(f"{label} cannot be {kind!r}: it has {has}.")


def _step(found, scale, numbers):
    """The largest number that all of some numbers are whole multiples of, or 0 if none is found.

    A column of 0.005, 0.01, 0.025, ... has the step 0.005, one of Mondays that of a week.
    """
    values = np.unique(numbers)
    if found in ("date", "duration"):  # whole numbers, some beyond what floats hold all digits of
        return float(max(np.gcd.reduce(np.rint(values).astype(np.int64)), 1))
    largest, rounding = float(np.abs(values).max()), 2 * _precision(scale.dtype)
    is_fraction = found in ("number", "decimal")
    for decimals in range(MOST_DECIMALS if is_fraction else 1):
        if not largest * 10.0**decimals < min(LARGEST_WHOLE, 1 / (8 * rounding)):
            break  # rounding is no finer
        whole = np.round(values * 10.0**decimals)
        if (np.abs(values - whole / 10.0**decimals) <= rounding * largest).all():
            return float(max(np.gcd.reduce(whole.astype(np.int64)), 1)) / 10.0**decimals
    return 0.0 if is_fraction else 1.0


def _decimals(step):
    """Digits after the point that a step has: 2 for 0.25."""
    scaled = ((decimals, step * 10.0**decimals) for decimals in range(MOST_DECIMALS))
    whole = (decimals for decimals, s in scaled if s >= 0.5 and abs(s - round(s)) <= 1e-9 * s)
    return next(whole, MOST_DECIMALS)


def _precision(dtype):
    """Relative rounding of the floats of a column."""
    dtype = getattr(dtype, "numpy_dtype", dtype)
    is_float = isinstance(dtype, np.dtype) and dtype.kind == "f"
    return float(np.finfo(dtype if is_float else float).eps)
