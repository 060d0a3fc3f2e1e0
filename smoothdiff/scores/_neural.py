"""The score field of a trained network; the network itself is `smoothdiff.network`."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from .._compute import float64
from ..network import apply, as_layers
from ..noise import positive_variance
from ._base import Field
from ._divergence import directions_of, total

__all__ = ["NeuralScore"]

# Rows of one compiled call.
ROWS_PER_CALL = 4096


@partial(jax.jit, static_argnames="architecture")
def _score(params, x, t, *, architecture):
    return apply(params, architecture, x, t)


@partial(jax.jit, static_argnames="architecture")
def _slopes(params, x, t, directions, *, architecture):
    """Slopes u . J u of the score for each of the directions u (m, r), shape (m, n)."""

    def along(u):
        tangent = jnp.broadcast_to(u, x.shape)
        _, change = jax.jvp(lambda y: apply(params, architecture, y, t), (x,), (tangent,))
        return change @ u

    return jax.lax.map(along, directions)


class NeuralScore(Field):
    """A trained network as a score field, in the user's units.

    Parameters
    ----------
    params : pytree
    architecture : {"mlp", "time-conditioned"}
    scale : float
        Length that the network takes as 1.
    """

    def __init__(self, params, architecture, scale=1.0):
        self.params = as_layers(params, np.float64)
        self.architecture = architecture
        self.scale = scale

    def __call__(self, x, t):
        """Score, (n, r), float64."""
        return self._in_calls(_score, x, t) / self.scale

    def divergence(self, x, t, probes=None):
        """Trace of the Jacobian, exact in up to 10 dimensions and by probes beyond."""
        directions = directions_of(x.shape[1], probes)
        slopes = self._in_calls(_slopes, x, t, directions).T / self.scale**2
        return total(slopes, np.zeros(slopes.shape), x.shape[1], probes)

    def _in_calls(self, function, x, t, *more):
        """Evaluate in calls of one shape; rows first."""
        n, r = x.shape
        t = np.broadcast_to(positive_variance(t), (n,)) / self.scale**2
        parts = []
        with float64():
            for start in range(0, n, ROWS_PER_CALL):
                m = min(ROWS_PER_CALL, n - start)
                x_part, t_part = np.zeros((ROWS_PER_CALL, r)), np.ones(ROWS_PER_CALL)
                x_part[:m], t_part[:m] = x[start : start + m] / self.scale, t[start : start + m]
                out = function(self.params, x_part, t_part, *more, architecture=self.architecture)
                out = np.asarray(out if function is _score else out.T)
                parts.append(out[:m])
        return np.concatenate(parts) if parts else np.empty((0, r))
