"""What fit leaves behind."""

import numpy as np
import pytest
import reference
from given import normal

from smoothdiff import (
    EmpiricalScoreDiffusion,
    LocalAverageDiffusion,
    NeuralScoreDiffusion,
    ScoreDiffusion,
    SmoothedPLDiffusion,
)
from smoothdiff.starts import STARTS

pd = pytest.importorskip("pandas")


def test_subspace_and_scales(make):
    X, weights = normal(40, 4) * [3.0, 2.0, 1.0, 0.1], np.arange(1.0, 41)
    model = make(n_components=2).fit(X, sample_weight=weights)
    mean, axes, residual = reference.split(X, weights, 2)
    np.testing.assert_allclose(model.mean_, mean, rtol=1e-12)
    np.testing.assert_allclose(np.abs((model.components_ * axes).sum(axis=1)), 1, rtol=1e-12)
    np.testing.assert_allclose(model.noise_variance_, residual, rtol=1e-9)
    points = (X - mean) @ model.components_.T
    np.testing.assert_allclose(model.points_, points, rtol=0, atol=1e-12)
    np.testing.assert_allclose(model.weights_, weights / weights.sum(), rtol=1e-15)
    variance = (model.weights_[:, None] * points**2).sum(axis=0)
    np.testing.assert_allclose(model.explained_variance_, variance, rtol=1e-9)
    np.testing.assert_allclose(model.spacing_, reference.spacing(points), rtol=1e-9)
    assert model.t0_ == model.spacing_**2
    shaped = getattr(model, "start", "isotropic") == "local"  # docs/defaults.md
    np.testing.assert_allclose(model.t_min_, (0.1 if shaped else 0.01 / 2) * model.t0_, rtol=1e-12)
    assert model.n_components_ == 2
    assert model.n_features_in_ == 4
    assert not hasattr(model, "feature_names_in_")


def test_rows_of_no_weight_have_tangent_coordinates_too(make):
    X, weights = normal(40, 3), np.r_[np.zeros(5), np.ones(35)]
    model = make().fit(X, sample_weight=weights)
    np.testing.assert_allclose(
        model.points_, (X - model.mean_) @ model.components_.T, rtol=0, atol=1e-12
    )
    assert np.isnan(model.start_covariances_[:5]).all()
    assert np.isfinite(model.start_covariances_[5:]).all()


@pytest.mark.without(
    *(EmpiricalScoreDiffusion, NeuralScoreDiffusion), because="they start from the noised data"
)
@pytest.mark.parametrize("start", [start for start in STARTS if start != "gaussian"])
def test_start_covariances(make, start):
    X, weights = normal(40, 3), np.r_[np.zeros(3), np.ones(37)]
    model = make(start=start, start_neighbors=5).fit(X, sample_weight=weights)
    scales = model.t0_, model.spacing_
    expected = reference.start_covariances(model.points_[3:], start, *scales, 5)
    S = model.start_covariances_
    assert np.isnan(S[:3]).all()
    S = S[3:] if S.ndim == 3 else S[3:, None, None] * np.eye(3)
    np.testing.assert_allclose(S, expected, rtol=1e-9, atol=1e-15)


@pytest.mark.without(
    *(SmoothedPLDiffusion, LocalAverageDiffusion, ScoreDiffusion),
    because="their start is a parameter",
)
def test_the_noised_data_start_from_t0(make):
    model = make(t0=0.7).fit(normal(40, 3))
    np.testing.assert_array_equal(model.start_covariances_, np.full(40, 0.7))


def test_what_is_given_away_is_not_the_model(make):
    """Whoever writes into start_covariances_ changes nothing."""
    model, x = make().fit(normal(40, 3)), normal(10, 3, 1)
    expected = model.score_samples(x)
    model.start_covariances_[:] = 0
    np.testing.assert_array_equal(model.score_samples(x), expected)
    assert model.start_covariances_.any()


def test_feature_names(make):
    frame = pd.DataFrame(normal(40, 3), columns=["height", "width", "depth"])
    model, plain = make().fit(frame), make().fit(frame.to_numpy())
    assert list(model.feature_names_in_) == ["height", "width", "depth"]
    np.testing.assert_array_equal(model.score_samples(frame), plain.score_samples(frame.to_numpy()))
    with pytest.raises(ValueError, match="The feature names should match those that were passed"):
        model.score_samples(frame.rename(columns={"width": "breadth"}))
    with pytest.raises(ValueError, match="Feature names must be in the same order"):
        model.score_samples(frame[["width", "height", "depth"]])


@pytest.mark.parametrize(
    ("n_components", "expected"), [("auto", 3), (None, 3), (2, 2), (np.int64(1), 1), (0.5, 1)]
)
def test_n_components(make, n_components, expected):
    X = normal(40, 3) * [5.0, 2.0, 0.1]
    assert make(n_components=n_components).fit(X).n_components_ == expected


def test_mle(make):
    """The variance of 4 directions of 64 rows: 4 standard errors."""
    X = normal(64, 2) @ normal(2, 6, 1) + 0.05 * normal(64, 6, 2)
    model = make(n_components="mle").fit(X)
    assert model.n_components_ == 2
    rtol = 4 * np.sqrt(2 / (4 * 64))
    np.testing.assert_allclose(model.noise_variance_, 0.05**2, rtol=rtol)


def test_a_second_fit_forgets_the_first(make):
    X, Y = normal(40, 3), pd.DataFrame(normal(40, 2, 1), columns=["a", "b"])
    twice = make(random_state=0).fit(X)
    twice.score_samples(X)
    twice.sample(2)
    twice.fit(Y)
    once = make(random_state=0).fit(Y)
    np.testing.assert_array_equal(twice.score_samples(Y), once.score_samples(Y))
    np.testing.assert_array_equal(twice.sample(5), once.sample(5))
    assert not hasattr(twice.fit(X), "feature_names_in_")
