"""
Troubleshooting
===============

Every message below was raised by the code above it.
"""

# %%

import warnings
from textwrap import fill

import numpy as np

from smoothdiff import SmoothedPLDiffusion, TableDiffusion

rng = np.random.default_rng(0)
X = rng.normal(size=(100, 3))


def told(call):
    """Print what a call raises or warns of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            call()
        except (ValueError, TypeError) as error:
            print(fill(f"{type(error).__name__}: {error}", 90))
    for warning in caught:
        print(fill(f"{warning.category.__name__}: {warning.message}", 90))


# %%
# NaN
# ---
#
# The estimators of arrays take finite numbers only. Gaps belong in a table.

gaps = X.copy()
gaps[3, 1] = np.nan
told(lambda: SmoothedPLDiffusion().fit(gaps))
print("as a table:", TableDiffusion(random_state=0).fit(gaps).sample(2).shape)

# %%
# Scaling
# -------
#
# Distances decide who is a neighbor, and so units count. A column that is much narrower than the
# others drowns in the noise:

narrow = X * [1, 1, 1e-4]
told(lambda: SmoothedPLDiffusion().fit(narrow))

# %%
# Put a scaler before it, and get rows and densities in the old units back:

from sklearn.preprocessing import StandardScaler

from smoothdiff import make_generative_pipeline

pipeline = make_generative_pipeline(StandardScaler(), SmoothedPLDiffusion(random_state=0))
print("deviations of samples:", pipeline.fit(narrow).sample(2000).std(axis=0).round(5))

# %%
# ``TableDiffusion`` and the command line scale by themselves.
#
# No density
# ----------
#
# Without noise the law has atoms on points, segments and triangles:

told(lambda: SmoothedPLDiffusion(t_min=0).fit(X).score_samples(X))

# %%
# Log-densities of -inf mean rows that no sample reaches: kappa is too large for the spacing.

told(lambda: SmoothedPLDiffusion(kappa=2.0).fit(X).score_samples(X + 0.5))

# %%
# A search of NaN or -inf
# -----------------------
#
# Searches compare densities where ``scoring`` is left out. A pipeline whose PCA leaves columns out
# has none (scikit-learn then reports NaN for every candidate), nor has a table with categories; and
# a QuantileTransformer leaves none to rows beyond the training range, of which nearly every fold
# holds one (-inf). Both can be compared by their samples:

from sklearn.decomposition import PCA
from sklearn.model_selection import GridSearchCV, KFold

from smoothdiff.metrics import scorer

pipeline = make_generative_pipeline(StandardScaler(), PCA(2), SmoothedPLDiffusion(random_state=0))
told(lambda: pipeline.fit(X).score_samples(X))
grid = {"smoothedpldiffusion__kappa": [0.1, 0.5]}
folds = KFold(3, shuffle=True, random_state=0)
for scoring in (None, scorer("c2st", random_state=0)):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        search = GridSearchCV(pipeline, grid, cv=folds, scoring=scoring).fit(X)
    print(f"scoring={scoring}:", search.cv_results_["mean_test_score"].round(2))

# %%
# One point
# ---------

told(lambda: SmoothedPLDiffusion().fit(np.ones((10, 2))))

# %%
# Precision
# ---------
#
# All is computed in 64 bits, whatever JAX is set to, and centered first: offsets do no harm.
# float32 input is widened, unless it is large (:doc:`large_data`).

far = SmoothedPLDiffusion(t_min=0, random_state=0).fit(X + 1e8).sample(200)
near = SmoothedPLDiffusion(t_min=0, random_state=0).fit(X).sample(200)
print(f"offset of 1e8: the same samples but for {np.abs(far - 1e8 - near).max():.0e}")

# %%
# Time to compile
# ---------------
#
# The first call of a process compiles, and takes seconds; shapes are padded to a few sizes, so
# that later calls and searches do not compile again. Scripts and commands that run often can keep
# what was compiled: set ``JAX_COMPILATION_CACHE_DIR`` to a folder, and, as JAX keeps only what took
# it a second, ``JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS`` to 0.

from time import perf_counter

model = SmoothedPLDiffusion(random_state=0).fit(rng.normal(size=(150, 6)))
for call in ("first", "second"):
    begin = perf_counter()
    model.sample(300)
    print(f"{call} call of sample: {perf_counter() - begin:.3f} s")

# %%
# Memory
# ------
#
# Nothing of the size of rows times rows is formed. A model keeps its training rows and, once
# asked, their neighbors. Of large tables see :doc:`large_data`.
# ``SmoothedPLDiffusion.start_covariances_`` is formed on access, and large: one matrix a row.
#
# Samples look like copies
# ------------------------
#
# :doc:`scales` says which number to change, and :doc:`copies` how to count.
