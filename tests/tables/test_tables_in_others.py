"""Tables inside what is built on estimators: classes, pipelines, searches."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.model_selection import GridSearchCV, KFold

from smoothdiff import (
    ClassConditionalDiffusion,
    SmoothedPLDiffusion,
    TableDiffusion,
    make_generative_pipeline,
)

pd = pytest.importorskip("pandas")

RNG = np.random.default_rng(0)
X = pd.DataFrame(
    {"u": RNG.normal(size=90), "v": RNG.normal(size=90).round(2), "c": RNG.choice(list("ab"), 90)}
)
LABELS = np.repeat(["low", "high", "high"], 30)


def test_classes_of_tables():
    model = ClassConditionalDiffusion(TableDiffusion(random_state=0)).fit(X, LABELS)
    made, labels = model.sample(60)
    pd.testing.assert_series_equal(made.dtypes, X.dtypes)
    assert set(labels) == {"low", "high"}
    only = model.sample(20, y="low", random_state=1)
    pd.testing.assert_frame_equal(only, model.sample(20, y="low", random_state=1))
    assert only["v"].between(X["v"][:30].min(), X["v"][:30].max()).all()


def test_classes_of_tables_of_numbers_classify():
    far = X[["u", "v"]] + np.where(LABELS == "low", 6, 0)[:, None]
    model = ClassConditionalDiffusion(TableDiffusion(random_state=0)).fit(far, LABELS)
    assert model.score(far, LABELS) > 0.95


def test_a_pipeline_draws_the_coordinates():
    pipe = make_generative_pipeline(PCA(3), SmoothedPLDiffusion())
    model = TableDiffusion(pipe, random_state=0).fit(X)
    made, parents, weights = model.sample(30, return_parents=True)
    pd.testing.assert_series_equal(made.dtypes, X.dtypes)
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    assert parents.max() < 90


def test_a_search_over_the_smoothing_strength():
    search = GridSearchCV(
        TableDiffusion(SmoothedPLDiffusion(t_min_scale=0.5), random_state=0),
        {"estimator__kappa": [0.1, 0.5]},
        cv=3,
    ).fit(X[["u", "v"]])
    slow = [
        np.mean(
            [
                TableDiffusion(SmoothedPLDiffusion(t_min_scale=0.5, kappa=kappa))
                .fit(X[["u", "v"]].iloc[train])
                .score(X[["u", "v"]].iloc[test])
                for train, test in KFold(3).split(X)
            ]
        )
        for kappa in (0.1, 0.5)
    ]
    np.testing.assert_allclose(search.cv_results_["mean_test_score"], slow, rtol=1e-8)


def test_an_estimator_that_takes_no_weights():
    """Rows of equal weight are fitted without them."""

    class Plain(SmoothedPLDiffusion):
        def fit(self, X, y=None):
            return super().fit(X)

    assert TableDiffusion(Plain(), random_state=0).fit(X).sample(5).shape == (5, 3)
