"""An object and all that it holds, as a list of descriptions in JSON, and back.

None, truth values, integers, finite floats and strings stand for themselves. Any other object is
described once, in a dict whose "is" names what it is; [3] refers to the fourth of them. Objects
refer to those before them only: reading is one pass, which cannot run in circles.
"""

from functools import cache
from importlib import import_module
from math import isfinite

from ._kinds import UnsavedError

__all__ = ["Reader", "UnsavedError", "Writer"]

PLAIN = (type(None), bool, int, float, str)
# What describes objects, by the first word of the module of their class.
FAMILIES = {
    "smoothdiff": "_classes",
    "sklearn": "_classes",
    "numpy": "_numpy",
    "jax": "_jax",
    "jaxlib": "_jax",
    "pandas": "_pandas",
    "polars": "_polars",
}
STANDARD = "_standard"


def _word(name):
    """The library of a class, by the full name of its module or its own."""
    return name.partition(".")[0]


@cache
def _family(module):
    return import_module(f".{module}", __package__).FAMILY


class Writer:
    """Describes objects, each once.

    Attributes
    ----------
    objects : list of dict
    arrays : list of ndarray
        Those that the objects refer to by their place in the list.
    libraries : set of str
        First words of the modules whose classes the objects have.
    """

    def __init__(self):
        self.objects, self.arrays, self.libraries = [], [], set()
        self._places, self._open, self._held, self._path = {}, set(), [], []

    def put(self, value, name=""):
        """JSON that stands for a value; ``name`` is where it was found, for errors."""
        if type(value) in PLAIN and (type(value) is not float or isfinite(value)):
            return value
        if id(value) not in self._places:
            if id(value) in self._open:
                raise UnsavedError(f"{self._where(name)} leads back to itself")
            self._open.add(id(value))
            self._path.append(name)
            self.objects.append(self._describe(value))
            self._path.pop()
            self._open.remove(id(value))
            self._places[id(value)] = len(self.objects) - 1
            self._held.append(value)  # or another object might get its id
        return [self._places[id(value)]]

    def array(self, array):
        """The number by which an array can be asked for."""
        self.arrays.append(array)
        return len(self.arrays) - 1

    def holds(self, library):
        """Whether some object is of a library."""
        return library in self.libraries

    def _describe(self, value):
        word = _word(type(value).__module__)
        found = _family(FAMILIES.get(word, STANDARD)).write(value, self)
        if found is None:
            raise UnsavedError(f"{self._where()} is {_in_words(value)}")
        self.libraries.add(word)
        return found

    def _where(self, name=""):
        return ".".join(part for part in (*self._path, name) if part) or "it"


def _in_words(value):
    """What a value is that no file can hold, and why."""
    if hasattr(value, "__qualname__"):
        what = "class" if isinstance(value, type) else "function"
        return f"the {what} {value.__module__}.{value.__qualname__}, and a file holds data, no code"
    cls = type(value)
    return f"a {cls.__module__}.{cls.__qualname__}, and a file holds no objects of that class"


class Reader:
    """Makes the objects that a `Writer` has described.

    Parameters
    ----------
    objects : list of dict
    array : callable
        From a number to the array; each may be asked for once.
    """

    def __init__(self, objects, array):
        self.libraries, self._array, self._arrays, self._made = set(), array, set(), []
        for fields in objects:
            self._made.append(self._make(fields))

    def get(self, value):
        """The value that JSON stands for."""
        if isinstance(value, dict):
            raise ValueError("it has an object where a reference should stand")
        if not isinstance(value, list):
            return value
        (place,) = value
        if type(place) is not int or not 0 <= place < len(self._made):
            raise ValueError(f"it refers to object {place!r}, which does not stand before")
        return self._made[place]

    def array(self, number):
        """The array of a number."""
        if type(number) is not int or number in self._arrays:
            raise ValueError(f"it asks for array {number!r} more than once, or has no such number")
        self._arrays.add(number)
        return self._array(number)

    def _make(self, fields):
        word = _word(fields["is"])
        self.libraries.add(word)
        return _family(FAMILIES.get(word, STANDARD)).read(fields, self)
