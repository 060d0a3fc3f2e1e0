"""What a step minimizes, and what it draws for it.

    "esf"  E t |s(x_t, t) - s_t(x_t)|^2           regress on the exact empirical score
    "dsm"  E |sqrt(t) s(x_t, t) + z|^2            denoising score matching, x_t = x_0 + sqrt(t) z

They differ by a constant (Vincent 2011); the first has no label noise, the second does not look at
all points in each step. Variances are drawn with t^(1/3) uniform (papers, appendix J.2); a network
for one noise level sees the largest alone.
"""

import jax
import jax.numpy as jnp
import numpy as np

from .._compute import float32
from ..network import apply
from ..scores._empirical import empirical_score_of_batch
from ..scores._neural import NeuralScore

__all__ = ["OBJECTIVES", "as_data", "draw", "training_loss", "validation_loss"]

OBJECTIVES = ("esf", "dsm")
# Noised rows, at least, that the loss on rows held out is a mean of.
VALIDATION_ROWS = 1024


def as_data(points, weights, t_min, t_max):
    """What batches are drawn from: points, their log- and cumulative weights, and the variances.

    The points (n, r) are padded to a power of two, at weight 0, for few compilations.
    """
    n = len(points)
    padding = (1 << max(n - 1, 0).bit_length()) - n
    points = np.pad(points, ((0, padding), (0, 0)))
    weights = np.pad(weights, (0, padding))
    with float32(), np.errstate(divide="ignore"):
        parts = points, np.log(weights), np.cumsum(weights)
        return *(jnp.asarray(part, jnp.float32) for part in parts), t_min, t_max


def draw(key, settings, data):
    """A batch: noised points x_t (m, r), their variances t (m,) and the noise z (m, r) in them."""
    points, _, cumulative, t_min, t_max = data
    batch = settings.batch_size
    which, when, noise = jax.random.split(key, 3)
    if settings.architecture == "mlp":
        t = jnp.full(batch, t_max, jnp.float32)
    else:
        ends = t_min ** (1 / 3), t_max ** (1 / 3)
        t = jax.random.uniform(when, (batch,), minval=ends[0], maxval=ends[1]) ** 3
    share = jax.random.uniform(which, (batch,)) * cumulative[-1]
    k = jnp.searchsorted(cumulative, share, side="right").clip(0, len(points) - 1)
    z = jax.random.normal(noise, (batch, points.shape[1]))
    return points[k] + jnp.sqrt(t)[:, None] * z, t, z


def training_loss(params, key, settings, data):
    """Loss of one batch, drawn by the key."""
    x, t, z = draw(key, settings, data)
    score = apply(params, settings.architecture, x, t)
    if settings.objective == "esf":
        points, log_weights, *_ = data
        target = empirical_score_of_batch(points, log_weights, x, t)
    else:
        target = -z / jnp.sqrt(t)[:, None]
    return (t[:, None] * (score - target) ** 2).sum(1).mean()


def validation_loss(params, settings, data, held_out):
    """Denoising loss of the parameters on rows held out, at noise that is always the same.

    Each row stands at as many noise levels as make up at least 1024.
    """
    *_, t_min, t_max = data
    rng = np.random.default_rng(0)
    copies = -(-VALIDATION_ROWS // len(held_out[0]))
    y, weights = (np.repeat(a, copies, axis=0) for a in held_out)
    t = np.full(len(y), t_max)
    if settings.architecture != "mlp":
        t = rng.uniform(t_min ** (1 / 3), t_max ** (1 / 3), len(y)) ** 3
    sigma = np.sqrt(t)[:, None]
    z = rng.normal(size=y.shape)
    score = NeuralScore(params, settings.architecture)(y + sigma * z, t)
    return float(np.average(((sigma * score + z) ** 2).sum(axis=1), weights=weights))
