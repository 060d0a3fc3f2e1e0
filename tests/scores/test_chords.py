"""The shared sums at the ends of chords against every exponent written out, at all variances."""

import numpy as np
import pytest
import reference
from given import normal

from smoothdiff import _compute
from smoothdiff.cloud import PointCloud
from smoothdiff.scores import LocalAverageScore, _chords
from smoothdiff.scores._chords import Chords
from smoothdiff.scores._local_average import MANY_CHORDS

# Variances, in squared half-gaps, at which a product is exact, at which it underflows for some
# rows, and at which the exponents are of the order of 1e9.
TIMES = [3.0, 0.3, 0.03, 0.003, 1e-9]


def field(r, n=150, window="cube", n_quadrature=32, offset=0.0):
    weights = np.random.default_rng(9).uniform(0.1, 2, n)
    cloud = PointCloud.of(normal(n, r) + offset, weights)
    return LocalAverageScore(cloud, 0.1, cloud.spacing(), window, n_quadrature)


def written_out(score, x, t):
    """Field and divergence, from log p_t and the denoiser at the explicit ends of all chords."""
    ends, outward = score._rule
    points, weights = score.cloud.points, score.cloud.weights
    values, slopes = np.zeros(x.shape), np.zeros(len(x))
    for i, (row, s) in enumerate(zip(x, np.broadcast_to(t, len(x)), strict=True)):
        w = score.half_width(s)
        above, below = row + w * ends[0], row + w * ends[1]
        log_p = [reference.log_density(y, points, s, weights) for y in (above, below)]
        exact = [(reference.denoiser(y, points, s, weights) - y) / s for y in (above, below)]
        values[i] = (log_p[0] - log_p[1]) @ outward / w
        slopes[i] = ((exact[0] - exact[1]) * outward).sum() / w
    return values, slopes


def assert_equal(found, expected, t):
    """To 1e-12 of the largest at that variance, of which there may be many."""
    for s in np.unique(t):
        at = np.broadcast_to(t, len(found)) == s
        scale = np.abs(expected[at]).max()
        np.testing.assert_allclose(found[at], expected[at], rtol=1e-12, atol=1e-12 * scale)


@pytest.mark.parametrize("window", ["cube", "ball", "gaussian"])
@pytest.mark.parametrize("r", [2, pytest.param(5, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "t", [pytest.param(t, marks=[pytest.mark.slow] * (t not in (0.03, 1e-9))) for t in TIMES]
)
def test_field_and_divergence(window, r, t):
    score = field(r, window=window)
    assert score._chords is not None
    t = t * score.spacing**2
    x = score.cloud.points[::20] + np.sqrt(t + 0.1) * normal(8, r, 1)
    values, slopes = written_out(score, x, t)
    assert_equal(score(x, t), values, t)
    assert_equal(score.divergence(x, t)[0], slopes, t)


def test_both_ways_are_taken(monkeypatch):
    """For large t a product is enough; for small t it says that it is not."""
    taken, sums = [], _chords._sums

    def spy(*arguments, product, moments):
        found = sums(*arguments, product=product, moments=moments)
        taken.append((product, bool(found[0])))
        return found

    monkeypatch.setattr(_chords, "_sums", spy)
    score, x = field(2), normal(8, 2, 1)
    score(x, score.spacing**2)
    assert taken == [(True, True)]
    taken.clear()
    score(x, 1e-3 * score.spacing**2)
    assert taken == [(True, False), (False, True)]
    taken.clear()
    score(x, score.spacing**2 * np.linspace(0.5, 1, 8))  # a variance for each row: no product
    assert set(taken) == {(False, True)}


@pytest.mark.parametrize("r", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_many_variances_and_tiles(r):
    """700 points are 11 tiles, which are left out where they are far; rows in any order."""
    score = field(r, n=700, n_quadrature=16)
    x, t = 2 * normal(25, r, 1), score.spacing**2 * np.resize([1.0, 0.01, 5.0, 1e-4, 0.3], 25)
    t[:3] *= [1.1, 1.2, 1.3]
    values, slopes = written_out(score, x, t)
    assert_equal(score(x, t), values, t)
    assert_equal(score.divergence(x, t)[0], slopes, t)


@pytest.mark.slow
def test_far_rows_and_a_far_cloud():
    score = field(3, offset=1e4)
    t = score.spacing**2
    x = score.cloud.points[:9] + 30 * score.spacing * normal(9, 3, 1)
    values, slopes = written_out(score, x, t)
    np.testing.assert_allclose(score(x, t), values, rtol=1e-9)
    np.testing.assert_allclose(score.divergence(x, t)[0], slopes, rtol=1e-6)


def test_chords_in_pieces(monkeypatch):
    score, x = field(2), normal(20, 2, 1)
    w, t = np.full(20, 0.3), np.full(20, 0.05)
    whole = Chords(score.cloud, *score._rule)
    monkeypatch.setattr(_chords, "AT_ONCE", 25)
    pieces = Chords(score.cloud, *score._rule)
    assert len(pieces._pieces) == 3  # of 64 chords
    np.testing.assert_allclose(pieces.rise(x, t, w), whole.rise(x, t, w), rtol=1e-12)
    np.testing.assert_allclose(pieces.spread(x, t, w), whole.spread(x, t, w), rtol=1e-12)


@pytest.mark.parametrize(
    ("window", "n_quadrature"), [("cube", 32), ("cube", 2), ("ball", 32), ("min-norm", 16)]
)
def test_no_number_depends_on_the_cores(window, n_quadrature):
    score, x = field(2, window=window, n_quadrature=n_quadrature), normal(150, 2, 1)
    t = score.spacing**2 * np.resize([1.0, 0.003], 150)
    found = []
    for cores in (1, 2, 5):
        with _compute.workers(cores):
            more = () if window == "min-norm" else score.divergence(x, t)
            found.append((score(x, t), *more))
    for other in found[1:]:
        for a, b in zip(found[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


def test_evaluations_are_counted():
    assert field(3, n_quadrature=64).evaluations == 2 * 3 * 64
    assert field(2, n_quadrature=50).evaluations == 2 * 2 * 64
    assert field(3, window="ball").evaluations == 2 * 32
    assert field(1).evaluations == 2
    assert field(3, window="min-norm", n_quadrature=10).evaluations == 10 * 26
    few = field(2, n_quadrature=4)
    assert few.evaluations < 2 * MANY_CHORDS
    assert few._chords is None


def test_few_shapes_are_compiled():
    """Rows are padded: 1, 31 and 70 of them, one variance or many, and all t are one shape."""
    score = field(2)
    score(normal(40, 2), score.spacing**2)
    score(normal(40, 2), 1e-6 * score.spacing**2)
    before = _chords._sums._cache_size()
    for n in (1, 31, 70):
        score(normal(n, 2), 0.5 * score.spacing**2)
        score(normal(n, 2), np.geomspace(1e-7, 1, n) * score.spacing**2)
    assert _chords._sums._cache_size() == before
