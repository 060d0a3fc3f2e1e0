"""log|det dz/dx| of every transformer, against differences of its transform."""

import warnings

import numpy as np
import pytest
from given import normal
from scipy import sparse, special
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import NMF, PCA, FastICA, IncrementalPCA, TruncatedSVD
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_selection import VarianceThreshold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

from smoothdiff import make_generative_pipeline
from smoothdiff.pipeline import register_log_jacobian
from smoothdiff.pipeline._jacobians import DERIVATIVES, JACOBIANS

QUANTILES = QuantileTransformer(n_quantiles=9)
POSITIVE = np.exp(0.6 * normal(60, 3))  # skewed, correlated below
SKEWED = POSITIVE @ np.array([[1.0, 0.5, 0.0], [0.0, 1.0, 0.3], [0.2, 0.0, 2.0]])

TRANSFORMERS = {
    "standard": StandardScaler(),
    "standard, mean only": StandardScaler(with_std=False),
    "min-max": MinMaxScaler((-1, 3)),
    "max-abs": MaxAbsScaler(),
    "robust": RobustScaler(),
    "robust, unit variance": RobustScaler(unit_variance=True, quantile_range=(10, 90)),
    "robust, center only": RobustScaler(with_scaling=False),
    "pca": PCA(),
    "pca, whitened": PCA(whiten=True),
    "incremental pca": IncrementalPCA(whiten=True),
    "ica": FastICA(random_state=0, max_iter=2000, tol=1e-2),
    "svd": TruncatedSVD(3, random_state=0),
    "yeo-johnson": PowerTransformer(),
    "yeo-johnson, raw": PowerTransformer(standardize=False),
    "box-cox": PowerTransformer("box-cox"),
    "box-cox, raw": PowerTransformer("box-cox", standardize=False),
    "quantile": QuantileTransformer(n_quantiles=17),
    "quantile, normal": QuantileTransformer(n_quantiles=17, output_distribution="normal"),
    "log": FunctionTransformer(np.log, np.exp),
    "identity": FunctionTransformer(),
    "selected": VarianceThreshold(),
    "nested": make_pipeline(FunctionTransformer(np.log1p, np.expm1), "passthrough", PCA()),
    "columns": ColumnTransformer(
        [("r", make_pipeline(RobustScaler(), PCA()), [2, 0]), ("q", QUANTILES, [1])],
        transformer_weights={"r": -3.0},
    ),
    "columns, rest": ColumnTransformer([("p", PowerTransformer(), [1])], remainder="passthrough"),
    "columns, rest scaled": ColumnTransformer(
        [("p", "passthrough", slice(1, 2))], remainder=StandardScaler()
    ),
}


class Volume(BaseEstimator):
    """A model of log-density 0: what is left is the log-Jacobian."""

    def fit(self, X, y=None):
        self.n_features_in_ = X.shape[1]
        return self

    def sample(self, n_samples=1, random_state=None):
        return np.random.default_rng(random_state).normal(size=(n_samples, self.n_features_in_))

    def score_samples(self, X):
        return np.zeros(len(X))


def log_jacobian(transformer, X, train=SKEWED):
    return make_generative_pipeline(transformer, Volume()).fit(train).score_samples(X)


def by_differences(transformer, X, h=1e-6):
    """log|det| of the matrix of central differences, one row at a time."""
    d, out = X.shape[1], []
    for x in X:
        steps = np.concatenate([x + h * np.eye(d), x - h * np.eye(d)])
        z = transformer.transform(steps)
        out.append(np.linalg.slogdet((z[:d] - z[d:]) / (2 * h))[1])
    return np.array(out)


def rows(seed=1):
    """New rows within the range of the training data."""
    w = np.random.default_rng(seed).dirichlet(np.ones(4), size=25)
    pick = np.random.default_rng(seed).integers(0, len(SKEWED), size=(25, 4))
    return np.einsum("nk,nkd->nd", w, SKEWED[pick])


@pytest.mark.parametrize("transformer", TRANSFORMERS.values(), ids=TRANSFORMERS)
def test_against_differences(transformer):
    X = rows()
    fitted = make_generative_pipeline(transformer, Volume()).fit(SKEWED)
    expected = by_differences(fitted[0], X)
    np.testing.assert_allclose(fitted.score_samples(X), expected, rtol=1e-6, atol=1e-6)


def test_every_registered_class_is_compared():
    leaves = [type(t) for t in TRANSFORMERS.values()]
    assert set(JACOBIANS) <= {base for leaf in leaves for base in leaf.__mro__}


@pytest.mark.parametrize("lambda_", [-1.3, 0.0, 0.5, 1.0, 2.0, 3.1])
def test_powers_on_both_sides_of_zero(lambda_):
    power = PowerTransformer().fit(normal(30, 2))
    power.lambdas_ = np.array([lambda_, 2 - lambda_])
    pipe = make_generative_pipeline(power, Volume())
    pipe[-1].fit(normal(3, 2))
    X = 2 * normal(40, 2, seed=3)
    np.testing.assert_allclose(pipe.score_samples(X), by_differences(power, X), atol=1e-6)


INSIDE = {np.arctanh: (-0.9, 0.9), special.logit: (0.1, 0.9)}
SIGNED = (np.exp, np.exp2, np.expm1, np.cbrt, np.arcsinh, np.sinh, np.tanh, np.arctan, np.negative)


@pytest.mark.parametrize("func", DERIVATIVES, ids=lambda f: f.__name__)
def test_derivatives(func):
    low = -2.0 if func in (*SIGNED, special.expit, special.exp10, np.positive) else 0.2
    x = np.linspace(*INSIDE.get(func, (low, 3.0)), 40)
    h = 1e-6
    slope = (func(x + h) - func(x - h)) / (2 * h)
    np.testing.assert_allclose(DERIVATIVES[func](x), np.log(np.abs(slope)), atol=1e-7)


def test_a_square_counts_one_branch():
    pipe = make_generative_pipeline(FunctionTransformer(np.square, np.sqrt), Volume())
    assert pipe.fit(POSITIVE[:, :1]).score_samples([[-1.0]]) == -np.inf
    np.testing.assert_allclose(pipe.score_samples([[1.5]]), np.log(3))


def test_steps_that_work_in_place_are_scored_at_their_input():
    X = rows()
    kept = X.copy()
    for step in (PowerTransformer(), QuantileTransformer(n_quantiles=17), StandardScaler()):
        expected = log_jacobian(step, X)
        columns = ColumnTransformer([("all", step.set_params(copy=False), slice(0, 3))])
        for in_place in (step, columns):
            found = log_jacobian(in_place, X, SKEWED.copy())
            np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(X, kept)


# ---------------------------------------------------------------------- quantiles


def test_a_knot_has_the_mean_of_both_slopes():
    quantile = QuantileTransformer(n_quantiles=4).fit([[0.0], [1.0], [3.0], [4.0]])
    pipe = make_generative_pipeline(quantile, Volume())
    pipe[-1].fit(np.zeros((1, 1)))
    knot = quantile.quantiles_[1, 0]  # 1, but for rounding
    at = [[knot], [0.0], [4.0], [-0.1], [4.1]]
    expected = np.log(np.array([(1 + 1 / 2) / 2, 1, 1, 1, 1]) / 3)
    expected[3:] = -np.inf
    np.testing.assert_allclose(pipe.score_samples(at), expected)
    h = 1e-6  # as central differences have it
    difference = np.diff(quantile.transform([[knot - h], [knot + h]]), axis=0)[0, 0] / (2 * h)
    np.testing.assert_allclose(np.exp(expected[0]), difference)


def test_an_atom_is_refused_and_named():
    X = np.array([[0.0], [1.0], [1.0], [1.0], [2.0], [3.0]])
    pipe = make_generative_pipeline(QuantileTransformer(n_quantiles=6), Volume()).fit(X)
    assert np.isfinite(pipe.score_samples([[0.5], [2.5]])).all()
    with pytest.raises(ValueError, match=r"\(QuantileTransformer\) has no density at 1.0 in colum"):
        pipe.score_samples([[0.5], [1.0]])


# ---------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("transformer", "sentence"),
    [
        (PCA(2), r"Step 'pca' \(PCA\) keeps 2 of 3 dimensions, so that samples lie in a subspace"),
        (
            TruncatedSVD(2, random_state=0),
            r"Step 'truncatedsvd' \(TruncatedSVD\) keeps 2 of 3 dimensions",
        ),
        (MinMaxScaler(clip=True), r"Step 'minmaxscaler' \(MinMaxScaler\) clips"),
        (NMF(3, max_iter=2000, init="random", random_state=0), r"\(NMF\) has no known Jacobian"),
        (FunctionTransformer(np.cos, np.arccos), r"applies cos, whose derivative is not known"),
        (
            FunctionTransformer(np.log, np.exp, kw_args={"dtype": float}),
            r"applies log with kw_args, whose derivative is not known",
        ),
        (make_pipeline(PCA(1)), r"Step 'pipeline__pca' \(PCA\) keeps 1 of 3"),
        (
            ColumnTransformer([("p", PCA(1), [0, 1])], remainder="passthrough"),
            r"Step 'columntransformer__p' \(PCA\) keeps 1 of 2",
        ),
        (OneHotEncoder(sparse_output=False), r"\(OneHotEncoder\) has no known Jacobian, so that"),
    ],
)
def test_refusals(transformer, sentence):
    X = np.random.default_rng(0).integers(1, 3, size=(20, 3)) / 4
    pipe = make_generative_pipeline(transformer, Volume()).fit(X)
    with pytest.raises(ValueError, match=sentence):
        pipe.score_samples(X)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("whitening", [PCA(whiten=True), FastICA(random_state=0)])
@pytest.mark.parametrize("n", [20, 300])  # PCA takes the singular values or those of a covariance
def test_whitened_directions_without_variance_are_refused(n, whitening, seed):
    X = normal(n, 3, seed)
    X[:, 2] = X[:, 0] + X[:, 1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        pipe = make_generative_pipeline(whitening, Volume()).fit(X)
    with pytest.raises(ValueError, match="whitens directions in which the training data do not va"):
        pipe.score_samples(X)


def test_sparse_rows_are_scored_as_dense_ones():
    X = sparse.random(80, 4, 0.5, format="csr", random_state=0)
    steps = MaxAbsScaler(), TruncatedSVD(4, random_state=0), Volume()
    sparsely = make_generative_pipeline(*map(clone, steps)).fit(X)
    densely = make_generative_pipeline(*map(clone, steps)).fit(X.toarray())
    np.testing.assert_allclose(
        sparsely.score_samples(X), densely.score_samples(X.toarray()), rtol=1e-12
    )


def test_frames_of_polars_are_scored():
    polars = pytest.importorskip("polars")
    X = normal(60, 2)
    frame = polars.DataFrame({"a": X[:, 0], "b": X[:, 1]})
    wanted = make_generative_pipeline(StandardScaler(), Volume()).fit(X).score_samples(X)
    some = ColumnTransformer([("a", StandardScaler(), ["a"])], remainder=StandardScaler())
    for pipe, given in (
        (make_generative_pipeline(StandardScaler(), Volume()), frame),
        (make_generative_pipeline(some, Volume()), frame),
        (make_generative_pipeline(StandardScaler(), Volume()).set_output(transform="polars"), X),
    ):
        np.testing.assert_allclose(pipe.fit(given).score_samples(given), wanted, rtol=1e-12)


def test_rows_as_lists_are_scored():
    X = normal(20, 2)
    pipe = make_generative_pipeline(StandardScaler(), Volume()).fit(X)
    np.testing.assert_array_equal(pipe.score_samples(X.tolist()), pipe.score_samples(X))


def test_a_selection_that_drops_is_refused():
    X = normal(20, 3)
    X[:, 1] = 0.0
    pipe = make_generative_pipeline(VarianceThreshold(), Volume()).fit(X)
    with pytest.raises(ValueError, match=r"\(VarianceThreshold\) keeps 2 of 3 columns"):
        pipe.score_samples(X)


# ---------------------------------------------------------------------- of one's own


class Cubed(TransformerMixin, BaseEstimator):
    """z = x^3 + x, which has an inverse that nobody needs here."""

    def fit(self, X, y=None):
        self.n_features_in_ = np.shape(X)[1]
        return self

    def transform(self, X):
        return np.asarray(X) ** 3 + X

    def inverse_transform(self, X):
        return X


class Knows(Cubed):
    def log_abs_det_jacobian(self, X):
        return np.log(3 * X**2 + 1).sum(axis=1)


class Doubled(StandardScaler):
    """What its base class has registered is wrong for it."""

    def transform(self, X):
        return 2 * super().transform(X)


class Renamed(StandardScaler):
    """It transforms as its base class does."""


@pytest.fixture
def registries():
    before = JACOBIANS.copy(), DERIVATIVES.copy()
    yield
    for registry, old in zip((JACOBIANS, DERIVATIVES), before, strict=True):
        registry.clear()
        registry.update(old)


def test_a_method_of_the_transformer():
    X = normal(9, 2)
    np.testing.assert_allclose(log_jacobian(Knows(), X, X), by_differences(Cubed(), X), atol=1e-7)


@pytest.mark.parametrize("entries", [True, False])
@pytest.mark.usefixtures("registries")
def test_registering_a_class(entries):
    X = normal(9, 2)
    with pytest.raises(ValueError, match=r"register_log_jacobian\(Cubed, function\)"):
        log_jacobian(Cubed(), X, X)
    terms = lambda _, X: np.log(3 * X**2 + 1)  # noqa: E731
    register_log_jacobian(Cubed, terms if entries else lambda t, X: terms(t, X).sum(axis=1))
    np.testing.assert_allclose(log_jacobian(Cubed(), X, X), by_differences(Cubed(), X), atol=1e-7)


@pytest.mark.usefixtures("registries")
def test_registering_a_function():
    X, step = normal(9, 2), FunctionTransformer(np.cosh, np.arccosh, check_inverse=False)
    register_log_jacobian(np.cosh, lambda X: np.log(np.abs(np.sinh(X))))
    np.testing.assert_allclose(log_jacobian(step, X, X), by_differences(step.fit(X), X), atol=1e-7)


@pytest.mark.usefixtures("registries")
def test_a_log_jacobian_of_another_shape_is_refused():
    register_log_jacobian(Cubed, lambda _, X: np.zeros((len(X), 1)))
    with pytest.raises(ValueError, match=r"'cubed' \(Cubed\) has a log-Jacobian of shape \(9, 1\)"):
        log_jacobian(Cubed(), normal(9, 2), normal(9, 2))


def test_subclasses():
    assert np.isfinite(log_jacobian(Renamed(), SKEWED)).all()
    with pytest.raises(ValueError, match=r"\(Doubled\) has no known Jacobian"):
        log_jacobian(Doubled(), SKEWED)


def test_what_is_registered_must_be_callable():
    with pytest.raises(TypeError, match="must be a class of transformers or the func"):
        register_log_jacobian("PCA", np.log)
    with pytest.raises(TypeError, match=r"function must be callable. Got 3 instead"):
        register_log_jacobian(PCA, 3)
