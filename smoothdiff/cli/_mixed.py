"""Text files of mixed columns: what the cells of each are.

    whole numbers, numbers, dates (2024-02-29, with or without a time), or else text

A column is of the first kind that all its cells are, those that mean a missing value left out.
Digits with a leading zero (02134) are text: codes, which no arithmetic should touch.
"""

from datetime import datetime
from re import compile as pattern

import numpy as np

from ..tables import Frame
from ._files import read_cells

__all__ = ["MISSING", "conditions", "kinds", "text_frame"]

# What means a missing value without being asked for.
MISSING = ("", "NA", "NaN", "nan", "null", "NULL")
WHOLE = pattern(r"[+-]?(0|[1-9]\d*)")
NUMBER = pattern(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
DATE = pattern(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?")
# Part of the cells of a column that are numbers, from which the others are asked about.
MOSTLY = 0.5


def text_frame(data: bytes, name, missing=(), header="auto") -> Frame:
    """Columns of a text file.

    Parameters
    ----------
    data : bytes
    name : str
        What errors call the file.
    missing : sequence of str
        What means a missing value, besides `MISSING`.
    header : {"auto", "yes", "no"}
        Whether the first line has the names of the columns; "auto" takes it for names where no
        cell of it is a number, and none occurs again in its column.
    """
    rows = [[cell.strip() for cell in cells] for _, cells in read_cells(data, name)]
    if not rows:
        raise ValueError(f"{name} has no rows.")
    gaps = {*MISSING, *missing}
    named = _is_header(rows, gaps) if header == "auto" else header == "yes"
    names = [str(j + 1) for j in range(len(rows[0]))]
    if named:
        names = [cell or number for cell, number in zip(rows.pop(0), names, strict=True)]
    if not rows:
        raise ValueError(f"{name} has a header but no rows.")
    columns = [
        _column(cells, gaps, f"{name}, column {j + 1}{f' ({names[j]})' if named else ''}")
        for j, cells in enumerate(zip(*rows, strict=True))
    ]
    return Frame(names, columns, BuildRows(named))


class BuildRows:
    """Rows of objects for a file, and its header."""

    def __init__(self, named):
        self.named = named

    def __call__(self, names, columns):
        return _rows(columns), list(names) if self.named else None


def _is_header(rows, gaps):
    first = {j: cell for j, cell in enumerate(rows[0]) if cell}
    if not first or any(NUMBER.fullmatch(cell) or cell in gaps for cell in first.values()):
        return False
    return not any(cell in [row[j] for row in rows[1:]] for j, cell in first.items())


def _column(cells, gaps, label):
    """One column as an array, of objects where cells are missing."""
    gap = np.array([cell in gaps for cell in cells])
    present = [cell for cell, missing in zip(cells, gap, strict=True) if not missing]
    numbers = [NUMBER.fullmatch(cell) is not None for cell in present]
    if present and all(numbers) and not any(_is_code(cell) for cell in present):
        whole = all(WHOLE.fullmatch(cell) for cell in present)
        return _with_gaps(gap, [int(c) if whole else float(c) for c in present], whole)
    if present and all(DATE.fullmatch(cell) for cell in present):
        return _dates(gap, present, label)
    strange = sorted(
        {cell for cell, is_number in zip(present, numbers, strict=True) if not is_number}
    )
    if len(strange) == 1 and sum(numbers) > MOSTLY * len(present):
        count = present.count(strange[0])
        if count == 1 and present[0] == strange[0]:
            hint = "If it is the name of the column, add --header yes"
        else:
            hint = f"If it means a missing value, add --na {strange[0]!r}"
        raise ValueError(
            f"{label}: {count} cell{'s are' if count > 1 else ' is'} {strange[0]!r} and the others "
            f"are numbers. {hint}."
        )
    column = np.full(len(cells), None, dtype=object)
    column[~gap] = np.array(present, dtype=object)
    return column


def _is_code(cell):
    """Whether digits are a code: with a leading zero, or more of them than a float can hold."""
    digits = cell.lstrip("+-")
    return digits.isdigit() and len(digits) > 1 and (digits[0] == "0" or len(digits) > 15)


def _with_gaps(gap, numbers, whole):
    if not gap.any():
        return np.array(numbers, dtype=np.int64 if whole else np.float64)
    column = np.full(len(gap), None, dtype=object)
    column[~gap] = np.array(numbers, dtype=object)
    return column


def _dates(gap, present, label):
    column = np.full(len(gap), np.datetime64("NaT"), dtype="datetime64[us]")
    for row, cell in zip(np.flatnonzero(~gap), present, strict=True):
        try:
            column[row] = np.datetime64(datetime.fromisoformat(cell), "us")
        except ValueError as error:
            raise ValueError(f"{label}: {cell!r} is no date ({error}).") from None
    return column


def _rows(columns):
    """Objects (n, d) that a CSV writer writes: None for a missing value, dates in ISO form."""
    made = np.empty((len(columns[0]), len(columns)), dtype=object)
    for j, column in enumerate(columns):
        if column.dtype.kind == "M":
            gap = np.isnat(column)
            units = [f"datetime64[{unit}]" for unit in ("D", "s", "ms", "us")]
            unit = next(u for u in units if (column[~gap] == column[~gap].astype(u)).all())
            column = np.where(gap, None, np.datetime_as_string(column.astype(unit)))
        made[:, j] = column.tolist()
    return made


def kinds(options):
    """A dict of kinds from ``COLUMN=KIND``."""
    return dict(_split(option, "--kind", "COLUMN=KIND") for option in options) or None


def conditions(options, schema, missing=()):
    """Conditions on columns from ``sex=F``, ``city=Rome,Oslo``, ``age=30:40``."""
    found = {}
    for option in options:
        name, text = _split(option, "--where", "COLUMN=VALUE or COLUMN=LOW:HIGH")
        if name not in [column.name for column in schema.kept]:
            raise ValueError(f"--where names a column that the table lacks: {name!r}.")
        values = schema[name].values
        is_range = ":" in text and schema[name].scale is not None
        parts = text.split(":", 1) if is_range else text.split(",")
        found[name] = (tuple if is_range else list)(
            _value(part, values, name, missing) for part in parts
        )
    return found


def _split(option, parameter, form):
    name, equals, value = option.partition("=")
    if not equals:
        raise ValueError(f"{parameter} must be {form}. Got {option!r} instead.")
    return name.strip(), value.strip()


def _value(text, values, name, missing):
    """A value as the column has them; None for what means a missing one."""
    text = text.strip()
    if text in MISSING or text in missing:
        return None
    if values.dtype.kind == "M":
        if not DATE.fullmatch(text):
            raise ValueError(f"--where gives column {name!r} {text!r}, which is no date.")
        return text
    present = next((value for value in values if value is not None), "")
    if isinstance(present, str):
        return text
    try:
        return int(text) if WHOLE.fullmatch(text) else float(text)
    except ValueError:
        raise ValueError(f"--where gives column {name!r} {text!r}, which is no number.") from None
