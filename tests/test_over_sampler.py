"""Over-sampling: new rows of the small classes, by imbalanced-learn's rules."""

import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from given import normal
from scipy import sparse
from sklearn.base import BaseEstimator, clone
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neighbors import KernelDensity
from sklearn.preprocessing import FunctionTransformer, PowerTransformer, StandardScaler
from sklearn.utils.estimator_checks import (
    parametrize_with_checks as parametrize_with_checks_of_sklearn,
)

pytest.importorskip("imblearn")

from imblearn.pipeline import make_pipeline
from imblearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_param_validation,
    parametrize_with_checks,
)

from smoothdiff import (
    DiffusionOverSampler,
    LocalAverageDiffusion,
    SmoothedPLDiffusion,
    TableDiffusion,
    make_generative_pipeline,
)

pd = pytest.importorskip("pandas")

EXACT = SmoothedPLDiffusion(t_min=0)  # its samples are means of rows, without noise


def imbalanced(d=3, seed=0):
    """Rows of 40 "common", 15 "rare" and 8 "rarer", in units of 1, 1000, 1e-3, ..."""
    y = np.repeat(["common", "rare", "rarer"], [40, 15, 8])
    X = (normal(63, d, seed) + np.repeat([0, 3, -3], [40, 15, 8])[:, None]) * UNITS[:d]
    shuffled = np.random.default_rng(seed).permutation(63)
    return X[shuffled], y[shuffled]


UNITS = np.array([1.0, 1000.0, 1e-3, 7.0])
MARK = parametrize_with_checks([DiffusionOverSampler(random_state=0)]).mark


# pytest wants a list of them.
@pytest.mark.parametrize(MARK.args[0], list(MARK.args[1]), ids=MARK.kwargs["ids"])
def test_imbalanced_learn_checks(estimator, check):
    run(check, estimator)


@parametrize_with_checks_of_sklearn([DiffusionOverSampler(random_state=0)])
def test_scikit_learn_checks(estimator, check):
    run(check, estimator)


@pytest.mark.parametrize(
    "check", [check_param_validation, check_dataframe_column_names_consistency]
)
def test_other_imbalanced_learn_checks(check):
    check("DiffusionOverSampler", DiffusionOverSampler(random_state=0))


def run(check, estimator):
    state = np.random.get_state()
    try:
        check(estimator)
    finally:  # some of the checks draw from the global generator themselves
        np.random.set_state(state)


# ---------------------------------------------------------------------- rows


def test_old_rows_first_and_then_new_ones():
    X, y = imbalanced()
    new, labels = DiffusionOverSampler(random_state=0).fit_resample(X, y)
    np.testing.assert_array_equal(new[:63], X)
    np.testing.assert_array_equal(labels[:63], y)
    assert labels[63:].tolist() == ["rare"] * 25 + ["rarer"] * 32
    assert new.dtype == X.dtype
    assert labels.dtype == y.dtype


def test_new_rows_are_the_models_in_standard_units():
    """The model fitted by hand to the rare rows, in units of all columns' deviations.

    What leaves the range of a column there is as far inside.
    """
    X, y = imbalanced()
    sampler = DiffusionOverSampler(random_state=3)
    new, _ = sampler.fit_resample(X, y)
    generator = np.random.default_rng(3)
    start = 63
    for label, n in [("rare", 25), ("rarer", 32)]:
        Z = (X[y == label] - X.mean(axis=0)) / X.std(axis=0)
        seed = int(generator.integers(2**32))
        model = SmoothedPLDiffusion().fit(Z)
        expected, parents, weights = model.sample(n, random_state=seed, return_parents=True)
        expected = X.mean(axis=0) + X.std(axis=0) * expected
        low, high = X[y == label].min(axis=0), X[y == label].max(axis=0)
        expected = high - np.abs(high - (low + np.abs(expected - low)))
        np.testing.assert_allclose(new[start : start + n], expected, rtol=1e-9)
        found = sampler.parents_[start - 63 :][:n, : parents.shape[1]]
        rows = np.flatnonzero(y == label)
        np.testing.assert_array_equal(found, np.where(parents < 0, -1, rows[parents]))
        np.testing.assert_allclose(
            sampler.parent_weights_[start - 63 :][:n, : weights.shape[1]], weights
        )
        start += n


def test_units_do_not_matter():
    X, y = imbalanced()
    sampler = DiffusionOverSampler(random_state=0)
    new = sampler.fit_resample(X, y)[0]
    scaled = sampler.fit_resample(X * [1e6, 1e-6, 3.0], y)[0]
    np.testing.assert_allclose(scaled, new * [1e6, 1e-6, 3.0], rtol=1e-9)


def test_parents():
    X, y = imbalanced()
    sampler = DiffusionOverSampler(EXACT, random_state=0)
    new, labels = sampler.fit_resample(X, y)
    parents, weights = sampler.parents_, sampler.parent_weights_
    assert parents.shape == weights.shape == (57, parents.shape[1])
    np.testing.assert_allclose(weights.sum(axis=1), 1.0)
    assert np.all((parents < 0) == (weights == 0))
    assert np.all(np.diff(weights, axis=1) <= 0)
    for row, label, of, share in zip(new[63:], labels[63:], parents, weights, strict=True):
        used = of[of >= 0]
        assert set(y[used]) == {label}
        np.testing.assert_allclose(row, share[of >= 0] @ X[used], rtol=1e-9)


@pytest.mark.parametrize(
    "estimator", [KernelDensity(), GaussianMixture(), LocalAverageDiffusion(n_steps=4)], ids=str
)
def test_estimators_without_parents(estimator):
    X, y = imbalanced()
    estimator = clone(estimator)
    if "random_state" in estimator.get_params():
        estimator.set_params(random_state=0)
    first, second = (DiffusionOverSampler(estimator, random_state=s) for s in (0, 1))
    new, _ = first.fit_resample(X, y)
    assert new.shape == (120, 3)
    assert np.all(first.parents_ == -1)
    assert np.all(first.parent_weights_ == 0)
    assert np.all(new[63:] != second.fit_resample(X, y)[0][63:])
    np.testing.assert_array_equal(clone(first).fit_resample(X, y)[0], new)


def test_seeds():
    X, y = imbalanced()

    def rows(seed):
        return DiffusionOverSampler(random_state=seed).fit_resample(X, y)[0][63:]

    np.testing.assert_array_equal(rows(0), rows(0))
    assert np.all(rows(0) != rows(1))
    assert np.all(rows(None) != rows(None))
    for make in (np.random.RandomState, np.random.default_rng):
        np.testing.assert_array_equal(rows(make(0)), rows(make(0)))
        state = make(0)
        assert np.all(rows(state) != rows(state))


def test_classes_do_not_share_their_noise():
    """Two rare classes of equal rows, and one seed."""
    rare = normal(20, 2)
    X, y = np.r_[normal(50, 2, 1), rare, rare], np.repeat([0, 1, 2], [50, 20, 20])
    new, _ = DiffusionOverSampler(random_state=0).fit_resample(X, y)
    assert np.all(new[90:120] != new[120:])


# ---------------------------------------------------------------------- how many


@pytest.mark.parametrize(
    ("strategy", "counts"),
    [
        ("auto", {"common": 40, "rare": 40, "rarer": 40}),
        ("not majority", {"common": 40, "rare": 40, "rarer": 40}),
        ("all", {"common": 40, "rare": 40, "rarer": 40}),
        ("minority", {"common": 40, "rare": 15, "rarer": 40}),
        ("not minority", {"common": 40, "rare": 40, "rarer": 8}),
        ({"rarer": 10}, {"common": 40, "rare": 15, "rarer": 10}),
        ({"common": 45, "rarer": 8}, {"common": 45, "rare": 15, "rarer": 8}),
        (lambda y: {"rare": np.sum(y == "rare") + 2}, {"common": 40, "rare": 17, "rarer": 8}),
        ({}, {"common": 40, "rare": 15, "rarer": 8}),
    ],
)
def test_strategies(strategy, counts):
    X, y = imbalanced()
    sampler = DiffusionOverSampler(sampling_strategy=strategy, random_state=0)
    new, labels = sampler.fit_resample(X, y)
    assert Counter(labels.tolist()) == counts
    assert len(new) == len(labels) == 63 + len(sampler.parents_)
    assert sum(sampler.sampling_strategy_.values()) == len(sampler.parents_)


def test_a_ratio():
    X, y = imbalanced()
    two = y != "rarer"
    sampler = DiffusionOverSampler(sampling_strategy=0.5, random_state=0)
    assert Counter(sampler.fit_resample(X[two], y[two])[1].tolist()) == {"common": 40, "rare": 20}
    with pytest.raises(ValueError, match="float only when the type of target is binary"):
        sampler.fit_resample(X, y)


# ---------------------------------------------------------------------- dtypes


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.int8])
def test_integers_are_rounded(dtype):
    """A Poisson column of mean 2 keeps it (cut off, it would have 1.5); no value wraps around."""
    generator = np.random.default_rng(0)
    counts = generator.poisson(2.0, size=(600, 3)).astype(dtype)
    y = np.repeat([0, 1], [450, 150])
    new, _ = DiffusionOverSampler(random_state=0).fit_resample(counts, y)
    assert new.dtype == dtype
    np.testing.assert_array_equal(new[:600], counts)
    old, made = counts[450:].astype(float), new[600:].astype(float)
    assert abs(made.mean() - old.mean()) < 4 * old.std() / np.sqrt(900)
    assert made.max() <= old.max() + 3
    floats, _ = DiffusionOverSampler(random_state=0).fit_resample(counts.astype(float), y)
    least = np.iinfo(dtype).min
    np.testing.assert_array_equal(made, np.maximum(np.rint(floats[600:]), least))


def test_sparse_rows_are_those_of_dense_ones():
    X, y = imbalanced()
    X = np.where(np.random.default_rng(0).random(X.shape) < 0.5, 0.0, X)
    dense = DiffusionOverSampler(random_state=0).fit_resample(X, y)[0]
    for kind in (sparse.csr_matrix, sparse.csc_matrix, sparse.csr_array, sparse.csc_array):
        new = DiffusionOverSampler(random_state=0).fit_resample(kind(X), y)[0]
        assert type(new) is kind
        np.testing.assert_allclose(new.toarray(), dense, rtol=1e-8, atol=1e-12)


def test_frames_keep_their_columns_and_dtypes():
    pd = pytest.importorskip("pandas")
    X, y = imbalanced()
    frame = pd.DataFrame(X, columns=["u", "v", "w"])
    frame["count"] = np.random.default_rng(0).integers(0, 9, size=63)
    frame["small"] = frame["count"].astype("uint8")
    frame["nullable"] = frame["count"].astype("Int32")
    frame["flag"] = frame["count"] > 4
    frame["single"] = frame["u"].astype("float32")
    frame["same"] = 7
    labels = pd.Series(y, name="label", index=frame.index)
    new, new_labels = DiffusionOverSampler(random_state=0).fit_resample(frame, labels)
    assert list(new.columns) == list(frame.columns)
    assert list(new.dtypes) == list(frame.dtypes)
    pd.testing.assert_frame_equal(new.iloc[:63], frame)
    assert new_labels.name == "label"
    assert new.index.tolist() == new_labels.index.tolist() == list(range(120))
    assert (new["same"] == 7).all()
    made = new.iloc[63:]
    plain = DiffusionOverSampler(random_state=0).fit_resample(frame.astype(float).to_numpy(), y)[0]
    np.testing.assert_array_equal(made["count"], np.rint(plain[63:, 3]))
    np.testing.assert_array_equal(made["nullable"], np.rint(plain[63:, 5]))
    np.testing.assert_array_equal(made["flag"], plain[63:, 6] > 0.5)


def test_new_rows_stay_within_the_range_of_their_class():
    """Amounts that are not negative, parts of one, flags and counts."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [200, 40])
    X = np.column_stack([rng.exponential(size=240), rng.beta(0.5, 0.5, 240)])
    counts = np.column_stack([rng.integers(2, size=240), rng.poisson(0.5, 240)])
    for rows in (X, counts):
        new, labels = DiffusionOverSampler(random_state=0).fit_resample(rows, y)
        made, own = new[240:], rows[y == 1]
        assert (made >= own.min(axis=0)).all()
        assert (made <= own.max(axis=0)).all()
        assert (labels[240:] == 1).all()
        if rows is X:  # and its ends are not frequent
            assert not np.isin(made, X).any()


def test_constant_columns_stay_constant():
    """Bit for bit, in the class alone too, where the model's units would leave a rounding."""
    X, y = imbalanced(4)
    X[:, 1] = 0.1
    X[y == "rare", 3] = np.pi
    for estimator in (None, KernelDensity()):
        new, labels = DiffusionOverSampler(estimator, random_state=0).fit_resample(X, y)
        assert np.all(new[:, 1] == 0.1)
        assert np.all(new[labels == "rare", 3] == np.pi)
        assert len(np.unique(new[labels == "rarer", 3])) == 40


# ---------------------------------------------------------------------- classes with one row


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize("copies", [1, 3])
def test_a_class_with_one_row_is_repeated_with_noise(copies, kind):
    X, y = imbalanced()
    X = np.c_[X, np.full(63, 5.0)]
    row = np.array([9.0, 2000.0, 0.0, 5.0])
    X, y = np.r_[X, np.tile(row, (copies, 1))], np.r_[y, ["single"] * copies]
    sampler = DiffusionOverSampler(sampling_strategy={"single": 4000}, random_state=0)
    with pytest.warns(UserWarning, match="Class 'single' has one distinct row"):
        new, _ = sampler.fit_resample(kind(X), y)
    made = (new.toarray() if sparse.issparse(new) else new)[63 + copies :]
    Z = X[: 63 + 1, :3] / np.delete(X.std(axis=0), 3)
    distances = np.linalg.norm(Z[:, None] - Z[None], axis=-1) + 1e9 * np.eye(64)
    noise = X.std(axis=0)[:3] * np.median(distances.min(axis=1)) / 2 / np.sqrt(3)
    np.testing.assert_allclose(made[:, :3].std(axis=0), noise, rtol=0.06)
    np.testing.assert_allclose(made.mean(axis=0)[:3] - row[:3], 0, atol=4 * noise.max() / 60)
    assert np.all(made[:, 3] == 5.0)
    assert np.all(sampler.parents_ == 63)
    assert np.all(sampler.parent_weights_ == 1)


def test_what_is_wrong_with_the_estimator_shows_there_too():
    X, y = np.r_[normal(10, 2), [[4.0, 4.0]]], [0] * 10 + [1]
    with pytest.raises(ValueError, match="'kappa' parameter of SmoothedPLDiffusion"):
        DiffusionOverSampler(SmoothedPLDiffusion(kappa=-1)).fit_resample(X, y)
    new, _ = DiffusionOverSampler(KernelDensity(), random_state=0).fit_resample(X, y)
    assert new.shape == (20, 2)


# ---------------------------------------------------------------------- among others


def test_in_a_pipeline():
    """Folds are scored on old rows, and only the training rows are added to."""
    X, y = imbalanced()
    X, y = X[y != "rarer"], (y[y != "rarer"] == "rare").astype(int)
    seen = []

    class Counting(LogisticRegression):
        def fit(self, X, y):
            seen.append(Counter(y.tolist()))
            return super().fit(X, y)

    model = make_pipeline(DiffusionOverSampler(random_state=0), Counting())
    scores = cross_val_score(model, X / UNITS[:3], y, cv=3, scoring="balanced_accuracy")
    assert scores.min() > 0.9
    assert len(seen) == 3
    assert all(counts[0] == counts[1] for counts in seen)
    grid = {"diffusionoversampler__sampling_strategy": [0.6, 1.0]}
    search = GridSearchCV(model, grid, cv=3).fit(X / UNITS[:3], y)
    assert search.predict(X[:3] / UNITS[:3]).shape == (3,)


def test_tables_go_to_the_hook_as_frames():
    """Where a model of tables is put in, text and categories stay as they are."""
    pd = pytest.importorskip("pandas")

    class Bootstrap(KernelDensity):
        def fit(self, X, y=None):
            self.rows_ = X
            return self

        def sample(self, n_samples=1, random_state=None):
            return self.rows_.sample(n_samples, replace=True, random_state=random_state)

    class OfTables(DiffusionOverSampler):
        _parameter_constraints = DiffusionOverSampler._parameter_constraints

        def _model_for(self, X):
            return Bootstrap()

    X = pd.DataFrame({"color": ["red", "blue", "green", "blue"] * 3, "size": np.arange(12)})
    X["color"] = X["color"].astype("category")
    y = np.array([0] * 9 + [1] * 3)
    new, labels = OfTables(random_state=0).fit_resample(X, y)
    pd.testing.assert_frame_equal(new.iloc[:12], X)
    assert list(new.dtypes) == list(X.dtypes)
    assert (new["size"][12:] >= 9).all()
    assert labels.tolist() == [0] * 9 + [1] * 9


def mixed(n=60, few=15):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "color": pd.Categorical(rng.choice(["blue", "green", "red"], n)),
            "size": rng.integers(0, 40, n),
            "price": np.where(rng.random(n) < 0.2, np.nan, rng.normal(size=n).round(2)),
        }
    )
    return X, np.r_[np.zeros(n - few, int), np.ones(few, int)]


@pytest.mark.parametrize("estimator", [None, TableDiffusion(draw="row")])
def test_tables_of_any_columns(estimator):
    X, y = mixed()
    sampler = DiffusionOverSampler(estimator, random_state=0)
    new, labels = sampler.fit_resample(X, y)
    pd.testing.assert_frame_equal(new[:60], X)
    pd.testing.assert_series_equal(new.dtypes, X.dtypes)
    assert labels.tolist()[60:] == [1] * 30
    assert set(new["color"][60:]) <= set(X["color"][y == 1])
    assert new["size"][60:].between(X["size"][45:].min(), X["size"][45:].max()).all()
    assert sampler.parents_.shape[0] == 30
    assert (y[sampler.parents_[:, 0]] == 1).all()
    again, _ = DiffusionOverSampler(estimator, random_state=0).fit_resample(X, y)
    pd.testing.assert_frame_equal(again, new)


def test_a_class_of_one_row_in_a_table_is_repeated():
    X, y = mixed(few=1)
    with pytest.warns(UserWarning, match=r"All rows of the table are equal"):
        new, _ = DiffusionOverSampler(random_state=0).fit_resample(X, y)
    assert len(new[60:].drop_duplicates()) == 1
    pd.testing.assert_frame_equal(new[60:61], X[59:].set_axis([60]))


# ---------------------------------------------------------------------- what is refused

X, y = imbalanced()


def test_without_imbalanced_learn_the_others_load():
    """A fresh interpreter that cannot find it."""
    code = (
        "import sys; sys.modules['imblearn'] = None\n"
        "import smoothdiff; smoothdiff.ClassConditionalDiffusion\n"
        "try: smoothdiff.DiffusionOverSampler\n"
        "except ImportError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    sentence = "DiffusionOverSampler needs imbalanced-learn: pip install 'smoothdiff[imblearn]'."
    assert done.stdout.strip() == sentence


@pytest.mark.parametrize("dtype", [int, float])
def test_samples_that_are_no_numbers_are_drawn_again(dtype):
    """Where a pipeline's transformer has no inverse."""
    rng = np.random.default_rng(0)
    X = np.round(10 * np.c_[np.exp(2 * rng.normal(size=150)), rng.normal(size=150)]).astype(dtype)
    y = np.repeat([0, 1], [110, 40])
    wide = SmoothedPLDiffusion(t_min_scale=1.0)
    pipe = make_generative_pipeline(StandardScaler(), PowerTransformer(), wide)
    sampler = DiffusionOverSampler(pipe, sampling_strategy={1: 4000}, random_state=0)
    with pytest.warns(UserWarning, match="outside the range"):  # about one in sixty
        new = sampler.fit_resample(X, y)[0]
    few = X[y == 1]
    assert len(new) == 4110
    assert (new[150:] >= few.min(axis=0)).all()
    assert (new[150:] <= few.max(axis=0)).all()
    assert sampler.parents_.shape == sampler.parent_weights_.shape
    assert (sampler.parents_[:, 0] >= 110).all()


def test_a_pipeline_gets_rows_in_their_units_and_by_their_names():
    """The logarithm of incomes, which standardized ones have not."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"income": np.exp(rng.normal(8, 1, 150)), "age": rng.normal(40, 9, 150)})
    y = np.repeat([0, 1], [110, 40])
    log = FunctionTransformer(np.log, np.exp)
    parts = ColumnTransformer([("log", log, ["income"])], remainder="passthrough")
    pipe = make_generative_pipeline(parts, StandardScaler(), SmoothedPLDiffusion())
    new, labels = DiffusionOverSampler(pipe, random_state=0).fit_resample(X, y)
    assert list(new.columns) == ["income", "age"]
    assert Counter(labels) == {0: 110, 1: 110}
    made = np.log(new.income[150:])
    assert abs(made.mean() - np.log(X.income[110:]).mean()) < 0.3


class _Nowhere(BaseEstimator):
    def fit(self, X):
        return self

    def sample(self, n_samples=1, random_state=None):
        return np.full((n_samples, 2), np.nan)


def test_samples_that_are_never_numbers_are_refused(rng):
    X, y = rng.normal(size=(30, 2)), np.repeat([0, 1], [20, 10])
    with pytest.raises(ValueError, match="10 of 10 samples of _Nowhere are not finite"):
        DiffusionOverSampler(_Nowhere()).fit_resample(X, y)


@pytest.mark.filterwarnings("ignore:The noise that samples keep")
@pytest.mark.parametrize("container", [np.asarray, pd.DataFrame])
def test_whole_numbers_that_floats_cannot_tell_apart_are_told(container, rng):
    X, y = rng.integers(0, 1000, (60, 2)), np.repeat(["big", "small"], [45, 15])
    DiffusionOverSampler(random_state=0).fit_resample(container(X), y)
    X[:, 1] += 2**60
    with pytest.warns(UserWarning, match=r"beyond 2\*\*53, .* apart: Column 1 of X"):
        new, _ = DiffusionOverSampler(random_state=0).fit_resample(container(X), y)
    np.testing.assert_array_equal(np.asarray(new)[:60], X)
