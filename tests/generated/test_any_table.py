"""Tables of columns of any type: the same columns come back, with values that could be real."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sentences import heard, refusal
from sklearn.base import clone
from strategies import COLUMNS, tables

from smoothdiff import (
    DiffusionOutlierDetector,
    EmpiricalScoreDiffusion,
    SmoothedPLDiffusion,
    TableDiffusion,
)

pd = pytest.importorskip("pandas")

REFUSALS = [
    r"Column .* has no values, \d+ of \d+ rows are missing; leave it out, or set kinds=",
    r"Column .* has \d+ different .* in \d+ rows, names or ids that cannot be drawn; ",
    r"Column .* has \d+ values in \d+ rows: by needs one of few values, ",
    r"All columns of the table are dropped: ",
    r"With missing='fill' the columns .* need a row that has all of them\. None has\.",
    r"No training row fits where=",
    r"None of \d+ samples fits where=",
]
OUT_OF_RANGE = r"SmoothedPLDiffusion squares distances, and X has values "
OF_DETECTORS = [
    *REFUSALS,
    r"DiffusionOutlierDetector needs (rows that differ|two or more samples, to hold one out)\. ",
    r"SmoothedPLDiffusion needs distinct samples to take a length scale from, and X has ",
    OUT_OF_RANGE,
]
OF_OTHERS = [
    OUT_OF_RANGE,
    r"The table (lacks columns|has columns unknown in fit): ",
    r"Column .* must be of type .*, as in the training rows\. Got ",
]
FULL = tuple(name for name in COLUMNS if name != "empty")
models = st.builds(
    TableDiffusion,
    st.sampled_from(
        [
            None,
            SmoothedPLDiffusion(t_min=0),
            SmoothedPLDiffusion(kappa=0.5),
            EmpiricalScoreDiffusion(),
        ]
    ),
    draw=st.sampled_from(["column", "row"]),
    together=st.sampled_from(["auto", None]),
    missing=st.sampled_from(["keep", "fill"]),
    redraw=st.sampled_from(["near", "equal", None]),
)


def fitted(model, table, **options):
    assume(refusal(model.fit, table, sentences=REFUSALS, **options) is None)
    return model


def check_like(new, table, fill):
    """Columns, types and levels of the table, and gaps only where it has some."""
    assert list(new.columns) == list(table.columns)
    assert list(new.dtypes) == list(table.dtypes)
    for j in range(table.shape[1]):
        column, old = new.iloc[:, j], table.iloc[:, j]
        if column.isna().any():
            assert old.isna().any()
            assert not fill
        known = pd.unique(old.dropna())
        if column.dtype == object or isinstance(
            column.dtype, (pd.CategoricalDtype, pd.StringDtype)
        ):
            assert column.dropna().isin(known).all()
        elif column.dtype.kind in "iuf":
            assert np.isfinite(column.dropna().astype(float)).all()


@given(table=tables(), model=models, seed=st.integers(0, 99))
def test_columns_come_back(table, model, seed):
    kept = table.copy()
    with heard():
        fitted(model, table)
        new = model.sample(6, random_state=seed)
        again = pickle.loads(pickle.dumps(model)).sample(6, random_state=seed)
        other = clone(model).fit(table).sample(6, random_state=seed)
    assert len(new) == 6
    check_like(new, table, model.missing == "fill")
    pd.testing.assert_frame_equal(new, again)
    pd.testing.assert_frame_equal(new, other)
    pd.testing.assert_frame_equal(table, kept)


@given(table=tables(columns=FULL), model=models)
def test_rows_embed(table, model):
    with heard():
        fitted(model, table)
        if getattr(model, "estimator_", None) is not None:
            Z = model.embed(table)
            assert len(Z) == len(table)
            assert np.isfinite(Z).all()


@given(table=tables(), model=models)
def test_parents_are_rows(table, model):
    with heard():
        fitted(model, table)
        new, parents, weights = model.sample(5, random_state=0, return_parents=True)
    assert len(new) == len(parents) == 5
    assert ((parents >= -1) & (parents < len(table))).all()
    assert ((weights > 0) == (parents >= 0)).all()
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-9)


@given(table=tables(sizes=(5, 40)), model=models, data=st.data())
def test_a_model_for_each_value(table, model, data):
    """``by`` any column, and conditions that a row of the data meets."""
    by = data.draw(st.sampled_from(list(table.columns)))
    with heard():
        model.set_params(by=by)
        fitted(model, table)
        row = data.draw(st.integers(0, len(table) - 1))
        value = table[by].iloc[row]
        assume(not pd.isna(value))
        new = model.sample(3, random_state=0, where={by: [value]})
        assert (new[by] == value).all()
        check_like(new, table, model.missing == "fill")


@given(table=tables(sizes=(2, 5)), model=models, data=st.data())
def test_a_weight_of_a_row(table, model, data):
    """No weight is no row."""
    n = len(table)
    weights = np.array(data.draw(st.lists(st.integers(0, 1), min_size=n, max_size=n)))
    assume(weights.any())
    kept = table[weights > 0]
    with heard():
        fitted(model, table, sample_weight=weights)
        other = clone(model).fit(kept)
        new, expected = (m.sample(4, random_state=0) for m in (model, other))
    pd.testing.assert_frame_equal(new, expected)


@given(table=tables(), data=st.data())
def test_bad_tables_are_refused(table, data):
    """Repeated names and infinite numbers; the model is then what it was."""
    model = TableDiffusion()
    before = copy.deepcopy(vars(model))
    bad = table.copy()
    if data.draw(st.booleans()) or bad.shape[1] == 1:
        bad[bad.columns[0]] = np.inf
        sentences = [r"Column .* has \d+ infinite values, the first in row 0\."]
    else:
        bad.columns = ["twice"] * bad.shape[1]
        sentences = [r"Names of columns must differ\. These repeat: twice\."]
    said = refusal(model.fit, bad, sentences=sentences + REFUSALS)
    assert said is not None
    assert vars(model) == before


@given(table=tables(), other=tables(), part=st.sampled_from([0.05, 0.2, 0.5]))
def test_a_detector_of_tables(table, other, part):
    """All training rows have coordinates; a table of other types is refused, or judged."""
    model = DiffusionOutlierDetector(TableDiffusion(), contamination=part, cv=3)
    with heard():
        assume(refusal(model.fit, table, sentences=OF_DETECTORS) is None)
        scores = model.score_samples(table)
        assert not np.isnan(model.decision_function(table)).any()
        assert (scores < np.inf).all()
        if np.array_equal(scores, model.cv_score_samples_):  # what three rows have is known
            assert np.sum(model.predict(table) < 0) <= np.ceil(part * len(table))
        reordered = table.iloc[::-1, ::-1]
        np.testing.assert_allclose(model.score_samples(reordered), scores[::-1], rtol=1e-9)
        if refusal(model.predict, other, sentences=OF_OTHERS) is None:
            assert not np.isnan(model.score_samples(other)).any()
