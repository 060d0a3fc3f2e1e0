"""
Large data and Dask
===================

All is in closed form: fitting finds neighbors once, sampling is one small solve a
row, and densities go over all training points in tiles. What each costs as rows grow:
"""

# %%

from time import perf_counter

import numpy as np
import pandas as pd

from smoothdiff import SmoothedPLDiffusion


def seconds(call):
    """Of the second call: the first one compiles."""
    call()
    begin = perf_counter()
    call()
    return perf_counter() - begin


rng = np.random.default_rng(0)
found = {}
for n in (1_000, 4_000, 16_000):
    X = rng.normal(size=(n, 4))
    model = SmoothedPLDiffusion(random_state=0).fit(X)
    found[f"{n} rows, 4 columns"] = {
        "fit": seconds(lambda: SmoothedPLDiffusion(random_state=0).fit(X)),  # noqa: B023
        "sample 1000": seconds(lambda: model.sample(1000)),  # noqa: B023
        "score 1000": seconds(lambda: model.score_samples(X[:1000])),  # noqa: B023
    }
pd.DataFrame(found).T.round(3)

# %%
# Seconds on the machine that built this page, which may have been busy. Up to a dozen tangent
# dimensions hundreds of thousands of rows work (:doc:`/measured` has 100000). Beyond five,
# neighbors are found by a scan that leaves out boxes of points that are too far away; in more than
# a dozen that is little, and its cost grows with the square of the rows.
#
# Cores
# -----
#
# ``n_jobs`` is a budget of cores for all that the library does; None is all of them, or what
# joblib says. Within a worker of joblib or dask it is one. Numbers do not depend on it:

one, two = (SmoothedPLDiffusion(n_jobs=n, random_state=0).fit(X) for n in (1, 2))
print("the same to the last bit:", np.array_equal(one.sample(500), two.sample(500)))

# %%
# More devices
# ------------
#
# Where JAX sees several GPUs, blocks of queries (of densities, neighbors and samples alike) go to
# them in turn; nothing has to be set. Each block runs whole on one device, with a copy of the
# points that is sent there once, and so the numbers are those of one device, to the last bit. As
# many devices work as there are blocks and threads: ``n_jobs`` must not be smaller than their
# number, and 2048 queries or some ten thousand new rows are too few to share. ``with
# jax.default_device(device):`` keeps a call to one.
#
# Each device compiles for itself, all at the same time. JAX can keep what it compiled for the next
# run::
#
#     export JAX_COMPILATION_CACHE_DIR=~/.cache/jax
#
# On a CPU JAX has one device, whose cores are shared as above. The benchmark ``python -m benchmarks
# devices`` compares the sums with the limits of the machine that it runs on.
#
# A cluster
# ---------
#
# Blocks of 65536 rows are handed to the backend of joblib that you name. With Dask (``pip install
# 'smoothdiff[dask]'``)::
#
#     from dask.distributed import Client
#     import joblib
#
#     client = Client()
#     with joblib.parallel_config(backend="dask"):
#         new = model.sample(1_000_000)
#
# In a script, though not in a notebook, this belongs under ``if __name__ == "__main__":``, since
# Dask's processes read the script again.
#
# The fitted model goes to each worker once. If one is lost, its blocks go to another, and the
# numbers are still those of one process, to the last bit. `GridSearchCV` deals out its candidates
# in the same way. A Dask array of rows to score is read piece by piece::
#
#     log_density = rows.map_blocks(model.score_samples, drop_axis=1, dtype=float)
#
# More rows than memory
# ---------------------
#
# Data in float32 of 2^25 values and more (128 MB) are kept in it: as an array that is mapped to a
# file they are read in blocks, and what `fit` holds is one array of tangent coordinates in float32,
# which the search for neighbors shares, and a few numbers a row. The spacing is then that of 16384
# points, and neighborhoods are looked up as samples need them. The starting laws that are shaped by
# neighbors hold ten of them a row: ``start="isotropic"``, the papers' law, does not. How much ten
# million rows of ten columns take is in :doc:`/measured`. With ``out`` samples and log-densities go
# to a file batch by batch (``verbose=1`` tells how far)::
#
#     X = np.load("rows.npy", mmap_mode="r")  # float32, 10 million rows
#     model = SmoothedPLDiffusion(start="isotropic", verbose=1, random_state=0).fit(X)
#     new = model.sample(10_000_000, out="new.npy")
#     log_density = model.score_samples(X, out="log_density.npy")

import tempfile
from pathlib import Path

with tempfile.TemporaryDirectory() as folder:
    new = one.sample(1000, random_state=0, out=Path(folder) / "new.npy")
    print(type(new).__name__, "in a file, the same:", np.array_equal(new, one.sample(1000, 0)))

# %%
# Where memory does not last for a block of rows, the block is halved; where that is of no use, the
# error says what to set.
#
# Tables
# ------
#
# `TableDiffusion` deals out more than 20000 rows (fewer of more than 50 coordinates) at random to
# several models of the same kind, fits those when they are needed, and draws from all.
#
# Too many rows?
# --------------
#
# A sample is made of neighbors. If a part of the rows fills the space as densely as you need, fit
# to that part: samples and densities change less and less, and costs fall with it. For a density,
# compare the held-out likelihood:

from sklearn.datasets import make_moons

test, _ = make_moons(2000, noise=0.1, random_state=99)
for n in (100, 400, 1600):
    points, _ = make_moons(n, noise=0.1, random_state=0)
    density = SmoothedPLDiffusion(t_min_scale=1.0, t0_scale=4.0, random_state=0).fit(points)
    print(f"{n} rows: {density.score(test):.3f} nats a row")
