"""Scorers inside scikit-learn's searches, and against the metrics that they are made of."""

import pickle

import numpy as np
import pytest
from given import normal
from made import clouds
from sklearn.datasets import load_iris
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KernelDensity
from sklearn.preprocessing import StandardScaler

from smoothdiff import (
    ClassConditionalDiffusion,
    EmpiricalScoreDiffusion,
    SmoothedPLDiffusion,
    TableDiffusion,
    make_generative_pipeline,
)
from smoothdiff.metrics import (
    authenticity,
    c2st,
    constrained,
    energy_distance,
    memorized_fraction,
    scorer,
    sliced_wasserstein,
)
from smoothdiff.metrics._scorers import training_rows

pd = pytest.importorskip("pandas")

X = load_iris().data[::2]
HELD_OUT = load_iris().data[1::2]


@pytest.fixture(scope="module")
def model():
    return SmoothedPLDiffusion(random_state=0).fit(X)


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("energy_distance", energy_distance),
        ("sliced_wasserstein", sliced_wasserstein),
        ("c2st", c2st),
    ],
)
def test_of_held_out_rows(model, name, metric):
    made = model.sample(len(HELD_OUT), random_state=0)
    expected = -metric(made, HELD_OUT, random_state=0)
    assert scorer(name)(model, HELD_OUT) == pytest.approx(expected)


def test_of_training_rows(model):
    made = model.sample(200, random_state=0)
    found = scorer("memorized_fraction", n_samples=200)(model, HELD_OUT)
    assert found == -memorized_fraction(made, X)
    assert scorer("authenticity", n_samples=200)(model, HELD_OUT) == authenticity(made, X)


def test_log_likelihood_is_the_default(model):
    assert scorer()(model, HELD_OUT) == pytest.approx(model.score(HELD_OUT))


def test_the_constraint_decides_first(model):
    held_out = HELD_OUT
    memorized = memorized_fraction(model.sample(len(held_out), random_state=0), X)
    assert 0 < memorized < 0.5
    free, bound = (constrained(max_memorized=limit) for limit in (0.5, 0.0))
    assert free(model, held_out) == pytest.approx(model.score(held_out))
    assert bound(model, held_out) == pytest.approx(-1e9 * (1 + memorized))


def test_a_search_takes_the_best_that_is_allowed():
    """The exact score of the training set copies it at small t_min; more noise is the remedy."""
    grid = {"t_min_scale": [1e-3, 0.03, 0.3, 0.9]}
    model = EmpiricalScoreDiffusion(random_state=0)
    of_memory = GridSearchCV(model, grid, scoring=scorer("memorized_fraction"), cv=3).fit(X)
    memorized = -of_memory.cv_results_["mean_test_score"]
    assert memorized[0] > 0.9
    limit = 0.4
    search = GridSearchCV(model, grid, scoring=constrained(max_memorized=limit), cv=3).fit(X)
    scores = search.cv_results_["mean_test_score"]
    likelihood = GridSearchCV(model, grid, cv=3).fit(X).cv_results_["mean_test_score"]
    allowed = scores > -1e8
    assert not allowed[0]
    assert allowed.any()
    np.testing.assert_allclose(scores[allowed], likelihood[allowed])
    assert search.best_index_ == np.flatnonzero(allowed)[likelihood[allowed].argmax()]


def test_a_pipeline_and_a_table_keep_their_rows():
    frame = pd.DataFrame(X, columns=list("abcd"))
    pipeline = make_generative_pipeline(StandardScaler(), SmoothedPLDiffusion(random_state=0))
    pipeline.fit(frame)
    kept = training_rows(pipeline)
    np.testing.assert_allclose(np.unique(kept.round(9), axis=0), np.unique(X, axis=0))
    assert isinstance(scorer("memorized_fraction")(pipeline, frame), float)
    table = TableDiffusion(random_state=0).fit(frame.assign(c=np.arange(len(X)) % 3 > 0))
    pd.testing.assert_frame_equal(training_rows(table), frame.assign(c=np.arange(len(X)) % 3 > 0))
    held_out = frame.assign(c=True)
    assert scorer("c2st")(table, held_out) <= 0
    assert scorer("memorized_fraction")(table, held_out) <= 0


def test_scorers_can_be_pickled(model):
    for one in (scorer("c2st"), constrained("energy_distance")):
        assert pickle.loads(pickle.dumps(one)) == one


def test_a_model_that_keeps_no_rows():
    class Samples(KernelDensity):
        def sample(self, n, random_state=None):
            return super().sample(n, random_state)

    (points,) = clouds(20)
    with pytest.raises(TypeError, match=r"needs a model that keeps its rows.* Got Samples"):
        scorer("memorized_fraction")(Samples().fit(points), points)


@pytest.mark.parametrize("other", [ClassConditionalDiffusion(), GaussianMixture(2, random_state=0)])
def test_models_whose_samples_come_with_labels_or_take_no_seed(other):
    """A model for each class, and scikit-learn's mixtures."""
    X = normal(60, 2)
    y = np.arange(60) % 2
    fitted = other.fit(X, y)
    score = scorer("energy_distance", random_state=1)
    assert -1 < score(fitted, X) == score(fitted, X) < 0
