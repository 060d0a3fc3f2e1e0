"""
From a CSV to 5,000 rows
========================

You have a table in a file, and want more rows like those: to try a program on, to teach with, to
balance a training set. `TableDiffusion` takes the table as it is and gives rows of the same
columns.

From the command line it is one line, with no Python at all::

    smoothdiff sample customers.csv -n 5000 -o new.csv

The rest of this page is the same in Python, with what can be asked of it.
"""

# %%
# A table
# -------
#
# Here a file of customers is made up, so that the page runs anywhere. It has what real tables have:
# whole numbers, amounts that are often zero, gaps, dates, and a city that goes with its country.

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

rng = np.random.default_rng(0)
n = 600
cities = np.array([["Oslo", "NO"], ["Bergen", "NO"], ["Malmo", "SE"], ["Aarhus", "DK"]])
city, country = cities[rng.choice(4, size=n, p=[0.4, 0.1, 0.3, 0.2])].T
age = rng.gamma(4, 7, size=n).astype(int) + 18
spent = np.where(rng.random(n) < 0.4, 0, (age * rng.lognormal(1, 0.5, n)).round(2))
since = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 1500, n), "D")
churned = np.where(rng.random(n) < 0.1 + 0.4 * (spent == 0), "yes", "no")
columns = {"age": age, "city": city, "country": country, "since": since.strftime("%Y-%m-%d")}
table = pd.DataFrame({**columns, "spent": spent, "churned": churned})
table.loc[rng.random(n) < 0.1, "spent"] = np.nan
file = Path(tempfile.mkdtemp(), "customers.csv")
table.to_csv(file, index=False)
table.head()

# %%
# Rows of it
# ----------

from smoothdiff import TableDiffusion

table = pd.read_csv(file, parse_dates=["since"])
model = TableDiffusion(by="churned", random_state=0).fit(table)
new = model.sample(5000)
new.head()

# %%
# ``by`` fits a model for each value of a column, and draws it as often as it is in the data:
# right for a column that somebody will predict. Without it that column is one like the others.
#
# How was each column taken?

print(model.schema_)

# %%
# The city came with its country, because one follows from the other in every row. Where a column
# was not taken as you want, say so: ``TableDiffusion(kinds={"age": "discrete", "id": "drop"})``.
# Columns of names, ids and free text are refused, with the remedy in the message.
#
# Types, gaps and zeros are as before:

summary = {"real": table, "new": new}
pd.DataFrame(
    {
        name: {
            "mean age": rows.age.mean(),
            "part of gaps": rows.spent.isna().mean(),
            "part of zeros": (rows.spent == 0).mean(),
            "churned": (rows.churned == "yes").mean(),
            "cities in the wrong country": (
                ~rows.city.add(rows.country).isin(table.city + table.country)
            ).mean(),
        }
        for name, rows in summary.items()
    }
).round(3)

# %%
# What a new row gets
# -------------------
#
# ==========================================  =================================================
# column                                      what a new row gets
# ==========================================  =================================================
# numbers                                     the weighted mean of its parents and a little noise,
#                                             on the grid of the column (whole, hundredths, steps
#                                             of 5), within its range
# values that 2% of the rows share and more   given by a parent, never averaged: about as often as
# (zeros), or that stand out (999 for what    in the data
# is not known, a fee that many pay); gaps
# categories, booleans, text of few values,   the value of a parent, drawn by weight
# counts of few values
# dates, periods, durations, times of a day   interpolated, in whole days if the column is: firsts
#                                             of months as ``dt.to_period("M")``, or their
#                                             ``kinds`` as "discrete"; not around midnight
# a column that follows from another, or is   the values of one parent (to follow is to do so in
# in ``together`` with it                     all rows, gaps included)
# constants                                   the constant
# names, ids                                  refused, with the remedy
# ==========================================  =================================================
#
# A new row does not equal a training row that is the only one of its kind, nor does it come as
# close to a parent as only the closest few of real rows come to each other (``redraw="equal"`` or
# ``None`` if you want those as well).
#
# Samples start around every row, and have each value of ``by``, as often as the data have it: a new
# table is then closer to the data than one of independent rows. Where it matters how tables differ
# from each other, as for the error of a statistic, ``independent=True`` draws such rows.
#
# Only some rows
# --------------
#
# ``where`` asks for rows that fit. Samples start around the training rows that fit, of which there
# must be some, as often around each as in the data, and what does not fit is drawn again. A number
# that is to have a value, such as ``{"spent": 0}`` or ``{"age": 35}``, is a parent's; so is one of
# a range that hardly any sample hits.

some = model.sample(200, where={"country": ["NO", "SE"], "age": (30, 40)})
print(some.country.value_counts().to_dict(), "ages", some.age.min(), "to", some.age.max())

# %%
# Settings by search
# ------------------
#
# The defaults were measured on many tables (:doc:`/defaults`). To compare settings on yours, let a
# search of scikit-learn tell new rows from held-out ones: ``scorer("c2st")`` is how rarely a forest
# can. A table with categories, gaps or frequent values has no likelihood, which a search takes
# where ``scoring`` is left out: each of its scores would be NaN.

from sklearn.model_selection import GridSearchCV, KFold

from smoothdiff.metrics import scorer

search = GridSearchCV(
    TableDiffusion(random_state=0),
    {"draw": ["row", "column"]},
    scoring=scorer("c2st"),
    cv=KFold(3, shuffle=True, random_state=0),
).fit(table)
pd.DataFrame(search.cv_results_)[["param_draw", "mean_test_score", "std_test_score"]].round(3)

# %%
# -0.5 would be chance.
#
# Who were the parents?
# ---------------------
#
# Each row is made of a few rows of the table, with weights of sum 1. That is provenance, and the
# opposite of anonymity: see :doc:`limits`.

rows, parents, weights = model.sample(3, return_parents=True)
first = parents[0][parents[0] >= 0]
pd.concat([rows.iloc[:1], table.iloc[first[:4]]], keys=["new row", "its parents"])

# %%
# Then ask whether they are any good, and whether they are copies: :doc:`copies`. Which rows of the
# table are odd: :doc:`anomalies`. To keep the model for later: :doc:`saving`.
