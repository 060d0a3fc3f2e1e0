"""Adapters of EDM and VP networks, against the exact score written in either convention."""

import jax.numpy as jnp
import numpy as np
import pytest
from given import normal

from smoothdiff.cloud import PointCloud
from smoothdiff.scores import CallableScore, EDMDenoiser, EmpiricalScore, VPNoisePredictor
from smoothdiff.subspace import Subspace

POINTS = normal(15, 3)
WHOLE = Subspace(np.zeros(3), np.eye(3), np.ones(3), 0.0, np.zeros(3, dtype=bool))


def edm(xp):
    """D(x, sigma) of the points in EDM's notation: x = y + sigma z."""

    def denoiser(x, sigma):
        y = xp.asarray(POINTS)
        exponents = -((x[:, None] - y) ** 2).sum(-1) / (2 * sigma**2)
        share = xp.exp(exponents - exponents.max(1)[:, None])
        return share @ y / share.sum(1)[:, None]

    return denoiser


def vp(xp):
    """eps(x, abar) of the points in VP's notation: x = sqrt(abar) y + sqrt(1 - abar) eps."""

    def predictor(x, abar):
        y = abar**0.5 * xp.asarray(POINTS)
        exponents = -((x[:, None] - y) ** 2).sum(-1) / (2 * (1 - abar))
        share = xp.exp(exponents - exponents.max(1)[:, None])
        mean = share @ y / share.sum(1)[:, None]
        return (x - mean) / (1 - abar) ** 0.5

    return predictor


ADAPTERS = {
    "EDM": lambda xp: EDMDenoiser(edm(xp)),
    "VP": lambda xp: VPNoisePredictor(vp(xp)),
}


@pytest.mark.parametrize("xp", [np, jnp], ids=["NumPy", "JAX"])
@pytest.mark.parametrize("convention", ADAPTERS)
def test_the_exact_score_in_another_convention(convention, xp):
    """Equal to 1e-10 over seven decades of t, score and divergence."""
    exact, x = EmpiricalScore(PointCloud.of(POINTS)), 1.5 * normal(40, 3, 1)
    field = CallableScore(ADAPTERS[convention](xp), WHOLE, x[:4], 0.1)
    for t in (1e-3, 1.0, 1e4):
        np.testing.assert_allclose(field.denoise(x, t), exact.denoise(x, t), rtol=0, atol=1e-10)
        np.testing.assert_allclose(field(x, t), exact(x, t), rtol=1e-10, atol=1e-10 / t)
        value, error = field.divergence(x, t)
        off = np.abs(value - exact.divergence(x, t)[0])
        assert np.all(off <= error + 1e-9 / t)


@pytest.mark.parametrize("t", [1e-4, 0.5, 30.0])
def test_what_the_networks_are_asked(t):
    """EDM: the state and its standard deviation. VP: the scaled state and the signal's share."""
    x, asked = normal(5, 3), []

    def spy(x, level):
        asked.append((x, level))
        return x

    EDMDenoiser(spy).denoise(x, t)
    VPNoisePredictor(spy).denoise(x, t)
    (x_edm, sigma), (x_vp, abar) = asked
    np.testing.assert_array_equal(x_edm, x)
    assert sigma == t**0.5
    np.testing.assert_allclose((1 - abar) / abar, t, rtol=1e-11)
    np.testing.assert_allclose(x_vp / np.sqrt(abar), x, rtol=1e-14)


def test_a_perfect_predictor_of_noise_denoises():
    """x_t = x_0 + sqrt(t) z: told z, the adapter gives x_0 back."""
    x_0, z, t = normal(20, 3), normal(20, 3, 1), 0.7
    found = VPNoisePredictor(lambda x, abar: z).denoise(x_0 + np.sqrt(t) * z, t)
    np.testing.assert_allclose(found, x_0, rtol=0, atol=1e-14)


@pytest.mark.parametrize("convention", ADAPTERS)
def test_pytorch_tensors_stay_tensors(convention):
    torch = pytest.importorskip("torch")

    def network(x, level):
        assert isinstance(x, torch.Tensor)
        return 0.5 * x

    adapter = {"EDM": EDMDenoiser, "VP": VPNoisePredictor}[convention](network)
    assert isinstance(adapter.denoise(torch.ones(4, 3), 0.3), torch.Tensor)
    score = CallableScore(adapter, WHOLE, normal(4, 3), 0.3)
    assert np.isfinite(score.divergence(normal(5, 3), 0.3)[0]).all()
