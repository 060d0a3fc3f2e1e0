"""Back through a step: inverse_transform, and what scikit-learn has no inverse for.

    invert(step, transform(step, x)) = x

A ColumnTransformer goes back part by part. Encoders of categories, and imputers that write down
what was missing, get what they could have written: drawn coordinates are moved to the nearest code
first.
"""

import warnings
from itertools import accumulate

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.feature_selection import SelectorMixin
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder

from .._progress import warn
from ._columns import idle, label, not_finite, parts_of, steps_of

__all__ = ["check_invertible", "invert"]


def check_invertible(name, step):
    """Refuse a step whose class or parameters say that it has no inverse; it need not be fitted.

    Raises
    ------
    TypeError
        If the step, or a step inside it, has no inverse_transform.
    ValueError
        If it is a FunctionTransformer with only one of its two functions, or drops columns.
    """
    if idle(step):
        return
    if isinstance(step, Pipeline):
        for inner, part in steps_of(name, step):
            check_invertible(inner, part)
    elif isinstance(step, ColumnTransformer):
        for part, transformer, *_ in step.transformers:
            if isinstance(transformer, str) and transformer == "drop":
                raise ValueError(
                    f"Part {part!r} of step {name!r} (ColumnTransformer) drops its columns, so "
                    "that the step has no inverse; 'passthrough' keeps them."
                )
            check_invertible(f"{name}__{part}", transformer)
        if not isinstance(step.remainder, str):
            check_invertible(f"{name}__remainder", step.remainder)
    elif isinstance(step, FunctionTransformer):
        if (step.func is None) != (step.inverse_func is None):
            missing = "inverse_func" if step.inverse_func is None else "func"
            raise ValueError(f"{label(name, step)} has no inverse: its {missing} is None.")
    elif not hasattr(step, "inverse_transform"):
        raise TypeError(
            f"{label(name, step)} has no inverse_transform, so that samples cannot go back "
            "through it."
        )


def invert(name, step, X):
    """Rows of a step's output carried back to its input.

    Parameters
    ----------
    name : str
        Of the step, for the sentences.
    step : transformer
        Fitted.
    X : array of shape (n, n_features_out)

    Returns
    -------
    array of shape (n, n_features_in)
        Of dtype object where categories that are no numbers come back.

    Raises
    ------
    ValueError
        If the step drops columns, or its own inverse_transform refuses.

    Warns
    -----
    UserWarning
        Where rows lie outside the range of the step, and come back as NaN or infinity.
    """
    if idle(step):
        return X
    if isinstance(step, Pipeline):
        for inner, part in reversed(steps_of(name, step)):
            X = invert(inner, part, X)
        return X
    if isinstance(step, ColumnTransformer):
        return _invert_columns(name, step, X)
    if isinstance(step, SelectorMixin) and not step.get_support().all():
        # Its own inverse would fill the columns with zeros, whatever stood there.
        dropped = int((~step.get_support()).sum())
        raise ValueError(f"{label(name, step)} drops {dropped} columns, and has no inverse.")
    for encoder, nearest in NEAREST.items():
        if isinstance(step, encoder):
            X = nearest(step, np.asarray(X))
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            # PowerTransformer speaks of numerical issues, where it is a question of the range.
            warnings.filterwarnings("ignore", "Some values in column")
            # Samples have no names; before scikit-learn 1.7 some inverses asked for them.
            warnings.filterwarnings("ignore", "X does not have valid feature names")
            back = step.inverse_transform(X)
    except (ValueError, AttributeError, NotImplementedError) as error:
        raise ValueError(f"{label(name, step)} cannot go back: {error}") from error
    if not isinstance(step, SimpleImputer):  # its gaps are those that it filled
        _warn_of_range(name, step, X, back)
    return back


def _warn_of_range(name, step, X, back):
    lost = not_finite(back) & ~not_finite(X)
    if lost.any():
        warn(
            f"{int(lost.sum())} of {len(lost)} samples lie outside the range of step {name!r} "
            f"({type(step).__name__}), and come back as NaN or infinity."
        )


def _invert_columns(name, step, X):
    X = np.asarray(X)
    pieces = []
    for part in parts_of(name, step):
        if part.weight == 0:
            raise ValueError(
                f"Part {part.name!r} (ColumnTransformer) has the weight 0, and no inverse."
            )
        back = np.asarray(invert(part.name, part.transformer, X[:, part.outputs] / part.weight))
        pieces.append((part.columns, back.reshape(len(X), len(part.columns))))
    numeric = all(back.dtype.kind in "buif" for _, back in pieces)
    whole = np.empty((len(X), step.n_features_in_), dtype=np.float64 if numeric else object)
    for columns, back in pieces:
        whole[:, columns] = back
    return whole


# ---------------------------------------------------------------------- codes


def _n_codes(encoder, i):
    """Categories of column i as the encoder writes them: infrequent ones count as one."""
    infrequent = getattr(encoder, "infrequent_categories_", None)
    rare = None if infrequent is None else infrequent[i]
    return len(encoder.categories_[i]) - (0 if rare is None else len(rare) - 1)


def _nearest_one_hot(encoder, X):
    """The largest coordinate is 1 and the others 0; a dropped category has what is left to 1."""
    features = range(len(encoder.categories_))
    drops = [encoder.drop_idx_ is not None and encoder.drop_idx_[i] is not None for i in features]
    widths = [_n_codes(encoder, i) - drops[i] for i in features]
    ends = list(accumulate(widths))
    hot = np.zeros(X.shape)
    for width, end, drop in zip(widths, ends, drops, strict=True):
        block = X[:, end - width : end]
        whole = np.column_stack([block, 1 - block.sum(axis=1)]) if drop else block
        hot[:, end - width : end] = whole.argmax(axis=1)[:, None] == np.arange(width)
    return hot


def _nearest_code(encoder, X):
    """The nearest code; `OrdinalEncoder` would cut off decimals and count back from the last."""
    codes = np.empty(X.shape)
    for i, categories in enumerate(encoder.categories_):
        known = np.arange(_n_codes(encoder, i), dtype=np.float64)
        if categories[-1] is None or categories[-1] != categories[-1]:  # a missing value is last
            known[-1] = encoder.encoded_missing_value
        known = known[np.isfinite(known)]
        codes[:, i] = known[np.abs(X[:, i : i + 1] - known).argmin(axis=1)]
    return codes


def _nearest_indicator(imputer, X):
    """What says that a value is missing is 0 or 1."""
    if not imputer.add_indicator:
        return X
    first = X.shape[1] - len(imputer.indicator_.features_)
    return np.hstack([X[:, :first], X[:, first:] > 0.5])


NEAREST = {
    OneHotEncoder: _nearest_one_hot,
    OrdinalEncoder: _nearest_code,
    SimpleImputer: _nearest_indicator,
}
