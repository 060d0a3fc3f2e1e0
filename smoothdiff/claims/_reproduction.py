"""All claims tried: a table of what the papers say, what came out, and whether it agrees."""

import json
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill

from .. import _checks as checks
from .._files import check_target, replacing, write_text
from .._pyplot import pyplot
from ._claim import CLAIMS, Tried

__all__ = ["Reproduction", "reproduce"]

WIDTH = 100
# Of files of figures, and dots per inch of what is no vector graphics in them.
SUFFIXES = ("pdf", "svg", "png")
DPI = 200


@dataclass(frozen=True)
class Reproduction:
    """What `reproduce` finds. Prints as a table; `to_html` makes a page with the figures.

    Attributes
    ----------
    tried : list of Tried
        Each with its ``claim``, its ``outcome`` and the seconds that it took.
    left_out : list of str
        Claims that take minutes and were not tried.
    full : bool
        Whether the networks of figures are trained long.

    Examples
    --------
    >>> from smoothdiff.claims import reproduce
    >>> reproduce(only=["the nonsmoothness"]).tried[0].outcome.holds
    True
    """

    tried: list[Tried]
    left_out: list[str]
    full: bool = False

    @property
    def failed(self):
        """Names of the claims that do not hold as printed."""
        return [t.claim.name for t in self.tried if not t.outcome.holds]

    @property
    def summary(self):
        """How many hold, in a sentence."""
        rest = f"; {len(self.left_out)} that take minutes were left out" if self.left_out else ""
        held = len(self.tried) - len(self.failed)
        return f"{held} of {len(self.tried)} claims hold as printed{rest}."

    def rows(self):
        """Tuples of strings: name, source, claim, papers' number, ours, agreement, note."""
        for claim, o, _ in self.tried:
            within = f" within {o.tolerance:.2g}" if o.tolerance else ""
            relation = {"=": "", "<=": "at most ", ">=": "at least "}[o.relation]
            papers = f"{relation}{o.papers:.6g}{within}"
            holds = "holds" if o.holds else "FAILS"
            yield claim.name, claim.source, claim.says, papers, f"{o.ours:.6g}", holds, o.note

    def __str__(self):
        lines = [self.summary, ""]
        for name, source, says, papers, ours, holds, note in self.rows():
            lines.append(f"{holds:6}{name} ({source})")
            for text in (says, f"papers {papers}, here {ours}: {note}"):
                lines.append(fill(text, WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6))
        if self.left_out:
            lines += ["", fill("Not tried: " + ", ".join(self.left_out) + ".", WIDTH)]
        return "\n".join(lines)

    __repr__ = __str__

    def to_dict(self):
        """Numbers and words, of types that JSON knows; infinity as text."""
        from .. import __version__

        return {
            "smoothdiff": __version__,
            "summary": self.summary,
            "claims": [
                {
                    "name": claim.name,
                    "source": claim.source,
                    "says": claim.says,
                    "papers": _number(o.papers),
                    "ours": _number(o.ours),
                    "relation": o.relation,
                    "tolerance": o.tolerance,
                    "holds": o.holds,
                    "note": o.note,
                    "seconds": round(seconds, 3),
                }
                for claim, o, seconds in self.tried
            ],
            "left_out": self.left_out,
        }

    def to_json(self, path=None):
        """The table as JSON text; with a path it is written there, whole or not at all."""
        return _written(json.dumps(self.to_dict(), indent=1, allow_nan=False), path)

    def to_html(self, path=None):
        """One page with the table and the papers' figures; with a path it is written there.

        Raises
        ------
        ImportError
            Without matplotlib.
        """
        from ._page import page

        if path is not None:
            check_target(path)
        return _written(page(self), path)

    def save_figures(self, folder, suffix="pdf"):
        """The papers' figures, each a file of its own: vector graphics as "pdf" or "svg".

        Parameters
        ----------
        folder : path
            Made if it is missing.
        suffix : {"pdf", "svg", "png"}

        Returns
        -------
        list of Path

        Raises
        ------
        ImportError
            Without matplotlib.
        OSError
            If the folder cannot be made.
        ValueError
            For another suffix.
        """
        checks.choice(suffix, "suffix", SUFFIXES)
        Path(folder).mkdir(exist_ok=True)
        plt = pyplot()
        from ._figures import FIGURES

        paths = []
        for figure in FIGURES:
            paths.append(Path(folder) / f"{figure.name}.{suffix}")
            drawn = figure.draw(self.full)
            with replacing(paths[-1]) as file:
                drawn.savefig(file, format=suffix, dpi=DPI)
            plt.close(drawn)
        return paths


def _number(value):
    return value if abs(value) < float("inf") else str(value)


def _written(text, path):
    if path is not None:
        write_text(path, text)
    return text


def reproduce(full=False, only=None, report=None) -> Reproduction:
    """Try the papers' claims.

    Parameters
    ----------
    full : bool, default=False
        Also those that take minutes, on trained networks; and figures of long-trained networks.
    only : list of str, optional
        Names of the claims to try, of `CLAIMS`; all by default.
    report : callable, optional
        Called with each `Tried` as it comes.

    Returns
    -------
    Reproduction

    Raises
    ------
    ValueError
        For a name that is no claim.

    Examples
    --------
    >>> from smoothdiff.claims import reproduce
    >>> found = reproduce(only=["the limit of the loss"])
    >>> found.failed
    []
    """
    checks.flag(full, "full")
    names = list(CLAIMS) if only is None else list(only)
    unknown = [name for name in names if name not in CLAIMS]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is no claim. There are: {', '.join(CLAIMS)}.")
    tried = []
    for name in names:
        if full or only is not None or not CLAIMS[name].slow:
            tried.append(CLAIMS[name].tried())
            if report is not None:
                report(tried[-1])
    done = {t.claim.name for t in tried}
    return Reproduction(tried, [name for name in names if name not in done], full)
