"""Files of strangers: they get no more memory than they are worth, and errors are a sentence."""

from math import prod

import numpy as np
from numpy.lib import format as npy

__all__ = ["check_document", "check_unpacked", "in_a_sentence", "read_npy"]

# Bytes that a file may unpack to, however small it is; a larger one to ten times its size.
SMALL, TIMES = 2**28, 10
LONGEST = 1000
# Bytes of Python's objects that a mark of JSON stands for at most: a dict, a list, a key, one more
# value.
OBJECTS = {b"{": 192, b"[": 96, b":": 32, b",": 72}
HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def read_npy(file):
    """The array in an open binary file, which holds that and nothing else.

    `numpy.load` makes room for as many numbers as a file claims before it looks for them.

    Raises
    ------
    Exception
        Whatever a damaged header sets off; ValueError for one that claims what is not there.
    """
    version = npy.read_magic(file)
    if version not in HEADERS:
        raise ValueError("an array is of a format that no array of numbers has")
    shape, fortran, dtype = HEADERS[version](file)
    if dtype.hasobject:
        raise ValueError("an array holds objects")
    data = bytearray(file.read())
    # Python's integers, of any size: NumPy's would wrap.
    if any(n < 0 for n in shape) or dtype.itemsize * prod(shape) != len(data):
        raise ValueError("an array is not of the size that it claims")
    return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")


def check_unpacked(size, unpacked):
    """Raise ValueError where a packed file of ``size`` bytes would become far too many.

    A file of a thousand bytes can hold a million million equal numbers.
    """
    if unpacked > max(TIMES * size, SMALL):
        raise ValueError(
            f"it would unpack to {unpacked / 2**20:.0f} MiB, more than {TIMES} times its size; if "
            "that is meant, write it as .npy or .csv"
        )


def check_document(size, text):
    """Raise ValueError where JSON (bytes) of a file of ``size`` bytes would take far too much.

    Nine characters can stand for three hundred bytes of objects.
    """
    width = 4 if b"\\u" in text else 1  # of a character: ASCII, or not
    taken = sum(text.count(mark) * each for mark, each in OBJECTS.items()) + width * len(text)
    if taken > max(TIMES * size, SMALL):
        raise ValueError(
            f"its objects would take up to {taken / 2**20:.0f} MiB, more than {TIMES} times its "
            "size"
        )


def in_a_sentence(error):
    """What an error says, on one line that ends in a full stop, with nothing that a terminal obeys.

    A file may have put into it what it likes.
    """
    text = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
    text = " ".join(text.split()) or type(error).__name__
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    text = f"{text[:LONGEST]}..." if len(text) > LONGEST else text
    return text if text.endswith(".") else f"{text}."
