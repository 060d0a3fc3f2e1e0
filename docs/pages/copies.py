"""
Are they copies? Are they any good?
===================================

New rows look right at once. Whether they are is a question for rows that the model has not seen.
`report` puts each number beside what real rows get, and says what that means in words.
"""

# %%
# Hold rows out first
# -------------------
#
# A model that has seen all rows cannot be judged by any of them.

import pandas as pd
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split

from smoothdiff import TableDiffusion
from smoothdiff.metrics import filter_copies, report

wine = load_wine(as_frame=True).frame
wine["target"] = wine["target"].map({0: "Barolo", 1: "Grignolino", 2: "Barbera"})
train, test = train_test_split(wine, test_size=0.4, random_state=0)
model = TableDiffusion(by="target", random_state=0).fit(train)
found = report(model, train, test, target="target", random_state=0)
print(found)

# %%
# The four aspects
# ----------------
#
# *Fidelity*: can a classifier tell new rows from held-out ones, and by which columns?
# *Diversity*: is every kind of real row there? *Novelty*: are new rows closer to training rows
# than held-out rows are? *Usefulness*: does what is trained on new rows work on real ones?
#
# As pictures, and as a page to send:

import tempfile
from pathlib import Path

from smoothdiff.inspection import ReportDisplay

page = Path(tempfile.mkdtemp(), "report.html")
found.to_html(page)
display = ReportDisplay.from_predictions(model.sample(len(train)), train, test)

# %%
# What a copier gets
# ------------------
#
# Rows drawn again from the training rows have values as real as values can be. Novelty tells that
# they are copies, which is why it must be asked; fidelity falls too, since some rows come twice and
# more, and a classifier that has seen one knows the other.

copies = train.sample(len(train), replace=True, random_state=0)
again = report(copies, train, test, target="target", random_state=0)
verdicts = {"TableDiffusion": found.verdicts, "rows drawn again": again.verdicts}
pd.DataFrame(
    {
        name: {aspect: verdict.grade for aspect, verdict in each.items()}
        for name, each in verdicts.items()
    }
)

# %%
# Take out what comes too close
# -----------------------------
#
# `filter_copies` drops new rows that are closer to a training row than the closest held-out rows
# are.

new = model.sample(500)
safe = filter_copies(new, train, test)
print(f"{len(safe)} of {len(new)} rows are left")

# %%
# For people who publish data
# ---------------------------
#
# **The verdict: a clean report is no permission.** Every row is a weighted mean of a few rows of
# real people, and who knows most of a table may find them. No distance and no filter turns that
# into privacy, and nothing here is differentially private: :doc:`/security` counts how
# well members are told from others. What the report can say:

from textwrap import fill

print(fill(found.privacy, 90))

# %%
# Publish new rows where you could publish the real ones to the same readers, or where a person
# who may decide has read the report and agreed. To count copies in a search, so that it may not
# choose a model that memorizes, see `constrained`.
