"""Many threads, many processes, many cycles: the numbers of one, and no more memory."""

import hashlib
import os
import pickle
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from given import normal

from smoothdiff import SmoothedPLDiffusion

X, MORE = normal(60, 3), normal(40, 3, 1)


def ask(model, i):
    """Draws and densities that no two askers share, as a digest."""
    made = model.sample(20 + i, random_state=i)
    return hashlib.sha256(made.tobytes() + model.score_samples(MORE[i:] + i).tobytes()).hexdigest()


@pytest.mark.slow
def test_threads_for_a_minute(record_property):
    """Eight of them sample and score one estimator, as fast as they can."""
    model = SmoothedPLDiffusion(random_state=0).fit(X)
    expected = [ask(model, i) for i in range(8)]
    until = time.monotonic() + 60

    def go_on_asking(i):
        found, times = set(), 0
        while time.monotonic() < until:
            found.add(ask(model, i))
            times += 1
        return found, times

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(go_on_asking, range(8)))
    record_property("rounds", sum(times for _, times in found))
    assert [digests for digests, _ in found] == [{digest} for digest in expected]


PROCESS = """
import pickle, sys
from pathlib import Path
from test_load import ask
model = pickle.loads(Path(sys.argv[1]).read_bytes())
print(*[ask(model, int(sys.argv[2])) for _ in range(20)])
"""


@pytest.mark.slow
def test_processes_at_once(tmp_path):
    """Eight interpreters that have loaded one fitted estimator."""
    model = SmoothedPLDiffusion(random_state=0).fit(X)
    (tmp_path / "model.pickle").write_bytes(pickle.dumps(model))
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    children = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, tmp_path / "model.pickle", str(i)],
            env={**os.environ, "PYTHONPATH": path},
            stdout=subprocess.PIPE,
            text=True,
        )
        for i in range(8)
    ]
    found = [set(child.communicate()[0].split()) for child in children]
    assert found == [{ask(model, i)} for i in range(8)]


def cycle(seed, sizes=(40, 41, 50, 60)):
    """Fit, sample and score, of a few sizes in turn."""
    n = sizes[seed % len(sizes)]
    model = SmoothedPLDiffusion(random_state=seed).fit(normal(n, 3, seed))
    return model.score_samples(model.sample(20))


def resident():
    """Bytes of the process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="Linux")
def test_a_thousand_cycles(compilations, record_property):
    for seed in range(100):
        cycle(seed)
    del compilations[:]
    before = resident()
    for seed in range(1000):
        cycle(seed)
    after = resident()
    record_property("before_mib", before / 2**20)
    record_property("after_mib", after / 2**20)
    assert after < 1.05 * before
    assert compilations == []
