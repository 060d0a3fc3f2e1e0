"""Log-density of a point cloud: tiled log-sum-exp against scikit-learn's KernelDensity.

The limit is the exponential: one for each pair of query and point that is not provably
negligible. ``exp_fraction`` is the time that the exponentials of all pairs alone would take,
over the time taken.

"near" is the exact score of rows drawn from p_t of the same points, d = 3, at t0 = "auto" and a
hundredth of it, its local average there (of a tenth of the rows), and the density of starting laws
at the points, of 20000 and of every one: the time of a query, and the exponent of its growth from
1e4 to 1e6 points, where a full sum has 1. More queries share what is looked up.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from scipy.special import logsumexp
from sklearn.neighbors import KernelDensity

from smoothdiff import EmpiricalScoreDiffusion, LocalAverageDiffusion, SmoothedPLDiffusion

from ._measure import peak_bytes, record, seconds

N, QUERIES = 131072, 2048
# Scott's bandwidths for unit normal data, and a fifth of it in few dimensions, where a tree prunes.
CASES = {"d=3": (3, 0.19), "d=3, narrow": (3, 0.04), "d=10": (10, 0.43)}


def reference(x, points, t):
    """Float64 log-sum-exp of differences, query by query."""
    n, d = points.shape
    squares = np.empty(n)
    out = np.empty(len(x))
    for i, row in enumerate(x):
        np.einsum("nd,nd->n", points - row, points - row, out=squares)
        out[i] = logsumexp(-squares / (2 * t))
    return out - np.log(n) - d / 2 * np.log(2 * np.pi * t)


def seconds_of_exponentials(pairs):
    """Time of that many float64 exponentials, summed, on this machine."""
    tile = jnp.asarray(-np.random.default_rng(0).random((512, 512)) * 20)
    loops = 100

    @jax.jit
    def run(tile):
        add = lambda _, s: s + jnp.exp(tile + 1e-9 * s[:, None]).sum(1)  # noqa: E731
        return lax.fori_loop(0, loops, add, jnp.zeros(512))

    jax.block_until_ready(run(tile))
    return seconds(lambda: jax.block_until_ready(run(tile)))[0] / (loops * 512**2) * pairs


def near(queries=20_000, sizes=(10**4, 10**5, 10**6)):
    """Microseconds of a query near the data, by the number of points."""
    rng, times = np.random.default_rng(0), {}
    for n in sizes:
        points = rng.normal(size=(n, 3))
        rows = points[rng.integers(n, size=queries)]
        model = EmpiricalScoreDiffusion().fit(points)
        x = rows + np.sqrt(model.t0_) * rng.normal(size=rows.shape)
        calls = {
            "t0": (model.score_function, x, model.t0_),
            "t0 / 100": (model.score_function, x, model.t0_ / 100),
        }
        average = LocalAverageDiffusion().fit(points)
        for name in "t0", "t0 / 100":
            t = calls[name][2]
            few = rows[::10] + np.sqrt(t) * rng.normal(size=rows[::10].shape)
            calls[f"average, {name}"] = average.score_function, few, t
        for name in "adaptive", "local":
            start = SmoothedPLDiffusion(start=name).fit(points).diffusion_.start
            calls[f"start {name}"] = start.log_density, rows
            calls[f"start {name}, every row"] = start.log_density, points
        for name, (call, x, *t) in calls.items():
            call(x[:queries], *t)  # compile
            repeats = 1 if len(x) > queries else 3
            taken, _ = seconds(lambda call=call, x=x, t=t: call(x, *t), repeats)
            times.setdefault(name, []).append(taken / len(x) * 1e6)
    return {
        f"near, {name}": {
            **{f"us_{n}": float(value) for n, value in zip(sizes, row, strict=True)},
            "exponent": float(np.log(row[-1] / row[0]) / np.log(sizes[-1] / sizes[0])),
        }
        for name, row in times.items()
    }


def main():
    results = near()
    rng = np.random.default_rng(0)
    with jax.enable_x64(True):
        limit = seconds_of_exponentials(N * QUERIES)
    for name, (d, bandwidth) in CASES.items():
        points, x = rng.normal(size=(N, d)), rng.normal(size=(QUERIES, d))
        x[:64] *= 4  # tails
        model = EmpiricalScoreDiffusion(n_components=None, t0=bandwidth**2, t_min=bandwidth**2)
        fit, _ = seconds(lambda m=model, p=points: m.fit(p), 1)
        cold, _ = seconds(lambda m=model, x=x: m.score_samples(x), 1)
        warm, ours = seconds(lambda m=model, x=x: m.score_samples(x))
        memory = peak_bytes(lambda m=model, x=x: m.score_samples(x))
        peer = KernelDensity(bandwidth=bandwidth, rtol=1e-6).fit(points)
        few = QUERIES if d < 5 else 256
        theirs, kde = seconds(lambda p=peer, x=x, m=few: p.score_samples(x[-m:]), 1)
        theirs *= QUERIES / few
        exact = reference(x, points, bandwidth**2)
        scale = np.maximum(1, np.abs(exact))
        results[name] = {
            "n": N,
            "queries": QUERIES,
            "bandwidth": bandwidth,
            "fit_s": fit,
            "cold_s": cold,
            "seconds": warm,
            "kde_seconds": theirs,
            "kde_queries_timed": few,
            "ratio": theirs / warm,
            "exp_fraction": limit / warm,
            "error": float(np.max(np.abs(ours - exact) / scale)),
            "kde_error": float(np.max(np.abs(kde - exact[-few:]) / scale[-few:])),
            "peak_MB": memory / 1e6,
        }
    record("density", results)
    return results
