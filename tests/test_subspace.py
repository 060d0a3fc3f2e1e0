"""Tangent and normal directions against scikit-learn's PCA."""

import numpy as np
import pytest
from given import normal
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from smoothdiff._compute import workers
from smoothdiff.subspace import _told_apart, fit_subspace


def of_rank(n, d, r, noise=0.0, seed=0):
    X = normal(n, r, seed) @ normal(r, d, seed + 1)
    return X + noise * normal(n, d, seed + 2)


def fit(X, n_components="auto", weights=None):
    weights = np.full(len(X), 1 / len(X)) if weights is None else weights / weights.sum()
    return fit_subspace(X, weights, n_components)


DATA = {
    "normal": lambda: normal(60, 6) * np.linspace(3, 0.3, 6),
    "rank 3 and noise": lambda: of_rank(200, 8, 3, noise=0.1),
    "rank 2 and more noise": lambda: of_rank(80, 10, 2, noise=0.5),
    "iris": lambda: load_iris().data,
    "wine, standardized": lambda: StandardScaler().fit_transform(load_wine().data),
    "wine": lambda: load_wine().data,
    "diabetes": lambda: load_diabetes().data,
    "cancer, standardized": lambda: StandardScaler().fit_transform(load_breast_cancer().data),
}


@pytest.fixture(name="X", params=DATA)
def data(request):
    return DATA[request.param]()


def test_mean_components_and_variances_are_those_of_pca(X):
    n, d = X.shape
    subspace, pca = fit(X, d - 1), PCA(d - 1, svd_solver="full").fit(X)
    scale = (n - 1) / n  # weighted means of squares against scikit-learn's divisor n - 1
    np.testing.assert_allclose(subspace.mean, pca.mean_, rtol=1e-12, atol=1e-12)
    variance = pca.explained_variance_ * scale
    np.testing.assert_allclose(subspace.explained_variance, variance, rtol=1e-9)
    np.testing.assert_allclose(subspace.noise_variance, pca.noise_variance_ * scale, rtol=1e-6)
    alignment = np.abs((subspace.components * pca.components_).sum(axis=1))
    np.testing.assert_allclose(alignment, 1, rtol=0, atol=1e-9)


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9, 0.95, 0.99, 0.999])
def test_fractions_choose_as_pca(X, share):
    expected = PCA(share, svd_solver="full").fit(X).n_components_
    assert len(fit(X, share).components) == expected


def test_mle_chooses_as_pca(X):
    expected = PCA("mle", svd_solver="full").fit(X).n_components_
    assert len(fit(X, "mle").components) == expected


def test_none_and_integers(X):
    assert len(fit(X, None).components) == min(X.shape)
    for r in (1, 2, X.shape[1]):
        assert fit(X, r).components.shape == (r, X.shape[1])


def test_components_are_orthonormal_with_their_largest_entry_positive(X):
    components = fit(X).components
    np.testing.assert_allclose(components @ components.T, np.eye(len(components)), atol=1e-12)
    largest = np.take_along_axis(components, np.abs(components).argmax(1)[:, None], axis=1)
    assert np.all(largest > 0)


def test_tangent_and_normal_parts_make_up_the_data(X):
    subspace = fit(X, 2)
    tangent, rest = subspace.project(X), subspace.normal_part(X)
    scale = np.abs(X).max()
    np.testing.assert_allclose(subspace.lift(tangent) + rest, X, rtol=0, atol=1e-13 * scale)
    np.testing.assert_allclose(rest @ subspace.components.T, 0, atol=1e-12 * scale)
    squares = (rest**2).sum() / (len(X) * (X.shape[1] - 2))
    np.testing.assert_allclose(subspace.noise_variance, squares, rtol=1e-9)


@pytest.mark.parametrize("offset", [0.0, 1e3, -1e8])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("r", [1, 2, 5])
def test_auto_is_the_rank(r, scale, offset):
    X = scale * of_rank(50, 8, r)
    X[:, 6] = 0  # constant columns add none
    X = X + offset
    subspace = fit(X)
    assert len(subspace.components) == r
    # Nothing is left over but the rounding of X itself, at most half a unit in the last place.
    residual = subspace.normal_part(X)
    assert np.abs(residual).max() <= 8 * np.finfo(float).eps * np.abs(X).max()


@pytest.mark.parametrize("scale", [1e-12, 1e-100, 1e12, 1e100])
def test_auto_rank_at_any_scale(scale):
    assert len(fit(scale * of_rank(50, 6, 3)).components) == 3


@pytest.mark.parametrize("small", [1e-2, 1e-5, 1e-8, 1e-11])
def test_auto_rank_keeps_thin_directions(small):
    """A covariance matrix would lose directions below 1e-8; the data themselves do not."""
    X = normal(100, 3) * [1.0, small, 0.0]
    subspace = fit(X @ np.linalg.qr(normal(3, 3, 1))[0])
    assert len(subspace.components) == 2
    expected = X[:, 1].var()
    np.testing.assert_allclose(subspace.explained_variance[1], expected, rtol=0.1)


def test_fewer_rows_than_columns():
    X = normal(5, 20)
    subspace = fit(X)
    assert len(subspace.components) == 4
    assert subspace.noise_variance == 0
    distances = np.linalg.norm(X[:, None] - X, axis=-1)
    projected = subspace.project(X)
    tangent = np.linalg.norm(projected[:, None] - projected, axis=-1)
    np.testing.assert_allclose(tangent, distances, rtol=1e-12, atol=1e-12)
    # With two directions the other two variances are shared by all 18 normal ones.
    two = fit(X, 2)
    np.testing.assert_allclose(
        two.noise_variance, subspace.explained_variance[2:].sum() / 18, rtol=1e-12
    )


@pytest.mark.parametrize(
    "X", [np.full((4, 3), 7.0), np.array([[1.0, 2.0]])], ids=["equal", "one row"]
)
def test_no_spread_still_has_a_direction(X):
    subspace = fit(X)
    assert subspace.components.shape[0] == 1
    assert subspace.noise_variance == 0
    np.testing.assert_array_equal(subspace.project(X), 0)


@pytest.mark.parametrize("n_components", ["auto", 2, 0.8, None])
def test_weights_are_repetitions(n_components, rng):
    X, counts = of_rank(40, 5, 3, noise=0.1), rng.integers(0, 4, size=40)
    weighted = fit(X[counts > 0], n_components, counts[counts > 0].astype(float))
    repeated = fit(np.repeat(X, counts, axis=0), n_components)
    for name in ("mean", "components", "explained_variance", "noise_variance"):
        np.testing.assert_allclose(
            getattr(weighted, name), getattr(repeated, name), rtol=1e-9, atol=1e-12
        )


def test_mle_counts_what_the_weights_stand_for(rng):
    """Noise that 20 rows cannot tell from signal, 2000 can: as in PCA of the repeated rows."""
    X = of_rank(20, 6, 2, noise=0.8)
    for repeats in (1, 100):
        expected = PCA("mle", svd_solver="full").fit(np.repeat(X, repeats, axis=0)).n_components_
        chosen = fit_subspace(X, np.full(20, 1 / 20), "mle", 20 * repeats)
        assert len(chosen.components) == expected


def test_a_few_of_many_directions_are_those_of_pca():
    """Lanczos iterations for 5 of 150 directions, against all singular values."""
    X = of_rank(400, 150, 12, noise=0.1)
    few, pca = fit(X, 5), PCA(5, svd_solver="full").fit(X)
    np.testing.assert_allclose(
        few.explained_variance, pca.explained_variance_ * 399 / 400, rtol=1e-10
    )
    np.testing.assert_allclose(few.noise_variance, pca.noise_variance_ * 399 / 400, rtol=1e-10)
    alignment = np.abs((few.components * pca.components_).sum(axis=1))
    np.testing.assert_allclose(alignment, 1, rtol=0, atol=1e-10)
    assert fit(of_rank(400, 150, 5), 5).noise_variance == 0


def test_constant_columns_are_no_directions():
    X = np.c_[np.full(40, 7.0), of_rank(40, 4, 2, noise=0.1), np.zeros(40)]
    subspace, plain = fit(X, 2), fit(X[:, 1:5], 2)
    np.testing.assert_array_equal(subspace.constant, [True, *[False] * 4, True])
    np.testing.assert_array_equal(subspace.components[:, [0, 5]], 0)
    np.testing.assert_allclose(subspace.noise_variance, plain.noise_variance, rtol=1e-12)
    assert subspace.n_normal == 2
    rest = subspace.draw_sample_normal(np.random.default_rng(0), 5, 0.1)
    np.testing.assert_array_equal(rest[:, [0, 5]], 0)
    assert np.all(rest[:, 1:5] != 0)
    np.testing.assert_array_equal(subspace.lift(np.ones((3, 2)))[:, [0, 5]], [[7, 0]] * 3)
    asked_for = fit(X, 5)
    np.testing.assert_array_equal(asked_for.components[4], [1, 0, 0, 0, 0, 0])
    np.testing.assert_array_equal(asked_for.constant, [False] * 5 + [True])
    assert fit(X, None).components.shape == (4, 6)
    # The diffusion itself noises them: their variance is 0 and their flow goes with sqrt(t).
    normal_part = np.ones((1, 6))
    np.testing.assert_allclose(subspace.flow_normal(normal_part, 0.4, 0.1)[0, [0, 5]], 0.5)
    np.testing.assert_array_equal(subspace.denoise_normal(normal_part, 0.4)[0, [0, 5]], 0)


def test_the_triangular_factor_does_not_depend_on_the_workers(monkeypatch):
    X = normal(100, 5)
    monkeypatch.setattr("smoothdiff.subspace.ROWS_AT_ONCE", 30)
    with workers(1):
        alone = fit(X, 3)
    with workers(3):
        together = fit(X, 3)
    np.testing.assert_array_equal(alone.components, together.components)
    np.testing.assert_allclose(np.abs(alone.components), np.abs(fit(X, 3).components), rtol=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_what_rounding_leaves_beyond_a_few_directions_is_no_noise(seed):
    """200 columns of rank 3, of which Lanczos iterations find ten directions."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(200, 3)) @ rng.normal(size=(3, 200))
    assert fit_subspace(X, np.full(200, 1 / 200), 10).noise_variance == 0.0
    for noise in (1e-5, 1e-9):  # and noise is, however little
        found = fit_subspace(X + noise * rng.normal(size=X.shape), np.full(200, 1 / 200), 3)
        assert found.noise_variance == pytest.approx(noise**2, rel=0.1)


def two_columns_of_one_kind(rng):
    kind = rng.integers(2, size=90)
    return np.column_stack([kind == 0, kind == 1, rng.normal(size=90) * 0.3]) * 1.0


REGULAR = {
    "the two levels of a category": (two_columns_of_one_kind, "auto"),
    "a cube": (lambda rng: np.stack(np.meshgrid(*[np.arange(4.0)] * 3), -1).reshape(-1, 3), "auto"),
    "a regular polygon": (
        lambda rng: np.stack([np.cos(a := np.arange(12) * np.pi / 6), np.sin(a)], 1),
        "auto",
    ),
    "a part of many": (lambda rng: np.kron(np.diag([3.0] * 20 + [1] * 130), [[1], [-1]]), 20),
}


@pytest.mark.parametrize("name", REGULAR)
def test_directions_do_not_depend_on_rounding(name, rng):
    """Rows in another order are summed otherwise: signs and rotations may come out in any way."""
    make, n_components = REGULAR[name]
    X = make(rng)
    expected = fit(X, n_components).components
    for _ in range(8):
        other = fit(X[rng.permutation(len(X))], n_components).components
        np.testing.assert_allclose(other, expected, rtol=0, atol=1e-9)


def test_of_tied_directions_those_nearest_to_columns_are_taken(rng):
    """In turn, and each positive there; others stay as they are."""
    turned = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    found = _told_apart(turned, np.array([3.0, 2, 2, 2, 1]), 5, 1e-12)
    np.testing.assert_allclose(np.abs(found[[0, 4]]), np.abs(turned[[0, 4]]), rtol=0, atol=1e-15)
    np.testing.assert_allclose(found @ found.T, np.eye(5), rtol=0, atol=1e-14)
    projector = turned[1:4].T @ turned[1:4]
    np.testing.assert_allclose(found[1:4].T @ found[1:4], projector, rtol=0, atol=1e-14)
    column = np.argmax(np.diag(projector))
    nearest = projector[column] / np.sqrt(projector[column, column])
    np.testing.assert_allclose(found[1], nearest, rtol=0, atol=1e-14)
    np.testing.assert_allclose(found[2:4, column], 0, rtol=0, atol=1e-14)
    assert np.all(np.take_along_axis(found, np.abs(found).argmax(1)[:, None], 1) > 0)


def test_more_equal_directions_than_iterations_can_hold():
    """Levels of a category that are all as frequent, of which a few directions are asked for."""
    X = np.kron(np.eye(150), np.ones((2, 1)))
    subspace = fit(X, 20)
    np.testing.assert_allclose(subspace.explained_variance, 1 / 150, rtol=1e-12)
    np.testing.assert_allclose(subspace.noise_variance, 129 / 150 / 130, rtol=1e-12)
    np.testing.assert_allclose(
        subspace.components @ subspace.components.T, np.eye(20), rtol=0, atol=1e-12
    )
