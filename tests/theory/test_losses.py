"""F, its inverse and the score matching loss, each against a slow and independent reference."""

from itertools import pairwise

import numpy as np
import pytest
from on_a_line import LINE, WEIGHTS, density, empirical_score, smoothed, smoothed_score, uniform
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.stats import norm

from smoothdiff.cloud import PointCloud
from smoothdiff.scores import EmpiricalScore, SmoothedPLScore
from smoothdiff.theory import (
    asymptotic_loss,
    kappa_for_loss,
    nonsmoothness_along_lines,
    score_matching_loss,
    time_averaged_loss,
)


@pytest.mark.parametrize("kappa", [0.0, 0.3, 1.0, 1.9, 1.999999, 2.0, 2.5, 5.0, 12.0, 30.0])
def test_asymptotic_loss_is_the_integral(kappa):
    """2 int (u - k)^2 phi(u) du with phi(k) taken out; 80 Gauss-Legendre nodes on 20 panels."""
    nodes, weights = np.polynomial.legendre.leggauss(80)
    edges = np.linspace(0, min(13.0, 50 / max(kappa, 1e-9)), 21)
    half = np.diff(edges)[:, None] / 2
    v = (edges[:-1] + edges[1:])[:, None] / 2 + half * nodes
    scaled = (half * weights * v**2 * np.exp(-kappa * v - v**2 / 2)).sum()
    np.testing.assert_allclose(asymptotic_loss(kappa), 2 * norm.pdf(kappa) * scaled, rtol=1e-12)


@pytest.mark.parametrize("kappa", [12.0, 20.0, 30.0])
def test_asymptotic_loss_is_its_series_in_the_tail(kappa):
    """F = 4 phi(k) / k^3 sum_m (-1)^m (2m + 2)! / (2 (2m)!! k^2m): the error is the next term."""
    terms, m = [1.0], 0
    while abs(terms[-1]) > 1e-13:
        m += 1
        terms.append(-terms[-1] * (2 * m + 1) * (2 * m + 2) / (2 * m * kappa**2))
    np.testing.assert_allclose(
        asymptotic_loss(kappa), 4 * norm.pdf(kappa) / kappa**3 * sum(terms), rtol=1e-12
    )


def test_asymptotic_loss_is_the_printed_formula_where_that_is_accurate():
    kappa = np.linspace(0, 2.5, 101).reshape(1, 101)
    printed = 2 * ((1 + kappa**2) * norm.cdf(-kappa) - kappa * norm.pdf(kappa))
    np.testing.assert_allclose(asymptotic_loss(kappa), printed, rtol=1e-13)
    assert asymptotic_loss(0.0) == 1
    assert asymptotic_loss(np.inf) == 0


def test_kappa_for_loss_is_the_inverse():
    eps = np.concatenate([10.0 ** -np.arange(0, 301, 4), [0.0149, 0.5, 0.9, 1 - 1e-9, 1 - 1e-16]])
    kappa = kappa_for_loss(eps)
    np.testing.assert_allclose(asymptotic_loss(kappa), eps, rtol=1e-12)
    assert kappa_for_loss(1.0) == 0
    assert kappa_for_loss(eps.reshape(3, -1)).shape == (3, len(eps) // 3)


@pytest.mark.parametrize("eps", [0.9, 0.1, 1e-3, 1e-8])
def test_kappa_for_loss_is_a_root_found_by_bisection(eps):
    def excess(kappa):
        return quad(lambda u: 2 * (u - kappa) ** 2 * norm.pdf(u), kappa, kappa + 12)[0] / eps - 1

    np.testing.assert_allclose(kappa_for_loss(eps), brentq(excess, 0, 8), rtol=1e-7)


@pytest.mark.parametrize("t", [0.3, 0.02, 0.001])
def test_loss_is_the_integral(t):
    """Against quad between all kinks and midpoints."""
    kappa, spacing = 0.9 * 0.25 / np.sqrt(t), 0.5
    rho = kappa * np.sqrt(t) / spacing
    field = smoothed(LINE, kappa, spacing)
    half, middle = np.diff(LINE) / 2, (LINE[1:] + LINE[:-1]) / 2
    cuts = np.concatenate([LINE, middle, LINE[:-1] + rho * half, LINE[1:] - rho * half])
    around = (LINE[:, None] + np.sqrt(t) * np.array([-12, -6, -3, -1, 1, 3, 6, 12])).ravel()
    cuts = np.unique(np.concatenate([cuts, around]))

    def integrand(x):
        error = smoothed_score(x, LINE, t, rho) - empirical_score(x, LINE, t, WEIGHTS)
        return t * density(x, LINE, t, WEIGHTS) * error**2

    expected = sum(quad(integrand, a, b, epsabs=1e-13, epsrel=1e-10)[0] for a, b in pairwise(cuts))
    value, error = score_matching_loss(field, LINE, t, WEIGHTS)
    assert error < 1e-11 * value
    np.testing.assert_allclose(value, expected, rtol=1e-9)


@pytest.mark.parametrize("jump", [0.123, -0.5, 0.0])
def test_loss_closes_in_on_a_jump(jump):
    """The score s_t + 1 on x > jump has the loss t P(x > jump)."""
    t, points = 0.05, LINE[:, None]
    exact = EmpiricalScore(PointCloud.of(points, WEIGHTS))
    loss = score_matching_loss(lambda x, t: exact(x, t) + (x > jump), LINE, t, WEIGHTS)
    expected = t * (WEIGHTS @ norm.sf((jump - LINE) / np.sqrt(t)))
    np.testing.assert_allclose(loss.value, expected, rtol=1e-11)
    assert abs(loss.value - expected) <= loss.error + 1e-15 < 1e-10


def jumps_and_kinks(n, seed=0):
    """Points, t, a place c, and by how much the score has a jump or a kink there.

    Half of the places are near an end of a panel, at distances down to 1e-9 of its width.
    """
    rng = np.random.default_rng(seed)
    for i in range(n):
        y = np.sort(rng.uniform(-1, 1, rng.integers(2, 6)))
        sigma = 10 ** rng.uniform(-1.5, 0.15)
        c = rng.uniform(y[0] - 3 * sigma, y[-1] + 3 * sigma)
        if i % 2:
            end = rng.integers(-1, 2) / 2 ** rng.integers(0, 3)
            c = y[0] + 2 * sigma * (end + 10 ** rng.uniform(-9, -1) * rng.choice([-1, 1]))
        yield y, sigma, c, 10 ** rng.uniform(-2, 1), ("jump", "kink")[rng.integers(2)]


def off_by_a_jump_or_kink(y, sigma, c, size, what):
    """The loss found of s_t plus a jump, or a kink, at c, and that of the formula."""
    exact, z = EmpiricalScore(PointCloud.of(y[:, None])), (c - y) / sigma

    def field(x, t):
        return exact(x, t) + size * (np.maximum(x - c, 0) / sigma if what == "kink" else x > c)

    of_points = norm.sf(z) if what == "jump" else (1 + z**2) * norm.sf(z) - z * norm.pdf(z)
    return score_matching_loss(field, y, sigma**2), (size * sigma) ** 2 * of_points.mean()


def test_a_jump_beside_the_end_of_a_panel():
    """Within 0.3% of an end a rule without nodes at the ends saw nothing."""
    found, expected = off_by_a_jump_or_kink(np.array([-1.0, 1]), np.sqrt(0.591), 0.5411, 1, "jump")
    assert expected == pytest.approx(0.220805, abs=1e-6)
    assert abs(found.value - expected) <= found.error < 1e-12


@pytest.mark.parametrize("n", [40, pytest.param(1000, marks=pytest.mark.slow)])
def test_the_error_of_quadrature_holds(n):
    for case in jumps_and_kinks(n):
        found, expected = off_by_a_jump_or_kink(*case)
        assert abs(found.value - expected) <= found.error + 4e-15 * expected, case
        assert found.error < 1e-9 * expected + 1e-15, case


def test_known_breakpoints_cost_less():
    """Those of a score of the library, or that a user gives, need no search; the value is one."""
    cloud, t, calls = PointCloud.of(LINE[:, None], WEIGHTS), 0.05, []
    known = SmoothedPLScore(cloud, 0.9, 0.4)

    def counted(x, t):
        calls.append(len(x))
        return known(x, t)

    found = score_matching_loss(known, LINE, t, WEIGHTS)
    searched = score_matching_loss(counted, LINE, t, WEIGHTS)
    n_searched = sum(calls)
    given = score_matching_loss(counted, LINE, t, WEIGHTS, breakpoints=known.breakpoints(t))
    assert sum(calls) - n_searched < n_searched / 3
    assert given.value == found.value
    assert abs(searched.value - found.value) <= searched.error + found.error < 1e-11


def test_breakpoints_of_the_smoothed_score():
    """Between them the field is linear; off them by a little it is not. Jumps without smoothing."""
    cloud = PointCloud.of(LINE[:, None])
    for kappa in (0.5, 10.0):
        score, t = SmoothedPLScore(cloud, kappa, 0.3), 0.05
        edges = score.breakpoints(t)
        assert len(edges) == (2 if score.rho(t) < 1 else 1) * (len(LINE) - 1)
        for a, b in pairwise([LINE[0] - 1, *edges, LINE[-1] + 1]):
            x = np.linspace(a + 1e-9, b - 1e-9, 5)[:, None]
            assert np.abs(np.diff(score(x, t)[:, 0], 2)).max() < 1e-9
        slope = (score(edges[:, None] + 1e-4, t) - score(edges[:, None] - 1e-4, t)) / 2e-4
        beside = (score(edges[:, None] + 2e-4, t) - score(edges[:, None] + 1e-4, t)) / 1e-4
        assert (np.abs(slope - beside) > 1).all()


def test_the_time_averaged_loss_is_the_integral():
    y, spacing = uniform(4)
    score = SmoothedPLScore(PointCloud.of(y[:, None]), 1.2, spacing)
    found = time_averaged_loss(score, y, 0.02, t_min=1e-3)
    mean = quad(lambda t: score_matching_loss(score, y, t).value, 1e-3, 0.02, epsrel=1e-9)[0]
    assert abs(found.value - mean / 0.019) <= found.error + 1e-8 * found.value
    assert found.error < 1e-8 * found.value
    drawn = time_averaged_loss(
        score, y, 0.02, t_min=1e-3, method="monte-carlo", n_samples=20_000, random_state=0
    )
    assert abs(drawn.value - found.value) < 4 * drawn.error < 0.2 * found.value
    everything = time_averaged_loss(score, y, 0.02)
    below = score_matching_loss(score, y, 1e-4).value
    np.testing.assert_allclose(
        everything.value, (found.value * 0.019 + below * 0.001) / 0.02, rtol=0.02
    )


def test_a_loss_that_jumps_in_time():
    """With f = s_t + 1 while t < 0.01: the loss is t there, and 0 after."""
    exact = EmpiricalScore(PointCloud.of(LINE[:, None]))
    found = time_averaged_loss(lambda x, t: exact(x, t) + (t < 0.01), LINE, 0.02, t_min=1e-4)
    assert abs(found.value - (0.01**2 - 1e-8) / 2 / 0.0199) <= found.error < 1e-9


def test_rounding_of_a_score_shows_in_the_error():
    """A score in float32: no endless bisection, and an error that covers the difference."""
    y, spacing = uniform(4)
    field = smoothed(y, 1.0, spacing)
    value, error = score_matching_loss(lambda x, t: np.float32(field(x, t)), y, 0.01)
    exact = score_matching_loss(field, y, 0.01)
    assert abs(value - exact.value) <= error < 1e-8
    assert 1000 * exact.error < error


@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_the_exact_score_has_no_loss(offset):
    """One computed from differences: what is left is rounding, and the error admits to it."""
    y = LINE + offset

    def field(x, t):
        return np.array([[empirical_score(row[0], y, t, WEIGHTS)] for row in x])

    value, error = score_matching_loss(field, y, 0.01, WEIGHTS)
    assert 0 <= value <= error < 1e-18


@pytest.mark.parametrize("n", [2, 4])
@pytest.mark.parametrize("kappa", [0.2, 1.0, 2.0])
def test_loss_tends_to_its_limit(n, kappa):
    """With L = (n-1)/n F(kappa), L_t / L = (1 - rho_t)^-2 up to exponentially small terms."""
    y, spacing = uniform(n)
    limit = (n - 1) / n * asymptotic_loss(kappa)
    field, off = smoothed(y, kappa, spacing), []
    for root in (1 / 8, 1 / 32, 1 / 128, 1 / 1024):
        t = (root * spacing) ** 2
        value, error = score_matching_loss(field, y, t)
        assert error < 1e-10 * value
        np.testing.assert_allclose(value * (1 - kappa * root) ** 2, limit, rtol=1e-9)
        off.append(value / limit - 1)
    assert np.all(np.diff(off) < 0)
    assert 0 < off[-1] < 2.1 * kappa / 1024


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_monte_carlo_agrees_with_quadrature(weights):
    """40000 draws: within 4 standard errors, and the standard error is that of the integrand."""
    t, n, field = 0.05, 40_000, smoothed(LINE, 0.5, 0.3)
    expected = score_matching_loss(field, LINE, t, weights).value
    value, error = score_matching_loss(
        field, LINE, t, weights, method="monte-carlo", n_samples=n, random_state=3
    )
    assert abs(value - expected) <= 4 * error
    assert error < 0.05 * expected
    again = [
        score_matching_loss(
            field, LINE, t, weights, method="monte-carlo", n_samples=1000, random_state=seed
        ).value
        for seed in range(100)
    ]
    # The standard deviation of 100 draws has a relative standard error of some 7% here.
    np.testing.assert_allclose(np.std(again), error * np.sqrt(n / 1000), rtol=0.25)


def test_monte_carlo_in_the_plane():
    """Points on a line of the plane, the normal part exact: the loss is that on the line."""
    t, axis = 0.05, np.array([0.6, 0.8])
    on_the_line = smoothed(LINE, 0.5, 0.3)

    def field(x, t):
        along = x @ axis[:, None]
        return on_the_line(along, t) * axis - (x - along * axis) / t

    expected = score_matching_loss(on_the_line, LINE, t).value
    value, error = score_matching_loss(
        field, LINE[:, None] * axis, t, method="monte-carlo", n_samples=20_000, random_state=0
    )
    assert abs(value - expected) <= 4 * error < 0.2 * expected


def test_repeated_points_are_weights():
    field = smoothed(LINE, 0.5, 0.3)
    repeated = np.repeat(LINE, [1, 2, 1, 3, 1])
    assert score_matching_loss(field, repeated, 0.05).value == pytest.approx(
        score_matching_loss(field, LINE, 0.05, WEIGHTS).value, rel=1e-11
    )


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_the_limit_of_any_gaps_and_weights(weights):
    """Each gap has F of its own kappa, with the weights of its ends: the module's formula."""
    cloud = PointCloud.of(LINE[:, None], weights)
    spacing, kappa = 0.3, 1.0
    y, order, _ = cloud.sorted_line
    w, gaps = cloud.weights[order], np.diff(y) / 2
    parts = (w[:-1] + w[1:]) / 2 * asymptotic_loss(kappa * gaps / spacing)
    found = score_matching_loss(SmoothedPLScore(cloud, kappa, spacing), cloud, 1e-9)
    assert found.value == pytest.approx(parts.sum(), rel=1e-3)


def test_a_field_of_nan_is_refused():
    def nowhere(x, t):
        return np.full_like(x, np.nan)

    for call in (
        lambda: score_matching_loss(nowhere, LINE, 0.1),
        lambda: time_averaged_loss(nowhere, LINE, 0.1, method="monte-carlo"),
        lambda: nonsmoothness_along_lines(nowhere, 0.1, np.linspace(0, 1, 5).reshape(1, -1, 1)),
    ):
        with pytest.raises(ValueError, match="What score returns must be finite"):
            call()
