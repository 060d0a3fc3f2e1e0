"""Text files of mixed columns: from their cells to a `Frame`, and from new rows to cells."""

from datetime import datetime
from itertools import islice, pairwise
from typing import Any

import numpy as np

from ..tables import Frame
from ._cells import MISSING, WHOLE, Notation, Rows, is_number, number, read
from ._files import cells_of, delimiter_of, text_of
from ._stored import Column, Texts
from ._times import is_clock, is_date, is_day, moments

__all__ = ["BuildRows", "text_frame", "written_as"]

# Cells that are told apart by columns together.
CELLS_TOGETHER = 1 << 13


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
        cell of it is a number, or a time above times, and none occurs again in its column, and
        asks where numbers of equal steps, such as years, lie outside their columns.
    """
    text = text_of(data, name)
    commas = delimiter_of(text) != ","
    columns = _columns(text, name)
    del data, text  # which are not needed any more, and may be large
    if not columns:
        raise ValueError(f"{name} has no rows.")
    gaps = {*MISSING, *missing}
    named = _is_header(columns, gaps, commas) if header == "auto" else header == "yes"
    if header == "auto" and not named:
        _ask_about_years(columns, gaps, commas, name)
    names = [str(j + 1) for j in range(len(columns))]
    if named:
        first = [column.pop_first() for column in columns]
        names = [name or number for name, number in zip(first, names, strict=True)]
    if not len(columns[0]):
        raise ValueError(f"{name} has a header but no rows.")
    found = []
    for j, own in enumerate(names):
        label = f"{name}, column {j + 1}{f' ({own})' if named else ''}"
        found.append(read(columns[j], gaps, label, commas))
    notations = dict(zip(names, (notation for _, notation in found), strict=True))
    return Frame(names, [column for column, _ in found], BuildRows(named, notations))


def _columns(text, name):
    """The cells of each column."""
    rows = (cells for _, cells in cells_of(text, name))
    columns: list[Column] = []
    texts, together = Texts(len(text)), 1
    while some := list(islice(rows, together)):
        columns = columns or [Column(texts) for _ in some[0]]
        together = max(CELLS_TOGETHER // len(columns), 1)
        for column, cells in zip(columns, zip(*some, strict=True), strict=True):
            column.extend(map(str.strip, cells))
    return columns


def _first_line(columns):
    """The first cells, and the others of each column one by one."""
    rest = [iter(column) for column in columns]
    return [next(column) for column in rest], rest


def _is_header(columns, gaps, commas):
    first, cells = _first_line(columns)
    if not any(first) or any(is_number(cell, commas) or cell in gaps for cell in first if cell):
        return False
    times = [
        next((form for form in (is_date, is_day, is_clock) if form(cell)), None) for cell in first
    ]
    for of_time, rest in zip(times, cells, strict=True):
        if of_time and {of_time(cell) for cell in rest if cell not in gaps} == {True}:
            return False
    first, cells = _first_line(columns)
    return not any(cell in rest for cell, rest in zip(first, cells, strict=True) if cell)


def _ask_about_years(columns, gaps, commas, name):
    """Whether numbers of the first line, such as 2019 2020 2021, name columns."""
    first, cells = _first_line(columns)
    counts = [cell for cell in first if WHOLE.fullmatch(cell)]
    steps = {int(b) - int(a) for a, b in pairwise(counts)}
    if len(steps) != 1 or steps == {0} or any(cell in gaps for cell in first if cell):
        return
    for cell, rest in zip(first, cells, strict=True):
        if cell not in counts:
            if is_number(cell, commas) or cell in rest:
                return
            continue
        own, numbers = int(cell), (number(c, commas) for c in rest if is_number(c, commas))
        if {(n > own) - (n < own) for n in numbers} not in ({1}, {-1}):
            return
    raise ValueError(
        f"{name}, line 1: {', '.join(counts[:3])}{', ...' * (len(counts) > 3)} lie outside their "
        "columns. If they name them, add --header yes; if not, add --header no."
    )


def written_as(rows: Frame, notations):
    """Rows whose times are taken as those of other rows are: local where these are, in their form.

    A file of few rows may not tell which part of 3/4/2021 is the month.
    """
    build: Any = rows.build
    own, columns = dict(build.notations), []
    for name, column in zip(rows.names, rows.columns, strict=True):
        there, here = notations.get(name, Notation()), own[name]
        if there.zone and here.zone:
            column = column + (_offset(there.zone) - _offset(here.zone))
        if there.days and column.dtype.kind == "O":
            found = _of_form(column, name, there.days)
            column, own[name] = (column, here) if found is None else (found, there)
        columns.append(column)
    return Frame(rows.names, columns, BuildRows(build.named, own))


def _offset(zone):
    """What local time is ahead of UTC, from how times there end."""
    ahead = datetime.fromisoformat(f"2000-01-01T00:00{zone}").utcoffset()
    return np.timedelta64(ahead, "us")


def _of_form(column, name, form):
    """Dates of a form, or None if some cells are none."""
    gap = np.array([cell is None for cell in column])
    try:
        return moments(gap, column[~gap], name, "", form)
    except (ValueError, TypeError):  # numbers beside gaps are objects, too
        return None


class BuildRows:
    """Rows for a file, its header, and how its columns are written, by their names."""

    def __init__(self, named, notations):
        self.named, self.notations = named, notations

    def __call__(self, names, columns):
        notations = [self.notations[name] for name in names]
        return Rows(list(columns), list(names) if self.named else None, notations)
