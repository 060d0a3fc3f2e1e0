"""The models of a table: one for all rows, or one for each value of some columns, in blocks."""

import inspect
import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone

from .._compute import slices
from .._progress import ColumnWarning, warn
from ..estimators._base import BaseDiffusion
from ..estimators._smoothed import StartedDiffusion
from ..scores import OfPoints
from ._frame import listed, take
from ._schema import Schema
from ._values import codes_and_levels, is_missing

__all__ = [
    "NO_ROW",
    "Group",
    "OneRow",
    "check_made_of_rows",
    "check_names_parents",
    "evenly",
    "fit_groups",
    "models_by_label",
]

# A value of fewer rows than this, or of equal rows only, has no model of its own.
FEWEST_ROWS = 5
# Most rows of one model, and most numbers that their coordinates are where there are ENOUGH_ROWS.
# More are dealt out to several, each fitted when it is needed: time grows with the rows and not
# with their square, and memory holds the embedding of one at a time.
MOST_ROWS, MOST_NUMBERS, ENOUGH_ROWS = 20_000, 1 << 20, 4000
# Padding among parents.
NO_ROW = -1


def evenly(generator, n, weights):
    """Draw n places by weight, each as often as its weight says but for less than one, (n,).

    Systematic sampling, of places in random order: each of the n has the law of the weights, but
    they are not independent, and what is counted among them varies less.
    """
    order = generator.permutation(np.flatnonzero(weights))
    ends = np.cumsum(weights[order])
    marks = (np.arange(n) + generator.random()) * (ends[-1] / max(n, 1))
    found = np.searchsorted(ends, marks, side="right")
    return generator.permutation(order[np.minimum(found, len(order) - 1)])


@dataclass(frozen=True, eq=False)
class Group:
    """The rows that samples start from, and the model that draws them."""

    rows: np.ndarray
    """The training rows that the model is of, ascending."""
    starts: np.ndarray
    """Those that have the group's value: fewer where the model is of others too."""
    share: float
    """Probability of the group."""
    fit: "_Fit"
    """Fits the model."""
    kept: Any = None
    """The model, unless it is one of so many that each is fitted when it is needed."""

    @property
    def model(self):
        """The fitted model."""
        return self.fit() if self.kept is None else self.kept

    def part(self, starts):
        """Which part of the group's weight some of the rows that samples start from have."""
        some, all_ = (
            self.fit.weights[np.searchsorted(self.rows, s)] for s in (starts, self.starts)
        )
        return some.sum() / all_.sum()

    def shares(self, model, starts):
        """How much of each of the model's points some of the rows are, (n_points,)."""
        if isinstance(model, BaseDiffusion):
            return model._points_of(np.searchsorted(self.rows, starts))
        return np.ones(1)  # the model is not told where to start

    def draw(self, generator, model, around):
        """Draw embedded rows from the group's model, each around a point of it, (n,).

        Returns positions (n, q), training rows (n, k) that are their parents, weights (n, k).
        """
        n = len(around)
        if isinstance(model, BaseDiffusion):
            Z, found, weights = model._draw(generator, n, parents=True, around=around)
            found = model._training_rows(found)
            Z = _without_normal_noise(model.diffusion_, Z)
        else:
            Z, found, weights = model.sample(n, random_state=generator, return_parents=True)
        used = slice(int((weights > 0).sum(axis=1).max(initial=1)))  # they come by weight
        found, weights = found[:, used], weights[:, used].copy()
        parents = np.where(found >= 0, self.rows[found], NO_ROW).astype(np.int32)
        return np.asarray(Z), parents, weights


def _without_normal_noise(diffusion, Z):
    """Samples on the subspace of the training rows, where these lie in one, and not for being few.

    A table that holds a sum beside its parts has nothing off it to be unsure of.
    """
    subspace = diffusion.subspace
    few = subspace.dim >= len(diffusion.cloud) - 1
    return subspace.lift(subspace.project(Z)) if subspace.is_exact and not few else Z


@dataclass(frozen=True, eq=False)
class _Fit:
    """Fits a clone of the estimator to some embedded rows, the same each time."""

    estimator: Any
    schema: Schema
    rows: np.ndarray
    weights: np.ndarray
    n_rows: float | None = None
    """How many rows they count for; integer weights count as repetitions."""

    def __call__(self):
        model, weighted = clone(self.estimator), np.ptp(self.weights) > 0
        if isinstance(model, StartedDiffusion):
            model._take_as_table(self.n_rows)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ColumnWarning)  # columns are coordinates here
            Z = self.schema.embed(self.rows)
            return model.fit(Z, **({"sample_weight": self.weights} if weighted else {}))


def fit_groups(estimator, schema: Schema, weights, count, marks, fill, build) -> list[Group]:
    """Models of the embedded rows: of each value of ``by``, in blocks.

    Parameters
    ----------
    estimator, schema : as a table has them
    weights, count : arrays of shape (n,)
        The weight of each row, none of them 0, and for how many rows it counts.
    marks : array of shape (n,)
        Equal for equal rows only, and in no order that means anything.
    fill : bool
        Leave out the rows in which a value of ``by`` is missing.
    build : function
        Makes a container as the given table is, of names and columns.
    """
    labeled = np.ones(len(weights), dtype=bool)
    for column in schema.giving(schema.by) if fill else ():
        labeled &= ~is_missing(column.values)
    taken = np.flatnonzero(labeled)
    repeats = not _differ(schema, taken)
    if repeats:
        estimator = OneRow()
        but = ", but for columns in by" if schema.by else ""
        but += " and rows without a value there" if len(taken) < len(weights) else ""
        warn(f"All rows of the table are equal{but}: samples repeat them.")

    def group(block, starts, *, keep):
        fit = _Fit(estimator, schema, block, weights[block], float(count[block].sum()))
        share = float(weights[starts].sum() / weights[taken].sum())
        return Group(block, starts, share, fit, fit() if keep else None)

    groups, rare, width = [], [], sum(column.width for column in schema.embedded)
    for rows in _members(schema, taken):
        few = count[rows].sum() < FEWEST_ROWS or len(np.unique(marks[rows])) < 2
        if few and schema.by and not repeats:
            rare.append(rows)
            continue
        blocks = _blocks(rows, marks, width)
        groups += [group(b, b, keep=b is blocks[0]) for b in blocks]
    if rare:
        _warn_of_rare(schema, rare, build)
        pool = np.union1d(np.concatenate(rare), _blocks(taken, marks, width)[0])
        pooled = group(pool, rare[0], keep=True)
        shares = [float(weights[rows].sum() / weights[taken].sum()) for rows in rare]
        groups += [
            replace(pooled, starts=rows, share=share)
            for rows, share in zip(rare, shares, strict=True)
        ]
    return groups


def _differ(schema, rows):
    """Whether some rows differ in a coordinate; as a rule the first of them do."""
    if not schema.embedded:
        return False
    first = schema.embed(rows[:1])
    return any((schema.embed(rows[part]) != first).any() for part in slices(len(rows), 1024))


def _members(schema, rows):
    """Some rows by the values of ``by``: a list of arrays."""
    if not schema.by:
        return [rows]
    codes = [codes_and_levels(schema[name].values)[0][rows] for name in schema.by]
    _, code = np.unique(np.column_stack(codes), axis=0, return_inverse=True)
    return [rows[code.ravel() == g] for g in range(code.max() + 1)]


def _blocks(rows, marks, width):
    """Rows dealt out to blocks of one model each, by what is in them, not by their order."""
    most = min(max(MOST_NUMBERS // max(width, 1), ENOUGH_ROWS), MOST_ROWS)
    n_blocks = -(-len(rows) // most)
    dealt = rows[np.argsort(marks[rows], kind="stable")]
    return [np.sort(dealt[i::n_blocks]) for i in range(n_blocks)]


class OneRow(BaseEstimator):
    """The model of rows all of which are equal."""

    def fit(self, Z, y=None, sample_weight=None):
        """Learn the first row."""
        self.row_ = Z[:1]
        return self

    def sample(self, n_samples=1, random_state=None, *, return_parents=False):
        """Draw n_samples times the first row."""
        parents = np.zeros((n_samples, 1), dtype=np.intp)
        return self.row_[parents[:, 0]], parents, np.ones(parents.shape)


def models_by_label(schema: Schema, groups: list[Group], build):
    """The models that are kept, by their values of ``by`` as the given table has them."""
    kept = [group for group in groups if group.kept is not None]
    labels = _labels(schema, [group.starts[0] for group in kept], build)
    return {label: group.kept for label, group in zip(labels, kept, strict=True)}


def _labels(schema, rows, build):
    """The values of ``by`` in training rows, as the given table has them; of several a tuple."""
    rows, names = np.array(rows, dtype=np.intp), list(schema.by)
    made = listed(build(names, [take(schema[name].values, rows) for name in names]))
    return made[0] if len(made) == 1 else list(zip(*made, strict=True))


def _warn_of_rare(schema, members, build):
    shown = ", ".join(map(repr, _labels(schema, [rows[0] for rows in members[:5]], build)))
    more = f" and {len(members) - 5} more" if len(members) > 5 else ""
    warn(
        f"Values of {', '.join(map(repr, schema.by))} with too few rows for a model of their own "
        f"(fewer than {FEWEST_ROWS}, or all equal) are drawn from a model of all rows, around "
        f"theirs: {shown}{more}."
    )


# ------------------------------------------------------------------ which models will do


def check_names_parents(estimator):
    """Refuse an estimator whose samples do not say which rows they are made of."""
    sample = getattr(estimator, "sample", None)
    if (
        isinstance(estimator, type)
        or sample is None
        or "return_parents" not in inspect.signature(sample).parameters
    ):
        raise TypeError(
            "The 'estimator' parameter of TableDiffusion must be an estimator whose sample "
            "returns parents, such as SmoothedPLDiffusion. Got "
            f"{type(estimator).__name__} instead."
        )


def check_made_of_rows(groups):
    """Refuse a score whose samples are not made of training rows."""
    for group in groups:
        model = group.kept
        if isinstance(model, BaseDiffusion) and not isinstance(model.diffusion_.score, OfPoints):
            raise TypeError(
                "The 'estimator' parameter of TableDiffusion must be an estimator whose samples "
                f"are made of training rows. Those of {type(model).__name__} are not."
            )
