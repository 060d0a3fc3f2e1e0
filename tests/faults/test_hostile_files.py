"""Files of strangers: read or refused in a sentence, at a price in proportion to their size."""

import csv
import io
import json
import subprocess
import sys
import tracemalloc
import zipfile

import fuzz
import numpy as np
import pytest
from mutations import sign

from smoothdiff import SmoothedPLDiffusion, _reading
from smoothdiff.cli import _cells, _mixed, _stored, main
from smoothdiff.cli._binary import read_array, read_parquet
from smoothdiff.cli._files import cells_of, write_csv
from smoothdiff.cli._mixed import text_frame
from smoothdiff.persistence import load, save

FEW, MANY = {"csv": 100, "npy": 150, "npz": 150, "model": 40, "parquet": 60}, 10_000


@pytest.fixture(params=fuzz.FORMATS)
def file_format(request):
    if request.param == "parquet":
        pytest.importorskip("pyarrow", reason="needs the extra parquet")
    return request.param


def test_few_damaged_files(file_format, tmp_path):
    found = fuzz.run(file_format, range(FEW[file_format]), tmp_path)
    assert found["wrong"] == {}
    assert found["refused"] > 0


@pytest.mark.slow
def test_many_damaged_files(file_format, record_property):
    """In a process that sees what is run, and may crash."""
    command = [sys.executable, fuzz.__file__, file_format, "0", str(MANY)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    for name in ("read", "refused", "memory"):
        record_property(name, found[name])
    assert found["wrong"] == {}
    assert found["read"] > 0
    assert found["refused"] > 0


# ------------------------------------------------------------------ files that claim too much


def npy_that_claims(shape, dtype="<f8"):
    np.lib.format.write_array_header_1_0(
        stream := io.BytesIO(), {"descr": dtype, "fortran_order": False, "shape": shape}
    )
    return stream.getvalue() + bytes(80)


@pytest.mark.parametrize("shape", [(10**6, 10**3), (2**62, 4), (2**63, 2), (-1, 8), (1,)])
@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_arrays_that_are_not_there(tmp_path, shape, suffix):
    path = tmp_path / f"x{suffix}"
    data = npy_that_claims(shape)
    if suffix == ".npz":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("x.npy", data)
    else:
        path.write_bytes(data)
    with pytest.raises(ValueError, match=r"an array is not of the size that it claims\.$"):
        read_array(path)


def test_an_archive_that_unpacks_to_far_more(tmp_path, monkeypatch):
    """Refused before it is unpacked; what a small table may well be is read."""
    path, zeros = tmp_path / "x.npz", np.zeros((10**5, 10))
    np.savez_compressed(path, zeros)
    np.testing.assert_array_equal(read_array(path), zeros)
    monkeypatch.setattr(_reading, "SMALL", 2**20)
    with pytest.raises(ValueError, match="it would unpack to 8 MiB, more than 10 times its size"):
        read_array(path)
    np.savez(path, zeros)  # and as large as it is where it is not packed
    np.testing.assert_array_equal(read_array(path), zeros)


def test_parquet_that_unpacks_to_far_more(tmp_path, monkeypatch):
    pytest.importorskip("pyarrow", reason="needs the extra parquet")
    pd = pytest.importorskip("pandas")
    path, table = tmp_path / "x.parquet", pd.DataFrame({"a": np.zeros(10**6)})
    table.to_parquet(path)
    pd.testing.assert_frame_equal(read_parquet(path), table)
    monkeypatch.setattr(_reading, "SMALL", 2**20)
    with pytest.raises(ValueError, match="it would unpack to 8 MiB, more than 10 times its size"):
        read_parquet(path)


def _words(rng, *letters):
    return [
        "".join(rng.choice(list("abcdefghijklmnop"), rng.choice(letters))) for _ in range(20_000)
    ]


def _with_a_gap(cells):
    return [*map(str, cells[1:]), '""']


TEXTS = {  # cells of one line after the other, their columns, and so many times the file at most
    "numbers with all digits": (lambda rng: map(str, rng.random(20_000)), 5, 3.2),
    "five digits": (lambda rng: map(str, rng.integers(10_000, 99_999, 20_000)), 1, 5),
    "five digits, and a gap": (lambda rng: _with_a_gap(rng.integers(10_000, 99_999, 20_000)), 1, 8),
    "two decimals, and a gap": (lambda rng: _with_a_gap(rng.random(20_000).round(2)), 1, 4.5),
    "two digits": (lambda rng: map(str, rng.integers(10, 100, 20_000)), 5, 5),
    "single digits": (lambda rng: map(str, rng.integers(0, 10, 20_000)), 1, 8.5),
    "days": (
        lambda rng: map(
            str, np.datetime64("2000-01-01") + rng.integers(0, 99, 20_000).astype("timedelta64[D]")
        ),
        1,
        4,
    ),
    "words that come once, of 3 to 8 letters": (lambda rng: _words(rng, *range(3, 9)), 5, 10),
    "names that come once, of 6 letters": (lambda rng: _words(rng, 6), 1, 10),
}


@pytest.mark.parametrize(("cells", "width", "times"), TEXTS.values(), ids=TEXTS)
def test_memory_to_read_text(cells, width, times, rng, monkeypatch, record_property):
    """Besides what a tiny file needs, and texts that are known if they come again."""
    for module in (_stored, _cells):
        monkeypatch.setattr(module, "MOST_SEEN", 100)
    monkeypatch.setattr(_mixed, "CELLS_TOGETHER", 200)
    cells = list(cells(rng))
    rows = [",".join("abcde"[:width])] + [
        ",".join(cells[i : i + width]) for i in range(0, len(cells), width)
    ]
    data = bytearray(("\n".join(rows) + "\n").encode())
    tracemalloc.start()
    try:
        text_frame(bytes(data), "x.csv")  # a copy that nobody else keeps
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    record_property("times_the_file", peak / len(data))
    assert peak < times * len(data) + 2**14


@pytest.mark.parametrize("letters", [3, 6])
def test_text_that_would_take_far_more_than_its_size(letters, rng, monkeypatch):
    """Refused before it is there."""
    for module in (_stored, _cells):
        monkeypatch.setattr(module, "MOST_SEEN", 100)
    monkeypatch.setattr(_mixed, "CELLS_TOGETHER", 200)
    monkeypatch.setattr(_stored, "SMALL", 0)
    data = bytearray("\n".join(["a", *_words(rng, letters)]).encode())
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"^x, column 1 \(a\): .* more than 10 times its size"):
            text_frame(bytes(data), "x")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10 * len(data) + 2**14


@pytest.mark.parametrize(
    "object_",
    [
        {"is": "Fraction", "text": "1e999999999"},
        {"is": "numpy.objects", "shape": [1], "dtype": [0], "items": ["x"]},
        {"is": "numpy.array", "array": 0},
    ],
    ids=["a power", "a wide text", "an array"],
)
def test_objects_of_a_model_that_would_take_all_memory(tmp_path, object_):
    path = tmp_path / "x.sdf"
    objects = [{"is": "numpy.dtype", "name": "<U500000000"}, object_]
    document = {"written_by": {}, "objects": objects, "root": [1]}
    with zipfile.ZipFile(path, "w") as archive:
        archive.comment = b"0" * 64
        archive.writestr("smoothdiff-format", "1\n")
        archive.writestr("arrays/0.npy", npy_that_claims((10**6, 10**6)))
        archive.writestr("model.json", json.dumps(document))
    sign(path)
    with pytest.raises(ValueError, match=r"x\.sdf cannot be read: .*\.$"):
        load(path)


@pytest.mark.parametrize(
    "item",
    ["{}", "[]", '{"a":[]}', "[[]]", '"ab"', "300", '{"k%d":0}', '"\\ud83d\\ude00ab"', "[[[]]]"],
)
def test_a_document_takes_no_more_than_is_said(item, monkeypatch):
    """The bound holds whatever the document is made of, and is what decides."""
    text = f"[{','.join(item.replace('%d', str(i)) for i in range(20_000))}]".encode()
    tracemalloc.start()
    try:
        json.loads(text)
        used = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    monkeypatch.setattr(_reading, "SMALL", 0)
    _reading.check_document(1 + 4 * used // 10, text)
    with pytest.raises(ValueError, match="more than 10 times its size"):
        _reading.check_document(used // 10, text)


def test_a_document_that_was_made_to_be_costly(tmp_path, monkeypatch):
    """Refused before it is objects; and nothing is saved that would be refused."""
    path = tmp_path / "x.sdf"
    with zipfile.ZipFile(path, "w") as archive:
        archive.comment = b"0" * 64
        archive.writestr("smoothdiff-format", "1\n")
        archive.writestr("model.json", f'{{"objects":[{",".join(["{}"] * 300_000)}]}}')
    sign(path)
    monkeypatch.setattr(_reading, "SMALL", 0)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"x\.sdf cannot be read: its objects would"):
            load(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * path.stat().st_size
    model = SmoothedPLDiffusion(random_state=0).fit([[0.0], [1.0], [3.0]])
    monkeypatch.setattr(_reading, "TIMES", 1)
    with pytest.raises(ValueError, match=r"^SmoothedPLDiffusion cannot be saved: its .*\.$"):
        save(model, tmp_path / "y.sdf")
    assert [file.name for file in tmp_path.iterdir()] == ["x.sdf"]


def test_what_errors_quote_cannot_speak_to_a_terminal(tmp_path, capsys):
    path = tmp_path / "x.npz"
    np.savez(path, **{"\x1b[2Jgone\n": np.zeros(2), "b": np.zeros(2)})
    assert main(["sample", str(path)]) == 2
    said = capsys.readouterr().err
    assert "\N{REPLACEMENT CHARACTER}[2Jgone" in said
    assert all(c.isprintable() for c in said.removesuffix("\n"))


# ------------------------------------------------------------------ cells that spreadsheets compute

FORMULAS = [
    *("=cmd()", "=1+1", "=", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0"),
    *("+'file:///etc/passwd'#$passwd.A1", "\N{FULLWIDTH EQUALS SIGN}1", '=HYPERLINK("http://x")'),
    *("'=cmd()", "''=cmd()", "-(1)"),
]
TEXTS = [
    "-",
    "+",
    "+47 22 33",
    "-1,5",
    "-1e-05",
    "- none -",
    "@home",
    "+/-",
    "'tis",
    "'",
    "it's",
    "x=1",
]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_formulas_come_out_as_text_and_come_back(delimiter):
    rows = np.array([FORMULAS, FORMULAS[::-1]], dtype=object)
    write_csv(stream := io.StringIO(), rows, FORMULAS, delimiter)
    found = [cells for _, cells in cells_of(stream.getvalue())]
    assert found == [FORMULAS, *rows.tolist()]
    for cells in csv.reader(io.StringIO(stream.getvalue()), delimiter=delimiter):
        assert all(cell.startswith("'") for cell in cells)


def test_other_texts_and_numbers_are_written_as_they_are():
    rows = np.array([[*TEXTS, -1.5, -3, None]], dtype=object)
    write_csv(stream := io.StringIO(), rows, delimiter="\t")
    assert stream.getvalue() == "\t".join([*TEXTS, "-1.5", "-3", ""]) + "\n"


def test_a_file_in_single_quotes_is_no_file_of_formulas():
    found = [cells for _, cells in cells_of("'a','b'\n'-5','=x()'\n'-6','-7'\n")]
    assert found == [["a", "b"], ["-5", "=x()"], ["-6", "-7"]]


def test_formulas_of_a_table_through_the_program(tmp_path, capsys):
    lines = ["=name(),size", *(f"{['=cmd()', 'plain'][i % 2]},{i % 7}" for i in range(20))]
    (tmp_path / "x.csv").write_text("\n".join(lines))
    out = tmp_path / "new.csv"
    assert main(["sample", str(tmp_path / "x.csv"), "--seed", "0", "-o", str(out), "-q"]) == 0
    text = out.read_text()
    assert text.startswith("'=name(),size\n")
    assert {line.partition(",")[0] for line in text.splitlines()[1:]} == {"'=cmd()", "plain"}
    frame = text_frame(out.read_bytes(), "new.csv")
    assert frame.names == ["=name()", "size"]
    assert set(frame.columns[0]) == {"=cmd()", "plain"}
