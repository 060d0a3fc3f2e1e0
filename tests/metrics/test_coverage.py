"""Balls and levels against loops over all pairs, the published figures and prdc."""

import numpy as np
import pytest
from made import clouds, mixed
from scipy.spatial.distance import cdist

from smoothdiff.metrics import alpha_precision_beta_recall, precision_recall_density_coverage


def slow_prdc(generated, real, k):
    """As the papers write it, over all pairs."""
    radius = np.sort(cdist(real, real), axis=1)[:, k]
    radius_new = np.sort(cdist(generated, generated), axis=1)[:, k]
    between = cdist(generated, real)
    inside = between < radius
    return (
        inside.any(axis=1).mean(),
        (between < radius_new[:, None]).any(axis=0).mean(),
        inside.sum() / k / len(generated),
        (between.min(axis=0) < radius).mean(),
    )


@pytest.mark.parametrize(("n", "m", "d", "k"), [(200, 150, 2, 5), (90, 300, 8, 3), (60, 60, 1, 1)])
def test_against_all_pairs(n, m, d, k):
    real, made = clouds(n, m, d=d)
    found = precision_recall_density_coverage(made, real, k=k)
    np.testing.assert_allclose(found, slow_prdc(made, real, k))


def test_crowds_are_counted():
    """All generated rows in one place: every ball there holds them all, or none."""
    (real,) = clouds(300, d=2)
    made = real[0] + 1e-3 * clouds(500, d=2, seed=1)[0]
    found = precision_recall_density_coverage(made, real)
    np.testing.assert_allclose(found, slow_prdc(made, real, 5))


def test_repeated_rows_count_as_rows():
    real, made = clouds(80, 80, d=2)
    real, made = np.r_[real, real[:40]], np.r_[made, made[:10], real[:5]]
    for k in (1, 5):
        found = precision_recall_density_coverage(made, real, k=k)
        np.testing.assert_allclose(found, slow_prdc(made, real, k))


def test_the_baseline_is_that_of_other_real_rows():
    real, made, train = clouds(100, 100, 100)
    found = precision_recall_density_coverage(2 * made, real, train)
    expected = precision_recall_density_coverage(train, real)
    assert [value.baseline for value in found] == list(expected)


def test_mixed_tables():
    real, made = mixed(200, 0.0), mixed(200, 0.25)
    found = precision_recall_density_coverage(made, real, k=3)
    assert all(0 < value <= 1.5 for value in found)
    same = precision_recall_density_coverage(real, real, k=3)
    assert (same.precision, same.recall, same.coverage) == (1, 1, 1)


@pytest.mark.slow
def test_the_published_figures():
    """N(0, I), 10000 rows of 1000 columns, k = 5: prdc's README has .4772 .4705 1.0555 .9735."""
    made, real = clouds(10_000, 10_000, d=1000)
    found = precision_recall_density_coverage(made, real)
    np.testing.assert_allclose(found, (0.4772, 0.4705, 1.0555, 0.9735), atol=0.06)


def test_against_prdc():
    prdc = pytest.importorskip("prdc")
    made, real = clouds(400, 400, d=50)
    expected = prdc.compute_prdc(real, made, 5)
    found = precision_recall_density_coverage(made, real)
    for name, value in found._asdict().items():
        np.testing.assert_allclose(value, expected[name])


def slow_alpha_beta(generated, real):
    """Level by level, the integrals by sums over a fine grid."""
    levels = np.linspace(0, 1, 1001)
    to_center = np.linalg.norm(real - real.mean(axis=0), axis=1)
    new_to_center = np.linalg.norm(generated - real.mean(axis=0), axis=1)
    between = cdist(real, generated)
    own = cdist(real, real) + np.diag(np.full(len(real), np.inf))
    depth = np.linalg.norm(generated[between.argmin(axis=1)] - generated.mean(axis=0), axis=1)
    found = []
    for share in (
        [(new_to_center <= np.quantile(to_center, a)).mean() for a in levels],
        [
            ((between.min(axis=1) <= own.min(axis=1)) & (depth <= np.quantile(depth, b))).mean()
            for b in levels
        ],
    ):
        error = np.abs(np.array(share) - levels)
        found.append(1 - 2 * ((error[1:] + error[:-1]) / 2).mean())
    return found


@pytest.mark.parametrize("scale", [1.0, 0.5, 3.0])
def test_alpha_precision_and_beta_recall(scale):
    real, made = clouds(150, 120)
    found = alpha_precision_beta_recall(scale * made, real)
    np.testing.assert_allclose(found, slow_alpha_beta(scale * made, real), atol=1e-12)


def test_alpha_precision_of_the_same_law_is_one():
    real, made = clouds(3000, 3000)
    found = alpha_precision_beta_recall(made, real)
    assert found.alpha_precision > 0.97
    assert 0.45 < found.beta_recall < 0.55
    assert alpha_precision_beta_recall(0.3 * made, real).alpha_precision < 0.3


def test_one_generated_row_may_be_judged():
    real, made = clouds(40, 1)
    found = alpha_precision_beta_recall(made, real)
    assert 0 <= found.alpha_precision <= 1
    assert 0 <= found.beta_recall <= 1


def test_balls_that_hold_more_than_is_looked_up_are_counted_in_any_blocks(monkeypatch):
    """Many equal radii: nearly all points lie in each ball."""
    rng = np.random.default_rng(0)
    real, made = rng.normal(size=(2, 150, 2))
    made[0] *= 50  # whose ball holds all others
    found = precision_recall_density_coverage(made, real)
    monkeypatch.setattr("smoothdiff.metrics._coverage.FEW", 2)
    for pairs in (1, 400, 1 << 22):
        monkeypatch.setattr("smoothdiff.metrics._coverage.PAIRS_AT_ONCE", pairs)
        assert precision_recall_density_coverage(made, real) == found
