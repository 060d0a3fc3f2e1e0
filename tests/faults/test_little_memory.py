"""Under a limit of address space: what the first call of a process takes, and those after it."""

import json
import os
import subprocess
import sys
import textwrap

import pytest

from smoothdiff._memory import FIRST_CALLS, OF_A_CORE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="Linux"),
]

USED = """
    import hashlib, json, resource
    import numpy as np
    from smoothdiff import SmoothedPLDiffusion
    def address_space(kind):
        with open("/proc/self/status") as file:
            return 1024 * next(int(line.split()[1]) for line in file if line.startswith(kind))
    X = np.random.default_rng(0).normal(size=(2000, 10))
    def fitted(n):
        model = SmoothedPLDiffusion(random_state=0).fit(X)
        model.score_samples(model.sample(n))
        return model
"""


def told(code):
    """What a process of its own prints, read as JSON."""
    program = textwrap.dedent(USED) + textwrap.dedent(code)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def test_what_the_first_call_takes(record_property):
    """Less address space than it asks for where there is a limit."""
    took = told("""
        before = address_space("VmSize:")
        fitted(20_000)
        print(address_space("VmPeak:") - before)
    """)
    asked_for = FIRST_CALLS + OF_A_CORE * len(os.sched_getaffinity(0))
    record_property("took_mib", took / 2**20)
    record_property("asked_for_mib", asked_for / 2**20)
    assert took < asked_for


@pytest.mark.parametrize("mib", [400, 100, 20, 5])
def test_with_little_more(mib, record_property):
    """After the first calls: the numbers of a process without a limit, or the advice."""
    code = """
        model = fitted(10)
        unlimited = resource.getrlimit(resource.RLIMIT_AS)
        limit = address_space("VmSize:") + {} * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (limit, unlimited[1]))
        try:
            new = model.sample(20_000, random_state=0)
            found = hashlib.sha256(new.tobytes() + model.score_samples(new).tobytes()).hexdigest()
        except MemoryError as error:
            found = str(error)
        resource.setrlimit(resource.RLIMIT_AS, unlimited)
        print(json.dumps(found))
    """
    found, expected = told(code.format(mib)), told(code.format(2**20))
    record_property("same", int(found == expected))
    assert found == expected or (mib < 20 and "needs more memory than there is" in found)
