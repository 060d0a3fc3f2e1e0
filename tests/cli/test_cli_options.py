"""Options that speak of columns, and sentences that speak of options."""

import csv
import shlex

import numpy as np
import pytest

from smoothdiff import TableDiffusion
from smoothdiff.cli import main
from smoothdiff.cli._conditions import options_of
from smoothdiff.cli._sentences import in_options

N = 60
CITIES = ["Rome", "Oslo, N", 'the "Hague"', "a:b"]


@pytest.fixture
def file(tmp_path, monkeypatch, rng):
    monkeypatch.chdir(tmp_path)
    rows = [
        [int(rng.integers(18, 80)), CITIES[i % 4], rng.choice(["F", "M"]), f"id{i}", i % 7]
        for i in range(N)
    ]
    with open("t.csv", "w", newline="") as stream:
        csv.writer(stream).writerows([["age", "city", "a=b", "name", "k"], *rows])


def cities(*conditions):
    where = [part for condition in conditions for part in ("--where", condition)]
    command = ["sample", "t.csv", "-n", "40", *where, "-o", "new.csv", "--kind", "name=drop"]
    assert main([*command, "--seed", "0", "-q"]) == 0
    with open("new.csv", newline="") as stream:
        return {row[1] for row in list(csv.reader(stream))[1:]}


@pytest.mark.parametrize(
    ("conditions", "found"),
    [
        (["city=Oslo, N"], {"Oslo, N"}),
        (['city="Oslo, N"'], {"Oslo, N"}),
        (['city=Rome,"Oslo, N"'], {"Rome", "Oslo, N"}),
        (["city=Rome", "city=Oslo, N"], {"Rome", "Oslo, N"}),
        (['city="the ""Hague"""'], {'the "Hague"'}),
        (['city=the "Hague"'], {'the "Hague"'}),
        (["city=a:b,Rome"], {"a:b", "Rome"}),
        (["city=Rome", "a=b=F"], {"Rome"}),
    ],
)
def test_levels_with_commas_and_quotes(file, conditions, found):
    assert cities(*conditions) == found


def test_the_help_tells_of_quotes(capsys):
    with pytest.raises(SystemExit):
        main(["sample", "--help"])
    words = " ".join(capsys.readouterr().out.split())
    assert "quotes keep the comma of a value: 'city=Rome,\"Washington, DC\"'" in words


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("", "Column 'name' has 60 different texts in 60 rows, names or ids that cannot be drawn; "
         "leave it out, or add --kind name=drop (or 'categorical' to draw from them)."),
        ("--kind name=number", "--kind must be COLUMN=KIND, where KIND is one of numeric,"),
        ("--kind zz=drop", "--kind names columns that the table lacks: 'zz'."),
        ("--kind a=b=numeric", "Column 'a=b' cannot be 'numeric': it has text."),
        ("--kind name=drop --by name", "Column 'name' is in --by, and cannot be dropped."),
        ("--kind name=drop --by zz", "--by names columns that the table lacks: 'zz'."),
        (
            "--kind name=drop --where age=200:300 --where city=Rome,'\"Oslo, N\"'",
            "No training row fits --where age=200:300 --where 'city=Rome,\"Oslo, N\"'. Of 60",
        ),
        ("--where age=20:30 --where age=3", "--where gives column 'age' a range, and that must"),
        ("--where city='a\nb' --kind name=drop", "No training row fits --where 'city="),
        ("--where age=inf", "--where gives column 'age' 'inf', which is no number."),
        ("--kind name=drop --kappa -1", "--kappa must be a positive float. Got -1 instead."),
        ("--kind name=drop --t0 1 --t-min 2", "--t-min must not exceed t0; --t-min-scale sets it"),
        ("--kind name=drop --seed -3", "--seed must not be negative."),
    ],
)  # fmt: skip
def test_errors_name_options(file, capsys, options, sentence):
    if sentence.startswith("--where gives"):
        options += " --kind name=drop"
    assert main(["sample", "t.csv", *shlex.split(options)]) == 2
    assert capsys.readouterr().err.startswith(f"smoothdiff: error: {sentence}")


def test_a_name_with_a_space_can_be_copied_into_a_shell(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text("the id,k\n" + "".join(f"id{i},{i % 3}\n" for i in range(N)))
    main(["sample", "t.csv"])
    assert "add --kind 'the id=drop' (or" in capsys.readouterr().err


@pytest.mark.filterwarnings("default")
def test_warnings_name_options(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{i},{i * i % 50}\n" for i in range(N))
    (tmp_path / "t.csv").write_text(f"row,k\n{rows}")
    assert main(["sample", "t.csv", "-o", "new.csv"]) == 0
    assert "leave it out, or add --kind COLUMN=drop." in capsys.readouterr().err


def refusals():
    """Sentences of the library that a file can lead to."""
    rng = np.random.default_rng(0)
    X = np.empty((N, 3), dtype=object)
    X[:, 0], X[:, 1], X[:, 2] = rng.normal(size=N), [f"{i:03}" for i in range(N)], None
    cases = [
        ({}, {}),
        ({"kinds": {1: "drop"}}, {}),
        ({"kinds": {1: "drop", 2: "constant"}, "by": 0}, {}),
        ({"kinds": {1: "drop", 2: "constant"}}, {"where": {0: (5.0, None), 2: [None]}}),
        ({"kinds": {1: "drop", 2: "constant"}}, {"random_state": "x"}),
    ]
    for parameters, sampled in cases:
        with pytest.raises((ValueError, TypeError)) as caught:
            TableDiffusion(**parameters).fit(X).sample(5, **sampled)
        yield str(caught.value)


def test_no_sentence_names_parameters():
    for sentence in refusals():
        said = in_options(sentence)
        assert "=" not in said.replace("--kind 1=", "").replace("--kind 2=", "").replace(
            "--where 0=5.0:", ""
        ).replace("--where 2=", "")
        for word in ("kinds", "missing=", "pandas", "random_state", "numpy", "TableDiffusion"):
            assert word not in said, said


def test_conditions_as_options_and_back():
    where = {"age": (3, None), "city": ["Rome", "Oslo, N"], "x": [None], "k": [1, 2.5]}
    assert (
        options_of(where)
        == "--where age=3: --where 'city=Rome,\"Oslo, N\"' --where x= --where k=1,2.5"
    )
