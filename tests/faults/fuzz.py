"""Read many damaged files, and say of which the reader did what it must not.

    python tests/faults/fuzz.py FORMAT FIRST LAST

takes the seeds from FIRST up to LAST in a process of its own, where it also sees what is run,
started, connected to or written, and prints what it found as JSON.
"""

import io
import json
import signal
import sys
import tempfile
import tracemalloc
import warnings
from pathlib import Path

import numpy as np
from mutations import Model, changed

from smoothdiff._reading import in_a_sentence

MODELS = Path(__file__).parent.parent / "persistence" / "files"
MEMORY = 10
"""So many times the file a reader may use, and `FLOOR` besides: what a tiny file needs."""
FLOOR = 2**20
SECONDS = 20


def model_files():
    """Damaged models, one of each kind in turn."""
    from smoothdiff.persistence import load

    found = [Model(path.read_bytes()) for path in sorted(MODELS.glob("*/*.sdf"))]
    return ".sdf", lambda rng, path: found[rng.integers(len(found))].changed(rng, path), load


def _of_bytes(good):
    return lambda rng, path: path.write_bytes(changed(rng, good[rng.integers(len(good))]))


def csv_files():
    """Damaged text, read as columns of any kind and as numbers."""
    from made_tables import text_of

    from smoothdiff.cli._files import read_table
    from smoothdiff.cli._mixed import text_frame

    def read(path):
        try:
            read_table(path)
        except ValueError as error:
            _check_sentence(error, path)
        text_frame(path.read_bytes(), str(path))

    return ".csv", _of_bytes([text_of(seed) for seed in range(40)]), read


def _arrays():
    rng = np.random.default_rng(0)
    table = rng.normal(size=(30, 4))
    return [
        table,
        table.astype("float32"),
        np.asfortranarray(table),
        table.astype(int),
        table[:, 0],
    ]


def npy_files():
    """Damaged arrays."""
    from smoothdiff.cli._files import read_table

    good = []
    for array in _arrays():
        np.save(stream := io.BytesIO(), array)
        good.append(stream.getvalue())
    return ".npy", _of_bytes(good), read_table


def npz_files():
    """Damaged archives of arrays, packed and not."""
    from smoothdiff.cli._files import read_table

    good = []
    for array in _arrays():
        for save in (np.savez, np.savez_compressed):
            save(stream := io.BytesIO(), array)
            good.append(stream.getvalue())
    return ".npz", _of_bytes(good), read_table


def parquet_files():
    """Damaged tables of columns of several kinds, packed in several ways."""
    import pandas as pd

    from smoothdiff.cli._binary import read_parquet

    rng, n = np.random.default_rng(0), 40
    table = pd.DataFrame(
        {
            "number": rng.normal(size=n),
            "whole": rng.integers(0, 9, n),
            "word": rng.choice(["yes", "no", None], n),
            "kind": pd.Categorical(rng.choice(["a", "b"], n)),
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 99, n), unit="D"),
            "maybe": pd.array(rng.choice([1, 2, None], n), dtype="Int64"),
        }
    )
    good = []
    for packed in ("snappy", "gzip", None):
        table.to_parquet(stream := io.BytesIO(), compression=packed)
        good.append(stream.getvalue())
    return ".parquet", _of_bytes(good), read_parquet


FORMATS = {
    "model": model_files,
    "csv": csv_files,
    "npy": npy_files,
    "npz": npz_files,
    "parquet": parquet_files,
}


class ReadTooLong(BaseException):
    """No reader catches it."""


def _check_sentence(error, path):
    """Raise AssertionError unless an error is one sentence, on the file."""
    # Of text the program prints the error with what it quotes on one line.
    said = in_a_sentence(error) if path.suffix == ".csv" else str(error)
    assert said.startswith(str(path)), said
    assert said.endswith("."), said
    assert len(said.splitlines()) == 1, said


def run(name, seeds, folder, watch=None):
    """How many files were read or refused, the largest use of memory, and what went wrong."""
    suffix, damage, read = FORMATS[name]()
    path, found = Path(folder) / f"x{suffix}", {"read": 0, "refused": 0, "memory": 0.0}
    wrong: dict = {}
    signal.signal(signal.SIGALRM, _too_long)
    tracemalloc.start()
    for seed in seeds:
        damage(np.random.default_rng(seed), path)
        size = path.stat().st_size
        for _ in range(2):  # what is loaded on first use is not the file's
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            signal.alarm(SECONDS)
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    with watch if watch else warnings.catch_warnings():
                        read(path)
                outcome = "read"
            except (ValueError, ImportError, OSError) as error:
                outcome = "refused"
                try:
                    _check_sentence(error, path)
                except AssertionError as said:
                    wrong[seed] = f"{type(error).__name__}: {said}"
            except BaseException as error:  # which is what is looked for
                outcome = "refused"
                wrong[seed] = f"{type(error).__name__}: {error}"
            signal.alarm(0)
            used = tracemalloc.get_traced_memory()[1] - before
            if used <= MEMORY * size + FLOOR:
                break
        else:
            wrong[seed] = f"{used} bytes of memory for {size}"
        found[outcome] += 1
        found["memory"] = max(found["memory"], (used - FLOOR) / max(size, 1))
        left = [other.name for other in path.parent.iterdir() if other != path]
        if left:
            wrong[seed] = f"it left {left}"
    tracemalloc.stop()
    return {**found, "wrong": wrong}


def _too_long(*_):
    raise ReadTooLong


class Watch:
    """Sees what the interpreter is asked to do while it is entered.

    A hook stays for the life of a process, so that there is one of it.
    """

    FORBIDDEN = (
        *("os.system", "os.exec", "os.fork", "os.posix_spawn", "subprocess.Popen", "pickle."),
        *("socket.connect", "os.remove", "os.rename", "os.mkdir", "shutil."),
    )

    def __init__(self):
        self.on = False
        sys.addaudithook(self._see)

    def __enter__(self):
        self.on = True

    def __exit__(self, *_):
        self.on = False

    def _see(self, event, arguments):
        if not self.on:
            return
        if event.startswith(self.FORBIDDEN):
            raise RanError(f"{event} {arguments}")
        if event == "exec" and not _within_import():
            raise RanError(f"exec of {arguments[0].co_filename}")
        if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
            raise RanError(f"open {arguments}")


def _within_import():
    """Whether a module that is installed is being loaded."""
    frame = sys._getframe()
    while frame is not None and frame.f_code.co_filename != "<frozen importlib._bootstrap>":
        frame = frame.f_back
    return frame is not None


class RanError(BaseException):
    """Something was run that a file must not run."""


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        seeds = range(int(sys.argv[2]), int(sys.argv[3]))
        print(json.dumps(run(sys.argv[1], seeds, folder, Watch())))
