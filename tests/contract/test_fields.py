"""Score, denoiser and flow, and how they hang together, for every estimator."""

import numpy as np
import pytest
from given import normal

from smoothdiff import ScoreDiffusion, SmoothedPLDiffusion

X, x = normal(40, 4) * [3.0, 2.0, 0.3, 0.2], normal(15, 4, 1)


@pytest.fixture(scope="module", params=[None, 2])
def of_some_components(request, make):
    return make(n_components=request.param, t0=1.0, t_min=0.01).fit(X)


def normal_part(model, z):
    centered = z - model.mean_
    return centered - centered @ model.components_.T @ model.components_


def test_score_is_denoiser_less_x_over_t(of_some_components):
    model = of_some_components
    for t in (model.t_min_, np.linspace(0.01, 1, 15) * model.t0_):
        expected = (model.denoise(x, t) - x) / np.broadcast_to(t, 15)[:, None]
        np.testing.assert_allclose(model.score_function(x, t), expected, rtol=1e-12, atol=1e-12)


def test_normal_score_is_that_of_a_gaussian(of_some_components):
    """-x_n / (noise_variance_ + t), as for x_0 ~ N(0, noise_variance_)."""
    model = of_some_components
    for t in (0.01, 0.7):
        score = model.score_function(x, t)
        off = score - score @ model.components_.T @ model.components_
        expected = -normal_part(model, x) / (model.noise_variance_ + t)
        np.testing.assert_allclose(off, expected, rtol=1e-9, atol=1e-9)


def test_flow_of_the_normal_part(of_some_components):
    """x_n(s) = x_n(t) sqrt((noise_variance_ + s) / (noise_variance_ + t))."""
    model = of_some_components
    moved = model.flow(x, 0.8, 0.05)
    shrink = np.sqrt((model.noise_variance_ + 0.05) / (model.noise_variance_ + 0.8))
    expected = shrink * normal_part(model, x)
    np.testing.assert_allclose(normal_part(model, moved), expected, rtol=1e-9, atol=1e-12)


def test_flow_within_a_subspace(make):
    """Columns of zeros: the normal part goes with sqrt(t)."""
    model = make(n_components="auto", t0=1.0, t_min=0.01).fit(X * [1, 1, 0, 0])
    moved = model.flow(x, 0.8, 0.05)
    np.testing.assert_allclose(moved[:, 2:], x[:, 2:] * np.sqrt(0.05 / 0.8), rtol=1e-12)


def test_to_stay_is_the_identity(of_some_components):
    np.testing.assert_allclose(of_some_components.flow(x, 0.7, 0.7), x, rtol=0, atol=1e-12)


def test_flow_down_and_up_again(make):
    """Exact in closed form; by steps to the error of 150."""
    model = make(kappa=0.5) if make.takes("kappa") else make()
    if make.takes("n_quadrature"):
        model.set_params(n_quadrature=4)
    model.set_params(t0=1.0, spacing=0.8, n_steps=150).fit(normal(40, 2))
    y = normal(15, 2, 1)
    back = model.flow(model.flow(y, 0.7, 0.3), 0.3, 0.7)
    np.testing.assert_allclose(back, y, rtol=0, atol=1e-3)


def test_times_for_each_row_are_those_of_single_rows(of_some_components):
    t = np.linspace(0.02, 1, 15)
    alone = [of_some_components.denoise(x[i : i + 1], t[i])[0] for i in range(15)]
    np.testing.assert_allclose(of_some_components.denoise(x, t), alone, rtol=1e-11, atol=1e-11)


def test_score_is_the_mean_of_score_samples(model):
    y = normal(7, 3, 1)
    score = model.score(y)
    assert isinstance(score, float)
    np.testing.assert_allclose(score, model.score_samples(y).mean(), rtol=1e-15)


def test_a_field_is_taken_in_data_coordinates(make):
    """ScoreDiffusion's own: score_function is the field, wherever the data are."""
    if make.cls is not ScoreDiffusion:
        return
    model = make(t0=1.0).fit(X + 5)
    t = 0.3
    np.testing.assert_allclose(model.score_function(x, t), -x / (1 + t), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("t", [1e-8, 1e-12, 1e-16])
def test_scores_keep_their_digits_at_small_times(t):
    """Where (D_t - x) / t has none left."""
    X = normal(50, 2)
    model = ScoreDiffusion(lambda x, t: -x / (1 + t)).fit(X)
    np.testing.assert_allclose(model.score_function(X, t), -X / (1 + t), rtol=1e-12)
    model = SmoothedPLDiffusion(n_components=1).fit(X)
    x = X[:5] * 0.4 + 0.1
    inside = model.diffusion_.subspace
    normal_part = inside.normal_part(x)
    own = model.diffusion_.score(inside.project(x), t) @ model.components_
    expected = own - normal_part / (model.noise_variance_ + t)
    np.testing.assert_allclose(model.score_function(x, t), expected, rtol=1e-12)
