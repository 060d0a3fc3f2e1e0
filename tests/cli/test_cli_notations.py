"""Numbers and times as people write them: decimal commas, time zones; and they come back so."""

import csv
import re
from datetime import datetime, timedelta

import numpy as np
import pytest

from smoothdiff.cli import main
from smoothdiff.cli._files import parse_csv
from smoothdiff.cli._mixed import text_frame
from smoothdiff.cli._times import dates_as_text, moment

N = 60


@pytest.fixture
def european(tmp_path, monkeypatch, rng):
    """eu.csv: prices with a comma, sizes with a point, text with commas."""
    monkeypatch.chdir(tmp_path)
    rows = [
        [
            f"{rng.uniform(900, 2000):,.2f}".translate(str.maketrans(",.", ".,")),
            f"{rng.uniform():.3f}",
            rng.choice(["a, b", "c"]),
            int(rng.integers(0, 99)),
        ]
        for _ in range(N)
    ]
    rows[3][0] = ""
    with open("eu.csv", "w", newline="") as stream:
        csv.writer(stream, delimiter=";").writerows([["price", "size", "word", "k"], *rows])
    return rows


def sample(*arguments, delimiter=","):
    assert main(["sample", *arguments, "-o", "new.csv", "--seed", "0", "-q"]) == 0
    with open("new.csv", newline="") as stream:
        return list(csv.reader(stream, delimiter=delimiter))


def test_decimal_commas_come_back(european):
    header, *made = sample("eu.csv", "-n", "300", delimiter=";")
    assert header == ["price", "size", "word", "k"]
    prices = [row[0] for row in made]
    assert all("." not in price and "," in price for price in prices if price)
    assert "" in prices
    numbers = [float(price.replace(",", ".")) for price in prices if price]
    assert 900 <= min(numbers) <= max(numbers) <= 2000
    assert max(numbers) - min(numbers) > 100
    assert all(number == round(number, 2) for number in numbers)
    assert all(0 <= float(row[1]) <= 1 for row in made)
    assert {row[2] for row in made} == {"a, b", "c"}


@pytest.mark.parametrize(
    ("cells", "written"),
    [
        ("12.50 3.00", ["12.50", "3.00"]),
        ("12,50 3,00", ["12,50", "3,00"]),
        ("12.50 3", ["12.5", "3.0"]),
        ("1.50 2.00e3", ["1.5", "2000.0"]),
        ("7 8", [7, 8]),
    ],
)
def test_decimals_are_written_as_they_were(cells, written):
    """All two of them where every number of the column has two."""
    lines = "".join(f"{cell};a\n" for cell in cells.split())
    frame = text_frame(f"x;y\n{lines}".encode(), "t")
    rows = frame.build(frame.names, frame.columns).cells()
    assert [str(cell) for cell in rows[:, 0]] == [str(cell) for cell in written]


def test_no_digit_is_lost_to_decimals_that_were_seen():
    frame = text_frame(b"x;y\n1.50;a\n;b\n", "t")
    new = np.array([0.125, None], dtype=object)
    assert frame.build(["x"], [new]).cells()[:, 0].tolist() == ["0.125", None]


def test_a_file_made_so_is_read_again_to_the_same_frame(european):
    sample("eu.csv")
    with open("new.csv", "rb") as stream:
        frame = text_frame(stream.read(), "new.csv")
    assert [column.dtype.kind for column in frame.columns] == ["O", "f", "O", "i"]
    assert {type(value) for value in frame.columns[0]} == {float, type(None)}


def test_conditions_with_decimal_commas(european):
    _, *made = sample("eu.csv", "-n", "20", "--where", "price=1.000,5:1200,25", delimiter=";")
    prices = [float(row[0].replace(",", ".")) for row in made]
    assert 1000.5 <= min(prices) <= max(prices) <= 1200.25
    _, *made = sample("eu.csv", "-n", "4", "--where", "size=0.25:0.75", delimiter=";")
    assert all(0.25 <= float(row[1]) <= 0.75 for row in made)


def test_numbers_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "n.csv").write_text("a;b\n" + "".join(f"{i},5;{i * i},25\n" for i in range(9)))
    header, *made = sample("n.csv", "--scale", "none", "-n", "5", delimiter=";")
    assert header == ["a", "b"]
    assert all("," in cell and "." not in cell for row in made for cell in row)
    main(["sample", "n.csv", "-o", "n.npy", "-q"])
    assert np.load("n.npy").shape == (9, 2)


@pytest.mark.parametrize(
    ("data", "values"),
    [
        (b"1,5;2\n-3,25;4e1\n", [[1.5, 2], [-3.25, 40]]),
        (b"1,5\t2\n,5\t4\n", [[1.5, 2], [0.5, 4]]),
        (b'"1";"2"\n3;4\n', [[1, 2], [3, 4]]),
    ],
)
def test_commas_in_a_file_of_numbers(data, values):
    table = parse_csv(data)
    np.testing.assert_array_equal(table.values, values)
    assert table.commas == (b"," in data)


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        ("1,5 2 -3,25e1", [1.5, 2.0, -32.5]),
        (",5 -,25 3", [0.5, -0.25, 3.0]),
        ("1.234 1.234.567,5 12", [1234.0, 1234567.5, 12.0]),
        ("1.234 2.5 3", [1.234, 2.5, 3.0]),
        ("1.234.567 2.345.678 3", ["1.234.567", "2.345.678", "3"]),
        ("1,5 2,5a a", ["1,5", "2,5a", "a"]),
        ("007,5 NA 1", [7.5, None, 1.0]),
    ],
)
def test_what_cells_with_commas_are(cells, values):
    data = "x;y\n" + "".join(f"{cell};{i}\n" for i, cell in enumerate(cells.split()))
    assert text_frame(data.encode(), "t", header="yes").columns[0].tolist() == values


def test_commas_in_files_that_they_separate_are_no_decimals():
    frame = text_frame(b'x,y\n"1,5",a\n"1,5",b\n"2,5",b\n', "t")
    assert frame.columns[0].tolist() == ["1,5", "1,5", "2,5"]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"x;y\n1,5;a\n2.5;b\n", r"t, column 1 \(x\) has numbers with a decimal comma \('1,5'\)"),
        (b"t;y\n2020-01-01T10:00Z;a\n2020-01-01T10:00;b\n", "with a zone .* and without"),
        (b"t;y\n2020-02-30T10:00Z;a\n2020-02-01T10:00Z;b\n", "is no date"),
        (b"t;y\n2020-02-20T10:00+99:00;a\n2020-02-01T10:00Z;b\n", "is no date"),
    ],
)
def test_what_is_not_written_alike_is_refused(data, sentence):
    with pytest.raises(ValueError, match=sentence):
        text_frame(data, "t", header="yes")


def test_numbers_of_both_forms_are_refused_without_a_scale():
    with pytest.raises(ValueError, match="t has numbers with a decimal comma and with a decimal"):
        parse_csv(b"1,5;2\n2.5;3\n", "t")


# ---------------------------------------------------------------------- zones


@pytest.fixture
def times(tmp_path, monkeypatch, rng):
    """Writes t.csv with times that end in a zone, of some zones in turn."""
    monkeypatch.chdir(tmp_path)

    def write(*zones):
        hours = rng.integers(0, 24 * 200, N).tolist()
        day = np.datetime64("2024-01-01T00:00:00")
        rows = [[f"{day + np.timedelta64(h, 'h')}{zones[h % len(zones)]}", h] for h in hours]
        with open("t.csv", "w", newline="") as stream:
            csv.writer(stream).writerows([["t", "h"], *rows])
        return rows

    return write


@pytest.mark.parametrize("zone", ["Z", "+01:00", "-0330"])
def test_a_zone_comes_back(times, zone):
    old = [row[0] for row in times(zone)]
    _, *made = sample("t.csv", "-n", "40")
    new = [row[0] for row in made]
    assert all(time.endswith(zone) for time in new)
    assert min(old) <= min(new) <= max(new) <= max(old)
    assert all(time[13:19] == ":00:00" for time in new)


def test_of_several_zones_the_instants_are_kept():
    data = b"t,k\n2024-02-29T10:00:00+01:00,1\n2024-07-01T10:00:00+02:00,2\n2024-02-29T09:00Z,3\n"
    frame = text_frame(data, "t")
    wanted = np.array(["2024-02-29T09:00", "2024-07-01T08:00", "2024-02-29T09:00"], "M8[us]")
    np.testing.assert_array_equal(frame.columns[0], wanted)
    assert frame.build(["t"], frame.columns[:1]).cells()[1, 0] == "2024-07-01T08:00:00Z"


@pytest.mark.parametrize(
    ("condition", "low", "high"),
    [
        ("t=2024-03-01T00:00:00+01:00:2024-03-31T00:00:00+01:00", "2024-03-01", "2024-03-31"),
        ("t=2024-02-29T23:00Z:", "2024-03-01", "2025"),
        ("t=:2024-03-01", "2024-01-01", "2024-03-01T00:00:01"),
        ("t=2024-03-01T10:00:", "2024-03-01T10:00", "2025"),
    ],
)
def test_conditions_on_times(times, condition, low, high):
    times("+01:00")
    _, *made = sample("t.csv", "-n", "10", "--where", condition)
    assert all(low <= row[0] <= high for row in made)


def test_one_time_with_colons_is_one_value(times):
    (time, _), *_ = times("Z")
    _, *made = sample("t.csv", "-n", "1", "--where", f"t={time}")
    assert made[0][0] == time


def test_a_zone_where_the_column_has_none_is_refused(times, capsys):
    times("")
    assert main(["sample", "t.csv", "--where", "t=2024-03-01T10:00Z:"]) == 2
    error = capsys.readouterr().err
    assert "--where gives column 't' '2024-03-01T10:00Z', which is no date there (it has" in error


CLOCK = {
    "{h}:{m:02}": re.compile(r"([89]|1\d):\d\d"),
    "{h:02}:{m:02}": re.compile(r"(0[89]|1\d):\d\d"),
    "{h:02}:{m:02}:{s:02}": re.compile(r"(0[89]|1\d):\d\d:\d\d"),
}


def clocks(form, n=N):
    """Every seven minutes, or every seven minutes and eleven seconds, from 8:00 on."""
    step = 431 if "{s" in form else 420
    seconds = [8 * 3600 + step * i for i in range(n)]
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
    assert "names or ids that cannot be drawn" in capsys.readouterr().err


DAYS = {
    "DD.MM.YYYY": "%d.%m.%Y",
    "MM/DD/YYYY": "%m/%d/%Y",
    "DD-MM-YYYY": "%d-%m-%Y",
    "YYYY/MM/DD": "%Y/%m/%d",
    "DD.MM.YYYY HH:MM": "%d.%m.%Y %H:%M",
    "MM/DD/YYYY HH:MM:SS": "%m/%d/%Y %H:%M:%S",
}


def dated(form, n=N):
    """A time of every second day of some months, as text, and their numbers."""
    times = [datetime(2021, 12, 2, 8) + timedelta(days=2 * i, minutes=90 * i) for i in range(n)]
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
