"""GenerativePipeline at home in scikit-learn: searches, copies, routing, failed fits."""

import pickle

import numpy as np
import pytest
import sklearn
from given import normal
from sklearn.base import BaseEstimator, clone
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.neighbors import KernelDensity
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    StandardScaler,
)

from smoothdiff import (
    ClassConditionalDiffusion,
    EmpiricalScoreDiffusion,
    GenerativePipeline,
    LocalAverageDiffusion,
    ScoreDiffusion,
    SmoothedPLDiffusion,
    make_generative_pipeline,
)

UNITS = np.array([0.5, 1.0, 2.0])
X = normal(40, 3) * UNITS + 5


def pipe_of(*steps, **parameters):
    return make_generative_pipeline(*steps, SmoothedPLDiffusion(random_state=0, **parameters))


# ---------------------------------------------------------------------- samples and scores


def test_samples_are_those_of_the_model_in_the_units_of_the_input():
    pipe = pipe_of(StandardScaler(), PCA()).fit(X)
    scaler, pca, model = (step for _, step in pipe.steps)
    alone = clone(model).fit(pca.transform(scaler.transform(X)))
    expected = scaler.inverse_transform(pca.inverse_transform(alone.sample(20)))
    np.testing.assert_array_equal(pipe.sample(20), expected)
    assert np.abs(np.log(pipe.sample(500).std(axis=0) / (UNITS))).max() < 0.5


def test_a_seed_for_the_call_and_a_sequence_without():
    pipe = pipe_of(StandardScaler()).fit(X)
    first, second = pipe.sample(3), pipe.sample(3)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(pipe.sample(3, random_state=7), pipe.sample(3, 7))
    pipe.fit(X)
    np.testing.assert_array_equal(pipe.sample(3), first)


def test_parents_are_rows_of_the_input():
    """Linear steps keep means, so that the parents' mean is the sample where no noise is left."""
    pipe = pipe_of(StandardScaler(), PCA(), t_min=0).fit(X)
    new, parents, weights = pipe.sample(20, 1, return_parents=True)
    np.testing.assert_allclose(new, np.einsum("nk,nkd->nd", weights, X[parents]), rtol=1e-9)
    np.testing.assert_array_equal(new, pipe.sample(20, 1))


def test_models_without_parents_say_so():
    pipe = make_generative_pipeline(StandardScaler(), KernelDensity()).fit(X)
    with pytest.raises(ValueError, match=r"^KernelDensity has no parents to return; Smoothed"):
        pipe.sample(return_parents=True)
    pipe = make_generative_pipeline(StandardScaler(), LocalAverageDiffusion(n_quadrature=2)).fit(X)
    with pytest.raises(ValueError, match="LocalAverageDiffusion does not make samples from single"):
        pipe.sample(return_parents=True)


@pytest.mark.parametrize("nested", [False, True])
def test_classes_are_drawn_with_labels_or_asked_for(nested):
    """What the model itself draws, in the units of the input."""
    labels = np.array(["a", "b", "c"])[np.arange(len(X)) % 3]
    last = ClassConditionalDiffusion(SmoothedPLDiffusion(random_state=0))
    inner = make_generative_pipeline(PCA(), last)
    steps = (inner,) if nested else (PCA(), last)
    pipe = make_generative_pipeline(StandardScaler(), *steps).fit(X, labels)
    scaler, model = pipe.steps[0][1], clone(last)
    turned = PCA().fit(scaler.transform(X))
    model.fit(turned.transform(scaler.transform(X)), labels)

    def back(Z):
        return scaler.inverse_transform(turned.inverse_transform(Z))

    drawn, classes = pipe.sample(9, 1, return_labels=True)
    expected, theirs = model.sample(9, random_state=1)
    np.testing.assert_allclose(drawn, back(expected), rtol=1e-9)
    np.testing.assert_array_equal(classes, theirs)
    assert len(set(classes)) > 1
    np.testing.assert_array_equal(pipe.sample(9, 1), drawn)
    for y in ("b", ["a", "c", "c"]):
        expected = model.sample(3, y, random_state=1)
        np.testing.assert_allclose(pipe.sample(3, 1, y=y), back(expected), rtol=1e-9)
    none, no_classes = pipe.sample(0, return_labels=True)
    assert none.shape == (0, 3)
    assert no_classes.shape == (0,)


def test_no_rows():
    pipe = pipe_of(StandardScaler(), PCA(2)).fit(X)
    assert pipe.sample(0).shape == (0, 3)
    new, parents, weights = pipe.sample(0, return_parents=True)
    assert new.shape == (0, 3)
    assert len(parents) == len(weights) == 0
    assert make_generative_pipeline(GaussianMixture(random_state=0)).fit(X).sample(0).shape == (
        0,
        3,
    )


@pytest.mark.parametrize("n", [-1, 2.0, "3", True])
def test_a_count_that_is_none(n):
    pipe = pipe_of(StandardScaler()).fit(X)
    with pytest.raises((TypeError, ValueError), match="n_samples must be a non-negative integer"):
        pipe.sample(n)


@pytest.mark.parametrize("seed", [3, np.random.RandomState(3)], ids=["int", "RandomState"])
def test_kernel_density(seed):
    pipe = make_generative_pipeline(StandardScaler(), KernelDensity(bandwidth=0.5)).fit(X)
    expected = pipe[0].inverse_transform(pipe[1].sample(9, random_state=3))
    np.testing.assert_array_equal(pipe.sample(9, random_state=seed), expected)
    inner = pipe[1].score_samples(pipe[0].transform(X))  # of which KernelDensity.score is the sum
    np.testing.assert_allclose(pipe.score(X), inner.mean() - np.log(pipe[0].scale_).sum())


def test_gaussian_mixture():
    """Its sample gives labels too, and has no random_state."""
    pipe = make_generative_pipeline(StandardScaler(), GaussianMixture(2, random_state=0)).fit(X)
    expected = pipe[0].inverse_transform(pipe[1].sample(9)[0])
    np.testing.assert_array_equal(pipe.sample(9), expected)
    np.testing.assert_array_equal(pipe.sample(9, random_state=0), expected)
    assert not np.array_equal(pipe.sample(9, random_state=1), expected)
    assert pipe[1].random_state == 0
    assert pipe.predict(X).shape == (40,)
    np.testing.assert_allclose(pipe.predict_proba(X).sum(axis=1), 1)


def test_a_model_without_random_state():
    class Corner(BaseEstimator):
        def fit(self, X, y=None):
            self.n_features_in_ = X.shape[1]
            return self

        def sample(self, n_samples=1):
            return np.zeros((n_samples, self.n_features_in_))

    pipe = make_generative_pipeline(StandardScaler(), Corner()).fit(X)
    np.testing.assert_allclose(pipe.sample(2), np.tile(X.mean(axis=0), (2, 1)))
    with pytest.raises(ValueError, match=r"^sample of Corner takes no random_state. Got 3"):
        pipe.sample(2, random_state=3)
    assert not hasattr(pipe, "score_samples")


@pytest.mark.parametrize(
    "model",
    [EmpiricalScoreDiffusion(), ScoreDiffusion(lambda x, t: -x / (1 + t), n_steps=4)],
    ids=lambda m: type(m).__name__,
)
def test_other_estimators(model):
    pipe = make_generative_pipeline(MinMaxScaler(), model).fit(X)
    assert pipe.sample(5, random_state=0).shape == (5, 3)
    expected = pipe[1].score_samples(pipe[0].transform(X)) + np.log(pipe[0].scale_).sum()
    np.testing.assert_allclose(pipe.score_samples(X), expected)
    assert pipe.score(X, y=np.zeros(40)) == np.mean(pipe.score_samples(X))


# ---------------------------------------------------------------------- scikit-learn's tools


def test_a_search_compares_scalers_in_one_unit():
    """Of the model alone the one with the smallest scale would win."""
    grid = {
        "standardscaler": [StandardScaler(), MinMaxScaler(), "passthrough"],
        "smoothedpldiffusion__kappa": [0.05, 0.2],
    }
    pipe = pipe_of(StandardScaler(), t_min_scale=0.5)
    folds = KFold(3)
    search = GridSearchCV(pipe, grid, cv=folds, error_score="raise").fit(X)
    for parameters, score in zip(
        search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True
    ):
        tried = clone(pipe).set_params(**parameters)
        by_hand = [tried.fit(X[a]).score_samples(X[b]).mean() for a, b in folds.split(X)]
        np.testing.assert_allclose(score, np.mean(by_hand))
    assert search.best_estimator_.sample(2).shape == (2, 3)
    # In each one's own units they would differ by the logarithms of the scales.
    assert np.ptp(search.cv_results_["mean_test_score"]) < 0.5
    scales = [
        tried.set_params(standardscaler=s).fit(X)[0].scale_ for s in grid["standardscaler"][:2]
    ]
    assert abs(np.log(scales[0]).sum() + np.log(scales[1]).sum()) > 2


def test_cross_val_score_in_other_units():
    """A million times the unit costs a million nats' logarithm, and nothing else."""
    pipe = pipe_of(StandardScaler(), t_min_scale=0.5)
    scores = cross_val_score(pipe, X, cv=3, error_score="raise")
    in_other_units = cross_val_score(pipe, X * 1e6, cv=3, error_score="raise")
    np.testing.assert_allclose(in_other_units, scores - 3 * np.log(1e6))


@pytest.mark.parametrize("copy", [pickle.dumps, None], ids=["pickle", "clone"])
def test_copies(copy):
    pipe = pipe_of(StandardScaler(), FunctionTransformer(np.arcsinh, np.sinh)).fit(X)
    again = clone(pipe).fit(X) if copy is None else pickle.loads(copy(pipe))
    assert type(again) is GenerativePipeline
    np.testing.assert_array_equal(again.sample(3, 0), pipe.sample(3, 0))
    np.testing.assert_array_equal(again.score_samples(X), pipe.score_samples(X))


def test_steps_and_parts():
    pipe = pipe_of(StandardScaler(), PCA(2)).fit(X)
    assert pipe[0] is pipe.named_steps["standardscaler"] is pipe["standardscaler"]
    assert len(pipe) == 3
    before = pipe[:-1]
    assert type(before) is Pipeline
    assert before.transform(X).shape == (40, 2)
    np.testing.assert_array_equal(
        before.inverse_transform(before.transform(X)),
        pipe[0].inverse_transform(pipe[1].inverse_transform(before.transform(X))),
    )
    rest = pipe[1:]
    assert type(rest) is GenerativePipeline
    assert rest.sample(2, 0).shape == (2, 3)
    assert type(pipe[:]) is GenerativePipeline


def test_parameters():
    pipe = make_generative_pipeline(
        StandardScaler(), StandardScaler(), KernelDensity(), verbose=True
    )
    assert [name for name, _ in pipe.steps] == [
        "standardscaler-1",
        "standardscaler-2",
        "kerneldensity",
    ]
    assert set(pipe.get_params(deep=False)) == {"steps", "memory", "verbose"}
    pipe.set_params(kerneldensity__bandwidth=0.25, verbose=False)
    assert pipe[-1].bandwidth == 0.25
    assert pipe.get_params()["standardscaler-1__with_std"] is True


def test_memory(tmp_path):
    plain = pipe_of(StandardScaler(), PCA())
    cached = make_generative_pipeline(*(clone(s) for _, s in plain.steps), memory=str(tmp_path))
    np.testing.assert_array_equal(cached.fit(X).sample(3), plain.fit(X).sample(3))
    np.testing.assert_array_equal(cached.score_samples(X), plain.score_samples(X))


def test_not_fitted():
    for method, arguments in (("sample", ()), ("score_samples", (X,)), ("score", (X,))):
        with pytest.raises(NotFittedError):
            getattr(pipe_of(StandardScaler()), method)(*arguments)


def test_it_prints_as_a_pipeline():
    pipe = pipe_of(StandardScaler())
    assert repr(pipe).startswith("GenerativePipeline(steps=[('standardscaler'")
    assert "GenerativePipeline" in pipe._repr_html_()


# ---------------------------------------------------------------------- weights


WEIGHTS = np.random.default_rng(5).integers(0, 4, size=40)


def test_weights_of_the_model():
    pipe = pipe_of("passthrough").fit(X, smoothedpldiffusion__sample_weight=WEIGHTS)
    expected = pipe_of("passthrough").fit(np.repeat(X, WEIGHTS, axis=0)).score_samples(X)
    np.testing.assert_allclose(pipe.score_samples(X), expected)
    with pytest.raises(ValueError, match="does not accept the sample_weight parameter"):
        pipe.fit(X, sample_weight=WEIGHTS)


def test_metadata_routing():
    with sklearn.config_context(enable_metadata_routing=True):
        model = SmoothedPLDiffusion(random_state=0).set_fit_request(sample_weight=True)
        scaler = StandardScaler().set_fit_request(sample_weight=True)
        pipe = make_generative_pipeline(scaler, model).fit(X, sample_weight=WEIGHTS)
        found, new = pipe.score_samples(X), pipe.sample(3, 0)
        search = GridSearchCV(pipe, {"smoothedpldiffusion__kappa": [0.1, 0.2]}, cv=2)
        search.fit(X, sample_weight=WEIGHTS)
        assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    by_name = {f"{step}__sample_weight": WEIGHTS for step, _ in pipe.steps}
    expected = pipe_of(StandardScaler()).fit(X, **by_name)
    np.testing.assert_array_equal(found, expected.score_samples(X))
    np.testing.assert_array_equal(new, expected.sample(3, 0))


# ---------------------------------------------------------------------- refusals and failed fits


@pytest.mark.parametrize(
    ("steps", "error", "sentence"),
    [
        (
            [("s", StandardScaler()), ("p", PCA())],
            TypeError,
            r"last step of .*, 'p', must be an",
        ),
        (
            [("k", KernelDensity()), ("end", "passthrough")],
            TypeError,
            r"'end', must be .*Got 'pas",
        ),
        (
            [("k", KernelDensity()), ("m", KernelDensity())],
            TypeError,
            "All intermediate steps sh",
        ),
        ([], ValueError, "GenerativePipeline has no steps: the last must be an estimator."),
        ([("a", PCA()), ("a", KernelDensity())], ValueError, "Names provided are not unique"),
        (3, ValueError, "The 'steps' parameter of GenerativePipeline must be"),
    ],
)
def test_bad_steps(steps, error, sentence):
    with pytest.raises(error, match=sentence):
        GenerativePipeline(steps).fit(X)


def state(pipe):
    return {name: pickle.dumps(step) for name, step in pipe.steps}


@pytest.mark.parametrize("fitted", [True, False])
def test_a_failed_fit_changes_nothing(fitted):
    """Of the steps before the one that failed either, nor of those in a nested pipeline."""
    inner = Pipeline([("p", PCA())])
    pipe = pipe_of(StandardScaler(), inner)
    if fitted:
        pipe.fit(X)
    before = state(pipe)
    with pytest.raises(ValueError, match="must have one entry for each row"):
        pipe.fit(2 * X, smoothedpldiffusion__sample_weight=[1.0])
    assert state(pipe) == before
    if fitted:
        assert pipe.sample(2).shape == (2, 3)


def test_bad_rows_are_refused_by_the_steps():
    pipe = pipe_of(StandardScaler()).fit(X)
    with pytest.raises(ValueError, match="Input X contains NaN"):
        pipe.score_samples(np.where(X[0, 0] == X, np.nan, X))
    with pytest.raises(ValueError, match="X has 2 features, but StandardScaler is expecting 3"):
        pipe.score_samples(X[:, :2])
