"""The law at t = 0 against samples and the flow, and the bound of its divergence."""

from itertools import pairwise

import numpy as np
import pytest
import reference
from on_a_line import LINE, WEIGHTS, density
from scipy.integrate import quad
from scipy.stats import norm

from smoothdiff import SmoothedPLDiffusion
from smoothdiff.theory import (
    atom_weights,
    kl_bound,
    terminal_density,
    terminal_kl,
)


def integrals(function, edges):
    """Of a function of arrays, between each two edges: 20 Gauss-Legendre nodes on 8 panels.

    Next to machine precision where nothing jumps and a panel is no wider than a deviation.
    """
    nodes, weights = np.polynomial.legendre.leggauss(20)
    ends = np.linspace(edges[:-1], edges[1:], 9, axis=1)
    half = np.diff(ends, axis=1)[..., None] / 2
    x = ends[:, :-1, None] + half * (1 + nodes)
    return (half * weights * function(x)).sum(axis=(1, 2))


@pytest.mark.parametrize(("kappa", "t0"), [(0.1, 0.09), (1.2, 0.02), (0.9, 0.05), (0.3, 0.9)])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_atoms_and_density_have_mass_one(kappa, t0, weights):
    atoms = atom_weights(LINE, kappa, t0, weights, spacing=0.3)
    rho = kappa * np.sqrt(t0) / 0.3
    np.testing.assert_allclose(atoms, reference.line_atoms(LINE, rho, t0, weights), rtol=1e-10)

    def between(x):
        return terminal_density(x, LINE, kappa, t0, weights, spacing=0.3)

    mass = integrals(between, LINE).sum()
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

    bins = integrals(between, edges)
    atoms = atom_weights(LINE, kappa, t0, WEIGHTS, spacing=spacing)
    counts = np.histogram(x[~on_a_point.any(axis=1)], edges)[0]
    share = np.concatenate([on_a_point.mean(axis=0), counts / n])
    expected = np.concatenate([atoms, bins])
    np.testing.assert_allclose(share.sum(), 1, rtol=1e-12)
    error = np.sqrt(expected * (1 - expected) / n)
    assert np.all(np.abs(share - expected) <= 4.5 * error + 1 / n)
    assert (expected > 10 * error).sum() >= 12  # where the comparison is sharp


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


# ------------------------------------------------------------------ divergences for any points


@pytest.mark.parametrize("kappa", [0.1, 0.7])
@pytest.mark.parametrize("t0", [0.005, 0.1, 0.9])
def test_divergence_of_the_uniform_law_from_two_points(kappa, t0):
    found = terminal_kl([-1.0, 1.0], kappa, t0)
    np.testing.assert_allclose(found, divergence(kappa, t0), rtol=1e-8)
    assert found < kl_bound(kappa, t0)


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize(("kappa", "t0"), [(0.1, 0.09), (1.2, 0.02)])
def test_divergence_of_the_uniform_law(kappa, t0, weights):
    def integrand(x):
        density = terminal_density(x, LINE, kappa, t0, weights, spacing=0.3)
        return -np.log(density * np.ptp(LINE)) / np.ptp(LINE)

    found = terminal_kl(LINE, kappa, t0, weights, spacing=0.3)
    np.testing.assert_allclose(found, integrals(integrand, LINE).sum(), rtol=1e-8)


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("of", [(0.1, 0.09), (0.8, 0.05), (0.3, 0.9)])
def test_divergence_of_one_terminal_law_from_another(of, weights):
    laws = {
        law: (
            atom_weights(LINE, *law, weights, spacing=0.3),
            lambda x, law=law: terminal_density(x, LINE, *law, weights, spacing=0.3),
        )
        for law in (of, (0.4, 0.06))
    }
    (b, q), (a, p) = laws.values()

    def integrand(x):
        return q(x) * np.log(q(x) / p(x))

    expected = (b * np.log(b / a)).sum() + integrals(integrand, LINE).sum()
    found = terminal_kl(LINE, 0.4, 0.06, weights, spacing=0.3, of=of)
    np.testing.assert_allclose(found, expected, rtol=1e-7)
    assert found > 1e-3
    assert terminal_kl(LINE, *of, weights, spacing=0.3, of=of) == 0.0


def test_divergence_where_a_law_has_no_density():
    """For rho >= 1 all mass is on the points: nothing else can be of it, and it of others."""
    off, on = (1.0, 0.1), (0.3, 0.1)
    assert terminal_kl(LINE, *off, spacing=0.3) == np.inf
    assert terminal_kl(LINE, *off, spacing=0.3, of=on) == np.inf
    b, a = (atom_weights(LINE, *law, spacing=0.3) for law in (off, on))
    expected = (b * np.log(b / a)).sum()
    np.testing.assert_allclose(terminal_kl(LINE, *on, spacing=0.3, of=off), expected, rtol=1e-12)
    assert terminal_kl(LINE, *off, spacing=0.3, of=(2.0, 0.1)) == 0.0


def test_divergence_where_densities_underflow():
    """Their logarithms do not; the bound then leaves out next to nothing."""
    assert terminal_density(0.0, [-1.0, 1.0], 0.5, 1e-4) == 0.0
    found, bound = terminal_kl([-1.0, 1.0], 0.5, 1e-4), kl_bound(0.5, 1e-4)
    assert bound - 1e-3 < found < bound


@pytest.mark.parametrize("kappa", [1e-3, 1e-6, 1e-12, 1e-17, 1e-40])
def test_little_mass_to_all_its_digits(kappa):
    """Of three points, by integrals in 50 digits; and where nothing differs KL is 0."""
    mpmath = pytest.importorskip("mpmath")
    y, t0 = [-1.0, 0.25, 2.0], 0.3
    with mpmath.workdps(60):
        rho = mpmath.mpf(kappa) * mpmath.sqrt(t0) / mpmath.mpf(0.5)
        low, high = -rho * mpmath.mpf(1.25) / 2, rho * mpmath.mpf(1.75) / 2
        below, above = ([(y[1] + part - k) / mpmath.sqrt(t0) for k in y] for part in (low, high))
        parts = [mpmath.ncdf(b) - mpmath.ncdf(a) for a, b in zip(below, above, strict=True)]
        expected = sum(parts) / 3
        found = atom_weights(y, kappa, t0, spacing=0.5)[1]
        assert abs(found / expected - 1) < 1e-12
    assert terminal_kl(y, kappa, t0, of=(kappa, t0), spacing=0.5) == 0
    assert np.isfinite(terminal_kl(y, kappa, t0, of=(0.5, t0), spacing=0.5))
