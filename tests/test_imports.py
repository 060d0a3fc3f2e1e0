"""The layers of the package, and what importing it does not do."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import smoothdiff

ROOT = Path(smoothdiff.__file__).parent

# From the ground up. A word may import those of the layers below it, and those that stand before
# it in its own layer.
LAYERS = [
    [
        "_derived",
        "_checks",
        "_files",
        "_reading",
        "_progress",
        "_memory",
        "_compute",
        "_pyplot",
        "_pictures",
    ],
    ["subspace", "neighbors", "mixture", "datasets", "cloud", "_large_cloud", "noise", "network"],
    ["starts", "mixed_cell", "flow", "scores"],
    ["ode", "training", "theory", "likelihood"],
    ["solvers", "model"],
    ["estimators"],
    ["tables", "pipeline", "claims"],
    ["over_sampler"],
    ["metrics"],
    ["persistence"],
    ["inspection"],
    ["cli"],
    ["__main__"],
]
PLACE = {word: (i, j) for i, layer in enumerate(LAYERS) for j, word in enumerate(layer)}
HEAVY = ("jax", "sklearn", "scipy", "numpy", "joblib", "matplotlib", "pandas", "optax", "imblearn")


def modules():
    return sorted(path.relative_to(ROOT) for path in ROOT.rglob("*.py"))


def top(path):
    """The word of the layering that a file belongs to: a module or a sub-package."""
    return path.parts[0].removesuffix(".py")


def import_statements(path):
    """Every import of a file, wherever it stands, as dotted absolute names."""
    package = ["smoothdiff", *path.parts[:-1]]
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            base = [*base, *(node.module or "").split(".")]
            base = [part for part in base if part]
            yield from (".".join([*base, alias.name]) for alias in node.names)


def internal(path):
    """Words of the layering that a file imports."""
    for name in import_statements(path):
        parts = name.split(".")
        if parts[0] == "smoothdiff" and len(parts) > 1 and parts[1] != "__version__":
            yield parts[1]


def test_every_word_has_one_place():
    words = {top(path) for path in modules()} - {"__init__"}
    listed = [word for layer in LAYERS for word in layer]
    assert sorted(words) == sorted(listed)


@pytest.mark.parametrize("path", [p for p in modules() if top(p) != "__init__"], ids=str)
def test_imports_point_down(path):
    own = top(path)
    for other in set(internal(path)) - {own}:
        assert PLACE[other] < PLACE[own], f"{path} must not import {other}"


def test_an_arrow_up_would_be_seen():
    """The reader of imports knows every way to write one."""
    assert "estimators" in set(internal(Path("cli/_sample.py")))
    assert {"cloud", "solvers", "_compute"} <= set(internal(Path("model.py")))
    assert PLACE["estimators"] > PLACE["model"] > PLACE["scores"] > PLACE["cloud"]


BELOW_THE_RIM = [p for p in modules() if PLACE.get(top(p), (99,)) < PLACE["estimators"]]


@pytest.mark.parametrize("path", BELOW_THE_RIM, ids=str)
def test_pure_maths_knows_no_estimator(path):
    """Of scikit-learn it may use computations (nearest neighbors), not what estimators are."""
    forbidden = ("sklearn.base", "sklearn.utils.validation", "sklearn.pipeline")
    assert not [name for name in import_statements(path) if name.startswith(forbidden)]


@pytest.mark.parametrize("path", modules(), ids=str)
def test_nothing_sets_a_global_flag(path):
    source = (ROOT / path).read_text(encoding="utf-8")
    for word in ("config.update", "np.random.seed"):
        assert word not in source


def run(code):
    """What a fresh interpreter prints, as JSON."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


LOADED = f"import json, sys; print(json.dumps([m for m in {HEAVY} if m in sys.modules]))"


def test_import_loads_nothing_else():
    assert run("import smoothdiff; smoothdiff.__version__; dir(smoothdiff); " + LOADED) == []


def test_a_name_loads_what_it_needs_and_changes_no_jax_setting():
    settings = "{k: str(v) for k, v in jax.config.values.items()}"
    loaded, before, after = run(
        f"import json, sys, jax; before = {settings}; import smoothdiff; "
        f"smoothdiff.SmoothedPLDiffusion; loaded = [m for m in {HEAVY} if m in sys.modules]; "
        f"print(json.dumps([loaded, before, {settings}]))"
    )
    assert {"jax", "sklearn", "scipy", "numpy"} <= set(loaded)
    assert not {"matplotlib", "optax", "imblearn"} & set(loaded)
    assert after == before


@pytest.mark.parametrize("name", smoothdiff.__all__)
def test_public_names_resolve_and_are_listed(name):
    assert name in dir(smoothdiff)
    assert getattr(smoothdiff, name).__name__ == name


def test_no_file_is_too_long():
    long = {str(path): (ROOT / path).read_text("utf-8").count("\n") for path in modules()}
    assert not {path: lines for path, lines in long.items() if lines > 400}


def test_all_estimators_are_public():
    """Those that the sub-package declares, and the four that the papers need among them."""
    from smoothdiff import estimators

    assert set(estimators.__all__) <= set(smoothdiff.__all__)
    four = {"EmpiricalScore", "SmoothedPL", "LocalAverage", "NeuralScore"}
    assert {f"{name}Diffusion" for name in four} <= set(estimators.__all__)


def test_other_names_do_not_exist():
    with pytest.raises(AttributeError, match="module 'smoothdiff' has no attribute 'Nothing'"):
        smoothdiff.Nothing  # noqa: B018


@pytest.mark.parametrize("path", modules(), ids=str)
def test_declared_names_exist(path):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    declared = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"
    ]
    defined = {getattr(node, "name", None) for node in tree.body}
    for node in tree.body:
        targets = getattr(node, "targets", [getattr(node, "target", None)])
        defined |= {target.id for target in targets if isinstance(target, ast.Name)}
    defined |= {name.rsplit(".", 1)[-1] for name in import_statements(path)}
    for names in declared:
        assert len(set(names)) == len(names)
        assert set(names) <= defined
