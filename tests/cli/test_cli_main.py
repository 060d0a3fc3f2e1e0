"""The command line as a program: help, exit status, interrupts, streams that break."""

import os
import signal
import subprocess
import sys
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from smoothdiff import SmoothedPLDiffusion, __version__
from smoothdiff.cli import _files, _main, main

COMMAND = [sys.executable, "-m", "smoothdiff"]
# A job in the background has the signal ignored, and hands that on.
LISTENING = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from smoothdiff.cli import main
sys.exit(main(["demo"]))
"""


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_version_and_help_load_nothing_heavy(option):
    code = f"""
import sys
from smoothdiff.cli import main
try:
    main([{option!r}])
finally:
    heavy = {{"numpy", "jax", "sklearn"}} & set(sys.modules)
    print(heavy, file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "set()\n")
    assert (f"smoothdiff {__version__}" if option == "--version" else "sample") in done.stdout


def test_wrong_usage(capsys):
    for arguments in ([], ["sampel"], ["sample"]):
        with pytest.raises(SystemExit) as stopped:
            main(arguments)
        assert stopped.value.code == 2
        assert "smoothdiff" in capsys.readouterr().err


@pytest.mark.filterwarnings("always")
def test_warnings_are_a_sentence_each_once(capsys, monkeypatch):
    def run(arguments):
        for _ in range(2):
            warnings.warn("The fit is\n  poor.", stacklevel=2)
            warnings.warn("The fit is slow.", ConvergenceWarning, stacklevel=1)
        warnings.warn("overflow encountered", RuntimeWarning, stacklevel=1)

    verb = SimpleNamespace(HELP="", DESCRIPTION="", add_arguments=lambda parser: None, run=run)
    monkeypatch.setitem(_main.VERBS, "sample", verb)
    show = warnings.showwarning
    with pytest.warns(RuntimeWarning, match="overflow") as others:
        assert main(["sample"]) == 0
    assert warnings.showwarning is show
    assert len(others) == 1
    assert capsys.readouterr() == (
        "",
        "smoothdiff: warning: The fit is poor.\nsmoothdiff: warning: The fit is slow.\n",
    )


def test_interrupted(folder, capsys, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(_files, "read_table", interrupted)
    assert main(["sample", "data.npy"]) == 130
    assert capsys.readouterr() == ("", "")


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_interrupted_while_threads_compute(tmp_path):
    for _ in range(3):  # on a busy machine the demo may end before the signal is sent
        with subprocess.Popen(
            [sys.executable, "-c", LISTENING],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            assert process.stderr.readline().startswith(b"start ")  # progress, after two seconds
            process.send_signal(signal.SIGINT)
            out, err = process.communicate()
        if process.returncode != 0:
            break
        for path in tmp_path.iterdir():
            path.unlink()
    assert out == b""
    assert all(b" of " in line for line in err.splitlines()), err
    assert process.returncode == 130
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="POSIX pipes")
def test_as_a_program(folder, X):
    """A whole run, and one whose reader leaves after the first line."""
    arguments = ["sample", "data.csv", "--seed", "3", "--scale", "none", "--quiet"]
    done = subprocess.run([*COMMAND, *arguments, "-n", "10"], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    drawn = SmoothedPLDiffusion(random_state=3).fit(X).sample(10)
    np.testing.assert_array_equal(_files.parse_csv(done.stdout).values, drawn)

    with subprocess.Popen(
        [*COMMAND, *arguments, "-n", "3000"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"a,b,c\n"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_full_disk(folder, monkeypatch):
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*COMMAND, "sample", "data.csv", "-q"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 2
    assert done.stderr.startswith(b"smoothdiff: error: ")
    assert done.stderr.count(b"\n") == 1


def test_an_error_leaves_standard_output_open(capfd):
    assert main(["score", "no-such.sdf", "rows.csv"]) == 2
    print("after", flush=True)
    assert capfd.readouterr().out == "after\n"
