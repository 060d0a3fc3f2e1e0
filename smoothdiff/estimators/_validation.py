"""Checks of parameters and data that need an estimator: one clear sentence, before any work."""

from contextlib import contextmanager
from numbers import Integral

import numpy as np
from sklearn.utils.validation import check_array, validate_data

from .. import _checks as checks
from ._rows import is_frame

__all__ = [
    "check_choice",
    "check_count",
    "check_finite_data",
    "check_flag",
    "check_n_components",
    "check_n_samples",
    "check_number",
    "check_sample_weight",
    "check_seed",
    "check_times",
    "check_workers",
    "make_generator",
    "name_columns",
    "refuse",
    "unchanged_on_error",
]


# Rows whose values are looked at together.
BLOCK = 1 << 16
# How NumPy and pandas begin to refuse text.
NO_NUMBER = "could not convert string to float"
OF_TEXT = (NO_NUMBER, "Cannot cast")


@contextmanager
def unchanged_on_error(estimator):
    """Restore the estimator's attributes, and its RandomState, if the block raises."""
    before = estimator.__dict__.copy()
    source = before.get("random_state")
    state = source.get_state() if isinstance(source, np.random.RandomState) else None
    try:
        yield
    except BaseException:
        estimator.__dict__.clear()
        estimator.__dict__.update(before)
        if state is not None:
            source.set_state(state)
        raise


def refuse(estimator, name, wanted, error: type[Exception] = ValueError):
    """Say what the parameter must be, and what it is."""
    checks.refuse(getattr(estimator, name), name, wanted, estimator, error)


def check_number(estimator, name, *, zero=False, auto=False, infinite=False):
    """A positive (or, with ``zero``, non-negative) number, or "auto" or infinity where allowed."""
    words = ("auto",) if auto else ()
    value = getattr(estimator, name)
    checks.number(value, name, estimator, zero=zero, infinite=infinite, words=words)


def check_count(estimator, name, *, least=1):
    """An integer of at least ``least``."""
    checks.count(getattr(estimator, name), name, estimator, least)


def check_flag(estimator, name):
    """True or False."""
    checks.flag(getattr(estimator, name), name, estimator)


def check_choice(estimator, name, choices):
    """One of the given strings."""
    checks.choice(getattr(estimator, name), name, choices, estimator)


def check_workers(estimator):
    """n_jobs and verbose, which are read at each call."""
    n_jobs, verbose = estimator.n_jobs, estimator.verbose
    wanted = "None or an integer other than 0"
    if n_jobs is not None and not checks.is_number(n_jobs, Integral):
        refuse(estimator, "n_jobs", wanted, TypeError)
    if n_jobs == 0:
        refuse(estimator, "n_jobs", wanted)
    if not isinstance(verbose, (bool, np.bool_)):
        check_count(estimator, "verbose", least=0)


def name_columns(estimator, columns):
    """The columns of X of these numbers, by name where they have one."""
    names = getattr(estimator, "feature_names_in_", np.arange(estimator.n_features_in_))
    shown = [repr(str(name)) if isinstance(name, str) else str(name) for name in names[columns[:5]]]
    more = f" and {len(columns) - 5} more" if len(columns) > 5 else ""
    return f"Column{'s' if len(columns) > 1 else ''} {', '.join(shown)}{more}"


def check_n_components(estimator, n, d):
    """As in scikit-learn's PCA, and "auto"; ``n`` and ``d`` are the shape of the data."""
    value, name = estimator.n_components, "n_components"
    wanted = (
        "'auto', 'mle', None, a float in (0, 1) or an integer from 1 to min(n_samples, n_features)"
    )
    if value is None:
        return
    if isinstance(value, str):
        if value not in ("auto", "mle"):
            refuse(estimator, name, wanted)
        if value == "mle" and n < d:
            raise ValueError(
                f"n_components='mle' needs at least as many samples as features. Got n_samples={n} "
                f"and n_features={d}; use 'auto' or a number instead."
            )
    elif not checks.is_number(value):
        refuse(estimator, name, wanted, TypeError)
    elif isinstance(value, Integral):
        if not 1 <= int(value) <= min(n, d):
            raise ValueError(
                f"The 'n_components' parameter of {type(estimator).__name__} must be from 1 to "
                f"min(n_samples, n_features) = {min(n, d)}. Got {value!r} instead."
            )
    elif not 0 < value < 1:
        refuse(estimator, name, wanted)


def check_finite_data(estimator, X, *, reset, keep_float32=False):
    """X as float64 of shape (n, d), or an error that says where and how many values are bad.

    With ``keep_float32`` an array of float32 remains one, without a copy.
    """
    kept = keep_float32 and getattr(X, "dtype", None) == np.float32
    _refuse_other_types(estimator, X)
    try:
        X = validate_data(
            estimator,
            X,
            reset=reset,
            dtype=np.float32 if kept else np.float64,
            order="C",  # the same rounding whatever the layout of X
            ensure_all_finite=False,
            ensure_min_samples=1,
        )
    except (ValueError, TypeError) as error:
        raise _naming_column(error, estimator, X) from None
    bad = [found for start in range(0, len(X), BLOCK) if len(found := _bad(X, start))]
    if bad:
        rows, columns = np.concatenate(bad).T
        nan = np.isnan(X[rows, columns])
        what = "NaN" if nan.all() else "NaN and infinity" if nan.any() else "infinity"
        raise ValueError(
            f"Input X contains {what}: {len(rows)} values in {len(np.unique(rows))} of "
            f"{len(X)} rows, the first at row {rows[0]}, column {columns[0]} (counted from 0). "
            f"{type(estimator).__name__} does not accept missing or infinite values."
        )
    return X


def _bad(X, start):
    """Rows and columns of what is not finite among the next rows, (k, 2)."""
    rows, columns = np.nonzero(~np.isfinite(X[start : start + BLOCK]))
    return np.c_[rows + start, columns]


def _refuse_other_types(estimator, X):
    """Complex numbers and text in one sentence; scikit-learn would print the whole array."""
    name = type(estimator).__name__
    dtypes = getattr(X, "dtypes", None)  # of a DataFrame
    dtypes = [getattr(X, "dtype", None)] if dtypes is None else list(dtypes)
    if any(getattr(dtype, "kind", "") == "c" for dtype in dtypes):
        raise ValueError(
            f"Complex data not supported. {name} takes real numbers; give real and imaginary parts "
            "as columns."
        )
    if isinstance(X, np.ndarray) and X.dtype.kind in "US":
        for value in X.ravel().tolist():
            try:
                float(value)
            except ValueError:
                raise ValueError(f"{NO_NUMBER}: {value!r}. {_takes_numbers(estimator)}") from None


def _naming_column(error, estimator, X):
    """What is raised where no floats can be made of X: that error, with the column of a DataFrame.

    Errors of names and shapes stay.
    """
    is_text = isinstance(error, ValueError) and str(error).startswith(OF_TEXT)
    if isinstance(error, ValueError) and not is_text:
        return error
    column = _column_without_numbers(X)
    if is_text:
        where = f", in column {column!r} of X" if column is not None else ""
        return ValueError(f"{error}{where}. {_takes_numbers(estimator)}")
    if column is not None:
        return TypeError(f"Column {column!r} of X has no numbers. {_takes_numbers(estimator)}")
    return error


def _column_without_numbers(X):
    """The name of the first column of a DataFrame that is no floats; None where there is none."""
    for name in X.columns if is_frame(X) else ():
        column = X[name]
        try:
            if hasattr(column, "astype"):  # NumPy would make numbers of dates
                column.astype(np.float64)
            else:
                np.asarray(column, dtype=np.float64)
        except (ValueError, TypeError):
            return name
    return None


def _takes_numbers(estimator):
    name = type(estimator).__name__
    return f"{name} takes numbers; for columns of other kinds see TableDiffusion."


def check_sample_weight(sample_weight, n):
    """Weights as float64 of shape (n,), finite, non-negative and not all zero."""
    if sample_weight is None:
        return np.broadcast_to(1.0, n)
    weights = check_array(
        sample_weight, ensure_2d=False, dtype=np.float64, input_name="sample_weight"
    )
    if weights.shape != (n,):
        raise ValueError(
            f"sample_weight must have one entry for each row of X, shape ({n},). "
            f"Got shape {weights.shape} instead."
        )
    if (weights < 0).any():
        raise ValueError(
            f"sample_weight must not be negative. Got {int((weights < 0).sum())} negative entries."
        )
    if not weights.any():
        raise ValueError("sample_weight must not be zero for every row.")
    with np.errstate(over="ignore"):
        total = weights.sum()
    if not np.isfinite(total):
        raise ValueError("sample_weight must have a finite sum. Got weights that are too large.")
    return weights


def check_times(name, value, largest, *, zero=False, shape=()):
    """A variance in (0, largest], or with ``zero`` in [0, largest]; an array where allowed."""
    interval = f"{'[' if zero else '('}0, {largest:.6g}]"
    times = np.asarray(value)
    if times.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be a variance in {interval}. Got {value!r} instead.")
    if times.shape != () and times.shape != shape:
        raise ValueError(
            f"{name} must be a number{f' or an array of shape {shape}' if shape else ''}. "
            f"Got an array of shape {times.shape} instead."
        )
    times = times.astype(np.float64)
    # The ends of a computed grid may be off by rounding.
    high = largest * (1 + 1e-12)
    bad = ~((times >= 0) & (times <= high)) if zero else ~((times > 0) & (times <= high))
    if bad.any():
        first = float(times[bad].ravel()[0])
        raise ValueError(f"{name} must be a variance in {interval} (t0_). Got {first!r} instead.")
    return times


def check_seed(random_state):
    """None, a non-negative integer, a RandomState or a Generator."""
    if random_state is None or isinstance(
        random_state, (np.random.Generator, np.random.RandomState)
    ):
        return
    if not checks.is_number(random_state, Integral):
        raise TypeError(
            "random_state must be None, a non-negative integer, a numpy.random.RandomState or a "
            f"numpy.random.Generator. Got {random_state!r} instead."
        )
    if random_state < 0:
        raise ValueError(f"random_state must not be negative. Got {random_state!r} instead.")


def make_generator(random_state):
    """A NumPy generator that leaves NumPy's global one alone.

    None gives fresh entropy, an integer a fixed sequence; a RandomState seeds one (and is
    advanced by that), a Generator is used as it is.
    """
    check_seed(random_state)
    if isinstance(random_state, np.random.RandomState):
        random_state = random_state.randint(0, 2**32, size=4, dtype=np.uint32)
    return np.random.default_rng(random_state)


def check_n_samples(n_samples):
    """A non-negative integer, as int."""
    wanted = "a non-negative integer"
    if not checks.is_number(n_samples, Integral):
        checks.refuse(n_samples, "n_samples", wanted, error=TypeError)
    if n_samples < 0:
        checks.refuse(n_samples, "n_samples", wanted)
    return int(n_samples)
