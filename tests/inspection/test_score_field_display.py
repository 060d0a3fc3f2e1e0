"""ScoreFieldDisplay: arrows and curves are the estimator's score."""

import numpy as np
import pytest

from smoothdiff import ScoreDiffusion, SmoothedPLDiffusion
from smoothdiff._pictures import in_math
from smoothdiff.inspection import ScoreFieldDisplay

pytest.importorskip("matplotlib")


def arrows(quiver, t):
    """Place, and score, of each arrow as it is drawn: direction times length."""
    score = np.column_stack([quiver.U, quiver.V]) * np.asarray(quiver.get_array())[:, None] / t
    return quiver.XY, score


def test_arrows_are_the_score(fitted):
    model, X = fitted(2)
    times = [model.t0_, 0.2 * model.t0_]
    display = ScoreFieldDisplay.from_estimator(model, X, times, grid_resolution=5)
    assert len(display.quivers_) == 2
    for quiver, t in zip(display.quivers_, times, strict=True):
        for place, score in zip(*arrows(quiver, t), strict=True):
            np.testing.assert_allclose(
                score, model.score_function(place[None], t)[0], rtol=1e-9, atol=1e-9
            )
        np.testing.assert_allclose(np.hypot(quiver.U, quiver.V), 1.0)


def test_arrows_of_a_slice_are_the_part_in_the_plane(fitted):
    model, X = fitted(5)
    t = 0.5 * model.t0_
    display = ScoreFieldDisplay.from_estimator(
        model, X, t, features=(3, 1), through=X[0], grid_resolution=4
    )
    for place, score in zip(*arrows(display.quivers_[0], t), strict=True):
        point = X[0].copy()
        point[[3, 1]] = place
        expected = model.score_function(point[None], t)[0, [3, 1]]
        np.testing.assert_allclose(score, expected, rtol=1e-9, atol=1e-9)
    assert display.axes_[0].get_title().endswith("\nplane through a given point")


def test_arrows_in_components(fitted):
    model, X = fitted(5)
    t = 0.5 * model.t0_
    display = ScoreFieldDisplay.from_estimator(model, X, t, grid_resolution=4)
    for place, score in zip(*arrows(display.quivers_[0], t), strict=True):
        point = model.mean_ + place @ model.components_[:2]
        expected = model.components_[:2] @ model.score_function(point[None], t)[0]
        np.testing.assert_allclose(score, expected, rtol=1e-9, atol=1e-9)


def test_a_tangent_plane_leaves_no_part_out(rng):
    X = rng.normal(size=(30, 2)) @ rng.normal(size=(2, 4))
    model = SmoothedPLDiffusion().fit(X)
    display = ScoreFieldDisplay.from_estimator(model, X, model.t0_, grid_resolution=4)
    places, score = arrows(display.quivers_[0], model.t0_)
    whole = model.score_function(model.mean_ + places @ model.components_, model.t0_)
    np.testing.assert_allclose(score @ model.components_, whole, atol=1e-8)
    assert display.where == ""


def test_curves(fitted):
    model, X = fitted(1)
    display = ScoreFieldDisplay.from_estimator(model, X, grid_resolution=30)
    assert len(display.axes_) == 3
    np.testing.assert_allclose(display.times, model.t0_ * np.array([1, 0.1, 0.01]))
    for line, ax, t in zip(display.lines_, display.axes_, display.times, strict=True):
        x = line.get_xdata()
        np.testing.assert_allclose(line.get_ydata(), model.score_function(x[:, None], t)[:, 0])
        assert ax.get_title() == f"variance $t = {in_math(t)}$"
        inside = (X.min() <= x) & (x <= X.max())
        low, high = ax.get_ylim()
        assert low < line.get_ydata()[inside].min() < line.get_ydata()[inside].max() < high
    assert display.colorbar_ is None


def test_where_the_score_is_zero_or_all_of_one_length():
    display = ScoreFieldDisplay([0.0, 1.0], np.zeros((1, 2, 2, 2)), [0.1], x1=[0.0, 1.0]).plot()
    display.figure_.draw_without_rendering()
    assert (display.quivers_[0].U == 0).all()
    display = ScoreFieldDisplay([0.0, 1.0], np.ones((1, 2, 2, 2)), [0.1], x1=[0.0, 1.0]).plot()
    display.figure_.draw_without_rendering()
    np.testing.assert_allclose(display.quivers_[0].get_array(), 0.1 * np.sqrt(2))


def test_colors_are_one_scale(fitted):
    model, X = fitted(2)
    display = ScoreFieldDisplay.from_estimator(model, X)
    assert len({id(quiver.norm) for quiver in display.quivers_}) == 1
    assert display.colorbar_.ax.get_ylabel() == r"$t\,|s_t(x)|$"


def test_a_field_of_ones_own():
    X = np.outer([0.0, 1.0, 2.0], [1.0, 1.0])
    model = ScoreDiffusion(lambda x, t: -x / (1 + t), t0=1.0, t_min=0.1).fit(X)
    display = ScoreFieldDisplay.from_estimator(model, X, 0.5, features=(0, 1), grid_resolution=3)
    places, score = arrows(display.quivers_[0], 0.5)
    tangent = places @ model.components_.T @ model.components_
    assert np.isfinite(score).all()
    np.testing.assert_allclose(
        (score @ model.components_.T)[:, 0], -(tangent @ model.components_.T)[:, 0] / 1.5, atol=1e-5
    )


def test_panels_in_axes_of_the_caller(fitted):
    from matplotlib import pyplot

    model, X = fitted(2)
    figure, given = pyplot.subplots(1, 3)
    display = ScoreFieldDisplay.from_estimator(model, X, ax=given)
    assert list(display.axes_) == list(given)
    _, (left, right) = pyplot.subplots(1, 2)
    display = ScoreFieldDisplay.from_estimator(model, X, ax=right)
    assert not right.axison
    assert left.get_subplotspec().get_geometry() == (1, 2, 0, 0)
    assert all(
        a.get_subplotspec().get_topmost_subplotspec().colspan.start == 1 for a in display.axes_
    )
    with pytest.raises(ValueError, match=r"ax must be one Axes or 3 of them. Got 2 instead"):
        display.plot(ax=[left, right])
    with pytest.raises(ValueError, match="Got one that stands alone"):
        display.plot(ax=figure.add_axes((0, 0, 1, 1)))
