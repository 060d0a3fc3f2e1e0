"""TrajectoryDisplay: paths are the estimator's flow."""

import numpy as np
import pytest

from smoothdiff import EmpiricalScoreDiffusion, SmoothedPLDiffusion
from smoothdiff.inspection import TrajectoryDisplay

pytest.importorskip("matplotlib")


def test_paths_follow_the_flow(fitted, rng):
    model, X = fitted(2)
    starts = rng.normal(size=(6, 2))
    times = model.t0_ * np.array([1.0, 0.5, 0.1])
    display = TrajectoryDisplay.from_estimator(model, X, starts=starts, times=times)
    assert len(display.lines_) == 6
    for i, t in enumerate(times):
        at = model.flow(starts, model.t0_, t)
        drawn = [line.get_xydata()[i] for line in display.lines_]
        np.testing.assert_allclose(drawn, at, rtol=1e-9)
    np.testing.assert_allclose(display.starts_.get_offsets(), starts)
    ends = model.flow(starts, model.t0_, times[-1])
    np.testing.assert_allclose(display.ends_.get_offsets(), ends)
    np.testing.assert_array_equal(display.points_.get_offsets(), X)


def test_paths_of_draws_go_on_to_where_samples_are(fitted):
    model, X = fitted(2)
    display = TrajectoryDisplay.from_estimator(model, X, n_samples=5, random_state=1)
    start = model.trajectory(n_samples=5, times=[model.t0_], random_state=1)[0]
    np.testing.assert_allclose(display.states[0], start)
    np.testing.assert_allclose(display.states[-1], model.flow(start, model.t0_, model.t_min_))
    assert display.times[0] == pytest.approx(model.t0_)
    assert display.times[-1] == pytest.approx(model.t_min_)
    ratios = display.times[1:] / display.times[:-1]
    np.testing.assert_allclose(ratios, ratios[0])


@pytest.mark.parametrize("closed_form", [True, False])
def test_paths_to_zero(closed_form):
    """A flow in closed form ends at t = 0, where 0 stands beside the logarithms."""
    X = np.array([[0.0], [1.0], [2.5]])
    model = SmoothedPLDiffusion(
        t_min=0 if closed_form else "auto", solver="exact" if closed_form else "heun", n_steps=5
    ).fit(X)
    display = TrajectoryDisplay.from_estimator(model, X, n_samples=4, random_state=0)
    labels = [label.get_text() for label in display.ax_.get_xticklabels()]
    x = display.lines_[0].get_xdata()
    assert (np.diff(x) < 0).all()
    if closed_form:
        assert display.times[-1] == 0
        assert display.times[-2] == pytest.approx(1e-3 * model.t0_)
        assert labels[0] == "0"
        assert display.ax_.get_xticks()[0] == x[-1] > 0
    else:
        assert display.times[-1] == pytest.approx(model.t_min_)
        assert "0" not in labels
        np.testing.assert_array_equal(x, display.times)


def test_one_coordinate_is_drawn_against_the_variance(fitted):
    model, X = fitted(1)
    display = TrajectoryDisplay.from_estimator(model, X, n_samples=3, random_state=0)
    ax = display.ax_
    assert ax.get_xscale() == "log"
    assert ax.xaxis_inverted()
    assert ax.get_xlabel() == "variance t"
    for i, line in enumerate(display.lines_):
        np.testing.assert_array_equal(line.get_ydata(), display.states[:, i, 0])
    np.testing.assert_array_equal(display.points_.get_offsets()[:, 1], X[:, 0])
    # Beside the ends, not on them.
    assert (display.points_.get_offsets()[:, 0] < display.times[-1]).all()


def test_projections(fitted):
    model, X = fitted(5)
    times = [model.t0_, model.t_min_]
    for options, project in (
        ({"features": (4, 2)}, lambda x: x[:, [4, 2]]),
        ({"components": (1, 3)}, lambda x: (x - model.mean_) @ model.components_[[1, 3]].T),
    ):
        display = TrajectoryDisplay.from_estimator(model, X, starts=X, times=times, **options)
        np.testing.assert_allclose(display.states[0], project(X), atol=1e-12)
        ends = model.flow(X, model.t0_, model.t_min_)
        np.testing.assert_allclose(display.states[-1], project(ends), atol=1e-12)
        assert display.ax_.get_title() == "paths of samples, projected"
    model, X = fitted(2)
    display = TrajectoryDisplay.from_estimator(model, X)
    assert display.ax_.get_title() == "paths of samples"


def test_legend_names_the_times(fitted):
    model, X = fitted(2)
    display = TrajectoryDisplay.from_estimator(model, X, times=[model.t0_])
    texts = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    t = f"{model.t0_:.3g}"
    assert texts == [f"starts, at $t = {t}$", f"ends, at $t = {t}$", "training points"]


def test_other_estimators(rng):
    X = rng.normal(size=(5, 2))
    model = EmpiricalScoreDiffusion(t_min=0, random_state=0).fit(X)
    display = TrajectoryDisplay.from_estimator(model, X, n_samples=4)
    assert np.isfinite(display.states).all()


def test_without_points():
    states = np.zeros((3, 2, 1)) + np.array([3.0, 2.0])[:, None]
    display = TrajectoryDisplay(states, [1.0, 0.1, 0.01], labels=["age"]).plot()
    assert display.points_ is None
    assert display.ax_.get_ylabel() == "age"
