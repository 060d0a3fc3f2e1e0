"""Times of a day and dates as people write them: interpolated, and written so again."""

import re
from datetime import datetime, timedelta

import numpy as np
import pytest
from sampled_cells import sample

from smoothdiff import _progress
from smoothdiff.cli import main
from smoothdiff.cli._mixed import text_frame
from smoothdiff.cli._times import (
    clock_form,
    clock_text,
    dates_as_text,
    day_form,
    is_clock,
    moment,
)

N = 60


CLOCK = {
    "{h}:{m:02}": re.compile(r"([89]|1\d):\d\d"),
    "{h:02}:{m:02}": re.compile(r"(0[89]|1\d):\d\d"),
    "{h:02}:{m:02}:{s:02}": re.compile(r"(0[89]|1\d):\d\d:\d\d"),
}


def clocks(form, n=N):
    """Every six or seven minutes, with some seconds if there are any, from 8:00 on."""
    minute, more = 60, 11 if "{s" in form else 0
    seconds = [8 * 3600 + (7 * minute + more) * i - minute * (i % 3 == 1) for i in range(n)]
    return [form.format(h=s // 3600, m=s // 60 % 60, s=s % 60) for s in seconds]


@pytest.mark.parametrize("form", CLOCK)
def test_times_of_a_day_are_interpolated_and_come_back_as_they_were(tmp_path, monkeypatch, form):
    monkeypatch.chdir(tmp_path)
    times = clocks(form)
    cells = [*times[:7], "", *times[8:]]
    lines = "".join(f"{cell},{i**1.2:.1f}\n" for i, cell in enumerate(cells))
    (tmp_path / "t.csv").write_text("at,x\n" + lines)
    _, *made = sample("t.csv", "-n", "200")
    at = [row[0] for row in made if row[0]]
    assert len(at) < len(made)
    assert all(CLOCK[form].fullmatch(cell) for cell in at)
    assert times[0].zfill(8) <= min(cell.zfill(8) for cell in at)
    assert max(cell.zfill(8) for cell in at) <= times[-1].zfill(8)
    assert set(at) - set(times)  # times that no row has
    for wanted in ("at=9:00:10:30", "at=09:00:10:30:00"):
        _, *made = sample("t.csv", "-n", "30", "--where", wanted)
        assert {row[0].zfill(5)[:2] for row in made} == {"09", "10"}
    _, *made = sample("t.csv", "-n", "3", "--where", f"at={times[4]}")
    assert {row[0] for row in made} == {times[4]}
    assert main(["fit", "t.csv", "-o", "m.sdf", "--seed", "0", "-q"]) == 0
    assert sample("t.csv", "-n", "9") == sample("m.sdf", "-n", "9")


@pytest.mark.parametrize("half", [" AM", "AM", " am", "am"])
@pytest.mark.parametrize("date", ["", "DD/MM/YYYY ", "M/D/YYYY "])
@pytest.mark.parametrize("clock", ["H:MM", "HH:MM", "H:MM:SS"])
def test_morning_and_afternoon_come_back(half, date, clock):
    """12:30 AM is half an hour after midnight, 12:30 PM after noon."""
    form = f"{date}{clock}{half}"
    minutes = [0, 30, 11 * 60 + 59, 12 * 60, 12 * 60 + 30, 13 * 60 + 5, 23 * 60 + 59, 600]
    days = [13, 14, 15, 2, 20, 28, 5, 9]
    at = zip(days, minutes, strict=True)
    times = [datetime(2024, 1, day) + timedelta(minutes=minute) for day, minute in at]

    def written(time):
        text = time.strftime("%m/%d/%Y %I:%M:%S" if "M/D" in form else "%d/%m/%Y %I:%M:%S")
        text = "/".join(part.lstrip("0") for part in text.split("/")) if "M/D" in form else text
        day, said = text.split(" ")
        said = said if ":SS" in form else said[:-3]
        said = said if "HH" in form else said.lstrip("0")
        letters = half.replace("A", "P").replace("a", "p") if time.hour >= 12 else half
        return f"{f'{day} ' if date else ''}{said}{letters}"

    cells = [written(time) for time in times]
    lines = "".join(f"{cell},{i}\n" for i, cell in enumerate(cells))
    frame = text_frame(("at,x\n" + lines).encode(), "t.csv")
    column = frame.columns[0]
    if date:
        assert column.tolist() == times
        assert dates_as_text(column, form=form) == cells
        assert day_form(cells) == form
    else:
        assert column.tolist() == [timedelta(minutes=m) for m in minutes]
        assert clock_form(cells) == form
        assert [clock_text(value, form) for value in column.tolist()] == cells


def test_times_in_the_afternoon_are_drawn_and_asked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cells = [f"{(8 + i // 8 - 1) % 12 + 1}:{i % 8 * 7:02} {'AP'[i > 31]}M" for i in range(64)]
    lines = "".join(f"{cell},{i**1.2:.1f}\n" for i, cell in enumerate(cells))
    (tmp_path / "t.csv").write_text("at,x\n" + lines)
    _, *made = sample("t.csv", "-n", "100")
    assert all(re.fullmatch(r"([1-9]|1[0-2]):[0-5]\d [AP]M", row[0]) for row in made)
    assert {row[0] for row in made} - set(cells)
    _, *made = sample("t.csv", "-n", "30", "--where", "at=11:00 AM:1:30 PM")
    assert {row[0].split(":")[0] for row in made} == {"11", "12", "1"}
    _, *made = sample("t.csv", "-n", "3", "--where", f"at={cells[4]}")
    assert {row[0] for row in made} == {cells[4]}
    assert main(["fit", "t.csv", "-o", "m.sdf", "--seed", "0", "-q"]) == 0
    assert sample("t.csv", "-n", "9") == sample("m.sdf", "-n", "9")


@pytest.mark.parametrize("cell", ["13:05 PM", "0:30 AM", "8:05 P", "8:05PM.", "8:05  PM", "8 PM"])
def test_what_is_no_time_of_a_half_day(cell):
    assert not is_clock(cell)


def test_parts_of_seconds_and_what_is_no_time(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    lines = "".join(f"08:{i // 60:02}:{i % 60:02}.5,{i**1.2:.1f}\n" for i in range(N))
    (tmp_path / "t.csv").write_text("at,x\n" + lines)
    _, *made = sample("t.csv", "-n", "20")
    assert all(row[0][:4] == "08:0" and row[0][8] == "." for row in made)
    assert main(["sample", "t.csv", "-o", "new.csv", "--where", "at=noon"]) == 2
    assert "--where gives column 'at' 'noon', which is no time." in capsys.readouterr().err
    (tmp_path / "t.csv").write_text("at,x\n" + lines.replace("08:00:05", "25:00:05"))
    assert main(["sample", "t.csv", "-o", "new.csv"]) == 2
    assert "1 cell is '25:00:05.5' and the others are times." in capsys.readouterr().err


DAYS = {
    "DD.MM.YYYY": "%d.%m.%Y",
    "MM/DD/YYYY": "%m/%d/%Y",
    "DD-MM-YYYY": "%d-%m-%Y",
    "YYYY/MM/DD": "%Y/%m/%d",
    "DD.MM.YYYY HH:MM": "%d.%m.%Y %H:%M",
    "MM/DD/YYYY HH:MM:SS": "%m/%d/%Y %H:%M:%S",
}


def dated(form, n=N):
    """A time of most days of some months, as text."""
    steps = [timedelta(days=2 * i - (i % 3 == 1), minutes=90 * i + i % 2) for i in range(n)]
    times = [datetime(2021, 12, 2, 8) + step for step in steps]
    return [time.strftime(DAYS[form]) for time in times]


@pytest.mark.parametrize("form", DAYS)
def test_dates_of_other_forms_are_interpolated_and_come_back_as_they_were(
    tmp_path, monkeypatch, form
):
    monkeypatch.chdir(tmp_path)
    old = dated(form)
    lines = "".join(f"{day},{i**1.2:.1f}\n" for i, day in enumerate(["", *old]))
    (tmp_path / "t.csv").write_text("day,x\n" + lines)
    frame = text_frame((tmp_path / "t.csv").read_bytes(), "t")
    assert frame.build.notations["day"].days == form
    _, *made = sample("t.csv", "-n", "300")
    new = [datetime.strptime(row[0], DAYS[form]) for row in made if row[0]]
    assert len(new) < len(made)
    assert [t.strftime(DAYS[form]) for t in new] == [row[0] for row in made if row[0]]
    first, last = (datetime.strptime(day, DAYS[form]) for day in (old[0], old[-1]))
    assert first <= min(new) <= max(new) <= last
    assert set(new) - {datetime.strptime(day, DAYS[form]) for day in old}
    for low, high in (("2022-01-01", "2022-01-31"), (old[20], old[30])):
        _, *made = sample("t.csv", "-n", "20", "--where", f"day={low}:{high}")
        inside = [datetime.strptime(row[0], DAYS[form]) for row in made]
        ends = [moment(end, "", form) for end in (low, high)]
        assert ends[0] <= min(inside) <= max(inside) <= ends[1]
    headless = "".join(f"{day},{'ab'[i % 2]}{i}\n" for i, day in enumerate(old))
    assert text_frame(headless.encode(), "t").names == ["1", "2"]


def test_days_and_months_of_one_digit_come_back():
    cells = ["9.1.2021", "10.11.2021", "31.1.2020"]
    frame = text_frame(("d,x\n" + "".join(f"{c},a\n" for c in cells)).encode(), "t")
    assert frame.build.notations["d"].days == "D.M.YYYY"
    assert frame.columns[0].astype("M8[D]").astype(str).tolist() == [
        *("2021-01-09", "2021-11-10", "2020-01-31"),
    ]
    assert frame.build(["d"], frame.columns[:1]).cells()[:, 0].tolist() == cells


@pytest.mark.parametrize(
    "cells",
    [
        ["3/4/2021", "5/6/2021"],  # of March or of April
        ["13/4/2021", "4/13/2021"],
        ["13/4/2021", "13.4.2021"],
        ["13/4/2021", "2021/4/13"],
        ["13/4/21", "14/4/21"],
        ["13/4/2021 8:00", "13/4/2021"],
        ["13/4/2021", "soon"],
    ],
)
def test_dates_that_cannot_be_told_stay_text(cells):
    frame = text_frame(("d,x\n" + "".join(f"{c},a\n" for c in cells)).encode(), "t")
    assert frame.columns[0].tolist() == cells


def test_a_day_that_no_month_has_is_refused(tmp_path, monkeypatch, capsys):
    with pytest.raises(ValueError, match=r"t, column 1 \(d\): '31.2.2021' is no date"):
        text_frame(b"d,x\n1.2.2021,a\n31.2.2021,b\n", "t")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text("d,x\n" + "".join(f"{i % 28 + 1}.2.2021,a\n" for i in range(9)))
    assert main(["sample", "t.csv", "--where", "d=31.2.2021"]) == 2
    assert "--where gives column 'd' '31.2.2021', which is no date" in capsys.readouterr().err


def test_a_form_of_dates_that_a_file_made_up_is_none():
    """A model's file may say anything; it is the ISO form then."""
    column = np.array(["2021-03-04", "NaT"], "M8[us]")
    for form in ("DD.DD.YYYY", "{d:999999999}", "YYYY.MM", "M/D/YYYY HH"):
        assert dates_as_text(column, "", form) == ["2021-03-04", None]
        with pytest.raises(ValueError, match="is not written as"):
            moment("3.4.2021", "", form)


@pytest.mark.parametrize(
    ("where", "wanted"),
    [
        ("t=3:00:3:05", "No training row fits --where 't=3:00:00:3:05:00'."),
        ("t=3:00", "No training row fits --where t=3:00:00."),
    ],
)
def test_times_that_no_row_has_are_said(tmp_path, monkeypatch, capsys, where, wanted):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text(
        "t,x\n" + "".join(f"{8 + i % 9}:{i:02},{i}.5\n" for i in range(59))
    )
    assert main(["sample", "a.csv", "-q", "--where", where]) == 2
    assert wanted.replace("'", "") in capsys.readouterr().err.replace("'", "")


def test_several_times_may_be_asked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [
        f"{8 + i % 9}:{i:02},2021-03-{i % 28 + 1:02} {8 + i % 9:02}:30,{i}.5" for i in range(59)
    ]
    (tmp_path / "a.csv").write_text("t,at,x\n" + "\n".join(rows))
    _, *made = sample("a.csv", "-n", "200", "--where", "t=8:00,9:01")
    assert {row[0] for row in made} == {"8:00", "9:01"}
    assert all(re.fullmatch(r"2021-03-\d\d \d\d:\d\d", row[1]) for row in made)  # as they were
    _, *made = sample("a.csv", "-n", "20", "--where", "at=2021-03-01 08:30,2021-03-02 09:30")
    assert {row[1] for row in made} == {"2021-03-01 08:30", "2021-03-02 09:30"}


@pytest.mark.parametrize(
    "cells",
    [
        ["8471.30.01", "8517.62.00", "0901.21.00"],
        ["96/8/2021", "13/8/2021"],
        ["1.20.2021", "1.2.2021"],
    ],
)
def test_codes_that_look_like_dates_are_text(cells):
    frame = text_frame(("c,x\n" + "".join(f"{c},a\n" for c in cells)).encode(), "t")
    assert frame.columns[0].tolist() == cells


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        (["8:00", "9:00", "?", "10:00"], "1 cell is '?' and the others are times. If it means"),
        (["2021-01-02", "-", "2021-01-03"], "1 cell is '-' and the others are dates. If it means"),
    ],
)
def test_one_odd_cell_among_times_is_asked_about(cells, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        text_frame(("c,x\n" + "".join(f"{c},a\n" for c in cells)).encode(), "t", header="yes")


def test_times_are_times_in_parquet_too(tmp_path, monkeypatch):
    pd = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text(
        "t,x\n" + "".join(f"{8 + i % 9}:{i:02},{i}.5\n" for i in range(59))
    )
    assert main(["sample", "a.csv", "-n", "20", "-q", "-o", "a.parquet"]) == 0
    assert {type(t).__name__ for t in pd.read_parquet("a.parquet")["t"]} == {"time"}
    words = pd.DataFrame(
        {
            "k": pd.Categorical(["NO", "SE", "DK"] * 20),
            "ok": [True, False] * 30,
            "size": pd.Categorical(["lo", "mid", "hi"] * 20, ["lo", "mid", "hi"], ordered=True),
            "t": [datetime(2021, 1, 1, 8 + i % 9, i).time() for i in range(60)],
            "f": np.round(np.arange(60) * 0.1, 1).astype("float32"),
        }
    )
    words.to_parquet("p.parquet")
    for where, column, wanted in (
        ("k=NO,SE", 0, {"NO", "SE"}),
        ("ok=True", 1, {"True"}),
        ("size=lo:mid", 2, {"lo", "mid"}),
        ("t=8:00:8:59", 3, None),
    ):
        _, *made = sample("p.parquet", "-n", "15", "--where", where)
        found = {row[column] for row in made}
        assert found <= wanted if wanted else all(cell.startswith("08:") for cell in found)
        assert all(len(row[4]) <= 5 for row in made)  # 0.45, and no 0.44999998807907104


def test_a_few_rows_are_read_in_the_form_of_the_others(tmp_path, monkeypatch, capsys):
    """5/4/2021 alone may be of April or of May."""
    monkeypatch.chdir(tmp_path)
    days = [datetime(2021, 1, 1) + timedelta(days=6 * i - i % 4) for i in range(59)]
    rows = [f"{d.month}/{d.day}/{d.year},{i**1.1:.1f}" for i, d in enumerate(days)]
    few = [row for row, day in zip(rows, days, strict=True) if day.day <= 12]
    for name, lines in {"us": rows, "few": few, "one": ["5/4/2021,22.1"], "tr": rows[:40]}.items():
        (tmp_path / f"{name}.csv").write_text("\n".join(["day,x", *lines]))
    assert main(["fit", "us.csv", "-q", "-o", "us.sdf", "--seed", "0"]) == 0
    scores = {}
    for name in ("us", "few", "one"):
        assert main(["score", "us.sdf", f"{name}.csv", "-q", "-o", f"{name}-scores.csv"]) == 0
        scores[name] = np.loadtxt(f"{name}-scores.csv", skiprows=1, ndmin=1)
    of_few = [score for score, day in zip(scores["us"], days, strict=True) if day.day <= 12]
    np.testing.assert_array_equal(scores["few"], of_few)
    assert np.isfinite(scores["one"]).all()
    assert main(["report", "tr.csv", "us.csv", "few.csv", "-q"]) == 0
    (tmp_path / "one.csv").write_text("day,x\n5.4.2021,22.1\n")
    assert main(["score", "us.sdf", "one.csv", "-q"]) == 0  # points say that the day is first
    (tmp_path / "one.csv").write_text("day,x\nsoon,22.1\n")
    assert main(["score", "us.sdf", "one.csv", "-q"]) == 2
    assert "Column 'day' must be of type datetime64" in capsys.readouterr().err


def test_quiet_is_quiet_with_conditions(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(_progress, "SECONDS_BETWEEN_REPORTS", -1.0)
    rows = [f"{8 + i % 9}:{i:02},{'ab'[i % 2]}" for i in range(59)]
    (tmp_path / "a.csv").write_text("\n".join(["t,c", *rows]))
    wanted = ["sample", "a.csv", "-n", "3", "--where", "c=a", "-o", "new.csv", "--seed", "0"]
    assert main([*wanted, "-q"]) == 0
    assert capsys.readouterr().err == ""
    assert main(wanted) == 0
    said = re.search(r"row 3 of 3, ([\d.]+)% of the draws fit", capsys.readouterr().err)
    assert float(said[1]) > 30  # all that fit count, and not the three that were wanted
