"""New rows of a table in its own units, whatever units the model sees.

    z = (x - mean) / deviation,    x = mean + deviation z        for each column

Where samples are weighted means of training rows they are made of the rows themselves, and no
rounding of z shows: 8 stays 8 where all parents have 8.
"""

import numpy as np

from ..model import means_of_rows

__all__ = ["draw", "lines", "units"]


def draw(model, X, n, standardized=True):
    """Fit a model to a table and draw new rows of it.

    Parameters
    ----------
    model : SmoothedPLDiffusion
    X : array (m, d)
    n : int
    standardized : bool, default=True
        Whether the model sees columns of mean 0 and deviation 1 rather than those of X.

    Returns
    -------
    rows : array (n, d)
        In units of X. A column that is constant in X is the same constant.
    parents, weights : arrays (n, k)
        As `SmoothedPLDiffusion.sample` returns them; rows of X.
    """
    mean, deviation = units(X) if standardized else (0.0, 1.0)
    model.fit((X - mean) / deviation)
    samples, parents, weights = model.sample(n, return_parents=True)
    if model.t_min_ == 0 and model.noise_variance_ == 0:
        rows = means_of_rows(X, parents, weights)
    else:
        rows = mean + deviation * samples
    constant = X.max(axis=0) == X.min(axis=0)
    rows[:, constant] = X[0, constant]
    return rows, parents, weights


def units(X):
    """Mean and standard deviation of each column, (d,); 1 for the latter where it is 0.

    Differences come first, so that neither a large offset nor a large unit costs digits.
    """
    differences = X - X[0]
    largest = np.abs(differences).max(axis=0)
    deviation = largest * (differences / np.where(largest > 0, largest, 1)).std(axis=0)
    return X[0] + differences.mean(axis=0), np.where(deviation > 0, deviation, 1)


def lines(parents, weights):
    """What samples were made of, as structured rows (sample, parent, weight)."""
    sample, place = np.nonzero(parents >= 0)
    made_of = np.empty(len(sample), [("sample", int), ("parent", int), ("weight", float)])
    made_of["sample"] = sample
    made_of["parent"], made_of["weight"] = parents[sample, place], weights[sample, place]
    return made_of
