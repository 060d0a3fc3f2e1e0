"""
Which estimator
===============

One question at a time:

- **Columns of words, dates, gaps?** `TableDiffusion`. :doc:`from_a_csv`.
- **A class with few rows?** `DiffusionOverSampler`. :doc:`over_sampling`.
- **Samples with labels, or a classifier that can sample?** `ClassConditionalDiffusion`.
- **Numbers, and samples are what counts?** `SmoothedPLDiffusion`.
- **Numbers, and the density is what counts?** `SmoothedPLDiffusionCV`. :doc:`likelihood`.
- **Points on a curve or a surface?** The same two, with a narrow start. :doc:`curves_and_surfaces`.
- **Anomalies, of numbers or tables?** `DiffusionOutlierDetector`. :doc:`anomalies`.
- **Steps before it (scaling, PCA), and samples in the units of the data?** `GenerativePipeline`.
- **A score of your own?** `ScoreDiffusion`. :doc:`own_score`.
- **Research on smoothing?** `EmpiricalScoreDiffusion` (memorizes), `LocalAverageDiffusion`
  (averages over a window), `NeuralScoreDiffusion` (a network). :doc:`network_smoothness`.

All models have ``fit`` and ``sample``, and all but for a few fields ``score_samples`` and
``score``; those of points and tables take ``sample_weight``. What draws follows one
``random_state`` contract.
"""

# %%
# The same points, four laws
# --------------------------
#
# What the score is decides where samples end.

import matplotlib.pyplot as plt
from sklearn.datasets import make_moons

from smoothdiff import (
    EmpiricalScoreDiffusion,
    LocalAverageDiffusion,
    ScoreDiffusion,
    SmoothedPLDiffusion,
)

X, _ = make_moons(120, noise=0.1, random_state=0)
middle, variance = X.mean(axis=0), X.var(axis=0)


def gaussian(x, t):
    """The score of a Gaussian with the mean and the variances of the data."""
    return (middle - x) / (variance + t)


models = {
    "EmpiricalScore": EmpiricalScoreDiffusion(random_state=0),
    "SmoothedPL": SmoothedPLDiffusion(random_state=0),
    "LocalAverage": LocalAverageDiffusion(random_state=0, n_steps=50),
    "Score: a formula": ScoreDiffusion(gaussian, t0=1.0, random_state=0),
}
figure, axes = plt.subplots(1, 4, figsize=(11, 3), layout="constrained")
for ax, (name, model) in zip(axes, models.items(), strict=True):
    new = model.fit(X).sample(800)
    ax.scatter(*new.T, s=3, color="tab:orange", linewidth=0)
    ax.scatter(*X.T, s=6, color="black")
    ax.set(title=name, xticks=[], yticks=[], aspect="equal", xlim=(-1.7, 2.7), ylim=(-1.3, 1.8))

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
