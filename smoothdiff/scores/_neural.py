"""Score networks: small multilayer perceptrons as plain pytrees of arrays.

"mlp"               one noise level: s(x) = (W_2 relu(W_1 x + b_1) + b_2 + A x) / sqrt(t)
                    (papers, appendix J.1)
"time-conditioned"  all noise levels: s(x, t) = net(x, t) / sqrt(t), where MLP1(log t) embeds the
                    time, MLP2 takes [x, embedding], and MLP3(log t), which shares its first layer
                    with MLP1, scales and shifts what MLP2 returns (FiLM; appendix J.2)

The networks see the data scaled to the unit ball, x / scale at variance t / scale^2, so that a
change of units changes nothing. Inside them a batch is the last axis, the long one: products of
that shape are the fastest.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from .._compute import float64
from ._base import Field
from ._divergence import directions_of, total

__all__ = ["ARCHITECTURES", "NeuralScore", "apply", "as_layers", "initialize"]

ARCHITECTURES = ("time-conditioned", "mlp")
# Rows of one compiled call.
ROWS_PER_CALL = 4096


class Layer(NamedTuple):
    """An affine map of columns, x -> weight @ x + bias."""

    weight: jax.Array | np.ndarray
    bias: jax.Array | np.ndarray

    def __call__(self, x):
        """Apply the map to each column of x."""
        return self.weight @ x + self.bias[:, None]


def initialize(generator, architecture, dim, width):
    """Random parameters: a dict of blocks, each a list of layers, uniform up to 1 / sqrt(fan-in).

    Parameters
    ----------
    generator : numpy.random.Generator
    architecture : {"mlp", "time-conditioned"}
    dim : int
        Dimension of x.
    width : int
        Hidden width.
    """
    if architecture == "mlp":
        sizes = {"hidden": [(dim, width), (width, dim)], "skip": [(dim, dim)]}
    else:
        sizes = {
            "time": [(1, width)],
            "embed": [(width, width)],
            "body": [(dim + width, width), (width, width), (width, dim)],
            "modulate": [(width, 2 * dim)],
        }

    def layer(fan_in, fan_out):
        parts = generator.uniform(-1, 1, (fan_out, fan_in + 1)) / np.sqrt(fan_in)
        return Layer(parts[:, 1:], parts[:, 0])

    return {block: [layer(*size) for size in layers] for block, layers in sizes.items()}


def as_layers(params, dtype):
    """Parameters of NumPy arrays, from those or from plain pairs of arrays."""
    return {
        block: [Layer(*(np.asarray(part, dtype=dtype) for part in layer)) for layer in layers]
        for block, layers in params.items()
    }


def _perceptron(layers, x):
    for layer in layers[:-1]:
        x = jax.nn.relu(layer(x))
    return layers[-1](x)


def apply(params, architecture, x, t):
    """Score at x (n, r) and variances t (n,), in the scaled coordinates."""
    x, sigma = x.T, jnp.sqrt(t)
    if architecture == "mlp":
        return ((_perceptron(params["hidden"], x) + params["skip"][0](x)) / sigma).T
    time = jax.nn.relu(params["time"][0](jnp.log(t)[None]))
    # MLP2 begins with a linear map of [x, embedding]. The embedding is linear in ``time``, so that
    # the two maps may be multiplied first, which is the shorter way if the batch is large.
    (embed,), (first, *rest) = params["embed"], params["body"]
    on_x, on_embedding = jnp.split(first.weight, [len(x)], axis=1)
    bias = on_embedding @ embed.bias + first.bias
    h = on_x @ x + jnp.linalg.multi_dot([on_embedding, embed.weight, time]) + bias[:, None]
    out = _perceptron(rest, jax.nn.relu(h))
    stretch, shift = jnp.split(params["modulate"][0](time), 2)
    return ((out * (1 + stretch) + shift) / sigma).T


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
        t = np.broadcast_to(np.asarray(t, dtype=np.float64), (n,)) / self.scale**2
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
