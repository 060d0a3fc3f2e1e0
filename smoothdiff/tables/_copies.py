"""Which new rows are copies, or nearly so, of a training row that is the only one of its kind.

Equal rows. Of n rows let n_1 be single. A row that nobody has seen equals one of them all with
probability 1 - n_1 / n (Good 1953, Turing's estimate), as often as the rows of a table are
repeated ones. New rows that equal a single training row are drawn again; those that equal a
repeated one may stay.

Near ones. A row that nobody has seen comes closer to a training row than the closest 5% of the
training rows are to their nearest other about as often as one in twenty. New rows that come so
close to a single parent are drawn again.
"""

import numpy as np
from sklearn.neighbors import NearestNeighbors

from .._compute import openmp_threads
from ._frame import take
from ._schema import Schema

__all__ = ["SingleRows", "fingerprints"]

MULTIPLIERS = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9
# Part of the training rows whose nearest other is so close that a new row there is a copy, and
# for how many of them the nearest other is looked for.
CLOSEST, LOOKED_AT = 0.05, 1000
# Rows whose coordinates are made at once.
BLOCK, PAIRS_AT_ONCE = 20_000, 1 << 15


class SingleRows:
    """The training rows that no other one equals.

    Parameters
    ----------
    schema : Schema
    count : array of shape (n,)
        For how many rows each counts.
    marks : array of shape (n,)
        Their fingerprints.
    near : bool
        Whether rows that come close to one are copies as well.

    Attributes
    ----------
    radius : float
        How close, in coordinates; 0 without ``near``, and where one row in twenty is repeated.
    """

    def __init__(self, schema: Schema, count, marks, near):
        _, place = np.unique(marks, return_inverse=True)
        self._single = np.bincount(place, count)[place] <= 1
        self._marks = np.sort(marks[self._single])
        self._schema = schema
        self.radius = _radius(schema, self._single, count, marks) if near else 0.0

    def copied(self, columns, parents):
        """Which new rows, of columns by name and parents (n, k), are copies, (n,)."""
        own = fingerprints(self._schema, columns)
        found = np.searchsorted(self._marks, own) < np.searchsorted(self._marks, own, "right")
        if self.radius > 0:
            open_ = np.flatnonzero(~found)
            step = max(PAIRS_AT_ONCE // parents.shape[1], 1)
            for rows in (open_[i : i + step] for i in range(0, len(open_), step)):
                found[rows] = self._near(columns, parents, rows)
        return found

    def _near(self, columns, parents, rows):
        """Which rows come as close to a parent that is single."""
        some = {c.name: take(columns[c.name], rows) for c in self._schema.embedded}
        Z = self._schema.coordinates(some, len(rows))
        known, place = np.unique(parents[rows], return_inverse=True)
        place = place.reshape(len(rows), -1)
        difference = self._schema.embed(known)[place] - Z[:, None]
        squared = np.einsum("nkq,nkq->nk", difference, difference)
        single = self._single[known][place] & (parents[rows] >= 0)
        return (single & (squared <= self.radius**2)).any(axis=1)


def _radius(schema, single, count, marks):
    """The quantile of the distances to the nearest other row; of many rows by a part of them."""
    if not schema.embedded or len(marks) < 2:
        return 0.0
    asked = np.argsort(marks, kind="stable")[:LOOKED_AT]  # in no order that means anything
    x = schema.embed(asked)
    distance = np.full(len(asked), np.inf)
    for start in range(0, len(marks), BLOCK):
        block = np.arange(start, min(start + BLOCK, len(marks)))
        search = NearestNeighbors(n_neighbors=min(2, len(block))).fit(schema.embed(block))
        with openmp_threads(len(block) * x.size):
            found, index = search.kneighbors(x)
        found[block[index] == asked[:, None]] = np.inf  # the row itself
        distance = np.minimum(distance, found.min(axis=1))
    distance[~single[asked]] = 0.0
    share = np.cumsum(count[asked][np.argsort(distance, kind="stable")]) / count[asked].sum()
    radius = np.sort(distance)[np.searchsorted(share, CLOSEST)]
    return float(radius) if np.isfinite(radius) else 0.0


def fingerprints(schema, columns):
    """64 bits of each row, equal for equal rows; for others by a chance of 5e-20."""
    mixed = np.zeros(len(next(iter(columns.values()))), dtype=np.uint64)
    first, second = (np.uint64(m) for m in MULTIPLIERS)
    for column in schema.kept:
        bits = np.ascontiguousarray(column.marks(columns[column.name])).view(np.uint64)
        mixed = (mixed ^ (bits * first)) * second
        mixed ^= mixed >> np.uint64(29)
    return mixed
