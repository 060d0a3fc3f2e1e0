"""Data in float32 that are kept in it, and results that come batch by batch."""

import tracemalloc

import numpy as np
import pytest
from given import normal

from smoothdiff import EmpiricalScoreDiffusion, SmoothedPLDiffusion, _large_cloud
from smoothdiff._large_cloud import LargeCloud
from smoothdiff.cloud import PointCloud
from smoothdiff.estimators import _batches
from smoothdiff.neighbors import Neighbors

# Beyond the dimension of trees and the size of scikit-learn's scan.
X = normal(20_000, 6).astype(np.float32)


@pytest.fixture
def _all_is_large(monkeypatch):
    monkeypatch.setattr(_large_cloud, "LARGE", 0)
    monkeypatch.setattr(_batches, "BATCH", 500)


def arranged(points, weights=None):
    weights = np.ones(len(points)) if weights is None else weights
    return LargeCloud.arranged(lambda out: np.copyto(out, points), points.shape, weights)


# ------------------------------------------------------------------ the cloud


@pytest.mark.parametrize("r", [2, 6])
def test_a_large_cloud_is_the_same_points(r):
    points = X[:, :r]
    weights = np.arange(1.0, len(X) + 1)
    cloud, rows, group = arranged(points, weights)
    assert cloud.points.dtype == np.float32
    np.testing.assert_array_equal(cloud.points, points[rows])
    np.testing.assert_array_equal(rows[group], np.arange(len(X)))
    np.testing.assert_allclose(cloud.weights, weights[rows] / weights.sum(), rtol=1e-14)
    plain = PointCloud(cloud.points, cloud.weights)
    some = np.array([5, 0, 19_999, 5])
    for found, expected in zip(
        cloud.neighborhoods(3, some), plain.neighborhoods(3, some), strict=True
    ):
        np.testing.assert_array_equal(found, expected)
    index = np.arange(12).reshape(3, 4)
    np.testing.assert_array_equal(cloud.coordinates(index), plain.coordinates(index))


def test_leaves_share_the_memory_of_the_points():
    """On the CPU; the search takes nothing but boxes and squares."""
    cloud, _, _ = arranged(X)
    cloud.neighbors.query(cloud.at(slice(5)), 2)
    assert np.shares_memory(cloud.neighbors._backend._leaves.arrays.points, cloud.points)


def test_points_that_float32_does_not_tell_apart_are_one():
    points = np.concatenate([X, X[:7]])
    cloud, rows, group = arranged(points)
    assert len(cloud) == len(X)
    assert rows.max() < len(X)
    np.testing.assert_array_equal(group[-7:], group[:7])
    distances, _ = Neighbors(cloud.points).query(cloud.at(slice(50)), 2)
    assert (distances[:, 1] > 0).all()
    np.testing.assert_allclose(cloud.weights[group[:7]], 2 / len(points), rtol=1e-14)


def test_the_spacing_of_a_part_is_near_that_of_all(monkeypatch):
    """Within the 48.5th and the 51.5th percentile: three standard errors of 10000 points."""
    monkeypatch.setattr(_large_cloud, "SPACING_POINTS", 10_000)
    cloud, _, _ = arranged(X)
    nearest = PointCloud(cloud.points, cloud.weights).neighborhoods(1)[0][:, 0] / 2
    low, high = np.quantile(nearest, [0.485, 0.515])
    assert low < cloud.spacing() < high
    assert cloud.spacing() != np.median(nearest)


# ------------------------------------------------------------------ the estimators


@pytest.mark.usefixtures("_all_is_large")
def test_a_fit_takes_less_than_two_and_a_half_times_the_data(tmp_path):
    """Which are in a file; the search for the spacing, of a size of its own, is left out."""
    np.save(tmp_path / "X.npy", normal(500_000, 10).astype(np.float32))
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    tracemalloc.start()
    model = EmpiricalScoreDiffusion(spacing=0.1, t0=0.01).fit(mapped)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 1.5 * mapped.nbytes
    assert peak < 2.5 * mapped.nbytes
    assert (model.weights_ == 1 / len(mapped)).all()


@pytest.mark.usefixtures("_all_is_large")
@pytest.mark.parametrize("start", ["isotropic", "local"])
def test_samples_are_means_of_the_rows_that_are_named(start, tmp_path):
    """Of repeated rows, of rows without weight, and of a file."""
    rows = np.concatenate([X[:3000], X[:5]])
    weights = np.r_[np.zeros(10), np.ones(2995)]
    np.save(tmp_path / "X.npy", rows)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    model = SmoothedPLDiffusion(start=start, t_min=0, random_state=0).fit(mapped, None, weights)
    assert isinstance(model.diffusion_.cloud, LargeCloud)
    x, parents, share = model.sample(700, return_parents=True)
    expected = np.einsum(
        "nk,nkd->nd", share, rows[parents].astype(float) * (parents >= 0)[..., None]
    )
    np.testing.assert_allclose(x, expected, rtol=0, atol=1e-12)
    assert (weights[parents[parents >= 0]] > 0).all()
    np.testing.assert_allclose(
        model.points_, model.diffusion_.subspace.project(rows), rtol=0, atol=1e-6
    )


@pytest.mark.usefixtures("_all_is_large")
@pytest.mark.parametrize("make", [EmpiricalScoreDiffusion, SmoothedPLDiffusion])
def test_densities_are_those_of_float64(make):
    """But for the rounding of the points, and of the median distance of a part of them."""
    model = make().fit(X[:2000])
    scales = {"t0": model.t0_, "t_min": model.t_min_, "spacing": model.spacing_}
    plain = make(**scales).fit(X[:2000].astype(np.float64))
    x = normal(50, 6, 1)
    np.testing.assert_allclose(model.score_samples(x), plain.score_samples(x), rtol=1e-4)
    np.testing.assert_allclose(model.mean_, plain.mean_, rtol=0, atol=1e-14)
    np.testing.assert_allclose(model.components_, plain.components_, rtol=0, atol=1e-9)


# ------------------------------------------------------------------ batches


@pytest.fixture(scope="module")
def model():
    return SmoothedPLDiffusion(random_state=0).fit(X[:50, :3].astype(np.float64))


@pytest.fixture
def _small_batches(monkeypatch):
    monkeypatch.setattr(_batches, "BATCH", 7)


@pytest.mark.usefixtures("_small_batches")
@pytest.mark.parametrize("n", [0, 1, 7, 20])
def test_out_gets_what_is_returned_without_it(model, n, tmp_path):
    x = model.sample(n, random_state=1)
    log_p = model.score_samples(X[: n + 1, :3])
    mapped = model.sample(n, random_state=1, out=tmp_path / "x.npy")
    np.testing.assert_array_equal(mapped, x)
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), x)
    np.testing.assert_array_equal(
        model.score_samples(X[: n + 1, :3], out=str(tmp_path / "p.npy")), log_p
    )
    single = np.empty((n, 3), dtype=np.float32)
    assert model.sample(n, random_state=1, out=single) is single
    np.testing.assert_array_equal(single, x.astype(np.float32))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.npy", "x.npy"]


@pytest.mark.usefixtures("_small_batches")
def test_batches_are_draws_one_after_the_other(model):
    generator = np.random.default_rng(3)
    parts = [model.sample(n, random_state=generator) for n in (7, 7, 6)]
    np.testing.assert_array_equal(
        model.sample(20, random_state=np.random.default_rng(3)), np.concatenate(parts)
    )
    x, parents, _ = model.sample(20, random_state=np.random.default_rng(3), return_parents=True)
    np.testing.assert_array_equal(x, np.concatenate(parts))
    assert parents.shape[0] == 20


BAD = {
    "no array": (3, TypeError, "a path that ends in .npy or an array of floats of shape"),
    "integers": (np.zeros((4, 3), dtype=int), TypeError, "an array of floats"),
    "another shape": (np.zeros((4, 2)), ValueError, r"Got shape \(4, 2\)"),
    "read-only": (np.broadcast_to(0.0, (4, 3)), ValueError, "can be written to"),
    "another suffix": ("x.csv", ValueError, "must end in .npy"),
    "no folder": ("missing/x.npy", FileNotFoundError, "no such folder"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_written_to_is_refused_first(model, case):
    out, error, sentence = BAD[case]
    state = model._generator.bit_generator.state
    with pytest.raises(error, match=sentence):
        model.sample(4, out=out)
    assert model._generator.bit_generator.state == state


def test_a_failure_leaves_no_file(model, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise MemoryError

    monkeypatch.setattr(type(model), "_draw", fail)
    with pytest.raises(MemoryError):
        model.sample(4, out=tmp_path / "x.npy")
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("_small_batches")
def test_rows_are_counted(model, capsys, monkeypatch):
    monkeypatch.setattr("smoothdiff._progress.SECONDS_BETWEEN_REPORTS", -1.0)
    monkeypatch.setattr("smoothdiff._compute.ROWS_PER_TASK", 5)
    monkeypatch.setattr(model, "verbose", 1)
    model.sample(20, random_state=0)
    counted = [line.split(",")[0] for line in capsys.readouterr().err.splitlines()]
    assert counted == [f"row {i} of 20" for i in (5, 7, 12, 14, 19, 20)]
