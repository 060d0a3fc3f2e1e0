"""Lines and planes through the space of the data, and what all displays refuse."""

import sys

import numpy as np
import pytest
from sklearn.neighbors import KernelDensity

from smoothdiff import SmoothedPLDiffusion
from smoothdiff.inspection import (
    DensityDisplay,
    ParentLinesDisplay,
    ScoreFieldDisplay,
    TrajectoryDisplay,
)
from smoothdiff.inspection._plane import aspect_of, choose_plane

pytest.importorskip("matplotlib")
pd = pytest.importorskip("pandas")

DISPLAYS = [DensityDisplay, ScoreFieldDisplay, TrajectoryDisplay, ParentLinesDisplay]


@pytest.mark.parametrize("display", DISPLAYS)
def test_plots_store_and_return_themselves(display, fitted):
    """As scikit-learn's displays: drawing again gives new artists on new axes."""
    model, X = fitted(2)
    made = display.from_estimator(model, X)
    before = made.figure_
    assert made.plot() is made
    assert made.figure_ is not before


@pytest.mark.parametrize("display", DISPLAYS)
def test_without_matplotlib(display, monkeypatch, fitted):
    model, X = fitted(2)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"pip install smoothdiff\[plot\]"):
        display.from_estimator(model, X)


@pytest.mark.parametrize("display", DISPLAYS)
def test_names_of_a_table(display):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(20, 3)), columns=["age in $^2", "height", "weight"])
    model = SmoothedPLDiffusion(random_state=0).fit(X)
    made = display.from_estimator(model, X, features=["weight", "age in $^2"])
    assert tuple(made.labels) == ("weight", "age in $^2")
    ax = made.figure_.axes[0]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("weight", r"age in \$^2")
    np.testing.assert_array_equal(made.points, X[["weight", "age in $^2"]])


@pytest.mark.parametrize("display", DISPLAYS)
@pytest.mark.parametrize(
    ("d", "labels"), [(1, ("x1",)), (2, ("x1", "x2")), (5, ("component 1", "component 2"))]
)
def test_what_is_shown_by_default(display, d, labels, fitted):
    made = display.from_estimator(*fitted(d))
    assert tuple(made.labels) == labels


@pytest.mark.parametrize("display", DISPLAYS)
def test_axes_of_the_caller(display, fitted):
    from matplotlib import pyplot

    figure, ax = pyplot.subplots()
    model, X = fitted(2)
    options = {"t": model.t0_} if display is ScoreFieldDisplay else {}
    made = display.from_estimator(model, X, ax=ax, **options)
    assert made.figure_ is figure
    assert (made.axes_[0] if display is ScoreFieldDisplay else made.ax_) is ax
    assert pyplot.get_fignums() == [figure.number]


# ------------------------------------------------------------------ the plane itself


def test_columns_are_taken_as_they_are(fitted):
    model, X = fitted(5)
    plane = choose_plane(model, X, features=(3, 0))
    np.testing.assert_array_equal(plane.project(X), X[:, [3, 0]])
    at = plane.lift(np.array([[7.0, 8.0]]))
    np.testing.assert_array_equal(at[0, [3, 0]], [7.0, 8.0])
    np.testing.assert_array_equal(at[0, [1, 2, 4]], model.mean_[[1, 2, 4]])
    assert not plane.whole


def test_components_are_principal_coordinates(fitted):
    model, X = fitted(5)
    plane = choose_plane(model, X, components=(2, 0))
    np.testing.assert_allclose(plane.project(X), model.points_[:, [2, 0]], atol=1e-12)
    np.testing.assert_allclose(plane.lift(np.zeros((1, 2)))[0], model.mean_, atol=1e-12)
    np.testing.assert_allclose(plane.project(plane.lift(np.eye(2))), np.eye(2), atol=1e-12)


@pytest.mark.parametrize("options", [{"features": (1, 2)}, {"components": (1, 2)}])
def test_a_given_point_lies_in_the_plane(options, fitted):
    model, X = fitted(5)
    plane = choose_plane(model, X, **options, through=X[3])
    np.testing.assert_allclose(plane.lift(plane.project(X[3:4])), X[3:4], atol=1e-12)
    assert plane.where == "a given point"


def test_what_has_few_tangent_dimensions(rng):
    """Points of a line or plane are shown along it, and nothing is left out."""
    for r, labels in ((1, ("component 1",)), (2, ("component 1", "component 2"))):
        X = rng.normal(size=(20, r)) @ rng.normal(size=(r, 4))
        plane = choose_plane(SmoothedPLDiffusion().fit(X), X)
        assert plane.labels == labels
        assert plane.whole
    X = np.column_stack([rng.normal(size=(20, 2)), np.full(20, 0.1)])
    plane = choose_plane(SmoothedPLDiffusion().fit(X), X, features=(0, 1))
    assert plane.whole  # the third column is constant
    assert (plane.lift(rng.normal(size=(5, 2)))[:, 2] == 0.1).all()


def test_estimators_without_components(rng):
    X = np.column_stack([rng.normal(size=(20, 2)), np.full(20, 0.1)])
    model = KernelDensity().fit(X)
    plane = choose_plane(model, X)
    assert plane.labels == ("x1", "x2")
    assert not plane.whole
    np.testing.assert_array_equal(plane.lift(np.zeros((1, 2))), [[0.0, 0.0, 0.1]])
    with pytest.raises(
        TypeError, match=r"principal components.*Got KernelDensity instead; give fe"
    ):
        choose_plane(model, X, components=0)


def test_grids_reach_beyond_the_points(fitted):
    model, X = fitted(2)
    plane = choose_plane(model, X)
    x, y = plane.grid(np.array([[0.0, 0.0], [2.0, 1.0]]), 41, 0.5)
    assert (x[0], x[-1], y[0], y[-1]) == (-1.0, 3.0, -0.5, 1.5)
    assert (len(x), len(y)) == (41, 20)  # squares
    x, y = plane.grid(np.array([[0.0, 0.0], [2.0, 100.0]]), 41, 0.5)
    assert (len(x), len(y)) == (41, 41)
    (x,) = choose_plane(*fitted(1)).grid(np.array([[3.0]]), 11, 0.2)
    assert (x[0], x[-1]) == (2.5, 3.5)
    points = plane.points_of([np.array([1.0, 2.0]), np.array([5.0, 6.0])])
    np.testing.assert_allclose(points, [[1, 5], [2, 5], [1, 6], [2, 6]])


def test_one_scale_for_similar_ranges_only():
    assert aspect_of([0, 1], [5, 7]) == "equal"
    assert aspect_of([0, 1], [0, 100]) == "auto"
