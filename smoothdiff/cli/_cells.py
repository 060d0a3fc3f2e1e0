"""The cells of a column of text: what they are, and how new values are written as they were.

    whole numbers, numbers, dates, times of a day (`_times`), or else text

A column is of the first kind that all its cells are, those that mean a missing value left out.
Digits with a leading zero (02134) are text: codes, which no arithmetic should touch. Where commas
do not separate the cells, they may be those of decimals: 1,5 or 1.234,50.
"""

from itertools import compress
from re import compile as pattern
from typing import NamedTuple

import numpy as np

from ._stored import MOST_SEEN
from ._times import (
    clock,
    clock_form,
    clock_text,
    dates_as_text,
    day_form,
    is_clock,
    is_date,
    is_day,
    moments,
    zone_of,
)

__all__ = [
    "MISSING",
    "WHOLE",
    "Notation",
    "Rows",
    "is_number",
    "number",
    "read",
]

# What means a missing value without being asked for.
MISSING = ("", "NA", "NaN", "nan", "null", "NULL")
WHOLE = pattern(r"[+-]?(0|[1-9]\d*)")
NUMBER = pattern(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
# Thousands are set apart by points or spaces that do not break.
WITH_COMMA = pattern(
    "[+-]?([1-9]\\d{0,2}([.\u00a0\u202f]\\d{3})+|\\d+|(?=,))(,\\d+)?([eE][+-]?\\d+)?"
)
# Part of the cells of a column that are numbers, from which the others are asked about.
MOSTLY = 0.5


class Notation(NamedTuple):
    """How the values of a column are written."""

    comma: bool = False
    """Whether decimals have a comma."""
    zone: str = ""
    """What times end with; the values are local times there."""
    decimals: int = 0
    """How many decimals every number is written with (12.50); 0 where that varies."""
    clock: str = ""
    """How times of a day are written, such as HH:MM."""
    days: str = ""
    """How dates are written, such as DD.MM.YYYY; "" stands for 2024-02-29."""


def is_number(cell, commas=False):
    """Whether a cell is a number: with a decimal point or, where they may be, a comma."""
    return any(form.fullmatch(cell) for form in ((NUMBER, WITH_COMMA) if commas else (NUMBER,)))


def number(cell, comma=False):
    """The number in a cell; ValueError if there is none."""
    if comma and WITH_COMMA.fullmatch(cell):
        cell = cell.translate({ord(mark): None for mark in ".\u00a0\u202f"}).replace(",", ".")
    return int(cell) if WHOLE.fullmatch(cell) else float(cell)


def read(cells, gaps, label, commas=False):
    """One column as an array, of objects where cells are missing, and its `Notation`.

    Parameters
    ----------
    cells : Column
        Empty afterwards.
    gaps : set of str
        What means a missing value.
    label : str
        What errors call the column.
    commas : bool
        Whether decimals may have them.

    Raises
    ------
    ValueError
        For a date that does not exist, and for cells that are probably a mistake.
    """
    gap = np.fromiter((cell in gaps for cell in cells), bool, len(cells))
    present = _Present(cells, gap)
    commas = commas and any("," in cell for cell in present)
    if present and all(is_number(cell, commas) and not _is_code(cell) for cell in present):
        if commas:
            _refuse_points(present, label)
        notation = Notation(commas, "", _decimals(present, commas))
        return _numbers(gap, present, commas), notation
    if present and all(map(is_date, present)):
        return _dates(gap, present, label)
    if present and all(map(is_clock, present)):
        column = np.full(len(gap), np.timedelta64("NaT", "us"))
        column[~gap] = np.fromiter(map(clock, present), "m8[us]", len(present))
        return column, Notation(clock=clock_form(present))
    form = day_form(present)
    if form:
        return moments(gap, present, label, "", form), Notation(days=form)
    _ask(present, commas, label)
    column = cells.as_objects(label)
    column[gap] = None
    return column, Notation()


class _Present:
    """The cells that are there, one by one: lists of them would be several times the file."""

    def __init__(self, cells, gap):
        self._cells, self._there = cells, (~gap).tobytes()

    def __iter__(self):
        return compress(self._cells, self._there)

    def used_up(self):
        return compress(self._cells.used_up(), self._there)

    def __len__(self):
        return self._there.count(1)


def _refuse_points(cells, label):
    comma = next(cell for cell in cells if "," in cell)
    point = next((cell for cell in cells if not WITH_COMMA.fullmatch(cell)), None)
    if point is not None:
        raise ValueError(
            f"{label} has numbers with a decimal comma ({comma!r}) and with a decimal point "
            f"({point!r}); write them all alike."
        )


def _is_code(cell):
    """Whether digits are a code: with a leading zero, or more of them than a float can hold."""
    digits = cell.lstrip("+-")
    return digits.isdigit() and len(digits) > 1 and (digits[0] == "0" or len(digits) > 15)


def _numbers(gap, cells, comma):
    whole = all(isinstance(number(cell, comma), int) for cell in cells)
    if not gap.any():
        numbers = (number(cell, comma) for cell in cells.used_up())
        return np.fromiter(numbers, np.int64 if whole else np.float64, len(cells))
    kind = int if whole else float
    column = np.full(len(gap), None, dtype=object)
    known: dict[str, int | float] = {}
    there = compress(range(len(gap)), (~gap).tobytes())
    for row, cell in zip(there, cells.used_up(), strict=True):
        # Objects are larger than short cells are: equal ones are one.
        column[row] = known[cell] if cell in known else kind(number(cell, comma))
        if len(known) < MOST_SEEN:
            known[cell] = column[row]
    return column


def _decimals(cells, comma):
    """As how many all cells have; 0 where they differ, or where a number has an exponent."""

    def of(cell):
        digits = cell.partition("," if comma else ".")[2]
        return len(digits) if digits.isdigit() else 0

    counts = set(map(of, cells))
    return counts.pop() if len(counts) == 1 else 0


def _dates(gap, cells, label):
    zones = set(map(zone_of, cells))
    if "" in zones and len(zones) > 1:
        zoned = next(filter(zone_of, cells))
        raise ValueError(
            f"{label} has times with a zone ({zoned!r}) and without; write them all alike."
        )
    zone = zones.pop() if len(zones) == 1 else "Z"
    form = "" if zone else day_form(cells)  # 2021-03-04 16:33 has no T, nor seconds
    return moments(gap, cells, label, zone, ""), Notation(zone=zone, days=form)


def _ask(present, commas, label):
    """Whether one kind of cells among numbers, dates or times means something else."""
    forms = {
        "numbers": lambda cell: is_number(cell, commas),
        "dates": lambda cell: is_date(cell) or is_day(cell),
        "times": is_clock,
    }
    for what, is_one in forms.items():
        _ask_about(present, what, is_one, label)


def _ask_about(present, what, is_one, label):
    strange, count = None, 0
    for cell in present:
        if not is_one(cell):
            if strange is not None and cell != strange:
                return
            strange, count = cell, count + 1
    if strange is None or len(present) - count <= MOSTLY * len(present):
        return
    if count == 1 and next(iter(present)) == strange:
        hint = "If it is the name of the column, add --header yes"
    else:
        hint = f"If it means a missing value, add --na {strange!r}"
    raise ValueError(
        f"{label}: {count} cell{'s are' if count > 1 else ' is'} {strange!r} and the others "
        f"are {what}. {hint}."
    )


class Rows(NamedTuple):
    """New rows of a text file."""

    columns: list
    """Arrays (n,)."""
    header: list[str] | None
    notations: list[Notation]

    def cells(self):
        """Objects (n, d) that a CSV writer writes."""
        pairs = zip(self.columns, self.notations, strict=True)
        return self._filled(_written(*pair) for pair in pairs)

    def values(self):
        """Objects (n, d), numbers as they are."""
        return self._filled(column.tolist() for column in self.columns)

    @property
    def delimiter(self):
        """What separates the cells of a .csv file."""
        return ";" if any(notation.comma for notation in self.notations) else ","

    def _filled(self, columns):
        made = np.empty((len(self.columns[0]), len(self.columns)), dtype=object)
        for j, column in enumerate(columns):
            made[:, j] = column
        return made


def _written(column, notation):
    """Values for a file (n,): None for a missing one, and times and commas again."""
    if column.dtype.kind == "M":
        return dates_as_text(column, notation.zone, notation.days)
    if notation.clock:
        return [None if v is None else clock_text(v, notation.clock) for v in column.tolist()]
    if notation.comma or notation.decimals:
        return [v if v is None else _number_text(v, notation) for v in column.tolist()]
    if column.dtype.kind == "f" and column.dtype.itemsize < 8:  # as few digits as tell them apart
        return [float(text) for text in column.astype(str)]
    return column.tolist()


def _number_text(value, notation):
    """A number as those of its column are written, by no fewer digits than it has."""
    text = f"{value:.{notation.decimals}f}"
    text = text if notation.decimals and float(text) == value else repr(value)
    return text.replace(".", ",") if notation.comma else text
