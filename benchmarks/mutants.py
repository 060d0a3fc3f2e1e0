"""Break the code in one place, run the tests that reach it, and see whether they notice.

    pip install 'cosmic-ray>=8.4' pytest-cov
    python -m pytest -n auto --cov=smoothdiff --cov-context=test --cov-report= --junitxml=reach.xml
    python -m benchmarks.mutants flow.py --to 40

The second line finds out once which test reaches which line, and how long it takes. The third tries
changes of smoothdiff/flow.py, in an order that is drawn once, until 40 of them have been, and keeps
in results/mutants.json for each file how many there are, which were tried, and those that the tests
did not notice. Later runs go on from there; a file that has changed begins anew, and ``--again``
tries the survivors anew. Why a survivor changes nothing is said in mutants_explained.json. Changes
are those of cosmic-ray (https://cosmic-ray.readthedocs.io), but for ones between operators that
have nothing to do with each other, such as `*` and `<<`.

The tests of a change are those that reach its line, then those that reach its file (a line of a
compiled program is reached by the first test of a process alone), the quickest first, up to
`SECONDS` of them. Each change is tried in a process that is split off where everything but
smoothdiff is imported, on a clone of the last commit: some seconds each, so that
``python -m benchmarks`` leaves it out.
"""

import argparse
import hashlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from difflib import unified_diff
from pathlib import Path
from random import Random
from xml.etree import ElementTree

from ._measure import earlier, record

ROOT = Path(__file__).parent.parent
FILES = ["cloud.py", "flow.py", "likelihood.py", "model.py"]
PARTS = [*FILES, "mixture", "mixed_cell", "starts", "tables", "metrics"]
# Of the tests of one change: as many as took so long; and how long they may take then.
SECONDS, TIMEOUT = 60, 300
# What a change may turn an operator into.
KEPT = {
    *("Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "Pow_Mul", "FloorDiv_Mul", "Mod_FloorDiv"),
    *("BitAnd_BitOr", "BitOr_BitAnd", "BitXor_BitAnd", "LShift_RShift", "RShift_LShift"),
    *("Lt_LtE", "LtE_Lt", "Gt_GtE", "GtE_Gt", "Lt_GtE", "Gt_LtE", "LtE_Gt", "GtE_Lt"),
    *("Eq_NotEq", "NotEq_Eq", "Is_IsNot", "IsNot_Is", "USub_UAdd"),
}


def is_kept(operator):
    """Whether a change by this operator of cosmic-ray's is one that a person might make."""
    name = operator.rpartition("/")[2]
    pair = re.fullmatch(r"Replace(?:Binary|Comparison|Unary)Operator_(\w+_\w+)", name)
    if pair:
        return pair[1] in KEPT or pair[1].startswith("Delete_")
    return name != "RemoveDecorator"


def files_of(part):
    path = ROOT / "smoothdiff" / part
    return sorted(path.rglob("*.py")) if path.is_dir() else [path]


def name_of(file):
    """A file as records call it."""
    return str(file.relative_to(ROOT / "smoothdiff"))


def digest(data):
    """A few letters that stand for some bytes."""
    return hashlib.sha256(data).hexdigest()[:12]


def mark_of(change):
    """What a change is called in the record of its file."""
    what = change.operator_name, change.operator_args, change.occurrence
    return digest(repr(what).encode())


def changes_of(part):
    """Mutations of the part's files, in the drawn order."""
    from cosmic_ray.commands.init import _all_work_items

    changes = [item.mutations[0] for item in _all_work_items(files_of(part), {})]
    changes = sorted(filter(lambda change: is_kept(change.operator_name), changes), key=str)
    Random(0).shuffle(changes)
    return changes


def made_by(change):
    """The code before and after a change."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    code = change.module_path.read_text()
    operator = get_operator(change.operator_name)(**change.operator_args)
    return code, mutate_code(code, operator, change.occurrence)


def said(code, changed):
    """The lines taken away and put in."""
    lines = list(unified_diff(code.splitlines(), changed.splitlines(), n=0))[3:]
    return " ".join(f"{line[0]} {line[1:].strip()}" for line in lines if line[0] in "+-")


# ------------------------------------------------------------------ which tests


class Reach:
    """Which tests reach a line, and the seconds that each took."""

    def __init__(self, coverage, seconds):
        from coverage import CoverageData

        self._data = CoverageData(coverage)
        self._data.read()
        self._seconds = {}
        for case in ElementTree.parse(seconds).iter("testcase"):
            if not len(case):  # it passed
                file = case.get("classname", "").replace(".", "/")
                self._seconds[f"{file}.py::{case.get('name')}"] = float(case.get("time", 0))
        self._files = {
            file[file.rindex("smoothdiff/") :]: file for file in self._data.measured_files()
        }

    def tests_of(self, file, first, last):
        """Names of tests for a change between two lines, those that reach them first."""
        by_line = self._data.contexts_by_lineno(self._files[file])
        at, near = set(), set()
        for line, contexts in by_line.items():
            tests = {context.partition("|")[0] for context in contexts} & self._seconds.keys()
            near |= tests
            if first <= line <= last:
                at |= tests
        chosen, total = [], 0.0
        for group in (at, near - at):
            for test in sorted(group, key=lambda name: (self._seconds[name], name)):
                total += self._seconds[test]
                if chosen and total > SECONDS:
                    return chosen
                chosen.append(test)
        return chosen


# ------------------------------------------------------------------ one change


def import_all_else():
    """Import what the tests import, but for the package itself."""
    import matplotlib.pyplot  # noqa: F401
    import mpmath  # noqa: F401
    import pytest  # noqa: F401
    import sklearn.ensemble  # noqa: F401

    import smoothdiff
    import smoothdiff.claims
    import smoothdiff.cli
    import smoothdiff.inspection
    import smoothdiff.metrics
    import smoothdiff.pipeline
    import smoothdiff.tables  # noqa: F401

    for name in [name for name in sys.modules if name.partition(".")[0] == "smoothdiff"]:
        del sys.modules[name]


def start(clone, tests):
    """Run tests in a clone, in a process of its own."""
    process = os.fork()
    if process:
        return process
    code = 3
    try:
        os.setsid()
        os.chdir(clone)
        sys.path.insert(0, str(clone))
        os.environ["PYTHONPATH"] = str(clone)
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        import pytest

        code = int(pytest.main(["-x", "-q", "-n", "0", "-p", "no:cacheprovider", *tests]))
    finally:
        os._exit(code)


class Worker:
    """A clone in which one change after the other is tried."""

    def __init__(self, folder):
        self.clone, self.process = folder, None
        subprocess.run(["git", "clone", "-q", str(ROOT), str(folder)], check=True)

    def begin(self, change, tests, *, change_it=True):
        """Try a change, or the code as it is."""
        self.change, self.began = change, time.monotonic()
        self._file = self.clone / change.module_path.relative_to(ROOT)
        self._code, changed = made_by(change)
        self.said = said(self._code, changed)
        if change_it:
            self._file.write_text(changed)
        self.process = start(self.clone, tests)

    def ended(self):
        """Whether the tests noticed the change, once they have ended; else None."""
        found, status = os.waitpid(self.process, os.WNOHANG)
        late = time.monotonic() - self.began > TIMEOUT
        if not found and not late:
            return None
        with suppress(ProcessLookupError):  # what the tests have started, too
            os.killpg(self.process, signal.SIGKILL)
        if not found:
            os.waitpid(self.process, 0)
        self._file.write_text(self._code)
        self.process = None
        return late or os.waitstatus_to_exitcode(status) not in (0, 5)


def tried(changes, reach, n_jobs, seconds):
    """Yield each change, what it says, and whether the tests noticed it; none is begun later."""
    end = time.monotonic() + seconds
    with tempfile.TemporaryDirectory(prefix="smoothdiff-mutants-") as folder:
        os.environ["JAX_COMPILATION_CACHE_DIR"] = f"{folder}/compiled"
        os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        sys.dont_write_bytecode = True
        workers = [Worker(Path(folder) / f"clone{i}") for i in range(n_jobs)]
        import_all_else()

        def begin(worker, change, **how):
            file = str(change.module_path.relative_to(ROOT))
            tests = reach.tests_of(file, change.start_pos[0], change.end_pos[0])
            worker.begin(change, tests, **how)

        begin(workers[0], changes[0], change_it=False)
        while (failed := workers[0].ended()) is None:
            time.sleep(0.05)
        if failed:
            raise RuntimeError("The tests fail with the code as it is.")
        open_ = list(reversed(changes))
        while (open_ and time.monotonic() < end) or any(worker.process for worker in workers):
            for worker in workers:
                noticed = worker.ended() if worker.process else None
                if noticed is not None:
                    yield worker.change, worker.said, noticed
                if worker.process is None and open_ and time.monotonic() < end:
                    begin(worker, open_.pop())
            time.sleep(0.05)


def main(arguments=None):
    """Go on with one part, and keep what was found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutants", description=__doc__)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--to", type=int, default=20, help="changes tried in all")
    parser.add_argument("--coverage", default=".coverage", help="what pytest-cov wrote")
    parser.add_argument("--seconds", default="reach.xml", help="what --junitxml wrote")
    parser.add_argument("--minutes", type=float, default=60, help="after which none is begun")
    parser.add_argument("--n-jobs", type=int, default=os.cpu_count())
    parser.add_argument("--again", action="store_true", help="the survivors, by newer tests")
    asked = parser.parse_args(arguments)
    changes, rows = changes_of(asked.part), earlier("mutants")
    for file in files_of(asked.part):
        source = digest(file.read_bytes())
        if rows.get(name_of(file), {}).get("source") != source:
            places = sum(change.module_path == file for change in changes)
            rows[name_of(file)] = {"source": source, "places": places, "tried": [], "survivors": []}
    own = [rows[name_of(change.module_path)] for change in changes]
    if asked.again:
        pairs = zip(changes, own, strict=True)
        open_ = [c for c, row in pairs if said(*made_by(c)) in row["survivors"]]
    else:
        done = [mark_of(c) in row["tried"] for c, row in zip(changes, own, strict=True)]
        open_ = [c for c, is_done in zip(changes, done, strict=True) if not is_done]
        open_ = open_[: max(asked.to - sum(done), 0)]
    if not open_:
        return
    reach = Reach(asked.coverage, asked.seconds)
    for change, what, noticed in tried(open_, reach, asked.n_jobs, 60 * asked.minutes):
        row = rows[name_of(change.module_path)]
        row["tried"] = sorted({*row["tried"], mark_of(change)})
        row["survivors"] = [each for each in row["survivors"] if each != what]
        if not noticed:
            row["survivors"].append(what)
            print(f"smoothdiff/{name_of(change.module_path)}: {what}", flush=True)
    there = {name for name in rows if (ROOT / "smoothdiff" / name).exists()}
    record("mutants", {name: row for name, row in rows.items() if name in there})


if __name__ == "__main__":
    main()
