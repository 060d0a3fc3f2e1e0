"""Tables to be compared, read alike: as points of a space, or as columns of numbers and levels.

Arrays of numbers are points, at Euclidean distance, in their own units. DataFrames, and arrays of
anything else, are tables: numbers and dates are standardized by the reference, any two levels of a
category are at distance 1 (missing being a level), and squares add up over the columns, a
Euclidean form of Gower's distance (1971).
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from .. import _checks as checks
from ..cloud import PointCloud, distinct_rows
from ..estimators._scales import LONGEST, SHORTEST
from ..tables._columns import fit_column
from ..tables._coordinates import Corners, Line
from ..tables._frame import Frame, read_frame
from ..tables._schema import Schema, check_kinds
from ..tables._values import codes_and_levels, nature, scale_of

__all__ = ["Rows", "check_squares", "read"]

# Levels of a category up to which distances are exact; more have codes in so many coordinates,
# whose distances lie between 0.75 and 1.25.
MOST_LEVELS = 256
NUMBERS = ("number", "integer", "date", "duration")


@dataclass(frozen=True, eq=False)
class Values:
    """A column of one table."""

    name: Any
    is_number: bool
    """Whether differences mean something; else these are levels."""
    array: np.ndarray
    """Numbers, NaN where missing; or numbers of levels, the same in all tables, -1 if missing."""
    axes: Line | Corners | None
    """How distances are made; None for a coordinate as it is."""
    levels: list | None = None
    """Of a category, by their numbers."""
    scale: Any = None
    """Of dates: makes them from their numbers."""

    @property
    def missing(self):
        """Which values are missing, (n,)."""
        return np.isnan(self.array) if self.array.dtype.kind == "f" else self.array < 0

    @property
    def labels(self):
        """Whole numbers (n,) that are equal where values are, missing ones being alike."""
        return np.unique(self.array, return_inverse=True)[1]

    def shown(self, row):
        """The value of a row as the table has it."""
        if self.missing[row]:
            return None
        value = self.array[row]
        if self.scale is not None:
            times = self.scale.values(self.array[[row]])
            if isinstance(times, np.ndarray):  # nanoseconds would be a number
                times = times.astype(f"{times.dtype.kind}8[us]")
            return str(np.asarray(times, dtype=object)[0]).removesuffix(" 00:00:00")
        return self.levels[value] if self.levels is not None else float(value)

    def embed(self):
        """Coordinates (n, width)."""
        if self.axes is None:
            return self.array[:, None]
        if isinstance(self.axes, Line):
            return self.axes.embed(self.array)
        return self.axes.embed(np.where(self.array < 0, self.axes.n_levels - 1, self.array))


@dataclass(frozen=True, eq=False)
class Rows:
    """One of the tables. What is found of it is kept, for measures that ask for the same."""

    columns: list[Values]

    def __len__(self):
        return len(self.columns[0].array)

    @cached_property
    def coordinates(self):
        """Points (n, q) whose distances are those of the rows."""
        return np.concatenate([column.embed() for column in self.columns], axis=1)

    @cached_property
    def features(self):
        """Float array (n, d) for a classifier: numbers, and numbers of levels, NaN if missing."""
        return np.column_stack(
            [np.where(c.missing, np.nan, c.array.astype(float)) for c in self.columns]
        )

    @cached_property
    def _distinct(self):
        """The first row of each kind, for how many each counts, and the kind of each row."""
        return distinct_rows(self.coordinates, np.ones(len(self)))

    @property
    def repeated(self):
        """Part of the rows that equal another one."""
        _, counts, kind = self._distinct
        return float((counts > 1)[kind].mean())

    @cached_property
    def cloud(self):
        """The distinct points."""
        check_squares(self)
        rows, weights, _ = self._distinct
        return PointCloud(self.coordinates[rows], weights / weights.sum())

    @cached_property
    def _asked(self):
        return {}

    def nearest_to(self, other):
        """For each row of another table: distances (m, 2) of the two nearest distinct rows here.

        Also the nearest one, as a row (m,). The second distance is infinite where there is none.
        """
        if other not in self._asked:
            check_squares(self, other)
            distances, index = self.cloud.neighbors.query(
                other.coordinates, min(2, len(self.cloud))
            )
            if distances.shape[1] < 2:
                distances = np.pad(distances, ((0, 0), (0, 1)), constant_values=np.inf)
            self._asked[other] = distances, self._distinct[0][index[:, 0]]
        return self._asked[other]

    @cached_property
    def to_nearest_other(self):
        """Distance (n,) of each row to the nearest other one; 0 for rows that are repeated."""
        _, counts, kind = self._distinct
        if len(self.cloud) < 2:
            return np.zeros(len(self))
        distances = self.cloud.neighborhoods(1)[0][:, 0]
        return np.where(counts > 1, 0.0, distances)[kind]

    def place_of(self, target):
        """Number of the column to predict; ValueError where there is no such column."""
        names = [column.name for column in self.columns]
        if target not in names:
            raise ValueError(
                f"target must be one of the columns {checks.listed(names)}. Got {target!r} instead."
            )
        return names.index(target)

    def shown(self, row):
        """The values of a row by the names of the columns."""
        return {column.name: column.shown(row) for column in self.columns}

    def take(self, rows):
        """Some of the rows."""
        return Rows([replace(c, array=c.array[rows]) for c in self.columns])

    def at_most(self, n, seed):
        """A random part of n rows, or all where there are no more."""
        if len(self) <= n:
            return self
        return self.take(np.sort(np.random.default_rng(seed).permutation(len(self))[:n]))


def check_squares(*tables):
    """Raise ValueError where squares of distances of rows are no floats of full precision."""
    halves = np.concatenate([rows.coordinates / 2 for rows in tables])
    half = np.ptp(halves, axis=0).max(initial=0.0)
    if half > LONGEST or 0 < half < SHORTEST:
        raise ValueError(
            f"Distances of rows are squared, and these are about {half:.1g} apart: squares of that "
            "are no floats. Choose another unit."
        )


def read(tables: dict, kinds=None, fewest=1, required=2) -> list[Rows]:
    """Read tables of the same columns.

    Parameters
    ----------
    tables : dict of str to table
        By the names that errors call them. The first is the reference, by which numbers are
        standardized; None is passed over. `Rows` that were read together stay as they are.
    kinds : dict or Schema, optional
        How to take columns of tables, as in `TableDiffusion`; or the ``schema_`` of one.
    fewest : int
        Rows that each needs.
    required : int
        How many of the tables may not be None.

    Raises
    ------
    TypeError, ValueError
        For what is no table, has other columns, other types or too few rows; for NaN or infinity
        in an array of numbers.
    """
    for name in list(tables)[:required]:
        if tables[name] is None:
            checks.refuse(None, name, "a DataFrame or an array", None, TypeError)
    tables = {name: table for name, table in tables.items() if table is not None}
    if all(isinstance(table, Rows) for table in tables.values()):
        return list(tables.values())
    for table in tables.values():
        if sparse.issparse(table):
            raise TypeError("Tables must be dense. Got a sparse array instead; use X.toarray().")
    arrays = {name: _as_numbers(table) for name, table in tables.items()}
    if kinds is None and all(array is not None for array in arrays.values()):
        found = _points(arrays)
    else:
        found = _tables(tables, kinds)
    for name, rows in zip(tables, found, strict=True):
        if len(rows) < fewest:
            count = "a row" if fewest == 1 else f"{fewest} rows"
            raise ValueError(f"{name} needs at least {count}. It has {len(rows)}.")
    return found


def _named_alike(table, frame, names):
    """A table, where it is an array of as many columns as there are names with these names."""
    if isinstance(table, Frame) or hasattr(table, "columns") or len(frame.names) != len(names):
        return frame
    return Frame(names, frame.columns, frame.build)


def _as_numbers(table):
    """The array if the table is one of numbers, else None."""
    if isinstance(table, Frame) or hasattr(table, "columns"):
        return None
    try:
        array = np.asarray(table)
    except ValueError:  # rows of different length
        return None
    return array if array.dtype.kind in "buif" else None


def _points(arrays):
    found = []
    width = None
    for name, array in arrays.items():
        if array.ndim != 2 or array.shape[1] == 0:
            raise ValueError(f"{name} must have shape (n, d). Got shape {array.shape} instead.")
        array = checks.array(array, name, "finite", np.isfinite)
        width = width or (name, array.shape[1])
        if array.shape[1] != width[1]:
            raise ValueError(
                f"{name} must have {width[1]} columns, as {width[0]} has. Got {array.shape[1]} "
                "instead."
            )
        columns = [Values(j, True, array[:, j], None) for j in range(array.shape[1])]
        found.append(Rows(columns))
    return found


def _tables(tables, kinds):
    frames = {name: read_frame(table) for name, table in tables.items()}
    reference, *others = frames
    schema = _schema(frames[reference], kinds)
    names = [column.name for column in schema.kept]
    for name in others:
        frames[name] = _named_alike(tables[name], frames[name], frames[reference].names)
    dropped = {column.name for column in schema} - set(names)
    for name in others:
        own = [n for n in frames[name].names if n not in dropped]
        lacking, new = [n for n in names if n not in own], [n for n in own if n not in names]
        if lacking or new:
            said = [f"lacks {', '.join(map(repr, lacking))}"] if lacking else []
            said += [f"has {', '.join(map(repr, new))} besides"] if new else []
            raise ValueError(
                f"{name} and {reference} must have the same columns. {name} {' and '.join(said)}."
            )
    found: dict = {name: [] for name in frames}
    for column in schema.kept:
        parts = {n: f.columns[f.names.index(column.name)] for n, f in frames.items()}
        for name, part in zip(frames, _column(column, parts), strict=True):
            found[name].append(part)
    return [Rows(columns) for columns in found.values()]


def _schema(frame, kinds):
    """The schema of the reference; one that is given says the kinds alone.

    Numbers and dates are what they are found to be, unless they were declared.
    """
    if isinstance(kinds, Schema):
        kinds = {
            column.name: column.kind
            for column in kinds
            if column.why == "as kinds says" or column.kind == "categorical"
        }
        kinds = {name: kind for name, kind in kinds.items() if name in frame.names}
    kinds, ones = check_kinds(kinds, frame), np.ones(len(frame))
    columns = zip(frame.names, frame.columns, strict=True)
    return Schema([fit_column(name, c, kinds.get(name), ones, ones) for name, c in columns])


def _column(column, parts):
    """A column of each table."""
    is_number = column.nature in NUMBERS
    for name, values in parts.items():
        try:
            alike = not is_number and nature(values, column.name) not in NUMBERS
            if not alike:  # levels are compared as they are, whatever type holds them
                column.check(values)
        except TypeError as error:
            raise TypeError(f"{name}: {error}") from None
    if is_number and column.kind != "categorical":
        own = next(iter(parts.values()))
        scale = column.scale or scale_of(own, column.nature)
        numbers = [scale.numbers(values) for values in parts.values()]
        line = column.line or Line.of(numbers[0], np.ones(len(own)))
        line = replace(line, gaps=any(np.isnan(n).any() for n in numbers))
        dates = scale if column.nature in ("date", "duration") else None
        return [Values(column.name, True, n, line, scale=dates) for n in numbers]
    coded = [codes_and_levels(values) for values in parts.values()]
    place: dict = {}
    for _, levels in coded:
        for level in levels:
            place.setdefault(level, len(place))
    codes = [np.array([*(place[v] for v in levels), -1])[own] for own, levels in coded]
    gaps = any((c < 0).any() for c in codes)
    corners = Corners(len(place) + gaps, MOST_LEVELS)
    return [Values(column.name, False, c, corners, levels=list(place)) for c in codes]
