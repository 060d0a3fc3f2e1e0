"""The closed-form estimator: law, density, parents, paths and decomposition of its samples."""

import numpy as np
import pytest
import reference
from given import normal
from scipy.stats import kstest, norm

from smoothdiff import EmpiricalScoreDiffusion, SmoothedPLDiffusion
from smoothdiff.starts import STARTS

# Kolmogorov's statistic of n samples exceeds this over sqrt(n) once in a hundred times.
KOLMOGOROV_99 = 1.63


AT_POINTS = [start for start in STARTS if start != "gaussian"]


@pytest.mark.parametrize(
    ("start", "d"), [(start, d) for start in AT_POINTS for d in (1, 3)] + [("local", 5)]
)
def test_density(start, d):
    X = normal(40, d)
    x = np.concatenate([X[:3], (X[:3] + X[5:8]) / 2, 2 * normal(6, d, 1)])
    for parameters in ({}, {"kappa": 0.5, "t0": 0.3, "t_min": 0.05, "spacing": 0.4}):
        model = SmoothedPLDiffusion(start=start, **parameters).fit(X)
        expected = reference.smoothed_pl_model(
            *(x, X, np.ones(40), model.n_components_, model.kappa, model.spacing_),
            *(model.t0_, model.t_min_, start, model.start_neighbors),
        )
        np.testing.assert_allclose(model.score_samples(x), expected, rtol=1e-9, atol=1e-9)


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
def test_samples_follow_their_density_on_the_line(start, t0, t_min):
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


# In two dimensions and three in turn: those with a residual in three.
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
    "one component": SmoothedPLDiffusion(kappa=0.5, t0=0.3, t_min=0.1, spacing=0.4, n_components=1),
    "residual": SmoothedPLDiffusion(kappa=0.5, t0=0.3, t_min=0.1, spacing=0.4, n_components=2),
}


@pytest.mark.filterwarnings("ignore:Rows that no sample reaches")  # memorizing
@pytest.mark.parametrize(("law", "d"), list(zip(LAWS, [2, 3] * 5, strict=True)))
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


@pytest.mark.parametrize(
    ("data", "start", "t0"),
    [
        (data, start, ("auto", 25.0)[(i + j) % 2])
        for i, data in enumerate(SETS)
        for j, start in enumerate(STARTS)
    ],
)
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
    model = SmoothedPLDiffusion(kappa=0.05, t_min=0).fit(normal(60, 2))
    weights = model.sample(300, random_state=0, return_parents=True)[2]
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


def test_denoiser_is_the_mixed_cell():
    X, x = normal(40, 3), normal(15, 3, 1)
    model = SmoothedPLDiffusion(kappa=0.7, t0=1.0, spacing=0.5).fit(X)
    t = np.linspace(0.01, 1, 15)
    expected = reference.mixed_cell(x, X, 0.7 * np.sqrt(t) / 0.5)
    np.testing.assert_allclose(model.denoise(x, t), expected, rtol=0, atol=1e-9)


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
