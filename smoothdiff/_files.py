"""Files that appear whole or not at all."""

import errno
import os
import secrets
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from zipfile import ZipFile

__all__ = ["check_not_read", "check_suffix", "check_target", "replacing"]
__all__ += ["unfinished", "write_arrays", "write_text"]

# Temporary files that exist now: whoever ends the program on the spot deletes them.
unfinished: set[Path] = set()
# Where Linux has links to the files that a process has open.
DESCRIPTORS = "/proc/self/fd"


@contextmanager
def replacing(path):
    """Binary file that takes the place of ``path`` when the block ends well.

    Until then it is a temporary file in the same folder, without a name where the system has such
    files, so that not even a process that is killed leaves it behind; deleted on any error. A file
    that is replaced passes on its permissions; a link is followed.

    Raises
    ------
    OSError
        If it cannot be written; names ``path``.
    """
    target = Path(path).resolve()
    temporary = target.with_name(f".smoothdiff-{secrets.token_hex(8)}.tmp")
    unfinished.add(temporary)
    try:
        with _unnamed(target.parent) or open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # else the name may reach the disk before the bytes do
            if file.name != str(temporary):
                _give_name(file, temporary)
        with suppress(FileNotFoundError):
            shutil.copymode(target, temporary)
        os.replace(temporary, target)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error.__context__, KeyboardInterrupt):  # zipfile hides it behind its own
            raise error.__context__ from None
        if isinstance(error, OSError) and error.errno and error.filename in (None, str(temporary)):
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise
    finally:
        unfinished.discard(temporary)


def _unnamed(folder):
    """A file to write that no folder lists, or None where there are none."""
    if not (hasattr(os, "O_TMPFILE") and os.path.isdir(DESCRIPTORS)):
        return None
    try:
        return open(os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o666), "w+b")
    except OSError:
        return None  # the error comes again, where a file with a name is opened


def _give_name(file, path):
    # With src_dir_fd, which an absolute path makes no use of, the system follows its own link.
    os.link(f"{DESCRIPTORS}/{file.fileno()}", path, src_dir_fd=file.fileno())


def write_arrays(file, arrays):
    """Write arrays by name into a binary file, as .npz.

    NumPy's savez leaves the archive open on a full disk before 2.1, which is complained of later.
    """
    import numpy as np  # not before it is needed: --help does without

    with ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)


def write_text(path, text):
    """Write text as UTF-8, whole or not at all; errors as `check_target` and `replacing`."""
    check_target(path)
    with replacing(path) as file:
        file.write(text.encode("utf-8"))


def check_target(path, suffixes=()):
    """Raise the error that writing to ``path`` would end in, before any work.

    Raises
    ------
    OSError
        If the folder is missing or not writable, or the path is a folder.
    ValueError
        If there are ``suffixes`` and that of the path is none of them.
    """
    path = Path(path)
    check_suffix(path, suffixes)
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    folder = path.resolve().parent
    if not folder.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such folder", str(path.parent))
    if not os.access(folder, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path.parent))


def check_not_read(targets, sources):
    """ValueError where a file would be written over one that is read; "-" and None are none."""
    known = {os.path.realpath(path) for path in sources if path not in (None, "-")}
    for path in targets:
        if path is not None and os.path.realpath(path) in known:
            raise ValueError(f"{path} is read, and would be written over: name another file.")


def check_suffix(path, suffixes):
    """The suffix of a path in lower case; ValueError if there are ``suffixes`` without it."""
    suffix = Path(path).suffix.lower()
    if suffixes and suffix not in suffixes:
        raise ValueError(f"The name of {path} must end in {' or '.join(suffixes)}.")
    return suffix
