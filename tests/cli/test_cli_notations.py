"""Numbers and times as people write them: decimal commas, time zones; and they come back so."""

import csv

import numpy as np
import pytest
from sampled_cells import sample

from smoothdiff.cli import main
from smoothdiff.cli._files import parse_csv
from smoothdiff.cli._mixed import text_frame

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
