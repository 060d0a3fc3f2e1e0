"""Cells of text files are what they were, however few of them are known and kept together."""

import numpy as np
import pytest

from smoothdiff.cli import _cells, _mixed, _stored
from smoothdiff.cli._mixed import text_frame
from smoothdiff.cli._stored import Column, Texts


def cells_of_all_kinds(rng, n):
    """Repeated and single, empty, in several scripts; one astral."""
    words = ["", "a", "b", "\u00e9t\u00e9", "\u65e5\u672c", "\U0001f600x", *map(str, range(40))]
    return [words[k] for k in rng.integers(len(words), size=n)]


@pytest.fixture(params=[(0, 1), (3, 7), (30, 1000)], ids=str)
def few(request, monkeypatch):
    """Known texts, and cells that are kept together."""
    for module in (_stored, _cells):
        monkeypatch.setattr(module, "MOST_SEEN", request.param[0])
    monkeypatch.setattr(_mixed, "CELLS_TOGETHER", request.param[1])


def test_a_column_gives_its_cells_back(few, rng):
    cells, column = cells_of_all_kinds(rng, 500), Column(Texts(10_000))
    for start in range(0, 500, 60):
        column.extend(cells[start : start + 60])
    assert column.pop_first() == cells[0]
    assert column.pop_first() == cells[1]
    assert len(column) == 498
    assert list(column) == list(column) == cells[2:]
    assert column.as_objects("x").tolist() == cells[2:]
    assert list(column) == []


def test_a_column_that_is_used_up_lets_go_of_its_cells(few, rng):
    cells, column = cells_of_all_kinds(rng, 100), Column(Texts(10_000))
    column.extend(cells)
    assert list(column.used_up()) == cells
    assert list(column) == []


def test_files_are_read_alike(few, rng, monkeypatch):
    """Numbers with gaps and without, dates, texts; by what is usual, and by very little."""
    n = 300
    days = np.datetime64("2020-01-01") + rng.integers(0, 400, n).astype("timedelta64[D]")
    columns = [
        map(str, rng.integers(0, 90_000, n)),
        ["" if k % 5 == 0 else str(k) for k in rng.integers(0, 90_000, n)],
        ["NA" if x < 0.1 else f"{x:.2f}" for x in rng.random(n)],
        map(str, days),
        [f"w{cell}" for cell in cells_of_all_kinds(rng, n)],
    ]
    data = "\n".join(["a,b,c,d,e", *map(",".join, zip(*columns, strict=True))]).encode()
    found = text_frame(data, "x")
    monkeypatch.undo()
    for column, usual in zip(found.columns, text_frame(data, "x").columns, strict=True):
        assert column.dtype == usual.dtype
        assert list(map(type, column.tolist())) == list(map(type, usual.tolist()))
        np.testing.assert_array_equal(column, usual)
