"""Text files of mixed columns: from their cells to a `Frame`, and from new rows to cells."""

from itertools import islice

from ..tables import Frame
from ._cells import MISSING, Rows, is_number, read
from ._files import cells_of, decoded, delimiter_of

__all__ = ["text_frame"]

# Texts that are looked up when they come again.
MOST_SEEN = 10_000


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
    text = decoded(data, name)
    commas = delimiter_of(text) != ","
    columns = _columns(text, name)
    del text  # the columns are as large, and what is made of them comes on top
    if not columns:
        raise ValueError(f"{name} has no rows.")
    gaps = {*MISSING, *missing}
    named = _is_header(columns, gaps, commas) if header == "auto" else header == "yes"
    names = [str(j + 1) for j in range(len(columns))]
    if named:
        names = [column.pop(0) or number for column, number in zip(columns, names, strict=True)]
    if not columns[0]:
        raise ValueError(f"{name} has a header but no rows.")
    found = []
    for j, own in enumerate(names):
        cells, columns[j] = columns[j], []  # let go of one by one
        label = f"{name}, column {j + 1}{f' ({own})' if named else ''}"
        found.append(read(cells, gaps, label, commas))
    notations = dict(zip(names, (notation for _, notation in found), strict=True))
    return Frame(names, [column for column, _ in found], BuildRows(named, notations))


def _columns(text, name):
    """Cells of each column, where equal ones share memory: a short text needs fifty bytes."""
    columns: list[list[str]] = []
    seen: dict[str, str] = {}
    for _, cells in cells_of(text, name):
        columns = columns or [[] for _ in cells]
        for column, cell in zip(columns, map(str.strip, cells), strict=True):
            column.append(seen.get(cell, cell))
            if len(seen) < MOST_SEEN:
                seen.setdefault(cell, cell)
    return columns


def _is_header(columns, gaps, commas):
    first = {j: column[0] for j, column in enumerate(columns) if column[0]}
    if not first or any(is_number(cell, commas) or cell in gaps for cell in first.values()):
        return False
    return not any(cell in islice(columns[j], 1, None) for j, cell in first.items())


class BuildRows:
    """Rows for a file, its header, and how its columns are written, by their names."""

    def __init__(self, named, notations):
        self.named, self.notations = named, notations

    def __call__(self, names, columns):
        notations = [self.notations[name] for name in names]
        return Rows(list(columns), list(names) if self.named else None, notations)
