"""Reading of tables to compare: what is the same, what is refused, and in which words."""

import numpy as np
import pytest
from made import clouds, mixed

from smoothdiff import TableDiffusion
from smoothdiff.metrics import column_similarity, copied_rows, distance_to_closest_record
from smoothdiff.metrics._rows import read

pd = pytest.importorskip("pandas")

TABLE = pd.DataFrame({"x": np.arange(12.0), "c": list("abcabcabcabc")})


def test_types_that_hold_the_same_values_are_the_same():
    for other in (
        TABLE.astype({"c": "category"}),
        TABLE.astype({"c": "string"}),
        TABLE.astype({"x": int}),
        TABLE.astype({"x": "Float32"}),
        TABLE[["c", "x"]],
    ):
        assert copied_rows(other, TABLE) == 1
        assert column_similarity(other, TABLE) == 1


@pytest.mark.parametrize("unit", ["ns", "us", "s"])
def test_times_are_shown_as_times_whatever_their_unit(unit):
    day = pd.Series(pd.to_datetime(["2024-03-28 00:00", "2024-03-29 10:00"])).dt.as_unit(unit)
    span = pd.Series(pd.to_timedelta([1, 36], unit="h")).dt.as_unit(unit)
    zoned = day.dt.tz_localize("Europe/Paris")
    (rows,) = read({"real": pd.DataFrame({"day": day, "span": span, "zoned": zoned})})
    assert rows.shown(0) == {
        "day": "2024-03-28",
        "span": "1:00:00",
        "zoned": "2024-03-28 00:00:00+01:00",
    }
    assert rows.shown(1)["day"] == "2024-03-29 10:00:00"
    assert rows.shown(1)["span"] == "1 day, 12:00:00"


def test_repeated_rows_are_at_no_distance_from_another():
    (rows,) = read({"real": np.array([[0.0], [1.0], [1.0], [4.0]])})
    assert rows.to_nearest_other.tolist() == [1, 0, 0, 3]
    (rows,) = read({"real": np.ones((3, 2))})
    assert rows.to_nearest_other.tolist() == [0, 0, 0]


def test_arrays_keep_their_units_and_frames_are_standardized():
    train, new = clouds(50, 20, d=2)
    train, new = train * [1, 100], new * [1, 100]
    array = distance_to_closest_record(new, train).distances
    frame = distance_to_closest_record(pd.DataFrame(new), pd.DataFrame(train)).distances
    scaled = distance_to_closest_record(new / train.std(axis=0), train / train.std(axis=0))
    np.testing.assert_allclose(frame, scaled.distances)
    assert (array > frame).all()


def test_kinds_are_those_of_tables():
    table = pd.DataFrame({"zip": [10, 20, 30, 40] * 5, "id": range(20)})
    other = table.assign(zip=table["zip"] + 1)
    assert column_similarity(other, table, kinds={"id": "drop"}).parts == {"zip": 0.75}
    found = column_similarity(other, table, kinds={"zip": "categorical", "id": "drop"})
    assert found == 0
    model = TableDiffusion(kinds={"zip": "categorical", "id": "drop"}, random_state=0).fit(table)
    made = model.sample(20)
    assert column_similarity(made, table, kinds=model.schema_) > 0.5


def test_names_are_dropped_on_request():
    table = mixed(100, 0.0).assign(name=[f"person {i}" for i in range(100)])
    with pytest.raises(ValueError, match=r"kinds=\{'name': 'drop'\}"):
        copied_rows(table, table)
    assert copied_rows(table.drop(columns="name"), table, kinds={"name": "drop"}) == 1


def test_columns_of_one_value():
    train = pd.DataFrame({"x": [1.0, 2, 3], "one": [5, 5, 5], "c": ["a", "a", "a"]})
    new = pd.DataFrame({"x": [1.0, 2], "one": [5, 7], "c": ["a", "b"]})
    found = distance_to_closest_record(new, train)
    np.testing.assert_allclose(found.distances, [0, np.sqrt(2**2 + 1)])
