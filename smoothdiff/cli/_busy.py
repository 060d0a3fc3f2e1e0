"""A line now and then on what takes long, for who sits in front of a terminal."""

import sys
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic

from .._progress import silent

__all__ = ["busy"]

FIRST, THEN = 2.0, 10.0


@contextmanager
def busy(what, quiet=False):
    """Say on stderr what is being done and for how long, if it takes more than two seconds.

    Nothing is said with ``quiet``, or where stderr is no terminal: logs stay short.
    """
    if quiet:
        with silent():
            yield
        return
    if not sys.stderr.isatty():
        yield
        return
    ended, began = Event(), monotonic()

    def say():
        wait = FIRST
        while not ended.wait(wait):
            wait = THEN
            sys.stderr.write(f"smoothdiff: {what}, {monotonic() - began:.0f} s\n")

    speaker = Thread(target=say, daemon=True)
    speaker.start()
    try:
        yield
    finally:
        ended.set()
        speaker.join()
