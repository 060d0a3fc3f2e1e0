"""Data that are only awkward work, and give the numbers that they should."""

import numpy as np
import pytest
import reference
from given import many_zeros, normal

from smoothdiff import (
    EmpiricalScoreDiffusion,
    LocalAverageDiffusion,
    NeuralScoreDiffusion,
    ScoreDiffusion,
    SmoothedPLDiffusion,
)

OWN_FIELD = "its field is one formula, whatever the data"
NO_EXACT_END = LocalAverageDiffusion, NeuralScoreDiffusion, ScoreDiffusion


def log_density(model, X, x, weights=None):
    """Log-density of a fitted model by the slow formulas; None where there are none."""
    weights = np.ones(len(X)) if weights is None else weights
    r = model.n_components_
    if isinstance(model, EmpiricalScoreDiffusion):
        return reference.empirical_model(x, X, weights, r, model.t_min_)
    if isinstance(model, SmoothedPLDiffusion):
        return reference.smoothed_pl_model(
            *(x, X, weights, r, model.kappa, model.spacing_, model.t0_, model.t_min_),
            *(model.start, model.start_neighbors, model.start_shrinkage),
        )
    return None


def assert_density(model, X, x, weights=None, rtol=1e-9):
    found, expected = model.score_samples(x), log_density(model, X, x, weights)
    assert np.isfinite(found).all()
    if expected is not None:
        np.testing.assert_allclose(found, expected, rtol=rtol, atol=rtol)


def assert_works(model, x):
    """Every method gives finite numbers."""
    for result in (
        model.sample(20, random_state=0),
        model.score_samples(x),
        model.score_function(x, model.t0_),
        model.denoise(x, model.t_min_),
        model.flow(x, model.t0_, model.t_min_),
        model.trajectory(n_samples=2, random_state=0),
    ):
        assert np.isfinite(result).all()


@pytest.mark.parametrize("n_components", [1, 2, 0.8])
def test_residual_variance(make, n_components):
    X = normal(40, 5) * [3.0, 2.0, 1.0, 0.3, 0.2]
    model = make(n_components=n_components).fit(X)
    assert model.noise_variance_ > 0
    assert_density(model, X, np.concatenate([X[:10], normal(10, 5, 1)]))


@pytest.mark.parametrize("shape", [(40, 6), (4, 20)], ids=["rank 3", "fewer rows than columns"])
@pytest.mark.filterwarnings("ignore:The divergence of this score")
def test_data_in_a_subspace(make, shape):
    """Normal directions carry noise of variance t_min alone."""
    n, d = shape
    X = normal(n, d) if n < d else normal(n, 3) @ normal(3, d, 1)
    model = make(n_components="auto").fit(X)
    assert model.n_components_ == (n - 1 if n < d else 3)
    assert model.noise_variance_ == 0
    x = X[:4] + 0.1 * normal(4, d, 2)
    assert_density(model, X, x, rtol=1e-8)
    assert_works(make().fit(X), x)


@pytest.mark.without(ScoreDiffusion, because="n_components=None runs it in all columns")
def test_constant_columns(make):
    X, x = normal(40, 2), normal(10, 2, 1)
    wide = np.c_[np.full(40, 1e3), X, np.zeros(40)]
    model, plain = make().fit(wide), make().fit(X)
    assert model.n_components_ == 2
    at_the_constant = np.c_[np.full(10, 1e3), x, np.zeros(10)]
    np.testing.assert_allclose(
        model.score_samples(at_the_constant), plain.score_samples(x), rtol=1e-9
    )
    elsewhere = at_the_constant + np.array([1e-9, 0, 0, 0])
    with pytest.warns(UserWarning, match=r"10 of 10 rows differ .* constant there.*: Column 0\."):
        assert np.isneginf(model.score_samples(elsewhere)).all()


@pytest.mark.parametrize("n_components", ["auto", 1])
@pytest.mark.parametrize("solver", ["exact", "euler", "heun", "sde"])
def test_constant_columns_come_out_constant(make, solver, n_components):
    if solver not in make.cls.SOLVERS:
        solver = "heun"
    constants = [1e3, 0.1, 0.0, -1e-300]
    wide = np.insert(normal(40, 2), [0, 1, 2, 2], constants, axis=1)
    model = make(solver=solver, n_components=n_components).fit(wide)
    x = model.sample(50, random_state=0)
    np.testing.assert_array_equal(x[:, [0, 2, 4, 5]], np.broadcast_to(constants, (50, 4)))
    assert (np.ptp(x[:, [1, 3]], axis=0) > 0).all()


@pytest.mark.without(*NO_EXACT_END, because="they refuse t_min=0")
@pytest.mark.parametrize("n_components", ["auto", None])
@pytest.mark.parametrize("scale", [1.0, 1e-7, 3e5])
def test_samples_at_zero_are_exactly_means_of_rows(make, scale, n_components):
    """A table with many zeros and a constant column, at any scale: no rounding shows."""
    X = np.c_[scale * many_zeros(40, 3), np.full(40, 0.1)]
    model = make(t_min=0, n_components=n_components).fit(X)
    x, parents, weights = model.sample(500, random_state=0, return_parents=True)
    np.testing.assert_allclose(
        x, np.einsum("nk,nkd->nd", weights, X[parents]), rtol=1e-14, atol=1e-300
    )
    one = (weights > 0).sum(axis=1) == 1
    assert one.any()
    np.testing.assert_array_equal(x[one], X[parents[one, 0]])
    used = np.where((weights > 0)[..., None], X[parents], X[parents[:, :1]])
    low, high = used.min(axis=1), used.max(axis=1)
    np.testing.assert_array_equal(x[low == high], low[low == high])
    assert ((low <= x) & (x <= high)).all()
    zeros = (low == high) & (low == 0)
    assert zeros[:, :3].mean() > 0.05
    np.testing.assert_array_equal(x, model.sample(500, random_state=0))


def test_duplicated_rows_are_weights(make):
    X, counts = normal(40, 2), np.arange(40) % 3 + 1
    x = normal(10, 2, 1)
    repeated = make().fit(np.repeat(X, counts, axis=0))
    weighted = make().fit(X, sample_weight=counts).score_samples(x)
    rtol = 1e-4 if make.cls is NeuralScoreDiffusion else 1e-9  # trained in 32 bits
    np.testing.assert_allclose(repeated.score_samples(x), weighted, rtol=rtol)
    expected = log_density(repeated, X, x, counts.astype(float))
    if expected is not None:
        np.testing.assert_allclose(weighted, expected, rtol=1e-9)
    np.testing.assert_allclose(repeated.spacing_, reference.spacing(X), rtol=1e-12)


def test_one_feature(make):
    X = normal(40, 1)
    model = make().fit(X)
    assert model.components_ == [[1.0]]
    assert_density(model, X, 2 * normal(20, 1, 1))


@pytest.mark.without(ScoreDiffusion, because=OWN_FIELD)
@pytest.mark.parametrize(("d", "offset"), [(1, -1e8), (3, 1e8)])
def test_offset(make, d, offset):
    """Coordinates that are multiples of 2^-20, so that the offset rounds none of them."""
    X, x = np.round(normal(40, d) * 2**20) / 2**20, np.round(normal(10, d, 1) * 2**20) / 2**20
    plain, shifted = make().fit(X), make().fit(X + offset)
    np.testing.assert_allclose(shifted.spacing_, plain.spacing_, rtol=1e-7)
    parameters = {"t0": 0.1, "t_min": 0.01, "spacing": 0.3}
    plain, shifted = make(**parameters).fit(X), make(**parameters).fit(X + offset)
    tolerance = 1e-4 if make.cls is NeuralScoreDiffusion else 1e-7  # trained in 32 bits
    np.testing.assert_allclose(
        shifted.score_samples(x + offset), plain.score_samples(x), rtol=tolerance, atol=tolerance
    )
    sample = shifted.sample(2000, random_state=0) - offset
    np.testing.assert_allclose(sample, plain.sample(2000, random_state=0), rtol=0, atol=1e-4)


@pytest.mark.without(ScoreDiffusion, because=OWN_FIELD)
@pytest.mark.parametrize("scale", [1e-12, 1e12])
def test_scale(make, scale):
    X, x = normal(40, 3), normal(10, 3, 1)
    plain, scaled = make().fit(X), make().fit(scale * X)
    np.testing.assert_allclose(scaled.spacing_, scale * plain.spacing_, rtol=1e-9)
    rtol = 1e-3 if make.cls is NeuralScoreDiffusion else 1e-8  # trained in 32 bits
    np.testing.assert_allclose(
        scaled.score_samples(scale * x) + 3 * np.log(scale), plain.score_samples(x), rtol=rtol
    )


@pytest.mark.parametrize("change", [lambda X: X + 1e8, lambda X: 1e-12 * X, lambda X: 1e12 * X])
def test_every_method_works_at_any_offset_and_scale(make, change):
    assert_works(make().fit(change(normal(40, 3))), change(normal(10, 3, 1)))


def test_two_rows(make):
    X = np.array([[0.0, 0.0], [1.2, 1.6]])
    model = make(n_components="auto").fit(X)
    assert abs(model.spacing_ - 1) < 1e-15
    assert model.n_components_ == 1
    assert_density(model, X, normal(10, 2, 1))


def test_y_is_ignored(make, model):
    x = normal(10, 3, 1)
    with_y = make().fit(normal(40, 3), y=np.arange(40))
    np.testing.assert_array_equal(with_y.score_samples(x), model.score_samples(x))
    assert model.score(x, np.arange(10)) == model.score(x)
