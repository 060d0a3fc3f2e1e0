"""
Which estimator
===============

One question at a time:

- **Columns of words, dates, gaps?** `TableDiffusion`. :doc:`from_a_csv`.
- **A class with few rows?** `DiffusionOverSampler`. :doc:`over_sampling`.
- **Samples with labels, or a classifier that can sample?** `ClassConditionalDiffusion`.
- **Numbers, and samples are what counts?** `SmoothedPLDiffusion`.
- **Numbers, and the density is what counts?** `SmoothedPLDiffusionCV`. :doc:`likelihood`.
- **Anomalies?** `DiffusionOutlierDetector`. :doc:`anomalies`.
- **Steps before it (scaling, PCA), and samples in the units of the data?** `GenerativePipeline`.
- **A score of your own?** `ScoreDiffusion`. :doc:`own_score`.
- **Research on smoothing?** `EmpiricalScoreDiffusion` (memorizes), `LocalAverageDiffusion`
  (averages over a window), `NeuralScoreDiffusion` (a network). :doc:`network_smoothness`.

All have ``fit``, ``sample``, ``score_samples`` and ``score``, take ``sample_weight``, and follow
one ``random_state`` contract.
"""

# %%
# The same points, five laws
# --------------------------
#
# What the score is decides where samples end.

import matplotlib.pyplot as plt
import numpy as np

from smoothdiff import (
    EmpiricalScoreDiffusion,
    LocalAverageDiffusion,
    ScoreDiffusion,
    SmoothedPLDiffusion,
    SmoothedPLDiffusionCV,
)

angle = 2 * np.pi * np.arange(12) / 12
X = np.c_[np.cos(angle), np.sin(angle)] * (1 + 0.15 * (np.arange(12) % 2))[:, None]
models = {
    "EmpiricalScore": EmpiricalScoreDiffusion(random_state=0),
    "SmoothedPL": SmoothedPLDiffusion(random_state=0),
    "SmoothedPL, CV": SmoothedPLDiffusionCV(cv=3, start="local", random_state=0),
    "LocalAverage": LocalAverageDiffusion(random_state=0, n_steps=50),
    "Score: a formula": ScoreDiffusion(lambda x, t: -x / (0.6 + t), random_state=0, n_steps=50),
}
import warnings

warnings.simplefilter("ignore", UserWarning)  # twelve points are few for a search
figure, axes = plt.subplots(1, 5, figsize=(12, 2.7), layout="constrained")
for ax, (name, model) in zip(axes, models.items(), strict=True):
    new = model.fit(X).sample(800)
    ax.scatter(*new.T, s=3, color="tab:orange", linewidth=0)
    ax.scatter(*X.T, s=12, color="black")
    ax.set(title=name, xticks=[], yticks=[], aspect="equal", xlim=(-2, 2), ylim=(-2, 2))

# %%
# Labels
# ------

from sklearn.datasets import load_iris
from sklearn.model_selection import StratifiedKFold, cross_val_score

from smoothdiff import ClassConditionalDiffusion

X, y = load_iris(return_X_y=True)
folds = StratifiedKFold(5, shuffle=True, random_state=0)
model = ClassConditionalDiffusion(SmoothedPLDiffusion(t_min_scale=0.5))
print(f"accuracy on held-out rows: {cross_val_score(model, X, y, cv=folds).mean():.3f}")
rows, labels = model.fit(X, y).sample(5, random_state=0)
print("labels of five samples:", labels)

# %%
# Through a pipeline
# ------------------

from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from smoothdiff import make_generative_pipeline

pipeline = make_generative_pipeline(StandardScaler(), PCA(2), SmoothedPLDiffusion(random_state=0))
pipeline.fit(X).sample(3).round(2)
