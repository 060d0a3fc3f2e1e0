"""Files that appear whole or not at all."""

import os
import secrets
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["replacing", "unfinished"]

# Temporary files that exist now: whoever ends the program on the spot deletes them.
unfinished: set[Path] = set()


@contextmanager
def replacing(path):
    """Binary file that takes the place of ``path`` when the block ends well.

    Until then it is a temporary file in the same folder, deleted on any error. A file that is
    replaced passes on its permissions; a link is followed.
    """
    target = Path(path).resolve()
    temporary = target.with_name(f".smoothdiff-{secrets.token_hex(8)}.tmp")
    unfinished.add(temporary)
    try:
        with open(temporary, "xb") as file:
            yield file
        with suppress(FileNotFoundError):
            shutil.copymode(target, temporary)
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    finally:
        unfinished.discard(temporary)
