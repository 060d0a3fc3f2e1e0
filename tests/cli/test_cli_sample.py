"""smoothdiff sample: what is written is what the estimator draws, and every error is a sentence."""

import io
import sys

import numpy as np
import pytest

from smoothdiff import SmoothedPLDiffusion
from smoothdiff.cli import main
from smoothdiff.cli._files import parse_csv, read_table


def standardized(X):
    return (X - X.mean(axis=0)) / X.std(axis=0)


def expected(X, n=10, seed=3, **parameters):
    """What the estimator draws from standardized columns, in units of X."""
    model = SmoothedPLDiffusion(random_state=seed, **parameters).fit(standardized(X))
    return X.mean(axis=0) + X.std(axis=0) * model.sample(n)


def sample(X, *options, n=10):
    """Rows that the command draws from X."""
    np.save("X.npy", X)
    arguments = ["sample", "X.npy", "-n", str(n), "--seed", "3", "-o", "drawn.npy", "-q"]
    assert main([*arguments, *options]) == 0
    return np.load("drawn.npy")


@pytest.mark.parametrize("source", ["data.csv", "data.npy"])
@pytest.mark.parametrize("target", ["new.csv", "new.tsv", "new.npy"])
def test_sample_writes_what_the_estimator_draws(folder, X, capsys, source, target):
    arguments = ["sample", source, "-n", "10", "--seed", "3", "-o", target, "--scale", "none"]
    assert main(arguments) == 0
    table = read_table(target)
    drawn = SmoothedPLDiffusion(random_state=3).fit(X).sample(10)
    assert table.values.tobytes() == drawn.tobytes()
    named = source.endswith("csv") and not target.endswith("npy")
    assert table.header == (["a", "b", "c"] if named else None)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("smoothdiff: 10 new rows from 25 of 3 columns (")
    assert err.count("\n") == 1


@pytest.mark.parametrize("extra", [{}, {"t_min": 0}, {"n_components": 2}])
def test_columns_are_standardized(folder, X, extra):
    X = X * [1.0, 1e-5, 1e5] + [0.0, 3.0, -1e7]
    options = [word for name, value in extra.items() for word in (f"--{name}", str(value))]
    drawn = sample(X, *(option.replace("_", "-") for option in options))
    np.testing.assert_allclose(drawn - X.mean(axis=0), expected(X, **extra) - X.mean(axis=0), 1e-6)


def test_units_do_not_matter(folder, X):
    unit = np.array([2.0**30, 2.0**-30, 1.0])  # powers of two leave the digits alone
    np.testing.assert_array_equal(sample(X * unit), sample(X) * unit)


@pytest.mark.filterwarnings("ignore:The noise that samples keep")
def test_a_narrow_column_is_not_drowned_in_noise(folder, X):
    X[:, 2] /= 1000
    deviation = X[:, 2].std()
    assert 0.5 < sample(X, n=400)[:, 2].std() / deviation < 2
    assert sample(X, "--scale", "none", n=400)[:, 2].std() / deviation > 20


@pytest.mark.parametrize("scale", ["standard", "none"])
@pytest.mark.parametrize("t_min", ["0", "auto"])
def test_a_constant_column_stays_constant(folder, X, scale, t_min):
    X[:, 1] = 0.1
    drawn = sample(X, "--scale", scale, "--t-min", t_min, n=50)
    np.testing.assert_array_equal(drawn[:, 1], 0.1)
    assert (drawn[:, [0, 2]].std(axis=0) > 0.1).all()


@pytest.mark.parametrize("scale", ["standard", "none"])
def test_what_all_parents_have_is_not_rounded(folder, rng, scale):
    """Whole numbers beside a column of hundredths; copies and mixtures."""
    X = np.c_[rng.integers(2, size=60), rng.integers(7, 9, size=60), rng.normal(size=60).round(2)]
    drawn = sample(
        X, "--scale", scale, "--t-min", "0", "--kappa", "0.5", "--parents", "p.npy", n=300
    )
    made_of = np.load("p.npy")
    n_copies = n_agreeing = 0
    for i, row in enumerate(drawn):
        parents = X[made_of["parent"][made_of["sample"] == i]]
        agree = (parents == parents[0]).all(axis=0)
        np.testing.assert_array_equal(row[agree], parents[0, agree])
        n_copies += len(parents) == 1
        n_agreeing += len(parents) > 1 and agree.any()
    assert min(n_copies, n_agreeing) > 20


def test_rows_outside_the_subspace_are_not_rebuilt_from_their_parents(folder, X):
    """With noise in normal directions a sample at t_min = 0 is no weighted mean of whole rows."""
    drawn = sample(X, "--t-min", "0", "--n-components", "1", "--kappa", "9", n=200)
    distance = np.abs(drawn[:, None] - X).max(axis=2).min(axis=1)
    assert (distance > 1e-3).all()
    np.testing.assert_allclose(drawn, expected(X, 200, t_min=0, n_components=1, kappa=9))


def test_options_reach_the_estimator(folder, X):
    options = "--kappa 0.3 --t0 0.5 --t-min 0.01 --spacing 0.9 --start local-pca --n-components 2"
    wanted = expected(
        X, kappa=0.3, t0=0.5, t_min=0.01, spacing=0.9, start="local-pca", n_components=2
    )
    np.testing.assert_allclose(sample(X, *options.split()), wanted)


@pytest.mark.parametrize(
    ("given", "value"), [("none", None), ("auto", "auto"), ("mle", "mle"), ("0.9", 0.9), ("1", 1)]
)
def test_values_of_n_components(folder, X, given, value):
    drawn = sample(X, "--n-components", given)
    np.testing.assert_allclose(drawn, expected(X, n_components=value))


@pytest.mark.parametrize("options", [[], ["-o", "-"]])
def test_standard_streams(folder, X, capsys, monkeypatch, options):
    text = b"a;b;c\n" + b"\n".join(b";".join(b"%r" % x for x in row) for row in X.tolist())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    arguments = ["sample", "-", "--seed", "3", "--quiet", "--redraw", "none", *options]
    arguments.append("--independent")
    assert main(arguments) == 0
    out, err = capsys.readouterr()
    table = parse_csv(out.encode())
    assert table.header == ["a", "b", "c"]
    low, high = X.min(axis=0), X.max(axis=0)
    rows = low + np.abs(expected(X, n=len(X)) - low)  # as many as were read, and within their range
    rows = high - np.abs(high - rows)
    np.testing.assert_allclose(table.values, rows)
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
    np.testing.assert_allclose(rebuilt, read_table("new.csv").values, atol=1e-12)


def test_no_rows(folder):
    assert main(["sample", "data.csv", "-n", "0", "-o", "new.csv", "--parents", "p.csv", "-q"]) == 0
    assert (folder / "new.csv").read_text() == "a,b,c\n"
    assert (folder / "p.csv").read_text() == "sample,parent,weight\n"
