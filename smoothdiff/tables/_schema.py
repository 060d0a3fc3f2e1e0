"""The schema of a table: how each column is taken, and why."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .. import _checks as checks
from .._progress import warn
from ._columns import KINDS, OF_A_YEAR, fit_column
from ._dependence import groups_of
from ._frame import Frame, take
from ._values import is_missing

__all__ = ["Schema", "check_by", "check_complete", "check_groups", "check_kinds", "fit_schema"]

# Distinct texts that may be dates and still categories, and how many are looked at.
FEW_DATES, MOST_DATES = 10, 50
# A column of more values than this part of the rows has none to make models for.
MOST_GROUPS = 0.2
HEADER = ("column", "type", "kind", "values", "missing", "how a new row gets it", "why")


class Schema(Sequence):
    """Columns in their order; ``schema["age"]`` finds one by name, `str` prints a table.

    Parameters
    ----------
    columns : list of Column
    by : list
        Names of the columns whose values have a model each.
    together : list of lists
        Names of the columns that take one parent's values.
    sums : list of lists
        Names of the numbers that fulfil linear relations: one parent says whether they are means.

    Examples
    --------
    >>> from smoothdiff import TableDiffusion
    >>> model = TableDiffusion(random_state=0).fit([[1, "a"], [2, "b"], [3, "a"]])
    >>> [column.kind for column in model.schema_], model.schema_[1].n_distinct
    (['discrete', 'categorical'], 2)
    """

    sums: Sequence = ()  # of files that were written before there were any

    def __init__(self, columns, by=(), together=(), sums=()):
        self.columns, self.by, self.together = list(columns), list(by), [list(g) for g in together]
        self.sums = [list(g) for g in sums]
        self._place = {column.name: i for i, column in enumerate(self.columns)}

    def __len__(self):
        return len(self.columns)

    def __iter__(self):
        return iter(self.columns)

    def __getitem__(self, key):
        if isinstance(key, slice) or (isinstance(key, int) and key not in self._place):
            return self.columns[key]
        return self.columns[self._place[key]]

    def __contains__(self, name):
        return name in self._place

    @property
    def kept(self):
        """The columns that samples have."""
        return [column for column in self.columns if column.kind != "drop"]

    @property
    def embedded(self):
        """The columns that have coordinates."""
        return [column for column in self.kept if column.width and column.name not in self.by]

    def embed(self, rows):
        """Coordinates (n, q) of some training rows."""
        return self.coordinates({c.name: take(c.values, rows) for c in self.embedded}, len(rows))

    def coordinates(self, columns, n):
        """Coordinates (n, q) of n rows, whose columns are given by name."""
        parts = [column.embed(columns[column.name]) for column in self.embedded]
        return np.concatenate([np.empty((n, 0)), *parts], axis=1)

    def columns_of(self, frame: Frame):
        """The columns of another table by name; it may have those that were dropped, or not."""
        names = [column.name for column in self]
        lacking = [column.name for column in self.kept if column.name not in frame.names]
        new = [name for name in frame.names if name not in names]
        for said, some in (("lacks columns", lacking), ("has columns unknown in fit", new)):
            if some:
                raise ValueError(f"The table {said}: {', '.join(map(repr, some))}.")
        return dict(zip(frame.names, frame.columns, strict=True))

    def has_unknown(self, columns):
        """Which rows (n,), whose columns are given by name, have values no training row has."""
        return np.logical_or.reduce([c.is_unknown(columns[c.name]) for c in self.kept])

    def group_of(self, column):
        """Names of the columns that take one parent's values with this one; empty if none do."""
        return next((tuple(group) for group in self.together if column.name in group), ())

    def related(self, column):
        """The averaged columns that fulfil linear relations with this one; it alone if none do."""
        names = next((group for group in self.sums if column.name in group), [column.name])
        return [self[name] for name in names if self[name].interpolated]

    def giving(self, group):
        """The columns of a group that a parent gives: constants need none."""
        return [self[name] for name in group if self[name].kind != "constant"]

    def given(self, names):
        """The schema where a parent gives these columns, if they are averaged here.

        The same parent gives all columns that fulfil linear relations with them.
        """
        sums = [group for group in self.sums if not set(group).isdisjoint(names)]
        given = set(names).union(*sums)
        columns = [
            replace(column, kind="discrete")
            if column.name in given and column.interpolated
            else column
            for column in self.columns
        ]
        left = [group for group in self.sums if group not in sums]
        return Schema(columns, self.by, [*self.together, *sums], left)

    def grouped(self, marks, count, kinds, *, whole):
        """The schema with columns together of which one follows from another (`_dependence`).

        Columns that are averaged because ``kinds`` says so stay apart. With ``whole`` a group
        needs a row that has all of it.
        """
        free = [
            column
            for column in self.kept
            if column.kind != "constant"
            and column.name not in self.by
            and not (column.name in kinds and column.interpolated)
        ]
        groups, free = groups_of(free, marks, count)
        told = {column.name: column for column in free}
        found = Schema([told.get(c.name, c) for c in self.columns], self.by, groups)
        if whole:
            found.together = [group for group in groups if found.has_all(group)]
        return found

    def has_all(self, group):
        """Whether some row has a value in all columns of a group."""
        gaps = [is_missing(column.values) for column in self.giving(group)]
        return not gaps or not np.logical_or.reduce(gaps).all()

    def _how(self, column):
        if column.name in self.by:
            return "drawn first: a model for each value"
        others = [str(name) for name in self.group_of(column) if name != column.name]
        if others:
            return f"given by one parent, with {', '.join(others)}"
        if column.kind == "drop":
            return "left out"
        if column.kind == "constant":
            return "the same"
        if not column.interpolated:
            return "given by a parent"
        how = "near the mean of the parents"
        if column.kind == "numeric":
            how += f", {_grid(column.step)}from {column.low:g} to {column.high:g}"
        given = ["gaps"] if column.n_missing else []
        if len(column.atoms):
            given.insert(0, f"{len(column.atoms)} frequent value{'s' * (len(column.atoms) > 1)}")
        alike = [str(c.name) for c in self.related(column) if c is not column]
        how += f", in relation to {', '.join(alike)}" if alike else ""
        return f"{' and '.join(given)} given; the rest {how}" if given else how

    def rows(self):
        """The printed table, as tuples of strings."""
        return [
            (str(c.name), c.dtype, c.kind, *_counts(c), self._how(c), c.why) for c in self.columns
        ]

    def __repr__(self):
        lines = [HEADER, *self.rows()]
        widths = [max(len(line[j]) for line in lines) for j in range(len(HEADER))]
        return "\n".join(
            "  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip()
            for line in lines
        )

    def _repr_html_(self):
        from html import escape

        def line(cells, tag):
            return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"

        body = "".join(line(row, "td") for row in self.rows())
        return f"<table><thead>{line(HEADER, 'th')}</thead><tbody>{body}</tbody></table>"


def _counts(column):
    """How many values a column has, and how many are missing; nobody looked at a dropped one."""
    if column.kind == "drop":
        return "", ""
    return str(column.n_distinct), str(column.n_missing)


def _grid(step):
    """What numbers are rounded to, in words."""
    if step == 0:
        return ""
    return "whole, " if step == 1 else f"in steps of {step:g}, "


def fit_schema(frame: Frame, kinds, by, together, weights, rows) -> Schema:
    """Look at each column once; the overrides are checked before."""
    columns = [
        fit_column(name, column, kinds.get(name), weights, rows)
        for name, column in zip(frame.names, frame.columns, strict=True)
    ]
    schema = Schema(columns, by, together)
    if not schema.kept:
        raise ValueError("All columns of the table are dropped: there is nothing to draw from.")
    _warn_of_row_numbers(schema)
    _warn_of_text_dates(schema)
    return schema


def check_groups(by, together, frame: Frame, owner):
    """The parameters ``by`` and ``together`` as lists of names; "auto" has none yet."""
    by = by.tolist() if hasattr(by, "tolist") else by
    by = [] if by is None else by if isinstance(by, list) else [by]
    check_names(by, frame, "by")
    auto = isinstance(together, str) and together == "auto"
    groups = [] if together is None or auto else together
    if not isinstance(groups, (list, tuple)) or not all(
        isinstance(group, (list, tuple)) for group in groups
    ):
        wanted = "a list of lists of names, 'auto' or None"
        checks.refuse(groups, "together", wanted, owner, TypeError)
    check_names([name for group in groups for name in group], frame, "together")
    both = [name for group in groups for name in group if name in by]
    if both:
        raise ValueError(
            "The 'together' parameter of TableDiffusion must not name columns of by, which "
            f"are drawn first. Got {', '.join(map(repr, both))}."
        )
    return by, [list(group) for group in groups]


def check_names(names, frame: Frame, parameter):
    """Names that the table has, each once."""
    unknown = [name for name in names if name not in frame.names]
    if unknown:
        raise ValueError(
            f"The {parameter!r} parameter of TableDiffusion names columns that the table lacks: "
            f"{', '.join(map(repr, unknown))}. It has {checks.listed(frame.names)}."
        )
    if len(set(names)) < len(names):
        raise ValueError(
            f"The {parameter!r} parameter of TableDiffusion names a column more than once."
        )


def check_by(schema: Schema):
    """Columns of ``by`` have few values, so that there are rows for a model of each."""
    for name in schema.by:
        column = schema[name]
        if column.kind == "drop":
            raise ValueError(f"Column {name!r} is in by, and cannot be dropped.")
        rows = len(column.values)
        if column.interpolated and column.n_distinct > MOST_GROUPS * rows:
            raise ValueError(
                f"Column {name!r} has {column.n_distinct} values in {rows} rows: by needs one "
                "of few values, with rows for a model of each."
            )


def check_complete(schema: Schema):
    """Some row has a value in all columns of each group that belongs together."""
    for group in schema.together:
        if not schema.has_all(group):
            raise ValueError(
                f"With missing='fill' the columns {', '.join(map(repr, group))}, which belong "
                "together, need a row that has all of them. None has."
            )


def check_kinds(kinds, frame: Frame):
    """A dict from names to kinds."""
    if kinds is None:
        return {}
    wanted = "a dict from names of columns to one of " + ", ".join(map(repr, KINDS))
    if not isinstance(kinds, dict):
        raise TypeError(
            f"The 'kinds' parameter of TableDiffusion must be {wanted}. Got {kinds!r} instead."
        )
    check_names(list(kinds), frame, "kinds")
    wrong = {name: kind for name, kind in kinds.items() if kind not in KINDS}
    if wrong:
        raise ValueError(
            f"The 'kinds' parameter of TableDiffusion must be {wanted}. Got {wrong!r} instead."
        )
    return dict(kinds)


def _warn_of_row_numbers(schema):
    """Columns that count the rows: taken as numbers, they mean nothing."""
    found = []
    for column in schema:
        if column.kind == "numeric" and column.step == 1.0 and not column.n_missing:
            numbers = column.numbers(column.values)
            if len(numbers) > 2 and np.ptp(np.diff(numbers)) == 0:
                found.append(repr(column.name))
    if found:
        are = "s number the rows and are" if len(found) > 1 else " numbers the rows and is"
        warn(
            f"Column{are} taken as measured: {', '.join(found)}. If that says nothing, leave it "
            "out, or set its kind to 'drop'."
        )


def _warn_of_text_dates(schema):
    """Columns of dates that are held as text: taken as categories, they are never interpolated."""
    found = [
        repr(column.name)
        for column in schema
        if column.kind == "categorical"
        and column.why != "as kinds says"
        and column.nature == "text"
        and column.n_distinct > FEW_DATES
        and all(map(OF_A_YEAR.fullmatch, column.levels[:MOST_DATES]))
    ]
    if found:
        warn(
            f"Dates held as text are taken as categories: {', '.join(found)}. With "
            "pandas.to_datetime they are dates, and interpolated; kinds={...: 'categorical'} keeps "
            "them as they are."
        )
