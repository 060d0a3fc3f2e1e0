"""Files appear whole or not at all, and a path that cannot be written is told before any work."""

import os
import stat
import subprocess
import sys

import pytest

from smoothdiff._files import check_target, replacing, unfinished


@pytest.fixture
def target(tmp_path):
    path = tmp_path / "x.bin"
    path.write_bytes(b"before")
    return path


def test_the_file_changes_when_the_block_ends(target):
    with replacing(target) as file:
        file.write(b"after")
        file.flush()
        assert target.read_bytes() == b"before"
        assert len(unfinished) == 1
    assert target.read_bytes() == b"after"
    assert os.listdir(target.parent) == ["x.bin"]
    assert not unfinished


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, OSError])
def test_an_error_leaves_the_file_as_it_was(target, error):
    def interrupted():
        with replacing(target) as file:
            file.write(b"half")
            raise error

    with pytest.raises(error):
        interrupted()
    assert target.read_bytes() == b"before"
    assert os.listdir(target.parent) == ["x.bin"]
    assert not unfinished


def test_an_interrupt_stays_one(target):
    """An archive that is interrupted cannot be closed, and zipfile says so instead."""

    def interrupted():
        with replacing(target):
            try:
                raise KeyboardInterrupt
            except KeyboardInterrupt:
                raise ValueError("the archive cannot be closed") from None

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert os.listdir(target.parent) == ["x.bin"]


def test_an_error_names_the_file_and_not_its_temporary(tmp_path):
    path = tmp_path / "missing" / "x.bin"
    with pytest.raises(FileNotFoundError) as caught, replacing(path):
        pass
    assert caught.value.filename == str(path)


def test_a_folder_in_the_way(tmp_path):
    path = tmp_path / "folder"
    path.mkdir()
    with pytest.raises(OSError, match="folder") as caught, replacing(path):
        pass
    assert caught.value.filename == str(path)
    assert os.listdir(tmp_path) == ["folder"]


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions and links")
def test_permissions_and_links_are_kept(target):
    link = target.with_name("link")
    target.chmod(0o640)
    link.symlink_to(target)
    with replacing(link) as file:
        file.write(b"after")
    assert link.is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert target.read_bytes() == b"after"


def test_targets(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    for name in ("x.xlsx", "x"):
        with pytest.raises(ValueError, match=rf"{name} must end in \.csv or \.npy\."):
            check_target(tmp_path / name, (".csv", ".npy"))
        check_target(tmp_path / name)
    with pytest.raises(IsADirectoryError, match=r"folder\.csv"):
        check_target(tmp_path / "folder.csv")
    with pytest.raises(FileNotFoundError, match="no such folder"):
        check_target(tmp_path / "missing" / "x.csv")
    check_target(tmp_path / "new.CSV", (".csv",))
    assert os.listdir(tmp_path) == ["folder.csv"]


def test_stopping_the_program_leaves_no_temporary_file(tmp_path):
    code = """
from smoothdiff._files import replacing
from smoothdiff.cli import _main
with replacing("x.csv") as file:
    file.write(b"half")
    file.flush()
    _main._stop()
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False)
    assert done.returncode == 130
    assert os.listdir(tmp_path) == []
