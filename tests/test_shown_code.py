"""Code that README and the site show without running it is run here, as it is written there."""

import ast
import copy
import inspect
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from given import normal

from smoothdiff import SmoothedPLDiffusion, _compute, _large_cloud
from smoothdiff.cli import main
from smoothdiff.cli._main import _parser
from smoothdiff.estimators import _batches

ROOT = Path(__file__).parents[1]
PAGES = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").glob("*.md"),
    *(ROOT / "docs").glob("*.rst"),
    *(ROOT / "docs/api").glob("*.rst"),
    *(ROOT / "docs/pages").glob("*.*"),
    *(ROOT / "examples").glob("*.*"),
]
NAMES = {str(path.relative_to(ROOT)): path for path in sorted(PAGES)}
# Python that is tried elsewhere: what is in these files, by the file that tries it.
ELSEWHERE = {"README.md": "test_examples.py", "docs/index.rst": "test_site.py"}
FENCED = r"(?ms)^```(\S*)\n(.*?)^```$"
LITERAL = r"(?m)^( *)(?:\.\. code-block:: \w+|(?! *\.\. ).*::)\n\n((?:\1 +.*\n|\n)*\1 +.*\n?)"


def words(path):
    """What a page says: of a script, its docstring and its comments."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return text
    comments = [line[2:] for line in text.splitlines() if line.startswith("#")]
    return "\n".join([ast.get_docstring(ast.parse(text)), "", *comments])


def blocks(path):
    """Its literal blocks, but for those that are no code."""
    text = words(path)
    if path.suffix == ".md":
        return [
            code for kind, code in re.findall(FENCED, text) if kind not in ("text", "{include}")
        ]
    return [inspect.cleandoc(code) for _, code in re.findall(LITERAL, text)]


def is_python(block):
    try:
        ast.parse(block)
    except SyntaxError:
        return False
    return True


def python_of(name):
    return [block for block in blocks(NAMES[name]) if is_python(block)]


def commands(name):
    """Lines of its blocks that a shell reads, as words."""
    lines = [
        line for code in blocks(NAMES[name]) if not is_python(code) for line in code.splitlines()
    ]
    return [split for line in lines if (split := shlex.split(line, comments=True))]


BY_PROGRAM = {}
for page in NAMES:
    for program, *arguments in commands(page):
        BY_PROGRAM.setdefault(program.removeprefix(".venv/bin/"), []).append((page, arguments))


def test_no_code_is_left_out():
    """A block of another page, or of another program, needs a test."""
    tried = [name for name in NAMES if python_of(name)]
    assert tried == sorted([*ELSEWHERE, "docs/pages/large_data.py"])
    assert len(LARGE) == 3
    assert set(BY_PROGRAM) == {"smoothdiff", "make", "pip", "python", "export"}
    for name, file in ELSEWHERE.items():
        assert Path(name).name in (ROOT / "tests" / file).read_text(encoding="utf-8")


# ------------------------------------------------------------------ a shell's


def test_options_of_commands_exist():
    for _, arguments in BY_PROGRAM["smoothdiff"]:
        _parser().parse_args(arguments)


@pytest.mark.slow
@pytest.mark.parametrize("page", sorted({page for page, _ in BY_PROGRAM["smoothdiff"]}))
def test_commands_on_a_file_of_customers(page, tmp_path, monkeypatch):
    pytest.importorskip("pandas", reason="tables need pandas")
    pytest.importorskip("matplotlib", reason="reports have pictures")
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    rows = [
        f"{age},{rng.choice(['NO', 'SE', 'DK'])},{rng.choice(['yes', 'no'])}"
        for age in rng.integers(18, 80, size=120)
    ]
    Path("customers.csv").write_text("\n".join(["age,country,churned", *rows]))
    for _, arguments in (found for found in BY_PROGRAM["smoothdiff"] if found[0] == page):
        assert main([*arguments, "-q"]) == 0
        written = Path(arguments[arguments.index("-o") + 1])
        assert written.stat().st_size > 1000
        if written.suffix == ".csv":
            n_rows = int(arguments[arguments.index("-n") + 1])
            assert len(written.read_text().splitlines()) == 1 + n_rows


def test_targets_and_extras_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    said = "\n".join(words(path) for path in NAMES.values())
    targets = set(re.findall(r"`make ([\w-]+)", said))
    targets |= {word for _, arguments in BY_PROGRAM["make"] for word in arguments}
    assert {"demo", "test", "docs", "docs-quick"} <= targets
    assert targets <= set(re.findall(r"(?m)^([\w-]+):", makefile))
    extras = {
        extra
        for found in re.findall(r"'(?:\.|smoothdiff)\[([\w,]+)\]'", said)
        for extra in found.split(",")
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {"plot", "imblearn", "dask", "parquet"} <= extras
    assert extras <= set(project["optional-dependencies"])


def test_benchmarks_that_are_named_exist():
    said = " ".join(" ".join(words(path).split()) for path in NAMES.values())
    named = {
        name
        for found in re.findall(r"python -m benchmarks((?: \w+)*)`", said)
        for name in found.split()
    }
    assert "devices" in named
    assert all((ROOT / "benchmarks" / f"{name}.py").exists() for name in named)


@pytest.mark.slow
@pytest.mark.parametrize("arguments", {tuple(words) for _, words in BY_PROGRAM["python"]})
def test_options_of_our_tests(arguments):
    """Whether pytest takes them; what they ask for takes hours."""
    assert arguments[:2] == ("-m", "pytest")
    command = [sys.executable, *arguments, "--collect-only", "-q"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


# ------------------------------------------------------------------ large data

SETTING, *LARGE = blocks(NAMES["docs/pages/large_data.py"])


@pytest.mark.slow
def test_a_folder_for_what_is_compiled(tmp_path):
    asks = f"{sys.executable} -c 'import jax; print(jax.config.jax_compilation_cache_dir)'"
    done = subprocess.run(
        ["sh", "-c", f"{SETTING}\n{asks}"],
        capture_output=True,
        text=True,
        env={"HOME": str(tmp_path)},
    )
    assert done.stdout.strip() == str(tmp_path / ".cache/jax")


def changed(code, changes):
    """The code with some words changed, each in a known number of places."""
    for old, (new, n_places) in changes.items():
        assert code.count(old) == n_places, f"{old} is in {code.count(old)} places of:\n{code}"
        code = code.replace(old, new)
    return code


@pytest.fixture
def fitted():
    return SmoothedPLDiffusion(random_state=0).fit(normal(60, 3))


@pytest.mark.parametrize("processes", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_cluster(fitted, processes, monkeypatch):
    """Samples and densities by a cluster of two workers are those of one process."""
    pytest.importorskip("distributed", reason="needs the extra dask")
    array = pytest.importorskip("dask.array")
    sampling, scoring, _ = LARGE
    options = f"processes={processes}, n_workers=2, threads_per_worker=1, dashboard_address=':0'"
    changes = {"Client()": (f"Client({options}, silence_logs=50)", 1), "1_000_000": ("150", 1)}
    monkeypatch.setattr(_compute, "ROWS_PER_TASK", 40)  # so that there is something to hand out
    alone = copy.deepcopy(fitted)
    rows = alone.sample(150)
    names = {"model": fitted, "rows": array.from_array(rows, chunks=(30, 3))}
    try:
        exec(changed(sampling, changes), names)
        exec(scoring, names)
        np.testing.assert_array_equal(names["new"], rows)
        found = names["log_density"].compute()
        np.testing.assert_array_equal(found, alone.score_samples(rows))
    finally:
        names["client"].close()


def test_more_rows_than_memory(tmp_path, monkeypatch, capsys):
    """From a file and to files, it is what arrays in memory give."""
    monkeypatch.setattr(_large_cloud, "LARGE", 0)  # so that a few rows are treated as many
    monkeypatch.setattr(_batches, "BATCH", 300)
    monkeypatch.chdir(tmp_path)
    X = normal(400, 3).astype(np.float32)
    np.save("rows.npy", X)
    names = {"np": np, "SmoothedPLDiffusion": SmoothedPLDiffusion}
    exec(changed(LARGE[2], {"10_000_000": ("1_000", 1)}), names)
    assert isinstance(names["X"], np.memmap)
    assert isinstance(names["model"].diffusion_.cloud, _large_cloud.LargeCloud)
    alone = SmoothedPLDiffusion(start="isotropic", random_state=0).fit(X)
    expected = {"new": alone.sample(1000), "log_density": alone.score_samples(X)}
    for name, values in expected.items():
        np.testing.assert_array_equal(names[name], values)
        np.testing.assert_array_equal(np.load(f"{name}.npy"), values)
