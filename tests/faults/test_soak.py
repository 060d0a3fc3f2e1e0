"""The command line over tables that nobody has looked at: rows like them, or one sentence."""

import os
import re
import resource
import time

import pytest
from made_tables import text_of

from smoothdiff.cli import _files, main

ROWS = 15
MANY = 500


def cells(data):
    return [cells for _, cells in _files.cells_of(_files.text_of(data))]


def what_is_wrong(seed, capsys):
    """With the rows that the program draws of the table of a seed, or with how it refuses it."""
    data = text_of(seed)
    with open("table.csv", "wb") as file:
        file.write(data)
    code = main(["sample", "table.csv", "-n", str(ROWS), "-o", "new.csv", "-q", "--seed", "0"])
    out, err = capsys.readouterr()
    said = err.splitlines()
    if out or not all(re.fullmatch(r"smoothdiff: (error|warning): .*\.", line) for line in said):
        return f"it said {out + err!r}"
    if code:
        wrong = None if code == 2 and "error" in said[-1] else f"status {code}, {err!r}"
        return wrong or (f"new.csv is there after {err!r}" if os.path.exists("new.csv") else None)
    with open("new.csv", "rb") as file:
        new = cells(file.read())
    os.remove("new.csv")
    if len(new) not in (ROWS, ROWS + 1) or len(new[0]) != len(cells(data)[0]):
        return f"{len(new)} lines of {len(new[0])} cells"
    left = sorted(os.listdir("."))
    return None if left == ["table.csv"] else f"it left {left}"


@pytest.mark.filterwarnings("default")  # the program prints them
@pytest.mark.parametrize(
    "seeds", [range(2), pytest.param(range(MANY), marks=pytest.mark.slow)], ids=["few", "many"]
)
def test_made_tables(seeds, tmp_path, monkeypatch, capsys, record_property):
    monkeypatch.chdir(tmp_path)
    began = time.perf_counter()
    found = {seed: what_is_wrong(seed, capsys) for seed in seeds}
    record_property("tables", len(seeds))
    record_property("seconds_each", (time.perf_counter() - began) / len(seeds))
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KiB, as Linux counts
    record_property("most_memory_mib", most / 1024)
    assert {seed: wrong for seed, wrong in found.items() if wrong} == {}
