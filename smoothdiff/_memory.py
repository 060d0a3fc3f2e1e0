"""Memory that is not there: fewer rows at once, and where that does not help, a sentence."""

import ctypes
import os
from contextlib import contextmanager, suppress
from functools import cache
from math import inf
from pathlib import Path

__all__ = ["check_address_space", "give_back", "is_exhausted", "memory_told"]

# Address space that the first calls of a process take, besides, for each core: threads of JAX and
# BLAS, and programs as they are compiled.
FIRST_CALLS, OF_A_CORE = 1152 << 20, 128 << 20


def is_exhausted(error):
    """Whether NumPy, JAX on any device, or the system's threads ran out of memory."""
    words = ("RESOURCE_EXHAUSTED", "can't start new thread")
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and any(found in str(error) for found in words)
    )


@contextmanager
def memory_told(what, remedy):
    """Raise a MemoryError that says what to do, where the block runs out of memory."""
    try:
        yield
    except Exception as error:
        if not is_exhausted(error):
            raise
        reason = str(error).splitlines()[0].rstrip(".") if str(error) else "no reason given"
        raise MemoryError(
            f"{what} needs more memory than there is ({reason}): {remedy}."
        ) from error


@cache
def check_address_space():
    """Refuse the first call of a process that the system's limit would end within it.

    Threads that cannot be started, and BLAS and the compiler without a place, end the process or
    wait for ever: no exception tells of it. Once it has passed it is not asked again.
    """
    left = _address_space_left()
    if left == inf:
        return
    needed = FIRST_CALLS + OF_A_CORE * len(os.sched_getaffinity(0))  # what XLA counts, on Linux
    if left < needed:
        raise MemoryError(
            f"the first call of a process needs {needed / 2**30:.1f} GiB of address space for the "
            f"threads and programs of JAX, and the system's limit leaves {left / 2**30:.1f}: raise "
            "it (ulimit -v)."
        )


def _address_space_left():
    """Bytes that this process may still ask for; infinite where the system sets no limit."""
    with suppress(ImportError, OSError):  # systems that have no such limit, or another way to say
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit != resource.RLIM_INFINITY:
            pages = int(Path("/proc/self/statm").read_text().split()[0])
            return limit - pages * resource.getpagesize()
    return inf


def give_back():
    """Let the system have what this process has freed, where glibc keeps it.

    It keeps that in pieces for each thread, so that what one model after the other took adds up.
    """
    if _malloc_trim() is not None:
        _malloc_trim()(0)


@cache
def _malloc_trim():
    with suppress(OSError, AttributeError, TypeError):  # other systems
        return ctypes.CDLL(None).malloc_trim
    return None
