"""TableDiffusion: tables of any mix of columns, embedded, drawn, and given back as tables."""

import inspect
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.neighbors import NearestNeighbors
from sklearn.utils.validation import check_is_fitted

from .. import _checks
from .._progress import Progress, ScaleWarning, warn
from ..estimators import SmoothedPLDiffusion
from ..estimators._base import BaseDiffusion
from ..estimators import _validation as checks
from ._donors import NO_ROW, Donors, interpolated
from ._frame import Frame, read_frame, take
from ._schema import check_kinds, check_names, fit_schema
from ._values import codes_and_levels
from ._where import GIVEN_UP_AFTER, Where

__all__ = ["TableDiffusion"]

# Values of `by` with fewer rows than this, or with less than two different ones, are rare.
FEWEST_ROWS = 5
# A column of more values than this part of the rows has none to make models for.
MOST_GROUPS = 0.2


class _Group(NamedTuple):
    """Training rows that a model was made of, and those that its samples start from."""

    model: Any
    rows: np.ndarray
    """Training rows by their place in the model's data."""
    starts: np.ndarray
    """Those of the group itself: fewer for a rare one, whose model is of all rows."""
    share: float


class _Drawn(NamedTuple):
    columns: dict
    parents: np.ndarray
    weights: np.ndarray

    def keep(self, rows):
        columns = {name: take(column, rows) for name, column in self.columns.items()}
        return _Drawn(columns, self.parents[rows], self.weights[rows])


class TableDiffusion(BaseEstimator):
    """New rows for tables of any columns: numbers, categories, dates, gaps.

    The table is embedded: numbers are standardized, categories become points at distance 1 from
    each other. A diffusion of the embedded rows then makes each new row from a few named training
    rows, its parents, with weights. Numbers and dates are the weighted means of the parents'.
    What cannot be averaged is given by a parent drawn by weight: a category, a count of few
    values, a value that many rows share (the zeros of an amount), a gap. So every value is one
    that could be real, of the type that the column has.

    Parameters
    ----------
    estimator : estimator, default=None
        What draws the embedded rows: one whose `sample` names parents, such as
        `SmoothedPLDiffusion`, which None stands for, with its defaults.
    by : name or list of names, default=None
        Columns with a model for each of their values, which are drawn as often as they are in the
        data: the best choice for a column that will be predicted. A value of fewer than 5 rows
        (or of equal rows only) is drawn from a model of all rows, around the rows that have it.
    draw : {"column", "row"}, default="column"
        Whether each column's value is given by a parent of its own, which makes new combinations,
        or all of a row by the same, which keeps to those that exist.
    kinds : dict, default=None
        How to take columns, where not as ``schema_`` finds: from names to "numeric", "discrete"
        (ordered, given), "categorical", "datetime", "timedelta", "constant" or "drop".
    together : list of lists of names, default=None
        Columns that belong together (a city and its state): all of a group take the values of one
        parent.
    missing : {"keep", "fill"}, default="keep"
        Whether new rows have gaps where the parent that gives the value has one, or none.
    random_state : int, RandomState, Generator or None, default=None

    Attributes
    ----------
    schema_ : Schema
        How each column was taken, and why; prints as a table.
    estimator_ : estimator, or dict from values of ``by`` to estimators
        Fitted to the embedded rows.
    n_features_in_ : int
    feature_names_in_ : array of shape (n_features_in_,)
        Only when X has string column names.

    References
    ----------
    Donors: Reiter, Using CART to generate partially synthetic public use microdata, 2005.
    Atoms and the rest: semi-continuous variables, Nowok, Raab and Dibben, synthpop, 2016.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff import TableDiffusion
    >>> rng = np.random.default_rng(0)
    >>> age, pets = rng.integers(18, 80, size=100), rng.integers(0, 3, size=100)
    >>> table = np.array([[a, p, "yes" if a > 40 else "no"] for a, p in zip(age, pets)], object)
    >>> model = TableDiffusion(random_state=0).fit(table)
    >>> model.schema_
    column  type    kind         values  missing  how a new row gets it                  why
    0       object  numeric      48      0        mean of the parents, whole, from ...
    """

    def __init__(
        self,
        estimator=None,
        *,
        by=None,
        draw="column",
        kinds=None,
        together=None,
        missing="keep",
        random_state=None,
    ):
        self.estimator = estimator
        self.by = by
        self.draw = draw
        self.kinds = kinds
        self.together = together
        self.missing = missing
        self.random_state = random_state

    # ------------------------------------------------------------------ fitting

    def fit(self, X, y=None, sample_weight=None):
        """Find out what the columns are, embed the rows, and fit the estimator to them.

        Parameters
        ----------
        X : DataFrame (pandas or polars) or array of shape (n, d)
        y : ignored
        sample_weight : array-like of shape (n,), optional

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            For a table or parameters that cannot be used; nothing is then changed.

        Warns
        -----
        UserWarning
            For rare values of ``by``; for columns that number the rows; for columns that the
            noise of the estimator drowns.
        """
        with checks.unchanged_on_error(self):
            _checks.choice(self.draw, "draw", ("column", "row"), self)
            _checks.choice(self.missing, "missing", ("keep", "fill"), self)
            checks.check_seed(self.random_state)
            model = SmoothedPLDiffusion() if self.estimator is None else self.estimator
            self._check_estimator(model)
            frame = read_frame(X)
            by, together = self._named(frame)
            weights = checks.check_sample_weight(sample_weight, len(frame))
            self.schema_ = fit_schema(frame, check_kinds(self.kinds, frame), by, together, weights)
            self._check_by()
            self._build: Callable = frame.build
            self.n_features_in_ = len(frame.names)
            self._set_names(frame.names)
            self._groups = self._fit_groups(model, frame, weights)
            self._generator = checks.make_generator(self.random_state)
        return self

    def _check_estimator(self, model):
        sample = getattr(model, "sample", None)
        if sample is None or "return_parents" not in inspect.signature(sample).parameters:
            raise TypeError(
                "The 'estimator' parameter of TableDiffusion must be an estimator whose sample "
                "returns parents, such as SmoothedPLDiffusion. Got "
                f"{type(model).__name__} instead."
            )

    def _named(self, frame: Frame):
        """The names in ``by`` and ``together``, as lists."""
        by = [] if self.by is None else self.by if isinstance(self.by, list) else [self.by]
        check_names(by, frame, "by")
        groups = [] if self.together is None else self.together
        if not isinstance(groups, (list, tuple)) or not all(
            isinstance(group, (list, tuple)) for group in groups
        ):
            wanted = "a list of lists of names"
            _checks.refuse(groups, "together", wanted, self, TypeError)
        check_names([name for group in groups for name in group], frame, "together")
        both = [name for group in groups for name in group if name in by]
        if both:
            raise ValueError(
                "The 'together' parameter of TableDiffusion must not name columns of by, which "
                f"are drawn first. Got {', '.join(map(repr, both))}."
            )
        return by, [list(group) for group in groups]

    def _check_by(self):
        for name in self.schema_.by:
            column = self.schema_[name]
            if column.kind == "drop":
                raise ValueError(f"Column {name!r} is in by, and cannot be dropped.")
            rows = len(column.values)
            if column.interpolated and column.n_distinct > MOST_GROUPS * rows:
                raise ValueError(
                    f"Column {name!r} has {column.n_distinct} values in {rows} rows: by needs one "
                    "of few values, with rows for a model of each."
                )

    def _set_names(self, names):
        if all(isinstance(name, str) for name in names):
            self.feature_names_in_ = np.array(names, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_

    def _fit_groups(self, model, frame, weights):
        """The models, and the groups of rows that they are of."""
        Z = self._embed({c.name: c.values for c in self.schema_.embedded})
        everyone = np.arange(len(Z))
        if not self.schema_.by:
            self.estimator_ = self._fit_model(model, Z, weights)
            return [_Group(self.estimator_, everyone, everyone, 1.0)]
        groups, rare, total = [], [], weights.sum()
        values = [codes_and_levels(self.schema_[name].values)[0] for name in self.schema_.by]
        _, code = np.unique(np.column_stack(values), axis=0, return_inverse=True)
        self.estimator_ = {}
        for g in range(code.max() + 1):
            rows = np.flatnonzero((code.ravel() == g) & (weights > 0))
            if len(rows) == 0:
                continue
            share = weights[rows].sum() / total
            if len(rows) < FEWEST_ROWS or len(np.unique(Z[rows], axis=0)) < 2:
                rare.append((rows, share))
                continue
            fitted = self._fit_model(model, Z[rows], weights[rows])
            groups.append(_Group(fitted, rows, rows, share))
            self.estimator_[self._label(rows[0])] = fitted
        if rare:
            pooled = self._fit_model(model, Z, weights)
            groups += [_Group(pooled, everyone, rows, share) for rows, share in rare]
            self.estimator_ |= {self._label(rows[0]): pooled for rows, _ in rare}
            shown = ", ".join(repr(self._label(rows[0])) for rows, _ in rare[:5])
            more = f" and {len(rare) - 5} more" if len(rare) > 5 else ""
            warn(
                f"Values of {', '.join(map(repr, self.schema_.by))} with too few rows for a model "
                f"of their own ({FEWEST_ROWS}, not all equal) are drawn from a model of all rows, "
                f"around theirs: {shown}{more}."
            )
        return groups

    def _label(self, row):
        """The value of ``by`` in a training row; of several columns a tuple."""
        label = tuple(
            np.asarray(take(self.schema_[name].values, [row]), dtype=object)[0]
            for name in self.schema_.by
        )
        return label if len(label) > 1 else label[0]

    def _fit_model(self, model, Z, weights):
        model = clone(model)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ScaleWarning)  # it names coordinates, not columns
            if np.ptp(weights) == 0:
                return model.fit(Z)
            return model.fit(Z, sample_weight=weights)

    # ------------------------------------------------------------------ sampling

    def sample(self, n_samples=1, random_state=None, *, where=None, return_parents=False):
        """Draw new rows.

        Parameters
        ----------
        n_samples : int, default=1
        random_state : int, RandomState, Generator or None
            Overrides the constructor's for this call.
        where : dict, optional
            Conditions on columns, that all rows fit: from names to a value (None: missing), a
            list of values, or a range (low, high), either of them None for no bound. Samples
            start around the training rows that fit, and those that fit are kept.
        return_parents : bool, default=False
            Also return which training rows each new one was made from.

        Returns
        -------
        X : DataFrame or array of shape (n_samples, n_kept_features)
            Of the container, names, order and types of the training table, dropped columns left
            out.
        parents : integer array of shape (n_samples, k)
            Training rows by decreasing weight; -1 is padding. Only with ``return_parents``.
        parent_weights : array of shape (n_samples, k)
            Their weights, of sum 1; 0 is padding. Only with ``return_parents``.

        Raises
        ------
        ValueError
            If no training row fits ``where``, or no sample of many does.
        """
        check_is_fitted(self)
        n = checks.check_n_samples(n_samples)
        generator = (
            self._generator if random_state is None else checks.make_generator(random_state)
        )
        if where is None:
            drawn = self._draw(generator, n, None)
        else:
            drawn = self._draw_where(generator, n, Where(where, self.schema_))
        X = self._build(list(drawn.columns), list(drawn.columns.values()))
        return (X, drawn.parents, drawn.weights) if return_parents else X

    def _draw_where(self, generator, n, where):
        fitting = where.of_training_rows()
        parts, kept, drawn = [], 0, 0
        progress = Progress(n, "rows")
        while kept < n or not parts:
            rate = (kept + 1) / (drawn + 1)
            size = int(np.clip(1.2 * (n - kept) / rate, 32, max(4 * n, 1024)))
            part = self._draw(generator, size if n else 0, fitting)
            part = part.keep(np.flatnonzero(where.fits(part.columns))[: n - kept])
            parts.append(part)
            kept, drawn = kept + len(part.parents), drawn + size
            progress(kept, f"{kept / drawn:.2%} of the draws fit")
            if kept == 0 and drawn >= GIVEN_UP_AFTER:
                raise ValueError(
                    f"None of {drawn} samples fits where={where.conditions!r}, though "
                    f"{int(fitting.sum())} training rows do; give ranges instead of values, or "
                    "fewer conditions."
                )
        return _joined(parts)

    def _draw(self, generator, n, fitting):
        """Draw n rows that start around the training rows in ``fitting``, or around any."""
        starts = [
            group.starts if fitting is None else group.starts[fitting[group.starts]]
            for group in self._groups
        ]
        shares = np.array([
            group.share * len(some) / len(group.starts)
            for group, some in zip(self._groups, starts, strict=True)
        ])
        which = generator.choice(len(shares), size=n, p=shares / shares.sum())
        order = np.argsort(which, kind="stable")
        counts = np.bincount(which, minlength=len(shares))
        parts = [
            _draw_around(group, some, count, generator)
            for group, some, count in zip(self._groups, starts, counts, strict=True)
            if count or len(shares) == 1
        ]
        place = np.argsort(order)  # of each new row among the joined parts
        width = max(parents.shape[1] for _, parents, _ in parts)
        Z = np.concatenate([z for z, _, _ in parts])[place]
        parents = np.concatenate([_padded(p, width, NO_ROW) for _, p, _ in parts])[place]
        weights = np.concatenate([_padded(w, width, 0.0) for _, _, w in parts])[place]
        examples = np.array([group.starts[0] for group in self._groups])[which]
        return _Drawn(self._decode(generator, Z, parents, weights, examples), parents, weights)

    def _decode(self, generator, Z, parents, weights, examples):
        """Columns by name; ``examples`` are training rows with the right values of ``by``."""
        schema, fill = self.schema_, self.missing == "fill"
        donors = Donors(
            generator,
            parents,
            weights,
            lambda allowed: self._nearest(Z, allowed),
            one_for_all=self.draw == "row",
            fill=fill,
        )
        group_of = {name: i for i, group in enumerate(schema.together) for name in group}
        shared: dict = {}
        columns, place = {}, 0
        for column in schema.kept:
            if column.name in schema.by:
                columns[column.name] = take(column.values, examples)
                continue
            start, place = place, place + column.width
            if column.name in group_of:
                g = group_of[column.name]
                if g not in shared:
                    shared[g] = donors.of([schema[name] for name in schema.together[g]])
                columns[column.name] = take(column.values, shared[g])
            elif column.interpolated:
                columns[column.name] = self._mean(column, Z[:, start], donors)
            elif column.kind == "constant":
                columns[column.name] = take(column.values, np.zeros(len(Z), dtype=np.intp))
            else:
                columns[column.name] = take(column.values, donors.of([column]))
        return columns

    def _mean(self, column, z, donors):
        numbers = column.numbers(column.values)
        noise = z - (donors.weights * column.line.embed(numbers)[:, 0][donors.parents]).sum(axis=1)
        given = donors.of([column]) if column.n_missing or len(column.atoms) else None
        made = interpolated(
            column, numbers, donors.parents, donors.weights, column.line.scale * noise, given
        )
        return column.scale.values(made)

    def _nearest(self, Z, allowed):
        """For each of some embedded rows the nearest training row that is allowed."""
        rows = np.flatnonzero(allowed)
        embedded = self._embed({c.name: take(c.values, rows) for c in self.schema_.embedded})
        found = NearestNeighbors(n_neighbors=1).fit(embedded).kneighbors(Z, return_distance=False)
        return rows[found[:, 0]]

    # ------------------------------------------------------------------ coordinates and density

    def embed(self, X):
        """Coordinates of rows, in which the estimator works.

        Parameters
        ----------
        X : table with the columns of the training table, in any order

        Returns
        -------
        array of shape (n, n_coordinates)
            One coordinate for each number or date, and one more where it may be missing; for each
            category as many as it has levels, up to 32. Columns in ``by`` have none.

        Raises
        ------
        TypeError, ValueError
            If a column is missing or new, or has a value or a gap that no training row has.
        """
        check_is_fitted(self)
        return self._embed(self._columns_of(X))

    def _columns_of(self, X):
        frame = read_frame(X)
        names = [column.name for column in self.schema_]
        lacking = [name for name in names if name not in frame.names]
        lacking = [name for name in lacking if self.schema_[name].kind != "drop"]
        new = [name for name in frame.names if name not in names]
        for said, some in (("lacks columns", lacking), ("has columns unknown in fit", new)):
            if some:
                raise ValueError(f"The table {said}: {', '.join(map(repr, some))}.")
        return dict(zip(frame.names, frame.columns, strict=True))

    def _embed(self, columns):
        return np.concatenate(
            [column.embed(columns[column.name]) for column in self.schema_.embedded], axis=1
        )

    def score_samples(self, X):
        """Log-density of rows in the units of the table, where every column is a number or date.

        Integers and decimals count as the numbers that they are rounded from. With ``by``, whose
        values have probabilities, it is the log of the joint law.

        Parameters
        ----------
        X : table with the columns of the training table

        Returns
        -------
        array of shape (n,)

        Raises
        ------
        ValueError
            If a column is a category, or has frequent values or gaps: then there is no density.
            `embed` and ``estimator_.score_samples`` give that of the coordinates.
        """
        check_is_fitted(self)
        schema = self.schema_
        for column in schema.kept:
            if column.name in schema.by or column.kind == "constant":
                continue
            why = (
                f"is {column.kind}" if not column.interpolated
                else "has missing values" if column.n_missing
                else "has values that many rows share" if len(column.atoms)
                else ""
            )
            if why:
                raise ValueError(
                    f"score_samples of TableDiffusion has no density: column {column.name!r} "
                    f"{why}. estimator_.score_samples(embed(X)) is that of the coordinates."
                )
        columns = self._columns_of(X)
        Z = self._embed(columns)
        log_p = np.full(len(Z), -np.inf)
        for group, rows in self._rows_by_group(columns, len(Z)):
            log_p[rows] = group.model.score_samples(Z[rows]) + np.log(group.share)
        scales = [column.line.scale for column in schema.embedded]
        return log_p - np.log(scales).sum()

    def score(self, X, y=None):
        """Mean log-density of X; larger is better. ``y`` is ignored."""
        return float(np.mean(self.score_samples(X)))

    def _rows_by_group(self, columns, n):
        """Groups, and the rows that have their value of ``by``."""
        if not self.schema_.by:
            yield self._groups[0], np.arange(n)
            return
        values = [np.asarray(columns[name], dtype=object) for name in self.schema_.by]
        labels = [row if len(row) > 1 else row[0] for row in zip(*values, strict=True)]
        for group in self._groups:
            own = self._label(group.starts[0])
            rows = np.array([i for i, label in enumerate(labels) if label == own], dtype=np.intp)
            if len(rows):
                yield group, rows

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags


def _draw_around(group, starts, n, generator):
    """Draw n embedded rows of a group: positions, parents among all training rows, weights."""
    n = int(n)
    if len(starts) < len(group.rows) and isinstance(group.model, BaseDiffusion):
        place = np.searchsorted(group.rows, starts)
        end = group.model._draw(generator, n, parents=True, around=place)
        Z, found, weights = end.x, group.model._training_rows(end.parents), end.weights
    else:
        Z, found, weights = group.model.sample(n, random_state=generator, return_parents=True)
    return np.asarray(Z), np.where(found >= 0, group.rows[found], NO_ROW), weights


def _padded(array, width, value):
    return np.pad(array, ((0, 0), (0, width - array.shape[1])), constant_values=value)


def _joined(parts):
    width = max(part.parents.shape[1] for part in parts)
    columns = {
        name: _concatenated([part.columns[name] for part in parts]) for name in parts[0].columns
    }
    parents = np.concatenate([_padded(part.parents, width, NO_ROW) for part in parts])
    weights = np.concatenate([_padded(part.weights, width, 0.0) for part in parts])
    return _Drawn(columns, parents, weights)


def _concatenated(columns):
    if isinstance(columns[0], np.ndarray):
        return np.concatenate(columns)
    import pandas as pd

    return pd.concat(columns, ignore_index=True)
