"""smoothdiff sample on text files of mixed columns."""

import csv

import numpy as np
import pytest
from sampled_cells import sample

from smoothdiff import TableDiffusion
from smoothdiff.cli import main
from smoothdiff.cli._mixed import text_frame

N = 60


@pytest.fixture
def file(tmp_path, monkeypatch, rng):
    """people.csv, and plain.csv, the same without a header and with ? for what is missing."""
    monkeypatch.chdir(tmp_path)
    rows = [
        [
            int(rng.integers(18, 80)),
            f"{rng.lognormal(10, 1):.2f}" if rng.random() < 0.8 else "",
            rng.choice(["F", "M"]),
            rng.choice(["Rome", "Oslo, N", "Bern"]),
            f"2020-0{rng.integers(1, 10)}-1{rng.integers(10)}",
            rng.choice(["01", "02"]),
        ]
        for _ in range(N)
    ]
    with open("people.csv", "w", newline="") as stream:
        csv.writer(stream).writerows([["age", "income", "sex", "city", "since", "code"], *rows])
    with open("plain.csv", "w", newline="") as stream:
        csv.writer(stream).writerows([[cell or "?" for cell in row] for row in rows])
    return rows


def test_new_rows_of_a_table(file):
    header, *made = sample("people.csv", "-n", "40")
    assert header == ["age", "income", "sex", "city", "since", "code"]
    assert len(made) == 40
    old = list(zip(*file, strict=True))
    new = list(zip(*made, strict=True))
    for j in (2, 3, 5):
        assert set(new[j]) <= set(old[j])
    ages = [int(age) for age in new[0]]
    assert min(old[0]) <= min(ages) <= max(ages) <= max(old[0])
    assert "" in new[1]
    assert all(cell == "" or float(cell) == round(float(cell), 2) for cell in new[1])
    assert min(old[4]) <= min(new[4]) <= max(new[4]) <= max(old[4])
    assert all(np.datetime64(day) for day in new[4])


def test_without_a_header_and_with_question_marks(file):
    made = sample("plain.csv", "--na", "?", "-n", "30")
    assert len(made) == 30
    assert "" in [row[1] for row in made]


def test_question_marks_are_asked_about(file, capsys):
    assert main(["sample", "plain.csv"]) == 2
    error = capsys.readouterr().err
    assert "plain.csv, column 2: " in error
    assert "are '?' and the others are numbers. If it means a missing value, add --na '?'." in error


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("8:05,Oslo\n8:06,Rome\n,Bern\n", ["1", "2"]),
        ("2020-01-01,Oslo\n2020-01-02,Rome\n", ["1", "2"]),
        ("2020-01-01,2020-02-01\n1,2\n3,4\n", ["2020-01-01", "2020-02-01"]),
        ("8:00,9:00\nred,blue\nblue,red\n", ["8:00", "9:00"]),
    ],
)
def test_times_in_the_first_line_name_columns_of_anything_else(text, names):
    assert text_frame(text.encode(), "t").names == names


YEARS = "region,2019,2020,2021\nOslo,1,2,3\nRome,4,,6\nOslo,7,8,9\n"


def test_years_in_the_first_line_are_asked_about(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "years.csv").write_text(YEARS)
    assert main(["sample", "years.csv"]) == 2
    assert (
        "years.csv, line 1: 2019, 2020, 2021 lie outside their columns. If they name them, add "
        "--header yes; if not, add --header no." in capsys.readouterr().err
    )
    with pytest.raises(ValueError, match="line 1: 2019, 2020, 2021 lie outside"):
        text_frame(YEARS.replace("region", "").encode(), "t")  # as pandas writes an index
    for header, first in (("yes", "region"), ("no", None)):
        assert main(["sample", "years.csv", "--header", header, "--seed", "0"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert (lines[0] == "region,2019,2020,2021") == (first is not None)


@pytest.mark.parametrize(
    "text",
    [
        YEARS.replace("Rome,4", "Rome,2030"),  # a column has numbers on both sides
        YEARS.replace("region", "Oslo"),  # a word that comes again is a value
        YEARS.replace("2020", "2025"),  # no equal steps
        YEARS.replace("region", "0.5"),
        YEARS.replace(",1,", ",x,").replace(",4,", ",y,").replace(",7,", ",z,"),
        "1,2\n3,1\n2,3\n",
        "5\n1\n2\n",
    ],
)
def test_numbers_in_the_first_line_that_are_a_row(text):
    frame = text_frame(text.encode(), "t")
    assert len(frame.columns[0]) == text.count("\n")


def test_options_of_the_table(file, capsys):
    assert "" not in [row[1] for row in sample("people.csv", "--fill")]
    header, *_ = sample("people.csv", "--kind", "code=drop")
    assert "code" not in header
    assert main(["sample", "people.csv", "--by", "sex", "--schema", "-o", "x.csv"]) == 0
    error = capsys.readouterr().err
    assert "drawn first: a model for each value" in error
    assert "60 new rows from 60 of 6 columns" in error


def test_conditions(file):
    _, *made = sample("people.csv", "-n", "20", "--where", "sex=F", "--where", "age=30:60")
    assert {row[2] for row in made} == {"F"}
    assert all(30 <= int(row[0]) <= 60 for row in made)
    _, *made = sample("people.csv", "-n", "9", "--where", "city=Rome,Bern", "--where", "income=")
    assert {row[3] for row in made} <= {"Rome", "Bern"}
    assert {row[1] for row in made} == {""}
    _, *made = sample("people.csv", "-n", "9", "--where", "since=2020-05-01:")
    assert all(row[4] >= "2020-05-01" for row in made)


def test_a_first_line_of_words_may_be_a_row(tmp_path):
    """Where a word of it comes again in its column it has no names."""
    text = b"red,yes\nblue,no\nred,no\ngreen,yes\n"
    assert text_frame(text, "t").names == ["1", "2"]
    assert len(text_frame(text, "t")) == 4
    assert text_frame(b"color,ok\n" + text, "t").names == ["color", "ok"]
    assert len(text_frame(text, "t", header="yes")) == 3


def test_single_quotes_and_spaces():
    frame = text_frame(b"'a', 1, x\n'b, c', 2, y\n'a', 3.5, x\n", "t")
    assert frame.columns[0].tolist() == ["a", "b, c", "a"]
    assert frame.columns[1].tolist() == [1.0, 2.0, 3.5]


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        ("1 2 3", [1, 2, 3]),
        ("1 2.5 -3e2", [1.0, 2.5, -300.0]),
        ("1 NA 3", [1, None, 3]),
        ("007 12 13", ["007", "12", "13"]),
        ("a 1 b", ["a", "1", "b"]),
        (
            "2020-01-01 2020-02-03 NA",
            [np.datetime64("2020-01-01"), np.datetime64("2020-02-03"), None],
        ),
    ],
)
def test_what_cells_are(cells, values):
    data = "x,y\n" + "".join(f"{cell},{i}\n" for i, cell in enumerate(cells.split()))
    column = text_frame(data.encode(), "t", header="yes").columns[0]
    found = [None if v != v or v is None else v for v in column.tolist()]
    wanted = [
        v.astype("datetime64[us]").item() if isinstance(v, np.datetime64) else v for v in values
    ]
    assert found == wanted
    assert [type(v) for v in found] == [type(v) for v in wanted]


def test_what_the_output_cannot_hold_is_known_before_the_fit(file, capsys, monkeypatch):
    monkeypatch.setattr(TableDiffusion, "fit", None)
    assert main(["sample", "people.csv", "-o", "new.npy"]) == 2
    assert capsys.readouterr().err.endswith("can hold numbers only; end its name in .csv.\n")


def test_a_text_column_that_is_dropped_is_not_in_the_output(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "some.csv").write_text("".join(f"{i},{i % 3}.5,row {i}\n" for i in range(9)))
    assert main(["sample", "some.csv", "-o", "new.npy", "--kind", "3=drop", "-q"]) == 0
    assert np.load("new.npy").shape == (9, 2)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("people.csv --where sex=X", "No training row fits --where sex=X. Of 60 rows"),
        ("people.csv --where age=old", "--where gives column 'age' 'old', which is no number."),
        ("people.csv --where since=now:", "--where gives column 'since' 'now', which is no date."),
        ("people.csv --where nope=1", "--where names a column that the table lacks: 'nope'."),
        ("people.csv --where sex", "--where must be COLUMN=VALUE or COLUMN=LOW:HIGH."),
        ("people.csv --kind sex=x", "--kind must be COLUMN=KIND, where KIND is one of numeric,"),
        ("people.csv --by nope", "--by names columns that the table lacks"),
        ("people.csv --kappa -1", "--kappa must be"),
        ("people.csv --scale none --by sex", "--by is for tables in text files"),
        ("people.csv -o new.npy", "new.npy can hold numbers only; end its name in .csv."),
        ("head.csv", "head.csv has a header but no rows."),
    ],
)
def test_errors_are_one_sentence(file, tmp_path, capsys, arguments, sentence):
    (tmp_path / "head.csv").write_text("a,b\n")
    options = [] if " -o " in arguments else ["-o", "new.csv"]
    assert main(["sample", *arguments.split(), *options]) == 2
    out, err = capsys.readouterr()
    assert err.startswith(f"smoothdiff: error: {sentence}")
    assert (out, err.count("\n")) == ("", 1)
    assert not (tmp_path / "new.csv").exists()
