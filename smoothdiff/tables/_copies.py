"""Which new rows are copies of a training row that is the only one of its kind.

Of n rows let n_1 be single. A row that nobody has seen equals one of them all with probability
1 - n_1 / n (Good 1953, Turing's estimate), as often as the rows of a table are repeated ones. New
rows that equal a single training row are drawn again; those that equal a repeated one may stay.
"""

import numpy as np

from ._schema import Schema

__all__ = ["SingleRows", "fingerprints"]

MULTIPLIERS = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9


class SingleRows:
    """The training rows that no other one equals.

    Parameters
    ----------
    schema : Schema
    count : array of shape (n,)
        For how many rows each counts.
    marks : array of shape (n,)
        Their fingerprints.
    """

    def __init__(self, schema: Schema, count, marks):
        mark, place = np.unique(marks, return_inverse=True)
        frequency = np.bincount(place, count)
        self._marks = mark[frequency <= 1]
        self._schema = schema

    def copied(self, columns):
        """Which new rows (n,), of columns by name, equal one of them."""
        return np.isin(fingerprints(self._schema, columns), self._marks)


def fingerprints(schema, columns):
    """64 bits of each row, equal for equal rows; for others by a chance of 5e-20."""
    mixed = np.zeros(len(next(iter(columns.values()))), dtype=np.uint64)
    first, second = (np.uint64(m) for m in MULTIPLIERS)
    for column in schema.kept:
        bits = np.ascontiguousarray(column.marks(columns[column.name])).view(np.uint64)
        mixed = (mixed ^ (bits * first)) * second
        mixed ^= mixed >> np.uint64(29)
    return mixed
