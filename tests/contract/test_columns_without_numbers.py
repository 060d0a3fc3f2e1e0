"""A column of a frame that has no numbers is named, whatever stands before it."""

import numpy as np
import pytest

from smoothdiff import ClassConditionalDiffusion, DiffusionOutlierDetector, SmoothedPLDiffusion

pd = pytest.importorskip("pandas")

NUMBERS = {"a": [1.0, 2.0, 4.0], "b": [1, 2, 3]}
COLUMNS = {
    "text": ["x", "y", "z"],
    "category": pd.Categorical(["x", "y", "x"]),
    "string": pd.array(["x", "y", None], dtype="string"),
    "date": pd.date_range("2020", periods=3),
    "zoned": pd.date_range("2020", periods=3, tz="UTC"),
    "period": pd.period_range("2020", periods=3, freq="D"),
    "duration": pd.to_timedelta([1, 2, 3], unit="D"),
    "dict": [{}, {}, {}],
}


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize(
    "model", [SmoothedPLDiffusion(), DiffusionOutlierDetector(), ClassConditionalDiffusion()]
)
def test_pandas(model, name):
    frame = pd.DataFrame(NUMBERS).astype({"b": "Int64"}).assign(**{name: COLUMNS[name]})
    with pytest.raises((ValueError, TypeError)) as error:
        model.fit(frame, ["u", "v", "u"])
    own = type(model).__name__
    said = str(error.value)
    assert f"olumn '{name}' of X" in said
    assert said.endswith(f"{own} takes numbers; for columns of other kinds see TableDiffusion.")


def test_polars():
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({**NUMBERS, "c": ["x", "y", "z"]})
    with pytest.raises(ValueError, match="in column 'c' of X"):
        SmoothedPLDiffusion().fit(frame)


def test_names_come_first():
    """A frame with a column too many is told so, whatever that column has."""
    model = SmoothedPLDiffusion().fit(pd.DataFrame(NUMBERS))
    with pytest.raises(ValueError, match="feature names should match"):
        model.score_samples(pd.DataFrame(NUMBERS).assign(note="x"))


def test_what_can_be_read_as_numbers_is():
    frame = pd.DataFrame({"a": ["1", "2.5", "4"], "b": np.array([1, 2, 3], dtype=object)})
    assert SmoothedPLDiffusion().fit(frame).n_features_in_ == 2
