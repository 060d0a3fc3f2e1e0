"""The rows of a class, in a table that has others: what all rows say of a column holds there too.

A column that is empty in the class stays so, and categories of the table are no names where the
class has few rows.
"""

from ._columns import are_names
from ._frame import read_frame
from ._values import is_missing

__all__ = ["kinds_of_parts"]


def kinds_of_parts(parts, whole, kinds):
    """What the parameter ``kinds`` is to be for each of some parts of a table.

    Parameters
    ----------
    parts : list of tables
    whole : table
        With the rows of all parts.
    kinds : dict
        What it is for the table.

    Returns
    -------
    list of dict
    """
    frame = read_frame(whole)
    columns = dict(zip(frame.names, frame.columns, strict=True))
    categories = {name for name, column in columns.items() if not are_names(column, name)}
    return [_kinds_of_part(read_frame(part), categories, kinds) for part in parts]


def _kinds_of_part(part, categories, kinds):
    found = dict(kinds)
    for name, column in zip(part.names, part.columns, strict=True):
        if kinds.get(name) != "drop" and is_missing(column).all():
            found[name] = "constant"
        elif name not in kinds and name in categories and are_names(column, name):
            found[name] = "categorical"
    return found
