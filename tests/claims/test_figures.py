"""The papers' figures have their panels, labelled, and what they rest on is right."""

import numpy as np
import pytest
from drawn import check_figure, is_equal

from smoothdiff.claims import _figures, figures, trained
from smoothdiff.claims._experiment import KAPPA, POINTS, SPACING, T0, T_END
from smoothdiff.claims._figures import FIGURES
from smoothdiff.cloud import PointCloud
from smoothdiff.scores import EmpiricalScore, LocalAverageScore, SmoothedPLScore

matplotlib = pytest.importorskip("matplotlib")
# Panels in rows and columns, without color bars.
SHAPES = {
    "densities": (1, 3),
    "curves": (1, 3),
    "decays": (1, 4),
    "phases": (1, 1),
    "samples": (6, 3),
    "circles": (2, 6),
    "tangent": (3, 3),
    "normal": (3, 3),
    "axes": (2, 3),
    "averages": (6, 3),
    "uneven": (1, 4),
}
IN_THE_PLANE = {"densities", "circles", "tangent", "normal"}


@pytest.mark.parametrize("figure", FIGURES, ids=[figure.name for figure in FIGURES])
def test_a_figure(figure, quick):
    plt = pytest.importorskip("matplotlib.pyplot")
    drawn = figure.draw(False)
    try:
        check_figure(drawn)
        panels = [ax for ax in drawn.axes if ax.get_label() != "<colorbar>"]
        rows, columns = SHAPES[figure.name]
        assert panels[0].get_gridspec().get_geometry() == (rows, columns)
        assert len(panels) == rows * columns
        if figure.name in IN_THE_PLANE:
            assert all(map(is_equal, panels))
        if figure.name in ("samples", "averages"):
            assert all(map(is_equal, np.reshape(panels, (rows, columns))[::2].flat))
    finally:
        plt.close(drawn)


def test_networks_on_circles_are_a_row_of_their_own(monkeypatch):
    plt = pytest.importorskip("matplotlib.pyplot")
    monkeypatch.setattr(trained, "of_circle", lambda n, full: _figures.on_circle(n)[-1])
    drawn = _figures.circles(True)
    try:
        check_figure(drawn)
        rows = drawn.axes[0].get_gridspec().nrows
        names = [drawn.axes[6 * row].get_ylabel().split("\n")[0] for row in range(rows)]
        assert names == ["ESF", "Smoothed PL-ESF", "network"]
    finally:
        plt.close(drawn)


def test_arrows_are_colored_by_their_direction():
    """Of a field that turns around the origin, at four places."""
    plt = pytest.importorskip("matplotlib.pyplot")
    points = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    drawn = figures.colored_fields({"ESF": [(points, lambda x, t: x / t, points)]}, 0.1)
    try:
        (quiver,) = [c for c in drawn.axes[1].collections if hasattr(c, "U")]
        angle = np.arctan2(quiver.Y, quiver.X) / np.pi
        off = np.hypot(quiver.X, quiver.Y) > 0.01
        np.testing.assert_allclose(quiver.get_array()[off], angle[off], atol=1e-12)
        np.testing.assert_allclose(quiver.U, quiver.X / 2)
    finally:
        plt.close(drawn)


def test_no_figure_is_forgotten():
    assert [figure.name for figure in FIGURES] == list(SHAPES)


def test_the_field_in_the_plane_is_that_of_the_line(rng):
    """The ESF of the plane is that of the line along it, and -x_2 / t across."""
    x, t = rng.normal(size=(50, 2)), 0.01
    of_line = _figures.in_plane(EmpiricalScore(PointCloud.of(POINTS[:, :1])))
    np.testing.assert_allclose(
        of_line(x, t), EmpiricalScore(PointCloud.of(POINTS))(x, t), atol=1e-9
    )


def test_few_places_are_exact_for_the_average_in_the_plane(rng):
    """The average over a square of points on its axis: that along the axis, by two places or 64."""
    x, t = rng.normal(size=(50, 2)), 0.01
    cloud = PointCloud.of(POINTS)
    few, many = (LocalAverageScore(cloud, KAPPA, SPACING, n_quadrature=n)(x, t) for n in (2, 64))
    np.testing.assert_allclose(few, many, atol=1e-9)
    line = LocalAverageScore(PointCloud.of(POINTS[:, :1]), KAPPA, SPACING)
    np.testing.assert_allclose(few, _figures.in_plane(line)(x, t), atol=1e-9)


@pytest.mark.parametrize("kind", ["ESF", "Smoothed PL-ESF"])
def test_the_curves_over_histograms_are_the_laws_of_the_samples(kind):
    """Probability between the points: of the curve, and of samples."""
    t, n = T0 / 4, 4000
    x = np.linspace(-3, 3, 6001)
    p = _figures.law_of(kind)(x, t)
    assert np.trapezoid(p, x) == pytest.approx(1, abs=1e-3)  # it jumps
    near = np.abs(x[:, None] - POINTS[:, 0]).min(axis=1) < 0.2
    expected = np.trapezoid(p * ~near, x)
    drawn = _figures.model_of(kind, T_END).trajectory(n_samples=n, times=[T0, t])[-1][:, :1]
    share = np.mean(np.abs(drawn - POINTS[:, 0]).min(axis=1) >= 0.2)
    assert share == pytest.approx(expected, abs=4 * np.sqrt(expected / n) + 1e-3)


def test_the_kappa_of_a_smoothed_score_is_its_own():
    class Smooth:
        def score_function(self, x, t):
            line = PointCloud.of(POINTS[:, :1])
            return _figures.in_plane(SmoothedPLScore(line, 1.5, SPACING))(x, t)

    assert trained.kappa_at_t0(Smooth()) == pytest.approx(1.5, rel=1e-3)


def test_a_network_is_trained_once(quick):
    one = trained.at_one_t("two", 1)
    assert (one.weight_decay, one.max_iter, one.n_features_in_) == (1, 20, 1)
    assert trained.at_one_t("two", 1) is one
    assert trained.at_one_t("two", 3).weight_decay == 3


def test_the_fit_of_a_network_is_by_least_squares(rng):
    """A smoothed score with an error that is not in its span: residual and null by their sums."""
    x, t = rng.normal(size=(400, 2)), 0.01
    line = SmoothedPLScore(PointCloud.of(POINTS[:, :1]), 1.5, SPACING)
    error = 0.01 * rng.normal(size=400)

    class Noisy:
        def score_function(self, x, t):
            return np.column_stack([line(x[:, :1], t)[:, 0] + error, np.zeros(len(x))])

    found = trained.tangent_fit(Noisy(), x, t)
    assert found.kappa == pytest.approx(1.5, rel=1e-2)
    assert found.residual == pytest.approx(t * np.mean(error**2), rel=0.02)
    assert found.null == pytest.approx(t * np.mean(line(x[:, :1], t) ** 2), rel=1e-2)
