"""Reports of progress, and warnings that name the caller's line."""

import re
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from smoothdiff import _progress
from smoothdiff._progress import Progress, warn


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands until a test moves it."""
    now = [100.0]
    monkeypatch.setattr(_progress, "monotonic", lambda: now[0])
    return now


def test_a_report_every_two_seconds(capsys, clock):
    report = Progress(5000)
    for step in range(1, 101):
        clock[0] += 0.05
        report(10 * step, f"loss {1 / step:.2g}")
    assert capsys.readouterr().err.splitlines() == [
        "step 410 of 5000, loss 0.024, 200 steps/s",
        "step 820 of 5000, loss 0.012, 200 steps/s",
    ]


def test_units_and_no_note(capsys, clock):
    report = Progress(8, unit="rows")
    clock[0] += 4.0
    report(6)
    assert capsys.readouterr().err == "row 6 of 8, 1.5 rows/s\n"


def test_what_was_done_before_is_not_in_the_rate(capsys, clock):
    report = Progress(3000, done=1000)
    clock[0] += 10.0
    report(2000)
    assert capsys.readouterr().err == "step 2000 of 3000, 100 steps/s\n"


def test_nothing_is_said_unless_asked(capsys, clock):
    report = Progress(10, verbose=0)
    clock[0] += 100.0
    report(5)
    assert capsys.readouterr().err == ""


def test_threads_report_at_once(monkeypatch, capsys):
    """Whole lines, as many as there are calls."""
    monkeypatch.setattr(_progress, "SECONDS_BETWEEN_REPORTS", -1.0)
    report = Progress(400)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(report, range(1, 401)))
    lines = capsys.readouterr().err.splitlines()
    assert all(re.fullmatch(r"step \d+ of 400, \S+ steps/s", line) for line in lines)
    assert sorted(int(line.split()[1]) for line in lines) == list(range(1, 401))


LIBRARY = """
def outer(function):
    return inner(function)

def inner(function):
    return function("too large", RuntimeWarning)
"""


def test_a_warning_names_the_line_of_the_caller():
    """The first one outside the package, however deep within it the warning is raised."""
    inside = {}
    exec(compile(LIBRARY, str(Path(_progress.__file__).parent / "any" / "x.py"), "exec"), inside)
    for call in (inside["outer"], inside["inner"], lambda function: function("too large")):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            call(warn)
            line = sys._getframe().f_lineno - 1
        assert seen[0].filename == __file__
        if call.__code__.co_filename != __file__:
            assert (seen[0].lineno, seen[0].category) == (line, RuntimeWarning)


def test_a_stage_is_named(capsys, monkeypatch):
    clock = iter(range(0, 100, 5))
    monkeypatch.setattr("smoothdiff._progress.monotonic", lambda: float(next(clock)))
    report = Progress(4, "fits")
    report.stage = "second"
    report.step()
    assert capsys.readouterr().err == "second: fit 1 of 4, 0.2 fits/s\n"
