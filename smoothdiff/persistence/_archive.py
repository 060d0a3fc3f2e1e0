"""The archive: a zip file without compression, whose comment is a checksum of all before it.

What is read is checked in this order: that it is such a file, its version, its checksum, and that
no part claims to be larger than it is. Only then is anything looked at.
"""

import hashlib
import json
import os
import re
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from numpy.lib import format as npy

from .._reading import check_document, read_npy

__all__ = ["VERSION", "ReadArchive", "array_name", "check_intact", "write_archive"]

# To be raised when files are written that earlier versions would misread.
VERSION = 1

FORMAT, DOCUMENT = "smoothdiff-format", "model.json"
# How a file of any version begins: the header of its first member, and the version in it.
BEGINS = re.compile(rb"PK\x03\x04.{26}smoothdiff-format(\d{1,9})\n", re.DOTALL)
DIGITS = 64
BLOCK = 2**20


def array_name(number):
    """The member that an array stands in."""
    return f"arrays/{number}.npy"


# ------------------------------------------------------------------ writing


def write_archive(file, document, arrays):
    """Write a document and the arrays that it speaks of into a binary file.

    Raises
    ------
    ValueError
        For a document that would not be read.
    """
    text = json.dumps(document, allow_nan=False, separators=(",", ":")).encode()
    check_document(len(text) + sum(array.nbytes for array in arrays), text)
    file = _Summed(file)
    with ZipFile(file, "w", ZIP_STORED) as archive:
        archive.comment = b"0" * DIGITS
        archive.writestr(_member(FORMAT), f"{VERSION}\n")
        for i, array in enumerate(arrays):
            with archive.open(_member(array_name(i), array.nbytes), "w") as member:
                npy.write_array(member, array, allow_pickle=False)
        archive.writestr(_member(DOCUMENT), text)
    file.finish()


class _Summed:
    """A file to write to, whose last bytes are to become the checksum of the others."""

    def __init__(self, file):
        self._file, self._sum, self._held = file, hashlib.sha256(), b""

    def write(self, data):
        """Write all but the last bytes, which wait to be known as the last."""
        pending = self._held + bytes(data)
        self._held = pending[-DIGITS:]
        self._sum.update(pending[:-DIGITS])
        self._file.write(pending[:-DIGITS])
        return len(data)

    def flush(self):
        """Nothing: the file is flushed when it is complete."""

    def finish(self):
        """Write the checksum in place of the last bytes."""
        self._file.write(self._sum.hexdigest().encode())


def _member(name, size=0):
    """A member without a date, so that equal models make equal files."""
    member = ZipInfo(name)
    member.external_attr, member.file_size = 0o644 << 16, size
    return member


# ------------------------------------------------------------------ reading


def check_intact(file, path):
    """Raise ValueError unless a binary file is one of this library, of this version and undamaged.

    Nothing but its first bytes is looked at before the checksum has been found right.
    """
    head = file.read(128)
    begins = BEGINS.match(head)
    if begins is None:
        raise ValueError(f"{path} {_stranger(head)}.")
    if int(begins[1]) > VERSION:
        raise ValueError(
            f"{path} is in format {int(begins[1])}, which a later version of smoothdiff wrote; "
            f"this one reads up to format {VERSION}: update smoothdiff."
        )
    left = file.seek(0, os.SEEK_END) - DIGITS
    file.seek(0)
    found = hashlib.sha256()
    while left > 0:
        block = file.read(min(BLOCK, left))
        left -= len(block)
        found.update(block)
    if file.read() != found.hexdigest().encode():
        raise ValueError(f"{path} is damaged or cut short: its checksum does not match.")
    file.seek(0)


def _stranger(head):
    """What a file is that begins like this, and is none of ours."""
    if not head:
        return "is empty"
    known = {
        b"PK": "a zip archive",
        b"\x80": "a pickle, which could run code and is never read",
        b"\x93NUMPY": "a NumPy array",
        b"\x1f\x8b": "compressed by gzip",
        **dict.fromkeys(
            (b"x\x01", b"x\x5e", b"x\x9c", b"x\xda"), "compressed, as joblib's files are"
        ),
    }
    seen = next((what for start, what in known.items() if head.startswith(start)), None)
    if seen is None:
        seen = "text" if all(byte in b"\t\n\r" or byte >= 32 for byte in head) else "something else"
    return f"is no model that smoothdiff saved: it is {seen}"


class ReadArchive(ZipFile):
    """An archive that `check_intact` has passed.

    Raises
    ------
    ValueError, BadZipFile, KeyError
        For one that nobody would have written.
    """

    def __init__(self, file):
        super().__init__(file)
        self._size = size = file.seek(0, os.SEEK_END)
        members = self.infolist()
        if any(m.compress_type != ZIP_STORED or m.file_size != m.compress_size for m in members):
            raise ValueError("it is compressed")
        if sum(m.file_size for m in members) > size:
            raise ValueError("its parts claim to be larger than it is")

    def document(self):
        """What is not in arrays."""
        text = self.read(DOCUMENT)
        if not text.isascii():
            raise ValueError("its document has letters that were not escaped")
        check_document(self._size, text)
        return json.loads(text)

    def array(self, number):
        """An array, of no more bytes than the file has."""
        with self.open(array_name(number)) as member:
            return read_npy(member)
