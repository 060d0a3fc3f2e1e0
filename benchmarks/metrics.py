"""What judging costs: `smoothdiff.metrics` on 100000 rows of 20 columns, and beside prdc.

``python -m benchmarks metrics``. Seconds of each with its baseline, three tables of normal rows;
then precision, recall, density and coverage of 10000 rows beside prdc, which holds all pairs.
"""

import numpy as np

from smoothdiff import metrics

from ._measure import peak_bytes, record, seconds

ROWS, COLUMNS, PAIRS_ROWS = 100_000, 20, 10_000
MEASURES = {
    "memorized_fraction": lambda a, b, c: metrics.memorized_fraction(a, b, test=c),
    "authenticity": metrics.authenticity,
    "distance_to_closest_record": metrics.distance_to_closest_record,
    "copied_rows": metrics.copied_rows,
    "data_copying": metrics.data_copying,
    "filter_copies": metrics.filter_copies,
    "precision_recall_density_coverage": metrics.precision_recall_density_coverage,
    "alpha_precision_beta_recall": metrics.alpha_precision_beta_recall,
    "column_similarity": metrics.column_similarity,
    "association_similarity": metrics.association_similarity,
    "c2st": metrics.c2st,
    "efficacy": lambda a, b, c: metrics.efficacy(a[:5000], b[:5000], c[:5000], 0),
    "energy_distance": metrics.energy_distance,
    "sliced_wasserstein": metrics.sliced_wasserstein,
    "report": metrics.report,
}


def main():
    rng = np.random.default_rng(0)
    tables = [rng.standard_normal((ROWS, COLUMNS)) for _ in range(3)]
    results = {}
    for name, measure in MEASURES.items():
        elapsed, _ = seconds(lambda measure=measure: measure(*tables), 1)
        results[name] = {"rows": ROWS, "columns": COLUMNS, "seconds": elapsed}
        record("metrics", results)
    results |= beside_prdc(rng)
    record("metrics", results)
    return results


def beside_prdc(rng):
    from prdc import compute_prdc

    made, real = (rng.standard_normal((PAIRS_ROWS, COLUMNS)) for _ in range(2))
    ways = {
        "smoothdiff": lambda: metrics.precision_recall_density_coverage(made, real),
        "prdc": lambda: compute_prdc(real, made, 5),
    }
    found = {}
    for name, way in ways.items():
        way()
        elapsed, value = seconds(way, 3)
        value = value._asdict() if hasattr(value, "_asdict") else value
        found[f"precision to coverage, {name}"] = {
            "rows": PAIRS_ROWS,
            "seconds": elapsed,
            "MB": peak_bytes(way) / 2**20,
            **{key: float(v) for key, v in value.items()},
        }
    return found
