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
    "list": [[1], [2], [3]],
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


@pytest.mark.parametrize("column", [["x", "y", "z"], [[1], [2], [3]]])
def test_polars(column):
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({**NUMBERS, "c": column})
    with pytest.raises((ValueError, TypeError), match="olumn 'c' of X"):
        SmoothedPLDiffusion().fit(frame)


def test_what_can_be_read_as_numbers_is():
    frame = pd.DataFrame({"a": ["1", "2.5", "4"], "b": np.array([1, 2, 3], dtype=object)})
    assert SmoothedPLDiffusion().fit(frame).n_features_in_ == 2
