"""What the inverse and the Jacobian of a ColumnTransformer need: a partition of its columns."""

from collections import UserList
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse
from sklearn.pipeline import Pipeline

from ..estimators._validation import name_columns

__all__ = ["Part", "idle", "label", "not_finite", "parts_of", "steps_of", "take"]


class Part(NamedTuple):
    """One transformer of a fitted ColumnTransformer."""

    name: str
    transformer: Any
    columns: np.ndarray  # of the input, as integers
    outputs: slice
    weight: float


def idle(step):
    """Whether a step does nothing."""
    return step is None or (isinstance(step, str) and step == "passthrough")


def label(name, step):
    """How a sentence names a step."""
    return f"Step {name!r} ({type(step).__name__})"


def not_finite(X):
    """Which rows hold NaN or infinity; categories never do, nor what is sparse."""
    X = np.zeros((X.shape[0], 0)) if issparse(X) else np.asarray(X)
    return ~np.isfinite(X).all(axis=1) if X.dtype.kind == "f" else np.zeros(len(X), dtype=bool)


def steps_of(name, pipeline: Pipeline):
    """The steps of a nested pipeline, by the names that its owner's parameters have."""
    return [(f"{name}__{inner}", step) for inner, step in pipeline.steps]


def parts_of(name, step):
    """The parts of a fitted ColumnTransformer, in which each column stands once.

    Parameters
    ----------
    name : str
        Of the step, for the sentences.
    step : ColumnTransformer
        Fitted.

    Returns
    -------
    list of Part

    Raises
    ------
    ValueError
        If a column is dropped or stands in two parts: what the transformer gives out then does not
        say, or says twice, what the column was.
    """
    weights = step.transformer_weights or {}
    owner: list[str | None] = [None] * step.n_features_in_
    found = []
    for part, transformer, spec in step.transformers_:
        columns = _numbers(step, spec)
        if len(columns) == 0 or (isinstance(transformer, str) and transformer == "drop"):
            continue
        for column in columns:
            if owner[column] is not None:
                raise ValueError(
                    f"{name_columns(step, np.array([column]))} stands in two parts of step "
                    f"{name!r} (ColumnTransformer), {owner[column]!r} and {part!r}, so that the "
                    "step has no inverse."
                )
            owner[column] = part
        weight = float(weights.get(part, 1.0))
        found.append(
            Part(f"{name}__{part}", transformer, columns, step.output_indices_[part], weight)
        )
    dropped = np.array([i for i, part in enumerate(owner) if part is None], dtype=int)
    if len(dropped):
        raise ValueError(
            f"{name_columns(step, dropped)} {'are' if len(dropped) > 1 else 'is'} dropped by step "
            f"{name!r} (ColumnTransformer), so that the step has no inverse; "
            "remainder='passthrough' keeps the columns that no part names."
        )
    return found


def _numbers(step, spec):
    """Columns as integers; ``spec`` is any of scikit-learn's ways to name them."""
    numbers = np.arange(step.n_features_in_)
    place = {column: i for i, column in enumerate(getattr(step, "feature_names_in_", ()))}
    if isinstance(spec, UserList):  # scikit-learn 1.6 warns where it is read as a list
        spec = spec.data
    if isinstance(spec, str):
        return numbers[[place[spec]]]
    if isinstance(spec, slice):
        first, last = spec.start, spec.stop
        if isinstance(first, str) or isinstance(last, str):  # of names, the last one counts too
            first = None if first is None else place[first]
            last = None if last is None else place[last] + 1
        return numbers[first : last : spec.step]
    if np.ndim(spec) == 0:
        return numbers[[spec]]
    spec = list(spec)
    if spec and isinstance(spec[0], str):
        return numbers[[place[column] for column in spec]]
    return numbers[np.array(spec, dtype=bool if spec and _is_flag(spec[0]) else int)]


def _is_flag(value):
    return isinstance(value, (bool, np.bool_))


def take(step, X, columns):
    """Columns of X as the parts of a ColumnTransformer see them: by name where X has names."""
    names = getattr(step, "feature_names_in_", None)
    if names is not None and hasattr(X, "columns"):
        return X[list(names[columns])]
    if hasattr(X, "iloc"):
        return X.iloc[:, columns]
    return X[:, columns] if issparse(X) else np.asarray(X)[:, columns]
