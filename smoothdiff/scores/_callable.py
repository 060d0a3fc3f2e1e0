"""A score field of your own, in data coordinates: any callable, or object with a denoiser.

    s(x) = U f(m + U' x, t)        the tangent part of f at the point of the subspace

``f`` is called with x (n, d), n <= 4096 at a time, and t, a float. NumPy arrays go in, or those of
the framework that it asks for. The slopes u . J u that make up the divergence come from the
framework's own differentiation where it agrees with differences, which is tried once, and from
differences where it does not or there is none.
"""

import sys
from collections.abc import Callable
from contextlib import nullcontext

import jax
import jax.numpy as jnp
import numpy as np

from .._compute import float64
from ..noise import positive_variance
from ..subspace import Subspace
from ._base import Field
from ._divergence import (
    default_probes,
    directions_of,
    divergence_by_differences,
    total,
)

__all__ = ["CallableScore"]

ROWS_PER_CALL = 4096
# Largest relative difference of slopes at which automatic differentiation is believed, beyond
# what the differences say of themselves.
AGREEMENT = 1e-4
# Roundings of the field's values that a differentiated slope may be off by.
ROUNDINGS = 16
# Precision of values from which their rounding alone says how far off a slope may be.
PRECISE = 1e-12


class CallableScore(Field):
    """A user's field as a score in tangent coordinates.

    Parameters
    ----------
    field : callable or object
        ``field(x, t)``, the score, or an object with ``denoise(x, t)`` or ``score(x, t)``; in
        data coordinates, of shape (n, d) for x (n, d) and the float t.
    subspace : Subspace
        Where the tangent coordinates lie in the space of the data.
    x : array of shape (m, d)
        Some rows to try it with, once.
    t : float
        Variance to try it at.

    Raises
    ------
    ValueError, TypeError
        If it is no field, or returns anything but finite numbers of the shape of x.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.scores import CallableScore
    >>> from smoothdiff.subspace import whole_space
    >>> x, space = np.ones((1, 2)), whole_space(np.zeros((1, 2)), np.ones(1))
    >>> score = CallableScore(lambda x, t: -x / (1 + t), space, x, 1.0)
    >>> score(x, 1.0), score.divergence(x, 1.0)[0].round(6)
    (array([[-0.5, -0.5]]), array([-1.]))
    """

    def __init__(self, field, subspace: Subspace, x, t):
        self.field = field
        self.subspace = subspace
        self._method = _method_of(field)
        self._framework = self._find_framework(x, t)
        self._differentiates = self._framework != "numpy" or _jax_accepts(self._function, x, t)
        if self._differentiates:
            self._differentiates = self._agrees(x, t)

    @property
    def _function(self) -> Callable:
        return self.field if self._method == "__call__" else getattr(self.field, self._method)

    def __call__(self, x, t):
        """Score, (n, r)."""
        X = self.subspace.lift(x)
        return self._by_time(self._score, X, t) @ self.subspace.components.T

    def divergence(self, x, t, probes=None):
        """Sum of the slopes along the tangent axes (probes beyond 10), and its error."""
        X, r = self.subspace.lift(x), x.shape[1]
        if len(x) == 0:
            return np.zeros(0), np.zeros(0)
        precise = self._differentiates and np.finfo(self._dtype).eps < PRECISE
        if not precise:
            value, error = self._by_time(self._by_differences(probes), X, t).T
        if not self._differentiates:
            return value, error
        directions = directions_of(r, probes)
        slopes = list(self._by_time(self._slopes(directions @ self.subspace.components), X, t).T)
        eps = np.finfo(self._dtype).eps
        found, rounding = total(slopes, [ROUNDINGS * eps * np.abs(s) for s in slopes], r, probes)
        # What cancels within a network of 32 bits does not show in the slope: differences bound it.
        return found, rounding if precise else rounding + error + np.abs(found - value)

    # ------------------------------------------------------------------ calls

    def _score(self, X, t):
        value = self._value(X, t)
        value = value if self._method != "denoise" else (value - X) / t
        if not np.isfinite(value).all():
            bad = int((~np.isfinite(value)).any(axis=1).sum())
            raise ValueError(
                f"The field returned NaN or infinity for {bad} of {len(X)} rows at t={t:.6g}."
            )
        return value

    def _value(self, X, t):
        """What the user's function returns for NumPy rows, as NumPy, in its own precision."""
        value = _to_numpy(self._call(self._framework, X.copy(), t))  # it may work in place
        if value.shape != X.shape:
            raise ValueError(
                f"The field must return shape {X.shape}. Got shape {value.shape} instead."
            )
        if value.dtype.kind != "f":
            raise TypeError(f"The field must return real numbers. Got dtype {value.dtype} instead.")
        return value

    def _call(self, framework, X, t):
        with float64() if framework == "jax" else nullcontext():
            return self._function(_to(framework, self.field, X), t)

    def _by_time(self, function, X, t):
        """Rows by their variance, in calls of few sizes."""
        t = np.broadcast_to(positive_variance(t), len(X))
        out = None
        for value in np.unique(t):
            rows = np.flatnonzero(t == value)
            for start in range(0, len(rows), ROWS_PER_CALL):
                part = rows[start : start + ROWS_PER_CALL]
                padded = np.resize(part, min(1 << (len(part) - 1).bit_length(), ROWS_PER_CALL))
                found = np.asarray(function(X[padded], float(value)), dtype=np.float64)[: len(part)]
                out = np.empty((len(X), *found.shape[1:])) if out is None else out
                out[part] = found
        return np.empty(X.shape) if out is None else out

    # ------------------------------------------------------------------ slopes

    def _slopes(self, directions):
        """A function of rows and a variance: slopes u . J u of the score, (n, m)."""

        def slopes(X, t):
            if self._framework == "torch":
                found = _torch_slopes(self._function, _to("torch", self.field, X), t, directions)
            else:
                found = _jax_slopes(self._function, X, t, directions)
            if self._method == "denoise":
                found = (found - (directions**2).sum(axis=1)) / t
            return found

        return slopes

    def _by_differences(self, probes):
        components = self.subspace.components

        def divergence(X, t):
            def along(x):
                X_near = X + x @ components
                value = self._value(X_near, t)
                if self._method == "denoise":
                    value = (value - X_near.astype(value.dtype)) / value.dtype.type(t)
                return value @ components.T.astype(value.dtype)

            x = np.zeros((len(X), len(components)))

            def shifted(y, _):  # one row is asked for its precision
                return along(np.broadcast_to(y, x.shape))[: len(y)]

            return np.column_stack(divergence_by_differences(shifted, x, t, probes))

        return divergence

    def _agrees(self, x, t):
        """Whether the framework's slopes are those of differences, within what these may err."""
        r = len(self.subspace.components)
        probes = default_probes(r)
        try:
            directions = directions_of(r, probes) @ self.subspace.components
            found = self._slopes(directions)(x, t)
        except Exception:
            return False
        expected, error = self._by_differences(probes)(x, t).T
        sums = found.sum(axis=1) if len(directions) == r else found.mean(axis=1)
        allowed = AGREEMENT * (np.abs(found).sum(axis=1) + 1 / t) + 10 * error
        return bool((np.abs(sums - expected) <= allowed).all())

    def _find_framework(self, x, t):
        """The kind of arrays that the field takes: NumPy's if it can."""
        tried = []
        torch = sys.modules.get("torch")
        names = ["numpy", "jax"] + (["torch"] if torch is not None else [])
        if torch is not None and isinstance(self.field, torch.nn.Module):
            names = ["torch"]
        for name in names:
            self._framework = name
            try:
                value = self._call(name, x, t)
            except Exception as error:
                tried.append(error)
                continue
            if name == "numpy" and isinstance(value, jax.Array):
                self._framework = name = "jax"
            self._dtype = self._value(x, t).dtype
            self._score(x, t)
            return name
        raise ValueError(
            f"The field could not be called with x of shape {x.shape} and t={t:.6g}: "
            f"{type(tried[0]).__name__}: {tried[0]}"
        ) from tried[0]


def _method_of(field):
    for name in ("denoise", "score", "__call__"):
        if callable(getattr(field, name, None)):
            return name
    raise TypeError(
        "The 'field' parameter of ScoreDiffusion must be a callable field(x, t) or an object with "
        f"denoise(x, t) or score(x, t). Got {field!r} instead."
    )


def _to(framework, field, X):
    """Rows as arrays of the framework, for a network in its own precision and on its device."""
    if framework == "numpy":
        return X
    if framework == "jax":
        return jnp.asarray(X)
    import torch

    like = next(iter(field.parameters()), None) if isinstance(field, torch.nn.Module) else None
    return torch.as_tensor(X) if like is None else torch.as_tensor(X).to(like)


def _to_numpy(value):
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    return np.asarray(value)


def _jax_accepts(function, x, t):
    """Whether a function of NumPy arrays can be differentiated by JAX as well."""
    try:
        _jax_slopes(function, x, t, np.eye(x.shape[1])[:1])
    except Exception:
        return False
    return True


def _jax_slopes(function, X, t, directions):
    with float64():
        X = jnp.asarray(X)

        def along(u):
            return jax.jvp(lambda y: function(y, t), (X,), (jnp.broadcast_to(u, X.shape),))[1] @ u

        return np.stack([np.asarray(along(jnp.asarray(u))) for u in directions], axis=1)


def _torch_slopes(function, X, t, directions):
    import torch

    with torch.enable_grad():
        X = X.detach().requires_grad_()
        value, slopes = function(X, t), []
        for u in torch.as_tensor(directions).to(X):
            (gradient,) = torch.autograd.grad((value * u).sum(), X, retain_graph=True)
            slopes.append(_to_numpy(gradient @ u))
    return np.stack(slopes, axis=1)
