"""Do generated rows lie where real ones do, and everywhere that real ones do?

Balls around rows, with the k-th nearest neighbor on their surface, stand for the support of a law.
"""

from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import cdist

from .. import _checks as checks
from ..neighbors import Neighbors
from ._rows import check_squares, read
from ._value import Value

__all__ = [
    "PRDC",
    "AlphaPrecisionBetaRecall",
    "alpha_precision_beta_recall",
    "precision_recall_density_coverage",
]

# Neighbors asked for at once; balls that hold more are compared with all points, in blocks.
FEW, PAIRS_AT_ONCE = 64, 1 << 22
LEVELS = np.linspace(0, 1, 1001)


class PRDC(NamedTuple):
    """What `precision_recall_density_coverage` finds.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.metrics import precision_recall_density_coverage
    >>> X = np.random.default_rng(0).normal(size=(100, 2))
    >>> float(precision_recall_density_coverage(X, X).precision)
    1.0
    """

    precision: Value
    recall: Value
    density: Value
    coverage: Value


class AlphaPrecisionBetaRecall(NamedTuple):
    """What `alpha_precision_beta_recall` finds.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.metrics import alpha_precision_beta_recall
    >>> real, far = np.random.default_rng(0).normal(size=(2, 100, 2))
    >>> bool(alpha_precision_beta_recall(far + 9, real).beta_recall < 0.1)
    True
    """

    alpha_precision: Value
    beta_recall: Value


def precision_recall_density_coverage(generated, real, train=None, *, k=5, kinds=None):
    """Precision, recall, density and coverage by balls of the k nearest neighbors.

    - precision: part of the generated rows that are inside some real row's ball
    - recall: part of the real rows that are inside some generated row's ball
    - density: real balls that a generated row is in, divided by k: near 1 for rows of the same
      law, and more where generated rows crowd
    - coverage: part of the real rows that have a generated row in their ball

    What they are for rows of the same law depends on how many there are: see the baseline.

    Parameters
    ----------
    generated : array of shape (m, d), or DataFrame
        More than k rows.
    real : array of shape (n, d), or DataFrame
        More than k rows; held-out ones best.
    train : array or DataFrame, optional
        Real rows that take the place of the generated ones for the baseline.
    k : int, default=5
    kinds : dict or Schema, optional
        How to take columns of DataFrames, as in `TableDiffusion`.

    Returns
    -------
    PRDC
        A named tuple of precision, recall, density, coverage, each a float with a ``baseline``.

    Raises
    ------
    TypeError, ValueError
        For what is no table, other columns, too few rows, or entries that are not finite.

    References
    ----------
    Kynkaanniemi et al., Improved Precision and Recall Metric, NeurIPS 2019 (the first two);
    Naeem et al., Reliable Fidelity and Diversity Metrics for Generative Models, ICML 2020.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.metrics import precision_recall_density_coverage
    >>> rng = np.random.default_rng(0)
    >>> train, test, new = rng.normal(size=(3, 100, 2))
    >>> found = precision_recall_density_coverage(new, test)
    >>> bool(found.coverage > 0.8)
    True
    """
    checks.count(k, "k")
    real, *others = read({"real": real, "generated": generated, "train": train}, kinds, k + 1)
    check_squares(real, *others)
    found = [_prdc(rows.coordinates, real.coordinates, k) for rows in others]
    return PRDC(*(Value(*pair) for pair in zip(*found, strict=True)))


def _prdc(generated, real, k):
    balls, covered = _inside(real, generated, k)
    recalled, _ = _inside(generated, real, k)
    return (balls > 0).mean(), (recalled > 0).mean(), balls.mean() / k, covered.mean()


def _inside(centers, points, k):
    """How many open balls of centers each point is in, and which balls have a point."""
    radius = Neighbors(centers).query(centers, k + 1)[0][:, k]
    few = min(FEW, len(points))
    distance, point, complete = Neighbors(points).query_within(centers, few, radius)
    inside = distance < radius[:, None]
    crowded = complete < radius
    count = np.bincount(point[inside & ~crowded[:, None]], minlength=len(points))
    rest = np.flatnonzero(crowded)
    step = max(PAIRS_AT_ONCE // len(points), 1)
    for block in (rest[i : i + step] for i in range(0, len(rest), step)):
        count += (cdist(centers[block], points) < radius[block, None]).sum(axis=0)
    return count, inside.any(axis=1)


def alpha_precision_beta_recall(generated, real, train=None, *, kinds=None):
    """Whether the typical generated rows are where the typical real ones are, at every level.

    alpha-precision: P(alpha) is the part of the generated rows inside the ball around the real
    mean that holds a part alpha of the real rows. beta-recall: R(beta) is the part of the real
    rows that have a generated one closer than their nearest other, this one being among the part
    beta of such rows nearest to the generated mean. The value is 1 - 2 times the mean distance of
    the part from the level, over levels from 0 to 1. For rows of the same law the first is near 1;
    the second is near 0.5, since half of the rows have their nearest other closer than a new one.

    Parameters
    ----------
    generated : array of shape (m, d), or DataFrame
    real : array of shape (n, d), or DataFrame
        At least two rows; held-out ones best.
    train : array or DataFrame, optional
        Real rows that take the place of the generated ones for the baseline.
    kinds : dict or Schema, optional
        How to take columns of DataFrames, as in `TableDiffusion`.

    Returns
    -------
    AlphaPrecisionBetaRecall
        A named tuple of two floats, each with a ``baseline``.

    Raises
    ------
    TypeError, ValueError
        For what is no table, other columns, too few rows, or entries that are not finite.

    References
    ----------
    Alaa et al., How Faithful is your Synthetic Data?, ICML 2022, section 3; as their code has it,
    without the one-class embedding.

    Examples
    --------
    >>> import numpy as np
    >>> from smoothdiff.metrics import alpha_precision_beta_recall
    >>> rng = np.random.default_rng(0)
    >>> train, test, new = rng.normal(size=(3, 100, 2))
    >>> found = alpha_precision_beta_recall(new, test)
    >>> bool(found.alpha_precision > 0.7)
    True
    """
    real, *others = read({"real": real, "generated": generated, "train": train}, kinds, 1)
    if len(real) < 2:
        raise ValueError("alpha_precision_beta_recall needs two rows in real. It has 1.")
    check_squares(real, *others)
    nearest_other = Neighbors(real.coordinates).query(real.coordinates, 2)[0][:, 1]
    found = [
        (
            _alpha_precision(rows.coordinates, real.coordinates),
            _beta_recall(rows.coordinates, real.coordinates, nearest_other),
        )
        for rows in others
    ]
    return AlphaPrecisionBetaRecall(*(Value(*pair) for pair in zip(*found, strict=True)))


def _alpha_precision(generated, real):
    center = real.mean(axis=0)
    own, others = (np.linalg.norm(x - center, axis=1) for x in (real, generated))
    return _calibration(np.array([np.mean(others <= r) for r in np.quantile(own, LEVELS)]))


def _beta_recall(generated, real, nearest_other):
    center = generated.mean(axis=0)
    distance, row = (found[:, 0] for found in Neighbors(generated).query(real, 1))
    depth = np.linalg.norm(generated[row] - center, axis=1)
    recalled = distance <= nearest_other
    return _calibration(
        np.array([np.mean(recalled & (depth <= r)) for r in np.quantile(depth, LEVELS)])
    )


def _calibration(share):
    """1 - 2 times the mean distance of a share at each level from the level."""
    return 1 - 2 * np.trapezoid(np.abs(share - LEVELS), LEVELS)
