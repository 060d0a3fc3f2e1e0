"""The models of a table: one for all rows, or one for each value of some columns."""

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


def fit_groups(estimator, schema: Schema, Z, weights, count) -> list[Group]:
    """Fit a clone of the estimator to the embedded rows (n, q) of each group.

    ``count`` (n,) is for how many rows each counts.
    """
    weighted = np.flatnonzero(weights > 0)
    if Z.shape[1] == 0:
        estimator = OneRow()
        warn("All rows of the table are equal, but for columns in by: samples repeat them.")
    if not schema.by:
        model = _fit(estimator, schema, Z, weights)
        return [Group(model, np.arange(len(Z)), weighted, 1.0)]
    codes = [codes_and_levels(schema[name].values)[0] for name in schema.by]
    _, code = np.unique(np.column_stack(codes)[weighted], axis=0, return_inverse=True)
    members = [weighted[code.ravel() == g] for g in range(code.max() + 1)]
    rare = [
        Z.shape[1] > 0 and (count[rows].sum() < FEWEST_ROWS or len(np.unique(Z[rows], axis=0)) < 2)
        for rows in members
    ]
    pooled = _fit(estimator, schema, Z, weights) if any(rare) else None
    groups = []
    for rows, is_rare in zip(members, rare, strict=True):
        share = float(weights[rows].sum() / weights.sum())
        if is_rare:
            groups.append(Group(pooled, np.arange(len(Z)), rows, share))
        else:
            model = _fit(estimator, schema, Z[rows], weights[rows])
            groups.append(Group(model, rows, rows, share))
    if any(rare):
        _warn_of_rare(schema, [rows for rows, r in zip(members, rare, strict=True) if r])
    return groups


class OneRow(BaseEstimator):
    """The model of rows without coordinates, all of which are equal."""

    def fit(self, Z, y=None, sample_weight=None):
        """Nothing to learn."""
        return self

    def sample(self, n_samples=1, random_state=None, *, return_parents=False):
        """Draw n_samples rows of no coordinates, made of the first row."""
        parents = np.zeros((n_samples, 1), dtype=np.intp)
        return np.empty((n_samples, 0)), parents, np.ones(parents.shape)


def _fit(estimator, schema, Z, weights):
    model = clone(estimator)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ScaleWarning)  # it numbers coordinates, not columns
        model.fit(Z, **({} if np.ptp(weights) == 0 else {"sample_weight": weights}))
    return model


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
