"""smoothdiff demo: the contest, its table and what is said of it, and the picture."""

import os
import sys

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.neighbors import KernelDensity

from smoothdiff import SmoothedPLDiffusion
from smoothdiff._progress import Progress
from smoothdiff.cli import _contest, _demo, main


def small_contenders(X):
    return [
        _contest.Contender("SmoothedPL", SmoothedPLDiffusion(), [{"t0": [20.0], "t_min": [5.0]}]),
        _contest.Contender("KernelDensity", KernelDensity(), [{"bandwidth": [2.0, 4.0]}]),
    ]


def test_contenders_are_searched_and_judged(rng, capsys):
    train, test = rng.normal(size=(60, 2)), rng.normal(size=(40, 2))
    entry = _contest.Contender("Kernels", KernelDensity(), [{"bandwidth": [0.02, 0.4, 20.0]}])
    progress = Progress(9, "fits")
    result = _contest.judge(entry, train, test, progress)
    assert result.chosen == {"bandwidth": 0.4}
    assert progress.done == entry.n_fits == 9
    wanted = KernelDensity(bandwidth=0.4).fit(train).score_samples(test)
    np.testing.assert_allclose(result.log_likelihood, wanted)
    assert 0 < result.memorized < 1
    assert np.isnan(result.memorized_bare)


def test_memorized_without_noise(rng, capsys):
    X = rng.normal(size=(50, 2))
    grid = [{"t_min": [1.0]}]
    empirical = _contest.contenders(X)[1].model.set_params(t0=1.0)
    entry = _contest.Contender("Empirical", empirical, grid)
    result = _contest.judge(entry, X, X, Progress(3, "fits"))
    assert result.memorized < 0.5
    assert result.memorized_bare == 1.0


def test_every_candidate_is_valid(rng):
    X = rng.normal(size=(100, 4))
    for name, model, grid in _contest.contenders(X):
        for candidates in grid:
            for index in (0, -1):
                parameters = {key: values[index] for key, values in candidates.items()}
                if name == "GaussianMixture":
                    assert set(parameters) <= set(model.get_params())
                else:
                    assert np.isfinite(model.set_params(**parameters).fit(X).score(X)), parameters


def test_a_model_that_searches_itself(rng, capsys):
    """Its choice is told in words, and its samples without noise are those of its best."""
    train, test = rng.normal(size=(60, 2)), rng.normal(size=(40, 2))
    entry = _contest.contenders(train)[0]
    progress = Progress(1, "fits")
    result = _contest.judge(entry, train, test, progress)
    assert progress.done == entry.n_fits == 1
    assert isinstance(result.model, SmoothedPLDiffusion)
    assert result.memorized_bare > result.memorized
    text = _demo.chosen([result])
    assert f"start={len(result.chosen['start'])} laws" in text
    assert "t_min_scale=" in text


def results(gain, bare=0.125):
    rng = np.random.default_rng(0)
    ours, other = rng.normal(size=(2, 100))
    ours += gain + other.mean() - ours.mean()
    return [
        _contest.Result("Ours", None, {"t0": 2.0, "start": "adaptive"}, ours, 0.0, bare, 1.25),
        _contest.Result("Worse", None, {"h": 1}, other - 9, 0.5, np.nan, 0.5),
        _contest.Result("Other", None, {"h": 1 / 3}, other, 0.5, np.nan, 10.0),
    ]


def test_text_of_the_table():
    lines = _demo.table(results(1.0), 0.25).splitlines()
    assert len({len(line) for line in lines[2:-1]}) == 1
    mean = results(1.0)[0].log_likelihood.mean()
    assert lines[2].split() == ["Ours", f"{mean:.2f}", "0.000", "0.125", "1.2"]
    assert lines[3].split()[3] == "-"
    assert lines[-1].split() == ["held-out", "rows", "0.250"]
    assert _demo.chosen(results(1.0)).splitlines()[0].split(maxsplit=1) == [
        "Ours",
        "start=adaptive, t0=2",
    ]


def test_reading_says_what_the_table_says():
    above, below, level = (_demo.reading(results(gain), 0.04) for gain in (1.0, -1.0, 0.01))
    assert "Ours is 1.00 nats a row" in above
    assert "above Other, the best" in above
    assert "Ours is 1.00 nats a row" in below
    assert "below Other, the best" in below
    assert "no clear difference" in level
    assert "no clear difference" not in above + below
    assert "12% of its samples" in above
    assert "of real rows held out, 4% are" in above


@pytest.fixture
def quick_demo(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.setattr(_contest, "contenders", small_contenders)
    monkeypatch.setattr(_contest, "DRAWN", 50)
    some = [part[:300] for part in load_digits(return_X_y=True)]
    monkeypatch.setattr("sklearn.datasets.load_digits", lambda return_X_y: some)
    return tmp_path


def test_demo(quick_demo, capsys):
    pytest.importorskip("matplotlib")
    assert main(["demo"]) == 0
    out, err = capsys.readouterr()
    rows = {line.split()[0]: line.split()[1:] for line in out.splitlines() if line}
    assert {"SmoothedPL", "KernelDensity", "Picture:"} <= set(rows)
    assert "t0=20, t_min=5" in out
    names = {line.split(":")[0] for line in err.splitlines()}  # none, if it took no time
    assert names <= {"SmoothedPL", "KernelDensity"}
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


def test_picture_formats(quick_demo, rng):
    X = rng.normal(size=(40, 64))
    pca = PCA(3, random_state=0).fit(X)
    train = pca.transform(X)
    model = SmoothedPLDiffusion().fit(train)
    pyplot = pytest.importorskip("matplotlib.pyplot")
    open_before = pyplot.get_fignums()
    _demo.paint(model, train, train, pca, quick_demo / "x.SVG")
    text = (quick_demo / "x.SVG").read_text()
    assert "<svg" in text
    assert pyplot.get_fignums() == open_before
