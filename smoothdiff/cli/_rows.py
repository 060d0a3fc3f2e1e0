"""New rows of a table of numbers in its own units, whatever units the model sees.

    z = (x - mean) / deviation,    x = mean + deviation z        for each column

Where samples are weighted means of training rows they are made of the rows themselves, and no
rounding of z shows: 8 stays 8 where all parents have 8.
"""

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from ..model import means_of_rows

__all__ = ["RowsOfNumbers", "lines", "units"]


class RowsOfNumbers(BaseEstimator):
    """A model of an array, in the units of its columns.

    Parameters
    ----------
    estimator : SmoothedPLDiffusion
    standardize : bool, default=True
        Whether the estimator sees columns of mean 0 and deviation 1 rather than those of X.

    Attributes
    ----------
    estimator_ : SmoothedPLDiffusion
        Fitted to the columns that it sees.
    header_ : list of str or None
        Names of the columns, where the file that was read has them.
    comma_ : bool
        Whether that file has decimal commas.
    n_features_in_ : int
    """

    def __init__(self, estimator, *, standardize=True):
        self.estimator = estimator
        self.standardize = standardize

    def fit(self, X, y=None, header=None, comma=False):
        """Fit the estimator to the rows X (n, d) of a file with such a header and notation."""
        X = np.asarray(X, dtype=np.float64)
        as_it_is = np.zeros(X.shape[1]), np.ones(X.shape[1])
        mean, deviation = units(X) if self.standardize else as_it_is
        self.mean_, self.deviation_ = mean, deviation
        self.estimator_ = clone(self.estimator).fit((X - self.mean_) / self.deviation_)
        self.rows_, self.header_, self.comma_ = X, header, comma
        self.n_features_in_ = X.shape[1]
        return self

    def sample(self, n_samples=1, random_state=None, *, return_parents=False):
        """Draw new rows; see `SmoothedPLDiffusion.sample`. Constant columns keep their constant."""
        check_is_fitted(self)
        model, X = self.estimator_, self.rows_
        Z, parents, weights = model.sample(n_samples, random_state, return_parents=True)
        if model.t_min_ == 0 and model.noise_variance_ == 0:
            rows = means_of_rows(X, parents, weights)
        else:
            rows = self.mean_ + self.deviation_ * Z
        constant = self._constant
        rows[:, constant] = X[0, constant]
        return (rows, parents, weights) if return_parents else rows

    def score_samples(self, X):
        """Log-density at X (n, d), with respect to the volume of the columns that vary, (n,)."""
        check_is_fitted(self)
        X = np.asarray(X)
        if X.shape[1:] != self.mean_.shape:
            raise ValueError(
                f"The table must have {self.n_features_in_} columns, as the model's has. "
                f"Got shape {X.shape} instead."
            )
        log_p = self.estimator_.score_samples((X - self.mean_) / self.deviation_)
        return log_p - np.log(self.deviation_[~self._constant]).sum()

    @property
    def _constant(self):
        return self.rows_.max(axis=0) == self.rows_.min(axis=0)


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
