"""How the objects of one library are described in JSON and made again: a table of kinds."""

from collections.abc import Callable
from typing import NamedTuple

__all__ = ["Kind", "Kinds", "UnsavedError", "exactly", "instances"]


class UnsavedError(TypeError):
    """An object that a file cannot hold; the message says where it is and why."""


class Kind(NamedTuple):
    """One kind of object."""

    fits: Callable
    """Whether an object is of this kind."""
    write: Callable
    """``(value, writer)`` to a dict of JSON, in which ``writer.put`` refers to what it holds."""
    read: Callable
    """``(fields, reader)`` to the object; ``reader.get`` gives what the fields refer to."""


def exactly(*types):
    """Objects of some types; those of their subclasses are something else."""
    return lambda value: type(value) in types


def instances(*types):
    """Objects of some types and their subclasses."""
    return lambda value: isinstance(value, types)


class Kinds(dict):
    """Kinds by name; of those that fit an object the first describes it."""

    def write(self, value, writer):
        """Describe an object, or None if it is of no kind."""
        for name, kind in self.items():
            if kind.fits(value):
                return {"is": name, **kind.write(value, writer)}
        return None

    def read(self, fields, reader):
        """Make the object that was described."""
        if fields["is"] not in self:
            raise ValueError(f"it names {fields['is']!r}, which files do not hold")
        return self[fields["is"]].read(fields, reader)
