"""SmoothingCurveDisplay: what a search tried, as curves."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from smoothdiff import SmoothedPLDiffusion, SmoothedPLDiffusionCV
from smoothdiff.inspection import SmoothingCurveDisplay

pytest.importorskip("matplotlib")


@pytest.fixture(autouse=True)
def _closed(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "Agg")
    from matplotlib import pyplot

    before = pyplot.get_fignums()
    yield
    for number in set(pyplot.get_fignums()) - set(before):
        pyplot.close(number)


def test_a_fitted_search(rng):
    """Each curve is the scores of one kappa, and the ring is around the choice."""
    X = rng.normal(size=(60, 2))
    scales, kappas = (0.3, 1.0, 0.1), (0.2, 0.05)
    model = SmoothedPLDiffusionCV(
        cv=3, start_neighbors=7, t_min_scales=scales, kappas=kappas, random_state=0
    ).fit(X)
    display = SmoothingCurveDisplay.from_estimator(model)
    assert [line.get_label() for line in display.lines_] == ["kappa = 0.05", "kappa = 0.2"]
    results = model.cv_results_
    for line, kappa in zip(display.lines_, sorted(kappas), strict=True):
        np.testing.assert_array_equal(line.get_xdata(), sorted(scales))
        scores = {
            pair["t_min_scale"]: score
            for pair, score in zip(results["params"], results["mean_test_score"], strict=True)
            if pair["kappa"] == kappa
        }
        np.testing.assert_array_equal(line.get_ydata(), [scores[t] for t in sorted(scales)])
    (ring,) = (line for line in display.ax_.lines if line.get_label() == "chosen")
    assert ring.get_xdata()[0] == model.best_params_["t_min_scale"]
    assert ring.get_ydata()[0] == model.best_score_
    assert "t_min / t0" in display.ax_.get_xlabel()


def test_a_given_t_min_and_scores_without_a_value(rng):
    model = SmoothedPLDiffusionCV(cv=3, start_neighbors=7, t_min=0.01, random_state=0)
    model.fit(rng.normal(size=(60, 2)))
    display = SmoothingCurveDisplay.from_estimator(model)
    for line in display.lines_:
        np.testing.assert_allclose(line.get_xdata(), 0.01 / model.diffusion_.t0)
    display = SmoothingCurveDisplay([0.1, 0.2], [1.0, 1.0], [-np.inf, -2.0]).plot()
    np.testing.assert_array_equal(display.lines_[0].get_xdata(), [0.2])


def test_axes_of_the_user(rng):
    from matplotlib import pyplot

    _, ax = pyplot.subplots()
    display = SmoothingCurveDisplay([0.1, 0.2], [1.0, 1.0], [-3.0, -2.0]).plot(ax=ax)
    assert display.ax_ is ax
    assert display.figure_ is ax.figure


def test_a_search_that_was_not_fitted():
    with pytest.raises(NotFittedError):
        SmoothingCurveDisplay.from_estimator(SmoothedPLDiffusionCV())


def test_another_estimator(rng):
    model = SmoothedPLDiffusion().fit(rng.normal(size=(9, 2)))
    with pytest.raises(TypeError, match=r"a SmoothedPLDiffusionCV\. Got SmoothedPLDiffusion i"):
        SmoothingCurveDisplay.from_estimator(model)


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        (([0.1], [1.0, 2.0], [1.0]), ValueError, r"kappas must have shape \(1,\)"),
        (([0.1], [1.0], [1.0, 2.0]), ValueError, r"scores must have shape \(1,\)"),
        (([], [], []), ValueError, r"t_min_scales must have shape \(n_pairs,\)"),
        (([0.0], [1.0], [1.0]), ValueError, "t_min_scales must be positive, finite"),
        (([0.1], [1.0], [np.nan]), ValueError, "scores must be finite or -inf"),
        ((["a"], [1.0], [1.0]), TypeError, "t_min_scales must be real numbers"),
    ],
)
def test_bad_arguments(arguments, error, sentence):
    with pytest.raises(error, match=sentence):
        SmoothingCurveDisplay(*arguments)


def test_nothing_finite():
    display = SmoothingCurveDisplay([0.1, 0.2], [1.0, 1.0], [-np.inf, -np.inf]).plot()
    assert not any(line.get_label() == "chosen" for line in display.ax_.lines)
