"""A fitted table: the schema, and models of the embedded rows. What `fit` builds, and pickles keep.

Sampling goes down from here: groups draw embedded rows with their parents (`_groups`), donors
among these give what cannot be averaged (`_donors`), columns make values of what comes out
(`_columns`).
"""

from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np
from sklearn.neighbors import NearestNeighbors

from .._compute import openmp_threads
from .._memory import freed_at_once
from .._progress import Progress
from ..cloud import draw_by_weight
from ._copies import SingleRows
from ._dependence import added_up
from ._donors import Donors, in_blocks, interpolated, patterns_of
from ._frame import take
from ._groups import NO_ROW, Group, evenly
from ._schema import Schema
from ._where import Where

__all__ = ["Drawn", "TableModel"]

# Draws of which none fits, after which it is said that there will be none.
GIVEN_UP_AFTER = 100_000
FEWEST_DRAWS = 64
# Draws after which parents give the numbers of ranges as well, if a smaller part of them fits.
TRIED, FEW_FIT = 1000, 0.02
# How often copies of single training rows are drawn again, and how often of these around the same
# point: a row far from all others may give nothing but copies of it.
ATTEMPTS, ATTEMPTS_THERE = 20, 5
# Part of the draws that are copies from which the rest, what is left, would be no fair draw.
MOST_COPIED = 0.8
# Draws that tell this.
ENOUGH_DRAWS = 50


class Drawn(NamedTuple):
    """New rows."""

    columns: dict
    """Values (n,) by the names of the columns."""
    parents: np.ndarray
    """Training rows (n, k), -1 where there is none."""
    weights: np.ndarray
    """Their weights, (n, k)."""

    def take(self, rows):
        """Some of the rows."""
        columns = {name: take(column, rows) for name, column in self.columns.items()}
        return Drawn(columns, self.parents[rows], self.weights[rows])

    def without_parents(self):
        """The rows alone, where nobody asks which others they are made of."""
        return self._replace(parents=self.parents[:, :0], weights=self.weights[:, :0])

    @classmethod
    def joined(cls, parts, rows=None):
        """The rows of several, one after the other, or some of these."""
        rows = np.arange(sum(len(part.parents) for part in parts)) if rows is None else rows
        columns = {
            name: take(_concatenated([part.columns[name] for part in parts]), rows)
            for name in parts[0].columns
        }
        parents = _stacked([part.parents for part in parts], NO_ROW)[rows]
        return cls(columns, parents, _stacked([part.weights for part in parts], 0.0)[rows])


@dataclass(frozen=True, eq=False)
class TableModel:
    """A table that can be drawn from."""

    schema: Schema
    groups: list[Group]
    one_donor: bool
    """Whether one parent gives all values of a row that are given."""
    fill: bool
    """Whether new rows have no gaps."""
    singles: SingleRows | None
    """Training rows that are not to come out again."""
    independent: bool
    """Whether new rows are drawn independently of each other, and not evenly."""

    def embed(self, columns):
        """Coordinates (n, q) of rows, whose columns are given by name."""
        return self.schema.coordinates(columns, len(next(iter(columns.values()))))

    # ------------------------------------------------------------------ sampling

    def sample(self, generator, n, where: Where | None = None, *, parents=True) -> Drawn:
        """Draw n rows, all of which fit ``where``; of no parents, unless they are asked for.

        A parent gives the numbers that are to have a certain value, which means hardly ever have;
        and those that are to be in a range, where means hardly ever are.
        """
        if where is None:
            return self._draw(generator, n, [group.starts for group in self.groups], parents)
        fitting = where.of_training_rows()
        starts = [group.starts[fitting[group.starts]] for group in self.groups]
        progress = Progress(n, "rows")
        parts: list[Drawn] = []
        order: list[np.ndarray] = []
        left = np.arange(n)
        while len(left) or not parts:
            which, given_up = self._draw_groups(generator, len(left), starts), []
            asked = np.unique(which) if n else [next(i for i, s in enumerate(starts) if len(s))]
            shares = {place: left[which == place] for place in asked}
            for place, own in shares.items():
                tell = partial(_told, progress, n - len(left))
                with self._freeing():
                    part = self._draw_fitting(
                        generator, self.groups[place], len(own), starts[place], where, tell
                    )
                parts.append(part if parents else part.without_parents())
                order.append(own[: len(part.parents)])
                left = np.setdiff1d(left, order[-1])
                given_up += [place] * (len(part.parents) < len(own))
            for place in given_up:
                starts[place] = starts[place][:0]
            if len(left) and not any(map(len, starts)):
                raise ValueError(
                    f"None of {GIVEN_UP_AFTER} samples fits where={where.conditions!r}, though "
                    f"{int(fitting.sum())} training rows do; give ranges instead of values, or "
                    "fewer conditions."
                )
        return Drawn.joined(parts, np.argsort(np.concatenate(order)))

    def _draw_fitting(self, generator, group, n, starts, where, tell):
        """Draw n rows of a group that fit; fewer, if none of very many does.

        What does not fit is drawn again around the same point, which so keeps its share, and after
        some rounds around any.
        """
        model = group.model
        shares = group.shares(model, starts)
        around = self._draw_places(generator, n, shares)
        giving = self._giving(where.of_values)
        open_ = np.arange(n)
        parts: list[Drawn] = []
        order: list[np.ndarray] = []
        drawn = found = 0
        while len(open_) or not parts:
            rate = (found + 1) / (drawn + 1)
            if drawn >= TRIED and rate < FEW_FIT:
                giving = self._giving(where.conditions)
            if len(parts) > ATTEMPTS:
                around[open_] = self._draw_places(generator, len(open_), shares)
            most = (4 * n + FEWEST_DRAWS) // max(len(open_), 1)
            place = np.repeat(open_, int(np.clip(1.2 / rate, 1, most)))
            part = giving._draw_around(generator, group, model, around[place], shares)
            fits = np.flatnonzero(where.fits(part.columns))
            fitted, first = np.unique(place[fits], return_index=True)
            parts.append(part.take(fits[first]))
            order.append(fitted)
            open_ = np.setdiff1d(open_, fitted)
            drawn, found = drawn + len(place), found + len(fits)
            tell(n - len(open_), f"{found / max(drawn, 1):.2%} of the draws fit")
            if found == 0 and drawn >= GIVEN_UP_AFTER:
                break
        return Drawn.joined(parts, np.argsort(np.concatenate(order)))

    def _giving(self, names):
        """The model where a parent gives these columns."""
        return replace(self, schema=self.schema.given(names))

    def _draw(self, generator, n, starts, parents) -> Drawn:
        """Draw n rows that start around some of the rows of each group, from one group at a time.

        A model may be fitted for that, and need not be kept.
        """
        which = self._draw_groups(generator, n, starts)
        count = np.bincount(which, minlength=len(self.groups))

        def draw(group, some, m):
            drawn = self._draw_new(generator, group, int(m), some)
            return drawn if parents else drawn.without_parents()

        with self._freeing():
            parts = [
                draw(group, some, m)
                for group, some, m in zip(self.groups, starts, count, strict=True)
                if m
            ] or [draw(self.groups[0], starts[0], 0)]
        if len(parts) == 1:
            return parts[0]
        return Drawn.joined(parts, np.argsort(np.argsort(which, kind="stable")))

    def _freeing(self):
        """Gives memory back at once where models are fitted one after the other."""
        many = any(group.kept is None for group in self.groups)
        return freed_at_once() if many else nullcontext()

    def _draw_groups(self, generator, n, starts):
        """For each of n rows the group that it comes from, (n,)."""
        if len(self.groups) == 1:
            return np.zeros(n, dtype=np.intp)
        shares = [g.share * g.part(some) for some, g in zip(starts, self.groups, strict=True)]
        return self._draw_places(generator, n, np.array(shares))

    def _draw_new(self, generator, group, n, starts) -> Drawn:
        """Draw n rows of a group."""
        model = group.model
        shares = group.shares(model, starts)
        around = self._draw_places(generator, n, shares)
        return self._draw_around(generator, group, model, around, shares)

    def _draw_around(self, generator, group, model, around, shares) -> Drawn:
        """Draw a row of a group around each of some points (n,).

        Copies of single training rows, and near ones, are drawn again a few times, first around the
        same point, which so keeps its share, then around any. Where little else comes out (one
        donor gives all of a row, or the model memorizes) all stay.
        """
        n, around = len(around), around.copy()
        parts = [self._draw_any(generator, group, model, around)]
        place, open_ = np.arange(n), np.arange(n)
        for attempt in range(ATTEMPTS):
            copied = open_[self._copied(parts[-1])]
            only_copies = n >= ENOUGH_DRAWS and len(copied) > MOST_COPIED * n
            if len(copied) == 0 or only_copies:
                break
            before = sum(len(part.parents) for part in parts)
            if attempt >= ATTEMPTS_THERE:
                around[copied] = self._draw_places(generator, len(copied), shares)
            parts.append(self._draw_any(generator, group, model, around[copied]))
            place[copied], open_ = before + np.arange(len(copied)), copied
        return parts[0] if len(parts) == 1 else Drawn.joined(parts, place)

    def _copied(self, drawn):
        """Which rows are copies of training rows that are not to come out again, (n,)."""
        if self.singles is None:
            return np.zeros(len(drawn.parents), dtype=bool)
        return self.singles.copied(drawn.columns, drawn.parents)

    def _draw_any(self, generator, group, model, around) -> Drawn:
        Z, parents, weights = group.draw(generator, model, around)
        examples = np.full(len(around), group.starts[0])
        return Drawn(self._decode(generator, Z, parents, weights, examples), parents, weights)

    def _draw_places(self, generator, n, weights):
        return (draw_by_weight if self.independent else evenly)(generator, n, weights)

    def _decode(self, generator, Z, parents, weights, examples):
        """Columns by name; ``examples`` are training rows with the right values of ``by``."""
        schema = self.schema
        donors = Donors(
            generator,
            parents,
            weights,
            lambda allowed: self._nearest(Z, allowed),
            len(schema.kept[0].values),
            one_for_all=self.one_donor,
            fill=self.fill,
        )
        ends = np.cumsum([column.width for column in schema.embedded])
        place = {c.name: end - c.width for c, end in zip(schema.embedded, ends, strict=True)}
        shared: dict = {}
        columns: dict = {}
        for column in schema.kept:
            group = schema.group_of(column)
            if column.name in columns:
                continue
            if column.name in schema.by:
                columns[column.name] = take(column.values, examples)
            elif column.kind == "constant":
                columns[column.name] = take(column.values, np.zeros(len(Z), dtype=np.intp))
            elif group:
                if group not in shared:
                    shared[group] = donors.of(schema.giving(group))
                columns[column.name] = take(column.values, shared[group])
            elif column.interpolated:
                related = schema.related(column)
                columns |= _means(related, [Z[:, place[c.name]] for c in related], donors)
            else:
                columns[column.name] = take(column.values, donors.of([column]))
        return {column.name: columns[column.name] for column in schema.kept}

    def _nearest(self, Z, allowed):
        """For each of some embedded rows the nearest training row that is allowed, (n,)."""
        rows = np.flatnonzero(allowed)
        search = NearestNeighbors(n_neighbors=1).fit(self.schema.embed(rows))
        with openmp_threads(len(rows) * Z.size):
            return rows[search.kneighbors(Z, return_distance=False)[:, 0]]

    # ------------------------------------------------------------------ density

    @property
    def without_density(self):
        """Why there is no density: a column, and what it has. None where there is one."""
        if not self.schema.embedded:
            return "all rows are equal"
        for column in self.schema.kept:
            if column.name in self.schema.by or column.kind == "constant":
                continue
            if not column.interpolated:
                return f"column {column.name!r} is {column.kind}"
            if column.n_missing:
                return f"column {column.name!r} has missing values"
            if len(column.atoms):
                return f"column {column.name!r} has values that many rows share"
            if self.schema.group_of(column):
                return f"column {column.name!r} is given by a parent"
        return None

    def log_density(self, columns):
        """Log-density (n,) of rows in the units of the table."""
        scales = [column.line.scale for column in self.schema.embedded]
        return self.coordinate_log_density(columns) - np.log(scales).sum()

    def coordinate_log_density(self, columns):
        """Log-density (n,) of the coordinates of rows, jointly with the values of ``by``."""
        Z = self.embed(columns)
        log_p = np.full(len(Z), -np.inf)
        for group in self.groups:
            own = np.ones(len(Z), dtype=bool)
            for name in self.schema.by:
                own &= self.schema[name].equal(columns[name], group.starts[0])
            if own.any():
                log_joint = group.model.score_samples(Z[own]) + np.log(group.share)
                log_p[own] = np.logaddexp(log_p[own], log_joint)
        for column in self.schema.kept:
            if column.kind == "constant":
                log_p[~column.equal(columns[column.name], 0)] = -np.inf
        return log_p


def _told(progress, before, done, note):
    progress(before + done, note)


def _means(columns, coordinates, donors):
    """Values, by name, of interpolated columns from a coordinate (n,) of each and the parents.

    Several columns fulfil linear relations. One parent then says which frequent values a row has in
    all of them, and the rest are means of the parents that have these: the relations stay.
    """
    numbers = [column.numbers(take(column.values, donors.rows)) for column in columns]
    given, n = numbers, len(donors.places)
    own, wanted = np.zeros(len(donors.rows), dtype=np.intp), np.zeros(n, dtype=np.intp)
    drawn = any(c.n_missing or len(c.atoms) or c.round_numbers for c in columns)
    if drawn:
        rows = donors.of(columns)
        given = [column.numbers(take(column.values, rows)) for column in columns]
        own, wanted = patterns_of(columns, numbers, given)
    means = [interpolated(x, own, donors.places, donors.weights, wanted) for x in numbers]
    triples = zip(columns, coordinates, numbers, strict=True)
    noise = [_noise(column, z, x, donors) for column, z, x in triples]
    if len(columns) > 1:  # what is added to one of a relation is added to the others, or to none
        inside = [c.holds(m + e) for c, m, e in zip(columns, means, noise, strict=True)]
        added = (wanted == 0) & np.logical_and.reduce(inside)
        noise = [np.where(added, e, 0.0) for e in noise]
    made, loose = [], []
    for column, mean, extra, donated in zip(columns, means, noise, given, strict=True):
        # Where values prefer round numbers a mean is rounded as the parent's value is.
        alone = column.round_numbers and len(columns) == 1
        made.append(column.finish(mean + extra, column.grain(donated) if alone else None))
        loose.append(~np.isnan(made[-1]))
        if drawn:
            loose[-1] &= column.is_loose(donated)
            made[-1] = np.where(loose[-1], made[-1], donated)
    made = added_up(columns, made, loose)
    return {c.name: c.scale.values(x) for c, x in zip(columns, made, strict=True)}


def _noise(column, z, numbers, donors):
    """What samples have beside the mean of all their parents, in the units of the column, (n,)."""
    line = column.line.embed(numbers)[:, 0]

    def mean(places, weights):
        return (weights * line[places]).sum(axis=1)

    return column.line.scale * (z - in_blocks(mean, donors.places, donors.weights))


def _stacked(arrays, padding):
    """Arrays (n, k) of some k one above the other, filled up to the largest k."""
    width = max(array.shape[1] for array in arrays)
    return np.concatenate(
        [np.pad(a, ((0, 0), (0, width - a.shape[1])), constant_values=padding) for a in arrays]
    )


def _concatenated(columns):
    if isinstance(columns[0], np.ndarray):
        return np.concatenate(columns)
    import pandas as pd

    return pd.concat(columns, ignore_index=True)
