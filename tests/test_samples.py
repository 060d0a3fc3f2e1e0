"""The law of the samples, their parents and paths, against the density and the formulas."""

import numpy as np
import pytest
import reference
from scipy.integrate import solve_ivp
from scipy.stats import kstest, norm

from smoothdiff import EmpiricalScoreDiffusion, LocalAverageDiffusion, SmoothedPLDiffusion
from smoothdiff.noise import karras_times
from smoothdiff.starts import STARTS

ESTIMATORS = [EmpiricalScoreDiffusion, SmoothedPLDiffusion, LocalAverageDiffusion]
EXACT = ESTIMATORS[:2]

pytestmark = pytest.mark.usefixtures("few_steps")
# Kolmogorov's statistic of n samples exceeds this over sqrt(n) once in a hundred times.
KOLMOGOROV_99 = 1.63


def normal(n, d, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d))


@pytest.fixture(name="Estimator", params=ESTIMATORS)
def estimator_class(request):
    return request.param


# ------------------------------------------------------------------ laws


@pytest.mark.parametrize("t_min", [0.01, 0.3])
def test_empirical_samples_follow_the_noised_data(t_min):
    """20000 samples in one dimension, Kolmogorov's test at 1%."""
    y, weights, n = normal(7, 1)[:, 0], np.arange(1.0, 8) / 28, 20_000
    model = EmpiricalScoreDiffusion(t0=1.0, t_min=t_min).fit(y[:, None], sample_weight=weights)
    x = model.sample(n, random_state=0)[:, 0]

    def cdf(z):
        return norm.cdf((z[:, None] - y) / np.sqrt(t_min)) @ weights

    assert kstest(x, cdf).statistic <= KOLMOGOROV_99 / np.sqrt(n)


LINE = np.array([-1.4, -1.0, -0.9, 0.2, 1.5])
WEIGHTS = np.array([1.0, 2.0, 1.0, 3.0, 1.0]) / 8


@pytest.mark.parametrize(("kappa", "t0"), [(0.1, 0.09), (1.2, 0.02), (0.9, 0.05)])
def test_atoms_and_gaps_on_the_line(kappa, t0):
    """50000 samples at t_min = 0: a_k within 4 standard errors, Kolmogorov's test between."""
    n, delta = 50_000, 0.3
    model = SmoothedPLDiffusion(kappa=kappa, t0=t0, t_min=0, spacing=delta, start="isotropic")
    x = model.fit(LINE[:, None], sample_weight=WEIGHTS).sample(n, random_state=0)[:, 0]
    rho_0 = kappa * np.sqrt(t0) / delta
    atoms = reference.line_atoms(LINE, rho_0, t0, WEIGHTS)
    on_a_point = np.abs(x[:, None] - LINE) < 1e-12
    error = np.sqrt(atoms * (1 - atoms) / n)
    assert np.all(np.abs(on_a_point.mean(axis=0) - atoms) <= 4 * error)
    between = x[~on_a_point.any(axis=1)]

    def start_cdf(z):
        return norm.cdf((z[..., None] - LINE) / np.sqrt(t0)) @ WEIGHTS

    middle, half = (LINE[1:] + LINE[:-1]) / 2, np.diff(LINE) / 2
    low = start_cdf(middle - (1 - rho_0) * half)
    mass = np.append(0, np.cumsum(start_cdf(middle + (1 - rho_0) * half) - low))

    def cdf(z):  # of the law between the points, pulled back to t0 gap by gap
        k = np.clip(np.searchsorted(LINE, z) - 1, 0, 3)
        origin = middle[k] + (1 - rho_0) * (z - middle[k])
        return (mass[k] + start_cdf(origin) - low[k]) / mass[-1]

    assert len(between) > 300
    np.testing.assert_allclose(mass[-1], 1 - atoms.sum(), rtol=1e-12)
    assert kstest(between, cdf).statistic <= KOLMOGOROV_99 / np.sqrt(len(between))


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(("t0", "t_min"), [(0.09, 0.0009), (0.3, 0.1), (0.2, 0.2)])
def test_smoothed_samples_follow_their_density_on_the_line(start, t0, t_min):
    """20000 samples against the integral of the density, Kolmogorov's test at 1%."""
    n = 20_000
    model = SmoothedPLDiffusion(
        kappa=0.5, t0=t0, t_min=t_min, spacing=0.3, start=start, start_neighbors=2
    ).fit(LINE[:, None], sample_weight=WEIGHTS)
    x = model.sample(n, random_state=0)[:, 0]
    grid = np.unique(np.concatenate([np.linspace(-40, 40, 4001), np.linspace(-3, 3, 60_001)]))
    density = np.exp(model.score_samples(((grid[1:] + grid[:-1]) / 2)[:, None]))
    cumulative = np.append(0, np.cumsum(density * np.diff(grid)))
    assert abs(cumulative[-1] - 1) < 1e-3
    statistic = kstest(x, lambda z: np.interp(z, grid, cumulative)).statistic
    assert statistic <= KOLMOGOROV_99 / np.sqrt(n) + 1e-3


LAWS = {
    "empirical": EmpiricalScoreDiffusion(t0=0.3, t_min=0.1),
    "empirical, residual": EmpiricalScoreDiffusion(t0=0.3, t_min=0.1, n_components=2),
    **{
        start: SmoothedPLDiffusion(
            kappa=0.5, t0=0.3, t_min=0.1, spacing=0.4, start=start, start_neighbors=4
        )
        for start in STARTS
    },
    "memorizing": SmoothedPLDiffusion(kappa=0.9, t0=0.3, t_min=0.15, spacing=0.4),
    "residual": SmoothedPLDiffusion(kappa=0.5, t0=0.3, t_min=0.1, n_components=2),
    "one component": SmoothedPLDiffusion(kappa=0.5, t0=0.3, t_min=0.1, n_components=1),
}


@pytest.mark.parametrize("d", [2, 3])
@pytest.mark.parametrize("law", LAWS)
def test_samples_follow_the_density(law, d):
    """Counts of 40000 samples in 4^d boxes against the density's integral: 4.5 standard errors.

    The integral is the mean over random points of each box; its error is counted too.
    """
    X, weights = normal(12, d) * np.linspace(1.5, 0.7, d), np.arange(1.0, 13)
    model, n, side, per_box = LAWS[law].fit(X, sample_weight=weights), 40_000, 0.75, 400
    corners = side * np.stack(np.mgrid[(slice(-2, 2),) * d], axis=-1).reshape(-1, d)
    x = model.sample(n, random_state=0)
    inside = ((x[:, None] >= corners) & (x[:, None] < corners + side)).all(axis=-1)
    u = corners[:, None] + side * np.random.default_rng(1).uniform(size=(1, per_box, d))
    density = np.exp(model.score_samples(u.reshape(-1, d))).reshape(-1, per_box)
    expected = side**d * density.mean(axis=1)
    error = np.sqrt(
        expected * (1 - expected) / n + side ** (2 * d) * density.var(axis=1) / per_box + 1 / n**2
    )
    assert np.all(np.abs(inside.mean(axis=0) - expected) <= 4.5 * error)
    assert (expected > 10 * error).sum() >= 4  # boxes where the comparison is sharp


def test_residual_variance_is_kept(Estimator):
    """20000 samples: variance t_min + noise_variance_ along each normal direction, 4 errors."""
    X, n = normal(60, 4) * [3.0, 2.0, 0.5, 0.4], 20_000
    model = Estimator(n_components=2, t0=0.5, t_min=0.05).fit(X)
    x = model.sample(n, random_state=0) - model.mean_
    normal_axes = np.linalg.svd(model.components_)[2][2:]
    expected = model.noise_variance_ + 0.05
    np.testing.assert_allclose(model.noise_variance_, (0.5**2 + 0.4**2) / 2, rtol=0.4)
    variance = (x @ normal_axes.T).var(axis=0)
    assert np.all(np.abs(variance - expected) <= 4 * expected * np.sqrt(2 / n))
    correlation = np.corrcoef((x @ np.vstack([model.components_, normal_axes]).T).T)[2:, :3]
    assert np.abs(correlation[0, :2]).max() <= 4 / np.sqrt(n)


def test_data_in_a_subspace_keep_noise_of_t_min_alone(Estimator):
    X, n = normal(30, 1) * [0.8, 0.6], 20_000
    model = Estimator(t0=0.02, t_min=0.005, spacing=1 / 3).fit(X)
    off = model.sample(n, random_state=0) @ [-0.6, 0.8]
    assert abs(off.var() - 0.005) <= 4 * 0.005 * np.sqrt(2 / n)
    assert kstest(off / np.sqrt(0.005), "norm").statistic <= KOLMOGOROV_99 / np.sqrt(n)
    if Estimator in EXACT:
        terminal = Estimator(t0=0.02, t_min=0, spacing=1 / 3).fit(X).sample(50)
        np.testing.assert_allclose(terminal @ [-0.6, 0.8], 0, atol=1e-15)


@pytest.mark.parametrize(
    ("kappa", "memorized"), [(0.02, (0.0, 0.1)), (1.0, (1.0, 1.0)), (3.0, (1.0, 1.0))]
)
def test_kappa_is_a_dial_from_interpolating_to_memorizing(kappa, memorized):
    X = np.stack(np.mgrid[:4.0, :4.0], axis=-1).reshape(-1, 2)  # every half-gap is Delta
    model = SmoothedPLDiffusion(kappa=kappa, t_min=0, start="isotropic").fit(X)
    x = model.sample(2000, random_state=0)
    inner = ((x > 0.01) & (x < 2.99)).all(axis=1)
    copied = np.linalg.norm(x[:, None] - X, axis=-1).min(axis=1) < 1e-9
    low, high = memorized
    assert low <= copied[inner].mean() <= high if low < 1 else copied.all()


def test_all_rows_of_the_empirical_model_are_copies_at_zero():
    X = normal(20, 3)
    x, parents, weights = EmpiricalScoreDiffusion(t_min=0).fit(X).sample(200, return_parents=True)
    np.testing.assert_allclose(x, X[parents[:, 0]], rtol=0, atol=1e-13)
    np.testing.assert_array_equal(weights, 1)
    assert len(set(parents[:, 0])) > 15


# ------------------------------------------------------------------ parents


SETS = {
    "line": lambda: normal(20, 1),
    "plane": lambda: normal(40, 2),
    "space": lambda: normal(60, 3),
    "many dimensions": lambda: normal(60, 8),
    "plane in space": lambda: normal(40, 2) @ normal(2, 5, 1),
    "grid": lambda: np.stack(np.mgrid[:5.0, :4.0], axis=-1).reshape(-1, 2),
    "fewer rows than columns": lambda: normal(5, 9),
    "repeated rows": lambda: np.repeat(normal(15, 2), 2, axis=0),
}


@pytest.mark.parametrize("t0", ["auto", 25.0])
@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("data", SETS)
def test_samples_at_zero_are_means_of_their_parents(data, start, t0):
    X = SETS[data]()
    model = SmoothedPLDiffusion(kappa=0.05, t_min=0, t0=t0, start=start).fit(X)
    x, parents, weights = model.sample(300, random_state=0, return_parents=True)
    np.testing.assert_allclose(np.einsum("nk,nkd->nd", weights, X[parents]), x, rtol=0, atol=1e-10)
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=0, atol=1e-12)
    assert np.all((parents == -1) == (weights == 0))
    assert np.all(weights >= 0)
    assert np.all(np.diff(weights, axis=1) <= 0)
    assert len(x) == len(parents) == 300
    assert parents.max() < len(X)
    first = [np.flatnonzero((X[k] == X).all(axis=1))[0] for k in parents[parents >= 0]]
    np.testing.assert_array_equal(first, parents[parents >= 0])  # of equal rows, the first


def test_most_samples_have_several_parents():
    x = SmoothedPLDiffusion(kappa=0.05, t_min=0).fit(normal(60, 2))
    weights = x.sample(300, random_state=0, return_parents=True)[2]
    assert ((weights > 0).sum(axis=1) > 1).mean() > 0.8


def test_parents_of_noisy_samples_are_those_of_their_decomposition():
    X = normal(40, 2)
    model = SmoothedPLDiffusion(kappa=0.4).fit(X)
    x, parents, weights = model.sample(300, random_state=0, return_parents=True)
    parts = model.decompose(x, model.t_min_)
    np.testing.assert_allclose(parts.a, np.einsum("nk,nkd->nd", weights, X[parents]), atol=1e-9)
    sets, expected = ([set(row) - {-1} for row in rows] for rows in (parents, parts.parents))
    assert sets == expected


@pytest.mark.parametrize("solver", ["euler", "heun"])
def test_parents_with_a_stepped_solver(solver):
    """Those of the sample itself, and nearly those of the exact flow from the same start."""
    X = normal(40, 2)
    parameters = {"kappa": 0.4, "n_steps": 200}
    exact = SmoothedPLDiffusion(**parameters).fit(X)
    stepped = SmoothedPLDiffusion(solver=solver, **parameters).fit(X)
    _, parents, weights = exact.sample(100, random_state=0, return_parents=True)
    x, own, own_weights = stepped.sample(100, random_state=0, return_parents=True)
    parts = stepped.decompose(x, stepped.t_min_)
    np.testing.assert_array_equal(own, parts.parents)
    np.testing.assert_allclose(own_weights, parts.weights, atol=1e-12)
    assert (own == parents).all(axis=1).mean() > 0.9
    assert np.abs(own_weights - weights)[(own == parents).all(axis=1)].max() < 0.1
    np.testing.assert_array_equal(stepped.sample(100, random_state=0), x)


@pytest.mark.parametrize("solver", ["exact", "heun"])
def test_parents_of_noisy_empirical_samples(solver):
    X = 100 * normal(20, 2)
    model = EmpiricalScoreDiffusion(t0=0.5, t_min=0.01, solver=solver, n_steps=20).fit(X)
    x, parents, weights = model.sample(200, random_state=0, return_parents=True)
    nearest = np.linalg.norm(x[:, None] - X, axis=-1).argmin(axis=1)
    np.testing.assert_array_equal(parents[:, 0], nearest)
    np.testing.assert_array_equal(weights, 1)


@pytest.mark.parametrize(
    ("Estimator", "t_min"), [(E, t) for E in ESTIMATORS for t in ("auto", 0) if E in EXACT or t]
)
def test_no_samples(Estimator, t_min):
    model = Estimator(t_min=t_min).fit(normal(20, 3))
    if Estimator not in EXACT:
        assert model.sample(0).shape == (0, 3)
        return
    x, parents, weights = model.sample(0, return_parents=True)
    assert x.shape == model.sample(0).shape == (0, 3)
    assert x.dtype == np.float64
    assert parents.shape == weights.shape == (0, 4 if Estimator is SmoothedPLDiffusion else 1)
    assert model.trajectory(n_samples=0, times=[model.t0_]).shape == (1, 0, 3)


def test_one_sample_by_default(Estimator):
    assert Estimator().fit(normal(20, 3)).sample().shape == (1, 3)
    assert Estimator().fit(normal(20, 3)).sample(np.int64(4)).shape == (4, 3)


# ------------------------------------------------------------------ fields


@pytest.mark.parametrize("n_components", [None, 2])
def test_empirical_score_is_the_gradient_of_the_density(n_components):
    """Central differences of score_samples at t = t_min, relative error about h^2 / t = 1e-8."""
    X, x = normal(40, 3) * [2.0, 1.0, 0.5], normal(15, 3, 1)
    t = 0.2
    model = EmpiricalScoreDiffusion(t0=1.0, t_min=t, n_components=n_components).fit(X)
    h = 1e-4 * np.sqrt(t)
    numeric = np.stack(
        [
            (model.score_samples(x + e) - model.score_samples(x - e)) / (2 * h)
            for e in h * np.eye(3)
        ],
        1,
    )
    np.testing.assert_allclose(model.score_function(x, t), numeric, rtol=1e-6, atol=1e-6)


def test_empirical_denoiser_is_the_posterior_mean():
    X, x = normal(40, 3), normal(15, 3, 1)
    model, t = EmpiricalScoreDiffusion(t0=1.0).fit(X), np.linspace(0.01, 1, 15)
    np.testing.assert_allclose(
        model.denoise(x, t), reference.denoiser(x, X, t), rtol=1e-9, atol=1e-9
    )


def test_smoothed_denoiser_is_the_mixed_cell():
    X, x = normal(40, 3), normal(15, 3, 1)
    model = SmoothedPLDiffusion(kappa=0.7, t0=1.0, spacing=0.5).fit(X)
    t = np.linspace(0.01, 1, 15)
    expected = reference.mixed_cell(x, X, 0.7 * np.sqrt(t) / 0.5)
    np.testing.assert_allclose(model.denoise(x, t), expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("n_components", [None, 1])
def test_score_is_denoiser_less_x(Estimator, n_components):
    X, x = normal(40, 3), normal(15, 3, 1)
    model = Estimator(n_components=n_components).fit(X)
    for t in (model.t_min_, np.linspace(0.01, 1, 15) * model.t0_):
        expected = (model.denoise(x, t) - x) / np.broadcast_to(t, 15)[:, None]
        np.testing.assert_allclose(model.score_function(x, t), expected, rtol=1e-12, atol=1e-12)


def test_normal_score_is_that_of_a_gaussian(Estimator):
    """-x_n / (noise_variance_ + t), section 2."""
    X, x = normal(40, 4) * [3.0, 2.0, 0.3, 0.2], normal(15, 4, 1)
    model = Estimator(n_components=2, t0=1.0).fit(X)
    axes = model.components_
    rest = (x - model.mean_) - (x - model.mean_) @ axes.T @ axes
    for t in (0.01, 0.7):
        score = model.score_function(x, t)
        off = score - score @ axes.T @ axes
        np.testing.assert_allclose(off, -rest / (model.noise_variance_ + t), rtol=1e-9, atol=1e-10)


# ------------------------------------------------------------------ flows and paths


@pytest.mark.parametrize("n_components", [None, 2])
def test_flow_of_the_normal_part(Estimator, n_components):
    """x_n(s) = x_n(t) sqrt((noise_variance_ + s) / (noise_variance_ + t)), section 2."""
    X, x = normal(40, 4) * [3.0, 2.0, 0.3, 0.2], normal(15, 4, 1)
    if n_components is None:
        X[:, 2:] = 0
    model = Estimator(n_components=n_components or "auto", t0=1.0, t_min=0.01).fit(X)
    axes = model.components_
    moved = model.flow(x, 0.8, 0.05)
    rest, after = ((z - model.mean_) - (z - model.mean_) @ axes.T @ axes for z in (x, moved))
    shrink = np.sqrt((model.noise_variance_ + 0.05) / (model.noise_variance_ + 0.8))
    np.testing.assert_allclose(after, shrink * rest, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("n_components", [None, 2])
def test_flow_is_a_group(n_components):
    X, x = normal(40, 4), normal(15, 4, 1)
    model = SmoothedPLDiffusion(kappa=0.5, t0=1.0, spacing=0.8, n_components=n_components).fit(X)
    np.testing.assert_allclose(model.flow(x, 0.7, 0.7), x, rtol=0, atol=1e-12)
    half_way = model.flow(x, 0.7, 0.2)
    np.testing.assert_allclose(
        model.flow(half_way, 0.2, 0.01), model.flow(x, 0.7, 0.01), rtol=0, atol=1e-10
    )
    np.testing.assert_allclose(model.flow(half_way, 0.2, 0.7), x, rtol=0, atol=1e-10)
    terminal = model.flow(x, 0.7, 0)
    if n_components is None:
        np.testing.assert_allclose(terminal, model.decompose(x, 0.7).a, rtol=0, atol=1e-12)


def test_empirical_flow_solves_the_ode():
    """200 steps of Heun's method against an eighth-order one at 1e-10."""
    X, x = normal(6, 2), normal(10, 2, 1)
    model = EmpiricalScoreDiffusion(t0=1.0, t_min=0.05).fit(X)
    field = model.diffusion_.score
    moved = model.flow(x, 1.0, 0.05)
    z = (x - model.mean_) @ model.components_.T
    for row, end in zip(z, (moved - model.mean_) @ model.components_.T, strict=True):
        solution = solve_ivp(
            lambda sigma, y: -sigma * field(y[None], sigma**2)[0],
            np.sqrt([1.0, 0.05]),
            row,
            method="DOP853",
            rtol=1e-10,
            atol=1e-12,
        )
        np.testing.assert_allclose(end, solution.y[:, -1], rtol=0, atol=1e-3)
    back = model.flow(moved, 0.05, 1.0)
    np.testing.assert_allclose(back, x, rtol=0, atol=0.02)


@pytest.mark.parametrize("n_components", [None, 1])
def test_trajectory_is_the_flow_at_each_time(Estimator, n_components):
    X, x = normal(30, 3), normal(10, 3, 1)
    model = Estimator(n_components=n_components, n_steps=30).fit(X)
    times = np.array([1.0, 0.4, 0.1]) * model.t0_
    path = model.trajectory(x, times=times)
    assert path.shape == (3, 10, 3)
    np.testing.assert_allclose(path[0], x, rtol=0, atol=1e-12)
    # Exact for the closed form; the stepped flow of the ESF sees other grids.
    atol = 1e-10 if Estimator is SmoothedPLDiffusion else 0.02 * model.spacing_
    for state, t in zip(path, times, strict=True):
        np.testing.assert_allclose(state, model.flow(x, model.t0_, t), rtol=0, atol=atol)


def test_trajectory_steps_on_the_karras_grid(Estimator):
    X, x = normal(30, 2), normal(10, 2, 1)
    model = Estimator(n_steps=12, schedule_rho=3.0).fit(X)
    times = karras_times(model.t0_, model.t_min_, 12, 3.0)
    path = model.trajectory(x)
    assert path.shape == (13, 10, 2)
    np.testing.assert_array_equal(path, model.trajectory(x, times=times))


@pytest.mark.parametrize("n_components", ["auto", 2])
@pytest.mark.parametrize("t_min", ["auto", 0])
def test_trajectories_end_in_the_samples(n_components, t_min):
    """Same seed, same draws: the last state of the path is the sample."""
    model = SmoothedPLDiffusion(n_components=n_components, t_min=t_min, n_steps=5).fit(
        normal(30, 3)
    )
    path = model.trajectory(n_samples=50, random_state=3)
    np.testing.assert_allclose(path[-1], model.sample(50, random_state=3), rtol=0, atol=1e-10)


def test_trajectories_start_from_the_noised_data(Estimator):
    """20000 draws at t0 on a line in the plane: Kolmogorov's test along and across."""
    y, n = LINE, 20_000
    parameters = {} if Estimator is EmpiricalScoreDiffusion else {"start": "isotropic"}
    model = Estimator(t0=0.2, spacing=0.3, n_steps=1, **parameters).fit(np.c_[y, 0 * y])
    start = model.trajectory(n_samples=n, random_state=0, times=[0.2])[0]

    def cdf(z):
        return norm.cdf((z[:, None] - y) / np.sqrt(0.2)).mean(axis=1)

    assert kstest(start[:, 0], cdf).statistic <= KOLMOGOROV_99 / np.sqrt(n)
    assert kstest(start[:, 1] / np.sqrt(0.2), "norm").statistic <= KOLMOGOROV_99 / np.sqrt(n)


# ------------------------------------------------------------------ decomposition


@pytest.mark.parametrize("d", [1, 2, 3])
def test_decomposition(d):
    X, x = normal(30, d), normal(40, d, 1)
    model = SmoothedPLDiffusion(kappa=0.7, t0=1.0, spacing=0.8).fit(X)
    t = np.linspace(0.02, 1, 40)
    rho = (0.7 * np.sqrt(t) / 0.8)[:, None]
    parts = model.decompose(x, t)
    np.testing.assert_allclose((1 - rho) * parts.a + rho * parts.v, x, rtol=0, atol=1e-12)
    combined = np.einsum("nk,nkd->nd", parts.weights, X[parts.parents])
    np.testing.assert_allclose(combined, parts.a, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(parts.face_dim, (parts.weights > 0).sum(axis=1) - 1)
    np.testing.assert_allclose(parts.a, model.denoise(x, t), rtol=0, atol=1e-12)
    distances = np.linalg.norm(parts.v[:, None] - X, axis=-1)
    own = np.where(parts.parents >= 0, np.take_along_axis(distances, parts.parents, 1), 0).max(1)
    assert np.all(own <= distances.min(axis=1) * (1 + 1e-9))


def test_decomposition_of_data_in_a_subspace():
    """Both a and v lie in it, and the normal part of x plays no role."""
    axes = np.linalg.qr(normal(5, 5))[0]
    X = normal(30, 2) @ axes[:2] + 7
    x = normal(10, 2, 1) @ axes[:2] + 7
    model = SmoothedPLDiffusion(kappa=0.5).fit(X)
    parts = model.decompose(x, model.t0_)
    lifted = model.decompose(x + normal(10, 3, 2) @ axes[2:], model.t0_)
    np.testing.assert_allclose(lifted.a, parts.a, rtol=0, atol=1e-12)
    np.testing.assert_allclose((parts.a - 7) @ axes[2:].T, 0, atol=1e-12)
    np.testing.assert_allclose((parts.v - 7) @ axes[2:].T, 0, atol=1e-12)
    np.testing.assert_allclose(0.5 * parts.a + 0.5 * parts.v, x, rtol=0, atol=1e-12)


def test_face_dim_of_a_square():
    X = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    model = SmoothedPLDiffusion(kappa=0.5).fit(X)
    x = np.array([[0.5, 0.5], [0.5, 0.4], [0.5, -0.3], [-0.2, -0.2]])
    np.testing.assert_array_equal(model.decompose(x, model.t0_).face_dim, [2, 2, 1, 0])
