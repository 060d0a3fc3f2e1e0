"""ParentLinesDisplay: a line from each sample to each of its parents."""

import numpy as np
import pytest
from sklearn.neighbors import KernelDensity
from sklearn.preprocessing import StandardScaler

from smoothdiff import LocalAverageDiffusion, SmoothedPLDiffusion, make_generative_pipeline
from smoothdiff.inspection import ParentLinesDisplay

pytest.importorskip("matplotlib")


def test_lines_go_to_the_parents_by_weight(fitted):
    model, X = fitted(2)
    display = ParentLinesDisplay.from_estimator(model, X, n_samples=6, random_state=2)
    samples, parents, weights = model.sample(6, random_state=2, return_parents=True)
    segments = iter(display.lines_.get_segments())
    widths = iter(display.lines_.get_linewidths())
    drawn = []
    for sample, names, shares in zip(samples, parents, weights, strict=True):
        for name, share in zip(names, shares, strict=True):
            if name >= 0:
                np.testing.assert_allclose(next(segments), [sample, X[name]])
                drawn.append((share, next(widths)))
    assert next(segments, None) is None
    share, width = np.array(drawn).T
    np.testing.assert_allclose(np.diff(width), np.diff(share) * 2.7, atol=1e-9)
    assert width.min() >= 0.3
    np.testing.assert_allclose(display.samples_.get_offsets(), samples)
    np.testing.assert_array_equal(display.points_.get_offsets(), X)


def test_one_coordinate_has_samples_above_points(fitted):
    model, X = fitted(1)
    display = ParentLinesDisplay.from_estimator(model, X, n_samples=3, random_state=0)
    for segment in display.lines_.get_segments():
        assert segment[0, 1] == 1
        assert segment[1, 1] == 0
        assert segment[0, 0] in display.samples[:, 0]
        assert segment[1, 0] in X[:, 0]
    assert [label.get_text() for label in display.ax_.get_yticklabels()][1] == "samples"


def test_projections_keep_samples_between_their_parents(fitted):
    _, X = fitted(5)
    model = SmoothedPLDiffusion(t_min=0, random_state=0).fit(X)
    display = ParentLinesDisplay.from_estimator(model, X, components=(1, 2), random_state=0)
    means = np.einsum("nk,nkd->nd", display.weights, display.points[display.parents])
    np.testing.assert_allclose(display.samples, means, atol=1e-9)
    assert display.ax_.get_title() == "samples and parents, projected"


def test_a_pipeline(rng):
    X = rng.normal(size=(25, 2)) * [1.0, 100.0]
    pipe = make_generative_pipeline(StandardScaler(), SmoothedPLDiffusion(t_min=0)).fit(X)
    display = ParentLinesDisplay.from_estimator(pipe, X, n_samples=4, random_state=0)
    means = np.einsum("nk,nkd->nd", display.weights, X[display.parents])
    np.testing.assert_allclose(display.samples, means, rtol=1e-6, atol=1e-6)
    assert display.ax_.get_aspect() == "auto"


def test_everything_lies_inside_the_axes(fitted):
    display = ParentLinesDisplay.from_estimator(*fitted(2), random_state=0)
    display.figure_.draw_without_rendering()
    frame = display.ax_.get_window_extent()
    for at in (*display.samples, *display.points):
        x, y = display.ax_.transData.transform(at)
        assert frame.x0 <= x <= frame.x1
        assert frame.y0 <= y <= frame.y1


def test_many_points_are_faint_but_in_the_legend(rng):
    def drawn(n):
        points = rng.normal(size=(n, 2))
        return ParentLinesDisplay(points[:1], points, [[0]], [[1.0]]).plot()

    few, many = drawn(100), drawn(10_000)
    assert few.points_.get_alpha() == 1.0
    assert many.points_.get_alpha() < 0.2
    assert many.points_.get_sizes()[0] < few.points_.get_sizes()[0]
    for display in (few, many):
        mark = display.ax_.get_legend().legend_handles[1]
        assert mark.get_alpha() == 1.0
        assert mark.get_sizes()[0] > 10


def test_estimators_without_parents(rng):
    X = rng.normal(size=(20, 2))
    with pytest.raises(TypeError, match=r"whose samples have parents.*Got KernelDensity instead"):
        ParentLinesDisplay.from_estimator(KernelDensity().fit(X), X)
    model = LocalAverageDiffusion().fit(X)
    with pytest.raises(ValueError, match="does not make samples from single training rows"):
        ParentLinesDisplay.from_estimator(model, X)


def test_rows_of_something_else(fitted):
    model, X = fitted(2)
    with pytest.raises(ValueError, match="Got 2 rows, but row"):
        ParentLinesDisplay.from_estimator(model, X[:2], random_state=0)
