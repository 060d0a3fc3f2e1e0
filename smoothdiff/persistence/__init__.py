"""Fitted estimators in files that hold data and no code.

A file is a zip archive that any unpacker opens, without compression:

    smoothdiff-format     the version of the format, one number
    arrays/0.npy, ...     the arrays, each once
    model.json            what wrote it, and the objects: each one names its class and refers to
                          arrays and to objects before it
    (comment)             SHA-256 of all bytes before it, as 64 hexadecimal digits

Reading looks names up in lists of known classes (`_classes`), makes empty objects of these and
fills their attributes. Nothing else is imported, no pickle is ever read, and no function or method
that a file names is called: what is no plain data (a function, a class of your own) is refused
when it is saved. The checksum tells damage, not forgery; that a file is harmless does not hang on
it.
"""

from ._save import load, save

__all__ = ["load", "save"]
