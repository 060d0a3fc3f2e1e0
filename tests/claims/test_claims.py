"""Each claim of the papers is tried; the table says what came out, whole and true."""

import json

import numpy as np
import pytest

from smoothdiff import claims
from smoothdiff.claims import CLAIMS, Claim, Outcome, Reproduction, reproduce
from smoothdiff.claims._claim import at_least, at_most, equal
from smoothdiff.claims._figures import FIGURES
from smoothdiff.cli import main

QUICK = ["the nonsmoothness", "the smoothed score is an average"]


@pytest.fixture(scope="module")
def found():
    return reproduce(only=QUICK)


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.slow] * c.slow) for n, c in CLAIMS.items()]
)
def test_a_claim_holds(name):
    outcome = CLAIMS[name].attempt()
    assert outcome.holds, outcome
    assert outcome.note


@pytest.mark.parametrize(
    ("outcome", "holds"),
    [
        (equal(1.0, 1.1, 0.2), True),
        (equal(1.0, 1.1, 0.05), False),
        (equal(np.inf, np.inf, 0), True),
        (equal(1.0, np.inf, 1), False),
        (at_most(1.0, 1.1), True),
        (at_most(1.2, 1.1), False),
        (at_least(1.2, 1.1), True),
        (at_least(1.0, 1.1), False),
        (equal(np.nan, 1.0, 1), False),
        (at_most(np.nan, 1.0), False),
    ],
)
def test_what_holds(outcome, holds):
    assert outcome.holds is holds


def test_a_wrong_formula_is_told(monkeypatch):
    """The claim on R with the formula off by one part in 1e9; and the average of a wider window."""
    right = claims._line.smoothed_pl_nonsmoothness
    monkeypatch.setattr(
        claims._line, "smoothed_pl_nonsmoothness", lambda *a, **o: right(*a, **o) * (1 + 1e-9)
    )
    monkeypatch.setattr(claims._line, "KAPPA", 1.2001)
    assert reproduce(only=["the nonsmoothness"]).failed == ["the nonsmoothness"]


def test_the_table(found):
    text = str(found)
    assert text.startswith("2 of 2 claims hold as printed.")
    for name in QUICK:
        assert f"holds {name} ({CLAIMS[name].source})" in text
    assert max(map(len, text.splitlines())) <= 100


def test_a_failure_stands_in_all_of_them():
    false = Claim("one is two", "v1", "1 < 2 & so", lambda: Outcome(1, 2, 0, "=", "a note"))
    found = Reproduction([false.tried()], ["later"])
    assert found.failed == ["one is two"]
    assert "FAILS one is two" in str(found)
    assert "Not tried: later." in str(found)
    data = json.loads(found.to_json())
    assert data["claims"][0]["holds"] is False
    assert data["left_out"] == ["later"]


def test_the_page_is_whole_and_needs_nothing(found, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr("smoothdiff.claims._page.FIGURES", FIGURES[1:4:2])
    text = found.to_html(tmp_path / "claims.html")
    assert text == (tmp_path / "claims.html").read_text()
    assert text.count("data:image/png;base64,") == 2
    assert "http" not in text
    assert "int |s&#x27;&#x27;| = 2 (n - 1) D" in text


@pytest.mark.parametrize(("suffix", "begins"), [("pdf", b"%PDF"), ("svg", b"<?xml")])
def test_figures_are_vector_graphics(suffix, begins, found, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(claims._figures, "FIGURES", FIGURES[1:4:2])
    paths = found.save_figures(tmp_path / "figures", suffix)
    assert [path.name for path in paths] == [f"curves.{suffix}", f"phases.{suffix}"]
    assert sorted(paths) == sorted((tmp_path / "figures").iterdir())
    for path in paths:
        assert path.read_bytes().startswith(begins)


def test_infinity_is_written_as_text():
    found = reproduce(only=["the divergence without smoothing"])
    assert json.loads(found.to_json())["claims"][0]["ours"] == "inf"


def test_what_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"'nothing' is no claim\. There are: the exact score"):
        reproduce(only=["nothing"])
    with pytest.raises(OSError, match="no such folder"):
        reproduce(only=QUICK[:1]).to_json(tmp_path / "none" / "x.json")
    found = Reproduction([], [])
    with pytest.raises(ValueError, match="suffix must be"):
        found.save_figures(tmp_path, "gif")
    with pytest.raises(OSError, match="none"):
        found.save_figures(tmp_path / "none" / "figures")
    assert not list(tmp_path.iterdir())


def test_the_command(tmp_path, capsys, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    only = ["--only", QUICK[0]]
    assert main(["reproduce", *only]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("1 of 1 claims hold")
    assert "smoothdiff: holds the nonsmoothness" in err
    assert main(["reproduce", *only, "-q", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["claims"][0]["name"] == QUICK[0]
    for suffix in ("json", "txt"):
        assert main(["reproduce", *only, "-q", "-o", f"c.{suffix}"]) == 0
        assert (tmp_path / f"c.{suffix}").stat().st_size > 100
    monkeypatch.setattr(claims._figures, "FIGURES", FIGURES[1:2])
    assert main(["reproduce", *only, "-q", "--figures", "drawn", "--format", "svg"]) == 0
    assert [path.name for path in (tmp_path / "drawn").iterdir()] == ["curves.svg"]
    assert main(["reproduce", "-o", "c.pdf"]) == 2
    assert main(["reproduce", "--figures", "none/drawn"]) == 2
    assert main(["reproduce", "--only", "nothing"]) == 2
    assert "'nothing' is no claim" in capsys.readouterr().err
