"""Arrays of NumPy and Parquet files, in and out."""

import sys

import numpy as np
import pytest

from smoothdiff import SmoothedPLDiffusion
from smoothdiff.cli import main
from smoothdiff.cli._files import read_table, write_tables

pd = pytest.importorskip("pandas")


def test_one_array_of_an_archive(folder, X):
    np.savez("one.npz", X)
    np.savez("two.npz", train=X, test=X[:5])
    for arguments in (["one.npz"], ["two.npz", "--key", "train"]):
        assert main(["sample", *arguments, "--seed", "3", "-o", "new.npz", "-q"]) == 0
        assert main(["sample", "data.npy", "--seed", "3", "-o", "new.npy", "-q"]) == 0
        with np.load("new.npz") as archive:
            assert archive.files == ["rows"]
            np.testing.assert_array_equal(archive["rows"], np.load("new.npy"))
    np.testing.assert_array_equal(read_table("new.npz").values, np.load("new.npy"))


def test_parquet_without_pyarrow_is_one_sentence(folder, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (folder / "data.parquet").write_bytes(b"PAR1")
    (folder / "new.parquet").write_bytes(b"before")
    wanted = (
        "smoothdiff: error: Parquet files need pandas and pyarrow: pip install "
        "'smoothdiff[parquet]'.\n"
    )
    for arguments in (["data.parquet"], ["data.csv", "-o", "new.parquet"]):
        assert main(["sample", *arguments, "-q"]) == 2
        assert capsys.readouterr() == ("", wanted)
    assert (folder / "new.parquet").read_bytes() == b"before"


@pytest.fixture
def frame(rng):
    pytest.importorskip("pyarrow")
    return pd.DataFrame(
        {
            "age": rng.integers(18, 80, 30),
            "kids": pd.array([1, None, 2] * 10, dtype="Int64"),
            "city": pd.Categorical(rng.choice(["Rome", "Oslo"], 30)),
            "seen": pd.date_range("2024-01-01", periods=30, tz="UTC"),
        }
    )


def test_parquet_keeps_types(folder, frame):
    frame.to_parquet("people.parquet")
    assert main(["fit", "people.parquet", "-q"]) == 0
    for source in ("people.parquet", "people.sdf"):
        assert main(["sample", source, "--seed", "1", "-o", "new.parquet", "-q"]) == 0
        made = pd.read_parquet("new.parquet")
        assert dict(made.dtypes) == dict(pd.read_parquet("people.parquet").dtypes)
        assert len(made) == 30


def test_parquet_from_text_and_back(folder, frame):
    frame.drop(columns="seen").to_csv("people.csv", index=False)
    assert main(["sample", "people.csv", "--seed", "1", "-o", "new.parquet", "-q"]) == 0
    assert main(["sample", "people.csv", "--seed", "1", "-o", "new.csv", "-q"]) == 0
    found, wanted = pd.read_parquet("new.parquet"), pd.read_csv("new.csv")
    assert [str(t) for t in found.dtypes] == ["Int64", "Int64", "string"]
    pd.testing.assert_frame_equal(found, wanted, check_dtype=False)


def test_parquet_of_numbers(folder, X):
    pytest.importorskip("pyarrow")
    pd.DataFrame(X, columns=["a", "b", "c"]).to_parquet("numbers.parquet")
    arguments = ["sample", "numbers.parquet", "--scale", "none", "--seed", "3", "-q"]
    assert main([*arguments, "-o", "new.parquet", "--parents", "made_of.parquet"]) == 0
    found = pd.read_parquet("new.parquet")
    assert list(found) == ["a", "b", "c"]
    wanted = SmoothedPLDiffusion(random_state=3).fit(X).sample(25)
    np.testing.assert_array_equal(found.to_numpy(dtype=float), wanted)
    assert list(pd.read_parquet("made_of.parquet")) == ["sample", "parent", "weight"]
    assert main(["sample", "data.npy", "-o", "bare.parquet", "-q"]) == 0
    assert list(pd.read_parquet("bare.parquet")) == ["1", "2", "3"]


def test_parquet_that_is_none(folder, capsys):
    pytest.importorskip("pyarrow")
    (folder / "text.parquet").write_text("a,b\n1,2\n")
    assert main(["sample", "text.parquet"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("smoothdiff: error: text.parquet is not a Parquet file: ")


def test_all_files_or_none(folder, X):
    with pytest.raises(ValueError, match="allow_pickle"):
        write_tables({"new.csv": (X, None), "new.npz": (np.array([[None]]), None)})
    assert not (folder / "new.csv").exists()
    assert not (folder / "new.npz").exists()
