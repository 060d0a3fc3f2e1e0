"""The formulas of the papers, each against a slow and independent reference, and their limits."""

from itertools import pairwise

import numpy as np
import pytest
import reference
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.stats import norm
from sklearn.linear_model import lars_path

from smoothdiff import SmoothedPLDiffusion
from smoothdiff.cloud import PointCloud
from smoothdiff.scores import EmpiricalScore, SmoothedPLScore
from smoothdiff.theory import (
    asymptotic_loss,
    atom_weights,
    kappa_for_loss,
    kl_bound,
    near_optimality,
    nonsmoothness,
    nonsmoothness_along_lines,
    nonsmoothness_lower_bound,
    score_matching_loss,
    smoothed_pl_nonsmoothness,
    terminal_density,
)

LINE = np.array([-1.4, -1.0, -0.9, 0.2, 1.5])
WEIGHTS = np.array([1.0, 2.0, 1.0, 3.0, 1.0]) / 8


def smoothed(points, kappa, spacing):
    return SmoothedPLScore(PointCloud.of(np.reshape(points, (len(points), -1))), kappa, spacing)


def uniform(n):
    """Points from -1 to 1 and their half-gap Delta."""
    return np.linspace(-1, 1, n), 1 / (n - 1)


def empirical_score(x, y, t, weights):
    """s_t at one number x, from the definition."""
    exponents = np.log(weights) - (x - y) ** 2 / (2 * t)
    share = np.exp(exponents - exponents.max())
    return share @ (y - x) / share.sum() / t


def density(x, y, t, weights):
    return weights @ np.exp(-((x - y) ** 2) / (2 * t)) / np.sqrt(2 * np.pi * t)


def smoothed_score(x, y, t, rho):
    return (reference.line_denoiser(x, y, rho) - x) / t


# ------------------------------------------------------------------ F and its inverse


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


# ------------------------------------------------------------------ score matching loss


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


# ------------------------------------------------------------------ smoothness


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


# ------------------------------------------------------------------ near-optimality


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


# ------------------------------------------------------------------ law at t = 0


@pytest.mark.parametrize(("kappa", "t0"), [(0.1, 0.09), (1.2, 0.02), (0.9, 0.05), (0.3, 0.9)])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_atoms_and_density_have_mass_one(kappa, t0, weights):
    atoms = atom_weights(LINE, kappa, t0, weights, spacing=0.3)
    rho = kappa * np.sqrt(t0) / 0.3
    np.testing.assert_allclose(atoms, reference.line_atoms(LINE, rho, t0, weights), rtol=1e-10)

    def between(x):
        return terminal_density(x, LINE, kappa, t0, weights, spacing=0.3)

    parts = [quad(between, *gap, epsabs=1e-12, epsrel=1e-11, limit=200) for gap in pairwise(LINE)]
    mass = sum(part[0] for part in parts)
    np.testing.assert_allclose(atoms.sum() + mass, 1, rtol=1e-9)
    assert mass > 0.001


@pytest.mark.parametrize(("kappa", "t0"), [(0.1, 0.09), (1.2, 0.02)])
def test_density_is_the_start_pushed_through_the_flow(kappa, t0):
    """p_t0 over the slope of the flow to 0, by differences; the flow is linear in each gap."""
    rho, h = kappa * np.sqrt(t0) / 0.3, 1e-6
    for x in np.linspace(-2, 2, 401):
        low, start, high = (reference.line_flow(x + step, LINE, rho, 0.0) for step in (-h, 0, h))
        if abs(high + low - 2 * start) > 1e-12 or high == low:
            continue
        expected = density(x, LINE, t0, WEIGHTS) * 2 * h / (high - low)
        found = terminal_density(start, LINE, kappa, t0, WEIGHTS, spacing=0.3)
        np.testing.assert_allclose(found, expected, rtol=1e-8)


def test_law_where_nothing_is_left_between_the_points():
    x = np.linspace(-3, 3, 100).reshape(4, 25)
    for kappa in (1.0, 4.0):
        atoms = atom_weights(LINE, kappa, 0.09, WEIGHTS, spacing=0.3)
        np.testing.assert_allclose(atoms.sum(), 1, rtol=1e-14)
        np.testing.assert_allclose(atoms, reference.line_atoms(LINE, 1.0, 0.09, WEIGHTS), rtol=1e-9)
        found = terminal_density(x, LINE, kappa, 0.09, WEIGHTS, spacing=0.3)
        np.testing.assert_array_equal(found, np.zeros(x.shape))


@pytest.mark.parametrize(("kappa", "t0"), [(0.1, 0.09), (0.5, 0.05), (0.1, 0.9)])
@pytest.mark.parametrize("spacing", [None, 0.3])
def test_samples_follow_atoms_and_density(kappa, t0, spacing):
    """50000 samples at t_min = 0, in 8 bins a gap and on each point: 4.5 standard errors.

    The standard error of a share p is sqrt(p (1 - p) / n), of most bins about 0.0004.
    """
    n = 50_000
    model = SmoothedPLDiffusion(
        kappa=kappa, t0=t0, t_min=0, spacing=spacing or "auto", start="isotropic"
    ).fit(LINE[:, None], sample_weight=WEIGHTS)
    x = model.sample(n, random_state=1)[:, 0]
    on_a_point = np.abs(x[:, None] - LINE) < 1e-12
    edges = np.unique([np.linspace(*gap, 9) for gap in pairwise(LINE)])

    def between(z):
        return terminal_density(z, LINE, kappa, t0, WEIGHTS, spacing=spacing)

    bins = [quad(between, *part, epsabs=1e-9)[0] for part in pairwise(edges)]
    atoms = atom_weights(LINE, kappa, t0, WEIGHTS, spacing=spacing)
    counts = np.histogram(x[~on_a_point.any(axis=1)], edges)[0]
    share = np.concatenate([on_a_point.mean(axis=0), counts / n])
    expected = np.concatenate([atoms, bins])
    np.testing.assert_allclose(share.sum(), 1, rtol=1e-12)
    error = np.sqrt(expected * (1 - expected) / n)
    assert np.all(np.abs(share - expected) <= 4.5 * error + 1 / n)
    assert (expected > 10 * error).sum() >= 12  # where the comparison is sharp


# ------------------------------------------------------------------ divergence


def divergence(kappa, t0):
    """KL(u_1 || p_hat_0) by quadrature."""
    delta = kappa * np.sqrt(t0)

    def integrand(x):
        z = (1 - delta) * x
        return -np.log(2 * (1 - delta) * (norm.pdf(z, -1, t0**0.5) + norm.pdf(z, 1, t0**0.5)) / 2)

    return quad(integrand, 0, 1, epsabs=1e-11, epsrel=1e-11, limit=200)[0]


@pytest.mark.parametrize("kappa", [0.05, 0.5, 1.0, 3.0, 9.0])
def test_divergence_is_below_its_bounds(kappa):
    """The tight bound leaves out one of two Gaussians, the farther: at most log 2 is lost."""
    compared = 0
    for t0 in (0.003, 0.01, 0.05, 0.2, 0.9, 3.0):
        if kappa * np.sqrt(t0) >= 1:
            assert kl_bound(kappa, t0) == kl_bound(kappa, t0, printed=True) == np.inf
            continue
        exact, tight, printed = (
            divergence(kappa, t0),
            kl_bound(kappa, t0),
            kl_bound(kappa, t0, printed=True),
        )
        assert exact < tight < exact + np.log(2)
        assert tight + np.log(2) < printed
        delta = kappa * np.sqrt(t0)
        first = 1 / (3 * t0 * (1 - delta))
        rest = np.log(np.sqrt(t0) / (1 - delta)) + np.log(2 * np.sqrt(2 * np.pi))
        np.testing.assert_allclose(printed, first + rest, rtol=1e-12)
        assert exact < first / 2 + rest
        compared += 1
    assert compared >= 2
    both = kl_bound(kappa, np.array([0.003, 0.01]))
    np.testing.assert_array_equal(both, [kl_bound(kappa, 0.003), kl_bound(kappa, 0.01)])


def test_divergence_is_that_of_the_terminal_density():
    found = quad(lambda x: -np.log(2 * terminal_density(x, [-1.0, 1.0], 0.7, 0.1)) / 2, -1, 1)[0]
    np.testing.assert_allclose(found, divergence(0.7, 0.1), rtol=1e-9)


# ------------------------------------------------------------------ bad input

Y, EYE = [0.0, 1.0], np.eye(2)
LINES = np.linspace(0, 1, 5)[None, :, None] * np.ones(2)


def never(x, t):
    raise AssertionError("called before the check")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: asymptotic_loss([1.0, -0.5]), "kappa must be not negative. Got -0.5 instead."),
        (lambda: asymptotic_loss(np.nan), "kappa must be not negative. Got nan instead."),
        (lambda: asymptotic_loss("one"), "kappa must be real numbers. Got dtype <U3 instead."),
        (lambda: kappa_for_loss(0.0), r"eps must be in \(0, 1\]. Got 0.0 instead."),
        (lambda: kappa_for_loss([0.1, 1.5]), r"eps must be in \(0, 1\]. Got 1.5 instead."),
        (lambda: score_matching_loss(never, Y, 0.0), "t must be positive, finite. Got 0.0"),
        (lambda: score_matching_loss(never, Y, [1.0]), r"t must have shape \(\). Got shape \(1,\)"),
        (lambda: score_matching_loss(never, [0, np.inf], 1), "points must be finite. Got inf"),
        (lambda: score_matching_loss(never, [[[1.0]]], 1), r"points must have shape \(n, d\)"),
        (lambda: score_matching_loss(never, Y, 1, [1, 2, 3]), r"weights must have shape \(2,\)"),
        (lambda: score_matching_loss(never, Y, 1, [1, 0]), "weights must be positive, .* Got 0.0"),
        (lambda: score_matching_loss(never, Y, 1, method="mc"), "method must be .* Got 'mc'"),
        (lambda: score_matching_loss(never, EYE, 1), "method='quadrature' needs points on a line"),
        (
            lambda: score_matching_loss(never, Y, 1, n_samples=1.5),
            "n_samples must be a whole .* 1.5",
        ),
        (lambda: score_matching_loss(never, Y, 1, random_state=-1), "random_state must be .* -1"),
        (lambda: score_matching_loss(lambda x, t: x.T, Y, 1), "score must return shape"),
        (lambda: nonsmoothness([0, 0, 1], [1, 2, 3]), "knots must be .*strictly increasing"),
        (lambda: nonsmoothness([0, 1], [1, 2, 3]), r"values must have shape \(2,\)"),
        (lambda: nonsmoothness([0, 1], slopes=[1, 2]), r"slopes must have shape \(3,\)"),
        (lambda: nonsmoothness([0, 1]), "needs values or slopes, and not both"),
        (lambda: nonsmoothness(Y, Y, slopes=[0, 1, 2]), "needs values or slopes, and not both"),
        (lambda: smoothed_pl_nonsmoothness([1, 0], 1, 1), "points must be .*strictly increasing"),
        (lambda: smoothed_pl_nonsmoothness(Y, -1.0, 1), "kappa must be positive, .* Got -1.0"),
        (lambda: smoothed_pl_nonsmoothness(Y, 1, 1, spacing=0), "spacing must be .* Got 0.0"),
        (lambda: nonsmoothness_along_lines(never, 1, EYE), "lines must have shape"),
        (lambda: nonsmoothness_along_lines(never, 1, LINES[:, :2]), "lines must have shape"),
        (lambda: nonsmoothness_along_lines(never, 1, LINES ** [1, 2]), "lines must hold distinct"),
        (lambda: nonsmoothness_along_lines(never, 1, 0 * LINES), "lines must hold distinct"),
        (lambda: nonsmoothness_lower_bound(0.0, 1, Y), "eps must be positive, .* Got 0.0"),
        (lambda: near_optimality(0.0, 1, Y), "kappa must be positive, .* Got 0.0"),
        (lambda: atom_weights([0.0], 1, 1), "points must be two or more"),
        (lambda: atom_weights(Y, 1, -1), "t0 must be positive, .* Got -1"),
        (lambda: terminal_density(np.nan, Y, 1, 1), "x must be numbers. Got nan"),
        (lambda: terminal_density(0.5, Y, 1, 1, [1, -1]), "weights must be .* Got -1"),
        (lambda: kl_bound(0.0, 1), "kappa must be positive, .* Got 0.0"),
        (lambda: kl_bound(1, [1, np.inf]), "t0 must be positive, .* Got inf"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_arguments_are_left_alone():
    y, w, x, lines = LINE.copy(), WEIGHTS * 8, np.linspace(-2, 2, 9), LINES.copy()
    atom_weights(y, 0.5, 0.1, w)
    terminal_density(x, y, 0.5, 0.1, w)
    nonsmoothness_lower_bound(0.1, 0.1, y, w)
    score_matching_loss(lambda x, t: -x, y, 0.1, w)
    nonsmoothness_along_lines(lambda x, t: -x, 0.1, lines)
    for now, before in ((y, LINE), (w, WEIGHTS * 8), (x, np.linspace(-2, 2, 9)), (lines, LINES)):
        np.testing.assert_array_equal(now, before)
