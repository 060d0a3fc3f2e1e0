"""Which rows the search of SmoothedPLDiffusionCV chooses by, and what it says of its choice."""

import warnings

import numpy as np
import pytest
from sklearn.model_selection import RepeatedKFold, ShuffleSplit

from smoothdiff import DiffusionOutlierDetector, SmoothedPLDiffusion, SmoothedPLDiffusionCV

ONE = {"start": "local", "kappas": (0.05,), "t_min_scales": (0.3,)}


def said(call):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        found = call()
    return found, [str(warning.message) for warning in seen]


@pytest.mark.parametrize(
    "splitter",
    [
        RepeatedKFold(n_splits=4, n_repeats=3, random_state=0),
        ShuffleSplit(5, test_size=0.4, random_state=0),
    ],
)
def test_rows_that_are_held_out_more_than_once_count_each_time(rng, splitter):
    X = rng.normal(size=(80, 2))
    folds = list(splitter.split(X))
    model = SmoothedPLDiffusion(kappa=0.05, t_min_scale=0.3)
    each = [(b, model.fit(X[a]).score_samples(X[b])) for a, b in folds]
    search = SmoothedPLDiffusionCV(cv=folds, **ONE).fit(X)
    assert search.best_score_ == pytest.approx(np.concatenate([p for _, p in each]).mean())
    for row, found in enumerate(search.cv_score_samples_):
        scores = [p[b == row].item() for b, p in each if row in b]
        assert found == pytest.approx(np.mean(scores)) if scores else np.isnan(found)


def test_a_detector_takes_their_mean(rng):
    X = rng.normal(size=(60, 2))
    folds = list(RepeatedKFold(n_splits=3, n_repeats=2, random_state=0).split(X))
    detector = DiffusionOutlierDetector(SmoothedPLDiffusion(t_min_scale=0.5), cv=folds).fit(X)
    scores = np.zeros(60)
    for train, test in folds:
        scores[test] += SmoothedPLDiffusion(t_min_scale=0.5).fit(X[train]).score_samples(X[test])
    np.testing.assert_allclose(detector.cv_score_samples_, scores / 2, rtol=1e-9)


def test_a_row_that_no_candidate_reaches_takes_no_part(rng):
    """It differs in a column that is constant in the training rows of its fold."""
    X = rng.normal(size=(100, 3))
    X[:, 2] = 0
    X[17, 2] = 1.0
    search, seen = said(lambda: SmoothedPLDiffusionCV(random_state=0).fit(X))
    assert [text for text in seen if text.startswith("1 of 100 held-out rows has no density")]
    assert np.isfinite(search.best_score_)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert np.isneginf(search.cv_score_samples_).nonzero()[0].tolist() == [17]
    others = np.delete(search.cv_score_samples_, 17)
    assert search.best_score_ == pytest.approx(others.mean())


def test_a_start_that_is_given_has_the_neighbors_that_are_given(rng):
    X = rng.normal(size=(60, 2))
    few, ten = (
        SmoothedPLDiffusionCV(start="local", random_state=0, **more).fit(X).start_covariances_
        for more in ({"start_neighbors": 3}, {})
    )
    plain = [SmoothedPLDiffusion(start_neighbors=m).fit(X).start_covariances_ for m in (3, 10)]
    np.testing.assert_array_equal(few, plain[0])
    np.testing.assert_array_equal(ten, plain[1])


@pytest.mark.parametrize("kappas", [(0.05, 0.2), (0.2, 0.05)])
def test_no_edge_is_told_where_candidates_are_level(rng, kappas):
    model = SmoothedPLDiffusionCV(t0=0.05, t_min=0.05, kappas=kappas, random_state=0)
    search, seen = said(lambda: model.fit(rng.normal(size=(30, 2))))
    assert np.ptp(search.cv_results_["mean_test_score"]) == 0
    assert not [text for text in seen if "kappas" in text]


def test_a_fold_of_one_training_row_has_no_neighbors_that_agree():
    model = SmoothedPLDiffusionCV(spacing=1.0, t0=1.0, random_state=0)
    _, seen = said(lambda: model.fit([[0.0], [1.0]]))
    assert not [text for text in seen if "share their value" in text]


@pytest.mark.parametrize("kappa", [1e-160, 1e160])
def test_candidates_that_floats_do_not_hold_are_refused(rng, kappa):
    model = SmoothedPLDiffusionCV(kappas=(0.1, kappa))
    with pytest.raises(ValueError, match="The 'kappas' parameter of SmoothedPLDiffusionCV must be"):
        model.fit(rng.normal(size=(40, 2)))
    assert not hasattr(model, "best_params_")
