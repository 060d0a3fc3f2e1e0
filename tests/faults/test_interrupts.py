"""Ctrl-C at random moments."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import interrupted
import numpy as np
import pytest
from given import normal

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="POSIX signals")


@pytest.mark.slow
def test_the_library(tmp_path, record_property):
    """Its own exception in a process of its own, which may crash."""
    command = [sys.executable, interrupted.__file__, "100"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for name, value in json.loads(done.stdout).items():
        record_property(name, value)


@pytest.mark.slow
def test_the_program(tmp_path, record_property):
    """From the first moment of the interpreter to the last: nothing is said, nothing is left."""
    np.save(tmp_path / "x.npy", normal(60, 3))
    command = [sys.executable, "-m", "smoothdiff", "sample", "x.npy", "-n", "500", "-q"]
    command += ["-o", "new.csv"]
    began = time.monotonic()
    subprocess.run(command, cwd=tmp_path, check=True)
    seconds, content = time.monotonic() - began, (tmp_path / "new.csv").read_bytes()
    moments, codes = random.Random(0), []
    for _ in range(25):
        with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE) as child:
            time.sleep(moments.uniform(0.5, seconds))  # before 0.5 s Python itself is loading
            child.send_signal(signal.SIGINT)
            err = child.stderr.read()
        codes.append(child.returncode)
        assert err == b""
        assert child.returncode in (130, 0, -signal.SIGINT)  # the last before Python listens
        assert sorted(os.listdir(tmp_path)) == ["new.csv", "x.npy"]
        written = (tmp_path / "new.csv").read_bytes()
        assert written.count(b"\n") == content.count(b"\n")
    record_property("moments", len(codes))
    record_property("interrupted", codes.count(130))
    assert 130 in codes
