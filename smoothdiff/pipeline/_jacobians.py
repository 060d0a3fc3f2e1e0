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
from sklearn.decomposition import PCA, FastICA, IncrementalPCA, TruncatedSVD
from sklearn.feature_selection import SelectorMixin
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

__all__ = ["RefusedError", "log_jacobian_of", "register_log_jacobian"]

# From this far into the tails QuantileTransformer(output_distribution="normal") clips.
CLIPPED = 1e-7 - np.spacing(1)


class RefusedError(ValueError):
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


def log_jacobian_of(step):
    """The log-Jacobian of a step as a function of its input."""
    if hasattr(step, "log_abs_det_jacobian"):
        return step.log_abs_det_jacobian
    for cls in type(step).__mro__:
        if cls in JACOBIANS:
            return partial(_of_array, JACOBIANS[cls], step)
        if "transform" in vars(cls):  # what a base class has would be wrong for it
            break
    raise RefusedError(
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
        raise RefusedError("clips, and has no Jacobian where it does; use clip=False.")
    return np.zeros(X.shape) if scale is None else np.broadcast_to(-np.log(scale), X.shape)


def _multiplied(step, X):
    """Of z = scale x + c: what MinMaxScaler calls scale_ is its factor."""
    return -_divided(step, X)


def _linear(step, X):
    """Of z = components (x - c)."""
    kept, of = step.components_.shape
    if kept != of:
        raise RefusedError(
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
        raise RefusedError(
            "whitens directions in which the training data do not vary, so that there is no "
            "density with respect to the volume of the input."
        )


def _selected(step, X):
    kept, of = int(step.get_support().sum()), len(step.get_support())
    if kept != of:
        raise RefusedError(
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
        raise RefusedError(
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
        raise RefusedError(
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
