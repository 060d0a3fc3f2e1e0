"""Non-smoothness, and its lower bound against functions of all losses."""

import numpy as np
import pytest
from on_a_line import LINE, WEIGHTS, density, empirical_score, smoothed, smoothed_score, uniform
from scipy.stats import special_ortho_group
from sklearn.linear_model import lars_path

from smoothdiff.cloud import PointCloud
from smoothdiff.theory import (
    kappa_for_loss,
    near_optimality,
    nonsmoothness,
    nonsmoothness_along_lines,
    nonsmoothness_lower_bound,
    score_matching_loss,
    smoothed_pl_nonsmoothness,
)


def test_nonsmoothness_of_a_piecewise_linear_function(rng):
    """It is sum |a_i| for b x + sum_i a_i |x - k_i| / 2, from values and from slopes."""
    knots, a = np.sort(rng.normal(size=9)), rng.normal(size=9)
    x = np.concatenate([[-9.0], knots, [9.0]])
    values = 0.7 * x + np.abs(x[:, None] - knots) @ a / 2
    np.testing.assert_allclose(nonsmoothness(x, values), np.abs(a).sum(), rtol=1e-12)
    slopes = 0.7 + np.cumsum(np.concatenate([[-a.sum() / 2], a]))
    np.testing.assert_allclose(nonsmoothness(knots, slopes=slopes), np.abs(a).sum(), rtol=1e-12)


def test_nonsmoothness_of_a_sampled_function():
    """The integral of |sin''| over a period is 4, approached from below."""
    found = []
    for m in (11, 101, 1001):
        x = np.linspace(0, 2 * np.pi, m)
        found.append(nonsmoothness(x, np.sin(x)))
    assert found[0] < found[1] < found[2] < 4
    np.testing.assert_allclose(found[2], 4, rtol=1e-4)


@pytest.mark.parametrize("points", [LINE, uniform(2)[0], uniform(6)[0]], ids=["uneven", "2", "6"])
@pytest.mark.parametrize("rho", [0.05, 0.5, 0.9])
def test_smoothed_pl_nonsmoothness_is_that_of_the_function(points, rho):
    t, spacing = 0.03, 0.4
    kappa = rho * spacing / np.sqrt(t)
    x = np.linspace(-2, 2, 4001)
    values = np.array([smoothed_score(row, points, t, rho) for row in x])
    closed_form = smoothed_pl_nonsmoothness(points, kappa, t, spacing=spacing)
    np.testing.assert_allclose(closed_form, nonsmoothness(x, values), rtol=1e-9)


def test_smoothed_pl_nonsmoothness_of_uniform_points():
    """2 (n - 1) Delta / (t (Delta - delta)), and infinite where delta >= Delta."""
    y, spacing = uniform(5)
    t, kappa = 0.01, 1.1
    expected = 8 * spacing / (t * (spacing - kappa * np.sqrt(t)))
    np.testing.assert_allclose(smoothed_pl_nonsmoothness(y, kappa, t), expected, rtol=1e-12)
    assert smoothed_pl_nonsmoothness(y, 1.0, spacing**2, spacing=spacing) == np.inf


def test_nonsmoothness_along_lines_in_the_plane():
    """The line through the points has the R of one dimension; a shifted parallel has it too."""
    t, kappa, axis = 0.02, 0.9, np.array([0.6, -0.8])
    field = smoothed(LINE[:, None] * axis, kappa, 0.4)
    along = np.linspace(-3, 3, 2001)[:, None] * axis
    across = np.linspace(-3, 3, 2001)[:, None] * np.array([0.8, 0.6])  # at a right angle
    shift = np.array([0.24, 0.18])
    expected = smoothed_pl_nonsmoothness(LINE, kappa, t, spacing=0.4)
    for lines in ([along], [across, along + shift]):
        found = nonsmoothness_along_lines(field, t, lines)
        np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert nonsmoothness_along_lines(field, t, [across]) < 1e-6 * expected


def test_nonsmoothness_along_lines_is_a_lower_bound():
    """f(x, y) = (x^2 / 2, 0) t: the integral is the length of the line times cos^2 times t."""

    def field(x, t):
        return np.stack([t * x[:, 0] ** 2 / 2, 0 * x[:, 1]], axis=1)

    angle = np.array([0.3, 0.8, 1.2])
    directions = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lines = np.linspace(0, 2, 401)[None, :, None] * directions[:, None]
    found, exact = nonsmoothness_along_lines(field, 0.5, lines), 2 * np.cos(0.3) ** 2 * 0.5
    assert exact * (1 - 0.003) < found < exact


def limit_factor(n):
    return np.sqrt(n * (4 * n - 6)) / (2 * (n - 1))


@pytest.mark.parametrize("n", [2, 3, 8])
def test_lower_bound_tends_to_its_limit(n):
    y, spacing = uniform(n)
    for eps in (1e-4, 0.01, 0.2):
        limit = 2 * (n - 1) * (1 - limit_factor(n) * np.sqrt(eps))
        t = (1e-5 * spacing) ** 2
        np.testing.assert_allclose(t * nonsmoothness_lower_bound(eps, t, y), limit, rtol=1e-4)
    assert 1 <= limit_factor(n) < 1.061


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("points", [uniform(2)[0], uniform(5)[0], LINE], ids=["2", "5", "uneven"])
@pytest.mark.parametrize("t", [0.2, 0.02, 0.002])
def test_no_function_is_below_the_bound(points, t):
    """Candidates: the smoothest piecewise linear functions on 81 knots, for losses of all sizes.

    L_t[f] plus a multiple of R[f] is a lasso on the jumps of the slope, next to a free linear part.
    Each f on its path has the least R for its loss, but for the choice of knots; and where the
    path is cut short (the warning) it is a candidate still.
    """
    reach, weights = 9 * np.sqrt(t), np.arange(1, len(points) + 1)
    weights = weights / weights.sum()
    knots = np.linspace(points[0], points[-1], 81)
    nodes, node_weights = np.polynomial.legendre.leggauss(8)
    tails = np.linspace(0, reach, 20)
    edges = np.unique(np.concatenate([points[0] - tails, knots, points[-1] + tails]))
    half = np.diff(edges)[:, None] / 2
    x = ((edges[:-1] + edges[1:])[:, None] / 2 + half * nodes).ravel()
    mass = (half * node_weights).ravel() * [density(row, points, t, weights) for row in x]
    np.testing.assert_allclose(mass.sum(), 1, rtol=1e-9)
    root = np.sqrt(mass)
    aim = root * [empirical_score(row, points, t, weights) for row in x]
    jumps = root[:, None] * np.abs(x[:, None] - knots) / 2
    linear = np.linalg.qr(root[:, None] * np.stack([np.ones_like(x), x], axis=1))[0]
    aim, jumps = aim - linear @ (linear.T @ aim), jumps - linear @ (linear.T @ jumps)
    ratios = []
    for a in lars_path(jumps, aim, method="lasso", max_iter=50)[2].T[1::3]:
        eps = t * ((aim - jumps @ a) ** 2).sum()
        bound, own = nonsmoothness_lower_bound(eps, t, points, weights), np.abs(a).sum()
        assert own >= bound * (1 - 1e-9)
        ratios.append(own / bound if bound > 0 else np.inf)
    assert len(ratios) > 3
    assert t == 0.2 or min(ratios) < 1.25  # the bound is not an empty one


@pytest.mark.parametrize("n", [2, 3, 6])
@pytest.mark.parametrize("eps", [1e-3, 0.01, 0.1])
def test_lower_bound_is_sharp_as_t_vanishes(n, eps):
    """A Smoothed PL-ESF whose slopes are scaled down around y_k attains it at the same loss."""
    y, spacing = uniform(n)
    t = (1e-6 * spacing) ** 2
    delta = 9 * np.sqrt(t)
    c = np.full(n, 2.0)
    c[[0, -1]] = 1
    slopes = -(1 - np.sqrt(eps / np.mean(c**2)) * c)
    knots = np.concatenate([[y[0] - 9 * delta], np.sort(np.r_[y - delta, y + delta]), [9 + y[-1]]])
    ends = np.repeat(slopes, 2) * np.tile([-delta, delta], n) / t
    values = np.concatenate([[-9 * delta * slopes[0] / t], ends, [9 * slopes[-1] / t]])

    def field(x, _):
        return np.interp(x, knots, values)

    value, error = score_matching_loss(field, y, t)
    assert error < 1e-6 * eps
    np.testing.assert_allclose(value, eps, rtol=1e-4)
    bound = nonsmoothness_lower_bound(value, t, y)
    assert 1 - 1e-9 <= nonsmoothness(knots, values) / bound < 1 + 1e-4


@pytest.mark.parametrize("n", [2, 5])
@pytest.mark.parametrize("eps", [1e-3, 0.0149])
def test_smoothed_pl_is_near_optimal(n, eps):
    """v1, v2: R < (1 + 8 sqrt(eps)) inf R for eps < 0.015, kappa >= F^-1(eps) and t small."""
    y, spacing = uniform(n)
    for kappa in kappa_for_loss(eps) * np.array([1.0, 1.3]):
        ratios = []
        for root in (0.01, 0.001, 1e-5):
            t = (root * spacing) ** 2
            assert score_matching_loss(smoothed(y, kappa, spacing), y, t).value < eps
            ratios.append(near_optimality(kappa, t, y, eps=eps))
        assert np.all(np.array(ratios) < 1 + 8 * np.sqrt(eps))
        limit = 1 / (1 - limit_factor(n) * np.sqrt(eps))
        np.testing.assert_allclose(ratios[-1], limit, rtol=1e-3)
        assert np.all(np.array(ratios) >= 1)
    default = near_optimality(kappa_for_loss(eps), t, y)
    np.testing.assert_allclose(default, near_optimality(kappa_for_loss(eps), t, y, eps=eps))


def test_near_optimality_is_a_ratio():
    t, kappa, eps = 0.002, 0.7, 0.01
    own = smoothed_pl_nonsmoothness(LINE, kappa, t, spacing=0.3)
    bound = nonsmoothness_lower_bound(eps, t, LINE, WEIGHTS)
    found = near_optimality(kappa, t, LINE, WEIGHTS, eps=eps, spacing=0.3)
    np.testing.assert_allclose(found, own / bound, rtol=1e-12)
    assert near_optimality(kappa, t, LINE, eps=5.0) == np.inf
    assert near_optimality(1.0, 0.25, LINE, eps=eps, spacing=0.3) == np.inf


def test_smoothness_of_shifted_and_scaled_points():
    """With x -> c x + b, t -> c^2 t: R of a score falls by c^2; weights and units do not matter."""
    for scale, offset in ((1.0, 1e6), (1e-9, 0.0), (1e9, 0.0)):
        moved = scale * LINE + offset
        found = nonsmoothness_lower_bound(0.01, 0.01 * scale**2, moved, 7 * WEIGHTS) * scale**2
        expected = nonsmoothness_lower_bound(0.01, 0.01, LINE, WEIGHTS)
        np.testing.assert_allclose(found, expected, rtol=1e-7)


def test_points_on_a_line_in_space():
    """R^(d) is R: attained along the line, and less along others; the bound is as on the line."""
    axes = special_ortho_group.rvs(3, random_state=0)
    points = 0.7 + LINE[:, None] * axes[0]
    rho, t, spacing = 0.4, 0.02, 0.3
    kappa = rho * spacing / np.sqrt(t)
    exact = smoothed_pl_nonsmoothness(points, kappa, t, spacing=spacing)
    assert exact == pytest.approx(smoothed_pl_nonsmoothness(LINE, kappa, t, spacing=spacing))
    field, steps = smoothed(points, kappa, spacing), np.linspace(-8, 8, 1601)[:, None]
    along = points[2] + steps * axes[0]
    found = nonsmoothness_along_lines(field, t, [along])
    assert found == pytest.approx(exact, rel=1e-9)
    for angle in (0.3, 1.0):
        direction = np.cos(angle) * axes[0] + np.sin(angle) * axes[1]
        found = nonsmoothness_along_lines(field, t, [points[2] + steps * direction])
        assert found == pytest.approx(exact * np.cos(angle), rel=1e-6)
    order = [3, 0, 4, 1, 2]
    for given in (points[order], PointCloud.of(points, WEIGHTS)):
        weights = None if isinstance(given, PointCloud) else WEIGHTS[order]
        bound = nonsmoothness_lower_bound(0.01, t, given, weights)
        assert bound == pytest.approx(nonsmoothness_lower_bound(0.01, t, LINE, WEIGHTS), rel=1e-9)
        ratio = near_optimality(kappa, t, given, weights, spacing=spacing)
        expected = near_optimality(kappa, t, LINE, WEIGHTS, spacing=spacing)
        assert ratio == pytest.approx(expected, rel=1e-9)
    with pytest.raises(ValueError, match="points must be two or more on a line"):
        near_optimality(kappa, t, points + 1e-6 * np.eye(5, 3))
