"""The search by held-out likelihood against one written out, and what it promises."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import logsumexp
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold

from smoothdiff import SmoothedPLDiffusion, SmoothedPLDiffusionCV, TableDiffusion, mixture
from smoothdiff.datasets import circle
from smoothdiff.estimators import _smoothed_pl_cv
from smoothdiff.starts import Start

FOLDS = KFold(3, shuffle=True, random_state=1)
FEW = {
    "cv": FOLDS,
    "start_scales": (0.7, 1.4),
    "start_neighbors": (4, 9),
    "start_shrinkages": ((0.2, 0.1),),
    "t_min_scales": (0.2, 0.6, 1.0),
    "kappas": (0.1, 0.4),
}


def data(n=60, d=3, seed=0):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, 2))
    return np.c_[z, z[:, 0] ** 2][:, :d] + 0.1 * rng.normal(size=(n, d))


@pytest.fixture(scope="module")
def fitted():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return SmoothedPLDiffusionCV(**FEW, random_state=0).fit(data())


def held_out(X, **parameters):
    """Log-density of each row under a model of the other folds, by fits and scores."""
    out = np.empty(len(X))
    for train, test in FOLDS.split(X):
        out[test] = SmoothedPLDiffusion(**parameters).fit(X[train]).score_samples(X[test])
    return out


def test_the_table_of_starts_is_that_of_fits(fitted):
    """Each candidate alone at t_min = t0 is a SmoothedPLDiffusion with that start."""
    X = data()
    starts = fitted.cv_results_["starts"]
    table = np.array([held_out(X, start=[replace(s, weight=1.0)], t_min_scale=1.0) for s in starts])
    np.testing.assert_allclose(fitted.cv_results_["start_scores"], table.mean(axis=1), rtol=1e-9)
    omega = np.array([s.weight for s in starts])
    stacked = logsumexp(table, axis=0, b=omega[:, None]).mean()
    np.testing.assert_allclose(fitted.cv_results_["stacked_score"], stacked, rtol=1e-9)
    assert stacked >= table.mean(axis=1).max() - 1e-6
    # By convexity no other weights are better by more than the largest gain of a law.
    gain = np.exp(table - logsumexp(table, axis=0, b=omega[:, None])).mean(axis=1)
    assert gain.max() - 1 < 1e-5
    assert abs(gain.max() - 1 - fitted.cv_results_["gap"]) < 1e-9


def test_the_map_is_chosen_as_a_grid_search_would(fitted):
    X = data()
    grid = {"t_min_scale": [0.2, 0.6, 1.0], "kappa": [0.1, 0.4]}
    base = SmoothedPLDiffusion(start=fitted.best_params_["start"])
    search = GridSearchCV(base, grid, cv=FOLDS, error_score="raise").fit(X)
    ours = dict(
        zip(
            [(p["t_min_scale"], p["kappa"]) for p in fitted.cv_results_["params"]],
            fitted.cv_results_["mean_test_score"],
            strict=True,
        )
    )
    for parameters, mean in zip(
        search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True
    ):
        found = ours[parameters["t_min_scale"], parameters["kappa"]]
        np.testing.assert_allclose(found, mean, rtol=1e-9)
    assert fitted.best_params_["t_min_scale"] == search.best_params_["t_min_scale"]
    np.testing.assert_allclose(fitted.best_score_, search.best_score_, rtol=1e-9)


@pytest.mark.filterwarnings("ignore:The search chose")
def test_factors_are_shared_between_candidates(monkeypatch, rng):
    """Of one shape: by all scales, and by the map after the starts."""
    made = []
    tile = mixture.tile
    monkeypatch.setattr(mixture, "tile", lambda *args: made.append(1) or tile(*args))
    model = SmoothedPLDiffusionCV(
        start_neighbors=(5, 9), start_shrinkages=((0.1, 0.1), (0.0, 0.3)), cv=3, random_state=0
    )
    model.fit(rng.normal(size=(60, 2)))
    assert len(model.best_params_["start"]) > 1
    assert len(made) == 3 * 4


def test_held_out_scores_of_the_training_rows(fitted):
    X = data()
    expected = held_out(X, **fitted.best_params_)
    np.testing.assert_allclose(fitted.cv_score_samples_, expected, rtol=1e-9)
    np.testing.assert_allclose(fitted.best_score_, expected.mean(), rtol=1e-12)
    assert fitted.score(X) > expected.mean() + 0.3  # what they are there for


def test_it_is_the_best_estimator(fitted):
    X = data()
    twin = SmoothedPLDiffusion(**fitted.best_params_).fit(X)
    np.testing.assert_array_equal(fitted.score_samples(X), twin.score_samples(X))
    np.testing.assert_array_equal(fitted.sample(9, random_state=3), twin.sample(9, random_state=3))
    assert fitted.decompose(X[:2], fitted.t0_).a.shape == (2, 3)
    assert fitted.t_min_ == twin.t_min_


@pytest.mark.filterwarnings("ignore:The search chose")
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_workers_and_repeats_do_not_change_it(fitted, n_jobs):
    again = clone(fitted).set_params(n_jobs=n_jobs).fit(data())
    np.testing.assert_array_equal(again.cv_score_samples_, fitted.cv_score_samples_)
    assert again.best_params_ == fitted.best_params_


@pytest.mark.filterwarnings("ignore:The search chose")
def test_what_is_given_stays():
    X = data()
    start = [Start("local", 0.8, 5, (0.1, 0.2))]
    model = SmoothedPLDiffusionCV(**{**FEW, "cv": 3}, start=start, kappa=0.3, random_state=0).fit(X)
    assert model.best_params_["start"] == start
    assert model.best_params_["kappa"] == 0.3
    model = SmoothedPLDiffusionCV(**FEW, t_min=0.01, t0=0.05, random_state=0).fit(X)
    assert (model.t0_, model.t_min_) == (0.05, 0.01)
    assert "t_min_scale" not in model.best_params_


@pytest.mark.filterwarnings("ignore:The search chose")
def test_a_change_of_units_changes_nothing_else(fitted):
    model = clone(fitted).fit(1000 * data())
    assert model.best_params_["t_min_scale"] == fitted.best_params_["t_min_scale"]
    expected = fitted.cv_score_samples_ - 3 * np.log(1000)
    np.testing.assert_allclose(model.cv_score_samples_, expected, rtol=1e-6)


@pytest.mark.filterwarnings("ignore:The search chose")
def test_integer_weights_are_repetitions_in_the_choice():
    """With folds that keep repeated rows together."""
    X = data(30)
    counts = np.resize([1, 2, 1], 30)
    cut = np.arange(30) % 3
    folds = [(np.flatnonzero(cut != k), np.flatnonzero(cut == k)) for k in range(3)]
    where = np.repeat(np.arange(30), counts)
    repeated = [
        (np.flatnonzero(cut[where] != k), np.flatnonzero(cut[where] == k)) for k in range(3)
    ]
    weighted = SmoothedPLDiffusionCV(**{**FEW, "cv": folds}).fit(X, sample_weight=counts)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that rows repeat
        plain = SmoothedPLDiffusionCV(**{**FEW, "cv": repeated}).fit(X[where])
    np.testing.assert_allclose(weighted.best_score_, plain.best_score_, rtol=1e-8)
    np.testing.assert_allclose(
        weighted.cv_score_samples_[where], plain.cv_score_samples_, rtol=1e-8
    )


@pytest.mark.filterwarnings("ignore:The search chose")
def test_edges_and_repeated_values_are_told():
    X = data()
    with pytest.warns(UserWarning, match=r"The search chose .*the smallest of t_min_scales"):
        SmoothedPLDiffusionCV(**{**FEW, "t_min_scales": (0.9, 1.0), "kappas": (0.1,)}).fit(
            np.c_[np.linspace(0, 1, 40), np.linspace(0, 1, 40) ** 2]
        )
    points = circle(80)
    line = {**FEW, "start": "local", "t_min_scales": (0.03, 0.1, 0.5)}
    with pytest.warns(UserWarning, match="smallest of t_min_scales and the smallest of kappas"):
        SmoothedPLDiffusionCV(**{**line, "kappas": (0.05, 0.2)}).fit(points)
    # Below 0.01 there is nothing to find.
    with pytest.warns(UserWarning, match=r"the smallest of t_min_scales: a wider"):
        narrow = SmoothedPLDiffusionCV(**{**line, "kappas": (0.01, 0.2)}).fit(points)
    assert narrow.best_params_["kappa"] == 0.01
    X[:30, 1] = 0.0
    with pytest.warns(UserWarning, match="share their value with all neighbors in column 1: narr"):
        SmoothedPLDiffusionCV(**FEW).fit(X)


@pytest.mark.parametrize("n", [1, 9])
def test_folds_that_leave_no_scale_are_refused(n):
    """In the estimator's own name, with the rows that the user gave."""
    model = SmoothedPLDiffusionCV()
    sentence = f"^SmoothedPLDiffusionCV needs two or more distinct .* has 1 distinct in {n}"
    with pytest.raises(ValueError, match=sentence):
        model.fit(np.zeros((n, 1)))
    assert not hasattr(model, "best_params_")


def test_many_rows_take_one_split(monkeypatch, rng):
    """So many held-out rows have a score, the others none; a splitter of the user's stays."""
    monkeypatch.setattr(_smoothed_pl_cv, "ONE_SPLIT_FROM", 60)
    monkeypatch.setattr(_smoothed_pl_cv, "HELD_OUT", 20)
    X = rng.normal(size=(60, 2))
    few = {"start_neighbors": 7, "start_scales": (1.0,), "kappas": (0.1,), "random_state": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # edges of so small a search
        one = SmoothedPLDiffusionCV(**few).fit(X)
        folds = SmoothedPLDiffusionCV(cv=KFold(3), **few).fit(X)
        below = SmoothedPLDiffusionCV(cv=3, **few).fit(X[:59])
    assert np.isfinite(one.cv_score_samples_).sum() == 20
    assert np.isfinite(folds.cv_score_samples_).all()
    assert np.isfinite(below.cv_score_samples_).all()


@pytest.mark.filterwarnings("ignore:The search chose")
def test_noise_of_candidates_is_not_told():
    """In many columns that of t0 drowns all of them; what is told is of the choice."""
    SmoothedPLDiffusionCV(random_state=0).fit(np.random.default_rng(0).normal(size=(20, 60)))


@pytest.mark.filterwarnings("ignore:The search chose")
def test_coordinates_of_a_table_are_no_columns():
    rng = np.random.default_rng(0)
    table = [[rng.normal(), rng.choice(["a", "b"]), rng.choice(["u", "v"])] for _ in range(60)]
    TableDiffusion(SmoothedPLDiffusionCV(), random_state=0).fit(table)


def test_folds_that_hold_out_no_row_of_weight_are_refused(rng):
    X = rng.normal(size=(60, 2))
    weights = np.r_[np.ones(40), np.zeros(20)]
    for cv, given in (
        ([(np.arange(60), np.arange(0))], {}),
        ([(np.arange(40), np.arange(40, 60))], {"sample_weight": weights}),
    ):
        with pytest.raises(ValueError, match="holds out one of positive weight"):
            SmoothedPLDiffusionCV(cv=cv).fit(X, **given)
