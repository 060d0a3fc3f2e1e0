"""A claim of the papers, and what comes out where it is tried."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isinf
from time import perf_counter
from typing import NamedTuple

__all__ = ["CLAIMS", "Claim", "Outcome", "Tried", "at_least", "at_most", "claim", "equal"]


class Outcome(NamedTuple):
    """A number beside the papers', and how far from it it may be.

    Examples
    --------
    >>> from smoothdiff.claims import Outcome
    >>> Outcome(ours=1.01, papers=1.0, tolerance=0.05, relation="=").holds
    True
    """

    ours: float
    papers: float
    tolerance: float
    relation: str
    """"=", "<=" or ">=": of ours to the papers'."""
    note: str = ""
    """What the numbers are, and what else was seen."""

    @property
    def holds(self):
        """Whether ours is as the papers have it."""
        if isinf(self.papers) or isinf(self.ours):
            return self.ours == self.papers
        above = self.ours - self.papers
        low = self.relation == "<=" or above >= -self.tolerance
        return bool(low and (self.relation == ">=" or above <= self.tolerance))


def equal(ours, papers, tolerance, note=""):
    """The two are one number."""
    return Outcome(float(ours), float(papers), float(tolerance), "=", note)


def at_most(ours, papers, note=""):
    """The papers' is a bound from above."""
    return Outcome(float(ours), float(papers), 0.0, "<=", note)


def at_least(ours, papers, note=""):
    """The papers' is a bound from below."""
    return Outcome(float(ours), float(papers), 0.0, ">=", note)


@dataclass(frozen=True)
class Claim:
    """What the papers say, where, and a function that tries it.

    Examples
    --------
    >>> from smoothdiff.claims import CLAIMS
    >>> CLAIMS["the nonsmoothness"].slow
    False
    """

    name: str
    source: str
    says: str
    attempt: Callable[[], Outcome]
    slow: bool = False
    """Whether it takes minutes."""

    def tried(self):
        """Try it, and take the time."""
        began = perf_counter()
        outcome = self.attempt()
        return Tried(self, outcome, perf_counter() - began)


class Tried(NamedTuple):
    """A claim and what came out.

    Examples
    --------
    >>> from smoothdiff.claims import CLAIMS
    >>> CLAIMS["the nonsmoothness"].tried().outcome.relation
    '='
    """

    claim: Claim
    outcome: Outcome
    seconds: float


CLAIMS: dict[str, Claim] = {}


def claim(source, says, *, slow=False):
    """Make a claim of a function that gives an outcome, under its name."""

    def register(attempt):
        name = attempt.__name__.replace("_", " ")
        CLAIMS[name] = Claim(name, source, says, attempt, slow)
        return attempt

    return register
