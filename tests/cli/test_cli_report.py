"""``smoothdiff report``: the same numbers as in Python, from files of every kind."""

import json
import re

import numpy as np
import pytest

from smoothdiff.cli import main
from smoothdiff.cli._main import _in_a_sentence
from smoothdiff.metrics import report

pd = pytest.importorskip("pandas")


def people(n, seed):
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 80, n)
    return pd.DataFrame(
        {
            "age": age,
            "paid": np.where(rng.random(n) < 0.4, 0.0, rng.exponential(age).round(2)),
            "city": rng.choice(["Oslo", "Rome", "Lima, Peru"], n),
            "left": np.where(age + rng.normal(scale=9, size=n) > 50, "yes", "no"),
        }
    )


@pytest.fixture(scope="module")
def tables():
    return {"new": people(60, 2), "train": people(60, 0), "test": people(40, 1)}


@pytest.fixture
def folder(tmp_path, monkeypatch, tables):
    monkeypatch.chdir(tmp_path)
    for name, table in tables.items():
        table.to_csv(f"{name}.csv", index=False)
    return tmp_path


def test_three_tables(folder, tables, capsys):
    assert main(["report", "new.csv", "train.csv", "test.csv", "--target", "left", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    expected = report(tables["new"], tables["train"], tables["test"], target="left").to_dict()
    assert found == json.loads(json.dumps(expected))


def test_a_model_of_other_rows_names_no_parents(folder, capsys):
    assert main(["fit", "train.csv", "-o", "m.sdf"]) == 0
    for train, own in (("train.csv", True), ("new.csv", False)):
        assert main(["report", "m.sdf", train, "test.csv", "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert ("parents" in found["closest_pairs"][0]) == own
        assert ("fitted to other rows" in " ".join(found["notes"])) != own


def test_text_on_standard_output(folder, capsys):
    assert main(["report", "new.csv", "train.csv", "test.csv"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("60 generated rows of 4 columns")
    assert err == ""


def test_files_by_their_suffix(folder, capsys):
    pytest.importorskip("matplotlib")
    for suffix in ("html", "json", "txt"):
        assert main(["report", "new.csv", "train.csv", "test.csv", "-o", f"r.{suffix}"]) == 0
        assert re.match(rf"smoothdiff: r.{suffix}: fidelity \w+, div", capsys.readouterr().err)
    assert (folder / "r.html").read_text().startswith("<!DOCTYPE html>")
    assert json.loads((folder / "r.json").read_text())["rows"]["test"] == 40
    assert "generated rows of 4 columns" in (folder / "r.txt").read_text()


def test_a_saved_model(folder, capsys):
    """Its rows are drawn, with the parents of the closest."""
    assert main(["fit", "train.csv", "-q"]) == 0
    assert main(["report", "train.sdf", "train.csv", "test.csv", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["rows"]["generated"] == 60
    assert found["closest_pairs"][0]["parents"]


def test_one_table_is_split(folder, capsys):
    whole = people(100, 3)
    whole.to_csv("whole.csv", index=False)
    options = ["--target", "left", "--by", "left", "--held-out", "0.4", "--json"]
    assert main(["report", "whole.csv", *options]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["rows"] == {"generated": 60, "train": 60, "test": 40}
    assert "usefulness" in found["verdicts"]
    summary = ["report", "whole.csv", *options, "-o", "r.json"]
    assert main(summary) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["fidelity"] == found["verdicts"]["fidelity"]["grade"]
    assert json.loads((folder / "r.json").read_text()) == found


def test_arrays(folder, capsys):
    rng = np.random.default_rng(0)
    for name in ("new", "train", "test"):
        np.save(f"{name}.npy", rng.standard_normal((30, 3)))
    assert main(["report", "new.npy", "train.npy", "test.npy", "--target", "3", "--json"]) == 0
    assert "usefulness" in json.loads(capsys.readouterr().out)["verdicts"]
    assert main(["report", "train.npy", "--held-out", "0.5", "--json"]) == 0


def test_what_threads_of_forests_say_of_themselves_is_left_out(capsys):
    show = _in_a_sentence(None)
    show("`sklearn.utils.parallel.delayed` should be used with ...", UserWarning)
    show("The column 'a' is constant.", UserWarning)
    assert capsys.readouterr().err == "smoothdiff: warning: The column 'a' is constant.\n"
