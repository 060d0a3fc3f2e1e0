"""ClassConditionalDiffusion: one generative model for each class, and the classifier that they are.

p(x) = sum_k P(k) p_k(x),   P(k | x) = P(k) p_k(x) / p(x)
"""

import numpy as np
from scipy.sparse import issparse
from scipy.special import logsumexp
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils import assert_all_finite, check_array, check_consistent_length, column_or_1d
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, has_fit_parameter, validate_data

from .. import _checks
from .._progress import ColumnWarning, warn
from . import _validation as checks
from ._base import BaseDiffusion
from ._class_laws import (
    SingleRow,
    check_model,
    draw,
    fit_laws,
    is_constant,
    log_noise,
    noise_of_rows,
    warn_of_single_rows,
)
from ._rows import as_array, concatenate, finite_numbers, is_frame, put, take
from ._smoothed_pl import SmoothedPLDiffusion

__all__ = ["ClassConditionalDiffusion"]


def _can(method):
    """Whether the models of the classes have a method."""

    def check(self):
        models = getattr(self, "estimators_", [self._template()])
        return all(hasattr(model, method) for model in models)

    return available_if(check)


class ClassConditionalDiffusion(ClassifierMixin, BaseEstimator):
    """A generative model for each class: samples with labels, and a classifier by Bayes' rule.

    Parameters
    ----------
    estimator : estimator with ``fit``, default=None
        Cloned for each class; None is `SmoothedPLDiffusion()`. To draw samples it needs ``sample``,
        to classify ``score_samples``; the methods that need what it lacks are absent. An estimator
        that is not of this library is given DataFrames as they are, whatever their columns.
    class_prior : None, "balanced" or array-like of shape (n_classes,), default=None
        Probabilities of the classes: None takes those of the training data, by weight,
        "balanced" makes all equal, and numbers, in the order of ``classes_``, are positive and
        sum to 1.

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
        The labels, sorted.
    class_prior_ : array of shape (n_classes,)
    estimators_ : list of n_classes models
        One for each of ``classes_``.
    n_features_in_ : int
    feature_names_in_ : array of shape (n_features_in_,)
        Only when X has string column names.

    Notes
    -----
    All columns count alike: scale them first. The default estimator keeps little noise, as good
    samples do. To classify take ``SmoothedPLDiffusion(t_min_scale=0.5)``, or where probabilities
    matter `SmoothedPLDiffusionCV`: the default has the right class in low dimensions, with
    probabilities too near 0 and 1, and often the wrong one in high dimensions (of the digits, 64
    standardized pixels, it has 0.59 right in five folds, the other 0.97).

    A class with one row, or copies of one, that the estimator cannot be fitted to has Gaussian
    noise around that row, named by a warning. In column j its standard deviation is
    s_j Delta / sqrt(r): s_j is the column's over all classes, Delta half the median distance of a
    row to the nearest other one in units of s, and r the number of columns that vary. Samples and
    density are of exactly that law.

    A column that is constant in one class and not in another is constant in the first one's
    samples. Its density there would be with respect to another volume than the other's, and the
    two could not be compared: `predict` and `score_samples` give it the noise s_j Delta / sqrt(r)
    in that column. A column that is constant in all classes says nothing of them, and `predict`
    does not look at it. (It is so for estimators of a score, and for a `GenerativePipeline` of
    numbers whose steps map each column by itself; the columns of other models should vary in all
    classes.)

    A `TableDiffusion` sees all rows before it is fitted to those of a class: a column that is empty
    in one class stays empty in its samples, and text that repeats in the table is no list of names
    in a class of few rows.

    Random numbers follow the ``random_state`` of the estimator: `sample` continues one sequence
    that starts with each fit, and each class is given a seed of its own from it.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from smoothdiff import ClassConditionalDiffusion, SmoothedPLDiffusion
    >>> X, y = load_iris(return_X_y=True)
    >>> model = ClassConditionalDiffusion(SmoothedPLDiffusion(random_state=0)).fit(X, y)
    >>> new, labels = model.sample(200)
    >>> only_2 = model.sample(50, y=2)
    >>> new.shape, labels.shape, only_2.shape
    ((200, 4), (200,), (50, 4))
    >>> bool(model.score(only_2, [2] * 50) > 0.9)
    True
    """

    # Columns of each class that are constant there, and its first row: of pipelines of numbers.
    _constants: list | None = None

    def __init__(self, estimator=None, *, class_prior=None):
        self.estimator = estimator
        self.class_prior = class_prior

    # ------------------------------------------------------------------ fitting

    def fit(self, X, y, sample_weight=None):
        """Fit a model to the rows of each class.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            Labels of classes.
        sample_weight : array-like of shape (n_samples,), optional
            A weight of 2 equals a repeated row, but for a search, whose folds part the two; a
            weight of 0 equals a missing one. The estimator has to
            take it too.

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
            Which names the classes that have one distinct row.
        """
        with checks.unchanged_on_error(self):
            check_model(self, "fit")
            template = self._template()
            self._ours = isinstance(template, BaseDiffusion)
            validate_data(self, X, y, reset=True, skip_check_array=True)  # a missing y is told
            X = self._check_data(X, reset=True)
            y = column_or_1d(y, warn=True)
            assert_all_finite(y, input_name="y")
            check_consistent_length(X, y)
            check_classification_targets(y)
            weights = checks.check_sample_weight(sample_weight, len(y))
            weighted = sample_weight is not None
            if weighted and not has_fit_parameter(template, "sample_weight"):
                raise ValueError(
                    f"sample_weight is of no use to {type(template).__name__}, whose fit does not "
                    "take it."
                )
            kept = np.flatnonzero(weights)
            X, weights = take(X, kept), weights[kept]
            self.classes_, codes = np.unique(y[kept], return_inverse=True)
            self.class_prior_ = self._find_prior(codes, weights)
            self._fit_laws(template, X, codes, weights, weighted)
            self._generator = checks.make_generator(_seed_of(template))
        return self

    def _template(self):
        return SmoothedPLDiffusion() if self.estimator is None else self.estimator

    def _check_data(self, X, *, reset):
        """X as the models take it: those of this library an array, others what they are given."""
        if self._ours:
            return checks.check_finite_data(self, X, reset=reset)
        if is_frame(X):
            validate_data(self, X, reset=reset, skip_check_array=True)
            return X
        X = X if issparse(X) else as_array(X)
        return validate_data(self, X, reset=reset, dtype=None, ensure_all_finite=False)

    def _find_prior(self, codes, weights):
        prior, n = self.class_prior, len(self.classes_)
        if prior is None:
            return np.bincount(codes, weights) / weights.sum()
        if isinstance(prior, str):
            if prior != "balanced":
                wanted = f"None, 'balanced' or an array of shape ({n},)"
                checks.refuse(self, "class_prior", wanted)
            return np.full(n, 1 / n)
        found = _checks.positive(prior, "class_prior", (n,), self)
        if abs(found.sum() - 1) > 1e-6:
            checks.refuse(self, "class_prior", "numbers that sum to 1")
        return found / found.sum()

    def _fit_laws(self, template, X, codes, weights, weighted):
        """A model of each class, and what makes their densities comparable."""
        places = [np.flatnonzero(codes == k) for k in range(len(self.classes_))]
        params = [{"sample_weight": weights[rows]} if weighted else {} for rows in places]
        parts = [take(X, rows) for rows in places]
        laws = fit_laws(template, parts, X, self.classes_.tolist(), params)
        single = [k for k, law in enumerate(laws) if law is None]
        if len(single) == len(laws):
            clone(template).fit(X, **({"sample_weight": weights} if weighted else {}))
        noise = self._constants = None
        numbers = X if self._ours else None
        if hasattr(template, "_through"):
            numbers = finite_numbers(X)
        if numbers is not None:
            self._lowest, self._varies = numbers.min(axis=0), ~is_constant(numbers)
            parts = [numbers[rows] for rows in places]
            constants = [(is_constant(part), part[0]) for part in parts]
            if single or any((self._varies & columns).any() for columns, _ in constants):
                noise = noise_of_rows(numbers, weights)
            if not self._ours:
                self._constants = constants
        elif single:
            noise = noise_of_rows(check_array(X, dtype=np.float64), weights)
        for k in single:
            laws[k] = SingleRow(np.asarray(take(X, places[k][:1]), dtype=np.float64)[0], noise)
        warn_of_single_rows(self.classes_[single].tolist())
        self.estimators_, self._noise = laws, noise

    # ------------------------------------------------------------------ sampling

    @_can("sample")
    def sample(self, n_samples=1, y=None, random_state=None):
        """Draw new points of all classes, or of classes that are asked for.

        Parameters
        ----------
        n_samples : int, default=1
        y : label or array-like of shape (n_samples,), optional
            The class of all the samples, or of each; with an array ``n_samples`` may be left out.
            By default classes are drawn by ``class_prior_``.
        random_state : int, RandomState, Generator or None
            Overrides the estimator's for this call. By default successive calls continue its
            sequence, which starts anew with each fit.

        Returns
        -------
        X : array or DataFrame of shape (n_samples, n_features)
            A DataFrame if that is what the estimator draws.
        y : array of shape (n_samples,)
            Labels; only where ``y`` is None.
        """
        check_is_fitted(self)
        n = checks.check_n_samples(n_samples)
        codes = None if y is None else self._find_codes(y, n)
        generator = self._generator if random_state is None else checks.make_generator(random_state)
        if codes is None:
            codes = generator.choice(len(self.classes_), size=n, p=self.class_prior_)
            return self._draw(codes, generator), self.classes_[codes]
        return self._draw(codes, generator)

    def _find_codes(self, y, n):
        """Which of ``classes_`` the labels are."""
        labels = np.full(n, y) if np.ndim(y) == 0 else column_or_1d(y)
        if len(labels) != n and n != 1:
            raise ValueError(
                f"n_samples must be 1 or the number of labels in y. Got n_samples={n} and "
                f"{len(labels)} labels instead."
            )
        code = {label: k for k, label in enumerate(self.classes_.tolist())}
        for label in labels.tolist():
            if label not in code:
                raise ValueError(f"y must be labels of classes_, {list(code)}. Got {label!r}.")
        return np.array([code[label] for label in labels.tolist()], dtype=int)

    def _draw(self, codes, generator):
        """A row of each class in ``codes``, in that order."""
        seeds = generator.integers(2**32, size=len(self.classes_)).tolist()
        if not len(codes):
            return draw(self.estimators_[0], 0, seeds[0])
        drawn = np.unique(codes)
        order = np.argsort(np.concatenate([np.flatnonzero(codes == k) for k in drawn]))
        counts = np.bincount(codes)
        parts = [draw(self.estimators_[k], int(counts[k]), seeds[k]) for k in drawn]
        return take(concatenate(parts), order)

    # ------------------------------------------------------------------ classification and density

    @_can("score_samples")
    def predict(self, X):
        """The most probable class of each row of X (n, n_features), (n,)."""
        best = self.predict_log_proba(X).argmax(axis=1)
        return self.classes_[best]

    @_can("score_samples")
    def predict_proba(self, X):
        """Probabilities of the classes at X (n, n_features), (n, n_classes).

        Rows at which the density of every class is 0 have those of ``class_prior_``.
        """
        return np.exp(self.predict_log_proba(X))

    @_can("score_samples")
    def predict_log_proba(self, X):
        """Logarithms of `predict_proba`, (n, n_classes)."""
        check_is_fitted(self)
        joint = self._log_joint(self._check_data(X, reset=False))
        total = logsumexp(joint, axis=1, keepdims=True)
        nowhere = np.isneginf(total)
        return np.where(nowhere, np.log(self.class_prior_), joint - np.where(nowhere, 0.0, total))

    @_can("score_samples")
    def score_samples(self, X):
        """Log-density at X (n, n_features) of the mixture of all classes, (n,).

        It is with respect to the volume of the columns that vary in the training data; a row that
        differs in another has -inf, and a warning names the columns. See Notes.
        """
        check_is_fitted(self)
        X = self._check_data(X, reset=False)
        total = logsumexp(self._log_joint(X), axis=1)
        if not self._has_volumes:
            return total
        differs = (self._lowest != np.asarray(X, dtype=np.float64)) & ~self._varies
        off = differs.any(axis=1)
        if off.any():
            warn(
                f"{int(off.sum())} of {len(X)} rows differ from the training data in columns that "
                "are constant there, so that their log-density is -inf: "
                f"{checks.name_columns(self, np.flatnonzero(differs.any(axis=0)))}.",
                ColumnWarning,
            )
        return np.where(off, -np.inf, total)

    @property
    def _has_volumes(self):
        """Whether it is known which columns take part in the volume of each class's density."""
        return self._ours or self._constants is not None

    def _log_joint(self, X):
        """Log P(k) + log p_k(x), (n, n_classes), over the columns that vary in all classes."""
        if self._has_volumes:
            X = put(X, ~self._varies, self._lowest)
        found = [self._log_density(k, X) for k in range(len(self.classes_))]
        return np.log(self.class_prior_) + np.stack(found, axis=1)

    def _log_density(self, k, X):
        """Of class k, over the columns that vary in all classes."""
        law = self.estimators_[k]
        if not self._has_volumes or isinstance(law, SingleRow):
            return law.score_samples(X)
        if self._constants is None:
            columns, row = law.diffusion_.subspace.constant, law.mean_
        else:
            columns, row = self._constants[k]
            columns = columns & law._through(take(X, slice(1)))[2]
        inside = law.score_samples(put(X, columns, row))
        lacking = columns & self._varies
        if not lacking.any():
            return inside
        return inside + log_noise(np.asarray(X, dtype=np.float64), row, self._noise, lacking)


def _seed_of(estimator):
    """The random_state of an estimator, or of the last of its parts that has one."""
    params = estimator.get_params()
    seeds = [params[name] for name in params if name.split("__")[-1] == "random_state"]
    return next((seed for seed in reversed(seeds) if seed is not None), None)
