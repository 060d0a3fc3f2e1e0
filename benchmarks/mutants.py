"""Break the code in one place, run the tests that belong to it, and see whether they notice.

    pip install 'cosmic-ray>=8.4'
    python -m benchmarks.mutants flow.py --to 40

tries the first 40 changes of smoothdiff/flow.py, in an order that is drawn once, and keeps in
results/mutants.json how many there are, how many the tests noticed, and those that they did not;
later runs go on from there until a file changes. Why a survivor changes nothing is said in
mutants_explained.json. Changes are those of cosmic-ray (https://cosmic-ray.readthedocs.io), but for
ones between operators that have nothing to do with each other, such as `*` and `<<`.

The tests run on a clone of the last commit, a minute and more for a change that none notices: that
is hours for a part, so that ``python -m benchmarks`` leaves it out.
"""

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random

from ._measure import earlier, record

ROOT = Path(__file__).parent.parent
# Of a part of the package, its tests, quickest first.
TESTS = {
    "cloud.py": ["tests/test_cloud.py", "tests/mixed_cell", "tests/contract"],
    "flow.py": ["tests/test_flow.py", "tests/mixed_cell", "tests/test_likelihood.py"],
    "likelihood.py": ["tests/test_likelihood.py", "tests/laws"],
    "model.py": ["tests/test_model.py", "tests/estimators"],
    "mixed_cell": ["tests/mixed_cell", "tests/scores", "tests/numerics"],
    "starts": ["tests/starts", "tests/laws", "tests/test_likelihood.py"],
    "tables": ["tests/tables"],
    "metrics": ["tests/metrics"],
}
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


def source_of(part):
    """A digest of the part's code: other code has other changes."""
    path = ROOT / "smoothdiff" / part
    files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def changed_lines(diff):
    """The lines taken away and put in, of a diff."""
    lines = [
        line for line in diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")
    ]
    return " ".join(f"{line[0]} {line[1:].strip()}" for line in lines)


def tried(part, first, last):
    """Changes of these places in the drawn order: how many there are, and what came of each."""
    from cosmic_ray.work_db import use_db
    from cosmic_ray.work_item import WorkerOutcome, WorkResult

    with tempfile.TemporaryDirectory(prefix="smoothdiff-mutants-") as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
        tests = " ".join(TESTS[part])
        command = f"{sys.executable} -m pytest -x -q -n 0 -p no:cacheprovider {tests}"
        (clone / "mutants.toml").write_text(
            f'[cosmic-ray]\nmodule-path = "smoothdiff/{part}"\ntimeout = 900.0\n'
            f"excluded-modules = []\ntest-command = {json.dumps(command)}\n"
            '[cosmic-ray.distributor]\nname = "local"\n'
        )
        cached = {
            "JAX_COMPILATION_CACHE_DIR": str(Path(folder) / "compiled"),
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        }
        environment = {**os.environ, **cached, "PYTHONPATH": str(clone)}

        def run(*arguments):
            program = [sys.executable, "-m", "cosmic_ray.cli", *arguments]
            subprocess.run(program, cwd=clone, env=environment, check=True)

        run("init", "mutants.toml", "mutants.sqlite")
        with use_db(clone / "mutants.sqlite") as database:
            items = sorted(
                (item for item in database.work_items if is_kept(item.mutations[0].operator_name)),
                key=lambda item: str(item.mutations[0]),
            )
            Random(0).shuffle(items)
            chosen = {item.job_id: item.mutations[0] for item in items[first:last]}
            rest = [item.job_id for item in database.work_items if item.job_id not in chosen]
            database.set_multiple_results(rest, WorkResult(WorkerOutcome.SKIPPED, ""))
        run("baseline", "mutants.toml")
        run("exec", "mutants.toml", "mutants.sqlite")
        with use_db(clone / "mutants.sqlite") as database:
            found = [
                (chosen[job], result.test_outcome, changed_lines(result.diff or ""))
                for job, result in database.results
                if job in chosen
            ]
    return len(items), found


def main(arguments=None):
    """Go on with one part, and keep what was found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutants", description=__doc__)
    parser.add_argument("part", choices=TESTS)
    parser.add_argument("--to", type=int, default=20, help="changes tried in all")
    asked = parser.parse_args(arguments)
    results, source = earlier("mutants"), source_of(asked.part)
    row = results.get(asked.part)
    if row is None or row["source"] != source:
        row = {"source": source, "places": 0, "tried": 0, "noticed": 0, "survivors": []}
    row["places"], found = tried(asked.part, row["tried"], asked.to)
    for mutation, outcome, change in found:
        row["tried"] += 1
        row["noticed"] += outcome != "survived"
        if outcome == "survived":
            row["survivors"].append({"file": str(mutation.module_path), "change": change})
    record("mutants", earlier("mutants") | {asked.part: row})


if __name__ == "__main__":
    main()
