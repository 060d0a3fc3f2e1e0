"""The list of classes: all that fitted estimators are made of, and each where it says."""

import importlib
import pkgutil

import pytest
from sklearn.base import BaseEstimator
from sklearn.utils import all_estimators

import smoothdiff
from smoothdiff.neighbors import _base as neighbors
from smoothdiff.persistence._classes import OTHERS, OURS, PARTS, class_of, name_of
from smoothdiff.scores import Score
from smoothdiff.solvers import Solver
from smoothdiff.starts import StartingLaw

# What shares code and is nobody's class, and what no fitted estimator holds.
BASES = {"BaseDiffusion", "StartedDiffusion", "SmoothedDiffusion", "ShapedLaw", "SphericalLaw"}
BASES |= {"Denoiser", "Field", "OfPoints", "_PiecewiseLinear", "_Shrunken"}
WORKERS = {"_OfClass", "_Standardized"}


def everything():
    """All modules, loaded, so that all subclasses are known."""
    for module in pkgutil.walk_packages(smoothdiff.__path__, "smoothdiff."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def subclasses(cls):
    for sub in cls.__subclasses__():
        yield sub
        yield from subclasses(sub)


@pytest.mark.parametrize("base", [Score, StartingLaw, Solver, BaseEstimator])
def test_all_that_may_be_in_an_estimator_is_listed(base):
    for extra in ("imblearn", "pandas"):
        pytest.importorskip(extra)
    everything()
    found = {c for c in subclasses(base) if c.__module__.startswith("smoothdiff.")}
    names = {cls.__name__ for cls in found} - BASES - WORKERS
    assert names
    assert names <= set(OURS)
    assert all(
        name_of(cls) == f"smoothdiff.{cls.__name__}" for cls in found if cls.__name__ in names
    )


def test_searches_of_neighbors_are_made_again():
    """They hang on a cloud as what is derived from it."""
    assert not {cls.__name__ for cls in subclasses(neighbors.Backend)} & set(OURS)


@pytest.mark.parametrize("name", OURS)
def test_classes_live_where_the_list_says(name):
    if name == "DiffusionOverSampler":
        pytest.importorskip("imblearn")
    cls = class_of(f"smoothdiff.{name}")
    assert cls.__name__ == name
    assert name_of(cls) == f"smoothdiff.{name}"


@pytest.mark.parametrize("name", OTHERS)
def test_other_classes_of_scikit_learn_live_where_the_list_says(name):
    assert name_of(class_of(f"sklearn.{name}")) == f"sklearn.{name}"


def test_estimators_of_scikit_learn_are_known_by_their_public_names():
    known = {name: cls for name, cls in all_estimators() if name_of(cls) is not None}
    assert len(known) > 150
    for name, cls in known.items():
        assert class_of(name_of(cls)) is cls
        assert name_of(cls).split(".")[1] in PARTS
        assert name_of(cls).split(".")[2] == name
