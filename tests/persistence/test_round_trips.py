"""What is loaded is what was saved, and goes on where that was."""

import json
import subprocess
import sys
import warnings
import zipfile

import numpy as np
import pytest
import saved_models
from alike import assert_alike
from given import normal
from saved_models import LABELS, MODELS, MORE, NAMED, X, given_by, table_of
from sklearn.base import clone
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KernelDensity
from sklearn.preprocessing import StandardScaler

import smoothdiff
import smoothdiff.tables._groups as groups
from smoothdiff import (
    ClassConditionalDiffusion,
    SmoothedPLDiffusion,
    TableDiffusion,
    make_generative_pipeline,
)
from smoothdiff.metrics import constrained, scorer
from smoothdiff.persistence import _graph, load, save

pd = pytest.importorskip("pandas")


def through_a_file(model, tmp_path):
    save(model, tmp_path / "model.sdf")
    return load(tmp_path / "model.sdf")


@pytest.fixture(scope="module", params=MODELS)
def model(request):
    """A fitted model of each kind, that nobody may change."""
    saved_models.skip_without_extra(request.param)
    return saved_models.make(request.param)


def test_all_that_it_is_made_of_is_the_same(model, tmp_path):
    twin = through_a_file(model, tmp_path)
    assert_alike(twin, model)
    assert given_by(twin) == given_by(model)
    for name in ("feature_names_in_", "n_features_in_"):
        assert np.array_equal(getattr(twin, name, None), getattr(model, name, None))


def test_the_sequence_of_samples_goes_on(model, tmp_path):
    if not hasattr(model, "sample"):
        pytest.skip("draws nothing")
    twin = through_a_file(model, tmp_path)
    for _ in range(2):
        assert str(twin.sample(3)) == str(model.sample(3))


def test_equal_models_make_equal_files(model, tmp_path):
    save(model, tmp_path / "one.sdf")
    save(model, tmp_path / "two.sdf")
    assert (tmp_path / "one.sdf").read_bytes() == (tmp_path / "two.sdf").read_bytes()
    assert_alike(through_a_file(load(tmp_path / "one.sdf"), tmp_path), model)


DATA = {
    "classes": (NAMED, LABELS),
    "table": (table_of(seed=3),),
    "pipeline": (pd.DataFrame(normal(20, 3, 7), columns=list("abc")),),
}


@pytest.mark.parametrize("name", ["local", "chosen", "outliers", *DATA])
def test_it_can_be_fitted_again(name, tmp_path):
    model = saved_models.make(name)
    twin = through_a_file(model, tmp_path)
    for m in (model, twin):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            m.fit(*DATA.get(name, (MORE,)))
    assert given_by(twin) == given_by(model)


def test_training_goes_on_from_the_network_that_was_saved(tmp_path):
    model = saved_models.make("neural").set_params(max_iter=200, tol=1.0, n_iter_no_change=1)
    twin = through_a_file(model, tmp_path)
    cold = clone(model).fit(X).loss_curve_
    assert not np.array_equal(model.fit(X).loss_curve_, cold)
    np.testing.assert_array_equal(twin.fit(X).loss_curve_, model.loss_curve_)


def test_arrays_of_jax_are_arrays_of_jax(tmp_path, user_precision):
    import jax

    model = saved_models.make("neural")
    model._params = jax.tree.map(jax.numpy.asarray, model._params)
    twin = through_a_file(model, tmp_path)
    for found, wanted in zip(*map(jax.tree.leaves, (twin._params, model._params)), strict=True):
        assert isinstance(found, jax.Array)
        assert found.dtype == wanted.dtype
        np.testing.assert_array_equal(found, wanted)


def test_a_table_in_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(groups, "MOST_ROWS", 30)
    rows = np.round(normal(100, 2), 1)
    model = TableDiffusion(random_state=0).fit(rows)
    assert len(model._table.groups) == 4
    assert [group.kept is None for group in model._table.groups] == [False, True, True, True]
    twin = through_a_file(model, tmp_path)
    assert given_by(twin) == given_by(model)


def test_a_table_with_a_rare_value(tmp_path):
    frame = pd.DataFrame(np.round(normal(20, 2), 1), columns=["a", "b"])
    frame["text"] = np.where(np.arange(20) < 2, "rare", "common")
    with pytest.warns(UserWarning, match="rare"):
        model = TableDiffusion(by="text", random_state=0).fit(frame)
    twin = through_a_file(model, tmp_path)
    assert twin._table.groups[-1].kept is not None
    assert given_by(twin) == given_by(model)
    found = twin.sample(5, random_state=0, where={"text": "rare"})
    assert found.equals(model.sample(5, random_state=0, where={"text": "rare"}))


def test_the_types_of_a_table_come_back(tmp_path):
    frame = table_of(seed=3)
    model = TableDiffusion(random_state=0).fit(frame)
    assert list(through_a_file(model, tmp_path).sample(3).dtypes) == list(frame.dtypes)


@pytest.mark.parametrize(
    "last", [KernelDensity(bandwidth=0.3), GaussianMixture(2, random_state=0)], ids=repr
)
@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "minkowski"])
def test_models_of_scikit_learn_inside(last, metric, tmp_path):
    if isinstance(last, KernelDensity):
        last = clone(last).set_params(metric=metric)
        last.metric_params = {"p": 3} if metric == "minkowski" else None
    model = make_generative_pipeline(StandardScaler(), last).fit(X)
    twin = through_a_file(model, tmp_path)
    np.testing.assert_array_equal(twin.score_samples(X), model.score_samples(X))
    if metric == "euclidean":
        np.testing.assert_array_equal(
            twin.sample(4, random_state=0), model.sample(4, random_state=0)
        )


def test_estimators_of_scikit_learn_in_the_classes(tmp_path):
    model = ClassConditionalDiffusion(KernelDensity()).fit(X, LABELS)
    twin = through_a_file(model, tmp_path)
    np.testing.assert_array_equal(twin.predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize("scoring", [scorer("energy_distance"), constrained()], ids=["one", "two"])
def test_searches_by_the_metrics_of_this_library(scoring, tmp_path):
    model = SmoothedPLDiffusion(random_state=0)
    search = GridSearchCV(model, {"kappa": [0.1, 0.9]}, cv=2, scoring=scoring).fit(X)
    twin = through_a_file(search, tmp_path)
    assert_alike(twin, search)
    assert twin.score(MORE) == search.score(MORE)


def test_a_random_generator_that_is_shared_stays_shared(tmp_path):
    generator = np.random.default_rng(5)
    model = SmoothedPLDiffusion(random_state=generator).fit(X)
    assert model._generator is generator
    twin = through_a_file(model, tmp_path)
    assert twin._generator is twin.random_state
    np.testing.assert_array_equal(twin.sample(3), model.sample(3))


def test_an_array_that_is_held_twice_is_stored_once(tmp_path):
    model = SmoothedPLDiffusion(random_state=0).fit(normal(2000, 5))
    save(model, tmp_path / "once.sdf")
    model.again_ = model.diffusion_.cloud.points
    save(model, tmp_path / "twice.sdf")
    once, twice = ((tmp_path / f"{name}.sdf").stat().st_size for name in ("once", "twice"))
    assert abs(twice - once) < 100
    twin = load(tmp_path / "twice.sdf")
    assert twin.again_ is twin.diffusion_.cloud.points


def test_files_do_not_grow_with_use(tmp_path):
    model = SmoothedPLDiffusion(random_state=0).fit(normal(300, 3))
    save(model, tmp_path / "fresh.sdf")
    model.sample(50), model.score_samples(normal(50, 3))
    save(model, tmp_path / "used.sdf")
    fresh, used = ((tmp_path / f"{name}.sdf").stat().st_size for name in ("fresh", "used"))
    assert abs(used - fresh) < 64


def test_requests_for_metadata_are_kept(tmp_path):
    import sklearn

    with sklearn.config_context(enable_metadata_routing=True):
        model = SmoothedPLDiffusion(random_state=0).set_fit_request(sample_weight=True).fit(X)
        twin = through_a_file(model, tmp_path)
        assert twin.get_metadata_routing().fit.requests == {"sample_weight": True}


def test_the_cache_of_a_pipeline_stays_behind(tmp_path):
    steps = StandardScaler(), SmoothedPLDiffusion(random_state=0)
    model = make_generative_pipeline(*steps, memory=str(tmp_path / "cache")).fit(X)
    twin = through_a_file(model, tmp_path)
    assert twin.memory is None
    assert model.memory is not None
    np.testing.assert_array_equal(twin.sample(3), model.sample(3))


def test_any_unpacker_opens_it(tmp_path):
    """As the first docstring of the package says, and with NumPy for the arrays."""
    model = SmoothedPLDiffusion(random_state=0).fit(X)
    save(model, tmp_path / "model.sdf")
    with zipfile.ZipFile(tmp_path / "model.sdf") as archive:
        assert archive.testzip() is None
        document = json.loads(archive.read("model.json"))
        with archive.open("arrays/0.npy") as member:
            assert np.load(member, allow_pickle=False).size
    assert document["written_by"]["smoothdiff"] == smoothdiff.__version__
    assert "pandas" not in document["written_by"]


def test_another_interpreter_draws_the_same(tmp_path):
    """In which nothing is loaded before, and pandas is not installed."""
    model = saved_models.make("table-objects")
    save(model, tmp_path / "model.sdf")
    code = (
        "import sys; from smoothdiff.persistence import load; "
        "sys.modules['pandas'] = None; "
        f"print(load({str(tmp_path / 'model.sdf')!r}).sample(4, random_state=0).tolist())"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == str(model.sample(4, random_state=0).tolist())


def test_a_library_that_is_missing_is_named(tmp_path, monkeypatch):
    save(saved_models.make("table"), tmp_path / "model.sdf")
    monkeypatch.setitem(sys.modules, "smoothdiff.persistence._pandas", None)
    _graph._family.cache_clear()
    with pytest.raises(ImportError, match=r"model\.sdf cannot be read here: .*_pandas.*\.$"):
        load(tmp_path / "model.sdf")
