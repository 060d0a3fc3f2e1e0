"""Inside scikit-learn's tools: pipelines, searches, routing; and how often JAX compiles."""

import jax
import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy.stats import loguniform
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    RandomizedSearchCV,
    cross_val_score,
    train_test_split,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from smoothdiff import EmpiricalScoreDiffusion, LocalAverageDiffusion, SmoothedPLDiffusion

ESTIMATORS = [EmpiricalScoreDiffusion, SmoothedPLDiffusion, LocalAverageDiffusion]

pytestmark = pytest.mark.usefixtures("few_steps")


def normal(n, d, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)) + 3


def moons(n, seed=0):
    rng = np.random.default_rng(seed)
    angle = np.pi * rng.uniform(size=n)
    side = rng.integers(2, size=n)
    curve = np.c_[np.cos(angle), np.sin(angle)] * np.where(side, -1, 1)[:, None]
    return curve + np.c_[side, 0.5 * side] + 0.1 * rng.normal(size=(n, 2))


@pytest.fixture(name="Estimator", params=ESTIMATORS)
def estimator_class(request):
    return request.param


def held_out_scores(model, X, cv, **fit_options):
    return np.array([clone(model).fit(X[a], **fit_options).score(X[b]) for a, b in cv.split(X)])


def test_pipeline_scores_what_the_last_step_does(Estimator):
    X, x = normal(60, 4), normal(20, 4, 1)
    pipeline = make_pipeline(StandardScaler(), PCA(2), Estimator()).fit(X)
    transform = make_pipeline(StandardScaler(), PCA(2)).fit(X)
    alone = Estimator().fit(transform.transform(X))
    np.testing.assert_array_equal(
        pipeline.score_samples(x), alone.score_samples(transform.transform(x))
    )
    assert pipeline.score(x) == alone.score(transform.transform(x))


def test_pipeline_with_pandas_output(Estimator):
    frame = pd.DataFrame(normal(40, 2), columns=["height", "width"])
    scaler = StandardScaler().set_output(transform="pandas")
    pipeline = make_pipeline(scaler, Estimator()).fit(frame)
    assert list(pipeline[-1].feature_names_in_) == ["height", "width"]
    plain = make_pipeline(StandardScaler(), Estimator()).fit(frame.to_numpy())
    np.testing.assert_array_equal(
        pipeline.score_samples(frame), plain.score_samples(frame.to_numpy())
    )


def test_cross_validation_is_fits_and_scores(Estimator):
    X, cv = moons(61), KFold(4, shuffle=True, random_state=0)  # folds of unequal size
    scores = cross_val_score(Estimator(), X, cv=cv)
    np.testing.assert_array_equal(scores, held_out_scores(Estimator(), X, cv))


GRID = {"kappa": [0.01, 0.05], "t0": [0.01, 0.1], "t_min": [0.001, 0.005]}


def test_grid_search_over_kappa_and_both_times():
    X, cv = moons(80), KFold(3)
    search = GridSearchCV(SmoothedPLDiffusion(), GRID, cv=cv, error_score="raise").fit(X)
    assert len(search.cv_results_["params"]) == 8
    for parameters, mean in zip(
        search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True
    ):
        expected = held_out_scores(SmoothedPLDiffusion(**parameters), X, cv).mean()
        np.testing.assert_allclose(mean, expected, rtol=1e-12)
    assert search.best_score_ == search.cv_results_["mean_test_score"].max()
    best = SmoothedPLDiffusion(**search.best_params_).fit(X)
    np.testing.assert_array_equal(search.score_samples(X), best.score_samples(X))
    np.testing.assert_array_equal(
        search.best_estimator_.sample(3, random_state=0), best.sample(3, random_state=0)
    )


def test_grid_search_through_a_pipeline(Estimator):
    X = moons(60)
    grid = {
        f"{Estimator.__name__.lower()}__t0": [0.05, 0.2],
        "standardscaler__with_std": [True, False],
    }
    pipeline = make_pipeline(StandardScaler(), Estimator(t_min=0.01))
    search = GridSearchCV(pipeline, grid, cv=3, error_score="raise").fit(X)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert np.ptp(search.cv_results_["mean_test_score"]) > 0.01
    expected = clone(pipeline).set_params(**search.best_params_).fit(X)
    np.testing.assert_array_equal(search.score_samples(X), expected.score_samples(X))


def test_randomized_search():
    X = moons(60)
    space = {
        "kappa": loguniform(0.001, 0.05),
        "t0": loguniform(0.001, 0.1),
        "start": ["adaptive", "local-pca"],
    }
    search = RandomizedSearchCV(
        SmoothedPLDiffusion(), space, n_iter=6, cv=3, random_state=0, error_score="raise"
    ).fit(X)
    best = SmoothedPLDiffusion(**search.best_params_)
    expected = held_out_scores(best, X, KFold(3)).mean()
    np.testing.assert_allclose(search.best_score_, expected, rtol=1e-12)


def test_two_workers_find_what_one_does():
    X = moons(60)
    results = [
        GridSearchCV(SmoothedPLDiffusion(), GRID, cv=2, n_jobs=n_jobs, error_score="raise").fit(X)
        for n_jobs in (1, 2)
    ]
    for a, b in zip(*(r.cv_results_["mean_test_score"] for r in results), strict=True):
        assert a == b
    assert results[0].best_params_ == results[1].best_params_


def test_search_prefers_a_bandwidth_of_the_right_size():
    """The sign and the ordering of score: far too narrow and far too wide are worse."""
    X = moons(150)
    search = GridSearchCV(
        EmpiricalScoreDiffusion(t0=100.0), {"t_min": [1e-5, 0.02, 50.0]}, error_score="raise"
    ).fit(X)
    assert search.best_params_ == {"t_min": 0.02}


def test_sample_weight_is_routed(Estimator):
    X, weights = moons(60), np.arange(60.0)
    with sklearn.config_context(enable_metadata_routing=True):
        model = Estimator().set_fit_request(sample_weight=True)
        pipeline = make_pipeline(StandardScaler(), model)
        pipeline[0].set_fit_request(sample_weight=False)
        pipeline.fit(X, sample_weight=weights)
        scaled = StandardScaler().fit_transform(X)
        expected = Estimator().fit(scaled, sample_weight=weights)
        np.testing.assert_array_equal(pipeline.score_samples(X), expected.score_samples(scaled))
        search = GridSearchCV(model, {"t0": [0.05, 0.2]}, cv=KFold(3), error_score="raise")
        search.fit(X, sample_weight=weights)
        for t0, mean in zip([0.05, 0.2], search.cv_results_["mean_test_score"], strict=True):
            scores = [
                Estimator(t0=t0).fit(X[a], sample_weight=weights[a]).score(X[b])
                for a, b in KFold(3).split(X)
            ]
            np.testing.assert_allclose(mean, np.mean(scores), rtol=1e-12)


def test_sample_weight_is_refused_until_requested(Estimator):
    with (
        sklearn.config_context(enable_metadata_routing=True),
        pytest.raises(ValueError, match="sample_weight"),
    ):
        make_pipeline(StandardScaler(), Estimator()).fit(moons(20), sample_weight=np.ones(20))


# ------------------------------------------------------------------ compilations


@pytest.fixture
def compilations():
    """Programs that JAX compiles from here on."""
    seen = []

    def listen(event, duration, **_):
        if event == "/jax/core/compile/backend_compile_duration":
            seen.append(duration)

    jax.monitoring.register_event_duration_secs_listener(listen)
    yield seen
    jax.monitoring.unregister_event_duration_listener(listen)


def test_compilations_are_counted(compilations):
    jax.jit(lambda x: 3 * x + 1)(np.ones(7)).block_until_ready()
    assert len(compilations) >= 1


@pytest.mark.filterwarnings("ignore:One or more of the test scores are non-finite")  # rho_0 >= 1
@pytest.mark.filterwarnings("ignore:invalid value encountered in subtract")
@pytest.mark.parametrize("d", [2, 5])
@pytest.mark.parametrize(
    "grid",
    [
        {"kappa": [0.05, 0.2, 0.8], "t0": [0.02, 0.2], "t_min": [0.001, 0.01]},
        {"start_neighbors": [10], "start": ["local-pca"], "kappa": [0.1, 0.3], "t0": [0.05, 0.2]},
    ],
    ids=["adaptive", "local-pca"],
)
def test_a_search_compiles_only_in_its_first_fit_and_score(grid, d, compilations):
    X = normal(150, d)
    train, test = train_test_split(X, test_size=0.3, random_state=0)
    first = {name: values[-1] for name, values in grid.items()}
    SmoothedPLDiffusion(**first).fit(train).score(test)
    del compilations[:]
    GridSearchCV(SmoothedPLDiffusion(), grid, cv=KFold(3), error_score="raise").fit(X)
    assert compilations == []


def test_a_search_over_bandwidths_compiles_once(compilations):
    X = normal(150, 3)
    EmpiricalScoreDiffusion(t0=1.0, t_min=0.1).fit(X[:100]).score(X[100:])
    del compilations[:]
    grid = {"t_min": [0.001, 0.01, 0.1, 1.0]}
    GridSearchCV(EmpiricalScoreDiffusion(t0=1.0), grid, error_score="raise").fit(X)
    assert compilations == []


def test_small_samples_of_many_sizes_compile_once(Estimator, compilations):
    model = Estimator(random_state=0).fit(normal(150, 3))
    model.sample(50)
    del compilations[:]
    for n in range(50):
        model.sample(n)
    assert compilations == []


@pytest.mark.parametrize("d", [2, 5])
def test_training_sets_of_similar_size_share_their_programs(Estimator, d, compilations):
    x = normal(40, d, 1)
    Estimator().fit(normal(300, d)).score_samples(x)
    del compilations[:]
    for n in (260, 333, 500):
        Estimator().fit(normal(n, d)).score_samples(x)
    assert compilations == []


@pytest.mark.parametrize("solver", ["euler", "heun", "sde"])
def test_steps_compile_once(solver, compilations):
    """Every step, number of steps and sample size share the programs of the first run."""
    model = LocalAverageDiffusion(solver=solver, n_steps=2, random_state=0).fit(normal(50, 2))
    model.sample(30)
    del compilations[:]
    for n_steps in (3, 20):
        model.set_params(n_steps=n_steps).sample(40)
    assert compilations == []
