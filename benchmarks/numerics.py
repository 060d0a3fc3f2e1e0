"""Errors on hard cases against 50 digits, by function and precision of the data.

The cases are those of tests/numerics, which hold them to a bound.
"""

import sys
from pathlib import Path

import numpy as np

from ._measure import record

TESTS = Path(__file__).parents[1] / "tests" / "numerics"
DOCS = Path(__file__).parents[1] / "docs" / "robustness.md"
BEGIN, END = "<!-- numerics: made by benchmarks/numerics.py -->", "<!-- end of numerics -->"


def main():
    sys.path.insert(0, str(TESTS))
    import hard_cases

    results = {
        str(case): {
            f"{dtype}, {what}": error
            for dtype in ("float64", "float32")
            for what, error in hard_cases.measure(case, np.dtype(dtype)).items()
        }
        for case in hard_cases.CASES
    }
    record("numerics", results)
    text = DOCS.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    DOCS.write_text(f"{before}{BEGIN}\n\n{table(results)}\n\n{END}{rest.split(END)[1]}")
    return results


def table(results):
    """Markdown: a line for each function and kind of case, with the largest error of it."""
    lines = {}
    for name, errors in results.items():
        function, kind = name.split(", ")[:2]
        worst = lines.setdefault((function, kind), dict.fromkeys(errors, 0.0))
        for what, error in errors.items():
            worst[what] = max(worst[what], error)
    head = ["function", "case", *next(iter(results.values()))]
    rows = [head, ["---"] * len(head)]
    rows += [[*key, *(f"{error:.1e}" for error in worst.values())] for key, worst in lines.items()]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
