"""What robustness.md shows of runs of the tests, and of numerics the largest errors."""

from figures import RESULTS, Row

runs = RESULTS["robustness"]


def recorded(test):
    """What a test recorded, by its parameter."""
    return {name[len(test) + 1 : -1]: row for name, row in runs.items() if name.startswith(test)}


def largest(results):
    """Of each function and kind of case the largest errors."""
    kinds: dict = {}
    for name, errors in results.items():
        function, case, *_ = name.split(", ")
        kinds.setdefault((function, case), []).append(errors)
    for (function, case), rows in kinds.items():
        yield function, case, Row({key: max(row[key] for row in rows) for key in rows[0]}, case)


hard_cases = list(largest(RESULTS["numerics"]))

kills = runs["test_while_a_file_is_written[1000]"]
ended = {
    name: row.ended_after_s
    for name, row in recorded("test_workers_do_not_outlive_who_asked_them").items()
}
cycles = runs["test_a_thousand_cycles"]
made = runs["test_made_tables[many]"]
FORMATS = {"model": "model (.sdf)", "csv": "CSV", "npy": ".npy", "npz": ".npz"}
FORMATS |= {"parquet": "Parquet"}
hostile = [(label, runs[f"test_many_damaged_files[{name}]"]) for name, label in FORMATS.items()]
texts = recorded("test_memory_to_read_text")
drawn = [row for row in runs.values() if "examples" in row]
