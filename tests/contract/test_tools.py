"""Inside scikit-learn's tools: pipelines, cross-validation, searches and routing."""

import warnings

import numpy as np
import pytest
import sklearn
from given import normal
from scipy.stats import loguniform
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import GridSearchCV, KFold, RandomizedSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from smoothdiff import EmpiricalScoreDiffusion, SmoothedPLDiffusion

pd = pytest.importorskip("pandas")


def moons(n, seed=0):
    rng = np.random.default_rng(seed)
    angle = np.pi * rng.uniform(size=n)
    side = rng.integers(2, size=n)
    curve = np.c_[np.cos(angle), np.sin(angle)] * np.where(side, -1, 1)[:, None]
    return curve + np.c_[side, 0.5 * side] + 0.1 * rng.normal(size=(n, 2))


def held_out_scores(model, X, cv, **fit_options):
    return np.array([clone(model).fit(X[a], **fit_options).score(X[b]) for a, b in cv.split(X)])


def test_pipeline_scores_what_the_last_step_does(make):
    X, x = normal(60, 4) + 3, normal(20, 4, 1) + 3
    pipeline = make_pipeline(StandardScaler(), PCA(2), make()).fit(X)
    transform = make_pipeline(StandardScaler(), PCA(2)).fit(X)
    alone = make().fit(transform.transform(X))
    np.testing.assert_array_equal(
        pipeline.score_samples(x), alone.score_samples(transform.transform(x))
    )
    assert pipeline.score(x) == alone.score(transform.transform(x))


def test_pipeline_with_pandas_output(make):
    frame = pd.DataFrame(normal(40, 2) + 3, columns=["height", "width"])
    scaler = StandardScaler().set_output(transform="pandas")
    pipeline = make_pipeline(scaler, make()).fit(frame)
    assert list(pipeline[-1].feature_names_in_) == ["height", "width"]
    plain = make_pipeline(StandardScaler(), make()).fit(frame.to_numpy())
    np.testing.assert_array_equal(
        pipeline.score_samples(frame), plain.score_samples(frame.to_numpy())
    )


def test_cross_validation_is_fits_and_scores(make):
    X, cv = moons(61), KFold(4, shuffle=True, random_state=0)  # folds of unequal size
    scores = cross_val_score(make(), X, cv=cv)
    np.testing.assert_array_equal(scores, held_out_scores(make(), X, cv))


def test_grid_search_through_a_pipeline(make):
    X = moons(60)
    grid = {
        f"{make.cls.__name__.lower()}__t0": [0.05, 0.2],
        "standardscaler__with_std": [True, False],
    }
    pipeline = make_pipeline(StandardScaler(), make(t_min=0.01))
    search = GridSearchCV(pipeline, grid, cv=3, error_score="raise").fit(X)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert np.ptp(search.cv_results_["mean_test_score"]) > 0.01
    expected = clone(pipeline).set_params(**search.best_params_).fit(X)
    np.testing.assert_array_equal(search.score_samples(X), expected.score_samples(X))


def test_two_workers_find_what_one_does(make):
    X, grid = moons(80), {"t0": [0.05, 0.2], "t_min": [0.001, 0.005]}
    one, two = (
        GridSearchCV(make(), grid, cv=2, n_jobs=n_jobs, error_score="raise").fit(X)
        for n_jobs in (1, 2)
    )
    np.testing.assert_array_equal(
        one.cv_results_["mean_test_score"], two.cv_results_["mean_test_score"]
    )
    assert one.best_params_ == two.best_params_


def test_sample_weight_is_routed(make):
    X, weights = moons(60), np.arange(60.0)
    with sklearn.config_context(enable_metadata_routing=True):
        model = make().set_fit_request(sample_weight=True)
        pipeline = make_pipeline(StandardScaler(), model)
        pipeline[0].set_fit_request(sample_weight=False)
        pipeline.fit(X, sample_weight=weights)
        scaled = StandardScaler().fit_transform(X)
        expected = make().fit(scaled, sample_weight=weights)
        np.testing.assert_array_equal(pipeline.score_samples(X), expected.score_samples(scaled))
        search = GridSearchCV(model, {"t0": [0.05, 0.2]}, cv=KFold(3), error_score="raise")
        search.fit(X, sample_weight=weights)
        for t0, mean in zip([0.05, 0.2], search.cv_results_["mean_test_score"], strict=True):
            scores = [
                make(t0=t0).fit(X[a], sample_weight=weights[a]).score(X[b])
                for a, b in KFold(3).split(X)
            ]
            np.testing.assert_allclose(mean, np.mean(scores), rtol=1e-12)


def test_sample_weight_is_refused_until_requested(make):
    with (
        sklearn.config_context(enable_metadata_routing=True),
        pytest.raises(ValueError, match="sample_weight"),
    ):
        make_pipeline(StandardScaler(), make()).fit(moons(20), sample_weight=np.ones(20))


# ------------------------------------------------------------------ searches over their own dials

GRID = {"kappa": [0.01, 0.05], "t0": [0.01, 0.1], "t_min": [0.001, 0.005]}


def test_pairs_that_cross_are_skipped_with_one_report():
    """t_min > t0 in a grid of absolute variances: left out, and said once, whatever the pair."""
    X, cv = moons(60), KFold(3)
    grid = {"t0": [0.004, 0.01, "auto"], "t_min": [0.001, 0.005, 0.02, 1e4]}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        search = GridSearchCV(SmoothedPLDiffusion(), grid, cv=cv).fit(X)
    (failed,) = (str(w.message) for w in caught if w.category is FitFailedWarning)
    assert failed.count("ValueError: The 't_min' parameter") == 2  # of a given t0, of "auto"
    means = search.cv_results_["mean_test_score"]
    found = min(SmoothedPLDiffusion().fit(X[a]).t0_ for a, _ in cv.split(X))
    pairs = [(p["t0"], p["t_min"]) for p in search.cv_results_["params"]]
    crossed = [t_min > (found if t0 == "auto" else t0) for t0, t_min in pairs]
    np.testing.assert_array_equal(np.isnan(means), crossed)
    assert not crossed[search.best_index_]


def test_grid_search_over_kappa_and_both_times():
    X, cv = moons(60), KFold(3)
    search = GridSearchCV(SmoothedPLDiffusion(), GRID, cv=cv, error_score="raise").fit(X)
    assert len(search.cv_results_["params"]) == 8
    for parameters, mean in zip(
        search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True
    ):
        expected = held_out_scores(SmoothedPLDiffusion(**parameters), X, cv).mean()
        np.testing.assert_allclose(mean, expected, rtol=1e-12)
    best = SmoothedPLDiffusion(**search.best_params_).fit(X)
    np.testing.assert_array_equal(search.score_samples(X), best.score_samples(X))
    np.testing.assert_array_equal(
        search.best_estimator_.sample(3, random_state=0), best.sample(3, random_state=0)
    )


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


def test_search_prefers_a_bandwidth_of_the_right_size():
    """The sign and the ordering of score: far too narrow and far too wide are worse."""
    search = GridSearchCV(
        EmpiricalScoreDiffusion(t0=100.0), {"t_min": [1e-5, 0.02, 0.5]}, error_score="raise"
    ).fit(moons(64))
    assert search.best_params_ == {"t_min": 0.02}
