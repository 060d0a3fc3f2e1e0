"""Processes that are killed on the spot: nothing half written, nothing lost, nobody left behind."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import jax
import joblib
import numpy as np
import pytest
from given import TRAINING, dies_once, normal
from joblib.externals.loky.process_executor import TerminatedWorkerError
from sklearn.model_selection import GridSearchCV

from smoothdiff import SmoothedPLDiffusion, _compute
from smoothdiff._files import _unnamed
from smoothdiff.training import Settings, fit_network

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX signals")
X = normal(60, 3)

# Writes 1 MiB of one letter again and again, is killed within 20 ms, and is begun anew. Neither
# JAX nor threads are there, so that it may fork.
WRITER = """
import os, random, signal, sys, time
from smoothdiff._files import replacing

def write(letter):
    with replacing("x") as file:
        for _ in range(64):
            file.write(letter * 2**14)

write(b"a")
for seed in range(int(sys.argv[1])):
    writer = os.fork()
    while writer == 0:
        write(b"a")
        write(b"b")
    time.sleep(random.Random(seed).uniform(0, 0.02))
    os.kill(writer, signal.SIGKILL)
    os.waitpid(writer, 0)
    with open("x", "rb") as file:
        content = file.read()
    assert len(content) == 2**20 and len(set(content)) == 1
"""


@pytest.mark.parametrize("kills", [40, pytest.param(1000, marks=pytest.mark.slow)])
def test_while_a_file_is_written(tmp_path, kills, record_property):
    """It is one that was written, whole; at worst a whole one more is there, about to be named."""
    subprocess.run([sys.executable, "-c", WRITER, str(kills)], cwd=tmp_path, check=True)
    if (file := _unnamed(tmp_path)) is None:
        pytest.skip("the system has no files without names")
    file.close()
    left = [path for path in tmp_path.iterdir() if path.name != "x"]
    record_property("kills", kills)
    record_property("left", len(left))
    assert all(path.stat().st_size == 2**20 for path in left)


# ------------------------------------------------------------------ training


def steps_in(path):
    if not path.exists():
        return 0
    with np.load(path) as file:
        return len(file["losses"])


@pytest.mark.slow
def test_while_training(tmp_path, record_property):
    """Ten times, in the second after a checkpoint: the same bits as in one run."""
    path, moments, taken = tmp_path / "run.npz", random.Random(0), [0]
    for _ in range(10):
        child = subprocess.Popen([sys.executable, "-W", "ignore", "-c", TRAINING, str(path)])
        try:
            while steps_in(path) <= taken[-1]:
                assert child.poll() is None
                time.sleep(0.05)
            time.sleep(moments.uniform(0, 1))
        finally:
            child.kill()
            child.wait()
        taken.append(steps_in(path))
        assert os.listdir(tmp_path) == ["run.npz"]
    record_property("steps_when_killed", taken[1:])
    taken = taken[-1]
    settings = Settings(n_iter_no_change=10**9, hidden_width=8, batch_size=16, max_iter=taken + 100)
    with pytest.warns(UserWarning, match="had not settled"):
        resumed, whole = (
            fit_network(
                *(normal(12, 2), np.full(12, 1 / 12)),
                **{"t0": 0.3, "t_min": 0.003, "seed": 0, "settings": settings},
                checkpoint=checkpoint,
            )
            for checkpoint in (path, None)
        )
    np.testing.assert_array_equal(resumed.losses, whole.losses)
    for one, other in zip(*(jax.tree.leaves(run.best) for run in (resumed, whole)), strict=True):
        np.testing.assert_array_equal(one, other)


# ------------------------------------------------------------------ workers


class DiesOnce(SmoothedPLDiffusion):
    """Kills the worker that fits it first."""

    def fit(self, X, y=None, sample_weight=None):
        dies_once(os.environ["DIES_ONCE"], int)
        return super().fit(X, y, sample_weight)


@pytest.mark.slow  # other processes
def test_a_worker_of_joblib_while_sampling(tmp_path, monkeypatch):
    """Joblib says so, and the model is as it was: the next call gives the same numbers."""
    monkeypatch.setattr(_compute, "ROWS_PER_TASK", 40)
    model = SmoothedPLDiffusion(random_state=0, n_jobs=2).fit(X)
    expected = model.sample(150, random_state=1)
    real, marker = _compute.joblib.delayed, str(tmp_path / "killed")
    with joblib.parallel_config("loky", n_jobs=2):
        with monkeypatch.context() as patch:
            patch.setattr(joblib, "delayed", lambda f: lambda *b: real(dies_once)(marker, f, *b))
            with pytest.raises(TerminatedWorkerError):
                model.sample(150, random_state=1)
        np.testing.assert_array_equal(model.sample(150, random_state=1), expected)


@pytest.mark.slow  # other processes
def test_a_worker_of_a_search(tmp_path, monkeypatch):
    """The search ends with joblib's word for it, and gives the same when it is begun again."""
    grid = {"kappa": [0.05, 0.1, 0.5]}
    expected = GridSearchCV(SmoothedPLDiffusion(random_state=0), grid, cv=3).fit(X)
    monkeypatch.setenv("DIES_ONCE", str(tmp_path / "killed"))
    search = GridSearchCV(DiesOnce(random_state=0), grid, cv=3, n_jobs=2)
    with joblib.parallel_config("loky"):
        joblib.externals.loky.get_reusable_executor(kill_workers=True).shutdown()
        with pytest.raises(TerminatedWorkerError):
            search.fit(X)
        found = search.fit(X)
    np.testing.assert_array_equal(*(s.cv_results_["mean_test_score"] for s in (found, expected)))


SEARCHING = """
import numpy as np
import joblib
from sklearn.model_selection import GridSearchCV
from smoothdiff import SmoothedPLDiffusion
if __name__ == "__main__":
    X = np.random.default_rng(0).normal(size=(60, 3))
    grid = {"kappa": list(np.linspace(0.01, 1, 100000))}
    with joblib.parallel_config("loky", n_jobs=2):
        GridSearchCV(SmoothedPLDiffusion(random_state=0), grid, cv=3).fit(X)
"""
CLUSTER = """
import distributed, joblib, numpy as np
from smoothdiff import SmoothedPLDiffusion, _compute
if __name__ == "__main__":
    _compute.ROWS_PER_TASK = 40
    options = {"processes": True, "dashboard_address": ":0", "silence_logs": 50}
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, **options) as cluster:
        with distributed.Client(cluster), joblib.parallel_config("dask"):
            model = SmoothedPLDiffusion(random_state=0).fit(np.eye(3))
            while True:
                model.sample(1000)
"""


# joblib's workers end when nobody has asked them for 300 s, and wait half a minute for an answer.
IDLE = 420


def descendants(pid):
    """Numbers of the processes that a process has started, and those that they have."""
    found = []
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, tasks.read_text().split()):
            found += [child, *descendants(child)]
    return found


def alive(pid):
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


@pytest.mark.slow  # other processes
@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="Linux")
@pytest.mark.parametrize("program", ["search", "cluster"])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_workers_do_not_outlive_who_asked_them(tmp_path, program, how, record_property):
    if program == "cluster":
        pytest.importorskip("distributed", reason="needs the extra dask")
    path = tmp_path / "program.py"
    path.write_text({"search": SEARCHING, "cluster": CLUSTER}[program])
    with subprocess.Popen([sys.executable, path], cwd=tmp_path, stderr=subprocess.DEVNULL) as child:
        try:
            began, started = time.monotonic(), []
            while time.monotonic() < began + 20 or len(started) < 2:
                started = descendants(child.pid)
                assert child.poll() is None
                time.sleep(0.2)
            child.send_signal(how)
            child.wait(120)
        finally:
            child.kill()
    ended = time.monotonic()
    while any(map(alive, started)) and time.monotonic() < ended + IDLE:
        time.sleep(0.2)
    record_property("processes", len(started))
    record_property("ended_after_s", time.monotonic() - ended)
    assert not [pid for pid in started if alive(pid)]
    assert os.listdir(tmp_path) == ["program.py"]
