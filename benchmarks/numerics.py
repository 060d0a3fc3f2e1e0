"""Errors on hard cases against 50 digits, by function and precision of the data.

The cases are those of tests/numerics, which hold them to a bound. The page on robustness has the
largest errors of each kind.
"""

import sys
from pathlib import Path

import numpy as np

from ._measure import record

TESTS = Path(__file__).parents[1] / "tests" / "numerics"


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
    return results
