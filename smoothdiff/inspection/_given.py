"""What displays are given: a fitted estimator that can do what is asked of it, and its rows."""

from inspect import signature

from sklearn.utils.validation import check_is_fitted

from ..estimators import _validation as checks

__all__ = ["as_input", "check_estimator", "check_names_parents", "check_parents", "rows_of"]


def check_estimator(estimator, display, method, like):
    """Refuse an estimator that is not fitted or lacks the method that a display is made by."""
    if not hasattr(estimator, method):
        raise TypeError(
            f"{display} needs an estimator with {method}, such as {like}. "
            f"Got {_name(estimator)} instead."
        )
    check_is_fitted(estimator)


def _name(value):
    """The class of an object, or a class itself, as a word."""
    return value.__name__ if isinstance(value, type) else type(value).__name__


def check_names_parents(estimator, owner):
    """Refuse an estimator whose samples do not say which rows they are made of."""
    if "return_parents" not in signature(estimator.sample).parameters:
        raise TypeError(
            f"{owner} needs an estimator whose samples have parents, such as SmoothedPLDiffusion. "
            f"Got {type(estimator).__name__} instead."
        )


def check_parents(parents, X):
    """Refuse rows that are too few for the parents of samples to be among them."""
    if parents.max(initial=-1) >= len(X):
        raise ValueError(
            f"X must be the rows that the estimator was fitted to. Got {len(X)} rows, but row "
            f"{parents.max()} is a parent."
        )


def rows_of(estimator, X):
    """X as float64 (n, n_features), checked against what the estimator was fitted to."""
    schema = getattr(estimator, "schema_", None)
    if schema is not None and not all(column.interpolated for column in schema.kept):
        raise TypeError(
            "A display of points needs an estimator of numbers. Got "
            f"{_name(estimator)}; give its estimator_ with embed(X), or see ReportDisplay."
        )
    if X is None:
        raise TypeError("X must be the rows to show. Got None instead.")
    return checks.check_finite_data(estimator, X, reset=False)


def as_input(estimator, X):
    """Rows made here as what the estimator was fitted to: with the names of its columns."""
    names = getattr(estimator, "feature_names_in_", None)
    if names is None:
        return X
    import pandas as pd

    return pd.DataFrame(X, columns=names)
