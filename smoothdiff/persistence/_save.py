"""Save and load: what may be saved, and what is said of a file of other versions."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version

from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from .. import __version__
from .._files import check_target, replacing
from .._progress import warn
from .._reading import in_a_sentence
from ._archive import ReadArchive, check_intact, write_archive
from ._graph import Reader, UnsavedError, Writer

__all__ = ["load", "save"]

# Packages whose versions a file names if it has objects of them, by the word that is imported.
PACKAGES = {
    "numpy": "numpy",
    "scipy": "scipy",
    "sklearn": "scikit-learn",
    "jax": "jax",
    "pandas": "pandas",
    "polars": "polars",
}


def save(model, path):
    """Write a fitted estimator to a file, whole or not at all.

    Parameters
    ----------
    model : estimator
        Fitted: one of this library, or a pipeline or search of scikit-learn that holds one.
    path : str or path-like
        The usual suffix is .sdf. A file that exists is replaced.

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    TypeError
        If it is no estimator of this library and holds none, or holds what is no data: a function
        (as `ScoreDiffusion` does), or an object of a class that is not known.
    ValueError
        If what is no array in it would take more than 256 MiB to read, and ten times the file.
    OSError
        If the file cannot be written.

    Notes
    -----
    Kept is what a pickle keeps: parameters, what `fit` learned, how far the sequence of random
    numbers has come, so that the model that is loaded goes on where this one is. The ``memory`` of
    a pipeline, a cache on this machine, is left out.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> from smoothdiff import SmoothedPLDiffusion
    >>> from smoothdiff.persistence import load, save
    >>> X = np.random.default_rng(0).normal(size=(20, 2))
    >>> model = SmoothedPLDiffusion(random_state=0).fit(X)
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "model.sdf"
    >>> save(model, path)
    >>> bool((load(path).sample(5) == model.sample(5)).all())
    True
    """
    path = _path(path)
    if not isinstance(model, BaseEstimator):
        raise TypeError(f"save takes a fitted estimator. Got {_described(model)} instead.")
    name = type(model).__name__
    try:
        check_is_fitted(model)
    except (NotFittedError, TypeError):
        raise NotFittedError(f"This {name} is not fitted: call fit before save.") from None
    check_target(path)
    writer = Writer()
    try:
        root = writer.put(model)
    except UnsavedError as error:
        raise TypeError(f"{name} cannot be saved: {error}.") from None
    if not writer.holds("smoothdiff"):
        raise TypeError(
            "save takes an estimator of smoothdiff, or a pipeline or search that holds one. "
            f"Got {name} instead."
        )
    written_by = _versions(writer.libraries)
    document = {"written_by": written_by, "root": root, "objects": writer.objects}
    try:
        with replacing(path) as file:
            write_archive(file, document, writer.arrays)
    except ValueError as error:
        raise ValueError(f"{name} cannot be saved: {error}.") from None


def load(path):
    """Read an estimator from a file that `save` has written, without running anything in it.

    Parameters
    ----------
    path : str or path-like

    Returns
    -------
    estimator
        As it was when it was saved: it samples the same rows.

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If it is no such file (a pickle, for example), is damaged or cut short, was written by a
        version that came later, or names a class that files do not hold.
    ImportError
        If it needs a library that is not installed.

    Warns
    -----
    UserWarning
        If it holds objects of scikit-learn that another version of it wrote: their attributes may
        mean something else there.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from smoothdiff import SmoothedPLDiffusion
    >>> from smoothdiff.persistence import load, save
    >>> file = pathlib.Path(tempfile.mkdtemp(), "model.sdf")
    >>> save(SmoothedPLDiffusion(random_state=0).fit([[0.0], [1.0], [3.0]]), file)
    >>> load(file).sample(2).shape
    (2, 1)
    """
    path = _path(path)
    with open(path, "rb") as file:
        check_intact(file, path)
        try:
            with ReadArchive(file) as archive:
                document = archive.document()
                written_by = {str(name): str(v) for name, v in document["written_by"].items()}
                reader = Reader(document["objects"], archive.array)
                model = reader.get(document["root"])
        except ImportError as error:
            raise ImportError(f"{path} cannot be read here: {in_a_sentence(error)}") from error
        except Exception as error:  # whatever the file of a stranger may set off
            raise ValueError(f"{path} cannot be read: {in_a_sentence(error)}") from error
    if not isinstance(model, BaseEstimator):
        raise ValueError(f"{path} cannot be read: it holds no estimator.")
    _compare(path, written_by, reader.libraries)
    return model


def _path(path):
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"path must be a str or a path. Got {path!r} instead.")
    return os.fspath(path)


def _described(value):
    return f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__


def _versions(used):
    """Versions of this library, of Python, and of the libraries that a file has objects of."""
    found = {"smoothdiff": __version__, "python": platform.python_version()}
    for word in sorted(used & PACKAGES.keys()):
        try:
            found[PACKAGES[word]] = version(PACKAGES[word])
        except PackageNotFoundError:  # it is there, but was not installed as a package
            continue
    return found


def _compare(path, written_by, used):
    """Warn where what was read is another library's to understand, and that has changed."""
    then, now = written_by.get("scikit-learn"), _versions(used).get("scikit-learn")
    if then and now and then.split(".")[:2] != now.split(".")[:2]:
        warn(
            f"{path} holds objects of scikit-learn {then}, and this is {now}: compare what it "
            "gives with what it gave, or fit it again."
        )
