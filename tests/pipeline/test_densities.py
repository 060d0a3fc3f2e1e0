"""Densities of pipelines sum to one, and do not depend on the units between the steps."""

import numpy as np
import pytest
from given import normal
from scipy.stats import multivariate_normal, norm
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KernelDensity
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

from smoothdiff import ClassConditionalDiffusion, SmoothedPLDiffusion, make_generative_pipeline
from smoothdiff.persistence import load, save

QUANTILES = QuantileTransformer(n_quantiles=9)


def integral(pipe, *ranges):
    """Of the density over a box, by the midpoint rule."""
    edges = [np.linspace(a, b, n + 1) for a, b, n in ranges]
    middles = np.meshgrid(*[(e[1:] + e[:-1]) / 2 for e in edges], indexing="ij")
    cell = np.prod([e[1] - e[0] for e in edges])
    return np.exp(pipe.score_samples(np.stack([m.ravel() for m in middles], 1))).sum() * cell


@pytest.mark.parametrize(
    "steps",
    [
        [FunctionTransformer(np.log, np.exp), StandardScaler()],
        [PowerTransformer("box-cox")],
        [MaxAbsScaler(), FunctionTransformer(np.cbrt, lambda z: z**3)],
    ],
    ids=["log", "box-cox", "cube root"],
)
def test_one_column_integrates_to_one(steps):
    x = np.exp(0.5 * normal(80, 1))
    pipe = make_generative_pipeline(*steps, SmoothedPLDiffusion(t_min_scale=0.5)).fit(x)
    assert abs(integral(pipe, (1e-9, 12.0, 10_000)) - 1) < 3e-3


@pytest.mark.parametrize(
    "steps",
    [
        [StandardScaler(), PCA(whiten=True)],
        [ColumnTransformer([("a", MinMaxScaler((0, 5)), [1]), ("b", RobustScaler(), [0])]), PCA()],
        [PCA(), PowerTransformer()],
    ],
    ids=["pca", "columns", "powers"],
)
def test_two_columns_integrate_to_one(steps):
    X = normal(50, 2) @ np.array([[3.0, 0.2], [0.0, 0.4]])
    pipe = make_generative_pipeline(*steps, KernelDensity(bandwidth=0.3)).fit(X)
    assert abs(integral(pipe, (-20, 20, 250), (-5, 5, 250)) - 1) < 1e-3


def test_a_gaussian_is_itself_whatever_the_units():
    """The maximum of the likelihood does not depend on linear maps before it."""
    X = normal(200, 3) @ np.array([[5.0, 1.0, 0.0], [0.0, 2.0, 0.3], [0.0, 0.0, 0.01]]) + 7
    expected = multivariate_normal(X.mean(0), np.cov(X.T, bias=True)).logpdf(X)
    for steps in (
        [StandardScaler()],
        [MinMaxScaler(), RobustScaler()],
        [PCA(whiten=True)],
        [ColumnTransformer([("a", StandardScaler(), [2])], remainder=MaxAbsScaler())],
    ):
        model = GaussianMixture(reg_covar=0.0, random_state=0)
        pipe = make_generative_pipeline(*steps, model).fit(X)
        np.testing.assert_allclose(pipe.score_samples(X), expected, atol=1e-8)
        assert pipe.score(X) == pytest.approx(expected.mean())


@pytest.mark.parametrize(
    "scaler",
    [
        StandardScaler(),
        MaxAbsScaler(),
        MinMaxScaler((0, 5)),
        RobustScaler(),
        QuantileTransformer(n_quantiles=9),
    ],
    ids=lambda t: type(t).__name__,
)
def test_a_constant_column_takes_no_part_in_the_volume(scaler):
    """The density of the others alone, whatever the scaler makes of the constant."""
    X = normal(40, 3)
    X[:, 1] = 5.0
    model = SmoothedPLDiffusion(random_state=0)
    whole = make_generative_pipeline(scaler, model).fit(X).score_samples(X[3:])
    columns = ColumnTransformer([("b", scaler, [2, 1])], remainder=scaler)
    split = make_generative_pipeline(columns, make_pipeline("passthrough"), model).fit(X)
    split = split.score_samples(X[3:])
    alone = make_generative_pipeline(scaler, model).fit(X[:, [0, 2]]).score_samples(X[3:, [0, 2]])
    np.testing.assert_allclose(whole, alone, rtol=1e-9)
    np.testing.assert_allclose(split, alone, rtol=1e-9)


@pytest.mark.parametrize("constant", [-7.0, 0.1, -1234.5, 1e6])
@pytest.mark.parametrize("last", [SmoothedPLDiffusion, ClassConditionalDiffusion])
def test_a_constant_that_a_step_rounds_otherwise_is_the_constant_still(constant, last, tmp_path):
    """PowerTransformer gives -7 as 0 in `fit_transform` and as 2e-15 in `transform`, and goes back
    from its 0.1 to 0.1 + 8e-17.
    """
    X, y = normal(50, 2), np.arange(50) % 2
    model = (
        last(SmoothedPLDiffusion(random_state=0)) if last is ClassConditionalDiffusion else last()
    )
    pipe = make_generative_pipeline(PowerTransformer(), model)
    alone = pipe.fit(X, y).score_samples(X)
    X = np.c_[X, np.full(50, constant)]
    np.testing.assert_allclose(pipe.fit(X, y).score_samples(X), alone, rtol=1e-9)
    new = pipe.sample(5)
    assert np.all(new[:, 2] == constant)
    assert np.isfinite(pipe.score_samples(new)).all()
    with pytest.warns(UserWarning, match="differ from the training data"):
        assert np.isneginf(pipe.score_samples(X + np.array([0, 0, 1e-3]))).all()
    save(pipe, tmp_path / "x.sdf")
    np.testing.assert_array_equal(load(tmp_path / "x.sdf").score_samples(X), pipe.score_samples(X))


def test_a_row_off_the_constant_cannot_be_drawn():
    X = normal(40, 2)
    X[:, 1] = 5.0
    pipe = make_generative_pipeline(QUANTILES, SmoothedPLDiffusion()).fit(X)
    assert pipe.score_samples([[0.0, 4.0]]) == -np.inf  # which the transformer hides from the model


def test_nested_models_add_their_steps():
    X = normal(60, 3) @ np.array([[1.0, 0.5, 0.0], [0.0, 1.0, 0.3], [0.2, 0.0, 2.0]])
    model = SmoothedPLDiffusion(random_state=0)
    flat = make_generative_pipeline(StandardScaler(), PCA(whiten=True), MaxAbsScaler(), model)
    inner = make_generative_pipeline(MaxAbsScaler(), model)
    deep = make_generative_pipeline(make_pipeline(StandardScaler(), PCA(whiten=True)), inner)
    expected = flat.fit(X).score_samples(X)
    np.testing.assert_array_equal(deep.fit(X).score_samples(X), expected)
    np.testing.assert_array_equal(deep.sample(5, 0), flat.sample(5, 0))


@pytest.mark.parametrize("output", ["uniform", "normal"])
def test_quantiles_integrate_to_what_lies_within(output):
    """The rest are the atoms at the two extreme values."""
    x = np.sort(np.exp(normal(30, 1)), axis=0)
    quantile = QuantileTransformer(n_quantiles=30, output_distribution=output)
    pipe = make_generative_pipeline(quantile, KernelDensity(bandwidth=0.3)).fit(x)
    z = pipe[0].transform(x)
    low, high = z.min(), z.max()
    # Even in z: the normal's tails fill a small part of the first and the last piece. The outermost
    # 1e-7 of the distribution, which the transformer clips, is left out.
    edges = pipe[0].inverse_transform(np.linspace(low, high, 20_001)[1:-1, None])[:, 0]
    middle = (edges[1:] + edges[:-1]) / 2
    mass = np.exp(pipe.score_samples(middle[:, None])) @ np.diff(edges)
    inside = np.mean(norm.cdf((high - z) / 0.3) - norm.cdf((low - z) / 0.3))
    assert abs(mass - inside) < 2e-3
    drawn = pipe.sample(4000, random_state=0)[:, 0]
    assert abs(np.mean((drawn > x[0]) & (drawn < x[-1])) - inside) < 4 * np.sqrt(0.25 / 4000)


def test_plain_pipelines_score_in_other_units():
    """What the class is for: scikit-learn's own leaves the Jacobian out."""
    X = 10 * normal(40, 2)
    steps = [("scale", StandardScaler()), ("model", SmoothedPLDiffusion())]
    plain = Pipeline(steps).fit(X)
    ours = make_generative_pipeline(StandardScaler(), SmoothedPLDiffusion()).fit(X)
    shift = plain.score_samples(X) - ours.score_samples(X)
    np.testing.assert_allclose(shift, np.log(X.std(0)).sum())


def test_columns_that_are_constant_in_all_classes_take_no_part():
    X = np.exp(normal(120, 2))
    y = X[:, 0] > 1
    with_constant = np.c_[X, np.full(120, 5.0)]
    for last in (
        SmoothedPLDiffusion(t_min_scale=0.5),
        ClassConditionalDiffusion(SmoothedPLDiffusion(t_min_scale=0.5)),
    ):
        pipe = make_generative_pipeline(FunctionTransformer(np.log, np.exp), last)
        without = pipe.fit(X, y).score_samples(X)
        np.testing.assert_allclose(
            pipe.fit(with_constant, y).score_samples(with_constant), without, rtol=1e-9
        )


@pytest.mark.parametrize("after", [[], [StandardScaler()], [PCA()], [StandardScaler(), PCA()]])
@pytest.mark.parametrize("nested", [False, True])
def test_rows_outside_the_domain_of_a_step_have_no_density(after, nested, rng):
    """The logarithm of what is not positive: the other rows have what they have alone."""
    X = np.exp(rng.normal(size=(60, 2)))
    model = SmoothedPLDiffusion(random_state=0)
    last = make_generative_pipeline(*after, model) if nested and after else model
    steps = [] if nested else after
    pipe = make_generative_pipeline(FunctionTransformer(np.log, np.exp), *steps, last).fit(X)
    rows = np.array([[1.0, 2.0], [-1.0, 2.0], [0.5, 0.0], [0.0, -3.0], [3.0, 0.1]])
    found = pipe.score_samples(rows)
    inside = np.array([0, 4])
    assert np.isfinite(found[inside]).all()
    np.testing.assert_allclose(found[inside], pipe.score_samples(rows[inside]), rtol=1e-12)
    assert (found[[1, 2, 3]] == -np.inf).all()
    assert (pipe.score_samples(rows[1:4]) == -np.inf).all()


def test_rows_outside_the_domain_of_a_part(rng):
    X = np.exp(rng.normal(size=(60, 3)))
    parts = ColumnTransformer([("log", FunctionTransformer(np.log, np.exp), [0])], remainder=PCA())
    pipe = make_generative_pipeline(parts, SmoothedPLDiffusion(random_state=0)).fit(X)
    assert (np.isfinite(pipe.score_samples([[1, -1, -1], [-1, 1, 1]])) == [True, False]).all()


@pytest.mark.parametrize("kind", ["array", "pandas", "polars"])
@pytest.mark.parametrize("inside", [lambda step: step, make_pipeline, "columns"])
def test_rows_that_box_cox_refuses_have_no_density(inside, kind, rng):
    """It refuses all rows where one is not positive; here the others have what they have alone."""
    step = PowerTransformer("box-cox")
    if inside == "columns":
        columns = [("powers", step, ["b"] if kind != "array" else [1])]
        step = ColumnTransformer(columns, remainder="passthrough")
    else:
        step = inside(step)
    X = np.exp(rng.normal(size=(60, 2)))
    rows = np.array([[1.0, 2.0], [1.0, -2.0], [0.5, 0.0], [3.0, 0.1]])
    if kind != "array":
        frame = pytest.importorskip(kind).DataFrame
        X, rows = (
            frame(dict(zip("ab", X.T, strict=True))),
            frame(dict(zip("ab", rows.T, strict=True))),
        )
    if kind == "polars":
        step.set_output(transform="polars")
    pipe = make_generative_pipeline(step, SmoothedPLDiffusion(random_state=0)).fit(X)
    found = pipe.score_samples(rows)
    assert (np.isneginf(found) == [False, True, True, False]).all()
    np.testing.assert_allclose(found[:1], pipe.score_samples(rows[:1]), rtol=1e-12)
    assert np.isneginf(pipe.score_samples(rows[1:3])).all()
    with pytest.raises(ValueError, match="positive"):
        clone(pipe).fit(rows)  # what it cannot learn from


def test_frames_of_polars_between_the_steps(rng):
    frame = pytest.importorskip("polars").DataFrame
    X = frame(dict(zip("ab", np.exp(rng.normal(size=(2, 60))), strict=True)))
    log = FunctionTransformer(np.log, np.exp, check_inverse=False, feature_names_out="one-to-one")
    log.set_output(transform="polars")
    model = SmoothedPLDiffusion(random_state=0)
    pipe = make_generative_pipeline(log, StandardScaler(), model).fit(X)
    rows = frame({"a": [1.0, -1.0, 2.0], "b": [2.0, 1.0, 0.0]})
    assert (np.isneginf(pipe.score_samples(rows)) == [False, True, True]).all()


def test_gaps_of_the_input_are_refused_still(rng):
    X = np.exp(rng.normal(size=(60, 2)))
    log = FunctionTransformer(np.log, np.exp)
    pipe = make_generative_pipeline(log, SmoothedPLDiffusion(random_state=0)).fit(X)
    with pytest.raises(ValueError, match="NaN"):
        pipe.score_samples([[1.0, np.nan]])
