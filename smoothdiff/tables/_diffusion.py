"""TableDiffusion: tables of any mix of columns, embedded, drawn, and given back as tables."""

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from .. import _checks
from ..estimators import SmoothedPLDiffusion
from ..estimators import _validation as checks
from ._copies import SingleRows, fingerprints
from ._dependence import sums_of
from ._frame import Frame, read_frame, take
from ._groups import (
    NO_ROW,
    OneRow,
    check_made_of_rows,
    check_names_parents,
    fit_groups,
    models_by_label,
)
from ._model import TableModel
from ._parts import kinds_of_parts
from ._schema import check_by, check_complete, check_groups, check_kinds, fit_schema
from ._where import Where

__all__ = ["TableDiffusion"]


class TableDiffusion(BaseEstimator):
    """New rows for tables of any columns: numbers, categories, dates, gaps.

    The table is embedded: numbers are standardized, categories become points at distance 1 from
    each other. A diffusion of the embedded rows then makes each new row from a few named training
    rows, its parents, with weights. Numbers and dates are the weighted means of the parents' and a
    little noise (the estimator's t_min, none at ``t_min=0``). What cannot be averaged is given by a
    parent drawn by weight: a category, a count of few values, a value that 2% of the rows or more
    share (the zeros of an amount), one that stands out (the 999 of what is not known), a gap. So
    every value is one that could be real, of the type that the column has.

    Parameters
    ----------
    estimator : estimator, default=None
        What draws the embedded rows: one whose `sample` names parents, such as
        `SmoothedPLDiffusion`, which None stands for. Where its t_min and t_min_scale are "auto",
        and its start has the shape of neighborhoods, t_min is a tenth of t0.
    by : name or list of names, default=None
        Columns with a model for each of their values, which are drawn as often as they are in the
        data: the best choice for a column that will be predicted. A value of fewer than 5 rows
        (or of equal rows only) is drawn from a model of all rows, around the rows that have it.
    draw : {"column", "row"}, default="column"
        Whether each column's value is given by a parent of its own, which makes new combinations,
        or all of a row by the same, which keeps to those that exist (without columns of numbers
        all rows are then copies, and stay).
    kinds : dict, default=None
        How to take columns, where not as ``schema_`` finds: from names to "numeric", "discrete"
        (ordered, given), "categorical", "datetime" (dates and periods), "timedelta" (durations, and
        times of a day, which are not taken around midnight), "constant" or "drop".
    together : "auto", list of lists of names or None, default="auto"
        Columns that belong together (a city and its state): all of a group take the values of one
        parent. "auto" finds those of which one follows from another, a category, in all rows.
    missing : {"keep", "fill"}, default="keep"
        Whether new rows have gaps where the parent that gives the value has one, or none.
    redraw : {"near", "equal"} or None, default="near"
        Which copies of training rows are drawn again: equal rows and those that come as close to
        a parent as only the closest 5% of real rows come to each other, equal rows only, or none.
        See Notes.
    independent : bool, default=False
        Whether new rows are drawn independently of each other. By default the training rows that
        they start around, and values of ``by``, are drawn evenly. See Notes.
    random_state : int, RandomState, Generator or None, default=None

    Attributes
    ----------
    schema_ : Schema
        How each column was taken, and why; prints as a table.
    estimator_ : estimator, or dict from values of ``by`` to estimators
        Fitted to the embedded rows. More than 20000 rows, or 4000 of many coordinates (10000 of
        100), are dealt out at random to several models of the same kind, of which this is the
        first; the others are fitted when needed, one at a time, and samples come from all.
    n_features_in_ : int
    feature_names_in_ : array of shape (n_features_in_,)
        Only when X has string column names.

    Notes
    -----
    **Copies.** A new row that equals a training row which is the only one of its kind is drawn
    again, and so is one that comes as close to such a parent as the closest 5% of the training rows
    are to their nearest other (in coordinates). Equal rows are then no more frequent than held-out
    rows make them by chance, those of rows that are repeated, and near ones about as rare as among
    held-out rows (1% to 10% on eight tables, where chance is 5%). In small tables of few columns,
    where many draws are copies, this makes frequent values rarer. Where more than four in five
    draws are copies, with one donor for a table of categories or a model that memorizes, they all
    stay. This is no protection of privacy.

    **Even draws.** Samples start around each training row, and have each value of ``by``, as often
    as weights say but for less than one (systematic sampling). Each new row has the law that it
    would have by itself, and a table of them is closer to the data than independent draws. It
    varies less than tables of real rows do: how much, is learned with ``independent=True``.

    **Sums.** Where all rows fulfil linear relations (a total beside its parts), new rows do: what a
    parent gives (frequent values, or what ``where`` asks for) it then gives in all of these
    columns, and one that is a sum of whole multiples of the others stays so within the ranges.

    **Values that stand out** are those of five rows and one in a thousand, or more, where ten
    values on either side lead to expect a third of that at most: round ones, among round values.

    **Round numbers.** Where many more values than by chance are multiples of 2, 5, 10, ... steps of
    a column (ages in tens), a mean is rounded as the value of a drawn parent is.

    References
    ----------
    Donors: Reiter, Using CART to generate partially synthetic public use microdata, 2005. Atoms:
    semi-continuous variables, Nowok, Raab and Dibben, synthpop, 2016.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff import TableDiffusion
    >>> rng = np.random.default_rng(0)
    >>> age, city = rng.integers(18, 80, size=100), rng.choice(["Oslo", "Rome"], size=100)
    >>> paid = np.where(rng.random(100) < 0.6, 0.0, rng.exponential(50, size=100).round(2))
    >>> table = [list(row) for row in zip(age.tolist(), city.tolist(), paid.tolist())]
    >>> model = TableDiffusion(random_state=0).fit(table)
    >>> for column in model.schema_:
    ...     print(column.name, column.kind, column.n_distinct, column.step)
    0 numeric 52 1.0
    1 categorical 2 0.0
    2 numeric 42 0.01
    >>> new = model.sample(200)
    >>> sorted(set(new[:, 1])), bool((new[:, 2] == 0).any())
    (['Oslo', 'Rome'], True)
    """

    def __init__(
        self,
        estimator=None,
        *,
        by=None,
        draw="column",
        kinds=None,
        together="auto",
        missing="keep",
        redraw="near",
        independent=False,
        random_state=None,
    ):
        self.estimator = estimator
        self.by = by
        self.draw = draw
        self.kinds = kinds
        self.together = together
        self.missing = missing
        self.redraw = redraw
        self.independent = independent
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
            For rare values of ``by``; for columns that number the rows; for a table whose rows
            are all equal.
        """
        with checks.unchanged_on_error(self):
            _checks.choice(self.draw, "draw", ("column", "row"), self)
            _checks.choice(self.missing, "missing", ("keep", "fill"), self)
            if self.redraw is not None:
                _checks.choice(self.redraw, "redraw", ("near", "equal"), self, or_none=True)
            _checks.flag(self.independent, "independent", self)
            checks.check_seed(self.random_state)
            estimator = SmoothedPLDiffusion() if self.estimator is None else self.estimator
            check_names_parents(estimator)
            frame = read_frame(X)
            weights = checks.check_sample_weight(sample_weight, len(frame))
            self._rows = np.flatnonzero(weights)
            if len(self._rows) < len(frame):  # a row of no weight is no row
                weights = weights[self._rows]
                columns = [take(c, self._rows) for c in frame.columns]
                frame = Frame(frame.names, columns, frame.build)
            # An integer weight equals that many rows; other weights repeat nothing.
            count = weights if (weights == np.round(weights)).all() else np.ones(len(weights))
            schema, marks = self._look_at(frame, weights, count)
            fill, near = self.missing == "fill", self.redraw == "near"
            groups = fit_groups(estimator, schema, weights, count, marks, fill, frame.build)
            check_made_of_rows(groups)
            one_donor = self.draw == "row"
            repeats = one_donor and not any(column.interpolated for column in schema.embedded)
            redraws = self.redraw and not repeats  # rows that are given whole are all copies
            singles = SingleRows(schema, count, marks, near) if redraws else None
            table = TableModel(schema, groups, one_donor, fill, singles, self.independent)
            self.schema_, self._table, self._build = schema, table, frame.build
            self.estimator_ = groups[0].kept
            if schema.by:
                self.estimator_ = models_by_label(schema, groups, frame.build)
            self.n_features_in_ = len(frame.names)
            if all(isinstance(name, str) for name in frame.names):
                self.feature_names_in_ = np.array(frame.names, dtype=object)
            elif hasattr(self, "feature_names_in_"):
                del self.feature_names_in_
            self._generator = checks.make_generator(self.random_state)
        return self

    def _look_at(self, frame: Frame, weights, count):
        """The schema of a table, and a fingerprint of each row."""
        by, together = check_groups(self.by, self.together, frame, self)
        kinds, fill = check_kinds(self.kinds, frame), self.missing == "fill"
        schema = fit_schema(frame, kinds, by, together, weights, count)
        check_by(schema)
        marks = fingerprints(schema, {c.name: c.values for c in schema.kept})
        if self.together == "auto":
            schema = schema.grouped(marks, count, kinds, whole=fill)
        elif fill:
            check_complete(schema)
        grouped = [name for group in [schema.by, *schema.together] for name in group]
        schema.sums = sums_of([c for c in schema.kept if c.name not in grouped])
        return schema, marks

    def _for_parts(self, parts, whole):
        """Clones, to be fitted to parts of a table, that take its columns as all rows have them."""
        frame = read_frame(whole)
        kinds, ones = check_kinds(self.kinds, frame), np.ones(len(frame))
        same = {"together": self._look_at(frame, ones, ones)[0].together}
        all_kinds = kinds_of_parts(parts, whole, kinds)
        return [clone(self).set_params(kinds=k, **same) for k in all_kinds]

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
            start around the training rows that fit, as often around each as its weight says, and
            what does not fit is drawn again. A number that is to have a value, or one of a list,
            is given by a parent, as a category is; so is one of a range in which fewer than 2% of
            a thousand samples are.
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
        generator = self._generator if random_state is None else checks.make_generator(random_state)
        where = Where(where, self.schema_) if where else None
        drawn = self._table.sample(generator, n, where, parents=return_parents)
        X = self._build(list(drawn.columns), list(drawn.columns.values()))
        if not return_parents:
            return X
        parents = np.where(drawn.parents >= 0, self._rows[drawn.parents], NO_ROW)
        return X, parents, drawn.weights

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
        return self._table.embed(self._columns_of(X))

    def _columns_of(self, X):
        return self.schema_.columns_of(read_frame(X))

    def _has_unknown(self, X):
        """Which rows (n,) have a value, a gap or a constant that no training row has."""
        return self.schema_.has_unknown(self._columns_of(X))

    def _fitted_to(self, X):
        """Whether X has the training rows, in their order."""
        check_is_fitted(self)
        try:
            columns, kept = self._columns_of(X), self.schema_.kept
            marks = fingerprints(self.schema_, {c.name: columns[c.name] for c in kept})
        except (TypeError, ValueError):
            return False
        known = fingerprints(self.schema_, {c.name: c.values for c in kept})
        inside = bool(self._rows[-1] < len(marks))
        return inside and np.array_equal(marks[self._rows], known)

    def score_samples(self, X):
        """Log-density of rows in the units of the table, where every column is a number or date.

        It is that of draws before copies are drawn again (`redraw`), of the numbers that integers
        and decimals are rounded from, and before what leaves the range of a column is reflected at
        its ends. With ``by`` it is the log of the joint law.

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
            `score_coordinates` gives that of the coordinates (see `embed`).
        """
        check_is_fitted(self)
        why = self._table.without_density
        if why is not None:
            raise ValueError(
                f"score_samples of TableDiffusion has no density: {why}. score_coordinates(X) "
                'gives that of the coordinates, embed(X); a search can take scoring=scorer("c2st").'
            )
        return self._table.log_density(self._columns_of(X))

    def score_coordinates(self, X):
        """Log-density of the coordinates of rows (see `embed`), which any table has.

        It orders rows of tables with categories, frequent values and gaps, for which there is no
        density. With ``by`` it is that of the coordinates and the value of ``by`` together.

        Parameters
        ----------
        X : table with the columns of the training table

        Returns
        -------
        array of shape (n,)

        Raises
        ------
        ValueError
            If all training rows are equal, or `embed` has no place for a value.
        """
        check_is_fitted(self)
        if isinstance(self._table.groups[0].kept, OneRow):
            raise ValueError("score_coordinates of TableDiffusion needs rows that differ.")
        return self._table.coordinate_log_density(self._columns_of(X))

    def score(self, X, y=None):
        """Mean log-density of X; larger is better. ``y`` is ignored."""
        return float(np.mean(self.score_samples(X)))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags
