"""Through fitted steps: what comes out, and how much volume is stretched on the way.

    log p_x(x) = log p_z(z(x)) + sum of log|det dz/dx| over the steps

A row outside the domain of a step has no density, and does not keep the others from theirs.
"""

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import PowerTransformer

from ..estimators._rows import is_polars, put
from ._columns import idle, label, not_finite, parts_of, steps_of, take
from ._jacobians import RefusedError, log_jacobian_of

__all__ = ["through"]


def _pull_back(name, step, X, left_out):
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
        terms = np.asarray(log_jacobian_of(step)(X), dtype=np.float64)
    except RefusedError as reason:
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
        value, left_out = _pull_back(name, step, x, left_out)
        total += value
    return X, np.where(outside, -np.inf, total), left_out


def _refused(name, step, X):
    """Which entries of X are outside the domain of a step that then refuses all, boolean (n, d)."""
    refused = np.zeros(X.shape, dtype=bool)
    if isinstance(step, Pipeline):
        for inner, first in steps_of(name, step):
            if not idle(first):
                return _refused(inner, first, X)
        return refused
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
        value, before[part.columns] = _pull_back(
            part.name, part.transformer, take(step, X, part.columns), after
        )
        total += value
        if part.weight != 1:
            total += np.log(abs(part.weight)) * (~after).sum()
    return total, before
