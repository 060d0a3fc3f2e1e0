"""GenerativePipeline: transformers and a model, as one model of the data that go in."""

from contextlib import ExitStack
from copy import copy
from inspect import signature

import numpy as np
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from ..estimators import _validation as checks
from ._columns import idle
from ._constants import constant_columns, find_rounded, undone
from ._inverses import check_invertible, invert
from ._through import through

__all__ = ["GenerativePipeline", "make_generative_pipeline"]


def _last_has(method):
    """Whether the last step has a method; an AttributeError of its own says why not."""

    def check(self):
        getattr(self.steps[-1][1], method)
        return True

    return check


class GenerativePipeline(Pipeline):
    """Pipeline whose samples and densities are in the units of its input.

    The last step is a model with `sample`: an estimator of this library, KernelDensity,
    GaussianMixture or another GenerativePipeline. `sample` draws from it and goes back through
    every transformer; `score_samples` adds the exact log|det Jacobian| of each, so that searches
    compare scalers as well as parameters. All else is as in scikit-learn's Pipeline.

    Parameters
    ----------
    steps : list of (str, estimator)
        Transformers, each with an inverse ("passthrough" and None do nothing), and a model with
        `sample`.
    memory : str or object with the joblib.Memory interface, default=None
        Where fitted transformers are cached.
    verbose : bool, default=False
        Print the time that each step takes to fit.

    Attributes
    ----------
    named_steps : Bunch
        The steps by name.
    n_features_in_ : int
    feature_names_in_ : array of shape (n_features_in_,)
        Only when X has string column names.

    See Also
    --------
    make_generative_pipeline : Names the steps itself.
    smoothdiff.pipeline.register_log_jacobian : Jacobians of other transformers.

    Notes
    -----
    **Inverses.** Any transformer with `inverse_transform` will do. Pipelines inside go back step by
    step, and ColumnTransformers, which scikit-learn cannot invert, part by part: each column has to
    stand in one part. A FunctionTransformer needs both of its functions.

    **Gaps.** Through a SimpleImputer with ``add_indicator=True`` samples have gaps as the data do.

    **Categories.** Through a OneHotEncoder a sample gets the category of the largest coordinate (a
    dropped one has what the others leave to 1), through an OrdinalEncoder that of the nearest code.
    There is no density then. `TableDiffusion` is made for tables with categories, missing values
    and integers.

    **Densities.** Known are the Jacobians of StandardScaler, MinMaxScaler and MaxAbsScaler (without
    clip), RobustScaler, PowerTransformer, QuantileTransformer, FunctionTransformer (of NumPy's
    elementwise functions), and of PCA, IncrementalPCA, FastICA and TruncatedSVD where they keep
    all dimensions; of nested Pipelines and ColumnTransformers if of all inside. A transformer of
    your own has a method ``log_abs_det_jacobian(X)`` or is registered. Columns that are constant
    in the training data of a smoothdiff estimator take no part in the volume, before a scaler as
    after it; a PCA between the two mixes them.

    **Ranges.** What probability the last step puts outside the range of a transformer (below 0
    after a square root, beyond the extreme quantiles) is not in the density, which then
    integrates to less than 1. A QuantileTransformer draws it as the extreme values themselves, two
    atoms; rows beyond them have log-density -inf. Of others such samples come back as NaN, with a
    warning. Values that repeat so often that quantiles coincide are atoms too, and refused.

    **Tables.** Fitted to a DataFrame with string column names, `sample` returns a pandas DataFrame
    with the same columns, all float but for categories; else an array.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.decomposition import PCA
    >>> from sklearn.preprocessing import StandardScaler
    >>> from smoothdiff import SmoothedPLDiffusion, make_generative_pipeline
    >>> X = load_iris().data
    >>> model = SmoothedPLDiffusion(random_state=0)
    >>> pipe = make_generative_pipeline(StandardScaler(), PCA(), model).fit(X)
    >>> new = pipe.sample(5)  # in centimeters, as X is
    >>> bool((X.min(axis=0) - 1 < new).all() and (new < X.max(axis=0) + 1).all())
    True
    >>> pipe.score_samples(X).shape  # with respect to the volume in centimeters, too
    (150,)
    """

    # A parameter of Pipeline that is none here, but that its `fit` reads.
    transform_input = None
    # Constants that rounding changes on the way to the model and back; earlier files have none.
    _seen = _drawn = None

    def __init__(self, steps, *, memory=None, verbose=False):
        self.steps = steps
        self.memory = memory
        self.verbose = verbose

    def __getitem__(self, ind):
        """A step, or a part of the pipeline: a plain Pipeline where it has no model at its end."""
        if isinstance(ind, slice) and self.steps[ind][-1:] != self.steps[-1:]:
            return Pipeline(self.steps, memory=self.memory, verbose=self.verbose)[ind]
        return super().__getitem__(ind)

    # ------------------------------------------------------------------ fitting

    def fit(self, X, y=None, **params):
        """Fit the transformers one after the other, and the model to what comes out.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like, optional
            Handed to each step.
        **params : dict
            Of the steps: ``smoothedpldiffusion__sample_weight=w``; with scikit-learn's metadata
            routing what the steps request.

        Returns
        -------
        self

        Raises
        ------
        TypeError
            If a step has no inverse, or the last one no `sample`.
        ValueError
            If a FunctionTransformer has no inverse, or a ColumnTransformer drops columns by name.
            Whatever is raised, by the steps too, the pipeline is then unchanged.
        """
        self._check_steps()
        with ExitStack() as stack:
            for estimator in _estimators_of(self):
                stack.enter_context(checks.unchanged_on_error(estimator))
            super().fit(X, y, **params)
            self._seen, self._drawn = find_rounded(self.steps, X)
        return self

    def _check_steps(self):
        """Refuse what cannot be sampled; steps that are no steps are left to scikit-learn."""
        if isinstance(self.steps, (list, tuple)) and not self.steps:
            raise ValueError("GenerativePipeline has no steps: the last must be an estimator.")
        if not _well_formed(self.steps):
            return
        for name, step in self.steps[:-1]:
            if hasattr(step, "transform"):
                check_invertible(name, step)
        name, last = self.steps[-1]
        if not hasattr(last, "sample"):
            raise TypeError(
                f"The last step of GenerativePipeline, {name!r}, must be an estimator with sample. "
                f"Got {last!r} instead."
            )

    # ------------------------------------------------------------------ sampling and density

    @available_if(_last_has("sample"))
    def sample(
        self, n_samples=1, random_state=None, *, y=None, return_labels=False, return_parents=False
    ):
        """Draw new points, in the units of the input.

        Parameters
        ----------
        n_samples : int, default=1
            0 gives no rows.
        random_state : int, RandomState, Generator or None
            What the last step takes: scikit-learn's estimators no Generator, and None means
            NumPy's global generator to KernelDensity. Where `sample` has no such argument
            (GaussianMixture) it replaces the constructor's for this call.
        y : label or array-like of shape (n_samples,), optional
            The class of all the samples, or of each, where the last step has classes, as
            `ClassConditionalDiffusion` does. By default classes are drawn.
        return_labels : bool, default=False
            Also return the class of each sample.
        return_parents : bool, default=False
            Also return which training rows each sample was made from, where the last step can.

        Returns
        -------
        X : array or DataFrame of shape (n_samples, n_features)
            A pandas DataFrame if the pipeline was fitted to a DataFrame with string column names.
            Float64 but for categories.
        labels : array of shape (n_samples,)
            Only with ``return_labels``.
        parents : integer array of shape (n_samples, k)
            Only with ``return_parents``; as the last step gives them.
        parent_weights : array of shape (n_samples, k)
            Only with ``return_parents``.

        Raises
        ------
        ValueError
            If a step has no inverse, or the last one no parents, no classes or no random state.

        Warns
        -----
        UserWarning
            Where samples lie outside the range of a step, and come back as NaN or infinity.
        """
        check_is_fitted(self)
        self._check_steps()
        n = checks.check_n_samples(n_samples)
        if n == 0 and y is None and not (return_labels or return_parents):
            return self._as_input(np.empty((0, self.n_features_in_)))  # some models refuse 0
        X, *more = _draw(self.steps[-1][1], n, random_state, y, return_labels, return_parents)
        # Inverses refuse no rows.
        X = self._to_input(X) if len(X) else self._as_input(np.empty((0, self.n_features_in_)))
        return (X, *more) if more else X

    def _to_input(self, X):
        """Rows of the last step's space as rows of the input."""
        for name, step in reversed(self.steps[:-1]):
            X = invert(name, step, X)
        return self._as_input(undone(X, self._drawn))

    def _as_input(self, X):
        """X as the kind of table that `fit` saw."""
        X = np.asarray(X)
        if X.dtype.kind in "buif":
            X = X.astype(np.float64, copy=False)
        names = getattr(self, "feature_names_in_", None)
        if names is None:
            return X
        import pandas as pd

        return pd.DataFrame(X, columns=names).infer_objects()

    @available_if(_last_has("score_samples"))
    def score_samples(self, X):
        """Log-density with respect to the volume of the input.

        Parameters
        ----------
        X : array-like of shape (n, n_features)

        Returns
        -------
        array of shape (n,), float64
            The last step's log-density of what X is transformed to, plus log|det Jacobian| of each
            transformer at its input; -inf outside the domain of a step, such as -1 before a
            logarithm.

        Raises
        ------
        ValueError
            If a step has no known Jacobian, or keeps fewer dimensions than it is given.
        """
        check_is_fitted(self)
        X = X if hasattr(X, "shape") else np.asarray(X)
        Z, log_jacobian, _ = self._through(X)
        return _model_of(self).score_samples(undone(Z, self._seen)) + log_jacobian

    def score(self, X, y=None):
        """Mean log-density of X, in the units of the input; larger is better. ``y`` is ignored."""
        return float(np.mean(self.score_samples(X)))

    def _through(self, X):
        """What the model sees, the log-Jacobian, and the columns of X outside the volume."""
        last = self.steps[-1][1]
        if not isinstance(last, GenerativePipeline):
            return through(self.steps[:-1], X, lambda Z: constant_columns(last, Z))
        found = []

        def left_out_of(Z):
            found.extend(last._through(Z))
            return found[2]

        _, log_jacobian, left_out = through(self.steps[:-1], X, left_out_of)
        return found[0], log_jacobian + found[1], left_out

    # ------------------------------------------------------------------ what went in

    @property
    def n_features_in_(self):
        """Number of columns that the first step which does anything saw in `fit`."""
        return self._first.n_features_in_

    @property
    def feature_names_in_(self):
        """Names of those columns; only when X has string column names."""
        return self._first.feature_names_in_

    @property
    def _first(self):
        return next(step for _, step in self.steps if not idle(step))


def make_generative_pipeline(*steps, memory=None, verbose=False):
    """Make a `GenerativePipeline` whose steps are named after their classes.

    Parameters
    ----------
    *steps : estimators
        Transformers, and a model with `sample`.
    memory : str or object with the joblib.Memory interface, default=None
    verbose : bool, default=False

    Returns
    -------
    GenerativePipeline

    Examples
    --------
    >>> from sklearn.preprocessing import StandardScaler
    >>> from smoothdiff import SmoothedPLDiffusion, make_generative_pipeline
    >>> list(make_generative_pipeline(StandardScaler(), SmoothedPLDiffusion()).named_steps)
    ['standardscaler', 'smoothedpldiffusion']
    """
    return GenerativePipeline(make_pipeline(*steps).steps, memory=memory, verbose=verbose)


def _well_formed(steps):
    return (
        isinstance(steps, (list, tuple))
        and len(steps) > 0
        and all(isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in steps)
    )


def _estimators_of(pipeline):
    """The pipeline and every estimator that its `fit` changes in place."""
    yield pipeline
    for _, step in pipeline.steps if _well_formed(pipeline.steps) else []:
        if isinstance(step, Pipeline):
            yield from _estimators_of(step)
        elif hasattr(step, "__dict__") and not isinstance(step, type):
            yield step


def _model_of(pipeline):
    """The last step of the innermost pipeline."""
    last = pipeline.steps[-1][1]
    return _model_of(last) if isinstance(last, GenerativePipeline) else last


def _draw(model, n, random_state, y, return_labels, return_parents):
    """The model's samples, with their labels or parents if these are asked for, as a tuple."""
    arguments, name = signature(model.sample).parameters, type(model).__name__
    if (y is not None or return_labels) and "y" not in arguments:
        raise ValueError(f"{name} has no classes to draw; ClassConditionalDiffusion does.")
    if return_parents and "return_parents" not in arguments:
        raise ValueError(f"{name} has no parents to return; SmoothedPLDiffusion does.")
    if y is not None and return_labels:
        raise ValueError("return_labels=True is for classes that are drawn. Got y as well.")
    asked = {"y": y, "return_labels": return_labels, "return_parents": return_parents}
    options = {key: value for key, value in asked.items() if key in arguments}
    if "random_state" in arguments:
        options["random_state"] = random_state
    elif random_state is not None:
        if not hasattr(model, "random_state"):
            raise ValueError(f"sample of {name} takes no random_state. Got {random_state!r}.")
        model = copy(model)
        model.random_state = random_state
    drawn = model.sample(n, **options)
    drawn = drawn if isinstance(drawn, tuple) else (drawn,)
    return drawn if return_labels or return_parents else drawn[:1]
