"""How much a step stretches volume: the exact log|det dz/dx| of each transformer.

    log p_x(x) = log p_z(z(x)) + log|det dz/dx|

The registry holds one function for each class of transformers, and the logarithm of the derivative
for each function that a FunctionTransformer may apply. Where each column is mapped by itself a
function returns one term for each entry, so that columns which take no part in the last step's
volume (those that are constant in its training data) can be left out.
"""

from functools import partial

import numpy as np
from scipy import special
from scipy.sparse import issparse
from scipy.stats import norm
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA, FastICA, IncrementalPCA, TruncatedSVD
from sklearn.feature_selection import SelectorMixin
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

from .. import _checks as checks
from ..estimators._rows import is_polars, put
from ._columns import idle, label, not_finite, parts_of, steps_of, take

__all__ = ["pull_back", "register_log_jacobian", "through"]

# From this far into the tails QuantileTransformer(output_distribution="normal") clips.
CLIPPED = 1e-7 - np.spacing(1)


class _RefusedError(ValueError):
    """What a transformer lacks for a density, as the end of a sentence that begins with it."""


def register_log_jacobian(transformer_class, function):
    """Say what log|det dz/dx| is for a class of transformers.

    A transformer of your own may have a method ``log_abs_det_jacobian(X)`` instead; it travels
    with the transformer to other processes, while the registry is one for each process.

    Parameters
    ----------
    transformer_class : type or callable
        The class; its subclasses count too unless they define another ``transform``. A callable
        that is no class is the ``func`` of FunctionTransformers, mapping each entry by itself.
    function : callable
        ``function(transformer, X)`` with X of shape (n, n_features), float64, the input of the
        fitted transformer. Returns log|det dz/dx| at each row, shape (n,), or, where each column
        is mapped by itself, the log|derivative| of each entry, shape (n, n_features). For a
        ``func`` it is ``function(X)``, of shape (n, n_features).

    Raises
    ------
    TypeError
        If one of the two is not what it must be.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.pipeline import register_log_jacobian
    >>> def double(X):
    ...     return 2 * X
    >>> register_log_jacobian(double, lambda X: np.full(X.shape, np.log(2)))
    """
    if not callable(transformer_class):
        raise TypeError(
            "transformer_class must be a class of transformers or the func of a "
            f"FunctionTransformer. Got {transformer_class!r} instead."
        )
    checks.function(function, "function")
    known = JACOBIANS if isinstance(transformer_class, type) else DERIVATIVES
    known[transformer_class] = function


def pull_back(name, step, X, left_out):
    """Log-Jacobian of a step, and the columns of its input that take no part in the volume.

    Parameters
    ----------
    name : str
        Of the step, for the sentences.
    step : transformer
        Fitted.
    X : array-like of shape (n, n_features_in)
        Its input.
    left_out : boolean array of shape (n_features_out,)
        Columns of its output that take no part.

    Returns
    -------
    log_jacobian : array of shape (n,)
    left_out : boolean array of shape (n_features_in,)

    Raises
    ------
    ValueError
        If the step has no known Jacobian, or maps volumes onto a subspace.
    """
    n = X.shape[0]
    if idle(step):
        return np.zeros(n), left_out
    if isinstance(step, Pipeline):
        return through(steps_of(name, step), X, lambda _: left_out)[1:]
    if isinstance(step, ColumnTransformer):
        return _through_parts(name, step, X, left_out)
    try:
        terms = np.asarray(_find(step)(X), dtype=np.float64)
    except _RefusedError as reason:
        raise ValueError(f"{label(name, step)} {reason}") from None
    if terms.shape == (n,):
        return terms, np.zeros(X.shape[1], dtype=bool)
    if terms.shape != X.shape or terms.shape[1:] != left_out.shape:
        raise ValueError(
            f"{label(name, step)} has a log-Jacobian of shape {terms.shape}; it must be "
            f"({n},), or that of X where each column is mapped by itself."
        )
    # A row that a column excludes stays excluded.
    return np.where(left_out & (terms > -np.inf), 0.0, terms).sum(axis=1), left_out


def through(steps, X, left_out_of):
    """X after all steps, and the sum of their log-Jacobians.

    Parameters
    ----------
    steps : list of (str, transformer)
    X : array-like of shape (n, n_features_in)
    left_out_of : callable
        Which columns of the outcome take no part in the volume, a function of it.

    Returns
    -------
    Z : array-like of shape (n, n_features_out)
    log_jacobian : array of shape (n,)
        -inf where a row lies outside the domain of a step.
    left_out : boolean array of shape (n_features_in,)
    """
    inputs, outside = [X], np.zeros(X.shape[0], dtype=bool)
    for name, step in steps:
        if not idle(step):
            refused = _refused(name, step, X)
            if refused.any():
                inputs[-1] = X = put(X, refused, 1.0)  # something that the step takes
                outside |= refused.any(axis=1)
            with np.errstate(invalid="ignore", divide="ignore"):  # the logarithm of -1, or of 0
                # Of a copy: with copy=False a step writes into what it is given.
                X = step.transform(_copy(X))
            lost = not_finite(X) & ~not_finite(inputs[-1])
            if lost.any():
                X = put(X, lost[:, None], 0.0)  # something that the next step takes
                outside |= lost
        inputs.append(X)
    left_out = left_out_of(X)
    total = np.zeros(X.shape[0])
    for (name, step), x in zip(reversed(steps), reversed(inputs[:-1]), strict=True):
        value, left_out = pull_back(name, step, x, left_out)
        total += value
    return X, np.where(outside, -np.inf, total), left_out


def _refused(name, step, X):
    """Which entries of X are outside the domain of a step that then refuses all, boolean (n, d)."""
    refused = np.zeros(X.shape, dtype=bool)
    if isinstance(step, Pipeline):
        first = next((pair for pair in steps_of(name, step) if not idle(pair[1])), None)
        return refused if first is None else _refused(*first, X)
    if isinstance(step, ColumnTransformer):
        for part in parts_of(name, step):
            own = take(step, X, part.columns)
            refused[:, part.columns] = _refused(part.name, part.transformer, own)
    elif isinstance(step, PowerTransformer) and step.method == "box-cox":
        refused = np.asarray(X, dtype=np.float64) <= 0
    return refused


def _copy(X):
    return X.clone() if is_polars(X) else X.copy()


def _through_parts(name, step, X, left_out):
    total, before = np.zeros(X.shape[0]), np.zeros(step.n_features_in_, dtype=bool)
    for part in parts_of(name, step):
        after = left_out[part.outputs]
        value, before[part.columns] = pull_back(
            part.name, part.transformer, take(step, X, part.columns), after
        )
        total += value
        if part.weight != 1:
            total += np.log(abs(part.weight)) * (~after).sum()
    return total, before


def _find(step):
    """The log-Jacobian of a step as a function of its input."""
    if hasattr(step, "log_abs_det_jacobian"):
        return step.log_abs_det_jacobian
    for cls in type(step).__mro__:
        if cls in JACOBIANS:
            return partial(_of_array, JACOBIANS[cls], step)
        if "transform" in vars(cls):  # what a base class has would be wrong for it
            break
    raise _RefusedError(
        "has no known Jacobian, so that there is no density in the units of the input; give it a "
        "method log_abs_det_jacobian(X), or call smoothdiff.pipeline.register_log_jacobian("
        f"{type(step).__name__}, function)."
    )


def _of_array(function, step, X):
    X = X.toarray() if issparse(X) else X
    return function(step, np.asarray(X, dtype=np.float64))


# ---------------------------------------------------------------------- linear maps


def _divided(step, X):
    """Of z = (x - c) / scale, column by column."""
    scale = step.scale_
    if getattr(step, "clip", False):
        raise _RefusedError("clips, and has no Jacobian where it does; use clip=False.")
    return np.zeros(X.shape) if scale is None else np.broadcast_to(-np.log(scale), X.shape)


def _multiplied(step, X):
    """Of z = scale x + c: what MinMaxScaler calls scale_ is its factor."""
    return -_divided(step, X)


def _linear(step, X):
    """Of z = components (x - c)."""
    kept, of = step.components_.shape
    if kept != of:
        raise _RefusedError(
            f"keeps {kept} of {of} dimensions, so that samples lie in a subspace and have no "
            "density with respect to the volume of the input; the density within the subspace is "
            "score_samples of the last step."
        )
    stretches = np.linalg.svd(step.components_, compute_uv=False)
    _check_varies(stretches)
    return np.full(len(X), np.log(stretches).sum())


def _pca(step, X):
    """A rotation, and with whitening a division by the standard deviations."""
    total = _linear(step, X)
    if step.whiten:
        scale = np.sqrt(step.explained_variance_)
        _check_varies(scale)
        total -= np.log(scale).sum()
    return total


def _check_varies(scale):
    """Refuse directions whose scale is what rounding leaves of zero.

    Variances are known to rounding of the largest, so that deviations are to the root of that.
    """
    if scale.min() <= np.sqrt(len(scale) * np.finfo(np.float64).eps) * scale.max():
        raise _RefusedError(
            "whitens directions in which the training data do not vary, so that there is no "
            "density with respect to the volume of the input."
        )


def _selected(step, X):
    kept, of = int(step.get_support().sum()), len(step.get_support())
    if kept != of:
        raise _RefusedError(
            f"keeps {kept} of {of} columns, so that there is no density with respect to the "
            "volume of the input."
        )
    return np.zeros(X.shape)


# ---------------------------------------------------------------------- column by column


def _power(step, X):
    """The slope is (1 + |x|)^(sign(x) (lambda - 1)) (Yeo-Johnson) or x^(lambda - 1) (Box-Cox)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        log = np.log(X) if step.method == "box-cox" else np.sign(X) * np.log1p(np.abs(X))
    terms = (step.lambdas_ - 1) * log
    # Its scaler has no public name.
    return terms - np.log(step._scaler.scale_) if step.standardize else terms


def _quantile(step, X):
    """The slope of the piecewise linear distribution function, and of the normal's inverse.

    At a knot, where two pieces meet, it is the mean of their slopes; at the ends the inner one's.
    """
    columns = zip(X.T, step.quantiles_.T, strict=True)
    return np.column_stack(
        [_quantile_column(step, i, x, knots) for i, (x, knots) in enumerate(columns)]
    )


def _quantile_column(step, i, x, knots):
    inside = (x >= knots[0]) & (x <= knots[-1])
    if knots[0] == knots[-1]:  # a constant column: it takes no part in the volume
        return np.where(inside, 0.0, -np.inf)
    below = np.searchsorted(knots, x, side="left")
    above = np.searchsorted(knots, x, side="right")
    atom = above - below > 1
    if atom.any():
        raise _RefusedError(
            f"has no density at {float(x[atom][0])!r} in column {i}: the value repeats in the "
            "training data, and samples have it with a probability of its own."
        )
    with np.errstate(divide="ignore"):
        slopes = np.diff(step.references_) / np.diff(knots)
    last = len(slopes) - 1
    slope = (slopes[np.clip(below - 1, 0, last)] + slopes[np.clip(above - 1, 0, last)]) / 2
    terms = np.log(slope)
    if step.output_distribution == "normal":
        u = np.interp(x, knots, step.references_)
        terms -= norm.logpdf(norm.ppf(np.clip(u, CLIPPED, 1 - CLIPPED)))
    return np.where(inside, terms, -np.inf)


def _elementwise(step, X):
    if step.func is None:
        return np.zeros(X.shape)
    if step.func not in DERIVATIVES or step.kw_args:
        name = getattr(step.func, "__name__", repr(step.func))
        what = f"applies {name}{' with kw_args' if step.kw_args else ''}, whose derivative"
        raise _RefusedError(
            f"{what} is not known, so that there is no density in the units of the input; give it "
            f"by smoothdiff.pipeline.register_log_jacobian({name}, function), or derive a class "
            "with a method log_abs_det_jacobian(X)."
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        return DERIVATIVES[step.func](X)


# log |f'(x)| of what a FunctionTransformer may apply. Of a square only the branch x >= 0 counts,
# as its inverse gives nothing else.
DERIVATIVES = {
    np.log: lambda x: -np.log(x),
    np.log2: lambda x: -np.log(x) - np.log(np.log(2)),
    np.log10: lambda x: -np.log(x) - np.log(np.log(10)),
    np.log1p: lambda x: -np.log1p(x),
    np.exp: lambda x: x,
    np.exp2: lambda x: x * np.log(2) + np.log(np.log(2)),
    special.exp10: lambda x: x * np.log(10) + np.log(np.log(10)),
    np.expm1: lambda x: x,
    np.sqrt: lambda x: -np.log(2) - np.log(x) / 2,
    np.square: lambda x: np.where(x >= 0, np.log(2) + np.log(np.abs(x)), -np.inf),
    np.cbrt: lambda x: -np.log(3) - np.log(np.abs(x)) * 2 / 3,
    np.reciprocal: lambda x: -2 * np.log(np.abs(x)),
    np.negative: lambda x: np.zeros(x.shape),
    np.positive: lambda x: np.zeros(x.shape),
    np.arcsinh: lambda x: -np.log(np.hypot(1, x)),
    np.sinh: lambda x: np.logaddexp(x, -x) - np.log(2),
    np.arctanh: lambda x: -np.log1p(-x) - np.log1p(x),
    np.tanh: lambda x: -2 * (np.logaddexp(x, -x) - np.log(2)),
    np.arctan: lambda x: -2 * np.log(np.hypot(1, x)),
    special.expit: lambda x: -np.logaddexp(0, x) - np.logaddexp(0, -x),
    special.logit: lambda x: -np.log(x) - np.log1p(-x),
}

JACOBIANS = {
    StandardScaler: _divided,
    RobustScaler: _divided,
    MaxAbsScaler: _divided,
    MinMaxScaler: _multiplied,
    PCA: _pca,
    IncrementalPCA: _pca,
    FastICA: _linear,
    TruncatedSVD: _linear,
    SelectorMixin: _selected,
    PowerTransformer: _power,
    QuantileTransformer: _quantile,
    FunctionTransformer: _elementwise,
}
