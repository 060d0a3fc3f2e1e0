"""The command line: one file a verb, and files of numbers in and out.

Importing it loads nothing but the standard library, so that ``--help`` is at once there.
"""

from ._main import main

__all__ = ["main"]
