"""Files of this version and of those before it are read, and give what they gave."""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
import saved_models

from smoothdiff.persistence import load
from smoothdiff.persistence._archive import VERSION

FOLDERS = sorted((Path(__file__).parent / "files").iterdir())
GIVEN = {folder.name: json.loads((folder / "given.json").read_text("utf-8")) for folder in FOLDERS}
FILES = [
    pytest.param(folder, name, id=f"{folder.name}-{name}")
    for folder in FOLDERS
    for name in GIVEN[folder.name]
]


def test_each_format_has_files():
    assert [folder.name for folder in FOLDERS] == [f"format-{v}" for v in range(1, VERSION + 1)]
    for folder in FOLDERS:
        names = {path.stem for path in folder.glob("*.sdf")}
        assert names == set(GIVEN[folder.name])
        assert len(names) > 20
    assert set(GIVEN[f"format-{VERSION}"]) == set(saved_models.MODELS)


@pytest.mark.parametrize(("folder", "name"), FILES)
def test_a_file_gives_what_it_gave(folder, name):
    saved_models.skip_without_extra(name)
    with warnings.catch_warnings():  # another scikit-learn may have written it
        warnings.filterwarnings("ignore", message=".*holds objects of scikit-learn")
        model = load(folder / f"{name}.sdf")
    wanted, found = GIVEN[folder.name][name], saved_models.given_by(model)
    assert found.keys() == wanted.keys()
    for what in wanted:
        for one, other in zip(found[what], wanted[what], strict=True):
            assert_close(one, other)


def assert_close(found, wanted):
    """Numbers within 1e-10, texts equal."""
    for one, other in zip(found, wanted, strict=True):
        if isinstance(other, str):
            assert one == other
        else:
            np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-10)
