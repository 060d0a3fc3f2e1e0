"""Measures of rows of any kind: numbers in their range, whatever the order, and zero for copies."""

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from sentences import heard, refusal
from strategies import COLUMNS, EXTREME_UNITS, UNITS, points, tables

from smoothdiff import metrics

REFUSALS = [
    r"\w+ needs (at least|two|more than) .*It has \d+\.",
    r"\w+ needs two distinct rows in train\.",
    r"\w+: Column .* cannot be ",
    r"Column .* has no values, ",
    r"Column .* has \d+ different .* names or ids that cannot be drawn; ",
]
PARTS = {
    "memorized_fraction": metrics.memorized_fraction,
    "authenticity": metrics.authenticity,
    "copied_rows": metrics.copied_rows,
    "column_similarity": metrics.column_similarity,
}
DISTANCES = {
    "energy_distance": metrics.energy_distance,
    "sliced_wasserstein": metrics.sliced_wasserstein,
    "wasserstein": metrics.wasserstein,
}
MEASURES = {**PARTS, **DISTANCES}
names = st.sampled_from(sorted(MEASURES))


@st.composite
def tables_of_points(draw, units=UNITS):
    """Generated, training and held-out rows of as many columns."""
    shapes = draw(st.sampled_from([[(1, 1), (5, 1), (17, 1)], [(2, 2), (5, 2), (17, 2)]]))
    return [draw(points(shapes=shapes, units=units)).values for _ in range(3)]


@st.composite
def parts_of_a_table(draw):
    """Generated and real rows of one DataFrame, some of them in both."""
    table = draw(tables(sizes=(5, 40), columns=tuple(c for c in COLUMNS if c != "empty"), most=3))
    rows = st.lists(st.integers(0, len(table) - 1), min_size=1, max_size=9)
    return table.iloc[draw(rows)], table


def in_range(name, value):
    return 0 <= value < np.inf and (name in DISTANCES or value <= 1)


def measured(name, *rows, **options):
    """The value, of rows that the measure takes."""
    assume(refusal(MEASURES[name], *rows, sentences=REFUSALS, **options) is None)
    return MEASURES[name](*rows, **options)


@given(name=names, rows=tables_of_points())
def test_numbers_are_in_their_range(name, rows):
    generated, train, test = rows
    with heard():
        value = measured(name, generated, train)
        assert in_range(name, value)
        both = MEASURES[name](generated, train, test) if name != "memorized_fraction" else value
        assert float(both) == value
        assert both.baseline is None or in_range(name, both.baseline)


@given(name=names, rows=tables_of_points(units=EXTREME_UNITS))
def test_numbers_of_extreme_units(name, rows):
    with heard():
        try:
            assert in_range(name, measured(name, *rows[:2]))
        except ValueError as error:
            assert "squares of that are no floats. Choose another unit." in str(error)  # noqa: PT017
            extent = np.ptp(np.concatenate(rows[:2]) / 2, axis=0).max()
            assert not 1e-145 <= extent <= 1e150


@given(name=names, rows=tables_of_points(), seed=st.integers(0, 99))
def test_order_does_not_matter(name, rows, seed):
    rng = np.random.default_rng(seed)
    generated, real = rows[:2]
    with heard():
        value = measured(name, generated, real)
        other = MEASURES[name](rng.permutation(generated), rng.permutation(real))
    size = max(np.abs(generated).max(), np.abs(real).max())
    if name == "energy_distance":
        # The root of a difference of mean distances: rounding of these is all that is left of it
        # for tables of one law, and its root is far more.
        np.testing.assert_allclose(other**2, value**2, rtol=1e-6, atol=1e-14 * size)
    else:
        np.testing.assert_allclose(other, value, rtol=1e-6, atol=1e-9 * max(size, 1))


@given(name=names, rows=parts_of_a_table())
def test_numbers_of_tables(name, rows):
    with heard():
        value = measured(name, *rows)
    if name == "column_similarity" and rows[0].isna().all(axis=None):
        assert np.isnan(value)
    else:
        assert in_range(name, value)


@given(rows=tables_of_points())
def test_copies_are_seen(rows):
    X = rows[1]
    with heard():
        for name in DISTANCES:
            assert abs(measured(name, X, X)) <= 1e-6 * np.abs(X).max()
        assert measured("copied_rows", X, X) == 1
        assert measured("column_similarity", X, X) == 1
        assert measured("authenticity", X, X) == 0
        assert (metrics.distance_to_closest_record(X, X).distances == 0).all()


@given(rows=parts_of_a_table())
def test_rows_of_the_table_are_copies(rows):
    part, table = rows
    with heard():
        assert measured("copied_rows", part, table) == 1
        assert measured("column_similarity", table, table) == 1
