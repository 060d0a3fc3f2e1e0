"""The laws of classes: a model of each one's rows, or noise around the only row that it has.

    x_j ~ N(row_j, h_j^2),   h_j = s_j Delta / sqrt(r)

s_j is the deviation of column j over all classes, Delta the spacing of all rows (half the median
distance to the nearest other one) in units of s, and r the number of columns with s_j > 0. The
noise is Delta long, whatever the units and the number of columns; columns that are constant over
all classes have none. Any estimator with fit and sample will do as a model.
"""

from copy import copy
from inspect import signature

import numpy as np
from sklearn.base import clone

from .._progress import warn
from ..cloud import PointCloud, distinct_rows
from . import _validation as checks
from ._rows import is_one_row

__all__ = [
    "SingleRow",
    "check_model",
    "draw",
    "fit_laws",
    "is_constant",
    "log_noise",
    "noise_of_rows",
    "warn_of_single_rows",
]


class SingleRow:
    """Gaussian noise around a row (d,), of standard deviation ``noise`` (d,); 0 leaves a column."""

    def __init__(self, row, noise):
        self.row, self.noise = row, noise

    def sample(self, n_samples=1, random_state=None, *, return_parents=False):
        """Draw new rows, (n_samples, d), as the estimators do."""
        generator = checks.make_generator(random_state)
        X = self.row + self.noise * generator.standard_normal((n_samples, len(self.row)))
        parents = np.zeros((n_samples, 1), dtype=int)
        return (X, parents, np.ones((n_samples, 1))) if return_parents else X

    def score_samples(self, X):
        """Log-density at X (n, d) over the columns with noise; -inf off the others' values."""
        X = np.asarray(X, dtype=np.float64)
        noisy = self.noise > 0
        off = (X[:, ~noisy] != self.row[~noisy]).any(axis=1)
        return np.where(off, -np.inf, log_noise(X, self.row, self.noise, noisy))


def log_noise(X, row, noise, columns):
    """Log-density at X (n, d) of the noise around a row, over some of the columns, (n,)."""
    row, noise = row[columns], noise[columns]
    z = (X[:, columns] - row) / noise
    return -(z**2).sum(axis=1) / 2 - np.log(np.sqrt(2 * np.pi) * noise).sum()


def is_constant(X):
    """Which columns of X (n, d) have one value, boolean (d,)."""
    return X.min(axis=0) == X.max(axis=0)


def noise_of_rows(X, weights=None):
    """Standard deviations h of the noise around a single row, (d,), from the rows X of all classes.

    A row's weight equals so many repetitions of it.
    """
    rows, weights, _ = distinct_rows(X, np.ones(len(X)) if weights is None else weights)
    X, share = X[rows], weights / weights.sum()
    varies = ~is_constant(X)
    if not varies.any():
        return np.zeros(X.shape[1])
    centered = X - X[0]
    centered -= share @ centered
    deviation = np.where(varies, np.sqrt(share @ centered**2), 0.0)
    points = centered[:, varies] / deviation[varies]
    return deviation * PointCloud(points, share).spacing() / np.sqrt(varies.sum())


def check_model(owner, *methods):
    """The parameter ``estimator``: None, or something to clone that has these methods."""
    model = owner.estimator
    if model is None:
        return
    if isinstance(model, type) or not all(hasattr(model, m) for m in ("get_params", *methods)):
        wanted = f"None or an estimator with {' and '.join(methods)}"
        checks.refuse(owner, "estimator", wanted, TypeError)


def fit_laws(estimator, parts, whole, labels, params=None):
    """Clones of an estimator, each fitted to the rows of a class; None where there is only one row.

    If all are None, fit the estimator to the rows of all classes: that works, unless something is
    wrong with its parameters or with all of the data, which then shows.

    Parameters
    ----------
    estimator : estimator
        One of tables is shown all rows, to take the columns of each class as they are there.
    parts : list of arrays or DataFrames
        Rows of each class.
    whole : array or DataFrame
        Rows of all classes.
    labels : sequence
        What the classes are called.
    params : list of dict, optional
        What else each fit is given.

    Raises
    ------
    ValueError, TypeError
        What the estimator raises, unless a class has one row of numbers, or copies of one; with
        the class, where another one could be fitted.
    """
    laws: list = []
    if hasattr(estimator, "_for_parts"):
        models = estimator._for_parts(parts, whole)
    else:
        models = [clone(estimator) for _ in parts]
    for model, part, more in zip(models, parts, params or [{}] * len(parts), strict=True):
        try:
            laws.append(model.fit(part, **more))
        except ValueError as error:
            if not is_one_row(part):
                if any(law is not None for law in laws):
                    raise ValueError(f"Class {labels[len(laws)]!r}: {error}") from error
                raise
            laws.append(None)
    return laws


def warn_of_single_rows(labels):
    """Name the classes that have one row."""
    if not labels:
        return
    shown = ", ".join(repr(label) for label in labels[:5])
    more = f" and {len(labels) - 5} more" if len(labels) > 5 else ""
    which = f"Classes {shown}{more} have" if len(labels) > 1 else f"Class {shown} has"
    warn(
        f"{which} one distinct row, which no model can be fitted to: samples are that row with "
        "noise as long as half the distance between neighbors among the rows of all classes."
    )


def draw(model, n, seed):
    """Draw n rows of a fitted model, of this library or another.

    Parameters
    ----------
    model : object with ``sample``
        With an argument ``random_state``, or (scikit-learn's GaussianMixture) an attribute.
    n : int
    seed : int
        From 0 to 2**32 - 1; the model's own is neither used nor moved.

    Returns
    -------
    array or DataFrame of n rows
    """
    if n == 0:  # which others refuse
        return draw(model, 1, seed)[:0]
    if "random_state" in signature(model.sample).parameters:
        rows = model.sample(n, random_state=seed)
    else:
        model = copy(model)
        model.random_state = seed
        rows = model.sample(n)
    return rows[0] if isinstance(rows, tuple) else rows
