"""What is said of work that takes long, and where nothing is."""

import io
import re
import time
from types import SimpleNamespace

import pytest

from smoothdiff.cli import _busy


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    """Standard error as a terminal, and little patience."""
    stream = Terminal()
    monkeypatch.setattr(_busy, "sys", SimpleNamespace(stderr=stream))
    monkeypatch.setattr(_busy, "FIRST", 0.05)
    monkeypatch.setattr(_busy, "THEN", 0.05)
    return stream


def test_long_work_is_named_again_and_again(terminal):
    with _busy.busy("fitting 9 rows"):
        time.sleep(0.3)
    lines = terminal.getvalue().splitlines()
    assert len(lines) >= 2
    assert all(re.fullmatch(r"smoothdiff: fitting 9 rows, \d+ s", line) for line in lines)
    time.sleep(0.15)
    assert terminal.getvalue().splitlines() == lines  # it ends with the work


def test_short_work_is_not(terminal, monkeypatch):
    monkeypatch.setattr(_busy, "FIRST", 30.0)
    with _busy.busy("fitting 9 rows"):
        pass
    assert terminal.getvalue() == ""


def test_nor_when_quiet(terminal):
    with _busy.busy("fitting 9 rows", quiet=True):
        time.sleep(0.15)
    assert terminal.getvalue() == ""


def test_nor_where_nobody_looks(terminal):
    terminal.isatty = lambda: False
    with _busy.busy("fitting 9 rows"):
        time.sleep(0.15)
    assert terminal.getvalue() == ""


def test_it_ends_with_an_error(terminal):
    with pytest.raises(ZeroDivisionError), _busy.busy("fitting 9 rows"):
        raise ZeroDivisionError
    time.sleep(0.15)
    assert terminal.getvalue() == ""
