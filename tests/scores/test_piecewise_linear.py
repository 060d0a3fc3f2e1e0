"""The PL-ESF, and with it smoothed at a fixed ratio: the formulas, their limits and their flow."""

from itertools import pairwise

import numpy as np
import pytest
import reference
from given import normal

from smoothdiff.cloud import PointCloud
from smoothdiff.ode import integrate
from smoothdiff.scores import EmpiricalScore, FixedDeltaScore, PLScore, SmoothedPLScore
from smoothdiff.solvers import MixedCellFlow

LINE = np.array([-1.4, -1.0, -0.9, 0.2, 1.5])


@pytest.mark.parametrize("r", [1, 2])
def test_the_denoiser_of_the_pl_esf_is_the_nearest_point(r):
    points, x = normal(30, r), 2 * normal(50, r, 1)
    score, nearest = PLScore(points), np.linalg.norm(x[:, None] - points, axis=2).argmin(axis=1)
    t = np.linspace(0.01, 2, 50)
    np.testing.assert_array_equal(score.denoise(x, t), points[nearest])
    parents, weights = score.parents(x, t)
    np.testing.assert_array_equal(score.cloud.points[parents[:, 0]], points[nearest])
    np.testing.assert_array_equal(weights[:, 0], 1)
    np.testing.assert_allclose(score.divergence(x, t)[0], -r / t, rtol=1e-14)


def test_the_pl_esf_is_the_limit_of_the_esf():
    x, t = np.linspace(-2, 2, 200)[:, None], 1e-5
    np.testing.assert_allclose(PLScore(LINE)(x, t), EmpiricalScore(LINE)(x, t), rtol=1e-9)


@pytest.mark.parametrize("rho", [0.01, 0.3, 0.9, 1.0, 2.5])
def test_a_fixed_ratio_on_a_line(rho):
    x = np.linspace(-2, 2, 101)
    for t in (1e-4, 0.3):
        score = FixedDeltaScore(LINE, 0.4 * rho, 0.4)
        expected = ([reference.line_denoiser(z, LINE, min(rho, 1.0)) for z in x] - x) / t
        np.testing.assert_allclose(score(x[:, None], t)[:, 0], expected, rtol=1e-9, atol=1e-9 / t)
        same = SmoothedPLScore(LINE, rho * 0.4 / np.sqrt(t), 0.4)
        np.testing.assert_allclose(score(x[:, None], t), same(x[:, None], t), 1e-9, 1e-9 / t)


def test_a_fixed_delta_is_an_average_of_the_pl_esf():
    """Over [x - w, x + w] with w = spacing - delta, on even points, between them."""
    y, delta = np.linspace(-1, 1, 5), 0.1
    smoothed, exact = FixedDeltaScore(y, delta, 0.25), PLScore(y)
    window = np.linspace(-1, 1, 4001)[1::2] * (0.25 - delta)  # middles of 2000 steps
    for x in np.linspace(-1, 1, 41):
        average = exact((x + window)[:, None], 0.1).mean()
        assert smoothed(np.array([[x]]), 0.1)[0, 0] == pytest.approx(average, abs=2e-3)


@pytest.mark.parametrize("make", [PLScore, lambda y: FixedDeltaScore(y, 0.1, 0.4)])
def test_breakpoints_are_where_it_bends_or_jumps(make):
    """Between them the field is linear; across each it is not."""
    score = make(LINE)
    knots = score.breakpoints(0.1)
    edges = np.concatenate([[-3], knots, [3]])
    for low, high in pairwise(edges):
        x = np.linspace(low, high, 9)[1:-1, None]
        value = score(x, 0.1)[:, 0]
        np.testing.assert_allclose(np.diff(value, 2), 0, rtol=0, atol=1e-11)
    for knot in knots:
        bend = np.diff(score(knot + np.array([[-1e-4], [0.0], [1e-4]]), 0.1)[:, 0], 2)
        assert np.abs(bend) > 1e-4
    assert len(make(normal(5, 2)).breakpoints(0.1)) == 0


@pytest.mark.parametrize("make", [PLScore, lambda y: FixedDeltaScore(y, 0.6, 0.4)])
@pytest.mark.parametrize("r", [1, 2])
def test_support_without_smoothing_is_the_shrunken_cells(make, r):
    """Rows that lead back, y + sqrt(t0 / t) (x - y), into the cell of their nearest point y."""
    points, x, t, t0 = normal(12, r), 1.5 * normal(200, r, 1), 0.05, 0.3
    score = make(points)
    nearest = points[np.linalg.norm(x[:, None] - points, axis=2).argmin(axis=1)]
    origin = nearest + np.sqrt(t0 / t) * (x - nearest)
    back = points[np.linalg.norm(origin[:, None] - points, axis=2).argmin(axis=1)]
    expected = (back == nearest).all(axis=1)
    np.testing.assert_array_equal(score.support(x, t, t0), expected)
    assert 0 < expected.sum() < 200
    assert FixedDeltaScore(points, 0.1, 0.4).support(x, t, t0).all()


def test_a_fixed_ratio_drives_states_to_the_points():
    """In the gap x - z grows as t^(-rho / (2 - 2 rho)), beside it x - y falls as sqrt(t)."""
    rho, times = 0.4, np.geomspace(1, 0.5, 400)
    score = FixedDeltaScore([-1.0, 1.0], rho, 1.0)
    x = np.array([[0.2], [-0.3], [1.2], [-0.9]])
    end = integrate(score, x, times, "heun")
    grown = 0.5 ** (-rho / (2 - 2 * rho))
    expected = [0.2 * grown, -0.3 * grown, 1 + 0.2 * np.sqrt(0.5), -1 + 0.1 * np.sqrt(0.5)]
    np.testing.assert_allclose(end[:, 0], expected, rtol=1e-5)
    last = integrate(score, x, np.geomspace(1, 1e-8, 2000), "heun")
    np.testing.assert_allclose(last[:, 0], [1, -1, 1, -1], rtol=0, atol=1e-3)


def test_the_closed_form_flow_is_of_the_smoothed_pl_esf_alone():
    for score in (PLScore(LINE), FixedDeltaScore(LINE, 0.1, 0.4), EmpiricalScore(LINE)):
        with pytest.raises(
            TypeError, match="'score' parameter of MixedCellFlow must be a Smoothed"
        ):
            MixedCellFlow(score)
    MixedCellFlow(SmoothedPLScore(PointCloud.of(LINE[:, None]), 0.3, 0.4))


@pytest.mark.parametrize(("delta", "spacing", "name"), [(0, 1, "delta"), (0.1, -1, "spacing")])
def test_bad_lengths(delta, spacing, name):
    with pytest.raises(ValueError, match=f"'{name}' parameter of FixedDeltaScore must be a posi"):
        FixedDeltaScore(LINE, delta, spacing)
