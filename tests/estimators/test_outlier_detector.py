"""Outliers: the threshold is calibrated on rows held out, and holds for new rows."""

import numpy as np
import pytest
from given import normal
from sklearn.base import BaseEstimator, clone
from sklearn.compose import ColumnTransformer
from sklearn.model_selection import KFold, PredefinedSplit, StratifiedKFold
from sklearn.neighbors import KernelDensity
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

from smoothdiff import (
    DiffusionOutlierDetector,
    SmoothedPLDiffusion,
    make_generative_pipeline,
)

DENSITY = SmoothedPLDiffusion(t_min_scale=0.5)


# One component: whatever the checks' columns, few programs are compiled.
@parametrize_with_checks(
    [DiffusionOutlierDetector(SmoothedPLDiffusion(t_min_scale=0.5, n_components=1))]
)
def test_scikit_learn_checks(estimator, check):
    state = np.random.get_state()
    try:
        check(estimator)
    finally:  # some of the checks draw from the global generator themselves
        np.random.set_state(state)


@pytest.mark.parametrize("contamination", [0.05, 0.2])
def test_new_rows_are_flagged_as_often_as_asked_for(contamination):
    """2000 new rows of the same law; a threshold from the training rows' own scores flags most."""
    X, new = normal(300, 5), normal(2000, 5, 1)
    detector = DiffusionOutlierDetector(DENSITY, contamination=contamination).fit(X)
    flagged = np.mean(detector.predict(new) == -1)
    # Of 300 scores the quantile has a standard error of sqrt(c (1 - c) / 300).
    assert abs(flagged - contamination) < 3.5 * np.sqrt(contamination * (1 - contamination) / 300)
    own = np.quantile(detector.estimator_.score_samples(X), contamination)
    assert np.mean(detector.estimator_.score_samples(new) < own) > 2 * contamination
    assert abs(np.mean(detector.predict(X) == -1) - contamination) < 0.01


@pytest.mark.parametrize("seed", range(2))
def test_rows_of_few_whole_numbers_are_flagged_as_often_as_asked_for(seed):
    """New rows that equal a training row have no other law than those that were held out."""
    rng = np.random.default_rng(seed)
    answers = np.clip(np.round(3 + rng.normal(size=(5000, 1)) + rng.normal(size=(5000, 4))), 1, 5)
    X, new = answers[:1000], answers[1000:]
    detector = DiffusionOutlierDetector(DENSITY).fit(X)
    assert abs(np.mean(detector.predict(new) == -1) - 0.1) < 0.03
    frequent = (X[:, None] == X).all(axis=2).sum(axis=1) >= 3
    assert (detector.score_samples(X) == detector.cv_score_samples_)[~frequent].all()
    scores = detector.estimator_.score_samples(X[frequent])
    np.testing.assert_array_equal(detector.score_samples(X[frequent]), scores)


def test_few_equal_rows_are_held_out_together():
    """Two and three are; of four, which are frequent, each is held out by itself."""
    X = normal(60, 2)
    X[:2], X[2:5], X[5:9] = X[0], X[2], X[5]
    detector = DiffusionOutlierDetector(DENSITY, cv=60).fit(X)
    for rows in ([0, 1], [2, 3, 4], [5], [8], [40]):
        others = clone(DENSITY).fit(np.delete(X, rows, axis=0))
        np.testing.assert_allclose(
            detector.cv_score_samples_[rows], others.score_samples(X[rows]), rtol=1e-10
        )
    same = DiffusionOutlierDetector(KernelDensity()).fit(X[[5, 5, 5]])
    assert (same.predict(X[[5]]) == 1).all()


def test_scores_are_those_of_the_folds():
    X = normal(40, 2)
    folds = KFold(4, shuffle=True, random_state=2)
    detector = DiffusionOutlierDetector(DENSITY, cv=folds).fit(X)
    expected = np.empty(40)
    for train, test in folds.split(X):
        expected[test] = clone(DENSITY).fit(X[train]).score_samples(X[test])
    np.testing.assert_array_equal(detector.cv_score_samples_, expected)
    np.testing.assert_array_equal(detector.score_samples(X), expected)
    np.testing.assert_array_equal(
        detector.score_samples(X + 0.1), clone(DENSITY).fit(X).score_samples(X + 0.1)
    )
    assert detector.offset_ == np.quantile(expected, 0.1)


def test_far_rows_are_outliers_and_twins_share_a_score():
    X = np.concatenate([normal(60, 2), normal(1, 2) + 12])
    detector = DiffusionOutlierDetector(DENSITY, contamination=0.02).fit(np.concatenate([X, X[:3]]))
    assert detector.predict(X[-1:]) == -1
    np.testing.assert_array_equal(detector.cv_score_samples_[:3], detector.cv_score_samples_[-3:])


def test_any_density_will_do():
    detector = DiffusionOutlierDetector(KernelDensity(bandwidth=0.5)).fit(normal(80, 2))
    assert detector.predict([[0.0, 0.0], [9.0, 9.0]]).tolist() == [1, -1]


class Given(BaseEstimator):
    """Log-densities that are the values, and -inf where these are negative."""

    def fit(self, X, y=None):
        return self

    def score_samples(self, X):
        return np.where(X[:, 0] < 0, -np.inf, X[:, 0])


@pytest.mark.parametrize(("contamination", "flagged"), [(0.06, 2), (0.1, 2), (0.21, 4)])
def test_rows_out_of_reach(contamination, flagged):
    """They are outliers as any others of the least scores are."""
    X = np.r_[-1.0, -1.0, np.arange(18.0)][:, None]
    detector = DiffusionOutlierDetector(Given(), contamination=contamination).fit(X)
    decided = detector.decision_function(X)
    assert (decided[:2] == -np.inf).all()
    np.testing.assert_array_equal(detector.predict(X) < 0, np.arange(20) < flagged)


def test_too_many_rows_out_of_reach():
    """No threshold is below them: said, and no row is an outlier."""
    X = np.r_[-np.ones(5), np.arange(15.0)][:, None]
    detector = DiffusionOutlierDetector(Given())
    match = r"^25% of the rows are out of reach of the others, more than contamination=0.1: "
    with pytest.warns(UserWarning, match=match):
        detector.fit(X)
    np.testing.assert_array_equal(detector.decision_function(X), np.r_[np.zeros(5), 15 * [np.inf]])
    assert (detector.predict(X) == 1).all()


def test_it_does_not_speak_of_a_search_that_nobody_asked_for():
    """Nor, for each fold, of columns that the fit to all rows names."""
    X = normal(80, 2)
    DiffusionOutlierDetector().fit(X)  # of normal rows the widest start is chosen
    X[:40] = X[0]
    with pytest.warns(UserWarning, match="gain likelihood without limit") as told:
        DiffusionOutlierDetector().fit(X)
    assert len(told) == 1


@pytest.mark.parametrize("estimator", [None, DENSITY])
@pytest.mark.parametrize("kind", ["list", "generator", "masks", "predefined"])
def test_splits_of_any_form(kind, estimator):
    """Splits of all rows, which the search within a part of them cannot use."""
    X = normal(60, 2)
    splits = list(KFold(3, shuffle=True, random_state=0).split(X))
    wanted = DiffusionOutlierDetector(estimator, cv=splits).fit(X).cv_score_samples_
    fold = np.empty(60, dtype=int)
    for k, (_, test) in enumerate(splits):
        fold[test] = k
    cv = {
        "list": [(train.tolist(), test.tolist()) for train, test in splits],
        "generator": iter(splits),
        "masks": [(fold != k, fold == k) for k in range(3)],
        "predefined": PredefinedSplit(fold),
    }[kind]
    found = DiffusionOutlierDetector(estimator, cv=cv).fit(X).cv_score_samples_
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize(
    ("cv", "sentence"),
    [
        ([], "must have one or more splits"),
        ([(np.arange(60), np.arange(80))], "must be numbers of rows of X, which has 60"),
        (StratifiedKFold(3), "a splitter that needs no y"),
    ],
)
def test_splits_that_are_none(cv, sentence):
    with pytest.raises(ValueError, match=sentence):
        DiffusionOutlierDetector(DENSITY, cv=cv).fit(normal(60, 2))


def test_a_pipeline_that_goes_by_names_sees_them():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(np.exp(normal(60, 2)), columns=["income", "age"])
    log = FunctionTransformer(np.log, np.exp)
    parts = ColumnTransformer([("log", log, ["income"])], remainder="passthrough")
    pipe = make_generative_pipeline(parts, DENSITY)
    detector = DiffusionOutlierDetector(pipe).fit(frame)
    assert list(detector.estimator_.feature_names_in_) == ["income", "age"]
    by_number = make_generative_pipeline(
        ColumnTransformer([("log", log, [0])], remainder="passthrough"), DENSITY
    )
    other = DiffusionOutlierDetector(by_number).fit(frame.to_numpy())
    np.testing.assert_array_equal(detector.score_samples(frame), other.score_samples(frame.values))
    assert detector.predict(frame[["income", "age"]].iloc[:3]).shape == (3,)


def test_two_equal_rows_that_are_held_out_apart_have_the_lesser_score():
    """In folds that others made; a new row that equals them has it too."""
    X, folds = normal(40, 2), KFold(4)
    X[25] = X[3]
    detector = DiffusionOutlierDetector(DENSITY, cv=folds).fit(X)
    apart = [
        clone(DENSITY).fit(X[train]).score_samples(X[test])
        for train, test in folds.split(X)
        if {3, 25} & set(test)
    ]
    expected = min(apart[0][3], apart[1][5])
    np.testing.assert_array_equal(detector.cv_score_samples_[[3, 25]], expected)
    assert detector.score_samples(X[3:4]) == expected


def test_zeros_have_no_sign():
    X = np.abs(normal(30, 2))
    X[4, 1] = -0.0
    detector = DiffusionOutlierDetector(DENSITY).fit(X)
    np.testing.assert_array_equal(detector.score_samples(X), detector.cv_score_samples_)
