"""How the library speaks while it works: one reporter of progress, one voice for warnings."""

import os
import sys
import warnings
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from time import monotonic

__all__ = ["ColumnWarning", "EdgeWarning", "Progress", "silent", "warn"]

SECONDS_BETWEEN_REPORTS = 2.0
SILENT = ContextVar("SILENT", default=False)
PACKAGE = os.path.dirname(__file__) + os.sep


class Progress:
    """Says on standard error, every few seconds, how far a long run has come.

    Parameters
    ----------
    total : int
        What is to be done.
    unit : str, default="steps"
        Of what, in the plural.
    verbose : bool, default=True
        Without it nothing is said.
    done : int, default=0
        What was done before, by a run that is taken up again.

    Attributes
    ----------
    stage : str
        What is being done; said with each report. May be set at any time.
    """

    def __init__(self, total, unit="steps", verbose=True, done=0):
        self.total, self.unit, self.taken = total, unit, done
        self.verbose = verbose and not SILENT.get()
        self.done, self.stage = done, ""
        self.began = self.shown = monotonic()
        self._lock = Lock()

    def __call__(self, done, note=""):
        """Report what is done, and a note on it; threads may call at once."""
        with self._lock:
            now = monotonic()
            if not self.verbose or now - self.shown <= SECONDS_BETWEEN_REPORTS:
                return
            self.shown = now
            rate = (done - self.taken) / (now - self.began)
            note = f", {note}" if note else ""
            stage = f"{self.stage}: " if self.stage else ""
            sys.stderr.write(
                f"{stage}{self.unit.removesuffix('s')} {done} of {self.total}{note}, "
                f"{rate:.3g} {self.unit}/s\n"
            )

    def step(self, *_):
        """Count one step."""
        self.add(1)

    def add(self, k):
        """Count k more."""
        with self._lock:
            self.done += k
        self(self.done)

    def __reduce__(self):
        return type(self), (self.total, self.unit, self.verbose, self.done)  # locks stay here


class ColumnWarning(UserWarning):
    """It names columns of what an estimator was given, which may be coordinates or folds."""


@contextmanager
def silent():
    """Whatever is begun meanwhile says nothing of its progress."""
    token = SILENT.set(True)
    try:
        yield
    finally:
        SILENT.reset(token)


class EdgeWarning(UserWarning):
    """A search chose the first or the last of its candidates."""


def warn(message, category=UserWarning):
    """Warn at the line of the caller: the first one that is outside the library."""
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_code.co_filename.startswith(PACKAGE):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
