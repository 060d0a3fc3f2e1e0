"""Score networks: the formulas of appendix J, row by row, and the field that they make."""

import numpy as np
import pytest
from given import normal
from scipy.stats import kstest

from smoothdiff.network import ARCHITECTURES, as_layers, as_pairs, initialize
from smoothdiff.scores import divergence_by_differences
from smoothdiff.scores._neural import NeuralScore


def by_hand(params, architecture, x, t):
    """The networks of appendix J in NumPy, one row at a time."""

    def relu(z):
        return np.maximum(z, 0)

    out = []
    for row, when in zip(x, t, strict=True):
        if architecture == "mlp":
            (w1, b1), (w2, b2) = params["hidden"]
            skip, bias = params["skip"][0]
            value = w2 @ relu(w1 @ row + b1) + b2 + skip @ row + bias
        else:
            first, embed, modulate = (params[k][0] for k in ("time", "embed", "modulate"))
            shared = relu(first[0] @ [np.log(when)] + first[1])
            h = np.r_[row, embed[0] @ shared + embed[1]]
            for weight, bias in params["body"][:-1]:
                h = relu(weight @ h + bias)
            value = params["body"][-1][0] @ h + params["body"][-1][1]
            stretch, shift = np.split(modulate[0] @ shared + modulate[1], 2)
            value = value * (1 + stretch) + shift
        out.append(value / np.sqrt(when))
    return np.array(out)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("r", [1, 3])
def test_networks(architecture, r):
    params = initialize(np.random.default_rng(0), architecture, r, 16, (1e-3, 0.5))
    x, t = normal(40, r), np.random.default_rng(1).uniform(0.01, 0.5, 40)
    score = NeuralScore(params, architecture)
    np.testing.assert_allclose(score(x, t), by_hand(params, architecture, x, t), rtol=1e-12)
    # In other units: x -> c x, t -> c^2 t, score -> score / c.
    other = NeuralScore(params, architecture, 10.0)
    np.testing.assert_allclose(other(10 * x, 100 * t), score(x, t) / 10, rtol=1e-12)
    np.testing.assert_allclose(score.denoise(x, t), x + t[:, None] * score(x, t), rtol=1e-12)


@pytest.mark.parametrize("r", [1, 3])
def test_divergence(r):
    params = initialize(np.random.default_rng(0), "time-conditioned", r, 16, (1e-3, 0.5))
    score, x = NeuralScore(params, "time-conditioned", 2.0), normal(20, r, 1)
    expected = divergence_by_differences(score, x, 0.3)[0]
    np.testing.assert_allclose(score.divergence(x, 0.3)[0], expected, rtol=1e-6, atol=1e-6)


def test_a_divergence_by_probes():
    """The mean slope along sqrt(r) times each of the axes is the trace."""
    r = 12
    params = initialize(np.random.default_rng(0), "time-conditioned", r, 16, (1e-3, 0.5))
    score, x = NeuralScore(params, "time-conditioned"), normal(20, r, 1)
    with pytest.raises(ValueError, match="needs probes in more than 10 dimensions"):
        score.divergence(x, 0.3)
    found, error = score.divergence(x, 0.3, np.sqrt(r) * np.eye(r))
    rows = np.vstack([np.eye(r)] * 2) * np.repeat([[1e-5], [-1e-5]], r, axis=0)
    trace = [
        (np.diag(after[:r]).sum() - np.diag(after[r:]).sum()) / 2e-5
        for after in (score(row + rows, 0.3) for row in x)
    ]
    np.testing.assert_allclose(found, trace, rtol=1e-6, atol=1e-6)
    assert (error > 0).all()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_parameters_as_plain_pairs(architecture):
    params = initialize(np.random.default_rng(0), architecture, 2, 4, (1e-3, 0.5))
    pairs = as_pairs(params)
    assert {type(layer) for layers in pairs.values() for layer in layers} == {tuple}
    back = as_layers(pairs, np.float64)
    for block, layers in params.items():
        for old, new in zip(layers, back[block], strict=True):
            np.testing.assert_array_equal(new.weight, old.weight)
            np.testing.assert_array_equal(new.bias, old.bias)


def test_first_parameters_allow_for_the_inputs():
    """Units of log t bend within its range, evenly; x weighs as if it were the only input."""
    dim, width, variances = 3, 4000, (1e-6, 0.02)
    params = initialize(np.random.default_rng(0), "time-conditioned", dim, width, variances)
    (slope, bias), (first, _) = params["time"][0], params["body"][0]
    low, high = np.log(variances)
    kinks = -bias / slope[:, 0]
    assert kstest(kinks, "uniform", args=(low, high - low)).pvalue > 1e-3
    rise = np.abs(slope[:, 0]) * (high - low) / 2
    assert kstest(rise, "uniform").pvalue > 1e-3
    for columns, most in ((first[:, :dim], dim**-0.5), (first[:, dim:], (dim + width) ** -0.5)):
        assert 0.99 * most < np.abs(columns).max() <= most * (1 + 1e-12)


@pytest.mark.parametrize("variances", [(0.3, 0.3), (0.0, 0.3)])
def test_first_parameters_of_one_variance_or_none(variances):
    """They are finite and of moderate size where log t has no range, or no end."""
    params = initialize(np.random.default_rng(0), "time-conditioned", 2, 16, variances)
    slope, bias = params["time"][0]
    assert np.abs(slope).max() <= 2
    assert np.isfinite(bias).all()
