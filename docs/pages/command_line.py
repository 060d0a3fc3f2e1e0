"""
Command line
============

``smoothdiff COMMAND --help`` has every option. Files are CSV or TSV, with a header or without,
``.npy``, ``.npz`` or Parquet (``pip install 'smoothdiff[parquet]'``); ``-`` is standard input or
output. ``--na '?'`` says what means a missing value, beside empty cells, NA, NaN and null. A text
that a spreadsheet would compute is written with an apostrophe, ``'=cmd()``, which is taken off when
the file is read again.

=============  ==================================================================================
command        what it does
=============  ==================================================================================
``demo``       handwritten digits: four densities compared, new digits drawn with their parents
``sample``     new rows, from a table or a saved model
``fit``        a model of a table, saved
``report``     are new rows good, are they copies, in words, numbers and pictures
``score``      log-densities of rows under a saved model
``reproduce``  the papers' claims, tried one by one
=============  ==================================================================================
"""

# %%
# A table, and each command on it. This page runs them as a shell would.

import subprocess
import sys
import tempfile
from pathlib import Path

from sklearn.datasets import load_iris

folder = Path(tempfile.mkdtemp())
iris = load_iris(as_frame=True).frame
iris["species"] = load_iris().target_names[iris.pop("target")]
iris.columns = [name.removesuffix(" (cm)").replace(" ", "_") for name in iris.columns]
iris.to_csv(folder / "iris.csv", index=False)


def run(line):
    """What a command prints, summary on standard error included."""
    words = [sys.executable, "-m", "smoothdiff", *line.split()]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True)
    print(f"$ smoothdiff {line}\n{done.stderr}{done.stdout}")


# %%
# New rows
# --------

run("sample iris.csv -n 5 --by species --seed 0")

# %%
# Only some, and what each was made of:

where = "--where species=setosa --where sepal_length=5:5.5"
run(f"sample iris.csv -n 3 {where} --seed 0 -o new.csv --parents parents.csv")
print((folder / "parents.csv").read_text()[:150])

# %%
# How each column was taken:

run("sample iris.csv -n 1 --schema --seed 0 -o one.csv")

# %%
# A model to keep
# ---------------

run("fit iris.csv --by species -o iris.sdf --seed 0")
run("sample iris.sdf -n 3 --seed 1")

# %%
# A report
# --------
#
# A part of the rows is held out, a model of the rest is judged. ``-o report.html`` writes a page
# with pictures.

run("report iris.csv --target species --by species")

# %%
# Log-densities
# -------------
#
# ``--scale none`` takes a file as plain numbers, with no look at what the columns are.

iris.drop(columns="species").to_csv(folder / "numbers.csv", index=False)
run("fit numbers.csv --scale none --t-min-scale 0.5 -o numbers.sdf --seed 0")
run("score numbers.sdf numbers.csv -o scores.csv")
print((folder / "scores.csv").read_text()[:80])
