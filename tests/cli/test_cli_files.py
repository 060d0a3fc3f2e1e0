"""Tables in files: what is read, what is refused and where, and that all are written or none."""

import io
import os

import numpy as np
import pytest

from smoothdiff.cli._files import cells_of, parse_csv, read_table, write_csv, write_tables

VALUES = np.array([[1.0, -2.5], [3e10, 4.0], [0.1, 1e-300]])
# Floats whose shortest digits are easily got wrong.
HARD = np.array([0.1 + 0.2, 1 / 3, 5e-324, 1.7976931348623157e308, -0.0, 2**53 + 2.0, 1e22, 1e23])


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("header", [None, ["length", "width"]])
def test_csv_dialects(delimiter, header, end):
    rows = ([header] if header else []) + VALUES.astype(str).tolist()
    text = end.join(delimiter.join(row) for row in rows) + end
    values, names, _ = parse_csv(text.encode())
    np.testing.assert_array_equal(values, VALUES)
    assert names == header


@pytest.mark.parametrize(
    ("data", "header", "values"),
    [
        (b"1,2\n3,4", None, [[1, 2], [3, 4]]),  # no end of line at the end
        (b"\xef\xbb\xbf1,2\n3,4\n", None, [[1, 2], [3, 4]]),
        (b"\xef\xbb\xbfa,b\n3,4\n", ["a", "b"], [[3, 4]]),
        ("å,b\n3,4\n".encode("utf-16"), ["å", "b"], [[3, 4]]),
        (b"\n\na,b\n\n1,2\n  \n3,4\n\n\n", ["a", "b"], [[1, 2], [3, 4]]),
        (b'"a,b","c ""d"""\n"1","2"\n', ["a,b", 'c "d"'], [[1, 2]]),
        (b'"two\nlines",b\n1,2\n', ["two\nlines", "b"], [[1, 2]]),
        (b'x, "y"\n1, 2\n 3 ,4\n', ["x", "y"], [[1, 2], [3, 4]]),
        (b"a;b,c\n1;2\n", ["a", "b,c"], [[1, 2]]),
        (b"a,b;c\n1,2\n", ["a", "b;c"], [[1, 2]]),  # judged by the last line, not the header
        (b"x\n1\n2\n", ["x"], [[1], [2]]),
        (b"1\n2\n", None, [[1], [2]]),
        (b"+1e3,.5\n-7.,1E-2\n", None, [[1000, 0.5], [-7, 0.01]]),
        (b",b\n0,1\n", ["", "b"], [[0, 1]]),
    ],
)
def test_csv_layouts(data, header, values):
    table = parse_csv(data)
    assert table.header == header
    assert table.values.dtype == np.float64
    np.testing.assert_array_equal(table.values, values)


def test_agrees_with_numpy():
    text = "\n".join(
        ",".join(f"{x:.6g}" for x in row) for row in np.random.default_rng(0).normal(size=(40, 5))
    )
    np.testing.assert_array_equal(
        parse_csv(text.encode()).values, np.loadtxt(io.StringIO(text), delimiter=",")
    )


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "t.csv has no rows."),
        (b"\n \n", "t.csv has no rows."),
        (b"a,b\n", "t.csv has a header but no rows."),
        (b"a,b\n1,2\n\n3,x\n", "t.csv, line 4, column 2 (b): 'x' is not a number."),
        (b"1,2\n3,x\n", "t.csv, line 2, column 2: 'x' is not a number."),
        (b"id,2\n3,4\n", "t.csv, line 1, column 1: 'id' is not a number."),
        (b"1,2\n,4\n", "t.csv, line 2, column 1: the cell is empty."),
        (b"1,2\n,\n3,4\n", "t.csv, line 2, column 1: the cell is empty."),
        (b"1,2\n3,nan\n", "t.csv, line 2, column 2: 'nan' is not a finite number."),
        (b"a,b\n-inf,3\n", "t.csv, line 2, column 1 (a): '-inf' is not a finite number."),
        (b"1,2\n3,1e999\n", "t.csv, line 2, column 2: '1e999' is not a finite number."),
        (b"1,2\n3,1_000\n", "t.csv, line 2, column 2: '1_000' is not"),
        (b"1,2\n3,4,5\n", "t.csv, line 2: the number of cells is 3, where line 1 has 2."),
        (b"\na,b,c\n1,2\n", "t.csv, line 3: the number of cells is 2, where line 2 has 3."),
        (b'1,2\n"3,4\n', "t.csv, line 2: unexpected end of data."),
        (b"1,2\n\xff\xfe,3\n", "t.csv is not text in UTF-8: save it in that encoding first."),
        (b"1,0x10\n", "t.csv, line 1, column 2: '0x10' is not a number."),
    ],
)
def test_csv_errors_say_where(data, sentence):
    with pytest.raises(ValueError, match=r"t\.csv") as caught:
        parse_csv(data, "t.csv")
    assert str(caught.value).startswith(sentence)


def test_a_long_cell_is_not_repeated_in_full():
    with pytest.raises(ValueError, match="is not a number") as caught:
        parse_csv(b"1\n" + b"x" * 10000)
    assert len(str(caught.value)) < 120


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".npy", ".CSV"])
@pytest.mark.parametrize("header", [None, ["a", "b,\tc"]])
def test_round_trip_is_exact(tmp_path, suffix, header):
    path = tmp_path / f"table{suffix}"
    values = np.c_[HARD, -HARD]
    write_tables({path: (values, header)})
    table = read_table(path)
    assert table.values.tobytes() == values.tobytes()
    assert table.header == (None if suffix == ".npy" else header)


def test_text_is_the_shortest_that_is_exact():
    stream = io.StringIO()
    write_csv(stream, np.array([[0.1, 1.0], [1e100, 1 / 3]]), ["a", "b"])
    assert stream.getvalue() == "a,b\n0.1,1.0\n1e+100,0.3333333333333333\n"


def test_structured_rows_keep_their_types(tmp_path):
    rows = np.array([(0, 7, 0.25), (1, 12, 0.75)], [("i", int), ("j", int), ("w", float)])
    path = tmp_path / "rows.csv"
    write_tables({path: (rows, None), tmp_path / "rows.npy": (rows, None)})
    assert path.read_text() == "i,j,w\n0,7,0.25\n1,12,0.75\n"
    np.testing.assert_array_equal(np.load(tmp_path / "rows.npy"), rows)


def test_npy_types(tmp_path):
    for dtype in ("int8", "uint64", "float32", ">f8"):
        np.save(tmp_path / "x.npy", np.arange(6, dtype=dtype).reshape(3, 2))
        table = read_table(tmp_path / "x.npy")
        assert table.header is None
        assert table.values.dtype == np.float64
        np.testing.assert_array_equal(table.values, [[0, 1], [2, 3], [4, 5]])


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.arange(3.0), "two-dimensional"),
        (np.zeros((2, 2, 2)), "two-dimensional"),
        (np.zeros((2, 2), complex), "real numbers"),
        (np.zeros((2, 2), bool), "real numbers"),
        (np.array([["a", "b"]]), "real numbers"),
        (np.zeros((0, 2)), r"x\.npy has no rows\."),
        (np.zeros((2, 0)), r"x\.npy has no columns\."),
        (np.array([[1, 2], [3, -np.inf]]), "row 2, column 2: -inf is not a finite number"),
        (np.array([[1, "b"]], dtype=object), "an array holds objects"),
    ],
)
def test_npy_of_something_else(tmp_path, array, reason):
    np.save(tmp_path / "x.npy", array, allow_pickle=True)
    with pytest.raises(ValueError, match=reason):
        read_table(tmp_path / "x.npy")


@pytest.mark.parametrize("cut", [0, 4, 40, 140])
def test_npy_cut_short(tmp_path, cut):
    path = tmp_path / "x.npy"
    np.save(path, np.eye(4))
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ValueError, match="is not a NumPy array of numbers"):
        read_table(path)


def test_archive_named_npy(tmp_path):
    with open(tmp_path / "x.npy", "wb") as file:
        np.savez(file, a=np.eye(2))
    with pytest.raises(ValueError, match="is not a NumPy array of numbers"):
        read_table(tmp_path / "x.npy")


def test_paths_that_cannot_be_read(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    for name in ("x.xlsx", "x"):
        with pytest.raises(ValueError, match=r"must end in \.csv or \.tsv or \.npy"):
            read_table(tmp_path / name)
    with pytest.raises(OSError, match=r"folder\.csv"):
        read_table(tmp_path / "folder.csv")
    with pytest.raises(FileNotFoundError):
        read_table(tmp_path / "missing.csv")


def test_all_tables_or_none(tmp_path):
    kept = tmp_path / "kept.csv"
    kept.write_text("before")
    with pytest.raises(FileNotFoundError):
        write_tables({kept: (VALUES, None), tmp_path / "missing" / "x.csv": (VALUES, None)})
    assert kept.read_text() == "before"
    assert os.listdir(tmp_path) == ["kept.csv"]


def test_empty_cells_of_one_column_are_kept():
    rows = np.array([["x"], [None], ["y"]], dtype=object)
    write_csv(stream := io.StringIO(), rows, ["a"])
    assert [cells for _, cells in cells_of(stream.getvalue() + "\n")] == [["a"], ["x"], [""], ["y"]]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('""\nx\n""\ny\n', [[""], ["x"], [""], ["y"]]),  # the first too, where there is no header
        ('\n  \r\n""\nx\n', [[""], ["x"]]),
        ("\n \na,b\n \n1,2\n", [["a", "b"], ["1", "2"]]),
        ("\t\tb\n1\t\t2\n", [["", "", "b"], ["1", "", "2"]]),
    ],
)
def test_empty_cells_and_empty_lines_at_the_beginning(text, rows):
    assert [cells for _, cells in cells_of(text)] == rows
