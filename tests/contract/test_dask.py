"""A cluster of separate processes gives the numbers of one process, and outlives a worker."""

from functools import partial

import joblib
import numpy as np
import pytest
from given import dies_once, normal
from sklearn.model_selection import GridSearchCV

from smoothdiff import SmoothedPLDiffusion, TableDiffusion, _compute

distributed = pytest.importorskip("distributed", reason="needs the extra dask")
pd = pytest.importorskip("pandas", reason="tables need pandas")

X = normal(60, 3)
ROWS = 40


@pytest.fixture(scope="module")
def client():
    """Two processes with one thread each."""
    options = {"processes": True, "dashboard_address": ":0", "silence_logs": 50}
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, **options) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture(autouse=True)
def _many_blocks(monkeypatch):
    monkeypatch.setattr(_compute, "ROWS_PER_TASK", ROWS)


@pytest.fixture
def counted(monkeypatch):
    """Numbers of blocks that were handed to the cluster."""
    handed, map_dask = [], _compute._map_dask

    def count(client, function, blocks):
        handed.append(len(blocks))
        return map_dask(client, function, blocks)

    monkeypatch.setattr(_compute, "_map_dask", count)
    return handed


def test_samples_and_densities(client, counted):
    model = SmoothedPLDiffusion(random_state=0, n_jobs=1).fit(X)
    alone = model.sample(150, random_state=1)
    densities = model.score_samples(alone)
    model.set_params(n_jobs=None)
    with joblib.parallel_config(backend="dask"):
        np.testing.assert_array_equal(model.sample(150, random_state=1), alone)
        np.testing.assert_array_equal(model.score_samples(alone), densities)
    assert counted == [-(-150 // ROWS)] * 2


def test_tables(client, counted):
    rng = np.random.default_rng(0)
    table = pd.DataFrame(normal(80, 2), columns=["a", "b"])
    table["c"] = rng.choice(["x", "y"], 80)
    model = TableDiffusion(random_state=0).fit(table)
    alone = model.sample(100, random_state=1)
    with joblib.parallel_config(backend="dask"):
        pd.testing.assert_frame_equal(model.sample(100, random_state=1), alone)
    assert counted


@pytest.mark.filterwarnings("ignore:`apply_async` is deprecated")  # joblib 1.5, of its own
def test_a_search(client):
    search = GridSearchCV(SmoothedPLDiffusion(random_state=0), {"kappa": [0.05, 0.5]}, cv=3)
    alone = search.fit(X).cv_results_
    with joblib.parallel_config(backend="dask"):
        found = search.fit(X).cv_results_
    np.testing.assert_array_equal(found["mean_test_score"], alone["mean_test_score"])


def test_arrays_of_dask(client):
    array = pytest.importorskip("dask.array")
    model = SmoothedPLDiffusion(random_state=0).fit(X)
    rows = array.from_array(normal(90, 3, 1), chunks=(30, 3))
    found = rows.map_blocks(model.score_samples, drop_axis=1, dtype=float).compute()
    np.testing.assert_array_equal(found, model.score_samples(normal(90, 3, 1)))


def test_a_model_that_the_cluster_loses(client, monkeypatch):
    """Its tasks are cancelled, and it is sent once more: the numbers are the same."""
    model = SmoothedPLDiffusion(random_state=0).fit(X)
    rows, gather, gone = normal(90, 3, 1), client.gather, []

    def gather_but_once(tasks):
        if not gone:
            gone.append(tasks)
            client.cancel(tasks)
        return gather(tasks)

    monkeypatch.setattr(client, "gather", gather_but_once)
    with joblib.parallel_config(backend="dask"):
        found = model.score_samples(rows)
    assert len(gone) == 1
    np.testing.assert_array_equal(found, model.score_samples(rows))


def test_a_worker_that_is_killed(client, tmp_path):
    """In the middle of the work: its blocks go to another, and the numbers are the same."""
    model = SmoothedPLDiffusion(random_state=0).fit(X)
    rows, before = normal(200, 3, 1), set(client.scheduler_info()["workers"])
    density = partial(model.diffusion_._log_density, report=None)
    deadly = partial(dies_once, str(tmp_path / "killed"), density)
    with joblib.parallel_config(backend="dask"):
        found = _compute.map_rows(deadly, rows)[0]
    assert (tmp_path / "killed").exists()
    np.testing.assert_array_equal(found, model.score_samples(rows))
    client.wait_for_workers(2, timeout=60)
    assert set(client.scheduler_info()["workers"]) != before
