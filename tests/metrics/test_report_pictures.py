"""What the pictures of a report show is what it found."""

from types import SimpleNamespace

import numpy as np
import pytest

from smoothdiff.metrics import _page, _pictures, report
from smoothdiff.metrics._report import Report
from smoothdiff.metrics._rows import read
from smoothdiff.metrics._verdicts import _diversity, _fidelity, _novelty

plt = pytest.importorskip("matplotlib.pyplot")
pd = pytest.importorskip("pandas")


@pytest.fixture
def ax():
    _, ax = plt.subplots()
    yield ax
    plt.close("all")


def bars_of(ax):
    """Labels and lengths of horizontal bars, from the top down."""
    labels = [label.get_text() for label in ax.get_yticklabels()]
    return labels[::-1], [patch.get_width() for patch in ax.patches][::-1]


def test_the_least_similar_columns_come_first(ax):
    parts = {f"c{k}": (7 * k % 15) / 20 for k in range(15)}
    measure = SimpleNamespace(parts=parts | {"none": np.nan}, baseline=0.9)
    _pictures.column_bars(ax, {"column_similarity": measure})
    labels, lengths = bars_of(ax)
    worst = sorted(parts, key=parts.__getitem__)[:12]
    assert labels == worst
    assert lengths == [parts[name] for name in worst]


def test_the_legend_of_bars_stands_above_them(ax):
    measure = SimpleNamespace(parts={"a": 0.5, "b": 0.7}, baseline=0.9)
    _pictures.column_bars(ax, {"column_similarity": measure})
    ax.figure.draw_without_rendering()
    assert ax.get_legend().get_window_extent().y0 >= ax.get_window_extent().y1


def test_two_components_are_two_axes(ax, found):
    _pictures.projection(ax, found)
    assert ax.get_ylabel().startswith("component 2 (")
    for points in ax.collections:
        assert abs(np.corrcoef(points.get_offsets().T)[0, 1]) < 0.9


def test_what_gives_most_away_comes_first(ax):
    lost = {f"c{k}": (7 * k % 11 - 1) / 20 for k in range(11)}
    _pictures.giveaway_bars(ax, SimpleNamespace(separation=SimpleNamespace(importance=lost)))
    labels, lengths = bars_of(ax)
    most = sorted(lost, key=lambda name: -lost[name])[:8]
    assert labels == most
    assert lengths == [max(lost[name], 0.0) for name in most]


def test_levels_that_are_not_shown_are_others(ax):
    """Twelve are, of fifteen; each row is in one of the bars."""
    rng = np.random.default_rng(0)
    coded = [rng.integers(0, 16, 500), rng.integers(0, 16, 400)]
    _pictures._levels(ax, coded, [f"c{k}" for k in range(15)], np.arange(15))
    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert labels == [*(f"c{k}" for k in range(12)), "others", "missing"]
    heights = np.array([patch.get_height() for patch in ax.patches]).reshape(2, 14)
    for shown, codes in zip(heights, (coded[1], coded[0]), strict=True):  # the real ones below
        count = np.bincount(codes, minlength=16) / len(codes)
        expected = [*count[:12], count[12:15].sum(), count[15]]
        np.testing.assert_allclose(shown, expected, rtol=1e-12)


def test_one_column_is_spread_over_the_picture(ax):
    rng = np.random.default_rng(0)
    tables = (pd.DataFrame({"x": rng.normal(size=40)}) for _ in range(3))
    _pictures.projection(ax, report(*tables))
    assert "100% of variance" in ax.get_xlabel()
    assert len(ax.get_yticks()) == 0
    for points in ax.collections:
        assert np.ptp(points.get_offsets()[:, 1]) > 0.5


@pytest.mark.parametrize(
    ("share", "repeated", "expected"),
    [(0.0, 0.0, True), (0.02, 0.0, True), (0.03, 0.0, False), (0.6, 0.5, True), (0.7, 0.5, False)],
)
def test_rows_are_held_out_but_for_chance(share, repeated, expected):
    """Up to 2% of rows that are in train anyway, or three standard errors of repeated ones."""

    class Found(dict):
        train, test = SimpleNamespace(repeated=repeated), range(100)

    found = Found(copied_rows=SimpleNamespace(baseline=share))
    assert Report.is_held_out.fget(found) == expected


@pytest.mark.parametrize(("baseline", "known"), [(0.5, True), (0.75, True), (0.85, False)])
def test_tables_that_a_classifier_always_tells_apart(baseline, known):
    class Area(float):
        pass

    auc = Area(0.8)
    auc.baseline = baseline

    class Found(dict):
        separation = SimpleNamespace(giveaways=["a"])

    assert (_fidelity(Found(c2st=auc)).grade != "unknown") == known


@pytest.fixture(scope="module")
def found():
    rng = np.random.default_rng(0)

    def table(n):
        x, y = rng.normal(size=(2, n))
        return pd.DataFrame({"x": x, "y": y, "z": rng.choice(["a", "b"], size=n)})

    return report(table(60), table(50), table(40))


def test_chance_is_the_diagonal(ax, found):
    _pictures.receiver_curve(ax, found)
    curve, chance = (line.get_xydata() for line in ax.lines)
    np.testing.assert_array_equal(chance, [[0, 0], [1, 1]])
    assert curve[0].tolist() == [0, 0]
    assert curve[-1].tolist() == [1, 1]


def test_distances_begin_at_zero(ax, found):
    _pictures.distance_curves(ax, found)
    assert ax.get_xlim()[0] == 0
    assert ax.get_xlim()[1] > 0
    assert ax.get_ylim() == (0, 1)


@pytest.mark.parametrize("draw", [_page._apart, _page._plane, _page._columns, _page._associations])
def test_no_place_of_a_figure_is_empty(draw, found):
    """But those that are switched off."""
    figure, description = draw(plt, found)
    assert description
    assert all(ax.has_data() for ax in figure.axes if ax.axison)
    plt.close("all")


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9])
def test_shares_of_bins_do_not_depend_on_the_unit(ax, unit):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=200), rng.uniform(-1, 1, size=300)
    made, real = (
        SimpleNamespace(array=unit * v, missing=np.zeros(len(v), dtype=bool), scale=None)
        for v in (x, y)
    )
    _pictures._numbers(ax, made, real)
    low, high = np.quantile(np.concatenate([x, y]), [0.002, 0.998])
    expected = np.histogram(np.clip(y, low, high), np.linspace(low, high, _pictures.BINS + 1))[0]
    heights = [patch.get_height() for patch in ax.patches[: _pictures.BINS]]
    np.testing.assert_allclose(heights, expected / 300, atol=1.01 / 300)  # one on an edge


def columns_of(made, real):
    """One column, as the two tables have it."""
    rows = read({"real": pd.DataFrame({"x": real}), "made": pd.DataFrame({"x": made})})
    return rows[1].columns[0], rows[0].columns[0]


def test_frequent_categories_come_first(ax):
    made, real = ["b"] * 5 + ["c"] * 9 + ["a"] * 2, ["c"] * 4 + ["b"] * 8 + ["d"]
    _pictures.histogram(ax, *columns_of(made, real))
    assert [label.get_text() for label in ax.get_xticklabels()] == ["b", "c", "a", "d"]
    heights = [patch.get_height() for patch in ax.patches]
    np.testing.assert_allclose(heights[4:], np.array([5, 9, 2, 0]) / 16)


@pytest.mark.parametrize(("gaps", "title"), [((0, 0), "x"), ((5, 0), "x\nmissing 0%, 10%")])
def test_titles_name_gaps(ax, gaps, title):
    made, real = np.linspace(0, 1, 50), np.linspace(0, 2, 50)
    for column, n in zip((made, real), gaps, strict=True):
        column[:n] = np.nan
    _pictures.histogram(ax, *columns_of(made, real))
    assert ax.get_title() == title


def test_columns_of_an_association_have_names(found):
    figure, _ = _page._associations(plt, found)
    held_out, generated, difference, colors = figure.axes
    assert [label.get_text() for label in held_out.get_yticklabels()] == ["x", "y", "z"]
    for ax in (held_out, generated, difference):
        assert [label.get_text() for label in ax.get_xticklabels()] == ["x", "y", "z"]
    assert [label.get_text() for label in generated.get_yticklabels()] == []
    assert colors.get_ylim() == (-1, 1)
    plt.close("all")


def test_rows_that_are_all_copies_are_at_no_distance(ax, found):
    """A picture without a width would be drawn with a warning."""
    distances = SimpleNamespace(baseline=np.zeros(5), distances=np.zeros(9))
    _pictures.distance_curves(ax, SimpleNamespace(distances=distances))
    assert ax.get_xlim() == (0, 1)


@pytest.mark.parametrize(("baseline", "grade"), [(0.0, "excellent"), (0.5, "poor")])
def test_diversity_where_training_rows_come_near_nothing(baseline, grade):
    """What they do not reach tells nothing of generated rows."""

    class Share(float):
        pass

    coverage, recall = Share(0.1), Share(0.9)
    coverage.baseline, recall.baseline = baseline, 0.9
    assert _diversity({"coverage": coverage, "recall": recall}).grade == grade


def test_three_columns_at_most_give_rows_away():
    class Area(float):
        baseline = 0.5

    class Found(dict):
        separation = SimpleNamespace(giveaways=list("abcde"))

    assert "most: 'a', 'b', 'c'." in _fidelity(Found(c2st=Area(0.9))).sentence


@pytest.mark.parametrize(("copying", "told"), [(-3.0, False), (-3.01, True), (5.0, False)])
def test_the_sentence_of_novelty_says_where_it_is_no_chance(copying, told):
    class Share(float):
        baseline = 0.05

    class Found(dict):
        is_held_out, distances = True, SimpleNamespace(nearer=0.58)

    verdict = _novelty(Found(closer=Share(0.05), copied_rows=Share(0.0), data_copying=copying))
    assert verdict.grade == "good"
    assert ("C_T of -3.0 says that this is none" in verdict.sentence) == told
