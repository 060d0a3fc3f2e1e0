"""What is derived is computed once, and is no part of a pickle."""

import copy
import pickle
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from smoothdiff._derived import Derived, derived


class Slow(Derived):
    """An object with a value that takes a while, and one that needs the other."""

    def __init__(self, fail=0):
        self.computed, self.fail = [], fail

    @derived
    def value(self):
        self.computed.append(threading.get_ident())
        time.sleep(0.02)
        if len(self.computed) <= self.fail:
            raise RuntimeError("not yet")
        return object()

    @derived
    def pair(self):
        return self.value, self.value


def test_eight_threads_ask_at_the_same_moment():
    slow, gate = Slow(), threading.Barrier(8)

    def ask(i):
        gate.wait()
        return slow.value if i % 2 else slow.pair[0]

    with ThreadPoolExecutor(8) as pool:
        values = list(pool.map(ask, range(8)))
    assert len(slow.computed) == 1
    assert len({id(value) for value in values}) == 1


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_compute_it_again(copied):
    slow = Slow()
    first = slow.pair[0]
    twin = copied(slow)
    assert vars(twin).keys() == {"computed", "fail"}
    assert twin.value is not first
    assert len(twin.computed) == 2
    assert slow.value is first


def test_a_failure_is_not_kept():
    slow = Slow(fail=1)
    with pytest.raises(RuntimeError, match="not yet"):
        _ = slow.value
    assert slow.value is slow.value


def test_of_a_class_it_is_the_property_itself():
    assert isinstance(Slow.value, derived)
