"""The layers of the package, and what importing it does not do."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import smoothdiff

ROOT = Path(smoothdiff.__file__).parent

# Each layer may import the ones before it; what a module may use of its own layer stands beside.
LAYERS = [
    {"_compute", "_checks"},
    {"noise", "subspace", "neighbors", "cloud", "mixture", "datasets", "metrics"},
    {"scores", "mixed_cell", "active_set", "starts"},
    {"flow", "ode", "training", "theory"},
    {"likelihood"},
    {"estimators"},
    {"pipeline", "conditional", "inspection", "tables", "persistence"},
    {"_demo"},
    {"__main__"},
]
LEVEL = {name: level for level, layer in enumerate(LAYERS) for name in layer}
WITHIN_A_LAYER = {
    "cloud": {"neighbors"},
    "noise": {"mixture", "cloud"},
    "metrics": {"cloud", "neighbors"},
    "scores": {"mixed_cell"},
    "mixed_cell": {"active_set"},
}
HEAVY = ("jax", "sklearn", "scipy", "numpy", "joblib", "matplotlib", "pandas", "optax")


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
        if parts[0] == "smoothdiff" and len(parts) > 1 and parts[1] in LEVEL:
            yield parts[1]


def test_every_module_has_a_layer():
    words = {top(path) for path in modules()} - {"__init__"}
    assert words <= set(LEVEL), f"give {sorted(words - set(LEVEL))} a place in the layering"


@pytest.mark.parametrize("path", [p for p in modules() if top(p) != "__init__"], ids=str)
def test_imports_point_one_way(path):
    own = top(path)
    for other in set(internal(path)) - {own}:
        allowed = other in WITHIN_A_LAYER.get(own, ()) or LEVEL[other] < LEVEL[own]
        assert allowed, f"{path} must not import {other}"


def test_the_arrows_within_a_layer_have_no_cycle():
    for own, others in WITHIN_A_LAYER.items():
        assert own not in {far for near in others for far in WITHIN_A_LAYER.get(near, ())}
        assert all(LEVEL[own] == LEVEL[other] for other in others)


BELOW_THE_RIM = [p for p in modules() if LEVEL.get(top(p), 99) < LEVEL["estimators"]]


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


def test_a_name_loads_what_it_needs():
    loaded = run("import smoothdiff; smoothdiff.SmoothedPLDiffusion; " + LOADED)
    assert {"jax", "sklearn", "scipy", "numpy"} <= set(loaded)
    assert not {"matplotlib", "optax"} & set(loaded)


def test_loading_changes_no_jax_setting():
    settings = "{k: str(v) for k, v in jax.config.values.items()}"
    before, after = run(
        f"import json, jax; before = {settings}; import smoothdiff; "
        f"smoothdiff.SmoothedPLDiffusion; print(json.dumps([before, {settings}]))"
    )
    assert after == before


@pytest.mark.parametrize("name", smoothdiff.__all__)
def test_public_names_resolve_and_are_listed(name):
    assert name in dir(smoothdiff)
    assert getattr(smoothdiff, name).__name__ == name


def test_both_estimators_are_public():
    assert {"EmpiricalScoreDiffusion", "SmoothedPLDiffusion"} <= set(smoothdiff.__all__)


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
