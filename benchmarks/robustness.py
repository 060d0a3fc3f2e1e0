"""Keep what a run of the tests found, for docs/robustness.md.

    python -m pytest --run-slow tests/faults --junitxml faults.xml
    python -m benchmarks.robustness faults.xml

adds to benchmarks/results/robustness.json, under the name of the file: how many tests passed, the
versions of this Python's packages, which must be those of the run, and the figures that each test
recorded (pytest's ``record_property``). Of a report of pytest-cov (``--cov smoothdiff --cov-branch
--cov-report json``) it adds the lines and branches that were taken in each part. It runs nothing
itself, so that ``python -m benchmarks`` leaves it out.
"""

import json
import platform
import sys
from pathlib import Path
from xml.etree import ElementTree

from ._measure import earlier, installed_versions, record

# What a report of pytest-cov says of a file.
COUNTS = ("covered_lines", "num_statements", "covered_branches", "num_branches")


def value(text):
    """As it was recorded: a number, a list, or else a text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def summary(path):
    """Of a run: outcomes, versions, and what tests recorded that passed."""
    run: dict = dict.fromkeys(("passed", "failure", "error", "skipped"), 0)
    tests = {}
    for case in ElementTree.parse(path).iter("testcase"):
        outcome = next((child.tag for child in case if child.tag in run), "passed")
        run[outcome] += 1
        properties = {p.get("name"): value(p.get("value")) for p in case.iter("property")}
        if properties and outcome == "passed":
            tests[case.get("name")] = properties
    versions = {"python": platform.python_version(), **installed_versions()}
    return run | {"versions": versions, "tests": tests}


def coverage(path):
    """Lines and branches by part of the package: taken, and all."""
    found: dict = {}
    for name, file in json.loads(Path(path).read_text())["files"].items():
        part = Path(name).parent.name
        row = found.setdefault("files at the top" if part == "smoothdiff" else f"`{part}/`", {})
        for count in COUNTS:
            row[count] = row.get(count, 0) + file["summary"][count]
    found["all"] = {count: sum(row[count] for row in found.values()) for count in COUNTS}
    return found


def main(paths):
    """Keep what the files say, under their names."""
    results = earlier("robustness")
    for path in map(Path, paths):
        results[path.stem] = (coverage if path.suffix == ".json" else summary)(path)
    record("robustness", results)


if __name__ == "__main__":
    main(sys.argv[1:])
