"""Objects of Python and its standard library: containers, numbers, dates, types."""

from collections import OrderedDict
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from ._kinds import Kind, Kinds, exactly

__all__ = ["FAMILY"]

# Types that parameters name, as OneHotEncoder's dtype; those of NumPy's scalars besides.
TYPES = {t.__name__: t for t in (bool, int, float, complex, str, bytes, object)}


def _container(cls, order=list):
    return Kind(
        exactly(cls),
        lambda value, writer: {"items": [writer.put(item) for item in order(value)]},
        lambda fields, reader: cls(reader.get(item) for item in fields["items"]),
    )


def _in_order(items):
    """Members of a set, in an order that does not change from one interpreter to the next."""
    return sorted(items, key=repr)


def _mapping(cls):
    def write(value, writer):
        put, where = writer.put, lambda key: key if isinstance(key, str) else ""
        return {"items": [[put(key), put(item, where(key))] for key, item in value.items()]}

    def read(fields, reader):
        return cls((reader.get(key), reader.get(item)) for key, item in fields["items"])

    return Kind(exactly(cls), write, read)


def _text(cls, write=str, read=None):
    """Of a type whose objects are made from a text."""
    return Kind(
        exactly(cls),
        lambda value, _: {"text": write(value)},
        lambda fields, _: (read or cls)(_checked(fields["text"], str)),
    )


def _range(cls):
    def write(value, writer):
        return {part: writer.put(getattr(value, part)) for part in ("start", "stop", "step")}

    def read(fields, reader):
        return cls(*(reader.get(fields[part]) for part in ("start", "stop", "step")))

    return Kind(exactly(cls), write, read)


def _read_fraction(text):
    """From "2/3": a power, as in "1e999999999", would take all memory."""
    return Fraction(*map(int, text.split("/")))


def _checked(value, cls):
    if type(value) is not cls:
        raise TypeError(f"{value!r} is no {cls.__name__}")
    return value


def _of_zone(cls):
    """Dates and times, in their zone; ``fold`` tells the second of two equal times."""

    def write(value, writer):
        text = value.replace(tzinfo=None, fold=0).isoformat()
        return {"text": text, "zone": writer.put(value.tzinfo), "fold": value.fold}

    def read(fields, reader):
        value = cls.fromisoformat(fields["text"])
        return value.replace(tzinfo=reader.get(fields["zone"]), fold=fields["fold"])

    return Kind(exactly(cls), write, read)


def _write_duration(value, _):
    return {"days": value.days, "seconds": value.seconds, "microseconds": value.microseconds}


def _read_duration(fields, _):
    return timedelta(fields["days"], fields["seconds"], fields["microseconds"])


def _is_type(value):
    return isinstance(value, type) and (value in TYPES.values() or _is_scalar_type(value))


def _is_scalar_type(value):
    return issubclass(value, np.generic) and getattr(np, value.__name__, None) is value


def _write_type(value, _):
    return {"name": value.__name__, "numpy": value not in TYPES.values()}


def _read_type(fields, _):
    name = fields["name"]
    found = getattr(np, name, None) if fields["numpy"] else TYPES.get(name)
    if not _is_type(found):
        raise ValueError(f"it names the type {name!r}, which files do not hold")
    return found


FAMILY = Kinds(
    {
        "list": _container(list),
        "tuple": _container(tuple),
        "dict": _mapping(dict),
        "set": _container(set, _in_order),
        "frozenset": _container(frozenset, _in_order),
        "OrderedDict": _mapping(OrderedDict),
        "float": _text(float),  # those that are not finite
        "complex": _text(complex),
        "bytes": _text(bytes, bytes.hex, bytes.fromhex),
        "range": _range(range),
        "slice": _range(slice),
        "type": Kind(_is_type, _write_type, _read_type),
        "Decimal": _text(Decimal),
        "Fraction": _text(Fraction, read=_read_fraction),
        "UUID": _text(UUID),
        "date": _text(date, date.isoformat, date.fromisoformat),
        "datetime": _of_zone(datetime),
        "time": _of_zone(time),
        "timedelta": Kind(exactly(timedelta), _write_duration, _read_duration),
        "timezone": Kind(
            exactly(timezone),
            lambda value, writer: {"offset": writer.put(value.utcoffset(None))},
            lambda fields, reader: timezone(reader.get(fields["offset"])),
        ),
        "ZoneInfo": _text(ZoneInfo, lambda zone: zone.key),
    }
)
