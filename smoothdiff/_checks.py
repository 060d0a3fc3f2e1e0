"""Checks of arguments: one clear sentence, before any work.

    The 'kappa' parameter of SmoothedPLDiffusion must be a positive float. Got -1.0 instead.
    kappa must be a positive float. Got -1.0 instead.

The first where the argument has an owner, the second where it has none (an argument of a
function). A wrong type is a TypeError, a wrong value a ValueError. Each check returns the value,
`array` and what is built on it as an array of float64.
"""

from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.model_selection import check_cv

__all__ = [
    "array",
    "choice",
    "count",
    "flag",
    "folds",
    "function",
    "increasing",
    "is_number",
    "listed",
    "number",
    "positive",
    "real",
    "refuse",
    "seed",
    "splitter",
    "subject",
    "weights",
]


def listed(names, most=20):
    """Names one after the other, as a sentence has them; of many the first ones."""
    names = list(names)
    return ", ".join(map(repr, names[:most])) + (", ..." if len(names) > most else "")


def subject(name, owner=None):
    """What a sentence is about: an argument, or a parameter of its owner, an object or a name."""
    if owner is None:
        return name
    owner = owner if isinstance(owner, str) else type(owner).__name__
    return f"The {name!r} parameter of {owner}"


def refuse(value, name, wanted, owner=None, error: type[Exception] = ValueError):
    """Say what the argument must be, and what it is."""
    raise error(f"{subject(name, owner)} must be {wanted}. Got {value!r} instead.")


def is_number(value, kind: type = Real):
    """Whether it is a number, of Python or NumPy; True and False are none."""
    return isinstance(value, kind) and not isinstance(value, (bool, np.bool_))


def real(value, name, wanted, valid, owner=None) -> Any:
    """A number that is ``valid``, a function of it."""
    if not is_number(value):
        refuse(value, name, wanted, owner, TypeError)
    if not valid(value):
        refuse(value, name, wanted, owner)
    return value


def number(value, name, owner=None, *, zero=False, infinite=False, words=()) -> Any:
    """A positive (with ``zero``, non-negative) number, or one of the ``words``."""
    wanted = "a non-negative float" if zero else "a positive float"
    wanted = " or ".join([*map(repr, words), wanted])
    if words and isinstance(value, str):
        return value if value in words else refuse(value, name, wanted, owner)

    def valid(v):
        return (v > 0 or (zero and v == 0)) and (v < np.inf or infinite)

    return real(value, name, wanted, valid, owner)


def count(value, name, owner=None, least=1) -> Any:
    """An integer of at least ``least``."""
    wanted = f"an integer of at least {least}"
    if not is_number(value, Integral):
        refuse(value, name, wanted, owner, TypeError)
    if value < least:
        refuse(value, name, wanted, owner)
    return value


def flag(value, name, owner=None):
    """True or False."""
    if not isinstance(value, (bool, np.bool_)):
        refuse(value, name, "True or False", owner, TypeError)
    return value


def choice(value, name, choices, owner=None, *, or_none=False):
    """One of the given strings; ``or_none`` says that None, which is not one, may be meant."""
    if not isinstance(value, str) or value not in choices:
        error = ValueError if isinstance(value, str) else TypeError
        wanted = "one of " + ", ".join(map(repr, choices)) + (" or None" if or_none else "")
        refuse(value, name, wanted, owner, error)
    return value


def splitter(value, name, owner=None) -> Any:
    """What splits rows into parts to train and to test with, in scikit-learn's form."""
    can_split = hasattr(value, "split") or isinstance(value, Iterable)
    if isinstance(value, str) or not (value is None or can_split):
        refuse(value, name, "an integer, a splitter or an iterable of splits", owner)
    return check_cv(value)


def folds(value, name, X, y=None, owner=None):
    """Rows to train and to test with, a list of pairs of arrays of integers."""
    try:
        pairs = list(splitter(value, name, owner).split(X, y))
    except TypeError as error:
        if y is not None:
            raise
        wanted = "an integer, a splitter that needs no y or an iterable of splits"
        raise ValueError(f"{subject(name, owner)} must be {wanted}. Got {value!r}.") from error
    if not pairs:
        raise ValueError(f"{subject(name, owner)} must have one or more splits. It has none.")
    return [tuple(_places(part, len(X), name) for part in pair) for pair in pairs]


def _places(part, n, name):
    """Rows that are given by number or by a mask of all n, by number."""
    part = np.asarray(part)
    if part.dtype == bool and part.shape == (n,):
        return np.flatnonzero(part)
    part = part.astype(int) if part.size == 0 else part
    if part.ndim != 1 or part.dtype.kind not in "iu" or (part >= n).any() or (part < -n).any():
        raise ValueError(f"The splits of '{name}' must be numbers of rows of X, which has {n}.")
    return part


def function(value, name, owner=None):
    """What can be called."""
    if not callable(value):
        refuse(value, name, "callable", owner, TypeError)
    return value


def seed(value, name="random_state"):
    """None or an integer of at least 0."""
    wanted = "None or a non-negative integer"
    if value is not None:
        if not is_number(value, Integral):
            refuse(value, name, wanted, error=TypeError)
        if value < 0:
            refuse(value, name, wanted)
    return value


def array(value, name, what, valid, shape=None, owner=None):
    """Real numbers that are ``valid`` (a function of the array), of the shape if one is given."""
    value = np.asarray(value)
    if value.dtype.kind not in "buif":
        wanted = f"{subject(name, owner)} must be real numbers."
        raise TypeError(f"{wanted} Got dtype {value.dtype} instead.")
    if shape is not None and value.shape != shape:
        wanted = f"{subject(name, owner)} must have shape {shape}."
        raise ValueError(f"{wanted} Got shape {value.shape} instead.")
    value = value.astype(np.float64)
    bad = ~valid(value)
    if bad.any():
        refuse(float(value[bad].flat[0]), name, what, owner)
    return value


def positive(value, name, shape: tuple[int, ...] | None = (), owner=None):
    """A positive, finite number, or an array of them if the shape says so (None is any)."""
    return array(value, name, "positive, finite", lambda v: (v > 0) & (v < np.inf), shape, owner)[
        ()
    ]


def increasing(value, name, owner=None):
    """Two or more numbers on a line, strictly increasing."""
    value = array(value, name, "finite", np.isfinite, owner=owner)
    if value.ndim != 1 or len(value) < 2 or not (np.diff(value) > 0).all():
        wanted = "must be two or more numbers, strictly increasing."
        raise ValueError(f"{subject(name, owner)} {wanted}")
    return value


def weights(value, n, name="weights", owner=None):
    """Positive numbers for n points, equal by default, scaled to sum to 1."""
    value = np.ones(n) if value is None else positive(value, name, (n,), owner)
    return value / value.sum()
