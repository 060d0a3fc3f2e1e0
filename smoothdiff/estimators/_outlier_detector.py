"""DiffusionOutlierDetector: rows that are unlikely under a diffusion of the others."""

import warnings

import numpy as np
from sklearn.base import BaseEstimator, OutlierMixin, clone
from sklearn.model_selection import KFold
from sklearn.utils.validation import check_is_fitted

from .. import _checks
from .._progress import ColumnWarning, EdgeWarning, warn
from ..cloud import distinct_rows
from . import _validation as checks
from ._rows import as_array, is_frame, named, take
from ._smoothed_pl import SmoothedPLDiffusion
from ._smoothed_pl_cv import SmoothedPLDiffusionCV

__all__ = ["DiffusionOutlierDetector"]

# Equal rows of which so many are judged as if none of them were known, and one more are held out
# together: a new row that equals them was one of those when it was held out.
FEW_EQUAL = 2


class DiffusionOutlierDetector(OutlierMixin, BaseEstimator):
    """Outliers as rows of low log-density, with a threshold taken from rows held out.

    A model's density at its own training rows is too high, and a threshold taken there flags most
    of the new rows that are normal. Here each training row is scored by a model that has not seen
    its fold, and the threshold is a quantile of those scores: of new rows that are like the
    training rows, a part of ``contamination`` is flagged.

    Parameters
    ----------
    estimator : estimator with ``score_samples``, default=None
        `SmoothedPLDiffusion` or another density; None is `SmoothedPLDiffusionCV()`. A
        `TableDiffusion` takes tables of any columns: rows are judged by the density of their
        coordinates under its own estimator, None being ``SmoothedPLDiffusion(t_min_scale=0.5)``.
    contamination : float in (0, 0.5], default=0.1
        Part of the training rows that counts as outliers.
    cv : int, splitter or iterable of (train, test), default=5
        Folds that held-out scores are taken from; an int means shuffled folds, always the same,
        with up to three equal rows in one fold.

    Attributes
    ----------
    estimator_ : estimator
        Fitted to all rows, or to the coordinates of all rows of a table.
    embedding_ : TableDiffusion or None
        Whose `embed` gives these coordinates; None of rows of numbers.
    cv_score_samples_ : array of shape (n_samples,)
        Log-density of each training row under the model of the other folds.
    offset_ : float
        Threshold: the ``contamination`` quantile of ``cv_score_samples_``. It is -inf, and no row
        an outlier, where a larger part of the training rows is out of reach of the others.
    n_features_in_ : int
    feature_names_in_ : array of shape (n_features_in_,)
        Only when X has string column names.

    Notes
    -----
    `score_samples` of a row that equals one or two training rows, number for number, is their
    held-out score: so that training rows are judged as new ones are, and `fit_predict` flags
    ``contamination`` of them (fewer, where many rows are equal). One that equals three or more has
    the model's. In columns of few whole numbers new rows often equal training rows; held out with
    their like these have the scores that such new rows get, and as many are flagged.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff import DiffusionOutlierDetector, SmoothedPLDiffusion
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> detector = DiffusionOutlierDetector(SmoothedPLDiffusion(t_min_scale=0.5)).fit(X)
    >>> detector.predict([[0.0, 0.0], [6.0, 6.0]])
    array([ 1, -1])
    """

    # Of detectors that were saved before there were any.
    embedding_ = None

    def __init__(self, estimator=None, *, contamination=0.1, cv=5):
        self.estimator = estimator
        self.contamination = contamination
        self.cv = cv

    def fit(self, X, y=None):
        """Fit the density, and the threshold on held-out rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            A table of any columns if ``estimator`` is a `TableDiffusion`.
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        ValueError, TypeError
            For parameters or data that cannot be used; the estimator is then unchanged.

        Warns
        -----
        UserWarning
            Where more than ``contamination`` of the rows are out of reach of the others.
        """
        with checks.unchanged_on_error(self):
            wanted = "a float in (0, 0.5]"
            _checks.real(self.contamination, "contamination", wanted, lambda c: 0 < c <= 0.5, self)
            if self.estimator is not None and not hasattr(self.estimator, "score_samples"):
                wanted = "None or an estimator with score_samples"
                checks.refuse(self, "estimator", wanted, TypeError)
            cv, model = self.cv, self.estimator
            if _checks.is_number(cv):
                _checks.count(cv, "cv", self, least=2)
            else:
                cv = _checks.splitter(cv, "cv", self)
            self.embedding_ = self._fit_embedding(X) if hasattr(model, "embed") else None
            if self.embedding_ is None:
                data = checks.check_finite_data(self, X, reset=True)
            else:
                data = self.embedding_.embed(X)
                model = model.estimator or SmoothedPLDiffusion(t_min_scale=0.5)
            of_parts = model
            if model is None:
                model = of_parts = SmoothedPLDiffusionCV(cv=cv, random_state=0)
                if not _checks.is_number(cv):  # it splits all rows, and not a part of them
                    of_parts = SmoothedPLDiffusionCV(random_state=0)
            equal, size = _equal_rows(data)
            self.cv_score_samples_ = self._held_out(of_parts, data, cv, equal, size)
            with warnings.catch_warnings():
                if self.estimator is None:  # nobody chose the candidates
                    warnings.simplefilter("ignore", EdgeWarning)
                if self.embedding_ is not None:  # columns are coordinates here
                    warnings.simplefilter("ignore", ColumnWarning)
                self.estimator_ = self._fitted(model, data)
            self.offset_ = _quantile(self.cv_score_samples_, self.contamination)
            if self.offset_ == -np.inf:
                unreached = np.isneginf(self.cv_score_samples_).mean()
                warn(
                    f"{unreached:.0%} of the rows are out of reach of the others, more than "
                    f"contamination={self.contamination!r}: no row is an outlier."
                )
            rare = np.flatnonzero(size <= FEW_EQUAL)
            self._training_rows = {(data[i] + 0.0).tobytes(): i for i in rare}
        return self

    def _fit_embedding(self, X):
        """The TableDiffusion that gives the coordinates of X, whose columns are the detector's."""
        table = clone(self.estimator)
        if not hasattr(table.estimator or SmoothedPLDiffusion(), "score_samples"):
            wanted = "None or an estimator with score_samples, as that of TableDiffusion"
            checks.refuse(self, "estimator", wanted, TypeError)
        if table.by is not None:
            raise ValueError(
                "DiffusionOutlierDetector judges all columns of a table together: by of "
                f"TableDiffusion must be None. Got {table.by!r} instead."
            )
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "All rows of the table are equal")  # an error here
            table = table.set_params(estimator=None).fit(X)
        if not table.schema_.embedded:
            raise ValueError(
                "DiffusionOutlierDetector needs rows that differ. Those of the table are all equal."
            )
        self.n_features_in_ = table.n_features_in_
        if hasattr(table, "feature_names_in_"):
            self.feature_names_in_ = table.feature_names_in_
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        return table

    def _points_of(self, X):
        """Points (m, d) of the rows that have one, and which these are, (n,).

        Rows of numbers are points. Those of a table have coordinates, if their values have.
        """
        if self.embedding_ is None:
            X = checks.check_finite_data(self, X, reset=False)
            return X, np.ones(len(X), dtype=bool)
        inside = ~self.embedding_._has_unknown(X)
        if not inside.any():
            return np.empty((0, self.estimator_.n_features_in_)), inside
        rows = X if is_frame(X) else as_array(X)
        return self.embedding_.embed(take(rows, np.flatnonzero(inside))), inside

    def _fitted(self, model, points):
        """A clone of a model, fitted to points."""
        model = clone(model)
        if self.embedding_ is not None and hasattr(model, "_take_as_table"):
            model._take_as_table(len(points))
        return model.fit(self._named(points))

    def _named(self, points):
        """Rows as an estimator of the user's is to see them: by the names that the data had."""
        names = getattr(self, "feature_names_in_", None)
        alone = self.estimator is None or self.embedding_ is not None
        return named(points, None if alone else names)

    def _held_out(self, model, X, cv, equal, size):
        """Scores of the training rows by models of the other folds; the median where there is none.

        The mean where several folds hold a row out. Few equal rows share one score, their least.
        """
        if _checks.is_number(cv):
            cv = _folds_of_equal(np.where(size <= FEW_EQUAL + 1, equal, np.arange(len(X))), cv)
        scores, times = np.zeros(len(X)), np.zeros(len(X))
        for train, test in _checks.folds(cv, "cv", X, owner=self) if len(X) > 1 else []:
            with warnings.catch_warnings():  # the fit to all rows says what there is to say
                warnings.simplefilter("ignore", ColumnWarning)
                warnings.simplefilter("ignore", EdgeWarning)
                fitted = self._fitted(model, X[train])
                scores[test] += fitted.score_samples(self._named(X[test]))
                times[test] += 1
        scores = np.where(times > 0, scores / np.maximum(times, 1), np.nan)
        if np.isnan(scores).all():
            found = "one sample" if len(X) == 1 else f"{len(X)} samples and no fold"
            raise ValueError(
                f"DiffusionOutlierDetector needs two or more samples, to hold one out. Got {found}."
            )
        scores[np.isnan(scores)] = np.nanmedian(scores)
        least = np.full(len(X), np.inf)
        np.minimum.at(least, equal, scores)
        return np.where(size <= FEW_EQUAL, least[equal], scores)

    def score_samples(self, X):
        """Log-density of X (n, n_features); held-out ones of training rows (see Notes). (n,)."""
        check_is_fitted(self)
        points, inside = self._points_of(X)
        place = self._training_rows
        known = np.array([place.get(row.tobytes(), -1) for row in points + 0.0], dtype=int)
        found = np.empty(len(points))
        found[known >= 0] = self.cv_score_samples_[known[known >= 0]]
        new = known < 0
        if new.any():
            found[new] = self.estimator_.score_samples(self._named(points[new]))
        scores = np.full(len(inside), -np.inf)
        scores[inside] = found
        return scores

    def decision_function(self, X):
        """``score_samples(X) - offset_``: negative for outliers, (n,)."""
        scores = self.score_samples(X)
        out = np.zeros(len(scores))  # where both are -inf, too
        return np.subtract(scores, self.offset_, out=out, where=scores != self.offset_)

    def predict(self, X):
        """1 for inliers and -1 for outliers, (n,)."""
        return np.where(self.decision_function(X) < 0, -1, 1)


def _equal_rows(X):
    """For each row the place of the first that equals it, and how many do: (n,) and (n,)."""
    first, count, group = distinct_rows(X, np.ones(len(X)))
    return first[group], count[group]


def _folds_of_equal(unit, cv):
    """Shuffled folds, (train, test) each, of rows of which those of one unit (n,) stay together."""
    unit = unit if np.ptp(unit) else np.arange(len(unit))
    units = np.unique(unit)
    for _, test in KFold(min(cv, len(units)), shuffle=True, random_state=0).split(units):
        held_out = np.isin(unit, units[test])
        yield np.flatnonzero(~held_out), np.flatnonzero(held_out)


def _quantile(scores, part):
    """The quantile; where a score is -inf, from which no line goes up, the next score above it."""
    if np.isfinite(scores).all():
        return float(np.quantile(scores, part))
    return float(np.quantile(scores, part, method="higher"))
