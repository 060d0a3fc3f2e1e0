"""Times in the cells of a text file: dates and times of a day, and how they are written.

2024-02-29          with or without a time and a zone
29.2.2024           the day first where points separate, with or without a time (29.2.2024 8:05)
29/02/2024          or 2/29/2024: where a day after the 12th tells which of the two it is
2024/2/29           the year first with any sign, with or without a time
8:05, 08:05:30      a time of a day; 8:05 PM is one as well, alone or after a date
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from re import compile as pattern

import numpy as np

__all__ = [
    "clock",
    "clock_form",
    "clock_text",
    "dates_as_text",
    "day_form",
    "is_clock",
    "is_date",
    "is_day",
    "moment",
    "moments",
    "zone_of",
]

DATE = pattern(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?)?")
PARTS = r":[0-5]\d(:[0-5]\d(\.\d{1,6})?)?"
TIME = rf"([01]?\d|2[0-3]){PARTS}|(0?[1-9]|1[0-2]){PARTS} ?([AP]M|[ap]m)"
CLOCK = pattern(TIME)
DAY = pattern(rf"(\d{{4}}|\d\d?)(?P<mark>[/.-])(\d\d?)(?P=mark)(\d{{4}}|\d\d?)( (?P<time>{TIME}))?")
FORM = pattern(r"(DD?|MM?|YYYY)([/.-])(DD?|MM?)\2(DD?|YYYY)( HH?:MM(:SS)?( ?AM| ?am)?)?")


def is_date(cell):
    """Whether a cell has the form of a date."""
    return DATE.fullmatch(cell) is not None


def is_clock(cell):
    """Whether a cell has the form of a time of a day."""
    return CLOCK.fullmatch(cell) is not None


def is_day(cell):
    """Whether a cell may be a date of another form."""
    return DAY.fullmatch(cell) is not None


# ------------------------------------------------------------------ read


def moment(cell, zone="", form=""):
    """The time in a cell, in a zone; where the cell has none it is local there.

    Raises
    ------
    ValueError
        If there is no such time, or it is neither a date nor of the form.
    """
    if form and not is_date(cell):
        return _of_form(cell, form)
    time = datetime.fromisoformat(cell)
    if time.tzinfo is None:
        return time
    if not zone:
        raise ValueError("it has a time zone, and the column has none")
    own = datetime.fromisoformat(f"2000-01-01T00:00{zone}").tzinfo
    return time.astimezone(own).replace(tzinfo=None)


def moments(gap, cells, label, zone="", form=""):
    """The times in the cells that are no gap, datetime64[us] (n,); as `moment` takes each.

    Raises
    ------
    ValueError
        In the words of a file's reader, which calls the column ``label``.
    """
    column = np.full(len(gap), np.datetime64("NaT", "us"))
    for row, cell in zip(np.flatnonzero(~gap), cells, strict=True):
        try:
            column[row] = np.datetime64(moment(cell, zone, form), "us")
        except (ValueError, OverflowError) as error:
            raise ValueError(f"{label}: {cell!r} is no date ({error}).") from None
    return column


def zone_of(date):
    """What a date ends with."""
    return DATE.sub(r"\4", date)


class Clock(timedelta):
    """The time since midnight; in sentences it is the text that says it."""

    def __repr__(self):
        return repr(str(self))


def clock(cell):
    """The time since midnight that a cell says."""
    half = _half(cell)
    hours, minutes, seconds = (*cell.removesuffix(half).split(":"), "0")[:3]
    hour = int(hours) % 12 + 12 * ("P" in half.upper()) if half else int(hours)
    return Clock(hours=hour, minutes=int(minutes), seconds=float(seconds))


def _half(cell):
    """The letters after a time, and what separates them: " PM", "am" or nothing."""
    return cell[len(cell.rstrip(" AaPpMm")) :]


def _of_form(cell, form):
    found, (_, names) = DAY.fullmatch(cell), _parts(form)
    if not found or not names:
        raise ValueError(f"it is not written as {form}")
    numbers = map(int, found.group(1, 3, 4))
    given = {name[0]: number for name, number in zip(names, numbers, strict=True)}
    return datetime(given["Y"], given["M"], given["D"]) + clock(found["time"] or "0:00")


def _parts(form):
    """What separates the parts of a date, and their names; None where it is no form of one."""
    found = FORM.fullmatch(form)
    if not found or {name[0] for name in found.group(1, 3, 4)} != set("YMD"):
        return None, None
    return found[2], found.group(1, 3, 4)


# ------------------------------------------------------------------ how they are written


def clock_form(cells: Iterable[str]):
    """How times of a day are written: H:MM or HH:MM, :SS where they have seconds, and AM or am."""
    padded, seconds, half = True, False, ""
    for cell in cells:
        padded &= cell[2] == ":"
        seconds |= cell.count(":") > 1
        half = half or _half(cell).replace("P", "A").replace("p", "a")
    return f"{'HH' if padded else 'H'}:MM{':SS' if seconds else ''}{half}"


def day_form(cells):
    """How dates are written, such as DD.MM.YYYY or M/D/YYYY H:MM; "" where that cannot be told."""
    marks, lengths, largest, padded, times = set(), set(), [0, 0, 0], True, set()
    for cell in cells:
        found = DAY.fullmatch(cell)
        if found is None:
            return ""
        parts = found.group(1, 3, 4)
        marks.add(found["mark"])
        lengths.add((len(parts[0]) == 4, len(parts[2]) == 4))
        largest = [max(most, int(part)) for most, part in zip(largest, parts, strict=True)]
        padded &= all(len(part) != 1 for part in parts)
        times.add(found["time"])
    order = _order(lengths, marks, largest)
    if not order or (None in times and len(times) > 1):
        return ""
    most = dict(zip(order, largest, strict=True))
    if most["M"] > 12 or most["D"] > 31:  # codes of some sort
        return ""
    length = {"Y": 4, "M": 1 + padded, "D": 1 + padded}
    days = marks.pop().join(letter * length[letter] for letter in order)
    if None in times:
        return days
    return f"{days} {clock_form(times)}"


def _order(lengths, marks, largest):
    """Which parts of dates are year, month and day, or None."""
    if len(marks) > 1 or len(lengths) > 1:
        return None
    if lengths == {(True, False)}:
        return "YMD"
    if lengths != {(False, True)}:
        return None
    day_first, month_first = largest[0] > 12, largest[1] > 12
    if marks == {"."}:
        return "DMY"
    return None if day_first == month_first else "DMY" if day_first else "MDY"


# ------------------------------------------------------------------ written


def dates_as_text(column, zone="", form=""):
    """Dates (n,) as text: in ISO form where there is no other; None for gaps."""
    gap = np.isnat(column)
    if _parts(form)[1]:
        return [None if g else _text(t, form) for t, g in zip(column.tolist(), gap, strict=True)]
    units = ["datetime64[D]", "datetime64[s]", "datetime64[ms]", "datetime64[us]"]
    units = units[1:] if zone else units
    unit = next(u for u in units if (column[~gap] == column[~gap].astype(u)).all())
    times = np.datetime_as_string(column.astype(unit)).tolist()
    return [None if g else time + zone for time, g in zip(times, gap, strict=True)]


def _text(time, form):
    mark, names = _parts(form)
    numbers = {"Y": time.year, "M": time.month, "D": time.day}
    text = mark.join(f"{numbers[name[0]]:0{len(name)}}" for name in names)
    since_midnight = time - datetime(time.year, time.month, time.day)
    clocks = form.partition(" ")[2]
    if clocks or since_midnight:
        text += f" {clock_text(since_midnight, clocks or 'HH:MM')}"
    return text


def clock_text(value, form):
    """A time of a day as those of its column are written; a part of a second has six digits."""
    hours, rest = str(value).split(":", 1)
    half = _half(form.partition(":MM")[2])
    if half:
        letter = "P" if int(hours) >= 12 else "A"
        half = half.replace("A", letter).replace("a", letter.lower())
        hours = str((int(hours) - 1) % 12 + 1)
    rest = rest if "S" in form or not rest.endswith(":00") else rest[:2]
    return f"{hours.zfill(2 if 'HH' in form else 1)}:{rest}{half}"
