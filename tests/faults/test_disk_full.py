"""A disk that fills up while a file is written: an error that names it, and all as it was."""

import errno
import os
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from given import normal

from smoothdiff import SmoothedPLDiffusion
from smoothdiff._files import unfinished, write_text
from smoothdiff.cli import main
from smoothdiff.cli._files import write_tables
from smoothdiff.persistence import save
from smoothdiff.training import Settings, _checkpoint
from smoothdiff.training._loop import begin

resource = pytest.importorskip("resource", reason="POSIX limits")
ROOM = 2**20
X = normal(ROOM // 8, 2)


@pytest.fixture(params=["limit", pytest.param("tmpfs", marks=pytest.mark.slow)])
def full(request, tmp_path):
    """A folder where files end at 1 MiB: a limit of the process, or a disk of that size."""
    if request.param == "limit":
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, before[1]))
        yield tmp_path, errno.EFBIG
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        return
    command = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(tmp_path)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("may not mount a disk")
    yield tmp_path, errno.ENOSPC
    subprocess.run(["umount", str(tmp_path)], check=True)


def write_model(path):
    model = SmoothedPLDiffusion(t0=1.0, t_min=0.1).fit(X[:20])
    model.large_ = X
    save(model, path)


def write_checkpoint(path):
    settings, points = Settings(hidden_width=8, batch_size=16), X[:20]
    run = begin(points, np.full(20, 0.05), t0=1.0, t_min=0.1, seed=0, settings=settings)
    _checkpoint.save(path, replace(run, losses=X.ravel()), "mark")


WRITERS = {
    "model.sdf": write_model,
    "checkpoint.npz": write_checkpoint,
    "text.html": lambda path: write_text(path, "x" * (ROOM + 1)),
    "table.csv": lambda path: write_tables({path: (X[: ROOM // 16], None)}),
    "table.npy": lambda path: write_tables({path: (X, None)}),
    "table.npz": lambda path: write_tables({path: (X, None)}),
    "table.parquet": lambda path: write_tables({path: (X, ["a", "b"])}),
}


@pytest.mark.parametrize("before", [True, False], ids=["replaced", "new"])
@pytest.mark.parametrize("name", WRITERS)
def test_what_does_not_fit(full, name, before):
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow", reason="needs the extra parquet")
    folder, code = full
    path = folder / name
    if before:
        path.write_bytes(b"before")
    with pytest.raises(OSError, match=os.strerror(code)) as caught:
        WRITERS[name](path)
    assert (caught.value.errno, caught.value.filename) == (code, str(path))
    assert [other.name for other in folder.iterdir()] == [name] * before
    assert not before or path.read_bytes() == b"before"
    assert not unfinished


def test_of_two_tables_that_do_not_fit_together_none_is_changed(full):
    folder, _ = full
    for name in ("a.csv", "b.npy"):
        (folder / name).write_bytes(b"before")
    with pytest.raises(OSError, match=r"b\.npy"):
        write_tables({str(folder / "a.csv"): (X[:9], None), str(folder / "b.npy"): (X, None)})
    assert {path.read_bytes() for path in folder.iterdir()} == {b"before"}
    assert len(list(folder.iterdir())) == 2


@pytest.mark.slow  # many rows
def test_the_program_says_which_file(full, capsys):
    folder, code = full
    np.save(folder / "x.npy", X[:20])
    out = str(folder / "new.csv")
    assert main(["sample", str(folder / "x.npy"), "-n", str(ROOM // 32), "-o", out, "-q"]) == 2
    assert capsys.readouterr().err == f"smoothdiff: error: {out}: {os.strerror(code)}.\n"
    assert [path.name for path in folder.iterdir()] == ["x.npy"]
