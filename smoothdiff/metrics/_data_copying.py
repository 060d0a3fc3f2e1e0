"""C_T, a test for copies by ranks of distances: generated rows against held-out ones, in cells."""

import numpy as np
from scipy.stats import rankdata
from sklearn.cluster import KMeans

from .. import _checks as checks
from ._rows import read
from ._value import Value

__all__ = ["data_copying"]

# Held-out rows of a cell that are asked for, and the most cells there are.
ROWS_A_CELL, MOST_CELLS = 50, 20


def data_copying(generated, train, test, *, n_cells=None, random_state=0, kinds=None):
    """C_T: how many standard deviations closer generated rows come to training rows than others.

    Training rows are cut into cells by k-means. In each cell the distances of generated rows and
    of held-out rows to the closest training row are ranked together; C_T is the mean z-score of
    the rank sum, weighted by the held-out rows of the cells. Its natural zero is 0; well below -3
    is copying, well above 3 is underfitting. It says that a difference is no chance, and grows with
    the number of rows; how large it is `distance_to_closest_record` says.

    Parameters
    ----------
    generated : array of shape (m, d), or DataFrame
    train : array of shape (n, d), or DataFrame
    test : array of shape (l, d), or DataFrame
        Held-out rows.
    n_cells : int, optional
        By default one for 50 held-out rows, up to 20.
    random_state : int, RandomState instance or None, default=0
        For k-means.
    kinds : dict or Schema, optional
        How to take columns of DataFrames, as in `TableDiffusion`.

    Returns
    -------
    Value
        A float; ``parts`` has the z-score of each cell with at least 20 generated rows and a
        held-out one. NaN where no cell has.

    Raises
    ------
    TypeError, ValueError
        For what is no table, other columns, too few rows, or entries that are not finite.

    References
    ----------
    Meehan, Chaudhuri and Dasgupta, A Non-Parametric Test to Detect Data-Copying in Generative
    Models, AISTATS 2020, equation (3).

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.metrics import data_copying
    >>> rng = np.random.default_rng(0)
    >>> train, test, new = rng.normal(size=(3, 100, 2))
    >>> bool(data_copying(train + 0.01, train, test, random_state=0) < -3)
    True
    """
    tables = {"train": train, "generated": generated, "test": test}
    train, generated, test = read(tables, kinds, required=3)
    if n_cells is None:
        n_cells = int(np.clip(len(test) // ROWS_A_CELL, 1, MOST_CELLS))
    n_cells = min(checks.count(n_cells, "n_cells"), len(train.cloud))
    cells = KMeans(n_cells, n_init=1, random_state=random_state).fit(train.coordinates)
    new, old = (train.nearest_to(rows)[0][:, 0] for rows in (generated, test))
    new_cell, old_cell = (cells.predict(rows.coordinates) for rows in (generated, test))
    scores, weights = {}, []
    for cell in range(n_cells):
        own, others = new[new_cell == cell], old[old_cell == cell]
        if len(own) >= min(20, len(new)) and len(others):
            scores[cell] = _rank_sum_score(own, others)
            weights.append(len(others))
    value = np.average(list(scores.values()), weights=weights) if scores else np.nan
    return Value(value, 0.0, scores)


def _rank_sum_score(own, others):
    """z-score of the Mann-Whitney statistic: negative where ``own`` are smaller."""
    n, m = len(own), len(others)
    ranks = rankdata(np.concatenate([own, others]))
    larger = ranks[:n].sum() - n * (n + 1) / 2
    _, ties = np.unique(ranks, return_counts=True)
    tied = (ties**3 - ties).sum() / ((n + m) * max(n + m - 1, 1))
    variance = n * m / 12 * (n + m + 1 - tied)
    return float((larger - n * m / 2) / np.sqrt(variance)) if variance > 0 else 0.0
