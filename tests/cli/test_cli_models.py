"""smoothdiff fit, and sample and score of what it saves."""

import csv
import json

import numpy as np
import pytest

from smoothdiff import (
    ClassConditionalDiffusion,
    DiffusionOutlierDetector,
    SmoothedPLDiffusion,
    SmoothedPLDiffusionCV,
    TableDiffusion,
    make_generative_pipeline,
)
from smoothdiff.cli import main
from smoothdiff.persistence import load, save

pd = pytest.importorskip("pandas")


@pytest.fixture
def people(tmp_path, monkeypatch, rng):
    """people.csv with numbers, categories, dates and gaps, and numbers.csv with numbers alone."""
    monkeypatch.chdir(tmp_path)
    with open("people.csv", "w", newline="") as stream:
        write = csv.writer(stream).writerow
        write(["age", "paid", "city", "since"])
        for _ in range(40):
            paid = f"{rng.exponential(50):.2f}" if rng.random() < 0.8 else ""
            city = rng.choice(["Rome", "Oslo"])
            write([rng.integers(18, 80), paid, city, f"2024-0{rng.integers(1, 9)}-01"])
    numbers = rng.normal(size=(40, 3)) * [1.0, 10.0, 100.0]
    np.savetxt("numbers.csv", numbers, delimiter=",", header="a,b,c", comments="", fmt="%.17g")
    return tmp_path


def run(*arguments):
    assert main(list(arguments)) == 0


def rows_of(path):
    with open(path, newline="") as stream:
        return list(csv.reader(stream))


def said(capsys):
    out, err = capsys.readouterr()
    assert err == ""
    return json.loads(out)


# ------------------------------------------------------------------ fit and sample


@pytest.mark.parametrize(
    "options",
    ["people.csv", "people.csv --by city --fill", "numbers.csv --scale none", "data.npy"],
)
def test_a_saved_model_draws_what_the_table_does(folder, people, options):
    source, *rest = options.split()
    run("sample", source, "-n", "12", "--seed", "4", "-o", "straight.csv", "-q", *rest)
    run("fit", source, "-o", "model.sdf", "-q", *rest)
    run("sample", "model.sdf", "-n", "12", "--seed", "4", "-o", "saved.csv", "-q")
    assert rows_of("saved.csv") == rows_of("straight.csv")


def test_without_a_seed_new_rows_are_other_rows_each_time(people):
    run("fit", "people.csv", "--seed", "1", "-q")
    for path in ("one.csv", "two.csv"):
        run("sample", "people.sdf", "-o", path, "-q")
    assert rows_of("one.csv")[0] == rows_of("two.csv")[0] == ["age", "paid", "city", "since"]
    assert len(rows_of("one.csv")) == 41  # as many as the model is of
    assert rows_of("one.csv") != rows_of("two.csv")


def test_fit_says_what_it_did(people, capsys):
    run("fit", "people.csv")
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("smoothdiff: people.sdf: a model of 40 rows of 4 columns (n_components ")
    assert err.count("\n") == 1
    run("fit", "people.csv", "-o", "other.sdf", "--json")
    found = said(capsys)
    model = load("other.sdf")
    assert found["output"] == "other.sdf"
    assert (found["rows"], found["t0"]) == (40, model.estimator_.t0_)
    assert found["bytes"] == (people / "other.sdf").stat().st_size
    assert [c["column"] for c in found["schema"]] == ["age", "paid", "city", "since"]
    assert found["schema"][1]["missing"] == model.schema_["paid"].n_missing > 0
    run("sample", "other.sdf", "-n", "7", "-o", "new.csv", "--json")
    found = said(capsys)
    assert (found["output"], found["rows"], found["from_rows"]) == ("new.csv", 7, 40)
    assert found["t0"] == model.estimator_.t0_


def test_the_schema_is_shown_by_both(people, capsys):
    run("fit", "people.csv", "--schema", "-q")
    run("sample", "people.sdf", "-n", "1", "--schema", "-q")
    shown = capsys.readouterr().err
    assert shown.count("city    object          categorical") == 2


@pytest.mark.parametrize(
    ("options", "parameters"),
    [
        ("--kappa 0.3 --t0-scale 2 --start local-pca --n-jobs 1", {}),
        ("--start-neighbors 5 --start-shrinkage 0.2,0.05", {"start_shrinkage": (0.2, 0.05)}),
        ("--solver heun --n-steps 3 --t-min-scale 0.5 --start isotropic", {"solver": "heun"}),
    ],
)
def test_options_reach_the_estimator(people, options, parameters):
    run("fit", "numbers.csv", "-q", *options.split())
    words = options.replace("--", "").split()
    found = load("numbers.sdf").estimator_.get_params()
    wanted = dict(zip(words[::2], words[1::2], strict=True))
    for option, text in wanted.items():
        name = option.replace("-", "_")
        assert found[name] == parameters.get(
            name, float(text) if text[0].isdigit() and "," not in text else text
        )


@pytest.mark.filterwarnings("ignore:Values of 'city', 'since' with too few rows")
def test_options_reach_the_table(people):
    run(
        "fit",
        "people.csv",
        "-q",
        "--together",
        "city,since",
        "--kind",
        "age=discrete",
        "--fill",
        "--draw",
        "row",
        "--redraw",
        "none",
        "--independent",
    )
    model = load("people.sdf")
    assert model.schema_.together == [["city", "since"]]
    assert model.schema_["age"].kind == "discrete"
    assert (model.missing, model.draw, model.redraw) == ("fill", "row", None)
    assert model.independent
    run("fit", "people.csv", "-q", "--by", "city", "--by", "since", "--kind", "since=categorical")
    assert load("people.sdf").schema_.by == ["city", "since"]


@pytest.mark.filterwarnings("ignore:The noise that samples keep", "ignore:The search chose")
def test_search(people):
    run("fit", "numbers.csv", "--search", "--seed", "3", "-q", "--kappa", "0.2", "--scale", "none")
    model = load("numbers.sdf").estimator_
    X = np.loadtxt("numbers.csv", delimiter=",", skiprows=1)
    wanted = SmoothedPLDiffusionCV(kappa=0.2, random_state=3).fit(X)
    assert type(model) is SmoothedPLDiffusionCV
    assert model.best_params_ == wanted.best_params_
    run("fit", "numbers.csv", "--search", "--seed", "3", "-q")
    assert type(load("numbers.sdf").estimator_) is SmoothedPLDiffusionCV


def test_conditions_and_parents_of_a_saved_model(people):
    run("fit", "people.csv", "-q")
    run(
        "sample",
        "people.sdf",
        "-n",
        "15",
        "--where",
        "city=Rome",
        "--where",
        "age=30:",
        "-q",
        "-o",
        "new.csv",
        "--parents",
        "parents.npy",
    )
    _, *made = rows_of("new.csv")
    assert {row[2] for row in made} == {"Rome"}
    assert all(int(row[0]) >= 30 for row in made)
    made_of = np.load("parents.npy")
    assert set(made_of["sample"]) == set(range(15))
    assert made_of["parent"].max() < 40


def test_standard_input_needs_a_name(people, capsys):
    assert main(["fit", "-"]) == 2
    assert capsys.readouterr().err == (
        "smoothdiff: error: Name the file to save the model to with -o.\n"
    )


# ------------------------------------------------------------------ models that Python saved


def test_models_of_tables(people):
    frame = pd.DataFrame(
        {
            "day": pd.date_range("2024-01-01", periods=20),
            "seen": pd.date_range("2024-01-01", periods=20, tz="UTC", freq="h"),
            "kids": pd.array([1, None, 2, 3, 0] * 4, dtype="Int64"),
            "size": pd.Categorical(["S", "L"] * 10),
        }
    )
    model = TableDiffusion(random_state=0).fit(frame)
    save(model, "frame.sdf")
    run("sample", "frame.sdf", "-n", "30", "--seed", "2", "-q", "-o", "new.csv")
    header, *rows = rows_of("new.csv")
    assert header == ["day", "seen", "kids", "size"]
    found = model.sample(30, random_state=2)
    for row, (_, wanted) in zip(rows, found.iterrows(), strict=True):
        assert row[0] == str(wanted["day"].date())
        assert pd.Timestamp(row[1]) == wanted["seen"]
        assert row[2] == ("" if wanted["kids"] is pd.NA else str(wanted["kids"]))
        assert row[3] == wanted["size"]
    assert "" in [row[2] for row in rows]


def test_models_of_polars(people):
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"a": [1, 2, 3, None] * 5, "b": ["x", "y"] * 10})
    save(TableDiffusion(random_state=0).fit(frame), "frame.sdf")
    run("sample", "frame.sdf", "-n", "30", "-q", "-o", "new.csv")
    header, *rows = rows_of("new.csv")
    assert header == ["a", "b"]
    assert {row[1] for row in rows} == {"x", "y"}
    assert "" in [row[0] for row in rows]


def test_models_of_classes(people, X):
    model = ClassConditionalDiffusion(SmoothedPLDiffusion()).fit(X, ["a"] * 10 + ["b"] * 15)
    save(model, "classes.sdf")
    run("sample", "classes.sdf", "-n", "9", "--seed", "1", "-q", "-o", "new.csv")
    drawn, labels = model.sample(9, random_state=1)
    rows = rows_of("new.csv")
    assert [row[3] for row in rows] == labels.tolist()
    np.testing.assert_array_equal(np.array([row[:3] for row in rows], dtype=float), drawn)


def test_pipelines_with_names(people):
    frame = pd.read_csv("numbers.csv")
    from sklearn.preprocessing import StandardScaler

    model = make_generative_pipeline(StandardScaler(), SmoothedPLDiffusion()).fit(frame)
    save(model, "pipeline.sdf")
    run("sample", "pipeline.sdf", "-n", "5", "--seed", "1", "-q", "-o", "new.csv")
    assert rows_of("new.csv")[0] == ["a", "b", "c"]
    frame[["c", "a", "b"]].to_csv("turned.csv", index=False)
    run("score", "pipeline.sdf", "turned.csv", "-o", "scores.npy", "-q")
    np.testing.assert_array_equal(np.load("scores.npy")[:, 0], model.score_samples(frame))


# ------------------------------------------------------------------ score


@pytest.mark.filterwarnings("ignore:The noise that samples keep")
@pytest.mark.parametrize("options", [[], ["--scale", "none"]])
def test_scores_are_of_the_rows_as_they_are(people, capsys, options):
    """Of standardized columns minus the logarithm of the deviations, for the change of units."""
    run("fit", "numbers.csv", "-q", *options)
    run("score", "numbers.sdf", "numbers.csv", "-o", "scores.csv", "--json")
    X = np.loadtxt("numbers.csv", delimiter=",", skiprows=1)
    deviation = np.ones(3) if options else X.std(axis=0)
    Z = X if options else (X - X.mean(axis=0)) / deviation
    wanted = SmoothedPLDiffusion().fit(Z).score_samples(Z) - np.log(deviation).sum()
    (head,), *rows = rows_of("scores.csv")
    assert head == "log_density"
    np.testing.assert_allclose([float(row[0]) for row in rows], wanted, rtol=1e-8)
    found = said(capsys)
    np.testing.assert_allclose(found["mean"], wanted.mean(), rtol=1e-8)
    assert (found["rows"], found["impossible"], found["of"]) == (40, 0, "rows")


@pytest.mark.filterwarnings("always")
def test_scores_of_an_array(folder, X, capsys):
    X[:, 1] = 0.5
    np.save("constant.npy", X)
    run("fit", "constant.npy", "-o", "model.sdf", "-q")
    run("score", "model.sdf", "constant.npy")
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == "log_density"
    X[3, 1] = 0.6  # which cannot be
    np.save("changed.npy", X)
    run("score", "model.sdf", "changed.npy", "-o", "scores.npy")
    err = capsys.readouterr().err
    assert "1 of 25 rows differ from the training data in columns that are constant there" in err
    assert "mean log-density -inf of 25 rows, 1 of them impossible" in err
    scores = np.load("scores.npy")
    assert np.flatnonzero(np.isneginf(scores[:, 0])).tolist() == [3]
    np.testing.assert_array_equal(
        np.delete(scores[:, 0], 3), np.delete([float(x) for x in out.splitlines()[1:]], 3)
    )


def test_coordinates_order_rows_of_any_table(people, capsys):
    run("fit", "people.csv", "-q")
    run("score", "people.sdf", "people.csv", "--coordinates", "-o", "scores.npy", "--json")
    assert said(capsys)["of"] == "coordinates"
    model = load("people.sdf")
    from smoothdiff.cli._mixed import text_frame

    frame = text_frame((people / "people.csv").read_bytes(), "people.csv")
    wanted = model.estimator_.score_samples(model.embed(frame))
    np.testing.assert_allclose(np.load("scores.npy")[:, 0], wanted)


def test_times_of_another_zone_are_the_same_times(people):
    """And a file without a header has the columns of the model."""
    rows = [f"2024-03-{day:02}T{hour:02}:00" for day in range(1, 21) for hour in (3, 9)]
    size = np.random.default_rng(0).normal(size=40)
    lines = [f"{time}+00:00,{x:.6f}\n" for time, x in zip(rows, size, strict=True)]
    later = [
        f"{time.replace('T03', 'T05').replace('T09', 'T11')}+02:00,{x:.6f}\n"
        for time, x in zip(rows, size, strict=True)
    ]
    (people / "utc.csv").write_text("when,size\n" + "".join(lines))
    (people / "later.csv").write_text("".join(later))
    run("fit", "utc.csv", "-q")
    for path in ("utc.csv", "later.csv"):
        run("score", "utc.sdf", path, "--coordinates", "-o", path.replace("csv", "npy"), "-q")
    np.testing.assert_array_equal(np.load("utc.npy"), np.load("later.npy"))


def test_decimal_commas_come_back(people):
    text = "a;b\n" + "".join(f"{i % 7},5;{i * i % 11},25\n" for i in range(30))
    (people / "commas.csv").write_text(text)
    for options in ([], ["--scale", "none", "--t-min", "0"]):
        run("fit", "commas.csv", "-q", *options)
        run("sample", "commas.sdf", "-q", "-o", "new.csv")
        assert (people / "new.csv").read_text().startswith("a;b\n")
        assert "." not in (people / "new.csv").read_text()


def test_detectors_are_scored(folder, X, capsys):
    save(DiffusionOutlierDetector(SmoothedPLDiffusion(random_state=0)).fit(X), "model.sdf")
    run("score", "model.sdf", "data.npy", "-o", "scores.npy", "-q")
    np.testing.assert_array_equal(np.load("scores.npy")[:, 0], load("model.sdf").score_samples(X))
    assert main(["sample", "model.sdf"]) == 2
    assert "model.sdf holds a DiffusionOutlierDetector, which draws no rows" in (
        capsys.readouterr().err
    )


# ------------------------------------------------------------------ errors


# ------------------------------------------------------------------ dropped, or written over


def test_a_dropped_column(people, capsys):
    run("fit", "people.csv", "--kind", "city=drop", "--json")
    city = said(capsys)["schema"][2]
    assert (city["kind"], city["values"], city["missing"]) == ("drop", None, None)
    run("sample", "people.sdf", "-n", "5", "-o", "new.csv", "-q")
    assert rows_of("new.csv")[0] == ["age", "paid", "since"]


@pytest.mark.parametrize(
    "command",
    [
        "sample numbers.csv -o ./numbers.csv",
        "sample people.csv -o new.csv --parents people.csv",
        "score numbers.sdf numbers.csv -o numbers.csv",
    ],
)
def test_what_is_read_is_not_written_over(people, command, capsys):
    run("fit", "numbers.csv", "-q")
    before = (people / "numbers.csv").read_bytes(), (people / "people.csv").read_bytes()
    assert main(command.split()) == 2
    assert "is read, and would be written over: name another file." in capsys.readouterr().err
    assert before == ((people / "numbers.csv").read_bytes(), (people / "people.csv").read_bytes())


@pytest.mark.parametrize(
    ("cells", "remedy"),
    [
        ([f"{k}.5%" for k in range(40)], "or take off signs such as %)."),
        ([f"11/12/{1900 + k}" for k in range(40)], "or write dates as 2021-12-31)."),
    ],
)
def test_what_else_texts_may_be_is_said_for_files(people, capsys, cells, remedy):
    (people / "texts.csv").write_text("\n".join(["what", *cells]))
    assert main(["sample", "texts.csv", "-o", "new.csv"]) == 2
    said = capsys.readouterr().err
    assert said.rstrip().endswith(remedy)
    assert "pandas" not in said


@pytest.mark.filterwarnings("always")
def test_dates_that_cannot_be_told_are_told_in_options(people, capsys):
    cells = [f"{k % 12 + 1}/{k % 11 + 1}/2021,{k}.5" for k in range(40)] * 4
    (people / "days.csv").write_text("\n".join(["day,x", *cells]))
    assert main(["sample", "days.csv", "-o", "new.csv", "--seed", "0"]) == 0
    said = capsys.readouterr().err
    assert "Dates held as text are taken as categories: 'day'. Written as 2021-12-31 they" in said
    assert "; --kind COLUMN=categorical keeps them as they are." in said
