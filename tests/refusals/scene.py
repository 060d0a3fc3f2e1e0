"""The names that the calls of the table use; arrays of them cannot be written to."""

import pickle
import warnings
from functools import cache

import numpy as np
import pytest
from given import gaussian_score, normal
from scipy import sparse
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KernelDensity
from sklearn.preprocessing import StandardScaler

import smoothdiff
from smoothdiff import (
    GenerativePipeline,
    SmoothedPLDiffusion,
    claims,
    cloud,
    datasets,
    inspection,
    metrics,
    mixed_cell,
    noise,
    ode,
    persistence,
    pipeline,
    scores,
    solvers,
    starts,
    tables,
    theory,
)
from smoothdiff.persistence import save

pd = pytest.importorskip("pandas", reason="tables need pandas")
pytest.importorskip("imblearn", reason="needs the extra imblearn")

__all__ = ["CHEAP", "MODULES", "fitted", "make_folder", "names_for", "scene"]

# Modules whose names the calls use as they are.
MODULES = (
    *(smoothdiff, claims, datasets, inspection, metrics, persistence, pipeline, tables, theory),
    *(cloud, mixed_cell, noise, ode, scores, solvers, starts),
)
# Arguments with which each estimator is fitted once, in little time.
CHEAP = {
    "EmpiricalScoreDiffusion": "n_steps=4",
    "SmoothedPLDiffusion": "n_steps=4",
    "SmoothedPLDiffusionCV": (
        "cv=2, start_scales=(1.0,), start_neighbors=(5,), start_shrinkages=((0.1, 0.1),), "
        "t_min_scales=(0.25, 0.5, 1.0), kappas=(0.1,)"
    ),
    "LocalAverageDiffusion": "n_steps=4, n_quadrature=4",
    "NeuralScoreDiffusion": (
        "max_iter=200, tol=1.0, n_iter_no_change=1, hidden_width=8, batch_size=16, n_steps=4"
    ),
    "ScoreDiffusion": "field, n_steps=4",
    "ClassConditionalDiffusion": "",
    "DiffusionOutlierDetector": "SmoothedPLDiffusion()",
    "TableDiffusion": "",
}
TEXTS = {
    "text.sdf": "a,b\n1,2\n",
    "old.sdf": "before",
    "old.csv": "before",
    "empty.csv": "",
    "head.csv": "a,b\n",
    "words.csv": "a,b\n1,2\n3,x\n",
    "ragged.csv": "1,2\n3,4,5\n",
    "nan.csv": "1,2\nnan,4\n",
    "bare.csv": "30,1\n",
    "text.npz": "1,2\n",
    "data.xlsx": "1,2\n",
    "other.csv": "age,city,u,day\n30,Paris,0.5,2020-01-01\n",
}


def field(x, t):
    """The score of a normal law."""
    return gaussian_score(x, t)


def bad_field(x, t):
    return x[:, :1]


@cache
def fitted(name):
    """An estimator of the library, fitted."""
    made = eval(f"{name}({CHEAP[name]})", scene())
    if "random_state" in made.get_params():
        made.set_params(random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        given = (scene()["people"],) if name == "TableDiffusion" else (scene()["X"], scene()["y"])
        return made.fit(*given)


def make_folder(path):
    """The files that calls and commands name, in a folder."""
    X, people = scene()["X"], scene()["people"]
    people.to_csv(path / "people.csv", index=False)
    people.assign(name=[f"id{i}" for i in range(60)]).to_csv(path / "named.csv", index=False)
    np.savetxt(path / "numbers.csv", X, delimiter=",", header="a,b,c", comments="")
    np.savetxt(path / "two.csv", X[:, :2], delimiter=",", header="a,b", comments="")
    for name, text in TEXTS.items():
        (path / name).write_text(text)
    for name, array in {
        **{"nan": scene()["with_nan"], "flat": X[0], "none": X[:0], "one": X[:1]},
        **{"complex": X + 0j, "cubic": np.zeros((2, 2, 2))},
    }.items():
        np.save(path / f"{name}.npy", array)
    np.savez(path / "two.npz", train=X, test=X[:5])
    np.savez(path / "one.npz", X)
    np.savez(path / "no.npz")
    np.savez(path / "objects.npz", np.array([[None]]))
    (path / "folder.csv").mkdir()
    save(fitted("TableDiffusion"), path / "people.sdf")
    save(fitted("SmoothedPLDiffusion"), path / "points.sdf")
    (path / "broken.sdf").write_bytes((path / "points.sdf").read_bytes()[:-9])
    (path / "empty.sdf").write_bytes(b"")
    (path / "pickle.sdf").write_bytes(pickle.dumps(3))


@cache
def _with_models():
    """The scene, and what is fitted to it."""
    names, model = scene(), fitted("SmoothedPLDiffusion")
    report = names["report"](names["X"], names["X"], names["other"])
    pipe = GenerativePipeline([("scale", StandardScaler()), ("model", SmoothedPLDiffusion())])
    return {
        **names,
        "table_model": fitted("TableDiffusion"),
        "points_model": model,
        "found_report": report,
        "pipe": pipe.fit(names["X"]),
    }


def names_for(of):
    """All names, with the fitted ``model`` of this class if there is one."""
    return {**_with_models(), "model": fitted(of)} if of in CHEAP else _with_models()


def _people():
    rng = np.random.default_rng(0)
    days = pd.date_range("2020-01-01", periods=60)
    cities = ["Oslo", "Rome", "Bern"] * 20
    return pd.DataFrame(
        {"age": rng.integers(18, 80, 60), "city": cities, "u": rng.normal(size=60), "day": days}
    )


def _with(X, places):
    X = X.copy()
    for place, value in places.items():
        X[place] = value
    return X


@cache
def scene():
    """All names, by what they stand for."""
    found = {name: getattr(module, name) for module in MODULES for name in module.__all__}
    X, people = normal(20, 3), _people()
    found |= {
        "X": X,
        "y": np.array(["a", "b"] * 10),
        "other": normal(30, 3, 1),
        "wide": normal(20, 4),
        "with_nan": _with(X, {(3, 1): np.nan, (3, 2): np.nan}),
        "with_infinity": _with(X, {(7, 0): np.inf, (9, 0): -np.inf}),
        "with_both": _with(X, {(0, 2): np.inf, (1, 0): np.nan}),
        "with_complex": X + 0j,
        "texts": np.array([["a", "b"], ["c", "d"]]),
        "objects": np.array([[{}, 1], [2, 3]], dtype=object),
        "text_column": pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"], "c": [1.0, 1.0]}),
        "flat": np.arange(5.0),
        "cubic": np.zeros((2, 3, 4)),
        "no_rows": np.empty((0, 3)),
        "no_columns": np.empty((3, 0)),
        "one_row": np.ones((1, 3)),
        "equal_rows": np.ones((20, 3)),
        "sparse_rows": sparse.csr_array(X),
        "people": people,
        "line": np.array([-1.0, -0.4, 0.3, 1.0]),
    }
    for value in found.values():
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
    found |= {"np": np, "pd": pd, "sparse": sparse, "field": field, "bad_field": bad_field}
    found |= {
        each.__name__: each
        for each in (
            *(PCA, LinearRegression, LogisticRegression, GaussianMixture, KernelDensity),
            *(StandardScaler, smoothdiff.DiffusionOverSampler),
        )
    }
    return found
