"""One model for each class: samples with labels, and Bayes' rule."""

import copy
import pickle

import numpy as np
import pytest
from given import normal
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.impute import SimpleImputer
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KernelDensity
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from smoothdiff import (
    ClassConditionalDiffusion,
    EmpiricalScoreDiffusion,
    SmoothedPLDiffusion,
    SmoothedPLDiffusionCV,
    make_generative_pipeline,
)
from smoothdiff.persistence import load, save

EXACT = EmpiricalScoreDiffusion(t_min_scale=0.5)
BLOBS = GaussianMixture(random_state=0)
DENSITY = SmoothedPLDiffusion(t_min_scale=0.5)


def three_classes(n=90, d=2, seed=0):
    """Blobs with labels "a", "b", "c", twice as many of the first as of each other one."""
    y = np.array(["a", "b", "c", "a"])[np.arange(n) % 4]
    return normal(n, d, seed) + 2.0 * np.searchsorted(["a", "b", "c"], y)[:, None], y


@pytest.mark.filterwarnings("ignore:Class .* one distinct row")  # one check has such a class
@parametrize_with_checks(
    [  # one component: whatever the checks' columns, few programs are compiled
        ClassConditionalDiffusion(SmoothedPLDiffusion(n_components=1)),
        ClassConditionalDiffusion(KernelDensity()),
    ]
)
def test_scikit_learn_checks(estimator, check):
    state = np.random.get_state()
    try:
        check(estimator)
    finally:  # some of the checks draw from the global generator themselves
        np.random.set_state(state)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Class .* one distinct row")
@parametrize_with_checks([ClassConditionalDiffusion()])
def test_scikit_learn_checks_of_the_default(estimator, check):
    test_scikit_learn_checks(estimator, check)


# ---------------------------------------------------------------------- Bayes' rule


def by_loops(model, X):
    """Log-density of the mixture and probabilities, row by row, from the models themselves."""
    total, posterior = [], []
    for row in X:
        terms = [
            prior * np.exp(law.score_samples(row[None])[0])
            for prior, law in zip(model.class_prior_, model.estimators_, strict=True)
        ]
        total.append(np.log(sum(terms)))
        posterior.append([term / sum(terms) for term in terms])
    return np.array(total), np.array(posterior)


@pytest.mark.parametrize("prior", [None, "balanced", [0.7, 0.1, 0.2]])
@pytest.mark.parametrize("estimator", [DENSITY, EXACT, KernelDensity()], ids=str)
def test_probabilities_and_density_by_loops(estimator, prior):
    X, y = three_classes()
    model = ClassConditionalDiffusion(estimator, class_prior=prior).fit(X, y)
    new = three_classes(20, seed=1)[0]
    total, posterior = by_loops(model, new)
    np.testing.assert_allclose(model.score_samples(new), total, rtol=1e-10)
    np.testing.assert_allclose(model.predict_proba(new), posterior, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(np.exp(model.predict_log_proba(new)), posterior, atol=1e-12)
    assert model.predict(new).tolist() == [model.classes_[k] for k in posterior.argmax(axis=1)]
    for k, label in enumerate("abc"):
        alone = clone(estimator).fit(X[y == label])
        np.testing.assert_array_equal(
            model.estimators_[k].score_samples(new), alone.score_samples(new)
        )


def test_priors():
    X, y = three_classes(80)
    fit = ClassConditionalDiffusion().fit
    np.testing.assert_allclose(fit(X, y).class_prior_, [0.5, 0.25, 0.25])
    weights = np.where(y == "b", 2.0, 1.0)
    np.testing.assert_allclose(fit(X, y, weights).class_prior_, [0.4, 0.4, 0.2])
    weights = np.where(y == "b", 0.0, 1.0)
    model = fit(X, y, weights)
    assert model.classes_.tolist() == ["a", "c"]
    np.testing.assert_allclose(model.class_prior_, [2 / 3, 1 / 3])
    balanced = ClassConditionalDiffusion(class_prior="balanced").fit(X, y)
    np.testing.assert_allclose(balanced.class_prior_, 1 / 3)


def test_weights_are_repetitions():
    """In the models, the prior and the noise of a column that is constant in a class."""
    X, y = three_classes(90, 3)
    X[y == "a", 2] = 5.0
    count = np.random.default_rng(0).integers(0, 3, size=len(X)) * np.where(X[:, 0] > 2, 3, 1)
    weighted = ClassConditionalDiffusion(DENSITY).fit(X, y, sample_weight=count)
    X_repeated, y_repeated = np.repeat(X, count, axis=0), np.repeat(y, count)
    repeated = ClassConditionalDiffusion(DENSITY).fit(X_repeated, y_repeated)
    np.testing.assert_allclose(weighted.score_samples(X), repeated.score_samples(X), rtol=1e-9)


def test_where_no_class_has_density_the_prior_decides():
    X, y = three_classes()
    model = ClassConditionalDiffusion(
        KernelDensity(kernel="tophat", bandwidth=1.0), class_prior=[0.2, 0.5, 0.3]
    ).fit(X, y)
    far = np.array([[1e3, 1e3]])
    np.testing.assert_allclose(model.predict_proba(far), [[0.2, 0.5, 0.3]])
    assert model.predict(far) == "b"
    assert model.score_samples(far) == -np.inf


def test_it_classifies_iris_as_well_as_others_do():
    X, y = load_iris(return_X_y=True)
    for estimator in (None, DENSITY):
        model = make_pipeline(StandardScaler(), ClassConditionalDiffusion(estimator))
        assert cross_val_score(model, X, y, cv=5).mean() > 0.93  # GaussianNB has 0.953


# ---------------------------------------------------------------------- constant columns


def test_columns_constant_in_a_class_compare():
    """Densities of all classes are over one volume: that of the columns that vary at all."""
    X, y = three_classes(120, 3)
    X[y == "a", 2] = 5.0
    model = ClassConditionalDiffusion(DENSITY).fit(X, y)
    new = three_classes(30, 3, seed=1)[0]
    noise = model._noise[2]
    expected = np.log(model.class_prior_) + np.stack(
        [
            clone(DENSITY).fit(X[y == "a"][:, :2]).score_samples(new[:, :2])
            - 0.5 * ((new[:, 2] - 5.0) / noise) ** 2
            - 0.5 * np.log(2 * np.pi * noise**2),
            clone(DENSITY).fit(X[y == "b"]).score_samples(new),
            clone(DENSITY).fit(X[y == "c"]).score_samples(new),
        ],
        axis=1,
    )
    np.testing.assert_allclose(model.score_samples(new), np.logaddexp.reduce(expected, axis=1))
    assert np.all(model.sample(20, y="a", random_state=0)[:, 2] == 5.0)


@pytest.mark.parametrize("as_frame", [False, True])
def test_columns_constant_in_a_class_compare_in_pipelines(as_frame, tmp_path):
    """Of a class with a constant, as those of an estimator."""
    X, y = three_classes(120, 3)
    X[y == "a", 2] = 5.0
    X = np.c_[X, np.full(120, 0.1)]  # and one that says nothing
    new = np.c_[three_classes(30, 3, seed=1)[0], np.full(30, 0.1)]
    plain = ClassConditionalDiffusion(DENSITY).fit(X, y)
    mirror = FunctionTransformer(np.negative, np.negative)
    if as_frame:
        pd = pytest.importorskip("pandas")
        X, new = pd.DataFrame(X, columns=list("pqrs")), pd.DataFrame(new, columns=list("pqrs"))
    model = ClassConditionalDiffusion(make_generative_pipeline(mirror, DENSITY)).fit(X, y)
    found, expected = model.predict_log_proba(new), plain.predict_log_proba(np.asarray(new))
    np.testing.assert_allclose(found, expected, atol=1e-8)
    found, expected = model.score_samples(new), plain.score_samples(np.asarray(new))
    np.testing.assert_allclose(found, expected, atol=1e-8)
    save(model, tmp_path / "x.sdf")
    np.testing.assert_array_equal(load(tmp_path / "x.sdf").score_samples(new), found)
    off = new + np.array([0, 0, 0, 1.0])
    np.testing.assert_allclose(model.predict_proba(off), model.predict_proba(new))
    with pytest.warns(UserWarning, match="30 of 30 rows differ"):
        assert np.isneginf(model.score_samples(off)).all()


def test_pipelines_of_other_models_have_all_their_columns():
    """KernelDensity has a volume in constant columns too, and what is no number is left alone."""
    X, y = three_classes(60, 2)
    X[y == "a", 1] = 5.0
    pipe = make_generative_pipeline(MinMaxScaler(), KernelDensity(bandwidth=0.3))
    model = ClassConditionalDiffusion(pipe).fit(X, y)
    expected = [clone(pipe).fit(X[y == k]).score_samples(X) for k in "abc"]
    joint = np.log(model.class_prior_) + np.stack(expected, axis=1)
    np.testing.assert_allclose(model.score_samples(X), np.logaddexp.reduce(joint, axis=1))
    X[3, 0] = np.nan
    gaps = make_generative_pipeline(SimpleImputer(add_indicator=True), KernelDensity(bandwidth=0.3))
    assert ClassConditionalDiffusion(gaps).fit(X, y).sample(5, random_state=0)[0].shape == (5, 2)


def test_the_noise_is_delta_long():
    """Two columns in units that differ by 1000, and one that is constant."""
    X, y = three_classes(80)
    X = np.c_[X * [1.0, 1000.0], np.full(80, 3.0)]
    X[0] = [50.0, 50.0, 3.0]
    y[0] = "d"
    with pytest.warns(UserWarning, match="Class 'd' has one distinct row"):
        model = ClassConditionalDiffusion(BLOBS).fit(X, y)
    Z = (X / np.where(X.std(axis=0) > 0, X.std(axis=0), 1))[:, :2]
    distances = np.linalg.norm(Z[:, None] - Z[None], axis=-1) + 1e9 * np.eye(80)
    delta = np.median(distances.min(axis=1)) / 2
    expected = [*(X.std(axis=0)[:2] * delta / np.sqrt(2)), 0.0]
    np.testing.assert_allclose(model._noise, expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(model.estimators_[3].noise, model._noise)


@pytest.mark.filterwarnings("ignore:Class .* one distinct row")
def test_columns_constant_everywhere_say_nothing():
    """To models, and to the noise around a single row."""
    X, y = three_classes()
    X, y = np.r_[X, [[3.0, -3.0]]], np.r_[y, ["single"]]
    plain = ClassConditionalDiffusion(DENSITY).fit(X, y)
    model = ClassConditionalDiffusion(DENSITY).fit(np.c_[X, np.ones(len(X))], y)
    off = np.c_[X, np.full(len(X), 2.0)]
    np.testing.assert_allclose(model.predict_proba(off), plain.predict_proba(X), atol=1e-9)
    assert model.predict(off)[-1] == "single"
    with pytest.warns(UserWarning, match=r"91 of 91 rows differ .* -inf: Column 2\."):
        assert np.isneginf(model.score_samples(off)).all()
    off[:, 2] = 1.0
    np.testing.assert_allclose(model.score_samples(off), plain.score_samples(X))


@pytest.mark.slow
def test_pixels_that_some_digits_never_use():
    """They cost no accuracy, and `predict` warns of none (which would be an error here)."""
    X, y = load_digits(return_X_y=True)
    train, test = np.arange(0, 900), np.arange(900, 1200)
    with pytest.warns(UserWarning, match="drowns"):  # pixels that a class hardly uses
        model = ClassConditionalDiffusion(DENSITY).fit(X[train], y[train])
    assert model.score(X[test], y[test]) > 0.95  # the nearest neighbor has 0.967


# ---------------------------------------------------------------------- classes with one row


@pytest.mark.parametrize("copies", [1, 3])
@pytest.mark.parametrize("estimator", [SmoothedPLDiffusion(random_state=0), BLOBS])
def test_a_class_with_one_row_is_noise_around_it(estimator, copies):
    X, y = three_classes()
    row = np.array([9.0, -9.0])
    X, y = np.r_[X, np.tile(row, (copies, 1))], np.r_[y, ["rare"] * copies]
    if copies > 1 and isinstance(estimator, GaussianMixture):
        pytest.skip("it fits copies of a row")
    with pytest.warns(UserWarning, match="Class 'rare' has one distinct row"):
        model = ClassConditionalDiffusion(estimator).fit(X, y)
    law = model.estimators_[3]
    new = model.sample(4000, y="rare", random_state=0)
    np.testing.assert_allclose(new.mean(axis=0), row, atol=4 * law.noise.max() / np.sqrt(4000))
    np.testing.assert_allclose(new.std(axis=0), law.noise, rtol=0.06)
    # What samples are drawn from is what the density is of: the entropy of a Gaussian.
    entropy = 0.5 * np.log(2 * np.pi * np.e * law.noise**2).sum()
    np.testing.assert_allclose(-law.score_samples(new).mean(), entropy, atol=0.06)
    assert np.mean(model.predict(new) == "rare") == 1.0


def test_several_are_named_once():
    X, y = normal(8, 2), list("aabcdefg")
    with pytest.warns(UserWarning, match="Classes 'b', 'c', 'd', 'e', 'f' and 1 more have") as seen:
        ClassConditionalDiffusion().fit(X, y)
    assert len(seen) == 1


def test_only_such_classes():
    """The estimator is then tried on all rows, so that what is wrong with it shows."""
    X, y = normal(3, 2), [0, 1, 2]
    with pytest.warns(UserWarning, match="Classes 0, 1, 2 have"):
        model = ClassConditionalDiffusion().fit(X, y)
    assert model.predict(X).tolist() == y
    with pytest.raises(ValueError, match="'kappa' parameter of SmoothedPLDiffusion"):
        ClassConditionalDiffusion(SmoothedPLDiffusion(kappa=-1.0)).fit(X, y)
    with pytest.raises(ValueError, match="all of them equal"):
        ClassConditionalDiffusion().fit(np.ones((3, 2)), y)


def test_an_estimator_that_can_fit_one_row_does():
    X, y = np.r_[normal(20, 2), [[9.0, 9.0]]], [0] * 20 + [1]
    for estimator in (KernelDensity(), SmoothedPLDiffusion(t0=0.01, spacing=0.1)):
        model = ClassConditionalDiffusion(estimator).fit(X, y)
        assert type(model.estimators_[1]) is type(estimator)


# ---------------------------------------------------------------------- samples


def test_labels_are_drawn_by_the_prior():
    X, y = three_classes()
    model = ClassConditionalDiffusion(class_prior=[0.6, 0.1, 0.3]).fit(X, y)
    new, labels = model.sample(3000, random_state=0)
    assert new.shape == (3000, 2)
    for label, prior in zip("abc", [0.6, 0.1, 0.3], strict=True):
        share = np.mean(labels == label)
        assert abs(share - prior) < 4 * np.sqrt(prior * (1 - prior) / 3000)
        center = 2.0 * "abc".index(label) + normal(90, 2)[y == label].mean(axis=0)
        np.testing.assert_allclose(new[labels == label].mean(axis=0), center, atol=0.3)


@pytest.mark.parametrize("estimator", [None, KernelDensity(), BLOBS], ids=str)
def test_rows_are_in_the_order_of_the_labels(estimator):
    """Far classes: the nearest center of each row says its label."""
    X, y = three_classes()
    X = X + 100.0 * np.searchsorted(["a", "b", "c"], y)[:, None]
    model = ClassConditionalDiffusion(estimator).fit(X, y)
    labels = np.random.default_rng(0).permutation(np.repeat(["a", "b", "c"], [5, 8, 3]))
    for n, asked in ((1, labels), (16, labels.tolist())):
        new = model.sample(n, y=asked, random_state=0)
        assert np.array(["a", "b", "c"])[np.rint(new[:, 0] / 102).astype(int)].tolist() == [*labels]
    assert model.sample(7, y="b", random_state=0).shape == (7, 2)
    assert model.sample(0, y="b").shape == (0, 2)
    assert model.sample(y=[]).shape == (0, 2)
    assert [a.shape for a in model.sample(0)] == [(0, 2), (0,)]
    np.testing.assert_array_equal(
        model.sample(y=labels, random_state=0), model.sample(y=labels, random_state=0)
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda seed: SmoothedPLDiffusion(random_state=seed),
        lambda seed: GaussianMixture(random_state=seed),
        lambda seed: SmoothedPLDiffusionCV(
            cv=2, start_scales=(1.0,), t_min_scales=(0.5,), kappas=(0.1,), random_state=seed
        ),
    ],
    ids=["ours", "of scikit-learn", "searched"],
)
def test_seeds(make):
    X, y = three_classes()

    def sequence(model):
        return [model.sample(y=["a", "b", "a"]) for _ in range(2)]

    model = ClassConditionalDiffusion(make(3)).fit(X, y)
    first, second = sequence(model)
    assert np.all(first != second)
    np.testing.assert_array_equal(sequence(clone(model).fit(X, y)), [first, second])
    other = ClassConditionalDiffusion(make(4)).fit(X, y)
    assert np.all(other.sample(y=["a", "b", "a"]) != first)
    given = [other.sample(5, random_state=0)[0], model.sample(5, random_state=0)[0]]
    np.testing.assert_array_equal(*given)
    for generator in (np.random.default_rng, np.random.RandomState):
        state = generator(5)
        one, two = (model.sample(5, y="a", random_state=state) for _ in range(2))
        assert np.all(one != two)
        np.testing.assert_array_equal(one, model.sample(5, y="a", random_state=generator(5)))


@pytest.mark.parametrize("estimator", [SmoothedPLDiffusion(random_state=0), KernelDensity()])
def test_classes_do_not_share_their_noise(estimator):
    """Equal rows in both: with one seed for both, equal samples."""
    X = normal(30, 2)
    model = ClassConditionalDiffusion(estimator).fit(np.r_[X, X], np.repeat([0, 1], 30))
    new = model.sample(y=np.repeat([0, 1], 10), random_state=0)
    assert np.all(new[:10] != new[10:])


def test_copies_draw_the_same():
    X, y = three_classes(40)
    X, y = np.r_[X, [[9.0, 9.0]]], np.r_[y, ["rare"]]
    with pytest.warns(UserWarning, match="one distinct row"):
        model = ClassConditionalDiffusion(SmoothedPLDiffusion(random_state=0)).fit(X, y)
    twins = [pickle.loads(pickle.dumps(model)), copy.deepcopy(model), model]
    one, two, three = (twin.sample(20) for twin in twins)
    for other in (two, three):
        np.testing.assert_array_equal(one[0], other[0])
        assert one[1].tolist() == other[1].tolist()
    np.testing.assert_array_equal(twins[0].predict_proba(X), model.predict_proba(X))


# ---------------------------------------------------------------------- estimators of others


def test_without_a_density_it_draws_all_the_same():
    class Shuffler(KernelDensity):
        """Draws training rows."""

        score_samples = property()

        def fit(self, X, y=None):
            self.rows_ = X
            return self

        def sample(self, n_samples=1, random_state=None):
            return self.rows_[
                np.random.default_rng(random_state).integers(len(self.rows_), size=n_samples)
            ]

    X, y = three_classes()
    model = ClassConditionalDiffusion(Shuffler())
    for fitted in (model, model.fit(X, y)):
        for method in ("predict", "predict_proba", "predict_log_proba", "score_samples"):
            assert not hasattr(fitted, method)
            assert hasattr(ClassConditionalDiffusion(), method)
    new, labels = model.sample(10)
    for row, label in zip(new, labels, strict=True):
        assert (row == X[y == label]).all(axis=1).any()


def test_without_samples_it_classifies_all_the_same():
    X, y = three_classes()
    model = ClassConditionalDiffusion(make_pipeline(StandardScaler(), KernelDensity())).fit(X, y)
    assert not hasattr(model, "sample")
    assert model.score(X, y) > 0.8


def test_frames_reach_an_estimator_that_takes_them():
    """Text, missing values and dtypes pass through; the draw is a frame in the order asked for."""
    pd = pytest.importorskip("pandas")

    class Bootstrap(KernelDensity):
        """Rows of a DataFrame, and their share as their density."""

        def fit(self, X, y=None):
            self.rows_ = X
            return self

        def sample(self, n_samples=1, random_state=None):
            return self.rows_.sample(n_samples, replace=True, random_state=random_state)

        def score_samples(self, X):
            known = self.rows_["color"].value_counts(normalize=True)
            return np.log(X["color"].map(known).fillna(0.0).to_numpy() + 1e-300)

    X = pd.DataFrame(
        {
            "color": ["red", "red", "blue", "blue", "green", "blue"],
            "size": [1.5, np.nan, 3.5, 4.5, 5.5, 6.5],
            "count": [1, 2, 3, 4, 5, 6],
        },
        index=list("uvwxyz"),
    )
    y = pd.Series([0, 0, 1, 1, 1, 1], index=X.index)
    model = ClassConditionalDiffusion(Bootstrap()).fit(X, y)
    new = model.sample(y=[1, 0, 1, 0, 0], random_state=0)
    assert list(new.columns) == list(X.columns)
    assert list(new.dtypes) == list(X.dtypes)
    assert new.index.tolist() == [0, 1, 2, 3, 4]
    assert (new["count"] > 2).tolist() == [True, False, True, False, False]
    assert model.feature_names_in_.tolist() == list(X.columns)
    assert model.predict(X).tolist() == y.tolist()
    assert model.sample(0)[0].shape == (0, 3)
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(X[["size", "color", "count"]])


def test_frames_of_numbers_with_a_row_of_its_own():
    pd = pytest.importorskip("pandas")

    class Frames(KernelDensity):
        """Refuses one row, and draws frames."""

        def fit(self, X, y=None):
            if len(X) == 1:
                raise ValueError("one row")
            self.rows_ = X
            return self

        def sample(self, n_samples=1, random_state=None):
            return self.rows_.sample(n_samples, replace=True, random_state=random_state)

    X = pd.DataFrame(normal(7, 2), columns=["u", "v"])
    with pytest.warns(UserWarning, match="Class 1 has one distinct row"):
        model = ClassConditionalDiffusion(Frames()).fit(X, [0] * 6 + [1])
    new = model.sample(y=[1, 0, 1])
    assert list(new.columns) == ["u", "v"]
    assert abs(new.iloc[[0, 2]] - X.iloc[6]).to_numpy().max() < 5 * model.estimators_[1].noise.max()
    X["v"] = ["text"] * 7
    with pytest.raises(ValueError, match="one row"):
        ClassConditionalDiffusion(Frames()).fit(X, [0] * 6 + [1])


# ---------------------------------------------------------------------- what is refused


X, y = three_classes(40)


@pytest.mark.filterwarnings("ignore:The search chose")
def test_a_class_that_cannot_be_fitted_is_named(rng):
    X, y = rng.normal(size=(22, 2)), np.repeat(["a", "b"], [20, 2])
    with pytest.raises(ValueError, match=r"^Class 'b': SmoothedPLDiffusionCV needs two or more"):
        ClassConditionalDiffusion(SmoothedPLDiffusionCV()).fit(X, y)
    with pytest.raises(ValueError, match=r"^The 'kappa' parameter"):
        ClassConditionalDiffusion(SmoothedPLDiffusion(kappa=-1)).fit(X, y)
