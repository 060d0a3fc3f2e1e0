"""How alike two scores are: from the definitions, row by row, and where they are the same."""

import numpy as np
import pytest

from smoothdiff.cloud import PointCloud
from smoothdiff.scores import EmpiricalScore
from smoothdiff.theory import agreement

POINTS = np.random.default_rng(0).normal(size=(12, 4))
CLOUD = PointCloud.of(POINTS)
G = EmpiricalScore(CLOUD)


def field(x, t):
    return 0.7 * G(x, t) - np.sin(x)


@pytest.mark.parametrize("t", [0.1, np.linspace(0.02, 0.4, 9)])
def test_each_number_from_its_definition(t):
    x = np.random.default_rng(1).normal(size=(9, 4))
    found = agreement(field, G, x, t)
    rows = {"r2": [], "correlation2": [], "cosine": [], "mse": [], "weighted_mse": []}
    for place, s in zip(x, np.broadcast_to(t, 9), strict=True):
        f, g = (score(place[None], s)[0] for score in (field, G))
        rows["r2"].append(1 - np.sum((f - g) ** 2) / np.sum(g**2))
        rows["correlation2"].append(np.corrcoef(place + s * f, place + s * g)[0, 1] ** 2)
        rows["cosine"].append(f @ g / np.sqrt(f @ f * (g @ g)))
        rows["mse"].append(np.mean((f - g) ** 2))
        rows["weighted_mse"].append(s * np.sum((f - g) ** 2))
    for name, values in rows.items():
        assert getattr(found, name) == pytest.approx(np.mean(values), rel=1e-9)
        if "mse" not in name:
            assert getattr(found, f"median_{name}") == pytest.approx(np.median(values), rel=1e-9)
    assert found.r2 < found.cosine < 1
    values = agreement(field(x, np.broadcast_to(t, 9)), G, x, t)
    np.testing.assert_allclose(values, found, rtol=1e-9)
    assert f"{found.median_cosine:.4f}" in str(found)


def test_the_same_scores_agree_and_opposite_ones_do_not():
    same = agreement(G, G, CLOUD, [0.1, 0.2], n_samples=100)
    np.testing.assert_allclose(same, [1] * 6 + [0, 0], rtol=1e-12)
    opposite = agreement(lambda x, t: -G(x, t), G, CLOUD, 0.1, n_samples=100)
    np.testing.assert_allclose([opposite.r2, opposite.cosine], [-3, -1], rtol=1e-12)
    nothing = agreement(lambda x, t: 0 * x, G, CLOUD, 0.1, n_samples=100)
    np.testing.assert_allclose([nothing.r2, nothing.cosine], [0, 0], rtol=0, atol=1e-12)
    both = agreement(np.zeros((5, 2)), np.zeros((5, 2)), np.ones((5, 2)), 0.1)
    assert (both.r2, both.cosine, both.mse) == (1, 0, 0)
    assert np.isnan(both.correlation2)


def test_draws_are_of_p_t():
    """For one point t |s_t|^2 is chi-squared: its mean within 5 standard errors. Seeds repeat."""
    cloud, t = PointCloud.of(np.zeros((1, 4))), 0.3
    found = agreement(lambda x, t: 0 * x, EmpiricalScore(cloud), cloud, t, n_samples=4000)
    assert abs(found.weighted_mse - 4) < 5 * np.sqrt(8 / 4000)
    again, other = (agreement(field, G, CLOUD, 0.1, n_samples=50, random_state=s) for s in (0, 1))
    assert again == agreement(field, G, CLOUD, 0.1, n_samples=50)
    assert again != other


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((field, G, POINTS, 0.0), "t must be positive, finite. Got 0.0"),
        ((field, G, POINTS, [0.1]), r"t must have shape \(12,\)"),
        ((field, G, np.ones((2, 2, 2)), 0.1), r"x must have shape \(n, d\). Got shape \(2, 2, 2\)"),
        ((POINTS[:3], G, POINTS, 0.1), r"field must be callable, or of the shape \(12, 4\) of x"),
        (
            (field, POINTS[:3], POINTS, 0.1),
            r"other must be callable, or of the shape \(12, 4\) of x",
        ),
        ((field, lambda x, t: 0.0, POINTS, 0.1), "other must return shape"),
    ],
)
def test_what_is_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        agreement(*arguments)
