"""The density of coordinates, which any table has."""

import numpy as np
import pytest

from smoothdiff import TableDiffusion

pd = pytest.importorskip("pandas")


@pytest.fixture
def frame(rng):
    return pd.DataFrame(
        {
            "size": rng.normal(5, 2, 40),
            "city": rng.choice(["Rome", "Oslo"], 40),
            "paid": np.where(rng.random(40) < 0.5, 0.0, rng.exponential(50, 40)),
        }
    )


def test_it_is_that_of_the_estimator(frame):
    model = TableDiffusion(random_state=0).fit(frame)
    with pytest.raises(ValueError, match="has no density"):
        model.score_samples(frame)
    wanted = model.estimator_.score_samples(model.embed(frame))
    np.testing.assert_allclose(model.score_coordinates(frame), wanted)


def test_with_by_it_is_of_the_value_too(frame):
    model = TableDiffusion(by="city", random_state=0).fit(frame)
    found, Z = model.score_coordinates(frame), model.embed(frame)
    for city in ("Rome", "Oslo"):
        own = (frame["city"] == city).to_numpy()
        wanted = np.log(own.mean()) + model.estimator_[city].score_samples(Z[own])
        np.testing.assert_allclose(found[own], wanted)


def test_where_there_is_a_density_it_differs_by_the_units(frame):
    numbers = frame[["size"]].assign(width=frame["size"] ** 2)
    model = TableDiffusion(random_state=0).fit(numbers)
    change = model.score_coordinates(numbers) - model.score_samples(numbers)
    np.testing.assert_allclose(change, np.log(numbers.std(ddof=0)).sum())


def test_another_value_of_a_constant_has_no_density(frame):
    table = frame[["size"]].assign(planet="earth")
    model = TableDiffusion(random_state=0).fit(table)
    table.loc[3, "planet"] = "mars"
    for found in (model.score_coordinates(table), model.score_samples(table)):
        assert found[3] == -np.inf
        assert np.isfinite(np.delete(found, 3)).all()


def test_values_and_tables_without_a_place(frame):
    model = TableDiffusion(random_state=0).fit(frame)
    with pytest.raises(ValueError, match="Column 'city' has values no training row has"):
        model.score_coordinates(frame.assign(city="Bern"))
    with pytest.warns(UserWarning, match="All rows of the table are equal"):
        equal = TableDiffusion().fit(pd.DataFrame({"a": [1, 1], "b": ["x", "x"]}))
    with pytest.raises(ValueError, match="score_coordinates of TableDiffusion needs rows that"):
        equal.score_coordinates(frame)
