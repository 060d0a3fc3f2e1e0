"""Sums over tiles, with few and many queries at once, against sums over everything."""

import numpy as np
import pytest
from scipy.special import logsumexp

from smoothdiff import mixture
from smoothdiff._compute import float64, workers
from smoothdiff.mixture import _sums, _tiles

N = 3000


def clouds():
    rng = np.random.default_rng(0)
    centers = 1000 * rng.normal(size=(5, 3))
    even = rng.normal(size=(N, 3))
    return {
        "even": (even, even[:60] + 0.01 * rng.normal(size=(60, 3))),
        "clusters": (centers[np.arange(N) % 5] + even, centers[np.arange(60) % 5]),
        "between clusters": (centers[np.arange(N) % 5] + even, centers.mean(axis=0) + even[:60]),
        "far": (even, 300 * even[:60]),
        "heavy tails": (even / rng.random((N, 1)) ** 2, even[:60] / rng.random((60, 1)) ** 2),
        "repeated": (np.repeat(even[:30], N // 30, axis=0), even[:60]),
        "flat": (even * [1, 1, 0], even[:60]),
    }


CLOUDS = clouds()


@pytest.mark.parametrize("few", [True, False], ids=["few", "many"])
@pytest.mark.parametrize("t", [1e-4, 0.05, 10.0])
@pytest.mark.parametrize("name", CLOUDS)
def test_nothing_that_counts_is_left_out(name, t, few, monkeypatch):
    points, x = CLOUDS[name]
    c = np.log(1 + np.arange(N) % 7)
    monkeypatch.setattr(_sums, "_queries_per_tile", lambda *_: 8 if few else 256)
    with float64():
        log_p, mean = mixture.posterior_mean(mixture.tile(points, c), x, 1 / (2 * t))
    exponents = c - ((x[:, None] - points) ** 2).sum(axis=2) / (2 * t)
    full = logsumexp(exponents, axis=1)
    np.testing.assert_allclose(log_p, full, rtol=1e-13, atol=1e-11)
    share = np.exp(exponents - full[:, None])
    # Rounding of the exponents moves shares between points, as far as they lie from each other.
    shift = 4e-16 * (share * np.abs(exponents)) @ np.linalg.norm(points - x.mean(axis=0), axis=1)
    off = np.linalg.norm(mean - share @ points, axis=1)
    assert np.all(off <= 1e-12 * np.abs(points).max() + shift)


@pytest.mark.parametrize("scale", [1e-3, 0.1, 3.0])
@pytest.mark.parametrize("name", CLOUDS)
def test_nothing_that_counts_is_left_out_of_ellipsoids(name, scale):
    """Sharp ones, wide ones, and needles; at their own centers and elsewhere."""
    points, x = CLOUDS[name]
    rng = np.random.default_rng(1)
    c, half = np.log(1 + np.arange(N) % 7), 1 / (2 * scale**2 * rng.random(N) ** 4)
    F = rng.normal(size=(N, 2, 3))
    width = np.linalg.norm(F, ord=2, axis=(1, 2))
    part = rng.choice([0.0, 0.5, 0.9999], size=N)
    F *= np.sqrt(part * half / width**2)[:, None, None]
    x = np.concatenate([x, points[::100]])
    with float64():
        log_p = mixture.log_density(mixture.tile(points, c, half, F, half * (1 - part)), x)
    delta = x[:, None] - points
    along = np.einsum("kqr,nkr->nkq", F, delta)
    exponents = c - half * (delta**2).sum(axis=2) + (along**2).sum(axis=2)
    rounding = 1e-14 * (half * (delta**2).sum(axis=2))[np.arange(len(x)), exponents.argmax(axis=1)]
    assert np.all(np.abs(log_p - logsumexp(exponents, axis=1)) <= 1e-12 + rounding)


@pytest.mark.parametrize("r", [2, 6])
def test_ellipsoids_farther_apart_than_floats_square(r, rng):
    """Exponents of -inf + inf are of points that cannot matter."""
    points, F = 1e112 * rng.normal(size=(15, r)), rng.normal(size=(15, 2, r))
    half, c = np.full(15, 1e110), np.linspace(0, 1, 15)
    F *= np.sqrt(half / 2)[:, None, None] / np.linalg.norm(F, 2, (1, 2))[:, None, None]
    with float64():
        log_p = mixture.log_density(mixture.tile(points, c, half, F, half / 2), points)
    np.testing.assert_array_equal(log_p, c)


def test_components_of_like_decay_lie_together():
    """In whole tiles: 5 wide ones and 300 narrower make two, and the rest goes on."""
    decay = np.exp2(np.r_[np.full(300, 3.0), np.full(5, -40.0), np.full(200, 20.0), 60.0])
    groups = _tiles._alike(decay, 128)
    assert sorted(np.concatenate(groups)) == list(range(len(decay)))
    assert [len(group) for group in groups] == [256, 128, 122]
    assert [len(group) for group in _tiles._alike(decay[:7], 128)] == [7]
    assert set(range(300, 305)) < set(groups[0])


def test_few_queries_where_boxes_leave_out_much():
    points, x = CLOUDS["even"]
    sums = mixture.tile(np.concatenate([points + k for k in range(30)]), np.zeros(30 * N)).arrays
    chosen = [_sums._queries_per_tile(sums, x, np.full(60, 1 / (2 * t))) for t in (1e-5, 1e3)]
    assert chosen == [_sums.FEW_QUERIES, _sums.TILE_QUERIES]


@pytest.mark.parametrize("n", [5, N])
def test_the_same_bits_from_long_and_short_calls(n, rng, monkeypatch):
    """One thread takes long calls, and eight would have no work then."""
    monkeypatch.setattr(_sums, "QUERIES_PER_CALL", (256, 1024))
    sums, x = mixture.tile(rng.normal(size=(n, 5)), np.zeros(n)), rng.normal(size=(1100, 5))
    lengths, reduce = [], _sums._reduce
    monkeypatch.setattr(
        _sums,
        "_reduce",
        lambda mix, x, *rest, **how: lengths.append(x[..., 0].size) or reduce(mix, x, *rest, **how),
    )
    found = []
    for n_jobs in (1, 8):
        with workers(n_jobs):
            found.append(mixture.posterior_moments(sums, x, 2.0))
    assert lengths == [1024] * 2 + [256] * 5
    for long, short in zip(*found, strict=True):
        np.testing.assert_array_equal(long, short)
