"""The site: every public name is in the reference, its code runs, links lead somewhere."""

import importlib
import importlib.util
import inspect
import os
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from given import FEW_TREES

import smoothdiff

pytest.importorskip("imblearn", reason="the reference has DiffusionOverSampler")

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
MODULES = ["smoothdiff"] + [
    f"smoothdiff.{module.name}"
    for module in pkgutil.iter_modules(smoothdiff.__path__)
    if not module.name.startswith("_")
]


def in_the_reference():
    """Module and name of every entry of docs/api."""
    for page in sorted((DOCS / "api").glob("*.rst")):
        module = None
        for line in page.read_text(encoding="utf-8").splitlines():
            if found := re.match(r"\.\. (?:current)?module:: (\S+)", line):
                module = found[1]
            elif found := re.fullmatch(r"(?:   |\.\. data:: )(\w+)", line):
                yield module, found[1]


ENTRIES = [entry for entry in in_the_reference() if entry[0]]
LISTED = [getattr(importlib.import_module(module), name) for module, name in ENTRIES]


def public(module):
    names = [*importlib.import_module(module).__all__]
    return names + (["DiffusionOverSampler"] if module == "smoothdiff" else [])


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_is_in_the_reference(module):
    listed = {id(value) for value in LISTED}
    missing = [
        name
        for name in public(module)
        if id(getattr(importlib.import_module(module), name)) not in listed
    ]
    assert not missing, f"{module}: add {', '.join(missing)} to a page of docs/api"


def test_the_reference_has_no_name_twice():
    assert len(ENTRIES) > 100
    assert len(set(ENTRIES)) == len(ENTRIES)


def test_every_entry_has_an_example():
    lacking = [
        f"{module}.{name}"
        for (module, name), value in zip(ENTRIES, LISTED, strict=True)
        if callable(value) and ">>>" not in (inspect.getdoc(value) or "")
    ]
    assert not lacking


def test_parameters_in_the_text_exist():
    """Where a page says ``name=value``, something public has such a parameter."""
    known = {
        name
        for value in LISTED
        for part in [value, *(vars(value).values() if inspect.isclass(value) else [])]
        if inspect.isfunction(part) or inspect.isclass(part)
        for name in inspect.signature(part).parameters
    }
    named = {
        name
        for page in (DOCS / "pages").glob("*.*")
        for literal in re.findall(r"``([^`]+)``", page.read_text(encoding="utf-8"))
        for name in re.findall(r"(?<![\w-])(\w+)=(?=[\"{\[\d])", literal)
    }
    assert {"start", "redraw", "kinds", "n_components"} <= named
    assert named <= known


def blocks_of_the_first_page():
    """Python code of docs/index.rst."""
    text = (DOCS / "index.rst").read_text(encoding="utf-8")
    found = re.findall(r"code-block:: python\n\n((?: {9}.*\n|\n)+)", text)
    return [re.sub(r"(?m)^ {9}", "", block) for block in found]


def test_the_first_page_has_ten_lines_that_run(tmp_path):
    """As written, without a warning, on a file of customers, with forests of 20 trees."""
    for extra in ("pandas", "matplotlib"):
        pytest.importorskip(extra)
    blocks = blocks_of_the_first_page()
    assert len(blocks) == 2
    rng = np.random.default_rng(0)
    rows = [f"{age},{rng.choice(['NO', 'SE'])}" for age in rng.integers(18, 80, size=120)]
    (tmp_path / "customers.csv").write_text("\n".join(["age,country", *rows]))
    check = "\nassert new.shape == (5000, 2) and list(new) == ['age', 'country']\n"
    for block in blocks:
        assert len([line for line in block.splitlines() if line.strip()]) <= 10
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FEW_TREES + blocks[0] + check + blocks[1]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "MPLBACKEND": "Agg", "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "report.html").stat().st_size > 10_000


def check_site():
    spec = importlib.util.spec_from_file_location("check_site", DOCS / "check_site.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("", None),
        ('<a href="no.html">x</a>', "which is no file"),
        ('<a href="two.html#no">x</a>', "no place there"),
        ('<script src="https://example.org/x.js"></script>', "loads https"),
        ('<img srcset="a.png, //example.org/b.png 2x">', "loads //example.org"),
        ('<link rel="stylesheet" href="http://example.org/x.css">', "loads http"),
        ('<span class="math notranslate">x</span>', "nothing typesets"),
        ('<a href="https://example.org">x</a><a href="two.html#yes">y</a>', None),
    ],
)
def test_what_is_wrong_in_a_site_is_told(change, said, tmp_path):
    (tmp_path / "a.png").write_bytes(b"")
    (tmp_path / "llms.txt").write_text("")
    (tmp_path / "two.html").write_text('<p id="yes"></p>')
    (tmp_path / "index.html").write_text(f"<html><body>{change}</body></html>")
    found = list(check_site().wrong(tmp_path))
    assert (found == []) if said is None else (len(found) == 1 and said in found[0])


def test_readme_shows_on_an_index():
    """No picture and no link there leads to a file of the source."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)]+)\)", text) + re.findall(r"(?:src|href)=.([^\"'>]+)", text)
    assert targets
    assert all(target.startswith("https://") for target in targets)


@pytest.mark.slow
def test_the_whole_site(tmp_path):
    """Every script of it runs, with no warning of Sphinx, and what is built holds together."""
    pytest.importorskip("sphinx_gallery")
    build = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", str(DOCS)]
    for command in ([*build, str(tmp_path)], [sys.executable, DOCS / "check_site.py", tmp_path]):
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
        assert done.returncode == 0, done.stdout + done.stderr
