"""The command line: its files, its errors, its exit status, and the parts of the demonstration."""

import io
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.neighbors import KernelDensity

from smoothdiff import SmoothedPLDiffusion, __version__, _demo, tables
from smoothdiff.__main__ import main

COMMAND = [sys.executable, "-m", "smoothdiff"]


@pytest.fixture(name="X")
def rows(rng):
    return rng.normal(size=(25, 3))


@pytest.fixture
def folder(tmp_path, monkeypatch, X):
    """Working directory with data.csv, which has a header, and data.npy."""
    monkeypatch.chdir(tmp_path)
    tables.write_tables({"data.csv": (X, ["a", "b", "c"]), "data.npy": (X, None)})
    return tmp_path


def expected(X, n=10, seed=3, **parameters):
    return SmoothedPLDiffusion(random_state=seed, **parameters).fit(X).sample(n)


# ---------------------------------------------------------------------- sample


@pytest.mark.parametrize("source", ["data.csv", "data.npy"])
@pytest.mark.parametrize("target", ["new.csv", "new.tsv", "new.npy"])
def test_sample_writes_what_the_estimator_draws(folder, X, capsys, source, target):
    assert main(["sample", source, "-n", "10", "--seed", "3", "-o", target]) == 0
    table = tables.read_table(target)
    assert table.values.tobytes() == expected(X).tobytes()
    named = source.endswith("csv") and not target.endswith("npy")
    assert table.header == (["a", "b", "c"] if named else None)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("smoothdiff: 10 new rows from 25 of 3 columns")
    assert err.count("\n") == 1


def test_options_reach_the_estimator(folder, X):
    options = "--kappa 0.3 --t0 0.5 --t-min 0.01 --spacing 0.9 --start local-pca --n-components 2"
    assert (
        main(["sample", "data.npy", "-n10", "--seed=3", "-onew.npy", "-q", *options.split()]) == 0
    )
    wanted = expected(
        X, kappa=0.3, t0=0.5, t_min=0.01, spacing=0.9, start="local-pca", n_components=2
    )
    np.testing.assert_array_equal(np.load("new.npy"), wanted)


@pytest.mark.parametrize(
    ("given", "value"), [("none", None), ("auto", "auto"), ("mle", "mle"), ("0.9", 0.9), ("1", 1)]
)
def test_values_of_n_components(folder, X, given, value):
    arguments = ["--n-components", given, "--seed", "3", "-q", "-o", "new.npy", "-n", "10"]
    assert main(["sample", "data.npy", *arguments]) == 0
    np.testing.assert_array_equal(np.load("new.npy"), expected(X, n_components=value))


def test_standard_streams(folder, X, capsys, monkeypatch):
    text = b"a;b;c\n" + b"\n".join(b";".join(b"%r" % x for x in row) for row in X.tolist())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    assert main(["sample", "-", "--seed", "3", "--quiet"]) == 0
    out, err = capsys.readouterr()
    table = tables.parse_csv(out.encode())
    assert table.header == ["a", "b", "c"]
    np.testing.assert_array_equal(table.values, expected(X, n=len(X)))  # as many as were read
    assert err == ""


@pytest.mark.parametrize("suffix", [".csv", ".npy"])
def test_parents_rebuild_the_samples(folder, X, suffix):
    path = f"parents{suffix}"
    arguments = ["-n", "40", "--t-min", "0", "-o", "new.csv", "--parents", path, "-q"]
    assert main(["sample", "data.csv", *arguments]) == 0
    is_text = suffix == ".csv"
    made_of = np.genfromtxt(path, delimiter=",", names=True) if is_text else np.load(path)
    assert made_of.dtype.names == ("sample", "parent", "weight")
    rebuilt = np.zeros((40, 3))
    rows = made_of["weight"][:, None] * X[made_of["parent"].astype(int)]
    np.add.at(rebuilt, made_of["sample"].astype(int), rows)
    np.testing.assert_allclose(rebuilt, tables.read_table("new.csv").values, atol=1e-12)


def test_no_rows(folder):
    assert main(["sample", "data.csv", "-n", "0", "-o", "new.csv", "--parents", "p.csv", "-q"]) == 0
    assert (folder / "new.csv").read_text() == "a,b,c\n"
    assert (folder / "p.csv").read_text() == "sample,parent,weight\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("missing.csv", "missing.csv: No such file or directory."),
        ("folder.csv", "folder.csv: Is a directory."),
        ("data.xlsx", "The name of data.xlsx must end in .csv or .tsv or .npy."),
        ("empty.csv", "empty.csv has no rows."),
        ("words.csv", "words.csv, line 3, column 2 (b): 'x' is not a number."),
        ("ragged.csv", "ragged.csv, line 2: the number of cells is 3, where line 1 has 2."),
        ("nan.csv", "nan.csv, line 2, column 1: 'nan' is not a finite number."),
        ("nan.npy", "Input X contains NaN: 1 values in 1 of 25 rows"),
        ("flat.npy", "flat.npy must hold a two-dimensional array of real numbers."),
        ("one.csv", "SmoothedPLDiffusion needs distinct samples to take a length scale from"),
        ("data.csv -o new.txt", "The name of new.txt must end in"),
        ("data.csv -o missing/new.csv", "missing: there is no such folder."),
        ("data.csv -o folder.csv", "folder.csv: Is a directory."),
        ("data.csv --parents new.txt", "The name of new.txt must end in"),
        ("data.csv -o p.csv --parents ./p.csv", "--output and --parents name the same file."),
        ("data.csv --kappa -1", "The 'kappa' parameter of SmoothedPLDiffusion must be a positive"),
        ("data.csv --kappa x", "The 'kappa' parameter of SmoothedPLDiffusion must be a positive"),
        ("data.csv --t0 0", "The 't0' parameter of SmoothedPLDiffusion must be 'auto' or a"),
        ("data.csv --t0 1 --t-min 2", "The 't_min' parameter of SmoothedPLDiffusion must not"),
        ("data.csv --start x", "The 'start' parameter of SmoothedPLDiffusion must be one of"),
        ("data.csv --n-components 9", "The 'n_components' parameter of SmoothedPLDiffusion must"),
        ("data.csv --seed -1", "random_state must not be negative."),
        ("data.csv --seed 0.5", "random_state must be None, a non-negative integer"),
        ("data.csv -n -1", "n_samples must be a non-negative integer. Got -1 instead."),
        ("data.csv -n 1.5", "n_samples must be a non-negative integer. Got 1.5 instead."),
    ],
)
def test_errors_are_one_sentence(folder, X, capsys, arguments, sentence):
    (folder / "folder.csv").mkdir()
    (folder / "empty.csv").write_text("")
    (folder / "words.csv").write_text("a,b\n1,2\n3,x\n")
    (folder / "ragged.csv").write_text("1,2\n3,4,5\n")
    (folder / "nan.csv").write_text("1,2\nnan,4\n")
    (folder / "one.csv").write_text("1,2\n")
    X[3, 1] = np.nan
    np.save("nan.npy", X)
    np.save("flat.npy", X[0])
    (folder / "new.csv").write_text("before")
    before = sorted(os.listdir())
    if " -o " not in arguments:
        arguments += " -o new.csv"
    assert main(["sample", *arguments.split()]) == 2
    out, err = capsys.readouterr()
    assert err.startswith(f"smoothdiff: error: {sentence}")
    assert err.count("\n") == 1
    assert out == ""
    assert sorted(os.listdir()) == before
    assert (folder / "new.csv").read_text() == "before"


def test_interrupted(folder, capsys, monkeypatch):
    def interrupted(path):
        raise KeyboardInterrupt

    monkeypatch.setattr(tables, "read_table", interrupted)
    assert main(["sample", "data.csv"]) == 130
    assert capsys.readouterr() == ("", "")


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_interrupted_while_threads_compute(tmp_path):
    with subprocess.Popen(
        [*COMMAND, "demo"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr.readline().startswith(b"SmoothedPL: 0 of")
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        assert process.communicate() == (b"", b"")
        assert process.returncode == 130
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="POSIX pipes")
def test_as_a_program(folder, X):
    """A whole run, and one whose reader leaves after the first line."""
    arguments = ["sample", "data.csv", "--seed", "3", "--quiet"]
    done = subprocess.run([*COMMAND, *arguments, "-n", "10"], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    np.testing.assert_array_equal(tables.parse_csv(done.stdout).values, expected(X))

    with subprocess.Popen(
        [*COMMAND, *arguments, "-n", "20000"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"a,b,c\n"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_full_disk(folder, monkeypatch):
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*COMMAND, "sample", "data.csv", "-q"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 2
    assert done.stderr.startswith(b"smoothdiff: error: ")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_version_and_help_load_nothing_heavy(option):
    code = f"""
import sys
from smoothdiff.__main__ import main
try:
    main([{option!r}])
finally:
    heavy = {{"numpy", "jax", "sklearn"}} & set(sys.modules)
    print(heavy, file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "set()\n")
    assert (f"smoothdiff {__version__}" if option == "--version" else "sample") in done.stdout


def test_wrong_usage(capsys):
    for arguments in ([], ["sampel"], ["sample"]):
        with pytest.raises(SystemExit) as stopped:
            main(arguments)
        assert stopped.value.code == 2
        assert "smoothdiff" in capsys.readouterr().err


# ---------------------------------------------------------------------- demo


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


def small_contenders(X):
    return [
        _demo.Contender("SmoothedPL", SmoothedPLDiffusion(), [{"t0": [20.0], "t_min": [5.0]}]),
        _demo.Contender("KernelDensity", KernelDensity(), [{"bandwidth": [2.0, 4.0]}]),
    ]


def test_contenders_are_searched_and_judged(rng, capsys):
    train, test = rng.normal(size=(60, 2)), rng.normal(size=(40, 2))
    entry = _demo.Contender("Kernels", KernelDensity(), [{"bandwidth": [0.02, 0.4, 20.0]}])
    with _demo.Progress(9) as progress:
        result = _demo.judge(entry, train, test, progress)
    assert result.chosen == {"bandwidth": 0.4}
    assert progress.done == 9
    wanted = KernelDensity(bandwidth=0.4).fit(train).score_samples(test)
    np.testing.assert_allclose(result.log_likelihood, wanted)
    assert 0 < result.memorized < 1
    assert np.isnan(result.memorized_bare)


def test_memorized_without_noise(rng, capsys):
    X = rng.normal(size=(50, 2))
    grid = [{"t_min": [1.0]}]
    with _demo.Progress(3) as progress:
        empirical = _demo.contenders(X)[1].model.set_params(t0=1.0)
        result = _demo.judge(_demo.Contender("Empirical", empirical, grid), X, X, progress)
    assert result.memorized < 0.5
    assert result.memorized_bare == 1.0


def test_every_candidate_is_valid(rng):
    X = rng.normal(size=(100, 4))
    for name, model, grid in _demo.contenders(X):
        for candidates in grid:
            for index in (0, -1):
                parameters = {key: values[index] for key, values in candidates.items()}
                if name == "GaussianMixture":
                    assert set(parameters) <= set(model.get_params())
                else:
                    assert np.isfinite(model.set_params(**parameters).fit(X).score(X)), parameters


def results(gain, bare=0.125):
    rng = np.random.default_rng(0)
    ours, other = rng.normal(size=(2, 100))
    ours += gain + other.mean() - ours.mean()
    return [
        _demo.Result("Ours", None, {"t0": 2.0, "start": "adaptive"}, ours, 0.0, bare, 1.25),
        _demo.Result("Worse", None, {"h": 1}, other - 9, 0.5, np.nan, 0.5),
        _demo.Result("Other", None, {"h": 1 / 3}, other, 0.5, np.nan, 10.0),
    ]


def test_text_of_the_table():
    lines = _demo.table(results(1.0)).splitlines()
    assert len({len(line) for line in lines[2:]}) == 1
    mean = results(1.0)[0].log_likelihood.mean()
    assert lines[2].split() == ["Ours", f"{mean:.2f}", "0.000", "0.125", "1.2"]
    assert lines[3].split()[3] == "-"
    assert _demo.chosen(results(1.0)).splitlines()[0].split(maxsplit=1) == [
        "Ours",
        "start=adaptive, t0=2",
    ]


def test_reading_says_what_the_table_says():
    above, below, level = (_demo.reading(results(gain)) for gain in (1.0, -1.0, 0.01))
    assert "Ours is 1.00 nats a row" in above
    assert "above Other, the best" in above
    assert "Ours is 1.00 nats a row" in below
    assert "below Other, the best" in below
    assert "no clear difference" in level
    assert "no clear difference" not in above + below
    assert "12% of its samples" in above


def test_progress_on_a_terminal(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    with _demo.Progress(4) as progress:
        progress.stage("first")
        for _ in range(3):
            progress.step()
        bars = sys.stderr.getvalue().split("\r")
        assert bars[-1].startswith("[" + "#" * 24 + "-" * 8 + "]    3 of 4 fits  first")
        assert "\n" not in sys.stderr.getvalue()
        width = max(map(len, bars))
    assert width < 80
    assert sys.stderr.getvalue().endswith(" " * width + "\r")


def test_progress_elsewhere_is_a_line_a_stage(capsys):
    with _demo.Progress(4) as progress:
        progress.stage("first")
        progress.step()
        progress.step()
        progress.stage("second")
        progress.step()
    assert capsys.readouterr().err == "first: 0 of 4 fits done\nsecond: 2 of 4 fits done\n"


@pytest.fixture
def quick_demo(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.setattr(_demo, "contenders", small_contenders)
    monkeypatch.setattr(_demo, "DRAWN", 50)
    return tmp_path


def test_demo(quick_demo, capsys):
    assert main(["demo"]) == 0
    out, err = capsys.readouterr()
    rows = {line.split()[0]: line.split()[1:] for line in out.splitlines() if line}
    assert {"SmoothedPL", "KernelDensity", "Picture:"} <= set(rows)
    assert "t0=20, t_min=5" in out
    assert err.count("\n") == 2
    assert (quick_demo / "smoothdiff-demo.png").read_bytes()[:4] == b"\x89PNG"
    assert os.listdir() == ["smoothdiff-demo.png"]


def test_demo_without_matplotlib(quick_demo, capsys, monkeypatch):
    for name in ("matplotlib", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, name, None)
    assert main(["demo"]) == 0
    out, _ = capsys.readouterr()
    assert "SmoothedPL" in out
    (line,) = (line for line in out.splitlines() if line.startswith("No picture."))
    assert "pip install smoothdiff[plot]" in line
    assert os.listdir() == []


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("missing/x.png", "missing: there is no such folder."),
        ("x.doc", "The name of x.doc must end in "),
        ("x", "The name of x must end in "),
    ],
)
def test_demo_refuses_a_path_before_any_work(quick_demo, capsys, monkeypatch, path, sentence):
    monkeypatch.setattr(_demo, "load_digits", None)  # not reached
    assert main(["demo", "-o", path]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"smoothdiff: error: {sentence}")
    assert err.count("\n") == 1


def test_picture_formats(quick_demo, rng):
    X = rng.normal(size=(40, 64))
    pca = PCA(3, random_state=0).fit(X)
    train = pca.transform(X)
    model = SmoothedPLDiffusion().fit(train)
    pyplot = pytest.importorskip("matplotlib.pyplot")
    open_before = pyplot.get_fignums()
    _demo.draw(model, train, train, pca, quick_demo / "x.SVG")
    text = (quick_demo / "x.SVG").read_text()
    assert "<svg" in text
    assert pyplot.get_fignums() == open_before
