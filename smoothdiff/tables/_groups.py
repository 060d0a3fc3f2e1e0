"""The models of a table: one for all rows, or one for each value of some columns, in blocks."""

import warnings
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator, clone

from .._progress import ScaleWarning, warn
from ..estimators._base import BaseDiffusion
from ._frame import take
from ._schema import Schema
from ._values import codes_and_levels

__all__ = ["NO_ROW", "Group", "fit_groups", "label_of"]

# A value of fewer rows than this, or of equal rows only, has no model of its own.
FEWEST_ROWS = 5
# Rows of one model: more are dealt out to several, so that the search for neighbors takes a time
# that grows with the rows and not with their square.
MOST_ROWS = 20_000
# Padding among parents.
NO_ROW = -1


class Group(NamedTuple):
    """The rows that samples start from, and the model that draws them."""

    model: Any
    rows: np.ndarray
    """The training rows that the model is of, in its order."""
    starts: np.ndarray
    """Those that have the group's value: fewer where the model is of all rows."""
    share: float
    """Probability of the group."""

    def draw(self, generator, n, starts):
        """Draw n embedded rows around some of the training rows.

        Returns positions (n, q), training rows (n, k) that are their parents, weights (n, k).
        """
        if len(starts) < len(self.rows) and isinstance(self.model, BaseDiffusion):
            place = np.searchsorted(self.rows, starts)
            Z, found, weights = self.model._draw(generator, n, parents=True, around=place)
            found = self.model._training_rows(found)
        else:
            Z, found, weights = self.model.sample(n, random_state=generator, return_parents=True)
        return np.asarray(Z), np.where(found >= 0, self.rows[found], NO_ROW), weights


def fit_groups(estimator, schema: Schema, weights, count, marks) -> list[Group]:
    """Fit clones of the estimator to the embedded rows: of each value of ``by``, in blocks.

    Parameters
    ----------
    estimator, schema : as a table has them
    weights, count : arrays of shape (n,)
        The weight of each row, and for how many rows it counts.
    marks : array of shape (n,)
        Equal for equal rows only, and in no order that means anything.
    """
    if not schema.embedded:
        estimator = OneRow()
        warn("All rows of the table are equal, but for columns in by: samples repeat them.")

    def group(block, starts):
        model, share = clone(estimator), float(weights[starts].sum() / weights.sum())
        own = weights[block]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ScaleWarning)  # it numbers coordinates, not columns
            model.fit(schema.embed(block), **({"sample_weight": own} if np.ptp(own) else {}))
        return Group(model, block, starts, share)

    weighted = np.flatnonzero(weights > 0)
    groups, rare = [], []
    for rows in _members(schema, weighted):
        alike = bool(schema.by and schema.embedded) and len(np.unique(marks[rows])) < 2
        if alike or (schema.by and count[rows].sum() < FEWEST_ROWS and schema.embedded):
            rare.append(rows)
        else:
            groups += [group(block, block) for block in _blocks(rows, marks)]
    if rare:
        _warn_of_rare(schema, rare)
        pool = np.union1d(np.concatenate(rare), _blocks(weighted, marks)[0])
        first = group(pool, rare[0])
        groups.append(first)
        shares = [float(weights[rows].sum() / weights.sum()) for rows in rare[1:]]
        groups += [
            first._replace(starts=rows, share=share)
            for rows, share in zip(rare[1:], shares, strict=True)
        ]
    return groups


def _members(schema, rows):
    """Some rows by the values of ``by``: a list of arrays."""
    if not schema.by:
        return [rows]
    codes = [codes_and_levels(schema[name].values)[0][rows] for name in schema.by]
    _, code = np.unique(np.column_stack(codes), axis=0, return_inverse=True)
    return [rows[code.ravel() == g] for g in range(code.max() + 1)]


def _blocks(rows, marks):
    """Rows dealt out to blocks of at most `MOST_ROWS`, by what is in them, not by their order."""
    n_blocks = -(-len(rows) // MOST_ROWS)
    dealt = rows[np.argsort(marks[rows], kind="stable")]
    return [np.sort(dealt[i::n_blocks]) for i in range(n_blocks)]


class OneRow(BaseEstimator):
    """The model of rows without coordinates, all of which are equal."""

    def fit(self, Z, y=None, sample_weight=None):
        """Nothing to learn."""
        return self

    def sample(self, n_samples=1, random_state=None, *, return_parents=False):
        """Draw n_samples rows of no coordinates, made of the first row."""
        parents = np.zeros((n_samples, 1), dtype=np.intp)
        return np.empty((n_samples, 0)), parents, np.ones(parents.shape)


def label_of(schema: Schema, row):
    """The value of ``by`` in a training row; of several columns a tuple."""
    values = [np.asarray(take(schema[name].values, [row]), object)[0] for name in schema.by]
    return tuple(values) if len(values) > 1 else values[0]


def _warn_of_rare(schema, members):
    shown = ", ".join(repr(label_of(schema, rows[0])) for rows in members[:5])
    more = f" and {len(members) - 5} more" if len(members) > 5 else ""
    warn(
        f"Values of {', '.join(map(repr, schema.by))} with too few rows for a model of their own "
        f"(fewer than {FEWEST_ROWS}, or all equal) are drawn from a model of all rows, around "
        f"theirs: {shown}{more}."
    )
