"""What is not saved and not read, each in one sentence, and what is left behind: nothing."""

import gzip
import pickle
import re
import zipfile

import joblib
import numpy as np
import pytest
import saved_models
from given import gaussian_score
from saved_models import X
from sklearn.cluster import KMeans
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import smoothdiff.persistence._archive as archive
import smoothdiff.persistence._save as saving
from smoothdiff import (
    ScoreDiffusion,
    SmoothedPLDiffusion,
    TableDiffusion,
    make_generative_pipeline,
)
from smoothdiff.persistence import load, save


class Mine(SmoothedPLDiffusion):
    """A class of somebody."""


class Net:
    """A network of somebody."""

    def denoise(self, x, t):
        return x / (1 + t)


def own_log(x):
    return np.log(x)


def refused(model, sentence, tmp_path, error=TypeError):
    (tmp_path / "model.sdf").write_bytes(b"before")
    with pytest.raises(error, match=f"^{sentence}$"):
        save(model, tmp_path / "model.sdf")
    assert [path.name for path in tmp_path.iterdir()] == ["model.sdf"]
    assert (tmp_path / "model.sdf").read_bytes() == b"before"


@pytest.mark.parametrize(
    ("field", "said"),
    [
        (gaussian_score, "the function given.gaussian_score, and a file holds data, no code"),
        (lambda x, t: -x / (1 + t), "the function .*<lambda>, and a file holds data, no code"),
        (Net(), "a test_refusals.Net, and a file holds no objects of that class"),
        (Net().denoise, ".*Net.denoise, and a file holds data, no code"),
    ],
    ids=["function", "lambda", "object", "method"],
)
def test_a_field_of_somebody_is_not_saved(field, said, tmp_path):
    model = ScoreDiffusion(field, n_steps=4).fit(X)
    refused(model, rf"ScoreDiffusion cannot be saved: field is {said}\.", tmp_path)


def test_a_function_deep_inside_is_named(tmp_path):
    positive = np.exp(X)
    log = FunctionTransformer(own_log, np.exp)
    model = make_pipeline(log, SmoothedPLDiffusion()).fit(positive)
    said = r"Pipeline cannot be saved: steps\.func is the function test_refusals\.own_log, .*\."
    refused(model, said, tmp_path)


def test_a_class_of_somebody_is_not_saved(tmp_path):
    said = r"Mine cannot be saved: it is a test_refusals\.Mine, and a file holds no objects .*\."
    refused(Mine().fit(X), said, tmp_path)


@pytest.mark.parametrize(
    "model",
    [
        SmoothedPLDiffusion(),
        TableDiffusion(),
        make_generative_pipeline(StandardScaler(), SmoothedPLDiffusion()),
    ],
    ids=lambda model: type(model).__name__,
)
def test_what_is_not_fitted_is_not_saved(model, tmp_path):
    name = type(model).__name__
    said = rf"This {name} is not fitted: call fit before save\."
    refused(model, said, tmp_path, NotFittedError)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (KMeans(2, random_state=0).fit(X), "an estimator of smoothdiff, or .* Got KMeans instead"),
        (X, "a fitted estimator. Got ndarray instead"),
        (None, "a fitted estimator. Got NoneType instead"),
        (SmoothedPLDiffusion, "a fitted estimator. Got the class SmoothedPLDiffusion instead"),
    ],
    ids=["other", "array", "None", "class"],
)
def test_what_is_no_estimator_of_ours_is_not_saved(model, said, tmp_path):
    refused(model, rf"save takes {said}\.", tmp_path)


def test_paths_are_checked_first(tmp_path):
    model = saved_models.make("local")
    with pytest.raises(TypeError, match=r"^path must be a str or a path. Got 3 instead\.$"):
        save(model, 3)
    with pytest.raises(TypeError, match=r"^path must be a str or a path. Got None instead\.$"):
        load(None)
    with pytest.raises(IsADirectoryError):
        save(model, tmp_path)
    with pytest.raises(FileNotFoundError, match="no such folder"):
        save(model, tmp_path / "none" / "model.sdf")
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.sdf")


def test_a_disk_that_is_full_leaves_what_was(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive.npy, "write_array", full)
    sentence = r".*No space left on device: '.*model\.sdf'"
    refused(saved_models.make("local"), sentence, tmp_path, OSError)


# ------------------------------------------------------------------ files that are none


def write_npy(path):
    with path.open("wb") as file:
        np.save(file, X)


def write_npz(path):
    with path.open("wb") as file:
        np.savez(file, X=X)


class Bomb:
    def __reduce__(self):
        return pytest.fail, ("a pickle was run",)


STRANGERS = {
    "empty": (lambda path: path.write_bytes(b""), "is empty"),
    "text": (lambda path: path.write_text("age,city\n1,Rome\n"), "it is text"),
    "bytes": (lambda path: path.write_bytes(b"\x00\x01\x02" * 50), "it is something else"),
    "pickle": (lambda path: path.write_bytes(pickle.dumps(Bomb())), "it is a pickle, which could"),
    "joblib": (lambda path: joblib.dump(X, path), "it is a pickle, which could"),
    "joblib, compressed": (lambda path: joblib.dump(X, path, compress=3), "joblib's files"),
    "gzip": (lambda path: path.write_bytes(gzip.compress(b"x")), "compressed by gzip"),
    "npy": (write_npy, "it is a NumPy array"),
    "npz": (write_npz, "it is a zip archive"),
    "a zip archive": (
        lambda path: zipfile.ZipFile(path, "w").writestr("smoothdiff-for", "1\n"),
        "it is a zip archive",
    ),
}


@pytest.mark.parametrize("name", STRANGERS)
def test_strangers(name, tmp_path):
    path = tmp_path / "model.sdf"
    write, said = STRANGERS[name]
    write(path)
    with pytest.raises(ValueError, match=said) as caught:
        load(path)
    sentence = str(caught.value)
    assert sentence.startswith(str(path))
    assert sentence.endswith(".")
    assert "\n" not in sentence


@pytest.mark.parametrize("kept", [1, 30, 60, 500, 0.5, 0.99, -1])
def test_cut_short(kept, tmp_path):
    path = tmp_path / "model.sdf"
    save(saved_models.make("local"), path)
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data)) if 0 < kept < 1 else kept])
    with pytest.raises(ValueError, match=re.escape(str(path))):
        load(path)
    if kept not in (1, 30):  # before which nobody can tell what it was
        with pytest.raises(ValueError, match="is damaged or cut short: its checksum does not"):
            load(path)


def test_every_changed_byte_is_noticed(tmp_path):
    path = tmp_path / "model.sdf"
    save(saved_models.make("local"), path)
    data = bytearray(path.read_bytes())
    for place in [*range(120), *range(120, len(data), 97), *range(len(data) - 90, len(data))]:
        data[place] ^= 1
        path.write_bytes(data)
        with pytest.raises(ValueError, match=re.escape(str(path))):
            load(path)
        data[place] ^= 1
    path.write_bytes(bytes(data) + b"\n")
    with pytest.raises(ValueError, match="damaged"):
        load(path)


def test_a_later_format(tmp_path, monkeypatch):
    path = tmp_path / "model.sdf"
    monkeypatch.setattr(archive, "VERSION", archive.VERSION + 1)
    save(saved_models.make("local"), path)
    monkeypatch.undo()
    said = r"is in format 2, which a later version of smoothdiff wrote; this one reads up to format"
    with pytest.raises(ValueError, match=f"^{re.escape(str(path))} {said} 1: update smoothdiff.$"):
        load(path)


def test_another_scikit_learn_is_told_where_it_matters(tmp_path, monkeypatch):
    plain, piped = tmp_path / "plain.sdf", tmp_path / "piped.sdf"
    real = saving.version
    monkeypatch.setattr(saving, "version", lambda name: "1.2.3" if "scikit" in name else "0.1")
    save(saved_models.make("local"), plain)
    save(make_pipeline(StandardScaler(), SmoothedPLDiffusion()).fit(X), piped)
    monkeypatch.setattr(saving, "version", real)
    load(plain)  # has no objects of it
    with pytest.warns(UserWarning, match=r"holds objects of scikit-learn 1\.2\.3, and this is"):
        load(piped)
