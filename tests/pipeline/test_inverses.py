"""Back through every transformer: round trips, and a sentence where there is no way back."""

import numpy as np
import pytest
from given import normal
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.decomposition import PCA, FactorAnalysis, KernelPCA
from sklearn.feature_selection import VarianceThreshold
from sklearn.impute import SimpleImputer
from sklearn.neighbors import KernelDensity
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)
from sklearn.utils.validation import validate_data

from smoothdiff import GenerativePipeline, SmoothedPLDiffusion, make_generative_pipeline
from smoothdiff.pipeline._inverses import check_invertible, invert

pd = pytest.importorskip("pandas")
X = np.exp(0.5 * normal(40, 3)) @ np.array([[1.0, 0.5, 0.0], [0.0, 1.0, 0.3], [0.2, 0.0, 2.0]])
FRAME = pd.DataFrame(X, columns=["a", "b", "c"])


class Replay(BaseEstimator):
    """A model whose samples are its training rows, in order."""

    def fit(self, X, y=None):
        self.rows_ = np.asarray(validate_data(self, X, skip_check_array=True))
        return self

    def sample(self, n_samples=1, random_state=None):
        return self.rows_[:n_samples]


INVERTIBLE = {
    "standard": StandardScaler(),
    "min-max": MinMaxScaler((-1, 3), clip=True),
    "max-abs": MaxAbsScaler(),
    "robust": RobustScaler(),
    "pca": PCA(),
    "pca, whitened": PCA(whiten=True),
    "power": PowerTransformer(),
    "quantile": QuantileTransformer(n_quantiles=40),
    "log": FunctionTransformer(np.log, np.exp),
    "identity": FunctionTransformer(),
    "selected": VarianceThreshold(),
    "passthrough": "passthrough",
    "none": None,
    "nested": make_pipeline(StandardScaler(), "passthrough", make_pipeline(PCA())),
    "columns by number": ColumnTransformer(
        [("q", make_pipeline(RobustScaler(), PCA()), [2, 0])], remainder="passthrough"
    ),
    "columns by flags": ColumnTransformer(
        [("s", StandardScaler(), [False, True, False])], remainder=PowerTransformer()
    ),
    "columns by slices": ColumnTransformer(
        [("p", "passthrough", slice(1, None)), ("m", MaxAbsScaler(), [-3]), ("none", PCA(), [])],
        transformer_weights={"m": 4.0, "p": -0.5},
    ),
    "columns inside columns": ColumnTransformer(
        [("c", ColumnTransformer([("s", StandardScaler(), [1]), ("p", PCA(), [0])]), [0, 2])],
        remainder="passthrough",
    ),
}
BY_NAME = {
    "names": ColumnTransformer(
        [("s", StandardScaler(), ["c", "a"])],
        remainder="passthrough",
        verbose_feature_names_out=False,
    ),
    "a slice of names": ColumnTransformer(
        [("s", PCA(), slice("b", "c")), ("l", RobustScaler(), slice(None, "a"))]
    ),
    "a selector": ColumnTransformer(
        [("s", PCA(), make_column_selector("^[ac]$"))], remainder=MaxAbsScaler()
    ),
    "one name": ColumnTransformer(
        [("s", FunctionTransformer(lambda x: np.c_[x], np.asarray, check_inverse=False), "b")],
        remainder="passthrough",
    ),
}


@pytest.mark.parametrize("transformer", INVERTIBLE.values(), ids=INVERTIBLE)
def test_round_trips(transformer):
    back = make_generative_pipeline(transformer, Replay()).fit(X).sample(40)
    np.testing.assert_allclose(back, X, rtol=1e-9)


ALL = {**INVERTIBLE, **BY_NAME}


@pytest.mark.parametrize("transformer", ALL.values(), ids=ALL)
@pytest.mark.parametrize("output", ["default", "pandas"])
def test_round_trips_of_tables(transformer, output):
    if transformer is BY_NAME["one name"] and output == "pandas":
        pytest.skip("its function gives no DataFrame")
    step = transformer if transformer in (None, "passthrough") else clone(transformer)
    pipe = make_generative_pipeline(step, Replay()).set_output(transform=output)
    pd.testing.assert_frame_equal(pipe.fit(FRAME).sample(40), FRAME)


def test_two_tables_of_the_same_columns_in_another_order():
    """A ColumnTransformer finds columns by name; so does the Jacobian."""
    columns = ColumnTransformer([("s", PowerTransformer(), ["c"])], remainder=MaxAbsScaler())
    pipe = make_generative_pipeline(columns, KernelDensity()).fit(FRAME)
    np.testing.assert_array_equal(
        pipe.score_samples(FRAME[["c", "b", "a"]]), pipe.score_samples(FRAME)
    )


def test_fewer_components_give_the_projection():
    pipe = make_generative_pipeline(StandardScaler(), PCA(2, whiten=True), Replay()).fit(X)
    centered = (X - X.mean(0)) / X.std(0)
    _, _, axes = np.linalg.svd(centered)
    expected = centered @ axes[:2].T @ axes[:2] * X.std(0) + X.mean(0)
    np.testing.assert_allclose(pipe.sample(40), expected)


def test_a_part_of_weight_0_is_refused():
    step = ColumnTransformer([("s", PCA(), [0, 1, 2])], transformer_weights={"s": 0}).fit(X)
    with pytest.raises(ValueError, match=r"'c__s' \(ColumnTransformer\) has the weight 0"):
        invert("c", step, X)


# ---------------------------------------------------------------------- refused before fit


class OneWay(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        raise AssertionError("nothing may be fitted")

    def transform(self, X):
        return X


@pytest.mark.parametrize(
    ("step", "error", "sentence"),
    [
        (
            OneWay(),
            TypeError,
            r"^Step 'oneway' \(OneWay\) has no inverse_transform, so that",
        ),
        (Normalizer(), TypeError, r"^Step 'normalizer' \(Normalizer\) has no inverse_transform"),
        (FactorAnalysis(), TypeError, r"\(FactorAnalysis\) has no inverse_transform"),
        (
            FeatureUnion([("s", StandardScaler())]),
            TypeError,
            r"\(FeatureUnion\) has no invers",
        ),
        (FunctionTransformer(np.log), ValueError, r"has no inverse: its inverse_func is None"),
        (FunctionTransformer(None, np.log), ValueError, r"has no inverse: its func is None"),
        (
            make_pipeline(StandardScaler(), OneWay()),
            TypeError,
            r"^Step 'pipeline__oneway' \(OneWay\) has no inverse_transform",
        ),
        (
            ColumnTransformer([("s", StandardScaler(), [0]), ("n", OneWay(), [1])]),
            TypeError,
            r"^Step 'columntransformer__n' \(OneWay\) has no inverse_transform",
        ),
        (
            ColumnTransformer([("s", StandardScaler(), [0])], remainder=OneWay()),
            TypeError,
            r"^Step 'columntransformer__remainder' \(OneWay\)",
        ),
        (
            ColumnTransformer([("s", StandardScaler(), [0, 1]), ("gone", "drop", [2])]),
            ValueError,
            r"^Part 'gone' of step 'columntransformer' \(ColumnTransformer\) drops its columns",
        ),
    ],
)
def test_refused_at_fit(step, error, sentence):
    first = StandardScaler()
    pipe = make_generative_pipeline(first, step, SmoothedPLDiffusion())
    with pytest.raises(error, match=sentence):
        pipe.fit(X)
    assert not hasattr(first, "mean_")


# ---------------------------------------------------------------------- refused by what was fitted


@pytest.mark.parametrize("table", [X, FRAME], ids=["array", "frame"])
@pytest.mark.parametrize("method", ["sample", "score_samples"])
@pytest.mark.parametrize(
    ("columns", "numbered", "named"),
    [
        (
            ColumnTransformer([("s", StandardScaler(), [1])]),
            "^Columns 0, 2 are dropped by step 'columntransformer' .ColumnTransformer., so that",
            "^Columns 'a', 'c' are dropped by step 'columntransformer'",
        ),
        (
            ColumnTransformer([("s", StandardScaler(), [1, 2])]),
            "^Column 0 is dropped by step .*; remainder='passthrough' keeps the columns",
            "^Column 'a' is dropped by step",
        ),
        (
            ColumnTransformer(
                [("s", StandardScaler(), [0, 1]), ("m", MaxAbsScaler(), [1])],
                remainder="passthrough",
            ),
            "^Column 1 stands in two parts of step 'columntransformer' .*, 's' and 'm', so that",
            "^Column 'b' stands in two parts",
        ),
    ],
    ids=["two", "one", "twice"],
)
def test_column_transformers_without_inverse(columns, numbered, named, method, table):
    pipe = make_generative_pipeline(columns, SmoothedPLDiffusion()).fit(table)
    with pytest.raises(ValueError, match=numbered if table is X else named):
        pipe.sample(2) if method == "sample" else pipe.score_samples(table)


def test_an_inverse_that_refuses_is_named():
    pipe = make_generative_pipeline(KernelPCA(2), Replay()).fit(X)
    with pytest.raises(ValueError, match=r"Step 'kernelpca' \(KernelPCA\) cannot go back: .*fit_"):
        pipe.sample(2)


def test_a_selection_that_drops_is_refused():
    """scikit-learn's inverse would fill in zeros."""
    constant = np.c_[X, np.full(len(X), 3.0)]
    pipe = make_generative_pipeline(VarianceThreshold(), Replay()).fit(constant)
    with pytest.raises(ValueError, match=r"\(VarianceThreshold\) drops 1 columns, and has no inv"):
        pipe.sample(2)


def test_rows_out_of_range_are_told():
    pipe = make_generative_pipeline(FunctionTransformer(np.exp, np.log), KernelDensity())
    pipe.fit(normal(20, 2))
    told = (
        r"of 50 samples lie outside the range of step 'functiontransformer' \(FunctionTransformer"
    )
    with pytest.warns(UserWarning, match=told) as caught:
        drawn = pipe.sample(50, random_state=0)
    lost = np.isnan(drawn).any(axis=1)
    assert 0 < lost.sum() < 50
    assert str(caught[0].message).startswith(f"{lost.sum()} of 50")
    assert caught[0].filename == __file__


def test_rows_out_of_the_range_of_a_power():
    power = PowerTransformer(standardize=False).fit(X)
    power.lambdas_[:] = -0.7  # the range ends at 1 / 0.7
    with pytest.warns(UserWarning, match="^1 of 2 samples lie outside") as caught:
        back = invert("power", power, np.array([[0.5, 0.5, 0.5], [0.5, 1.6, 0.5]]))
    assert len(caught) == 1
    np.testing.assert_allclose(back[0], 0.65 ** (-1 / 0.7) - 1)
    assert np.isnan(back[1, 1])


# ---------------------------------------------------------------------- categories


LETTERS = np.array([["x", "u"], ["y", "v"], ["z", "v"], ["x", "u"], ["x", "v"], ["y", "u"]])


@pytest.mark.parametrize(
    "encoder",
    [
        OneHotEncoder(sparse_output=False),
        OneHotEncoder(sparse_output=False, drop="first"),
        OneHotEncoder(sparse_output=False, drop="if_binary", handle_unknown="ignore"),
        OneHotEncoder(sparse_output=False, handle_unknown="ignore"),
        OrdinalEncoder(),
        OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
    ],
)
def test_categories_come_from_the_nearest_code(encoder):
    codes = encoder.fit_transform(LETTERS)
    noise = np.random.default_rng(0).uniform(-0.24, 0.24, size=codes.shape)
    np.testing.assert_array_equal(invert("e", encoder, codes + noise), LETTERS)


def test_a_dropped_category_is_drawn():
    """Its coordinate is what the others leave to 1; scikit-learn's inverse wants exact zeros."""
    encoder = OneHotEncoder(sparse_output=False, drop="first").fit(LETTERS)
    drawn = np.array([[0.2, 0.3, 0.4], [0.45, 0.1, 0.6], [0.3, 0.5, 0.5 + 1e-9]])
    expected = [["x", "u"], ["y", "v"], ["z", "v"]]
    np.testing.assert_array_equal(invert("e", encoder, drawn), expected)
    only = OneHotEncoder(sparse_output=False, drop="first").fit([["x", "u"], ["x", "v"]])
    np.testing.assert_array_equal(invert("e", only, np.array([[0.7]])), [["x", "v"]])


def test_ordinal_codes_are_rounded_and_kept_in_range():
    encoder = OrdinalEncoder().fit(LETTERS)
    drawn = np.array([[0.6, 0.4], [-1.7, 7.0], [1.9, 0.51]])  # as integers: 0, -1 (the last), 1
    expected = [["y", "u"], ["x", "v"], ["z", "v"]]
    np.testing.assert_array_equal(invert("e", encoder, drawn), expected)


def test_missing_values_have_a_code():
    column = np.array([["x"], [np.nan], ["y"], ["x"]], dtype=object)
    encoder = OrdinalEncoder(encoded_missing_value=-1).fit(column)
    back = invert("e", encoder, np.array([[0.2], [-0.8], [1.3], [-0.4]]))
    assert [back[0, 0], back[2, 0], back[3, 0]] == ["x", "y", "x"]
    assert np.isnan(back[1, 0])


@pytest.mark.parametrize("drop", [None, "first"])
def test_infrequent_categories(drop):
    column = np.array([["a"]] * 5 + [["b"]] * 4 + [["c"], ["d"]])
    encoder = OneHotEncoder(sparse_output=False, min_frequency=2, drop=drop)
    codes = encoder.fit_transform(column)
    expected = ["a"] * 5 + ["b"] * 4 + ["infrequent_sklearn"] * 2
    assert invert("e", encoder, codes + 0.1)[:, 0].tolist() == expected
    ordinal = OrdinalEncoder(min_frequency=2)
    codes = ordinal.fit_transform(column)
    assert invert("e", ordinal, codes + 0.3)[:, 0].tolist() == expected


def test_a_table_with_categories():
    table = FRAME.assign(kind=np.array(["u", "v", "w", "v"] * 10, dtype=object))
    columns = ColumnTransformer(
        [("e", OneHotEncoder(sparse_output=False), ["kind"])], remainder=StandardScaler()
    )
    back = make_generative_pipeline(columns, Replay()).fit(table).sample(40)
    assert list(back.columns) == list(table.columns)
    assert back["kind"].tolist() == table["kind"].tolist()
    assert (back.dtypes[:3] == np.float64).all()
    np.testing.assert_allclose(back[["a", "b", "c"]], X)


def test_each_transformer_is_invertible_before_it_is_fitted():
    for name, step in {**INVERTIBLE, **BY_NAME}.items():
        check_invertible(name, step)
    assert isinstance(make_generative_pipeline(PCA(), Replay()), GenerativePipeline)


def test_gaps_come_back_through_an_imputer_that_writes_them_down(rng):
    X = rng.normal(size=(80, 3))
    X[::5, 1] = np.nan
    model = SmoothedPLDiffusion(random_state=0)
    pipe = make_generative_pipeline(SimpleImputer(add_indicator=True), StandardScaler(), model)
    made = pipe.fit(X).sample(400)
    assert not np.isnan(made[:, [0, 2]]).any()
    assert 0.1 < np.isnan(made[:, 1]).mean() < 0.3  # 0.2 of the data
    pipe = make_generative_pipeline(SimpleImputer(), model).fit(X)
    with pytest.raises(ValueError, match="cannot go back: 'inverse_transform' works only"):
        pipe.sample(2)
