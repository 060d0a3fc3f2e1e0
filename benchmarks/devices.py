"""The tiled sums against what the devices can do at most, on whatever JAX finds: GPUs or cores.

A full sum over all pairs of a query and a point, of which nothing is negligible, takes a product of
their matrices and one exponential a pair; the posterior mean takes a second product. These limits
are timed in the same run, in tiles too, at the same precision. "density" and "mean" are the time
that the limits take over that of ``log_density`` and of ``posterior_mean``.
The library sums in float64; its program in float32, with squared distances always expanded, is
here to tell what that costs, in time and in error.

Beside them, where they install: PyTorch's ``scaled_dot_product_attention``, of which the posterior
mean is a case, and KeOps' ``logsumexp``. With several devices the sums run on the first alone too.
"""

import os
from contextlib import contextmanager
from functools import partial
from unittest.mock import patch

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from smoothdiff import _compute, mixture
from smoothdiff.mixture import _exponents, _sums

from ._measure import record, seconds
from .density import reference

DIMENSIONS = (2, 16, 64, 784)
# On a CPU and on accelerators: points, queries, and queries x points that are formed at once.
SIZES = {"cpu": (4096, 2048, (256, 512))}
LARGE = (131072, 16384, (2048, 8192))
# Queries whose density is compared with a sum over all differences.
CHECKED = 64


def best(function, d):
    """Seconds of the fastest call after one that compiles, of more where they are short."""
    function()
    return seconds(function, 20 if d < 100 else 3)[0]


def everywhere(function, n, d):
    """Seconds of n pieces, dealt to threads and devices as the library's own are."""
    piece = lambda i: jax.block_until_ready(function(i))  # noqa: E731
    return best(partial(_compute.map_threads, piece, range(n)), d)


def limits(x, y, tile, precision):
    """Seconds of the product of x and y, and of an exponential for each pair, by tiles."""
    parts = x.reshape(-1, tile[0], x.shape[1])
    points = _compute.OnDevices(y.reshape(-1, tile[1], y.shape[1]))
    exponents = _compute.OnDevices(-20 * np.random.default_rng(0).random(tile).astype(x.dtype))

    @jax.jit
    def multiply(part, points):
        return lax.fori_loop(
            0, len(points), lambda k, _: part @ points[k].T, jnp.zeros(tile, part.dtype)
        )

    @jax.jit
    def exponentiate(exponents):
        add = lambda k, s: s + jnp.exp(exponents - 1e-6 * k * s)  # noqa: E731
        return lax.fori_loop(0, len(y) // tile[1], add, jnp.ones(tile, exponents.dtype))

    def product(i):
        with precision(), jax.default_matmul_precision("highest"):
            return multiply(parts[i], points.here())

    def exponentials(_):
        with precision():
            return exponentiate(exponents.here())

    return [everywhere(call, len(parts), x.shape[1]) for call in (product, exponentials)]


def sums(x, y, half, dtype):
    """Calls of the density and of the mean, and what must hold while they run."""
    tiles, settings = mixture.tile(y, np.zeros(len(y))), _compute.float64
    if dtype == np.float32:
        tiles = jax.tree.map(lambda array: array.astype(dtype), tiles.arrays)
        tiles, settings = _compute.OnDevices(tiles), in_float32
    calls = [partial(f, tiles, x, half) for f in (mixture.log_density, mixture.posterior_mean)]
    return *calls, settings


@contextmanager
def in_float32():
    """The program in float32, by the product, whose rounding the library would not accept."""
    reduce = _sums._reduce

    def reduce_in_float32(*arguments, moments):
        # Its least number, -1e300, becomes -inf.
        settings = np.errstate(over="ignore"), jax.default_matmul_precision("highest")
        with _compute.float32(), settings[0], settings[1]:
            return reduce(*arguments, moments=moments)

    with (
        patch.object(_sums, "_reduce", reduce_in_float32),
        patch.object(_exponents, "EXPANSION_ERROR", np.inf),
    ):
        yield


def attention(x, y, half):
    """PyTorch's seconds for the mean: softmax of 2 h x.y - h |y|^2, times y."""
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    keys = np.column_stack([y, -(y * y).sum(axis=1) / 2])
    queries = np.column_stack([x, np.ones(len(x), x.dtype)])
    q, k, v = (torch.as_tensor(a, device=device)[None, None] for a in (queries, keys, y))

    def run():
        for part in q.split(2048, dim=2):
            mean = torch.nn.functional.scaled_dot_product_attention(part, k, v, scale=2 * half)
        return mean[0, 0, -1].cpu().numpy()  # waits for the device

    return {"attention_s": best(run, x.shape[1]), "attention_on": device}


def keops(x, y, half):
    """KeOps' seconds for the density; its first call compiles."""
    from pykeops.numpy import LazyTensor

    def run():
        squares = ((LazyTensor(x[:, None]) - LazyTensor(y[None])) ** 2).sum(-1)
        return (-half * squares).logsumexp(axis=1)

    return {"keops_s": best(run, x.shape[1])}


def peers(*arguments):
    """What those took that are there."""
    found = {}
    for peer in (attention, keops):
        try:
            found |= peer(*arguments)
        except Exception as error:  # not installed, no compiler, no kernel: say so, and go on
            found[peer.__name__] = f"none ({type(error).__name__})"
    return found


def compare(d, dtype, n, m, tile):
    """One row of the results."""
    rng = np.random.default_rng(0)
    x, y = (rng.normal(size=(size, d)).astype(dtype) for size in (m, n))
    half = 1 / (2 * d)
    wide = x[:CHECKED].astype(np.float64), y.astype(np.float64)
    exact = reference(*wide, d) + np.log(n) + d / 2 * np.log(2 * np.pi * d)
    precision = _compute.float32 if dtype == np.float32 else _compute.float64
    product, exponentials = limits(x, y, tile, precision)
    density, mean, settings = sums(x, y, half, dtype)
    with settings():
        found, density_s, mean_s = density(), best(density, d), best(mean, d)
        row = {
            "n": n,
            "queries": m,
            "product_s": product,
            "exp_s": exponentials,
            "density_s": density_s,
            "mean_s": mean_s,
            "density": (product + exponentials) / density_s,
            "mean": (2 * product + exponentials) / mean_s,
            "error": float(np.max(np.abs(found[:CHECKED] - exact) / np.maximum(1, np.abs(exact)))),
        }
        if jax.local_device_count() > 1:
            with jax.default_device(jax.local_devices()[0]):
                same = np.array_equal(density(), found)
                row |= {"one_device_s": best(density, d), "same_bits": same}
    return row | peers(x, y, half)


def main():
    platform = jax.default_backend()
    n, m, tile = SIZES.get(platform, LARGE)
    kinds = {device.device_kind for device in jax.local_devices()}
    results = {
        "devices": {
            "platform": platform,
            "kind": ", ".join(sorted(kinds)),
            "count": jax.local_device_count(),
            "threads": _compute.n_threads(),
            # Of the machine, before the run: above the number of cores, others are at work.
            "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        }
    }
    for d in DIMENSIONS:
        for dtype in (np.float32, np.float64):
            results[f"d={d}, {np.dtype(dtype).name}"] = compare(d, dtype, n, m, tile)
    record("devices", results)
    return results
