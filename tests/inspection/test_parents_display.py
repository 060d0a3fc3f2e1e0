"""Displays: what is drawn is what the estimator said, and matplotlib stays optional."""

import subprocess
import sys

import numpy as np
import pytest

from smoothdiff import ClassConditionalDiffusion, EmpiricalScoreDiffusion, SmoothedPLDiffusion
from smoothdiff.inspection import ParentsDisplay

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    if sys.modules.get("matplotlib.pyplot"):
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture(name="X")
def rows(rng):
    return rng.uniform(size=(30, 2)) @ rng.uniform(size=(2, 9))


@pytest.fixture
def model(X):
    return SmoothedPLDiffusion(t_min=0, random_state=0).fit(X)


def drawn(image):
    return np.asarray(image.get_array())


def test_images_and_weights_are_the_estimators(model, X):
    display = ParentsDisplay.from_estimator(model, X, n_samples=4, random_state=1, reference=X[:3])
    samples, parents, weights = model.sample(4, random_state=1, return_parents=True)
    reference, generated, made_of = np.split(np.array(list(map(drawn, display.images_))), [3, 7])
    np.testing.assert_array_equal(reference, X[:3].reshape(-1, 3, 3))
    np.testing.assert_array_equal(generated, samples.reshape(-1, 3, 3))
    real = parents >= 0
    np.testing.assert_array_equal(made_of, X[parents[real]].reshape(-1, 3, 3))
    assert [text.get_text() for text in display.texts_] == [f"{w:.2f}" for w in weights[real]]


def test_parents_stand_below_their_sample_by_decreasing_weight(model, X):
    display = ParentsDisplay.from_estimator(model, X, n_samples=4, random_state=1)
    generated, made_of = display.images_[:4], display.images_[4:]
    column = [np.mean(image.get_extent()[:2]) for image in generated]
    counts = (display.parents >= 0).sum(axis=1)
    for k, image in enumerate(made_of):
        sample = np.repeat(np.arange(4), counts)[k]
        left, right, _, top = image.get_extent()
        assert (left + right) / 2 == pytest.approx(column[sample])
        assert top > generated[sample].get_extent()[2]  # the axis points down
        if k and np.repeat(np.arange(4), counts)[k - 1] == sample:
            assert top > made_of[k - 1].get_extent()[2]


def test_further_parents_are_counted(X):
    parents = np.array([[4, 2, 7, 1], [3, -1, -1, -1]])
    weights = np.array([[0.5, 0.3, 0.15, 0.05], [1.0, 0, 0, 0]])
    display = ParentsDisplay(X[:2], X, parents, weights).plot(n_parents=2)
    assert [t.get_text() for t in display.texts_] == ["0.50", "0.30", "2 more: 0.20", "1.00"]
    assert len(display.images_) == 2 + 3


def test_rows_are_taken_back_to_pixels(rng):
    X = rng.uniform(size=(20, 2))
    axes = rng.uniform(size=(2, 16))
    model = SmoothedPLDiffusion(t_min=0).fit(X)
    display = ParentsDisplay.from_estimator(
        model, X, n_samples=2, random_state=0, inverse_transform=lambda x: x @ axes, reference=X[:1]
    )
    np.testing.assert_array_equal(drawn(display.images_[0]), (X[:1] @ axes).reshape(4, 4))
    # At t_min = 0 a sample is the mean of its parents, as an image too.
    np.testing.assert_allclose(
        display.samples, np.einsum("nk,nkd->nd", display.weights, display.X[display.parents])
    )


def test_one_scale_of_gray_for_all(model, X):
    display = ParentsDisplay.from_estimator(model, X, n_samples=2)
    assert {image.get_clim() for image in display.images_} == {(X.min(), X.max())}
    display.plot(im_kw={"vmin": 0, "vmax": 5}, cmap="viridis")
    assert {image.get_clim() for image in display.images_} == {(0, 5)}
    assert {image.get_cmap().name for image in display.images_} == {"viridis"}


def test_shapes_of_images(rng):
    X = rng.uniform(size=(10, 6))
    parents, weights = np.array([[1]]), np.ones((1, 1))
    with pytest.raises(ValueError, match="Rows of 6 pixels are not square"):
        ParentsDisplay(X[:1], X, parents, weights).plot()
    for shape in ((2, 3), (1, 2, 3)):
        display = ParentsDisplay(X[:1], X, parents, weights, image_shape=shape).plot()
        assert drawn(display.images_[0]).shape == shape
        left, right, bottom, top = display.images_[0].get_extent()
        assert (bottom - top) / (right - left) == pytest.approx(shape[0] / shape[1])


def test_axes_of_the_caller_are_used(model, X):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    figure, ax = pyplot.subplots()
    display = ParentsDisplay.from_estimator(model, X, ax=ax)
    assert display.ax_ is ax
    assert display.figure_ is figure
    assert pyplot.get_fignums() == [figure.number]


def test_everything_lies_inside_the_axes(model, X):
    display = ParentsDisplay.from_estimator(model, X, n_samples=5, n_parents=1, reference=X[:7])
    display.figure_.draw_without_rendering()
    frame = display.ax_.get_window_extent()
    for artist in [*display.images_, *display.ax_.texts]:
        box = artist.get_window_extent()
        assert frame.x0 <= box.x0 < box.x1 <= frame.x1 + 1
        assert frame.y0 - 1 <= box.y0 < box.y1 <= frame.y1 + 1


def test_other_estimators_and_no_samples(X):
    model = EmpiricalScoreDiffusion(t_min=0).fit(X)
    display = ParentsDisplay.from_estimator(model, X, n_samples=3, random_state=0)
    np.testing.assert_allclose(drawn(display.images_[3]), drawn(display.images_[0]), atol=1e-12)
    assert [text.get_text() for text in display.texts_] == ["1.00"] * 3
    assert ParentsDisplay.from_estimator(model, X, n_samples=0).images_ == []


def test_rows_of_something_else(model, X):
    with pytest.raises(ValueError, match="Got 2 rows, but row"):
        ParentsDisplay.from_estimator(model, X[:2], random_state=0)


def test_without_matplotlib(monkeypatch, model, X):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    monkeypatch.setattr(model, "sample", None)  # not reached
    with pytest.raises(ImportError, match=r"pip install smoothdiff\[plot\]"):
        ParentsDisplay.from_estimator(model, X)


def test_importing_loads_no_matplotlib():
    code = "import sys, smoothdiff.inspection; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_samples_without_parents_are_refused(rng):
    X, y = rng.normal(size=(20, 4)), np.repeat([0, 1], 10)
    model = ClassConditionalDiffusion().fit(X, y)
    with pytest.raises(TypeError, match="ParentsDisplay needs an estimator whose samples have par"):
        ParentsDisplay.from_estimator(model, X)
