"""What results may not depend on: the frame, the unit and the order of the data."""

import numpy as np
import pytest
from scipy.stats import special_ortho_group
from sklearn.base import clone

from smoothdiff import EmpiricalScoreDiffusion, SmoothedPLDiffusion
from smoothdiff.starts import STARTS

MODELS = {
    "empirical": EmpiricalScoreDiffusion(),
    "empirical, 2 components": EmpiricalScoreDiffusion(n_components=2),
    **{start: SmoothedPLDiffusion(kappa=0.3, start=start) for start in STARTS},
    "2 components": SmoothedPLDiffusion(kappa=0.3, n_components=2),
    "heun": SmoothedPLDiffusion(kappa=0.3, solver="heun", n_steps=20),
}
ROTATION = special_ortho_group.rvs(3, random_state=0)


def normal(n, d, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)) * np.linspace(2, 1, d)


@pytest.fixture(params=MODELS)
def model(request):
    return MODELS[request.param]


X, POINTS = normal(40, 3), np.concatenate([normal(8, 3, 1), normal(40, 3)[:4]])
# Each: the data, how a result that is a point or a direction changes, and the scale c.
TRANSFORMATIONS = {
    "translation": (lambda x: x + np.array([3.0, -50.0, 0.25]), lambda g: g, 1.0),
    "rotation": (lambda x: x @ ROTATION, lambda g: g @ ROTATION, 1.0),
    "reflection": (lambda x: x * [1, -1, 1], lambda g: g * [1, -1, 1], 1.0),
    "permuted columns": (lambda x: x[:, [2, 0, 1]], lambda g: g[:, [2, 0, 1]], 1.0),
    "smaller": (lambda x: 1e-3 * x, lambda g: 1e-3 * g, 1e-3),
    "larger": (lambda x: 700.0 * x, lambda g: 700.0 * g, 700.0),
    "all": (
        lambda x: 20.0 * x @ ROTATION - [1.0, 2.0, 3.0],
        lambda g: 20.0 * g @ ROTATION,
        20.0,
    ),
}


@pytest.fixture(params=TRANSFORMATIONS)
def changed(request, model):
    """The model fitted to data and to their image, and the transformation."""
    of_points, of_directions, c = TRANSFORMATIONS[request.param]
    return clone(model).fit(X), clone(model).fit(of_points(X)), of_points, of_directions, c


def close(actual, desired, c=1.0):
    np.testing.assert_allclose(actual, desired, rtol=1e-9, atol=1e-9 * max(c, 1e-3))


def test_scales(changed):
    plain, image, _, _, c = changed
    np.testing.assert_allclose(image.spacing_, c * plain.spacing_, rtol=1e-9)
    np.testing.assert_allclose(image.t0_, c**2 * plain.t0_, rtol=1e-9)
    np.testing.assert_allclose(image.t_min_, c**2 * plain.t_min_, rtol=1e-9)


def test_density(changed):
    plain, image, of_points, _, c = changed
    expected = plain.score_samples(POINTS) - 3 * np.log(c)
    np.testing.assert_allclose(
        image.score_samples(of_points(POINTS)), expected, rtol=1e-8, atol=1e-8
    )


def test_score_function_and_denoiser(changed):
    plain, image, of_points, of_directions, c = changed
    for share in (0.01, 0.5, 1.0):
        t = share * plain.t0_
        score = image.score_function(of_points(POINTS), c**2 * t * (1 - 1e-12))
        close(
            score * c**2 * plain.t0_, of_directions(plain.score_function(POINTS, t)) * plain.t0_, c
        )
        denoised = image.denoise(of_points(POINTS), c**2 * t * (1 - 1e-12))
        close(denoised, of_points(plain.denoise(POINTS, t)), c)


def test_flow(changed):
    plain, image, of_points, _, c = changed
    there = plain.flow(POINTS, plain.t0_, plain.t_min_)
    close(image.flow(of_points(POINTS), image.t0_, image.t_min_), of_points(there), c)


def test_decomposition(changed):
    plain, image, of_points, _, c = changed
    if not hasattr(plain, "decompose"):
        return
    before = plain.decompose(POINTS, 0.3 * plain.t0_)
    after = image.decompose(of_points(POINTS), 0.3 * image.t0_)
    close(after.a, of_points(before.a), c)
    close(after.v, of_points(before.v), c)
    np.testing.assert_array_equal(after.parents, before.parents)
    close(after.weights, before.weights)
    np.testing.assert_array_equal(after.face_dim, before.face_dim)


@pytest.mark.parametrize("c", [1e-3, 30.0])
@pytest.mark.parametrize("start", STARTS)
def test_given_scales_change_with_the_unit(start, c):
    """Under x -> c x: t -> c^2 t and spacing -> c spacing, with kappa as it is."""
    given = {"t0": 0.5, "t_min": 0.04, "spacing": 0.6}
    unit = {"t0": 0.5 * c**2, "t_min": 0.04 * c**2, "spacing": 0.6 * c}
    plain = SmoothedPLDiffusion(kappa=0.4, start=start, **given).fit(X)
    image = SmoothedPLDiffusion(kappa=0.4, start=start, **unit).fit(c * X)
    expected = plain.score_samples(POINTS) - 3 * np.log(c)
    np.testing.assert_allclose(image.score_samples(c * POINTS), expected, rtol=1e-8, atol=1e-8)
    close(image.flow(c * POINTS, 0.3 * c**2, 0), c * plain.flow(POINTS, 0.3, 0), c)


ORDER = np.random.default_rng(7).permutation(60)
ROWS = normal(45, 3)[np.random.default_rng(8).integers(45, size=60)]  # some rows repeat


def test_row_order_does_not_change_the_density(model):
    a, b = model.fit(ROWS).score_samples(POINTS), model.fit(ROWS[ORDER]).score_samples(POINTS)
    np.testing.assert_array_equal(a, b)


def test_row_order_does_not_change_the_samples(model):
    kwargs = {"random_state": 0, "return_parents": True}
    plain, parents, weights = model.fit(ROWS).sample(50, **kwargs)
    shuffled, others, other_weights = model.fit(ROWS[ORDER]).sample(50, **kwargs)
    np.testing.assert_array_equal(plain, shuffled)
    np.testing.assert_array_equal(weights, other_weights)
    named = weights > 0
    np.testing.assert_array_equal(ROWS[parents[named]], ROWS[ORDER][others[named]])


COUNTS = np.random.default_rng(9).integers(0, 4, size=40)


def test_integer_weights_are_repetitions_and_zeros_absences(model):
    weighted = model.fit(X, sample_weight=COUNTS)
    scales = weighted.spacing_, weighted.t0_, weighted.noise_variance_, weighted.n_components_
    log_p, x = weighted.score_samples(POINTS), weighted.sample(30, random_state=0)
    start = weighted.start_covariances_
    repeated = model.fit(np.repeat(X, COUNTS, axis=0))
    np.testing.assert_allclose(repeated.score_samples(POINTS), log_p, rtol=1e-9)
    np.testing.assert_allclose(repeated.sample(30, random_state=0), x, rtol=1e-9, atol=1e-9)
    again = repeated.spacing_, repeated.t0_, repeated.noise_variance_, repeated.n_components_
    np.testing.assert_allclose(again, scales, rtol=1e-9, atol=1e-15)
    # atol: local-pca covariances in a frame whose signs may differ are compared by their traces.
    trace = [
        S if S.ndim == 1 else np.trace(S, axis1=1, axis2=2)
        for S in (start, repeated.start_covariances_)
    ]
    np.testing.assert_allclose(np.repeat(trace[0], COUNTS), trace[1], rtol=1e-9)
    assert np.isnan(trace[0][COUNTS == 0]).all()


def test_only_ratios_of_weights_matter(model):
    a = model.fit(X, sample_weight=COUNTS).score_samples(POINTS)
    b = model.fit(X, sample_weight=COUNTS * 0.3).score_samples(POINTS)
    np.testing.assert_allclose(a, b, rtol=1e-9)


def test_rows_of_zero_weight_are_never_parents(model):
    model = model.fit(X, sample_weight=COUNTS)
    _, parents, weights = model.sample(500, random_state=0, return_parents=True)
    assert np.all(COUNTS[parents[weights > 0]] > 0)
