"""A folder with a table of numbers in it."""

import pytest

from smoothdiff.cli._files import write_tables


@pytest.fixture(name="X")
def rows(rng):
    return rng.normal(size=(25, 3))


@pytest.fixture
def folder(tmp_path, monkeypatch, X):
    """Working directory with data.csv, which has a header, and data.npy."""
    monkeypatch.chdir(tmp_path)
    write_tables({"data.csv": (X, ["a", "b", "c"]), "data.npy": (X, None)})
    return tmp_path
