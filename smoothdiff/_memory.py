"""Memory that is not there: fewer rows at once, and where that does not help, a sentence."""

import ctypes
import os
from contextlib import contextmanager, suppress
from functools import cache
from math import inf
from pathlib import Path

__all__ = ["check_address_space", "freed_at_once", "is_exhausted", "memory_told"]

# Address space that the first calls of a process take, besides, for each core: threads of JAX and
# BLAS, and programs as they are compiled.
FIRST_CALLS, OF_A_CORE = 1152 << 20, 128 << 20
# Options of glibc's mallopt, and the size from which arrays are apart that it grows to by itself.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
LARGEST_THRESHOLD = 32 << 20


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


@contextmanager
def freed_at_once():
    """Let the system have each array of a megabyte and more as soon as it is freed, on glibc.

    It keeps up to 64 MB of what was freed for each thread, which adds up where one model after the
    other is fitted. Afterwards it does as in any process that has freed a large array.
    """
    _keep_freed(1 << 20, 1 << 20)
    try:
        yield
    finally:
        _keep_freed(LARGEST_THRESHOLD, 2 * LARGEST_THRESHOLD)


def _keep_freed(largest, in_all):
    """Let a heap keep freed arrays up to a size, and so much of them at its top."""
    if _mallopt() is not None:
        _mallopt()(M_MMAP_THRESHOLD, largest)
        _mallopt()(M_TRIM_THRESHOLD, in_all)


@cache
def _mallopt():
    with suppress(OSError, AttributeError, TypeError):  # other systems
        return ctypes.CDLL(None).mallopt
    return None
