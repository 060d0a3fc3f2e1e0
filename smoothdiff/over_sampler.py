"""DiffusionOverSampler: new rows for small classes, as a sampler of imbalanced-learn."""

from inspect import signature
from typing import Any, ClassVar, NamedTuple

import numpy as np
from scipy.sparse import issparse, vstack
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_consistent_length, validate_data

from ._checks import is_number
from ._progress import ColumnWarning, warn
from .estimators import SmoothedPLDiffusion
from .estimators import _validation as checks
from .estimators._class_laws import (
    SingleRow,
    check_model,
    draw,
    fit_laws,
    noise_of_rows,
    warn_of_single_rows,
)
from .estimators._rows import (
    concatenate,
    is_frame,
    is_polars,
    like,
    named,
    numpy_dtypes,
    reflected,
    take,
)
from .tables import TableDiffusion, read_frame
from .tables._columns import LARGEST_WHOLE

try:
    from imblearn.over_sampling.base import BaseOverSampler
    from imblearn.utils import check_target_type
except ImportError as error:
    raise ImportError(
        "DiffusionOverSampler needs imbalanced-learn: pip install 'smoothdiff[imblearn]'."
    ) from error

__all__ = ["DiffusionOverSampler"]

# How often samples that are no numbers are drawn again.
ATTEMPTS = 20


class DiffusionOverSampler(BaseOverSampler):
    """Over-sampling by a generative model of each class that is too small.

    Parameters
    ----------
    estimator : estimator with ``fit`` and ``sample``, default=None
        Cloned for each class, and given its rows in units of the standard deviations that the
        columns have in all of X; None is `SmoothedPLDiffusion()`. A Pipeline gets them in their
        own units, and by their names. A DataFrame (of pandas or polars) with columns other than of
        numbers goes to a `TableDiffusion` of it, and a `TableDiffusion` gets all as it is, arrays
        of numbers and text too.
    sampling_strategy : float, str, dict or callable, default="auto"
        How many new rows each class gets.

        - str: which classes are made as large as the largest. "minority": the smallest class;
          "not minority": all but that; "not majority" or "auto": all but the largest; "all".
        - float, for two classes: rows of the smaller class afterwards, as a part of the larger's.
        - dict: rows of the classes afterwards, the old ones included.
        - callable: given y, such a dict.
    random_state : int, RandomState, Generator or None, default=None
        The estimator's own is not used for new rows.

    Attributes
    ----------
    sampling_strategy_ : dict
        Number of new rows of each class.
    parents_ : integer array of shape (n_new, k)
        Rows of X that each new row was made of, by decreasing weight; -1 is padding. Estimators
        that do not make samples of single rows leave -1 alone, or no column.
    parent_weights_ : array of shape (n_new, k)
        Their weights, of sum 1; 0 is padding.
    n_features_in_ : int
    feature_names_in_ : array of shape (n_features_in_,)
        Only when X has string column names.

    Notes
    -----
    New rows stay within the range that each column has in their class: what noise takes out of it
    is reflected at its end. Integer columns are rounded, never cut off, and boolean ones are
    rounded to one of two values. Numbers alone, in a DataFrame too, are means of rows:
    ``DiffusionOverSampler(TableDiffusion())`` also keeps their decimals, their gaps, and values
    that many rows share, such as the zeros of an amount. Sparse X is accepted, the rows of the
    small classes are made dense. Tables with other columns keep categories, decimals and gaps, as
    `TableDiffusion` says; a class of one row is repeated there, and a column that is empty in a
    class stays so.

    A class with one row, or copies of one, that the estimator cannot be fitted to is repeated with
    Gaussian noise, and a warning names it: with the law that `ClassConditionalDiffusion` has for
    such classes.

    On most tables a classifier does about as well without any over-sampling: compare with none.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff import DiffusionOverSampler
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(100, 3)), np.repeat(["common", "rare"], [80, 20])
    >>> sampler = DiffusionOverSampler(random_state=0)
    >>> X_new, y_new = sampler.fit_resample(X, y)
    >>> X_new.shape, int((y_new == "rare").sum())
    ((160, 3), 80)
    >>> bool(np.all(y[sampler.parents_[:, 0]] == "rare"))
    True
    """

    _parameter_constraints: ClassVar[dict] = {
        "estimator": "no_validation",  # here, for a sentence that says more
        "sampling_strategy": BaseOverSampler._parameter_constraints["sampling_strategy"],
        "random_state": ["random_state", np.random.Generator],
    }

    def __init__(self, estimator=None, *, sampling_strategy="auto", random_state=None):
        super().__init__(sampling_strategy=sampling_strategy)
        self.estimator = estimator
        self.random_state = random_state

    def fit(self, X, y):
        """Check X and y, and count the new rows of each class; `fit_resample` makes them."""
        with checks.unchanged_on_error(self):
            return super().fit(X, y)

    def fit_resample(self, X, y):
        """The rows of X, and new rows of the classes that are too small.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            Labels of classes.

        Returns
        -------
        X : of the same kind and dtypes, shape (n_samples + n_new, n_features)
            The old rows and then the new ones, class by class. Numbers are in the machine's byte
            order, and in an array of objects that are all numbers they are floats.
        y : of the same kind, shape (n_samples + n_new,)

        Raises
        ------
        ValueError, TypeError
            For parameters or data that cannot be used; the sampler is then unchanged.

        Warns
        -----
        UserWarning
            Which names the classes that have one distinct row.
        """
        with checks.unchanged_on_error(self):
            new, labels = super().fit_resample(_Opaque(X) if is_polars(X) else X, _plain(y))
            if is_frame(X):  # its own rows, whatever their numbers became on the way
                new = concatenate([X, take(like(new, X), np.arange(len(X), len(new)))])
            if is_polars(y) and not is_frame(y):
                labels = type(y)(y.name, labels, dtype=y.dtype)
            elif is_polars(y) and len(y.columns) == 1:
                labels = type(y)({y.columns[0]: labels}, schema=y.schema)
            return new, labels

    def _check_X_y(self, X, y):  # noqa: N802, the base's name
        X, y = X.rows if isinstance(X, _Opaque) else X, _plain(y)
        check_model(self, "fit", "sample")
        dtypes = numpy_dtypes(X) if is_frame(X) else None
        of_tables = isinstance(self.estimator, TableDiffusion) and not issparse(X)
        if of_tables or (dtypes and any(dtype.kind == "O" for dtype in dtypes)):
            y, one_hot = check_target_type(y, indicate_one_vs_all=True)
            X = X if is_frame(X) else _as_table(X)
            validate_data(self, X=X, y=y, reset=True, skip_check_array=True)
            check_consistent_length(X, y)
            self._is_table = True
        else:
            X, y, one_hot = super()._check_X_y(X, y)
            self._is_table = False
        self._dtypes = dtypes or numpy_dtypes(X)
        if not self._is_table and not issparse(X):
            self._warn_of_large_numbers(X)
        return X, y, one_hot

    def _warn_of_large_numbers(self, X):
        whole = [dtype.kind in "iu" for dtype in self._dtypes]
        large = whole & (np.maximum(X.max(axis=0), -X.min(axis=0).astype(float)) > LARGEST_WHOLE)
        if large.any():
            warn(
                "New rows have not the last digits of whole numbers beyond 2**53, which floats "
                f"cannot tell apart: {checks.name_columns(self, np.flatnonzero(large))} of X. "
                "Leave ids out.",
                ColumnWarning,
            )

    def _model_for(self, X):
        """A model to fit to the rows of a class of X, and to draw such rows from."""
        if isinstance(self.estimator, TableDiffusion):
            if "drop" in (self.estimator.kinds or {}).values():
                raise ValueError(
                    "DiffusionOverSampler gives new rows all columns: a TableDiffusion that drops "
                    "some cannot draw them. Leave those columns out of X."
                )
            return self.estimator
        if self._is_table:
            return TableDiffusion(self.estimator)
        model = SmoothedPLDiffusion() if self.estimator is None else self.estimator
        if isinstance(model, Pipeline):
            return _Standardized(model, 0.0, 1.0, getattr(self, "feature_names_in_", None))
        scaler = StandardScaler(with_mean=not issparse(X)).fit(X.astype(np.float64))
        return _Standardized(model, scaler.mean_, scaler.scale_)

    def _fit_resample(self, X, y):
        model = self._model_for(X)
        labels = [label for label, n in self.sampling_strategy_.items() if n > 0]
        counts = [self.sampling_strategy_[label] for label in labels]
        places = [np.flatnonzero(y == label) for label in labels]
        laws = self._fit_laws(model, X, places, labels)
        generator = checks.make_generator(self.random_state)
        drawn = [
            _draw_with_parents(law, n, int(generator.integers(2**32)))
            for law, n in zip(laws, counts, strict=True)
        ]
        self.parents_, self.parent_weights_ = _join_parents(drawn, places)
        y_new = [np.full(n, label, dtype=y.dtype) for label, n in zip(labels, counts, strict=True)]
        return self._append(X, [rows for rows, _, _ in drawn]), np.concatenate([y, *y_new])

    def _fit_laws(self, model, X, places, labels):
        """A model for each class, whose rows stand in some places of X."""
        laws = fit_laws(model, [_dense(take(X, rows)) for rows in places], X, labels)
        single = [i for i, law in enumerate(laws) if law is None]
        if single:
            whole = _dense(X)
            if len(single) == len(laws):
                clone(model).fit(whole)
            whole = np.asarray(whole, dtype=np.float64)
            noise = noise_of_rows(whole)
            for i in single:
                laws[i] = SingleRow(whole[places[i][0]], noise)
        warn_of_single_rows(np.asarray(labels)[single].tolist())
        return laws

    def _append(self, X, parts):
        """X and new rows below, of the dtypes of X."""
        parts = [part if is_frame(part) else self._rounded(part) for part in parts]
        if is_frame(X):
            return concatenate([X, *parts])
        parts = [part.astype(X.dtype) for part in parts]
        if issparse(X):
            return vstack([X, *map(type(X), parts)], format=X.format)
        return np.concatenate([X, *parts])

    def _rounded(self, new):
        """New rows whose columns of integers and of booleans have such values, as floats."""
        new = new.copy()
        for j, dtype in enumerate(self._dtypes):
            if dtype.kind == "b":
                new[:, j] = new[:, j] > 0.5
            elif dtype.kind in "iu":
                limits = np.iinfo(dtype)
                new[:, j] = np.clip(np.rint(new[:, j]), limits.min, limits.max)
        return new


class _Opaque(NamedTuple):
    """A DataFrame that imbalanced-learn is not to make one of pandas of."""

    rows: Any


class _Standardized(BaseEstimator):
    """An estimator behind given units: fitted to (X - mean) / scale, and drawn from in units of X.

    With names its rows are a DataFrame.

    Samples stay within the range that each column has in the rows it is fitted to, so that one
    that is constant there is that constant, bit for bit. Those that are no numbers, where a
    pipeline's transformer has no inverse, are drawn again.
    """

    def __init__(self, estimator, mean, scale, names=None):
        self.estimator = estimator
        self.mean = mean
        self.scale = scale
        self.names = names

    def fit(self, X):
        X = np.asarray(X, dtype=np.float64)
        self.model_ = clone(self.estimator).fit(named((X - self.mean) / self.scale, self.names))
        self.range_ = X.min(axis=0), X.max(axis=0)
        return self

    def sample(self, n_samples=1, random_state=None, *, return_parents=False):
        Z, *parents = _draw_with_parents(self.model_, n_samples, random_state)
        Z = np.asarray(Z)
        lost = np.flatnonzero(~np.isfinite(Z).all(axis=1))
        for attempt in range(1, ATTEMPTS + 1):
            if len(lost) == 0:
                break
            seed = random_state + attempt if is_number(random_state) else random_state
            again = _draw_with_parents(self.model_, len(lost), seed)
            for rows, new in zip((Z, *parents), again, strict=True):
                rows[lost] = new
            lost = lost[~np.isfinite(Z[lost]).all(axis=1)]
        if len(lost):
            raise ValueError(
                f"{len(lost)} of {n_samples} samples of {type(self.model_).__name__} are not "
                f"finite, drawn {ATTEMPTS} times more: they lie where a transformer has no inverse."
            )
        X = reflected(self.mean + self.scale * Z, *self.range_)
        return (X, *parents) if return_parents else X


def _draw_with_parents(model, n, seed):
    """New rows (n, d), rows that each was made of and their weights, (n, k); k is 0 for none."""
    if "return_parents" in signature(model.sample).parameters:
        try:
            return model.sample(n, random_state=seed, return_parents=True)
        except ValueError:  # it makes samples of no single rows; all else is said again below
            pass
    return draw(model, n, seed), np.empty((n, 0), dtype=int), np.empty((n, 0))


def _join_parents(drawn, places):
    """Parents and weights of all new rows, by their places in X, (n_new, k)."""
    k = max((parents.shape[1] for _, parents, _ in drawn), default=0)
    all_parents, all_weights = [np.empty((0, k), dtype=int)], [np.empty((0, k))]
    for (_, parents, weights), rows in zip(drawn, places, strict=True):
        missing = ((0, 0), (0, k - parents.shape[1]))
        in_X = np.where(parents >= 0, rows[parents], -1)
        all_parents.append(np.pad(in_X, missing, constant_values=-1))
        all_weights.append(np.pad(weights, missing))
    return np.concatenate(all_parents), np.concatenate(all_weights)


def _dense(rows):
    return rows.toarray() if issparse(rows) else rows


def _plain(y):
    """Labels as NumPy has them, if polars has them."""
    return y.to_numpy() if is_polars(y) else y


def _as_table(X):
    """Rows of any kind as an array, of objects where numbers stand beside text."""
    frame = read_frame(X)
    return frame.build(frame.names, frame.columns)
