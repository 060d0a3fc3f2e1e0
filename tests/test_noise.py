"""The noised empirical law, and the tiled sums behind it, against plain log-sum-exp."""

import numpy as np
import pytest
import reference
from given import normal
from sklearn.neighbors import KernelDensity

from smoothdiff import mixture, noise
from smoothdiff.cloud import PointCloud
from smoothdiff.neighbors import spatial_order

# The promise of the library: an error of 1e-9 max(1, |log p|).
TOLERANCE = 1e-9
# Up to 3 dimensions differences are summed; above, matrix products are used where they may be. The
# sizes are few, one tile of points or two, so that the tests share what is compiled for them.
DIMENSIONS = [1, 3, 4, 30]


def assert_log_density(actual, desired):
    error = np.abs(actual - desired)
    assert np.all(error <= TOLERANCE * np.maximum(1, np.abs(desired))), error.max()


def queries(points):
    """On, between, around and up to a thousand widths away from the points."""
    rng = np.random.default_rng(1)
    i, j = rng.integers(len(points), size=(2, 12))
    around = points[i] + rng.normal(size=(12, points.shape[1]))
    return np.concatenate(
        [points[i], (points[i] + points[j]) / 2, around, 10 * around, 1e3 * around]
    )


@pytest.mark.parametrize("r", DIMENSIONS)
def test_log_density_is_a_log_sum_exp(r):
    points = normal(300, r)
    x = queries(points)
    for t in (1e-12, 1e-4, 0.1, 1.0, 100.0):
        assert_log_density(noise.log_density(x, points, t), reference.log_density(x, points, t))


@pytest.mark.parametrize("r", DIMENSIONS)
def test_denoiser_is_the_posterior_mean(r):
    points = normal(300, r)
    x = queries(points)
    for t in (1e-6, 0.1, 10.0):
        expected = reference.denoiser(x, points, t)
        # Rounding of an exponent of size |x - y|^2 / 2t moves the weights by as much.
        exponent = ((x[:, None] - points) ** 2).sum(axis=-1).min(axis=1) / (2 * t)
        error = np.abs(noise.denoiser(x, points, t) - expected).max(axis=1)
        assert np.all(error <= 1e-9 + 1e-14 * exponent)


@pytest.mark.parametrize("r", DIMENSIONS)
def test_offset_costs_only_what_rounding_of_the_input_does(r):
    points, offset = normal(300, r), 2.0**27
    points, x = np.round(points * 2**20) / 2**20, np.round(normal(50, r, 1) * 2**20) / 2**20
    for t in (1e-3, 0.1):
        shifted = noise.log_density(x + offset, points + offset, t)
        assert_log_density(shifted, reference.log_density(x, points, t))


@pytest.mark.parametrize("scale", [1e-12, 1e12])
@pytest.mark.parametrize("r", [3, 30])
def test_scale_of_the_data(r, scale):
    points, x = normal(300, r), 2 * normal(50, r, 1)
    scaled = noise.log_density(scale * x, scale * points, 0.05 * scale**2)
    plain = reference.log_density(x, points, 0.05)
    assert_log_density(scaled + r * np.log(scale), plain)


@pytest.mark.parametrize("r", DIMENSIONS)
def test_clusters_far_apart(r):
    """Both branches of the distances occur: tiles that are wide against sqrt(t), and narrow."""
    points = np.concatenate([normal(700, r), 1e5 + normal(700, r, 1), 1e-3 * normal(700, r, 2)])
    x = np.concatenate([normal(40, r, 3), 1e5 + normal(40, r, 4), 1e-3 * normal(40, r, 5)])
    for t in (1e-8, 1e-2, 1e6):
        assert_log_density(noise.log_density(x, points, t), reference.log_density(x, points, t))


@pytest.mark.parametrize("r", [1, 4])  # in one dimension |log p| is least, and so the tolerance
def test_tiles_that_add_little_are_not_left_out(r):
    """A tile of points far behind another adds exp(-gap): seen down to the promised 1e-9."""
    t, gaps = 0.5, np.array([5.0, 10.0, 15.0, 18.0, 20.0])
    for gap in gaps:
        points = np.concatenate([1e-3 * normal(512, r), 1e-3 * normal(512, r, 1)])
        points[512:, 0] += np.sqrt(2 * t * gap)
        x = 1e-3 * normal(20, r, 2)
        expected = reference.log_density(x, points, t)
        near = reference.log_density(x, points[:512], t) - np.log(2)
        assert np.all(expected - near > TOLERANCE)  # what the far tile adds is not nothing
        assert_log_density(noise.log_density(x, points, t), expected)


@pytest.mark.parametrize("r", [3, 4])
def test_weights_and_a_variance_for_each_row(r, rng):
    points, weights = normal(700, r), rng.exponential(size=700)
    weights[::7] = 0
    x, t = 2 * normal(60, r, 1), 10 ** rng.uniform(-3, 1, size=60)
    expected = reference.log_density(x, points, t, weights)
    assert_log_density(noise.log_density(x, points, t, weights), expected)
    expected = reference.denoiser(x, points, t, weights)
    actual = noise.denoiser(x, points, t, weights)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("r", DIMENSIONS)
def test_score_is_the_gradient_of_the_log_density(r):
    """Central differences of the slow log-density: relative error h^2 / t, here 1e-8."""
    points, x, t = normal(300, r), 1.5 * normal(20, r, 1), 0.3
    h = 1e-4 * np.sqrt(t)
    numeric = np.stack(
        [
            (
                reference.log_density(x + step, points, t)
                - reference.log_density(x - step, points, t)
            )
            / (2 * h)
            for step in h * np.eye(r)
        ],
        axis=1,
    )
    score = noise.empirical_score(x, points, t)
    np.testing.assert_allclose(score, numeric, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(("n", "r"), [(1, 3), (511, 3), (512, 4), (513, 4), (513, 3), (1025, 4)])
def test_padding_of_the_points_adds_nothing(n, r):
    points, x = normal(n, r), 2 * normal(30, r, 1)
    log_p, mean = noise.log_density(x, points, 0.1), noise.denoiser(x, points, 0.1)
    assert_log_density(log_p, reference.log_density(x, points, 0.1))
    np.testing.assert_allclose(mean, reference.denoiser(x, points, 0.1), rtol=0, atol=1e-9)


@pytest.mark.parametrize("r", [3, 4])
def test_padding_of_the_queries_changes_nothing(r):
    points, x = normal(300, r), 2 * normal(257, r, 1)
    log_p, mean = reference.log_density(x, points, 0.1), reference.denoiser(x, points, 0.1)
    for m in (1, 255, 256, 257):
        assert_log_density(noise.log_density(x[:m], points, 0.1), log_p[:m])
        actual = noise.denoiser(x[:m], points, 0.1)
        np.testing.assert_allclose(actual, mean[:m], rtol=0, atol=1e-9)


@pytest.mark.parametrize("n", [1, 513])
def test_no_queries_give_no_rows(n):
    assert noise.log_density(np.empty((0, 2)), normal(n, 2), 0.1).shape == (0,)
    assert noise.denoiser(np.empty((0, 2)), normal(n, 2), 0.1).shape == (0, 2)


@pytest.mark.parametrize("r", [2, 6])
def test_mixture_of_unequal_widths(r, rng):
    """Coefficients over 600 nats and widths over six decades, in several tiles."""
    n = 1500
    points, c = normal(n, r), rng.uniform(-600, 0, size=n)
    half = 10 ** rng.uniform(-3, 3, size=n)
    x = np.concatenate([2 * normal(60, r, 1), 50 * normal(20, r, 2)])
    squares = ((x[:, None] - points) ** 2).sum(axis=-1)
    exponents = c - half * squares
    top = exponents.max(axis=1, keepdims=True)
    expected = (top + np.log(np.exp(exponents - top).sum(axis=1, keepdims=True)))[:, 0]
    assert_log_density(mixture.log_density(mixture.tile(points, c, half), x), expected)


@pytest.mark.parametrize("r", [2, 12])
def test_mixture_with_factors(r, rng):
    """Precisions h_k I - F_k' F_k, summed in a loop."""
    n, q = 600, min(r, 4)
    points, c, half = normal(n, r), rng.normal(size=n), 10 ** rng.uniform(-1, 2, size=n)
    axes = np.linalg.qr(rng.normal(size=(n, r, q)))[0].transpose(0, 2, 1)
    share = rng.uniform(0, 0.999, size=(n, q))
    F = np.sqrt(half[:, None] * share)[..., None] * axes
    x = np.concatenate([2 * normal(40, r, 1), 30 * normal(10, r, 2)])
    expected = np.empty(len(x))
    for i, row in enumerate(x):
        squares = ((row - points) ** 2).sum(axis=1)
        along = (np.einsum("nqr,nr->nq", F, row - points) ** 2).sum(axis=1)
        exponents = c - half * squares + along
        expected[i] = exponents.max() + np.log(np.exp(exponents - exponents.max()).sum())
    tiled = mixture.tile(points, c, half, F, half * (1 - share.max(axis=1)))
    assert_log_density(mixture.log_density(tiled, x), expected)


@pytest.mark.parametrize("n", [1, 511, 512, 513, 2000])
def test_spatial_order_is_a_permutation_into_boxes_that_split(n):
    points = normal(n, 2)
    order = spatial_order(points, 512)
    np.testing.assert_array_equal(np.sort(order), np.arange(n))
    width = [np.ptp(points[order[i : i + 512]], axis=0).prod() for i in range(0, n, 512)]
    # Disjoint boxes: together no larger than the one around everything.
    assert sum(width) <= np.ptp(points, axis=0).prod() * (1 + 1e-12)


@pytest.mark.parametrize("r", [3, 4])
def test_rows_do_not_depend_on_each_other(r):
    points, x = normal(900, r), 3 * normal(600, r, 1)
    together = noise.log_density(x, points, 0.05)
    alone = np.concatenate(
        [noise.log_density(x[i : i + 200], points, 0.05) for i in range(0, 600, 200)]
    )
    np.testing.assert_allclose(together, alone, rtol=1e-13, atol=1e-13)


def test_repeated_points_are_weights(rng):
    points, counts = normal(400, 3), rng.integers(1, 4, size=400)
    x = 2 * normal(50, 3, 1)
    repeated = noise.log_density(x, np.repeat(points, counts, axis=0), 0.1)
    weighted = noise.log_density(x, points, 0.1, counts)
    np.testing.assert_allclose(repeated, weighted, rtol=0, atol=1e-12)


@pytest.mark.parametrize("r", [3, 30])
def test_user_precision_does_not_matter(user_precision, r):
    points, x = normal(300, r), 2 * normal(50, r, 1)
    log_p, mean = noise.log_density(x, points, 1e-3), noise.denoiser(x, points, 1e-3)
    assert log_p.dtype == mean.dtype == np.float64
    assert_log_density(log_p, reference.log_density(x, points, 1e-3))


def test_law_is_reused_for_every_t():
    points, x = normal(300, 3), normal(50, 3, 1)
    law = noise.NoisedLaw(PointCloud.of(points))
    for t in (1e-3, 0.1, 10.0):
        assert_log_density(law.log_density(x, t), reference.log_density(x, points, t))


def test_kernel_density_with_one_leaf_agrees(rng):
    points, x = normal(300, 4), 3 * rng.normal(size=(100, 4))
    kde = KernelDensity(bandwidth=0.2, leaf_size=len(points)).fit(points)
    np.testing.assert_allclose(
        noise.log_density(x, points, 0.2**2), kde.score_samples(x), rtol=1e-9, atol=1e-9
    )


def test_tails_are_right_where_those_of_a_tree_are_not(rng):
    """Why KernelDensity is no reference: its tree loses tens of nats in the tails."""
    points, x = normal(300, 4), 3 * rng.normal(size=(200, 4))
    expected = reference.log_density(x, points, 0.2**2)
    tree = KernelDensity(bandwidth=0.2, rtol=1e-8).fit(points).score_samples(x)
    assert np.abs(tree - expected).max() > 10
    assert_log_density(noise.log_density(x, points, 0.2**2), expected)


@pytest.mark.parametrize("rho", [1.0, 2.0, 7.0])
@pytest.mark.parametrize(("start", "end"), [(4.0, 0.25), (0.25, 4.0), (1.0, 1e-8)])
def test_karras_grid(start, end, rho):
    """sigma_i = (sigma_max^(1/rho) + i/N (sigma_min^(1/rho) - sigma_max^(1/rho)))^rho."""
    times = noise.karras_times(start, end, 10, rho)
    first, last = np.sqrt(start) ** (1 / rho), np.sqrt(end) ** (1 / rho)
    sigma = np.array([(first + i / 10 * (last - first)) ** rho for i in range(11)])
    np.testing.assert_allclose(times, sigma**2, rtol=1e-12)
    assert times[0] == start
    assert times[-1] == end


@pytest.mark.parametrize("ends", [(0.02, 1e-5), (1e-5, 0.02)])
def test_grids_even_and_geometric(ends):
    """The limits of the Karras grid: rho = 1 is even in sqrt(t), rho = inf in log t."""
    even, geometric = (noise.karras_times(*ends, 50, rho) for rho in (1.0, np.inf))
    np.testing.assert_allclose(np.diff(np.sqrt(even), 2), 0, atol=1e-15)
    np.testing.assert_allclose(np.diff(np.log(geometric), 2), 0, atol=1e-12)
    np.testing.assert_allclose(noise.karras_times(*ends, 50, 1e6), geometric, rtol=1e-3)
    for grid in (even, geometric):
        assert (grid[0], grid[-1]) == ends


@pytest.mark.parametrize("rho", [1.0, 2.0, 7.0, np.inf])
def test_no_time_lies_beyond_the_ends(rho):
    """Roots and powers round: the grid of a path of no length went up and down."""
    for t in np.random.default_rng(0).uniform(0, 1, 50):
        assert set(noise.karras_times(t, t, 5, rho)) == {t}
        times = noise.karras_times(t, t * (1 + 1e-15), 5, rho)
        assert (np.diff(times) >= 0).all()
