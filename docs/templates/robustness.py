"""What robustness.md shows of runs of the tests, and of numerics the largest errors."""

import json

from figures import DOCS, RESULTS, Row

runs = RESULTS["robustness"]
tests = runs.faults.tests | runs.soak.tests | runs.parquet.tests | runs.memory.tests
tests |= runs.texts.tests


def recorded(test):
    """What a test recorded, by its parameter."""
    return {name[len(test) + 1 : -1]: row for name, row in tests.items() if name.startswith(test)}


def largest(results):
    """Of each function and kind of case the largest errors."""
    kinds: dict = {}
    for name, errors in results.items():
        function, case, *_ = name.split(", ")
        kinds.setdefault((function, case), []).append(errors)
    for (function, case), rows in kinds.items():
        yield function, case, Row({key: max(row[key] for row in rows) for key in rows[0]}, case)


hard_cases = list(largest(RESULTS["numerics"]))

kills = tests["test_while_a_file_is_written[1000]"]
ended = {
    name: row.ended_after_s
    for name, row in recorded("test_workers_do_not_outlive_who_asked_them").items()
}
cycles = tests["test_a_thousand_cycles"]
first_call = tests["test_what_the_first_call_takes"]
enough = [mib for mib, row in recorded("test_with_little_more").items() if row.same]
made = tests["test_made_tables[many]"]
FORMATS = {"model": "model (.sdf)", "csv": "CSV", "npy": ".npy", "npz": ".npz"}
FORMATS |= {"parquet": "Parquet"}
hostile = [(label, tests[f"test_many_damaged_files[{name}]"]) for name, label in FORMATS.items()]
texts = recorded("test_memory_to_read_text")
drawn = list(runs.generated.tests.values())

SUITES = {"all, oldest": "oldest", "all, newest": "newest", "all, without any extra": "no extra"}
EXTRAS = ("pandas", "matplotlib", "dask", "imbalanced-learn")
SUITES |= {f"all, without {name}": f"no {name}" for name in EXTRAS}
suites = [(label, runs[name]) for label, name in SUITES.items()]

branches = sorted(
    (
        (part, row, row.covered_branches / row.num_branches if row.num_branches else 1.0)
        for part, row in runs.coverage.items()
    ),
    key=lambda found: (found[0] == "all", found[2]),
)

# Of each part of the code: places, changes tried, those that no test noticed, and of these the ones
# of which it was seen why they change nothing.
EXPLAINED = json.loads((DOCS.parent / "benchmarks" / "mutants_explained.json").read_text())
by_part: dict = {}
for file, row in RESULTS["mutants"].items():
    same = sum(f"smoothdiff/{file}: {change}" in EXPLAINED for change in row.survivors)
    counts = row.places, len(row.tried), len(row.tried) - len(row.survivors), same
    by_part.setdefault(file.split("/")[0], []).append(counts)
mutated = [(part, *map(sum, zip(*rows, strict=True))) for part, rows in by_part.items()]
