"""What callers rely on: names, order, kinds and defaults of parameters; and that values are values.

``python tests/contract/test_signatures.py`` writes signatures.txt anew, after a change on purpose.
"""

import dataclasses
import importlib
import inspect
import pkgutil
from difflib import ndiff
from pathlib import Path

import pytest

import smoothdiff

GIVEN = Path(__file__).with_name("signatures.txt")
# Its notes and pairs are found when the rest of it is known.
CHANGED = {"Report"}


def modules():
    """The package and all of its modules that need nothing which may be missing."""
    yield smoothdiff
    for module in pkgutil.walk_packages(smoothdiff.__path__, "smoothdiff."):
        if not module.name.endswith("__main__"):
            try:
                yield importlib.import_module(module.name)
            except ImportError:
                continue


def is_ours(value):
    return callable(value) and str(getattr(value, "__module__", "")).startswith("smoothdiff")


def parameters(function):
    """A signature without types: those read otherwise in another version of Python."""
    empty = inspect.Parameter.empty
    signature = inspect.signature(function)
    bare = [p.replace(annotation=empty) for p in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=empty))


def signatures():
    """A line for each public function, class and method: its name and its parameters."""
    found, seen = {}, set()
    for module in modules():
        words = module.__name__.split(".")
        if len(words) > 2 or any(word[0] == "_" for word in words):
            continue
        for name in module.__all__:
            value = getattr(module, name)
            if not is_ours(value) or value in seen:
                continue
            seen.add(value)
            place = f"{module.__name__}.{name}"
            found[place] = parameters(value)
            for method, function in inspect.getmembers(value) if inspect.isclass(value) else ():
                if method[0] != "_" and inspect.isfunction(function) and is_ours(function):
                    found[f"{place}.{method}"] = parameters(function)
    return [f"{place}{found[place]}" for place in sorted(found)]


def test_signatures_are_those_that_are_written_down():
    pytest.importorskip("imblearn")
    pytest.importorskip("matplotlib")
    given = GIVEN.read_text(encoding="utf-8").splitlines()
    assert [line for line in ndiff(given, signatures()) if line[0] in "+-"] == []


def test_values_are_values():
    """Nothing that is built once is changed later; and where it holds arrays, `==` is identity."""
    seen = set()
    for module in modules():
        for value in vars(module).values():
            if inspect.isclass(value) and is_ours(value) and dataclasses.is_dataclass(value):
                seen.add(value)
    assert len(seen) > 20
    for value in seen:
        assert value.__dataclass_params__.frozen or value.__name__ in CHANGED, value
        holds_arrays = any("ndarray" in str(field.type) for field in dataclasses.fields(value))
        assert not (holds_arrays and value.__dataclass_params__.eq), value


if __name__ == "__main__":
    GIVEN.write_text("\n".join(signatures()) + "\n", encoding="utf-8")
