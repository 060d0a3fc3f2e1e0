"""Tables of numbers in files, the format told by the suffix.

.csv, .tsv  one row a line, with a header or without. Reading finds the delimiter (comma,
            semicolon or tab) by itself; writing uses the comma in .csv and the tab in .tsv, and
            the shortest digits that read back as the same float. A text that a spreadsheet would
            compute (=cmd()) has an apostrophe before it ('=cmd()), which reading takes off.
.npy, .npz  one NumPy array. Pickled objects are never loaded.
.parquet    with pandas and pyarrow.

Of several files written together all appear whole, or none.
"""

import codecs
import csv
import io
import math
import re
import reprlib
from array import array
from contextlib import ExitStack, suppress
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .._files import check_suffix, replacing
from ._binary import ARRAYS, PARQUET, read_array, read_parquet, write_binary

__all__ = [
    "SUFFIXES",
    "Table",
    "cells_of",
    "delimiter_of",
    "parse_csv",
    "read_table",
    "text_of",
    "write_csv",
    "write_tables",
]

# What separates the cells, where the suffix names a text file.
DELIMITERS = {".csv": ",", ".tsv": "\t"}
LINES_LOOKED_AT = 50
LINE = re.compile(r"[^\r\n]*(\r\n?|\n)|[^\r\n]+")
LINE_IN_BYTES = re.compile(LINE.pattern.encode())
# What a spreadsheet takes for a formula. After +, - and @ it can call nothing, and leave the sheet
# in no way, while there are only letters, digits and these marks: +47 22, -1,5, - none -, @home.
FORMULA = r"\s*(=|\uff1d|[+\-@\uff0b\uff0d\uff20][\w\s.,:/%+\-]*[^\w\s.,:/%+\-])"
IN_SINGLE_QUOTES = re.compile(r"'([^']|'')*'\s*([,;\t]|$)")
TO_GUARD, GUARDED = re.compile(f"'*{FORMULA}"), re.compile(f"'+{FORMULA}")
SUFFIXES = (*DELIMITERS, *ARRAYS, PARQUET)


class Table(NamedTuple):
    """Numbers and the names of their columns."""

    values: np.ndarray
    """Array (n, d) of float64, n and d at least 1, all finite."""
    header: list[str] | None = None
    """Names of the d columns, if the file has them."""
    commas: bool = False
    """Whether decimals have a comma."""


def read_table(path, key=None) -> Table:
    """Read a table of numbers from a file.

    Parameters
    ----------
    path : str or path-like
        A file whose name ends in one of `SUFFIXES`.
    key : str, optional
        Which array of a .npz file; it may be left out where there is one.

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If the suffix is another, or the file holds anything but a table of numbers; says where.
    """
    suffix, header = check_suffix(path, SUFFIXES), None
    if suffix in DELIMITERS:
        return parse_csv(Path(path).read_bytes(), str(path))
    if suffix == PARQUET:
        frame = read_parquet(path)
        values, header = frame.to_numpy(), [str(name) for name in frame.columns]
    else:
        values = read_array(path, key)
    if values.ndim != 2 or values.dtype.kind not in "iuf":
        raise ValueError(
            f"{path} must hold a two-dimensional array of real numbers. "
            f"Got shape {values.shape} of {values.dtype} instead."
        )
    if not values.size:
        raise ValueError(f"{path} has no {'columns' if len(values) else 'rows'}.")
    values = values.astype(np.float64)
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        row, column = bad[0]
        raise ValueError(
            f"{path}, row {row + 1}, column {column + 1}: {values[row, column]} is not a finite "
            "number."
        )
    return Table(values, header)


def parse_csv(data: bytes, name="the table") -> Table:
    """Read a table of numbers from the bytes of a CSV file.

    Parameters
    ----------
    data : bytes
        UTF-8, or UTF-16 with a byte order mark. Empty lines are skipped. The first line is a
        header if none of its cells is a number. Decimals may have a comma where it does not
        separate the cells.
    name : str
        What error messages call the file.

    Raises
    ------
    ValueError
        If a cell is empty, no number, NaN or infinite, or a line has more or fewer cells than
        the first; names the line and the column, both counted from 1.
    """
    header, values, width = None, array("d"), 0
    text = text_of(data, name)
    may_have_commas, commas, points = delimiter_of(text) != ",", False, False
    for line, cells in cells_of(text, name):
        if not width:
            width = len(cells)
            if all(map(_is_word, _with_points(cells, may_have_commas))):
                header = cells
                continue
        points |= any("." in cell for cell in cells)
        commas |= may_have_commas and any("," in cell for cell in cells)
        try:
            values.extend(map(_number, _with_points(cells, may_have_commas)))
        except ValueError:
            numbers = map(_is_number, _with_points(cells, may_have_commas))
            column = next(i for i, is_number in enumerate(numbers) if not is_number)
            raise ValueError(
                f"{name}, line {line}, column {column + 1}"
                f"{f' ({header[column]})' if header else ''}: {_complaint(cells[column])}."
            ) from None
    if not values:
        raise ValueError(f"{name} has {'a header but no rows' if header else 'no rows'}.")
    if commas and points:
        raise ValueError(
            f"{name} has numbers with a decimal comma and with a decimal point; write them all "
            "alike."
        )
    return Table(np.frombuffer(values).reshape(-1, width), header, commas)


def _with_points(cells, may_have_commas):
    """Cells whose decimals may have had a comma; what has two marks is no number."""
    if not may_have_commas:
        return cells
    return [c.replace(",", ".") if c.count(",") == 1 and "." not in c else c for c in cells]


def text_of(data: bytes, name="the table"):
    """The text of a file, in UTF-8 as it is there; ValueError if it has none."""
    utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if utf16 else "utf-8")
        return text if utf16 else data.removeprefix(codecs.BOM_UTF8)
    except UnicodeDecodeError as error:
        raise ValueError(f"{name} is not text in UTF-8: save it in that encoding first.") from error


def cells_of(text, name="the table"):
    """Yield the number of each line that is not empty, and its cells, as many in each.

    An apostrophe that `write_csv` puts before a formula is taken off.

    Raises
    ------
    ValueError
        If a line has more or fewer cells than the first.
    """
    lines = csv.reader(
        _lines(text),
        delimiter=delimiter_of(text),
        quotechar=_quote(text),
        skipinitialspace=True,
        strict=True,
    )
    first = width = 0
    try:
        for cells in lines:
            if not cells or (width > 1 and len(cells) < 2 and not cells[0].strip()):
                continue  # of one column "" is an empty cell
            if not first:
                first, width = lines.line_num, len(cells)
            if len(cells) != width:
                raise ValueError(
                    f"{name}, line {lines.line_num}: the number of cells is {len(cells)}, "
                    f"where line {first} has {width}."
                )
            yield lines.line_num, [c[1:] if GUARDED.match(c) else c for c in cells]
    except csv.Error as error:
        raise ValueError(f"{name}, line {lines.line_num}: {error}.") from error


def _lines(text):
    """Lines of a text with their ends, one by one, whether it is in UTF-8 or decoded.

    Spaces alone are no line before the first one, and may be an empty cell below it.
    """
    if isinstance(text, bytes):
        lines = (match[0].decode() for match in LINE_IN_BYTES.finditer(text))
    else:
        lines = (match[0] for match in LINE.finditer(text))
    for line in lines:
        if line.strip(" \r\n"):
            yield line
            break
        yield "\n"
    yield from lines


def delimiter_of(text):
    """Separator of the cells: the one that cuts the first lines into equally many.

    Where none does the last line decides, which has no words to mislead.
    """
    quote = _quote(text)
    for mark in "\t;,":
        lines = csv.reader(_lines(text), delimiter=mark, quotechar=quote)
        with suppress(csv.Error):
            widths = {len(cells) for cells in islice(lines, LINES_LOOKED_AT) if cells}
            if len(widths) == 1 and widths.pop() > 1:
                return mark
    last = _last_line(text)
    return next((mark for mark in "\t;" if mark in last), ",")


def _quote(text):
    """What cells are quoted by: the single quote where the first cell of the last line is."""
    last = _last_line(text)
    paired = last.count("'") % 2 == 0 and IN_SINGLE_QUOTES.match(last)
    return "'" if paired and '"' not in last else '"'


def _last_line(text):
    if isinstance(text, bytes):
        return text.rstrip().rpartition(b"\n")[2].decode()
    return text.rstrip().rpartition("\n")[2]


def _number(cell):
    """The finite number in a cell; ValueError if there is none."""
    number = float(cell)
    if not math.isfinite(number) or "_" in cell:  # float() reads 1_2 as 12
        raise ValueError
    return number


def _is_number(cell):
    try:
        _number(cell)
    except ValueError:
        return False
    return True


def _is_word(cell):
    """Whether a cell can be a column's name: no number, nor NaN or infinity."""
    try:
        float(cell)
    except ValueError:
        return True
    return False


def _complaint(cell):
    if not cell.strip():
        return "the cell is empty"
    return f"{reprlib.repr(cell)} is not a {'number' if _is_word(cell) else 'finite number'}"


def write_tables(tables):
    """Write tables to files: all of them, or on any error none.

    Parameters
    ----------
    tables : mapping of path to (values, header) or (values, header, delimiter)
        As `write_csv` takes them, binary files as `write_binary` does; a .tsv file has tabs.
    """
    with ExitStack() as files:
        for path, (values, header, *delimiter) in tables.items():
            file = files.enter_context(replacing(path))
            suffix = check_suffix(path, SUFFIXES)
            if suffix not in DELIMITERS:
                write_binary(file, suffix, values, header)
            else:
                text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
                own = delimiter[0] if delimiter and suffix == ".csv" else DELIMITERS[suffix]
                write_csv(text, values, header, own)
                text.detach()
            file.flush()  # a full disk shows here, before any file is replaced


def write_csv(stream, values, header=None, delimiter=","):
    """Write rows as lines of text, in which no spreadsheet finds a formula.

    Parameters
    ----------
    stream : text stream
    values : array (n, d), of objects too (None is an empty cell), or structured array (n,)
    header : sequence of d str, optional
        By default the names of the fields, if there are any.
    delimiter : str, default=","
    """
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
    header = values.dtype.names if header is None else header
    if header is not None:
        writer.writerow(map(_guarded, header))
    # tolist gives Python's floats, which csv writes by repr: the shortest digits that are exact.
    rows = (row.tolist() for row in values)
    texts = values.dtype.kind in "OUT"
    writer.writerows([_guarded(cell) for cell in row] if texts else row for row in rows)


def _guarded(cell):
    """The cell; of a text that a spreadsheet would compute one that it shows.

    The apostrophe goes before those that are there, so that reading gives every text back.
    """
    return f"'{cell}" if isinstance(cell, str) and TO_GUARD.match(cell) else cell
