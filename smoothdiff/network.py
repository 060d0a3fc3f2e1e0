"""Score networks: small multilayer perceptrons as plain pytrees of arrays.

"mlp"               one noise level: s(x) = (W_2 relu(W_1 x + b_1) + b_2 + A x) / sqrt(t)
                    (papers, appendix J.1)
"time-conditioned"  all noise levels: s(x, t) = net(x, t) / sqrt(t), where MLP1(log t) embeds the
                    time, MLP2 takes [x, embedding], and MLP3(log t), which shares its first layer
                    with MLP1, scales and shifts what MLP2 returns (FiLM; appendix J.2)

The networks see the data scaled to the unit ball, x / scale at variance t / scale^2, so that a
change of units changes nothing. Inside them a batch is the last axis, the long one: products of
that shape are the fastest. The first parameters of a time-conditioned network allow for how large
its inputs are (`initialize`): from the usual ones the same steps may learn nothing
(``benchmarks/networks.py``).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

__all__ = ["ARCHITECTURES", "Layer", "apply", "as_layers", "as_pairs", "initialize"]

ARCHITECTURES = ("time-conditioned", "mlp")
# Half a range of log t counts as at least so much, if the network is of one t or few.
MIN_HALF_RANGE = 0.5


class Layer(NamedTuple):
    """An affine map of columns, x -> weight @ x + bias.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.network import Layer
    >>> Layer(np.eye(2), np.ones(2))(np.zeros((2, 1)))
    array([[1.],
           [1.]])
    """

    weight: jax.Array | np.ndarray
    bias: jax.Array | np.ndarray

    def __call__(self, x):
        """Apply the map to each column of x."""
        return self.weight @ x + self.bias[:, None]


def initialize(generator, architecture, dim, width, variances):
    """Random parameters: a dict of blocks, each a list of layers, uniform up to 1 / sqrt(fan-in).

    Two layers of a time-conditioned network begin otherwise. That of log t is one of log t moved
    and scaled to [-1, 1], with the kinks of its units spread over that interval. And x, which is
    short beside an embedding of ``width`` components, has weights up to 1 / sqrt(dim).

    Parameters
    ----------
    generator : numpy.random.Generator
    architecture : {"mlp", "time-conditioned"}
    dim : int
        Dimension of x.
    width : int
        Hidden width.
    variances : pair of float
        Least and largest t of the network, in the scaled coordinates.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.network import initialize
    >>> params = initialize(np.random.default_rng(0), "mlp", 2, 16, (0.01, 1.0))
    >>> params["hidden"][0].weight.shape
    (16, 2)
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

    params = {block: [layer(*size) for size in layers] for block, layers in sizes.items()}
    if architecture == "time-conditioned":
        _fit_inputs(params, dim, variances)
    return params


def _fit_inputs(params, dim, variances):
    """Change the layers of log t and of x as `initialize` says, in place."""
    low, high = np.log(np.maximum(variances, np.finfo(np.float64).tiny))
    middle, half = (low + high) / 2, max((high - low) / 2, MIN_HALF_RANGE)
    (slope, kink), first = params["time"][0], params["body"][0].weight
    slope = slope / half
    params["time"] = [Layer(slope, -slope[:, 0] * (middle + half * kink))]
    first[:, :dim] *= np.sqrt(first.shape[1] / dim)


def as_layers(params, dtype):
    """Parameters of NumPy arrays, from those or from plain pairs of arrays.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.network import as_layers
    >>> as_layers({"skip": [(np.eye(2), np.ones(2))]}, np.float32)["skip"][0].weight.dtype
    dtype('float32')
    """
    return {
        block: [Layer(*(np.asarray(part, dtype=dtype) for part in layer)) for layer in layers]
        for block, layers in params.items()
    }


def as_pairs(params):
    """Parameters as plain dicts, lists and pairs of NumPy arrays, which pickle without JAX.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.network import Layer, as_pairs
    >>> type(as_pairs({"skip": [Layer(np.eye(2), np.ones(2))]})["skip"][0])
    <class 'tuple'>
    """
    return {
        block: [tuple(np.asarray(part) for part in layer) for layer in layers]
        for block, layers in params.items()
    }


def _perceptron(layers, x):
    for layer in layers[:-1]:
        x = jax.nn.relu(layer(x))
    return layers[-1](x)


def apply(params, architecture, x, t):
    """Score at x (n, r) and variances t (n,), in the scaled coordinates.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.network import apply, initialize
    >>> params = initialize(np.random.default_rng(0), "mlp", 2, 16, (0.01, 1.0))
    >>> apply(params, "mlp", np.zeros((3, 2)), np.full(3, 0.1)).shape
    (3, 2)
    """
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
