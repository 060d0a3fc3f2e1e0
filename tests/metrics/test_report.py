"""The report: its numbers are those of the metrics, its words fit them, its files are whole."""

import json
import re

import numpy as np
import pytest
from made import clouds, mixed
from sklearn.exceptions import NotFittedError

from smoothdiff import SmoothedPLDiffusion, TableDiffusion, metrics
from smoothdiff.metrics import report
from smoothdiff.metrics._measures import _standard_error
from smoothdiff.metrics._pictures import MOST_LABEL, _levels, short
from smoothdiff.metrics._report import _plain
from smoothdiff.metrics._value import Value
from smoothdiff.metrics._verdicts import GRADES, _grade

pd = pytest.importorskip("pandas")

TRAIN, TEST = mixed(120, 0.0), mixed(80, 0.02)


@pytest.fixture(scope="module")
def model():
    return TableDiffusion(random_state=0).fit(TRAIN)


@pytest.fixture(scope="module")
def found(model):
    return report(model, TRAIN, TEST, target="t")


def test_the_numbers_are_those_of_the_metrics(model, found):
    made = model.sample(len(TRAIN), random_state=0)
    for name in ("column_similarity", "association_similarity"):
        expected = getattr(metrics, name)(made, TEST, TRAIN)
        assert found[name] == pytest.approx(expected)
        assert found[name].baseline == pytest.approx(expected.baseline)
    for name in ("authenticity", "copied_rows"):
        expected = getattr(metrics, name)(made, TRAIN, TEST)
        assert (found[name], found[name].baseline) == (expected, expected.baseline)
    expected = metrics.efficacy(made, TRAIN, TEST, "t")
    assert (found["efficacy"], found["efficacy"].baseline) == (expected, expected.baseline)
    trivial = TEST["t"].eq(TRAIN["t"].mode()[0]).mean()
    assert found["constant"] == pytest.approx(trivial)
    with pytest.raises(KeyError, match="The report has no 'fid'"):
        found["fid"]


def test_the_measures_of_copies(model, found):
    made = model.sample(len(TRAIN), random_state=0)
    closest = metrics.distance_to_closest_record(made, TRAIN, TEST)
    median = found["distance_to_closest_record"]
    assert (median, median.baseline) == (
        np.median(closest.distances),
        np.median(closest.baseline),
    )
    at = [*found.names].index("copied_rows")
    assert [*found.names][at : at + 6] == [
        *("copied_rows", "closer", "distance_to_closest_record", "authenticity"),
        *("memorized_fraction", "data_copying"),
    ]


def test_values_print_beside_those_of_real_rows():
    assert repr(Value(0.123456, 0.25)) == "0.1235 (real rows: 0.25)"
    assert repr(Value(0.123456)) == "0.123456"


def test_what_json_has_no_type_for_is_text():
    day = pd.Timestamp("2024-03-28")
    made = _plain({"day": day, "none": None, "gap": pd.NaT, 1: np.float64("inf")})
    assert made == {"day": str(day), "none": None, "gap": None, "1": None}


@pytest.mark.parametrize("less", [True, False])
def test_a_limit_belongs_to_its_grade(less):
    limits = (0.25, 0.5) if less else (0.5, 0.25)
    grades = [_grade(limit, limits, less=less) for limit in (*limits, 1.0 if less else 0.0)]
    assert grades == [*GRADES[:2], GRADES[-1]]


def test_the_error_of_a_score_is_its_deviation(rng):
    """Of R^2, here the square of a correlation, and of an accuracy, over samples of 400."""
    x, noise = rng.standard_normal((2, 2000, 400))
    y = 0.5 * x + np.sqrt(0.75) * noise
    x, y = (v - v.mean(axis=1, keepdims=True) for v in (x, y))
    r = (x * y).sum(1) / np.sqrt((x**2).sum(1) * (y**2).sum(1))
    assert _standard_error(0.25, 400, False) == pytest.approx((r**2).std(), rel=0.1)
    assert 0 < _standard_error(-0.1, 400, False) < 0.01
    right = rng.binomial(400, 0.8, 2000) / 400
    assert _standard_error(0.8, 400, True) == pytest.approx(right.std(), rel=0.1)


@pytest.mark.parametrize("where", [0, 1])
def test_gaps_of_one_table_are_in_the_picture(where):
    plt = pytest.importorskip("matplotlib.pyplot")
    coded = [np.array([0, 1, 1]), np.array([0, 1, 0])]
    coded[where][-1] = 2  # after the last level
    _, ax = plt.subplots()
    _levels(ax, coded, ["a", "b"], np.arange(2))
    assert [label.get_text() for label in ax.get_xticklabels()] == ["a", "b", "missing"]
    plt.close("all")


def test_long_names_keep_both_ends():
    name = "a" * 50 + "b" * 50
    label = short(name)
    assert len(label) == MOST_LABEL
    assert label.count("a") == MOST_LABEL // 2
    assert label.endswith("b")


def test_it_prints(found):
    text = str(found)
    assert text.startswith("120 generated rows of 7 columns, beside 120 training rows and 80 held")
    for word in ("fidelity", "diversity", "novelty", "usefulness", *found.names):
        assert re.search(rf"^ *{word}", text, re.MULTILINE), word
    assert "no protection of privacy" in " ".join(text.split()).replace("That is no", "no")
    assert all(len(line) <= 110 for line in text.splitlines())


def test_json(found, tmp_path):
    data = json.loads(found.to_json(tmp_path / "report.json"))
    assert data == json.loads((tmp_path / "report.json").read_text())
    assert set(data["verdicts"]) == {"fidelity", "diversity", "novelty", "usefulness"}
    values = {m["name"]: m["value"] for m in data["measures"]}
    assert values["c2st"] == float(found["c2st"])
    pair = data["closest_pairs"][0]
    assert set(pair["generated"]) == set(TRAIN)
    assert sum(parent["weight"] for parent in pair["parents"]) == pytest.approx(1)


def test_the_closest_pairs(model, found):
    made, parents, weights = model.sample(len(TRAIN), random_state=0, return_parents=True)
    closest = metrics.distance_to_closest_record(made, TRAIN, TEST)
    distances = [pair["distance"] for pair in found.pairs]
    np.testing.assert_allclose(distances, np.sort(closest.distances)[: len(distances)])
    for pair in found.pairs:
        i, k = pair["generated_row"], pair["training_row"]
        assert pair["generated"]["c"] == made["c"][i]
        assert pair["closest"]["x"] == TRAIN["x"][k]
        assert pair["closest"]["d"].startswith(str(TRAIN["d"][k].date()))
        assert [p["training_row"] for p in pair["parents"]] == list(parents[i][parents[i] >= 0])
        assert [p["weight"] for p in pair["parents"]] == list(weights[i][parents[i] >= 0])


def test_html_needs_nothing_beside_it(found, tmp_path):
    pytest.importorskip("matplotlib")
    found.to_html(tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.count("data:image/png;base64,") == 4
    assert not re.search(r"(src|href)=['\"](?!data:)", page)
    assert "no protection of privacy" in page
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    assert found._repr_html_().count("<table") >= 2


def test_names_and_values_are_escaped():
    """In tables, sentences and pictures, where matplotlib would find mathematics."""
    pytest.importorskip("matplotlib")
    rng = np.random.default_rng(0)
    script, image = "\"><script>alert('x')</script>", "<img src=x onerror=alert(1)>"
    table = pd.DataFrame(
        {
            script: rng.normal(size=90),
            "$\\frac$": rng.choice([script, "$\\bad$", "a & b"], 90),
            "$ or k$": rng.normal(size=90),
            image: rng.choice(["yes", "</style>"], 90),
        }
    )
    found = report(table[:30], table[30:60], table[60:], target=image)
    page = found.to_html() + found._repr_html_()
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert "<img src=x" not in page
    assert page.count("</style>") == page.count("<style>")


def test_a_bootstrap_is_told_to_be_copies():
    again = TRAIN.sample(120, replace=True, random_state=0)
    found = report(again, TRAIN, TEST)
    assert found.verdicts["novelty"].grade == "poor"
    assert found["copied_rows"] == 1
    assert "120 of 120 generated rows" in found.privacy
    assert "filter_copies" in found.privacy


def test_new_rows_of_the_law_are_excellent():
    train, test, made = clouds(400, 400, 400)
    grades = {aspect: v.grade for aspect, v in report(made, train, test).verdicts.items()}
    assert grades == dict.fromkeys(("fidelity", "diversity", "novelty"), "excellent")


def test_another_law_is_poor():
    train, test, made = clouds(200, 200, 200)
    found = report(made * [1, 1, 0.01] + [3, 0, 0], train, test)
    assert found.verdicts["fidelity"].grade == "poor"
    assert found.verdicts["diversity"].grade == "poor"
    assert "What gives them away most: 0" in found.verdicts["fidelity"].sentence


def test_half_of_the_law_is_not_diverse():
    train, test, made = clouds(300, 300, 600)
    found = report(made[made[:, 0] > 0], train, test)
    assert found.verdicts["diversity"].grade == "poor"


def test_useless_labels_are_told():
    rng = np.random.default_rng(0)
    train, test, made = (
        pd.DataFrame(rows, columns=list("abc")).assign(y=lambda t: np.where(t["a"] > 0, "p", "n"))
        for rows in clouds(200, 200, 200)
    )
    assert report(made, train, test, target="y").verdicts["usefulness"].grade == "excellent"
    made["y"] = rng.permutation(made["y"])
    assert report(made, train, test, target="y").verdicts["usefulness"].grade == "poor"


def test_few_rows_and_no_target_are_noted():
    train, test, made = clouds(30, 12, 30)
    notes = " ".join(report(made, train, test).notes)
    assert "12 held-out rows are few" in notes
    assert "give target" in notes


def test_large_tables_are_represented_by_a_part():
    train, test, made = clouds(300, 300, 300)
    found = report(made, train, test, max_rows=100)
    assert "go by 100 rows of each table" in " ".join(found.notes)
    assert len(found.separation.label) == 200
    assert len(found.distances.distances) == 300


def test_models_of_arrays():
    train, test = clouds(60, 40)
    model = SmoothedPLDiffusion(random_state=0).fit(train)
    found = report(model, train, test)
    assert len(found.generated) == 60
    expected = metrics.sliced_wasserstein(model.sample(60, random_state=0), test, train)
    assert found["sliced_wasserstein"] == pytest.approx(expected)
    assert "parents" in found.pairs[0]


@pytest.mark.parametrize(
    ("tables", "error", "sentence"),
    [
        ((None, TEST), TypeError, "train must be a DataFrame or an array. Got None"),
        ((TRAIN, None), TypeError, "test must be a DataFrame or an array. Got None"),
        ((TRAIN[:5], TEST), ValueError, "train needs at least 10 rows. It has 5."),
    ],
)
def test_tables_are_looked_at_before_a_model_draws(tables, error, sentence):
    class Draws(TableDiffusion):
        def sample(self, *args, **options):
            raise AssertionError

    with pytest.raises(error, match=sentence):
        report(Draws(), *tables)


def test_parents_are_named_of_the_training_rows_alone(model):
    """Not where train is in another order, or other rows, than the model was fitted to."""
    for train, own in (
        (TRAIN, True),
        (TRAIN[::-1], False),
        (mixed(130, 0.5), False),
        (TRAIN[:90], False),  # and it has seen more
    ):
        found = report(model, train.reset_index(drop=True), TEST)
        assert ("parents" in found.pairs[0]) == own
        assert ("fitted to other rows" in " ".join(found.notes)) != own
    X = clouds(60, 40)[0]
    points = SmoothedPLDiffusion(random_state=0).fit(X)
    assert points._fitted_to(X)
    assert not points._fitted_to(X[::-1])
    assert not points._fitted_to(X[:, :1])
    weighted = SmoothedPLDiffusion().fit(X, sample_weight=np.arange(60) % 3)
    assert weighted._fitted_to(X)


def test_a_model_of_points_is_compared_with_the_frame_it_was_fitted_to():
    """Its samples are arrays, whose columns are those of the frame by their places."""
    train, test = (pd.DataFrame(rows, columns=["a", "b", "c"]) for rows in clouds(60, 40)[:2])
    model = SmoothedPLDiffusion(random_state=0).fit(train)
    found = report(model, train, test)
    assert found.generated.columns[0].name == "a"
    assert not any("fitted to other rows" in note for note in found.notes)
    new = model.sample(50, random_state=1)
    named = metrics.c2st(pd.DataFrame(new, columns=train.columns), test)
    assert metrics.c2st(new, test) == named
    with pytest.raises(ValueError, match="must have the same columns"):
        metrics.c2st(new[:, :1], test)


def test_where_training_rows_do_no_better_nothing_is_said():
    """Ids, which tell any table from another; and rows that are all equal."""
    made, train, test = (pd.DataFrame({"id": [f"{k}{i}" for i in range(60)]}) for k in "gtr")
    kinds = {"id": "categorical"}
    found = report(made, train, test, kinds=kinds).verdicts
    assert found["fidelity"].grade == "unknown"
    assert "tells even training rows from held-out ones" in found["fidelity"].sentence
    constant = pd.DataFrame({"a": np.ones(60), "b": ["x"] * 60})
    found = report(constant, constant, constant).verdicts
    assert found["diversity"].grade in ("unknown", "excellent")
    assert "near 0% of" not in found["diversity"].sentence


def test_a_target_that_nothing_predicts():
    rng = np.random.default_rng(0)
    made, train, test = (pd.DataFrame(rng.normal(size=(80, 2)), columns=["a", "b"]) for _ in "123")
    sentence = report(made, train, test, target="a").verdicts["usefulness"].sentence
    assert "predict 'a' no better" in sentence
    assert "uncertainty of 0.000" not in sentence


def test_rows_that_were_not_held_out_are_told():
    found = report(mixed(100, 0.01), TRAIN, TRAIN)
    assert found.verdicts["novelty"].grade == "unknown"
    assert "100% of the rows in test equal rows in train" in found.notes[0]
    repeated = TRAIN.iloc[np.arange(240) % 60].reset_index(drop=True)  # what all rows are
    assert report(TRAIN, repeated, repeated).is_held_out


def test_rows_nearer_than_held_out_ones_are_no_excellent_novelty():
    """None within the closest 5%, all between that and the median."""
    rng = np.random.default_rng(0)
    train, test = rng.normal(size=(2, 300, 8))
    step = rng.normal(size=(300, 8))
    near = np.quantile(metrics.distance_to_closest_record(test, train).distances, 0.1)
    made = train + 1.2 * near * step / np.linalg.norm(step, axis=1, keepdims=True)
    found = report(made, train, test)
    assert found["closer"] < 0.05
    assert found.distances.nearer > 0.75
    assert found.verdicts["novelty"].grade == "poor"


def test_usefulness_allows_for_uncertainty(found):
    """A loss within the standard error is none; a gain within two says nothing."""
    value, rows = found["efficacy"], len(TEST)
    score = max(value, value.baseline)
    assert value.parts["standard error"] == pytest.approx(np.sqrt(score * (1 - score) / rows))
    rng = np.random.default_rng(1)
    noise = [np.column_stack([rng.normal(size=(90, 2)), np.arange(90) % 2]) for _ in range(3)]
    assert report(*noise, target=2).verdicts["usefulness"].grade == "unknown"


def test_names_that_differ_at_their_ends_stay_apart():
    plt = pytest.importorskip("matplotlib.pyplot")
    from smoothdiff.metrics import _pictures as pictures

    names = [f"a_very_long_name_{i}" for i in range(5)]
    assert len({pictures.short(name) for name in names}) == 5
    _, ax = plt.subplots()
    pictures.bars(ax, ["x"] * 5, range(5), "red")
    assert len(ax.get_yticks()) == 5
    plt.close()


def test_categories_of_a_model_are_those_of_its_report():
    """Nearly as many texts as rows: names for whoever has the part, categories for the model."""
    texts = [f"v{i}" for i in range(100)]
    whole = pd.DataFrame({"name": texts + texts[:30], "x": np.arange(130) ** 1.1})
    model = TableDiffusion(random_state=0).fit(whole)
    assert report(model, whole[:80], whole[80:]).names


def test_a_model_must_be_fitted():
    with pytest.raises(NotFittedError):
        report(TableDiffusion(), TRAIN, TEST)


def test_a_path_that_cannot_be_written_is_told_before_any_work(found, tmp_path):
    for write in (found.to_json, found.to_html):
        with pytest.raises(OSError, match="no such folder"):
            write(tmp_path / "none" / "report")
