"""
Saving
======

`save` writes a fitted model to a file that holds data and no code; `load` reads it. A pickle runs
whatever its writer wanted: these files run nothing.
"""

# %%

import tempfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_iris

from smoothdiff import SmoothedPLDiffusion
from smoothdiff.persistence import load, save

X = load_iris().data
model = SmoothedPLDiffusion(random_state=0).fit(X)
file = Path(tempfile.mkdtemp(), "iris.sdf")
save(model, file)
print(f"{file.stat().st_size / 1024:.0f} KiB")

# %%
# The model that is read goes on where the saved one is: the same random numbers come next.

print("the same samples:", np.array_equal(load(file).sample(10), model.sample(10)))

# %%
# Tables, pipelines and searches of scikit-learn that hold a model of this library are saved in the
# same way. From the command line::
#
#     smoothdiff fit customers.csv --by churned -o customers.sdf
#     smoothdiff sample customers.sdf -n 1000 -o new.csv
#
# What a file holds
# -----------------
#
# **The training rows.** A model is its data: who has the file has the rows. Treat it as you treat
# the table. What a file may do, and how that is tested: :doc:`/security`.
#
# What is refused
# ---------------
#
# A function is code, so that a `ScoreDiffusion` cannot be saved: keep what made its field. A file
# that is damaged, is a pickle, or names a class that is not known is refused in a sentence:

import pickle

file.with_name("model.pkl").write_bytes(pickle.dumps(model))
try:
    load(file.with_name("model.pkl"))
except ValueError as error:
    print(str(error).replace(str(file.parent), "..."))

# %%
# Files of earlier versions are read; a file of a later one says so. Pickles and joblib work too,
# with their usual risk, and within one version.
