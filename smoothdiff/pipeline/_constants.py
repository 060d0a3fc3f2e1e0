"""Columns that are constant in what a model was fitted to: they take no part in its volume.

To a model any value but the constant is impossible there, and rounding may tell what a step gives
in `fit_transform` from what it gives in `transform`, and that from what its inverse goes back to
(PowerTransformer's does). What rounding makes of the constants is known after the fit, and undone.
"""

import numpy as np
from sklearn.pipeline import Pipeline

from ..estimators._class_laws import is_constant
from ..estimators._rows import finite_numbers, take
from ._columns import idle
from ._inverses import invert

__all__ = ["constant_columns", "find_rounded", "undone"]


def _constants(model):
    """Columns without volume and the values there, or None where the model has none."""
    if hasattr(model, "diffusion_"):
        return model.diffusion_.subspace.constant, model.diffusion_.subspace.mean
    if getattr(model, "_ours", False):  # a model for each class
        return ~model._varies, model._lowest
    return None


def constant_columns(model, Z):
    """Which columns of Z, that the fitted model sees, take no part in its volume."""
    found = _constants(model)
    return np.zeros(np.shape(Z)[1], dtype=bool) if found is None else found[0]


def find_rounded(steps, X):
    """What rounding makes of constants, for steps that were fitted to X: see `undone`.

    Returns
    -------
    seen, drawn : (columns, found, wanted) or None
        Of what the model sees, and of what is drawn: in which columns there is anything, boolean,
        what is found there and what is wanted, each of shape (d,).
    """
    before = [(name, step) for name, step in steps[:-1] if not idle(step)]
    found = _constants(steps[-1][1])
    if found is None or not found[0].any() or not before:
        return None, None
    columns, fitted = found
    X = X if hasattr(X, "shape") else np.asarray(X)
    first = take(X, slice(1))
    way = Pipeline(before)
    seen = np.asarray(way.transform(first), dtype=np.float64)
    back = _rounded_back(way, X, np.where(columns, fitted, seen))
    return _rounded(columns, seen[0], fitted), back


def _rounded_back(way, X, first):
    """What becomes of constants of X on the way back from the first row that the model has."""
    numbers = finite_numbers(X)
    if numbers is None:
        return None
    try:
        first = invert("way", way, first)
    except ValueError:  # there is no way back, and `sample` will say so
        return None
    return _rounded(is_constant(numbers), np.asarray(first, dtype=np.float64)[0], numbers[0])


def _rounded(constant, found, wanted):
    columns = constant & (found != wanted)
    return (columns, found, wanted) if columns.any() else None


def undone(X, rounded):
    """Rows with the constants that are wanted."""
    if rounded is None:
        return X
    columns, found, wanted = rounded
    X = np.asarray(X, dtype=np.float64)
    return np.where(columns & (found == X), wanted, X)
