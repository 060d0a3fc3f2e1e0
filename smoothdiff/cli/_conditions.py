"""Options that speak of columns: ``--kind id=drop`` and ``--where city=Rome,"Oslo, N"``."""

import csv
import io
import shlex
from math import inf

from .._checks import listed
from ._cells import MISSING, Notation, number
from ._times import clock, is_clock, is_date, is_day, moment

__all__ = ["conditions", "kinds", "options_of"]


# Natures whose values are words, whatever holds them; and the words for true and false.
WORDS = ("text", "other", "category", "ordered", "interval")
TRUTHS = {"True": True, "False": False, "true": True, "false": False}


def kinds(options, names):
    """A dict of kinds from ``COLUMN=KIND``."""
    from ..tables import KINDS

    found = {}
    for option in options:
        name, kind = _split(option, names, "--kind", "COLUMN=KIND")
        if kind not in KINDS:
            raise ValueError(
                f"--kind must be COLUMN=KIND, where KIND is one of {', '.join(KINDS)}. Got "
                f"{option!r} instead."
            )
        found[name] = kind
    return found or None


def conditions(options, schema, notations, missing=()):
    """Conditions on columns from ``sex=F``, ``city=Rome,Oslo``, ``age=30:40``.

    Parameters
    ----------
    options : list of str
        Values of a column that is named more than once come together.
    schema : Schema
    notations : dict from names to Notation
    missing : sequence of str
        What means a missing value, besides `MISSING`.
    """
    found: dict = {}
    names = [column.name for column in schema.kept]
    for option in options:
        name, text = _split(option, names, "--where", "COLUMN=VALUE or COLUMN=LOW:HIGH")
        if name not in names:
            raise ValueError(
                f"--where names a column that the table lacks: {name!r}. It has {listed(names)}."
            )
        column = Reader(schema[name], notations[name], {*MISSING, *missing})
        wanted = column.condition(text)
        if name in found and tuple in (type(wanted), type(found[name])):
            raise ValueError(f"--where gives column {name!r} a range, and that must be all.")
        found[name] = wanted if isinstance(wanted, tuple) else found.get(name, []) + wanted
    return found or None


class Reader:
    """Reads conditions on a column."""

    def __init__(self, column, notation: Notation, missing):
        self.column, self.notation, self.missing = column, notation, missing
        self.is_date = column.nature == "date"
        self.is_time = {"date": self._is_date, "duration": is_clock}.get(column.nature)
        self.is_text = column.nature in WORDS
        self.levels = {str(v): v for v in _levels(column)} if self.is_text else {}

    def condition(self, text):
        """A list of values, or a range (low, high)."""
        if self._is_one(text):
            return [self.value(text)]
        parts = _parts(text)
        times = self.is_time and all(self.is_time(part.strip()) for part in parts)
        if ":" in text and self.column.scale is not None and not times:
            low, high = self._ends(text)
            return self.value(low), self.value(high)
        return [self.value(part) for part in parts]

    def _is_date(self, text):
        return is_date(text) or (self.notation.days and is_day(text))

    def _is_one(self, text):
        """Whether it is one value, though it has the signs that separate several."""
        if self.is_time:
            return self.is_time(text)
        if self.is_text:
            return text in self.levels
        return self.notation.comma and _is_number(text, comma=True)

    def _ends(self, text):
        """What stands before and after the colon that separates; times have others."""
        colons = [i for i, mark in enumerate(text) if mark == ":"]
        ends = [(text[:i].strip(), text[i + 1 :].strip()) for i in colons]
        if self.is_time:
            whole = (pair for pair in ends if all(not end or self.is_time(end) for end in pair))
            return next(whole, ends[0])
        return ends[0]

    def value(self, text):
        """A value as the column has them; None for what means a missing one."""
        text, name = text.strip(), self.column.name
        if text in self.missing:
            return None
        if self.is_date:
            return self._time(text)
        if self.notation.clock and not is_clock(text):
            raise ValueError(f"--where gives column {name!r} {text!r}, which is no time.")
        if self.column.nature == "duration":
            return clock(text) if is_clock(text) else text
        if self.is_text or self.column.nature == "period":
            return self.levels.get(text, text)
        if self.column.nature == "truth" and text in TRUTHS:
            return TRUTHS[text]
        if not _is_number(text, self.notation.comma):
            raise ValueError(f"--where gives column {name!r} {text!r}, which is no number.")
        return number(text, self.notation.comma)

    def _time(self, text):
        said = f"--where gives column {self.column.name!r} {text!r}, which is no date"
        if not self._is_date(text):
            raise ValueError(f"{said}.")
        try:
            return moment(text, self.notation.zone, self.notation.days).isoformat()
        except (ValueError, OverflowError) as error:
            raise ValueError(f"{said} there ({error}).") from None


def _levels(column):
    from ..tables._values import codes_and_levels

    return column.levels or codes_and_levels(column.values)[1]


def options_of(conditions):
    """The options that stand for conditions, as a shell takes them."""
    return " ".join(
        f"--where {shlex.quote(f'{name}={_text(wanted)}')}" for name, wanted in conditions.items()
    )


def _text(wanted):
    if isinstance(wanted, tuple):
        return ":".join("" if end is None else str(end) for end in wanted)
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(wanted)
    return line.getvalue() if wanted != [None] else ""


def _parts(text):
    """What commas separate; quotes keep those of a value."""
    try:
        return next(csv.reader([text], skipinitialspace=True)) or [""]
    except csv.Error:  # a line break outside of quotes
        return [text]


def _is_number(text, comma):
    try:
        return abs(number(text, comma)) < inf
    except ValueError:
        return False


def _split(option, names, parameter, form):
    """Name and value: at the first equals sign, or at a later one for names that have some."""
    signs = [i for i, mark in enumerate(option) if mark == "="]
    if not signs:
        raise ValueError(f"{parameter} must be {form}. Got {option!r} instead.")
    cut = next((i for i in signs if option[:i].strip() in names), signs[0])
    return option[:cut].strip(), option[cut + 1 :].strip()
