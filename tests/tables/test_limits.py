"""Just within each limit of the tables, and just beyond it."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import numpy as np
import pytest

from smoothdiff import TableDiffusion
from smoothdiff._progress import ColumnWarning
from smoothdiff.tables._columns import _decimals, are_names, fit_column
from smoothdiff.tables._groups import NO_ROW, OneRow, _blocks
from smoothdiff.tables._model import Drawn


def column(values, kind=None, weights=None):
    values = np.asarray(values)
    weights = np.ones(len(values)) if weights is None else np.asarray(weights, float)
    return fit_column("x", values, kind, weights, np.ones(len(values)))


def texts(n, n_distinct):
    return np.array([f"t{min(i, n_distinct - 1)}" for i in range(n)], dtype=object)


# ------------------------------------------------------------------ how a column is taken


@pytest.mark.parametrize(("n_values", "kind"), [(2, "discrete"), (10, "discrete"), (11, "numeric")])
def test_numbers_of_few_values_are_discrete(n_values, kind):
    found = column(np.arange(60) % n_values)
    assert (found.kind, found.n_distinct) == (kind, n_values)
    assert found.why == ("whole numbers" if kind == "numeric" else f"{n_values} different values")


@pytest.mark.parametrize(
    ("n", "zeros", "atom"), [(1000, 20, True), (1000, 19, False), (60, 3, True), (60, 2, False)]
)
def test_a_value_of_many_rows_is_an_atom(n, zeros, atom):
    values = np.r_[np.zeros(zeros), 1 + np.arange(n - zeros) % 70]  # of which it is one more
    assert column(values).atoms.tolist() == [0.0] * atom


def test_the_part_of_an_atom_is_by_weight_and_its_rows_are_counted():
    values = np.r_[np.zeros(3), 1 + np.arange(997) / 7]
    weights = np.r_[np.full(3, 7.0), np.ones(997)]  # 21 of 1018
    assert column(values, weights=weights).atoms.tolist() == [0.0]
    assert column(values).atoms.tolist() == []
    assert column(values[1:], weights=weights[1:] * 2).atoms.tolist() == []


@pytest.mark.parametrize(
    ("largest", "decimals", "step"),
    [
        (1.0, 11, 1e-11),
        (1.0, 12, 0.0),  # more than are looked for
        (2.7e13, 1, 0.1),
        (2.9e13, 1, 0.0),  # a tenth is within eight roundings of a float there
        (2.8e14, 0, 1.0),
        (2.9e14, 0, 0.0),
    ],
)
def test_steps_are_those_that_floats_can_tell(largest, decimals, step, rng):
    whole = rng.integers(largest * 0.9 * 10**decimals, largest * 10**decimals, 50)
    values = np.r_[whole, whole + 1] / 10**decimals
    assert column(values).step == pytest.approx(step, rel=1e-12, abs=0)


@pytest.mark.parametrize(
    ("step", "decimals"),
    [(1.0, 0), (25.0, 0), (0.25, 2), (0.005, 3), (0.1, 1), (1e-11, 11), (1187.86, 2)],
)
def test_decimals_of_steps(step, decimals):
    assert _decimals(step) == decimals


@pytest.mark.parametrize(("tens", "preferred"), [(300, ()), (301, (10,))])
def test_round_numbers_are_those_a_fifth_more_often_than_by_chance(tens, preferred):
    odd = np.array([1, 3, 7, 9])
    of_ten = 10 * (10 * np.arange(tens) + odd[np.arange(tens) % 4])
    rest = 10 * np.arange(1000 - tens) + odd[np.arange(1000 - tens) % 4]
    assert column(np.r_[of_ten, rest]).round_numbers == preferred


@pytest.mark.parametrize(
    ("n", "n_distinct", "refused"),
    [(20, 20, True), (20, 18, True), (20, 17, False), (19, 19, False)],
)
def test_texts_nearly_all_of_which_differ_are_names(n, n_distinct, refused):
    values = texts(n, n_distinct)
    assert are_names(values, "x") == refused
    if refused:
        with pytest.raises(ValueError, match=r"kinds=\{'x': 'drop'\}"):
            column(values)
    else:
        assert column(values).kind == "categorical"


@pytest.mark.parametrize("sign", [1, -1])
def test_whole_numbers_up_to_what_floats_tell_apart(sign):
    most = 2**53
    fits = column(sign * (most - np.arange(20)))
    assert fits.numbers(np.array([sign * most]))[0] == sign * most
    with pytest.raises(ValueError, match="beyond 2\\*\\*53"):
        column(sign * (most + 1 - np.arange(20)))


@pytest.mark.parametrize(("n_new", "said"), [(5, r"'n4'\.$"), (6, r"'n4' and 1 more\.$")])
def test_new_values_are_named_up_to_five(n_new, said):
    new = np.array([f"n{i}" for i in range(n_new)], dtype=object)
    found = column(texts(12, 4))
    with pytest.raises(ValueError, match=said):
        found.embed(new)
    assert found.marks(np.array(["t0", "n0", "t3", None], dtype=object)).tolist() == [0, -1, 3, -1]


@pytest.mark.parametrize("zones", [1, 2])
def test_times_with_zones_among_objects(zones):
    zone = [UTC, timezone(timedelta(hours=2))]
    times = [datetime(2020, 1, 1 + i, tzinfo=zone[i % zones]) for i in range(20)]
    said = r"datetime objects of 2 time zones; use" if zones == 2 else r"datetime objects; use"
    with pytest.raises(TypeError, match=said):
        column(np.array([*times], dtype=object))


@pytest.mark.parametrize("places", [2, 12, 13])
def test_decimal_numbers_are_written_with_their_places(places):
    """Of more than twelve with the digits that a float is read from."""
    values = np.array([Decimal(i) / 10**places for i in range(1, 30)], dtype=object)
    scale = column(values).scale
    made, zero = scale.values(np.array([0.3 / 10**places, -0.0]))
    assert str(zero)[0] != "-"
    expected = 0 if places <= 12 else Decimal(repr(0.3 / 10**places))
    assert made == expected
    assert made.as_tuple().exponent == (-places if places <= 12 else expected.as_tuple().exponent)


@pytest.mark.parametrize("n_rows", [2, 3])
def test_three_rows_may_be_numbered(n_rows, recwarn):
    X = np.c_[np.arange(n_rows) + 1, [0.5, 0.1, 0.7][:n_rows]]
    TableDiffusion(kinds={0: "numeric"}, random_state=0).fit(X)
    assert any("numbers the rows" in str(w.message) for w in recwarn) == (n_rows == 3)


def test_a_column_shows_itself_without_its_values():
    shown = repr(column(np.arange(60) / 7))
    assert "name='x'" in shown
    assert "array(" not in shown


# ------------------------------------------------------------------ models and draws


@pytest.mark.parametrize("n_rare", [1, 5, 6])
def test_rare_values_are_named_up_to_five(n_rare, rng):
    """A value of five rows has a model, of four none."""
    label = np.r_[np.zeros(30), np.ones(5), np.repeat(2 + np.arange(n_rare), 4)]
    X = np.c_[rng.normal(size=(len(label), 2)), label]
    with pytest.warns(UserWarning, match="fewer than 5, or all equal") as told:
        model = TableDiffusion(by=2, random_state=0).fit(X)
    shown = ", ".join(repr(2.0 + i) for i in range(min(n_rare, 5)))
    more = " and 1 more" if n_rare > 5 else ""
    assert str(told[0].message).endswith(f"around theirs: {shown}{more}.")
    assert set(model.estimator_) == set(label)


def test_a_value_whose_rows_are_equal_has_no_model_of_its_own(rng):
    X = np.c_[rng.normal(size=(40, 2)), np.repeat([0.0, 1.0], [30, 10])]
    X[30:, :2] = 5.0
    with pytest.warns(UserWarning, match=r"all equal\) are drawn .* theirs: 1\.0\.$"):
        model = TableDiffusion(by=2, random_state=0).fit(X)
    assert len(model.estimator_[1.0].points_) > 1


def test_rows_are_dealt_out_to_blocks_of_so_many():
    marks = np.random.default_rng(0).random(45_000)

    def sizes(n, width):
        return [len(block) for block in _blocks(np.arange(n), marks[:n], width)]

    assert sizes(20_000, 1) == [20_000]
    assert sizes(20_001, 1) == [10_001, 10_000]
    assert sizes(20_001, 0) == [10_001, 10_000]
    assert sizes(10_485, 100) == [10_485]  # 2^20 numbers
    assert sizes(10_486, 100) == [5243, 5243]
    assert sizes(4000, 10_000) == [4000]  # enough rows, however wide they are
    assert sizes(4001, 10_000) == [2001, 2000]


def test_the_model_of_equal_rows():
    row, parents, weights = (
        OneRow().fit(np.array([[1.0, 2.0], [1.0, 2.0]])).sample(return_parents=True)
    )
    assert (row.tolist(), parents.tolist(), weights.tolist()) == ([[1.0, 2.0]], [[0]], [[1.0]])


def test_rows_without_parents():
    drawn = Drawn({"a": np.arange(3.0)}, np.ones((3, 2), int), np.full((3, 2), 0.5))
    alone = drawn.without_parents()
    assert alone.parents.shape == alone.weights.shape == (3, 0)
    joined = Drawn.joined([drawn, Drawn({"a": np.ones(1)}, np.ones((1, 3), int), np.ones((1, 3)))])
    assert joined.parents.tolist() == [[1, 1, NO_ROW]] * 3 + [[1, 1, 1]]
    assert joined.weights[0].tolist() == [0.5, 0.5, 0.0]


def test_parents_are_padded_with_no_row(rng):
    model = TableDiffusion(random_state=0).fit(rng.normal(size=(40, 3)))
    _, parents, weights = model.sample(200, return_parents=True)
    assert parents.min() == -1
    np.testing.assert_array_equal(parents == -1, weights == 0)


@pytest.mark.parametrize(("n_values", "fits"), [(20, True), (21, False)])
def test_columns_of_by_have_few_values(n_values, fits, rng):
    X = np.c_[rng.normal(size=(100, 2)), np.arange(100) % n_values]
    if not fits:
        with pytest.raises(ValueError, match="has 21 values in 100 rows"):
            TableDiffusion(by=2, random_state=0).fit(X)
        return
    assert len(TableDiffusion(by=2, random_state=0).fit(X).estimator_) == 20


def test_a_small_column_among_large_ones_is_no_warning(rng, recwarn):
    """Columns are coordinates of deviation 1: what drowns small ones elsewhere does not here."""
    TableDiffusion(random_state=0).fit(np.c_[rng.normal(size=40), 1e-6 * rng.normal(size=40)])
    assert not [w for w in recwarn if issubclass(w.category, ColumnWarning)]
