"""The four panels of a report show its numbers."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.metrics import auc

from smoothdiff import SmoothedPLDiffusion
from smoothdiff.inspection import ReportDisplay
from smoothdiff.metrics import report

pytest.importorskip("matplotlib")
rng = np.random.default_rng(0)
TRAIN, TEST = rng.standard_normal((60, 3)), rng.standard_normal((40, 3))


@pytest.fixture(scope="module")
def model():
    return SmoothedPLDiffusion(random_state=0).fit(TRAIN)


@pytest.fixture(scope="module")
def found(model):
    return report(model, TRAIN, TEST)


def test_the_panels_show_the_numbers(found):
    display = ReportDisplay(found).plot()
    curve, columns, plane, distances = display.axes_
    assert auc(*curve.lines[0].get_data()) == pytest.approx(found["c2st"])
    widths = [bar.get_width() for bar in columns.patches]
    assert max(widths) == pytest.approx(max(found.separation.importance.values()))
    assert widths == sorted(widths)
    points = [scatter.get_offsets() for scatter in plane.collections]
    assert [len(p) for p in points] == [40, 60]
    axes = np.linalg.eigh(np.cov(TRAIN.T))[1][:, :0:-1]
    np.testing.assert_allclose(np.abs(points[0]), np.abs((TEST - TRAIN.mean(axis=0)) @ axes))
    x, y = distances.lines[1].get_data()
    np.testing.assert_allclose(x, np.sort(found.distances.distances))
    assert y[-1] == 1
    assert display.figure_ is curve.figure


def test_from_estimator_and_from_predictions(model, found):
    display = ReportDisplay.from_estimator(model, TRAIN, TEST)
    assert display.report["c2st"] == found["c2st"]
    made = model.sample(60, random_state=0)
    display = ReportDisplay.from_predictions(made, TRAIN, TEST)
    assert display.report["c2st"] == found["c2st"]


def test_one_column(found):
    one = report(TRAIN[:, :1] + 0.1, TRAIN[:, :1], TEST[:, :1])
    assert len(ReportDisplay(one).plot().axes_[2].collections) == 2


def test_the_axes_given(found):
    from matplotlib import pyplot as plt

    _, axes = plt.subplots(2, 2)
    display = ReportDisplay(found).plot(ax=axes)
    assert list(display.axes_) == list(axes.ravel())
    with pytest.raises(ValueError, match="ax must be one Axes or 4 of them"):
        ReportDisplay(found).plot(ax=axes.ravel()[:3])


def test_what_is_refused(model):
    with pytest.raises(NotFittedError):
        ReportDisplay.from_estimator(SmoothedPLDiffusion(), TRAIN, TEST)
    with pytest.raises(TypeError, match=r"report must be what smoothdiff.metrics.report returns"):
        ReportDisplay(model)
    with pytest.raises(ValueError, match="test must have 3 columns"):
        ReportDisplay.from_estimator(model, TRAIN, TEST[:, :2])
