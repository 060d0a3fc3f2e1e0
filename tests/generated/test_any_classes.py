"""Classes of any rows: models of each, and rows to make small ones as large as the others."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sentences import heard, refusal
from strategies import COLUMNS, CONTAINERS, DTYPES, UNITS, points, tables

import smoothdiff
from smoothdiff import ClassConditionalDiffusion, TableDiffusion

pd = pytest.importorskip("pandas")

REFUSALS = [
    r"(Class .*: )?\w+ needs distinct samples to take a length scale from, and X has ",
    r"The target 'y' needs to have more than 1 class\. Got 1 class instead",
    r"\w+ needs .*class",
    r"Feature names are only supported if all input features have string names",
    r"(Class .*: )?Column .* has no values, ",
    r"(Class .*: )?Column .* has \d+ different .* names or ids that cannot be drawn; ",
]
SHAPES = [(5, 2), (17, 1), (17, 2)]
containers = sorted({**CONTAINERS, **DTYPES} - {"list": 0}.keys())


@st.composite
def labels(draw, n):
    """Labels of n rows; classes of one row are not rare."""
    kind = draw(st.sampled_from(["int", "str", "bool"]))
    few = draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=3))
    y = np.zeros(n, dtype=int)
    y[few] = 1 if kind == "bool" else np.arange(1, len(few) + 1)
    return {"int": y, "str": np.array(["a", "b", "c", "d"])[y], "bool": y > 0}[kind]


@given(given=points(shapes=SHAPES, containers=containers), data=st.data())
def test_new_rows_come_after_the_old(given, data):
    """As many as it takes, of the types of X, made of rows of their class."""
    pytest.importorskip("imblearn")
    n = len(given.values)
    y = data.draw(labels(n))
    sampler = smoothdiff.DiffusionOverSampler(random_state=0)
    with heard():
        assume(refusal(sampler.fit_resample, given.X, y, sentences=REFUSALS) is None)
        X_new, y_new = sampler.fit_resample(given.X, y)
    counts = np.unique(y_new, return_counts=True)[1]
    assert (counts == np.unique(y, return_counts=True)[1].max()).all()
    assert type(X_new) is type(given.X) or isinstance(given.X, np.ndarray)
    np.testing.assert_array_equal(np.asarray(X_new)[:n], np.asarray(given.X))
    np.testing.assert_array_equal(y_new[:n], y)
    if isinstance(given.X, np.ndarray):
        dtype = given.X.dtype  # objects that are numbers come back as numbers
        assert X_new.dtype == (float if dtype.kind == "O" else dtype.newbyteorder("="))
    else:
        assert list(X_new.dtypes) == list(given.X.dtypes)
    assert np.isfinite(np.asarray(X_new).astype(float)).all()
    parents, weights = sampler.parents_, sampler.parent_weights_
    assert ((parents >= -1) & (parents < n)).all()
    assert ((weights > 0) == (parents >= 0)).all()
    of_class = y[np.maximum(parents, 0)] == y_new[n:, None]
    assert (of_class | (parents < 0)).all()


@given(
    table=tables(sizes=(5, 40), columns=tuple(c for c in COLUMNS if c != "empty"), most=3),
    data=st.data(),
)
def test_tables_keep_their_types(table, data):
    pytest.importorskip("imblearn")
    y = data.draw(labels(len(table)))
    sampler = smoothdiff.DiffusionOverSampler(TableDiffusion(), random_state=0)
    with heard():
        assume(refusal(sampler.fit_resample, table, y, sentences=REFUSALS) is None)
        X_new, y_new = sampler.fit_resample(table, y)
    assert list(X_new.dtypes) == list(table.dtypes)
    assert list(X_new.columns) == list(table.columns)
    kept = table.reset_index(drop=True)
    pd.testing.assert_frame_equal(X_new.iloc[: len(table)].reset_index(drop=True), kept)
    counts = np.unique(y_new, return_counts=True)[1]
    assert (counts == counts.max()).all()


@given(given=points(shapes=SHAPES, units=UNITS), data=st.data(), prior=st.booleans())
def test_a_model_for_each_class(given, data, prior):
    X, y = given.values, data.draw(labels(len(given.values)))
    k = len(np.unique(y))
    model = ClassConditionalDiffusion(class_prior=np.full(k, 1 / k) if prior else None)
    with heard():
        assume(refusal(model.fit, X, y, sentences=REFUSALS) is None)
        probabilities = model.predict_proba(X)
        new, labels_of_new = model.sample(7, random_state=0)
        density = model.score_samples(X)
        predicted = model.predict(X)
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-9)
    assert np.isfinite(new).all()
    assert np.isin(labels_of_new, y).all()
    assert np.isin(predicted, y).all()
    assert not np.isnan(density).any()
    assert (density < np.inf).all()
