"""The table of robustness.md: of each function and kind of case the largest errors."""

from figures import RESULTS, Row


def largest(results):
    kinds: dict = {}
    for name, errors in results.items():
        function, case, *_ = name.split(", ")
        kinds.setdefault((function, case), []).append(errors)
    for (function, case), rows in kinds.items():
        yield function, case, Row({key: max(row[key] for row in rows) for key in rows[0]}, case)


hard_cases = list(largest(RESULTS["numerics"]))
