"""How generated rows relate to real ones: tables in, numbers out, real rows beside them.

novelty     memorized_fraction, authenticity, distance_to_closest_record, copied_rows,
            data_copying, filter_copies
fidelity    c2st, column_similarity, association_similarity, energy_distance, sliced_wasserstein,
            wasserstein, precision_recall_density_coverage, alpha_precision_beta_recall
usefulness  efficacy
all         report
searches    scorer, constrained

On 100000 rows of 20 columns a measure takes 0.3 to 52 s with its baseline on two cores, most of it
exact neighbor passes and forests (`benchmarks/metrics.py`). Nothing of size rows x rows is held.
"""

from ._classifier import c2st, efficacy
from ._coverage import (
    PRDC,
    AlphaPrecisionBetaRecall,
    alpha_precision_beta_recall,
    precision_recall_density_coverage,
)
from ._data_copying import data_copying
from ._novelty import (
    ClosestRecords,
    authenticity,
    copied_rows,
    distance_to_closest_record,
    filter_copies,
    memorized_fraction,
)
from ._report import Report, report
from ._scorers import constrained, scorer
from ._similarity import association_similarity, column_similarity
from ._transport import energy_distance, sliced_wasserstein, wasserstein
from ._value import Value

__all__ = [
    "PRDC",
    "AlphaPrecisionBetaRecall",
    "ClosestRecords",
    "Report",
    "Value",
    "alpha_precision_beta_recall",
    "association_similarity",
    "authenticity",
    "c2st",
    "column_similarity",
    "constrained",
    "copied_rows",
    "data_copying",
    "distance_to_closest_record",
    "efficacy",
    "energy_distance",
    "filter_copies",
    "memorized_fraction",
    "precision_recall_density_coverage",
    "report",
    "scorer",
    "sliced_wasserstein",
    "wasserstein",
]
