"""Any field as an estimator: it is the others where its field is theirs."""

import pickle

import jax.numpy as jnp
import numpy as np
import pytest
from given import gaussian_score, normal
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from smoothdiff import EmpiricalScoreDiffusion, ScoreDiffusion, SmoothedPLDiffusion
from smoothdiff.cloud import PointCloud
from smoothdiff.scores import EDMDenoiser, EmpiricalScore, SmoothedPLScore, VPNoisePredictor

X, x = normal(30, 2), normal(20, 2, 1)
SCALES = {"t0": 0.4, "t_min": 0.04, "spacing": 0.3}


@pytest.mark.parametrize("n_steps", [20, pytest.param(200, marks=pytest.mark.slow)])
@pytest.mark.filterwarnings("ignore:Steps jump over the edges")
def test_the_exact_score_is_the_empirical_model_by_steps(n_steps):
    """EmpiricalScore in data coordinates against EmpiricalScoreDiffusion(solver="heun")."""
    own = ScoreDiffusion(EmpiricalScore(PointCloud.of(X)), n_steps=n_steps, **SCALES).fit(X)
    model = EmpiricalScoreDiffusion(solver="heun", n_steps=n_steps, **SCALES).fit(X)
    # Its object has a divergence of its own, which is not asked: differences stand in for it.
    np.testing.assert_allclose(own.score_samples(x), model.score_samples(x), rtol=1e-6, atol=1e-6)
    for t, s in ((0.4, 0.04), (0.04, 0.4)):
        np.testing.assert_allclose(own.flow(x, t, s), model.flow(x, t, s), rtol=0, atol=1e-9)
    np.testing.assert_allclose(own.denoise(x, 0.1), model.denoise(x, 0.1), rtol=0, atol=1e-10)


def test_the_smoothed_score_is_the_smoothed_model_by_steps():
    field = SmoothedPLScore(PointCloud.of(X), 0.5, 0.3)
    own = ScoreDiffusion(field, start="local", n_steps=20, **SCALES).fit(X)
    model = SmoothedPLDiffusion(kappa=0.5, solver="heun", n_steps=20, **SCALES).fit(X)
    np.testing.assert_allclose(own.flow(x, 0.4, 0.04), model.flow(x, 0.4, 0.04), rtol=0, atol=1e-9)
    axes = model.components_  # the field is run in the data's own axes
    turned = axes.T @ model.start_covariances_ @ axes
    np.testing.assert_allclose(own.start_covariances_, turned, rtol=1e-9, atol=1e-12)


def gaussian_log_density(model, X, x):
    """Of gaussian_score: x_t / sqrt(1 + t) stays, so the start is known at every t."""
    t0, t = model.t0_, model.t_min_
    stretch = np.sqrt((1 + t0) / (1 + t))
    squares = ((stretch * x[:, None] - X) ** 2).sum(axis=-1)
    d = X.shape[1]
    exponents = -squares / (2 * t0) - d / 2 * np.log(2 * np.pi * t0) - np.log(len(X))
    return np.log(np.exp(exponents).sum(axis=1)) + d * np.log(stretch)


@pytest.mark.parametrize("d", [1, 12])
def test_a_linear_field_has_a_closed_form(d):
    """100 steps of Heun's method: density, flow, and the law of the samples."""
    data, rows = normal(25, d), normal(10, d, 1)
    options = {"t0": 0.5, "t_min": 0.05, "n_steps": 100, "random_state": 0}
    model = ScoreDiffusion(gaussian_score, **options).fit(data)
    expected = gaussian_log_density(model, data, rows)
    np.testing.assert_allclose(model.score_samples(rows), expected, rtol=0, atol=1e-4)
    stretch = np.sqrt(1.05 / 1.5)
    np.testing.assert_allclose(model.flow(rows, 0.5, 0.05), stretch * rows, rtol=1e-5, atol=1e-6)
    samples = model.sample(4000)
    variance = stretch**2 * (data.var(axis=0) + 0.5)
    assert np.all(np.abs(samples.var(axis=0) / variance - 1) < 0.15)
    spread = 4.5 * np.sqrt(variance / 4000)
    assert np.all(np.abs(samples.mean(axis=0) - stretch * data.mean(axis=0)) < spread)


@pytest.mark.parametrize("n_components", [1, 2, 0.9, "auto"])
def test_components_given(n_components):
    """Along the normal directions the field gives way to a Gaussian."""
    data = normal(40, 3) * [3, 2, 0.1]
    model = ScoreDiffusion(gaussian_score, n_components=n_components, t0=0.5).fit(data)
    U = model.components_
    rows = normal(10, 3, 1)
    z = (rows - model.mean_) @ U.T
    score = model.score_function(rows, 0.3)
    np.testing.assert_allclose(
        score @ U.T, gaussian_score(model.mean_ + z @ U, 0.3) @ U.T, rtol=1e-9, atol=1e-12
    )
    rest = rows - model.mean_ - z @ U
    expected = -rest / (model.noise_variance_ + 0.3)
    np.testing.assert_allclose(score - score @ U.T @ U, expected, rtol=1e-9, atol=1e-9)


def test_in_pipelines():
    """The field sees what the last step sees."""
    pipeline = make_pipeline(StandardScaler(), ScoreDiffusion(gaussian_score, n_steps=10))
    pipeline.fit(5 + 3 * X)
    alone = ScoreDiffusion(gaussian_score, n_steps=10).fit(
        StandardScaler().fit_transform(5 + 3 * X)
    )
    scaled = pipeline[0].transform(5 + 3 * x)
    np.testing.assert_array_equal(pipeline.score_samples(5 + 3 * x), alone.score_samples(scaled))


def exact_edm(rows, sigma):
    """EDM's denoiser of X, a function of this file that a pickle can name."""
    exponents = -((rows[:, None] - X) ** 2).sum(-1) / (2 * sigma**2)
    share = jnp.exp(exponents - exponents.max(1)[:, None])
    return share @ X / share.sum(1)[:, None]


def no_noise(rows, abar):
    return 0 * rows


@pytest.mark.parametrize(
    "field",
    [gaussian_score, EDMDenoiser(exact_edm), VPNoisePredictor(no_noise)],
    ids=["function", "EDM", "VP"],
)
def test_pickles(field):
    model = ScoreDiffusion(field, n_steps=5, random_state=0).fit(X)
    expected = model.score_samples(x)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.score_samples(x), expected)
    np.testing.assert_array_equal(again.sample(5), model.sample(5))


def test_an_adapter_is_the_exact_model():
    own = ScoreDiffusion(EDMDenoiser(exact_edm), n_steps=40, **SCALES).fit(X)
    model = EmpiricalScoreDiffusion(solver="heun", n_steps=40, **SCALES).fit(X)
    np.testing.assert_allclose(own.score_samples(x), model.score_samples(x), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(own.flow(x, 0.4, 0.04), model.flow(x, 0.4, 0.04), rtol=0, atol=1e-9)


def test_a_bad_field_is_told_in_fit():
    model = ScoreDiffusion(lambda x, t: x[:, :1])
    before = dict(vars(model))
    with pytest.raises(ValueError, match=r"The field must return shape \(4, 2\)\. Got shape"):
        model.fit(X[:4])
    assert vars(model) == before


def test_few_rows_do():
    """Fewer than the rows with which the field is tried."""
    for n in (1, 2, 3, 5):
        model = ScoreDiffusion(gaussian_score, t0=0.5, spacing=0.3, n_steps=4).fit(X[:n])
        assert model.sample(2).shape == (2, 2)


def test_a_network_of_pytorch():
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    body = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.Tanh(), torch.nn.Linear(8, 2))

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.body = body

        def forward(self, rows, t):
            return self.body(rows) - rows / (1 + t)

    model = ScoreDiffusion(Network(), n_steps=10, random_state=0, **SCALES).fit(X)
    assert np.isfinite(model.sample(5)).all()
    twin = ScoreDiffusion(Network().double(), n_steps=10, **SCALES).fit(X)
    np.testing.assert_allclose(model.score_samples(x), twin.score_samples(x), rtol=0, atol=1e-3)


def test_the_default_start_is_the_one_that_is_said():
    assert 'default="isotropic"' in ScoreDiffusion.__doc__
    assert ScoreDiffusion(None).start == "isotropic"
