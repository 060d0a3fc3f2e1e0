"""Files with a right checksum that nobody's `save` has written: nothing in them is run."""

import hashlib
import json
import sys
import zipfile

import numpy as np
import pytest
import saved_models
from saved_models import X
from sklearn.preprocessing import StandardScaler

from smoothdiff import SmoothedPLDiffusion, make_generative_pipeline
from smoothdiff.persistence import load, save


def forge(path, document=None, members=None, objects=None, root=None, compress=False):
    """A file as `save` would write it of such a document, or with such members."""
    if document is None:
        document = {"written_by": {"smoothdiff": "0.1.0"}, "root": root, "objects": objects}
    text = document if isinstance(document, str) else json.dumps(document)
    with zipfile.ZipFile(path, "w") as archive:
        archive.comment = b"0" * 64
        archive.writestr("smoothdiff-format", "1\n")
        for name, data in (members or {}).items():
            archive.writestr(name, data)
        how = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
        archive.writestr("model.json", text, how)
    sign(path)


def sign(path):
    data = path.read_bytes()[:-64]
    path.write_bytes(data + hashlib.sha256(data).hexdigest().encode())


def refused(path, said):
    with pytest.raises(ValueError, match=said) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path} cannot be read: ")
    assert "\n" not in str(caught.value)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "forged.sdf"


def npy(header, data=b""):
    """A file of an array with any header."""
    text = (header + "\n").encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data


@pytest.mark.parametrize(
    "name",
    [
        "os.system",
        "builtins.eval",
        "posix.system",
        "subprocess.Popen",
        "smoothdiff.cli.main",
        "smoothdiff._files.Path",
        "smoothdiff.Nothing",
        "smoothdiff",
        "smoothdiff.",
        "sklearn.utils.Parallel",
        "sklearn.datasets.fetch_openml",
        "sklearn.pipeline.make_pipeline",
        "sklearn.pipeline._fit_transform_one",
        "sklearn.preprocessing.np",
        "sklearn.model_selection.KFold.split",
        "sklearn.externals.array_api_compat.common",
        "numpy.load",
        "pandas.read_pickle",
        "jax.jit",
        "polars.read_csv",
        "function",
        "__import__",
        "",
    ],
)
def test_no_class_is_taken_that_is_not_listed(path, name):
    forge(path, objects=[{"is": name, "state": {}, "items": [], "args": ["true"]}], root=[0])
    refused(path, f"names (the class )?'{name}', which files do not hold")


def test_no_module_is_imported_that_is_not_listed(path):
    assert "turtle" not in sys.modules
    for name in ("turtle.Turtle", "sklearn.turtle.Turtle", "smoothdiff.turtle.Turtle"):
        forge(path, objects=[{"is": name, "state": {}}], root=[0])
        refused(path, "which files do not hold")
    assert "turtle" not in sys.modules


@pytest.mark.parametrize(
    "fields",
    [
        {"is": "numpy.ufunc", "of": "os", "name": "system"},
        {"is": "numpy.ufunc", "of": "numpy", "name": "load"},
        {"is": "numpy.bits", "name": "default_rng", "state": None, "seed": None},
        {"is": "type", "name": "Parallel", "numpy": False},
        {"is": "type", "name": "ndarray", "numpy": True},
        {"is": "pandas.nullable_dtype", "name": "category"},
        {"is": "sklearn.KDTree", "data": None, "metric": "pyfunc"},
    ],
    ids=lambda fields: fields["is"],
)
def test_no_name_inside_is_taken_that_is_not_listed(path, fields):
    forge(path, objects=[fields], root=[0])
    refused(path, "which files do not hold")


@pytest.mark.parametrize("zone", ["../../etc/passwd", "/etc/passwd", "Europe/Nowhere"])
def test_zones_are_names_of_zones(path, zone):
    forge(path, objects=[{"is": "ZoneInfo", "text": zone}], root=[0])
    refused(path, "cannot be read")


@pytest.mark.parametrize(
    "objects",
    [
        [{"is": "list", "items": [[0]]}],  # itself
        [{"is": "list", "items": [[1]]}, {"is": "list", "items": []}],  # a later one
        [{"is": "list", "items": [[-1]]}],
        [{"is": "list", "items": [[True]]}, {"is": "list", "items": []}],
        [{"is": "list", "items": [[0, 1]]}],
        [{"is": "list", "items": [{"is": "list", "items": []}]}],
        [{"is": "list"}],
        [{"items": []}],
        [{"is": 3}],
        [{"is": None}],
        ["list"],
        [None],
        "list",
        5,
        None,
    ],
    ids=str,
)
def test_graphs_that_are_none(path, objects):
    forge(path, objects=objects, root=[0])
    refused(path, "cannot be read")


@pytest.mark.parametrize("root", [None, "text", 5, [0], [3], {"is": "list", "items": []}])
def test_roots_that_are_none(path, root):
    forge(path, objects=[{"is": "list", "items": []}], root=root)
    refused(path, "cannot be read")


@pytest.mark.parametrize("text", ["", "[", "null", "[]", "{}", "[" * 100_000, '{"a": NaN', "\x00"])
def test_documents_that_are_none(path, text):
    forge(path, document=text)
    refused(path, "cannot be read")


ARRAYS = {
    "a pickle inside": (npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", b"x"), "obj"),
    "much larger than it is": (
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000,)}", b"\0" * 8),
        "not of the size",
    ),
    "a product that wraps": (
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2**32, 2**32)}", b""),
        "cannot be read",
    ),
    "huge, of no bytes": (
        npy(f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({2**32}, {2**32})}}", b""),
        "not of the size",
    ),
    "a negative shape": (
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -1)}", b"\0" * 8),
        "not of the size",
    ),
    "code in the header": (
        npy("{'descr': __import__('os').getcwd(), 'fortran_order': False, 'shape': (1,)}", b"x"),
        "cannot be read",
    ),
    "smaller": (npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}", b"x"), "the size"),
    "no array": (b"not an array", "cannot be read"),
    "nothing": (b"", "cannot be read"),
    "of the future": (b"\x93NUMPY\x09\x00" + b"x" * 40, "cannot be read"),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_that_are_none(path, name):
    data, said = ARRAYS[name]
    array = {"is": "numpy.array", "array": 0}
    forge(path, members={"arrays/0.npy": data}, objects=[array], root=[0])
    refused(path, said)


def test_an_array_is_asked_for_once(path):
    """Or a small file would fill the memory."""
    good = npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}", b"\0" * 8)
    array = {"is": "numpy.array", "array": 0}
    forge(path, members={"arrays/0.npy": good}, objects=[array, array], root=[0])
    refused(path, "more than once")


@pytest.mark.parametrize("number", [1, -1, "0", "../model", None, 0.0, True])
def test_arrays_have_numbers(path, number):
    array = {"is": "numpy.array", "array": number}
    forge(path, objects=[array], root=[0])
    refused(path, "cannot be read")


def test_what_is_compressed_is_not_unpacked(path):
    forge(path, document=json.dumps({"objects": "0" * 10**6}), compress=True)
    refused(path, "it is compressed")


def test_members_are_as_long_as_they_are(path):
    """Many that all point to the same bytes, or one that claims more than there is."""
    forge(path, members={"arrays/0.npy": b"0" * 1000}, objects=[], root=None)
    data = bytearray(path.read_bytes())
    entry = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 1)
    for place in (20, 24):  # the sizes, in the directory
        data[entry + place : entry + place + 4] = (10**9).to_bytes(4, "little")
    path.write_bytes(data)
    sign(path)
    refused(path, "claim to be larger than it is")


def test_attributes_are_set_and_nothing_is_called(path, monkeypatch):
    def run(*_, **__):
        pytest.fail("it was called")

    model = SmoothedPLDiffusion(random_state=0).fit(X)
    save(model, path)
    for name in ("__init__", "__setstate__", "set_params", "fit", "__setattr__"):
        monkeypatch.setattr(SmoothedPLDiffusion, name, run, raising=False)
    twin = load(path)
    monkeypatch.undo()
    np.testing.assert_array_equal(twin.sample(3), model.sample(3))


def test_a_cache_that_a_file_names_is_not_used(path):
    """In which joblib would look for pickles."""
    model = make_generative_pipeline(StandardScaler(), SmoothedPLDiffusion(random_state=0)).fit(X)
    save(model, path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    text = members.pop("model.json").decode()
    assert '"memory":null' in text
    forged = text.replace('"memory":null', f'"memory":"{path.parent}"')
    members.pop("smoothdiff-format")
    forge(path, document=forged, members=members)
    assert load(path).memory is None


def test_any_change_of_the_document_is_read_or_refused(path):
    """Whatever is wrong with it, it is a ValueError and nothing else."""
    save(saved_models.make("table"), path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members.pop("smoothdiff-format")
    document = json.loads(members.pop("model.json"))
    rng = np.random.default_rng(0)
    read = 0
    for _ in range(60):
        forged = json.loads(json.dumps(document))
        fields = forged["objects"][rng.integers(len(forged["objects"]))]
        key = list(fields)[rng.integers(len(fields))]
        values = [None, [0], [10**6], "x", -1, {}, [], 1.5]
        fields[key] = values[rng.integers(len(values))]
        forge(path, document=forged, members=members)
        try:
            load(path)
            read += 1
        except ValueError as error:
            assert str(error).startswith(str(path))  # noqa: PT017, either is fine
    assert read < 60
