"""Keep what a run of the tests found, for docs/robustness.md.

    python -m pytest --run-slow tests/faults --junitxml faults.xml
    python -m benchmarks.robustness faults.xml

adds to benchmarks/results/robustness.json: under the name of each test the figures that it
recorded (pytest's ``record_property``), and under the name of the file how many tests passed, with
the versions of this Python's packages, which must be those of the run. It runs nothing itself, so
``python -m benchmarks`` leaves it out.
"""

import json
import platform
import sys
from pathlib import Path
from xml.etree import ElementTree

from ._measure import earlier, installed_versions, record


def value(text):
    """As it was recorded: a number, a list, or else a text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def figures(path):
    """Results by name: of each test that recorded some and passed, and of the run."""
    found, run = {}, dict.fromkeys(("passed", "failure", "error", "skipped"), 0)
    for case in ElementTree.parse(path).iter("testcase"):
        outcome = next((child.tag for child in case if child.tag in run), "passed")
        run[outcome] += 1
        properties = {p.get("name"): value(p.get("value")) for p in case.iter("property")}
        if properties and outcome == "passed":
            found[case.get("name")] = properties
    run |= {"python": platform.python_version(), "versions": installed_versions()}
    return found | {Path(path).stem: run}


def main(paths):
    results = earlier("robustness")
    for path in paths:
        results |= figures(path)
    record("robustness", results)


if __name__ == "__main__":
    main(sys.argv[1:])
