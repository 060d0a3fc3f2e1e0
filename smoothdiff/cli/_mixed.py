"""Text files of mixed columns: from their cells to a `Frame`, and from new rows to cells."""

from ..tables import Frame
from ._cells import MISSING, Rows, is_number, read
from ._files import cells_of, decoded, delimiter_of

__all__ = ["text_frame"]


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
    rows = [[cell.strip() for cell in cells] for _, cells in cells_of(text, name)]
    if not rows:
        raise ValueError(f"{name} has no rows.")
    gaps = {*MISSING, *missing}
    named = _is_header(rows, gaps, commas) if header == "auto" else header == "yes"
    names = [str(j + 1) for j in range(len(rows[0]))]
    if named:
        names = [cell or number for cell, number in zip(rows.pop(0), names, strict=True)]
    if not rows:
        raise ValueError(f"{name} has a header but no rows.")
    found = [
        read(cells, gaps, f"{name}, column {j + 1}{f' ({names[j]})' if named else ''}", commas)
        for j, cells in enumerate(zip(*rows, strict=True))
    ]
    notations = dict(zip(names, (notation for _, notation in found), strict=True))
    return Frame(names, [column for column, _ in found], BuildRows(named, notations))


def _is_header(rows, gaps, commas):
    first = {j: cell for j, cell in enumerate(rows[0]) if cell}
    if not first or any(is_number(cell, commas) or cell in gaps for cell in first.values()):
        return False
    return not any(cell in [row[j] for row in rows[1:]] for j, cell in first.items())


class BuildRows:
    """Rows for a file, its header, and how its columns are written, by their names."""

    def __init__(self, named, notations):
        self.named, self.notations = named, notations

    def __call__(self, names, columns):
        notations = [self.notations[name] for name in names]
        return Rows(list(columns), list(names) if self.named else None, notations)
