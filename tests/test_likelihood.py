"""The density of the samples: closed forms in one dimension, total mass 1, the law at t = 0."""

import numpy as np
import pytest
import reference
from given import normal
from scipy.stats import multivariate_normal

from smoothdiff import (
    EmpiricalScoreDiffusion,
    SmoothedPLDiffusion,
)
from smoothdiff.cloud import PointCloud
from smoothdiff.likelihood import smoothed_pl_log_density
from smoothdiff.starts import LAWS, STARTS
from smoothdiff.subspace import gaussian_log_density

LINE = np.array([-1.4, -1.0, -0.9, 0.2, 1.5])
WEIGHTS = np.array([1.0, 2.0, 1.0, 3.0, 1.0]) / 8
# (t0, rho_0, rho_min): little and much smoothing, none, and ratios beyond 1.
SETTINGS = [(0.05, 0.1, 0.01), (0.3, 0.7, 0.2), (0.3, 0.9, 0.9), (0.3, 1.5, 0.3), (0.3, 3.0, 1.2)]


def line_start(start, t0):
    return LAWS[start](PointCloud.of(LINE[:, None], WEIGHTS), t0, 0.3, 2)


def density(x, law, rho_0, rho_min):
    return np.exp(smoothed_pl_log_density(x, law.cloud, law, rho_0, rho_min))


def start_density(x, start, t0):
    """p_t0 on the line, by scipy."""
    S = reference.start_covariances(LINE[:, None], start, t0, 0.3, 2, WEIGHTS)
    return np.exp(reference.mixture_log_density(x[:, None], LINE[:, None], S, WEIGHTS))


def breaks(rho_0, rho_min):
    """Where the density on the line may jump: the ends of the cells at rho_min."""
    half = np.diff(LINE) / 2
    shrink = min(rho_min, 1.0) if rho_0 < 1 else rho_min / rho_0
    ends = np.concatenate([LINE[:-1] + shrink * half, LINE[1:] - shrink * half])
    return np.sort(np.concatenate([LINE, ends]))


def gauss_legendre(function, edges, n):
    nodes, weights = np.polynomial.legendre.leggauss(n)
    middle, half = (edges[1:] + edges[:-1]) / 2, np.diff(edges) / 2
    x = middle[:, None] + half[:, None] * nodes
    return (half[:, None] * weights * function(x.ravel()).reshape(x.shape)).sum()


@pytest.mark.parametrize(("t0", "rho_0", "rho_min"), SETTINGS[:3])
@pytest.mark.parametrize("start", [start for start in STARTS if start != "gaussian"])
def test_density_on_the_line_is_the_start_pushed_through_the_flow(start, t0, rho_0, rho_min, rng):
    x = np.concatenate([rng.uniform(-4, 4, size=200), LINE])
    origin = np.array([reference.line_flow(value, LINE, rho_min, rho_0) for value in x])
    on_a_cell = np.array([reference.line_denoiser(value, LINE, rho_min) in LINE for value in x])
    slope = np.where(on_a_cell, rho_0 / rho_min, (1 - rho_0) / (1 - rho_min))
    expected = start_density(origin, start, t0) * slope
    actual = density(x[:, None], line_start(start, t0), rho_0, rho_min)
    np.testing.assert_allclose(actual, expected, rtol=1e-9, atol=1e-300)


@pytest.mark.parametrize(("t0", "rho_0", "rho_min"), SETTINGS)
@pytest.mark.parametrize("start", STARTS)
def test_mass_on_the_line_is_one(start, t0, rho_0, rho_min):
    """Gauss-Legendre between the jumps; the error is estimated with half as many nodes."""
    law, edges = line_start(start, t0), breaks(rho_0, rho_min)
    edges = np.unique(np.r_[edges, np.linspace(-60, 60, 61), np.linspace(-6, 6, 121)])
    coarse, fine = (
        gauss_legendre(lambda x: density(x[:, None], law, rho_0, rho_min), edges, n)
        for n in (16, 32)
    )
    assert abs(fine - coarse) < 1e-8
    assert abs(fine - 1) <= 1e-8


@pytest.mark.parametrize("rho_0", [0.1, 0.509, 0.9])
def test_law_at_t_0_is_atoms_and_a_density(rho_0):
    """As rho_min falls: the mass near y_k is a_k, and the rest has the density p_tilde."""
    t0, rho_min = 0.05, 1e-7
    law = line_start("isotropic", t0)
    half = np.diff(LINE) / 2
    atoms = reference.line_atoms(LINE, rho_0, t0, WEIGHTS)
    assert 0 < 1 - atoms.sum() < 1
    for k, y in enumerate(LINE):
        # The cell of y_k: out to its end, or to where the start is negligible.
        left = rho_min * half[k - 1] if k > 0 else 12 * rho_min
        right = rho_min * half[k] if k < len(half) else 12 * rho_min
        edges = np.unique(
            np.concatenate([np.linspace(y - left, y, 41), np.linspace(y, y + right, 41)])
        )
        mass = gauss_legendre(lambda x: density(x[:, None], law, rho_0, rho_min), edges, 16)
        np.testing.assert_allclose(mass, atoms[k], rtol=1e-6)
    middle = (LINE[1:] + LINE[:-1]) / 2
    for z, h in zip(middle, half, strict=True):
        x = z + h * np.linspace(-0.99, 0.99, 41)
        # (1 - sum a) p_tilde(x) = (1 - rho_0) p_t0(z + (1 - rho_0) (x - z))
        expected = (1 - rho_0) * start_density(z + (1 - rho_0) * (x - z), "isotropic", t0)
        actual = density(x[:, None], law, rho_0, rho_min)
        np.testing.assert_allclose(actual, expected, rtol=1e-5)


@pytest.mark.parametrize(("rho_0", "rho_min"), [(1.5, 0.3), (3.0, 1.2), (1.0, 0.2)])
def test_support_without_smoothing_is_the_shrunken_cells(rho_0, rho_min):
    x = np.linspace(-1.39, 1.49, 4001)
    actual = density(x[:, None], line_start("isotropic", 0.3), rho_0, rho_min) > 0
    half = np.diff(LINE) / 2
    reach = rho_min / rho_0 * np.concatenate([[np.inf], half, [np.inf]])
    nearest = np.abs(x[:, None] - LINE).argmin(axis=1)
    offset = x - LINE[nearest]
    expected = (offset <= reach[nearest + 1]) & (-offset <= reach[nearest])
    edge = np.abs(np.abs(offset) - np.where(offset > 0, reach[nearest + 1], reach[nearest])) < 1e-6
    np.testing.assert_array_equal(actual[~edge], expected[~edge])
    assert 0 < expected.sum() < len(x)


@pytest.mark.parametrize(
    ("start", "rho_0", "rho_min"),
    [(start, 0.7, 0.35) for start in STARTS] + [("local", 0.2, 0.1), ("adaptive", 1.5, 0.9)],
)
def test_mass_in_the_plane_is_one(start, rho_0, rho_min):
    """Midpoint rule on six randomly shifted grids: their scatter is its error (jumps included)."""
    rng = np.random.default_rng(0)
    points = rng.normal(size=(12, 2))
    law = LAWS[start](PointCloud.of(points, rng.uniform(1, 2, 12)), 0.15, 0.3, 3)
    low, width, n = -6.0, 12.0, 200
    estimates = []
    for shift in rng.uniform(size=(6, 2)):
        ticks = low + width * (np.arange(n)[:, None] + shift) / n
        x = np.stack(np.meshgrid(*ticks.T, indexing="ij"), axis=-1).reshape(-1, 2)
        x = x[np.linalg.norm(x[:, None] - points, axis=-1).min(axis=1) < 4]
        estimates.append(density(x, law, rho_0, rho_min).sum() * (width / n) ** 2)
    error = np.std(estimates, ddof=1) / np.sqrt(len(estimates))
    assert abs(np.mean(estimates) - 1) <= 4 * error
    assert error < 5e-3


@pytest.mark.parametrize("r", [2, 3])
def test_density_is_the_start_over_the_numerical_jacobian(r, rng):
    """Away from faces the reference solve, differenced, gives the Jacobian of the way back."""
    points = rng.normal(size=(20, r))
    law = LAWS["local-pca"](PointCloud.of(points), 0.2, 0.3, 6)
    rho_0, rho_min, h = 0.6, 0.15, 1e-6
    x = 1.2 * rng.normal(size=(25, r))

    def origin(x):
        a = reference.mixed_cell(x, points, rho_min)
        v = (x - (1 - rho_min) * a) / rho_min
        return (1 - rho_0) * a + rho_0 * v

    forward = np.stack([origin(x + h * e) - origin(x) for e in np.eye(r)], axis=1) / h
    backward = np.stack([origin(x) - origin(x - h * e) for e in np.eye(r)], axis=1) / h
    smooth = np.abs(forward - backward).max(axis=(1, 2)) < 1e-6
    assert smooth.sum() >= 20
    S = reference.start_covariances(points, "local-pca", 0.2, 0.3, 6)
    expected = reference.mixture_log_density(origin(x), points, S, np.full(20, 1 / 20))
    expected += np.linalg.slogdet(forward)[1]
    actual = smoothed_pl_log_density(x, law.cloud, law, rho_0, rho_min)
    np.testing.assert_allclose(actual[smooth], expected[smooth], rtol=0, atol=1e-6)


def test_density_on_a_grid_is_the_product_of_its_axes(rng):
    """Also on the center lines, where the face is larger than the hull of the parents."""
    ticks, (rho_0, rho_min) = ([0.0, 1.0, 2.5], [0.0, 1.0]), (0.6, 0.2)
    x = rng.uniform(-0.5, 3, size=(30, 2))
    x[:10, 0], x[5:15, 1] = 0.5, 0.5
    *lines, plane = (
        LAWS["isotropic"](PointCloud.of(np.stack(axes, axis=-1).reshape(-1, len(axes))), 0.2)
        for axes in ([ticks[0]], [ticks[1]], np.meshgrid(*ticks))
    )
    expected = np.prod(
        [density(x[:, [i]], line, rho_0, rho_min) for i, line in enumerate(lines)], axis=0
    )
    np.testing.assert_allclose(density(x, plane, rho_0, rho_min), expected, rtol=1e-9)


@pytest.mark.parametrize("dim", [1, 3])
@pytest.mark.parametrize("variance", [1e-6, 0.4, 30.0])
def test_normal_factor(dim, variance, rng):
    x = rng.normal(size=(20, dim))
    expected = multivariate_normal(np.zeros(dim), variance * np.eye(dim)).logpdf(x)
    actual = gaussian_log_density((x**2).sum(axis=1), dim, variance)
    np.testing.assert_allclose(actual, expected, rtol=1e-9, atol=1e-9)


# ------------------------------------------------------------------ by steps of the ODE


@pytest.mark.parametrize("solver", ["euler", "heun"])
def test_how_far_steps_are_off_the_closed_form_is_told(solver):
    """By hundreds of nats at rows that the model has not seen, always upwards."""
    X, x = normal(100, 2), normal(50, 2, 1)
    exact = EmpiricalScoreDiffusion().fit(X)
    model = EmpiricalScoreDiffusion(solver=solver).fit(X)
    with pytest.warns(UserWarning, match=rf"by solver='{solver}' are off by up to") as told:
        found = model.score_samples(x)
    most = np.abs(found - exact.score_samples(x)).max()
    assert most > 100
    assert f"up to {most:.2g}, compared" in str(told[0].message)
    model.score_samples(exact.sample(50, random_state=0))  # which is not told of


@pytest.mark.parametrize(
    ("Estimator", "solver", "d"),
    [
        (EmpiricalScoreDiffusion, "euler", 1),
        (EmpiricalScoreDiffusion, "heun", 4),
        (SmoothedPLDiffusion, "euler", 4),
        (SmoothedPLDiffusion, "heun", 1),
        (SmoothedPLDiffusion, "heun", 2),
    ],
)
@pytest.mark.filterwarnings("ignore:Steps jump over the edges")
def test_density_by_steps_converges_to_the_closed_form(Estimator, solver, d):
    """Median error over 60 points as the steps double; where the flow has kinks, rows jump."""
    X, x = normal(40, d), 0.8 * normal(60, d, 1)
    shared = {"t0": 0.3, "t_min": 0.1, "spacing": 0.4}
    if Estimator is SmoothedPLDiffusion:
        shared["kappa"] = 0.2
    exact = Estimator(**shared).fit(X).score_samples(x)
    errors = [
        np.median(
            np.abs(Estimator(solver=solver, n_steps=n, **shared).fit(X).score_samples(x) - exact)
        )
        for n in (20, 40, 80)
    ]
    order, most = {"euler": (1, 0.1), "heun": (2, 8e-3)}[solver]
    assert abs(np.log2(errors[0] / errors[-1]) / 2 - order) < 0.35
    assert errors[-1] < most


@pytest.mark.filterwarnings("ignore:Rows that no sample reaches")
@pytest.mark.parametrize("solver", ["euler", "heun"])
def test_steps_leave_nothing_off_the_support(solver):
    """Two points, kappa sqrt(t0) = 2 spacings: between the shrunken cells the density is 0."""
    X, x = np.array([[0.0], [1.0]]), np.linspace(-0.4, 1.4, 37)[:, None]
    exact, stepped = (
        SmoothedPLDiffusion(kappa=2.0, solver=s, n_steps=400).fit(X).score_samples(x)
        for s in ("exact", solver)
    )
    assert np.isneginf(exact).any()
    np.testing.assert_array_equal(np.isneginf(stepped), np.isneginf(exact))
    inside = np.isfinite(exact)
    # Relative in the tails, where the log-density itself is large.
    np.testing.assert_allclose(stepped[inside], exact[inside], rtol=0.02, atol=0.05)


def test_minus_infinity_is_explained():
    """Where smoothing is off at t0, in one sentence with the numbers; not where it is on."""
    X, x = np.array([[0.0], [1.0]]), np.linspace(-0.4, 1.4, 37)[:, None]
    with pytest.warns(UserWarning, match=r"kappa sqrt\(t0\) is 1, not below spacing_ = 0\.5"):
        SmoothedPLDiffusion(kappa=2.0).fit(X).score_samples(x)
    assert np.isfinite(SmoothedPLDiffusion(kappa=0.9).fit(X).score_samples(x)).all()
