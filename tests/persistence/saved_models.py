"""One fitted model of each kind, small, by name; and what it gives, as numbers and texts."""

import warnings
from contextlib import suppress

import numpy as np
import pytest
from given import normal
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    PowerTransformer,
    QuantileTransformer,
    StandardScaler,
)

from smoothdiff import (
    ClassConditionalDiffusion,
    DiffusionOutlierDetector,
    EmpiricalScoreDiffusion,
    LocalAverageDiffusion,
    NeuralScoreDiffusion,
    ScoreDiffusion,
    SmoothedPLDiffusion,
    SmoothedPLDiffusionCV,
    TableDiffusion,
    make_generative_pipeline,
)
from smoothdiff.cli._mixed import text_frame
from smoothdiff.cli._rows import RowsOfNumbers
from smoothdiff.starts import Start

pd = pytest.importorskip("pandas")

X, MORE = normal(16, 2), normal(5, 2, 1)
LABELS = np.repeat(["common", "rare"], [10, 6])
NAMED = pd.DataFrame(X, columns=["height", "width"])
TEXT = b"age,city,paid,since\n" + b"".join(
    b"%d,%s,%s,2024-02-%02d\n"
    % (20 + 3 * i, [b"Rome", b"Oslo"][i % 2], [b"", b"7.5", b"12.25"][i % 3], 1 + i)
    for i in range(20)
)
STACKED = [Start("local", 0.8, 5), Start("local-pca", 1.2, 7), Start("gaussian", 1.0, weight=0.5)]


def table_of(n=24, seed=0):
    """A pandas table with every kind of column."""
    rng = np.random.default_rng(seed)
    gap = rng.random(n) < 0.25
    dates = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 1000, n), unit="D")
    return pd.DataFrame(
        {
            "age": rng.integers(18, 80, n),
            "income": np.round(rng.lognormal(10, 1, n), 2),
            "sex": pd.Categorical(rng.choice(["F", "M"], n), ["F", "M", "X"]),
            "kids": pd.array(np.where(gap, None, rng.integers(0, 4, n)), dtype="Int64"),
            "agreed": pd.array(np.where(gap, None, rng.random(n) < 0.5), dtype="boolean"),
            "share": pd.array(np.where(gap, None, rng.random(n)), dtype="Float32"),
            "day": dates,
            "seen": pd.Series(dates).dt.tz_localize("Europe/Paris"),
            "took": pd.to_timedelta(rng.integers(0, 100_000, n), unit="s"),
            "city": pd.array(rng.choice(["Bern", "Oslo"], n), dtype="string"),
            "text": rng.choice(["yes", "no"], n),
            "grade": pd.Categorical(rng.choice(["low", "top"], n), ["low", "top"], ordered=True),
            "planet": "earth",
            "month": pd.period_range("2020-01", periods=12, freq="M")[rng.integers(0, 12, n)],
            "band": pd.cut(rng.random(n), 3),
            "object": np.array(rng.integers(0, 90, n), dtype=object),
        }
    )


def _neural():
    return NeuralScoreDiffusion(
        **{"max_iter": 100, "hidden_width": 4, "batch_size": 8, "n_steps": 6, "warm_start": True},
        random_state=0,
    )


def _columns():
    parts = [
        ("quantiles", QuantileTransformer(n_quantiles=10, output_distribution="normal"), ["a"]),
        ("power", PowerTransformer(), ["b"]),
        ("sinh", FunctionTransformer(np.arcsinh, np.sinh), ["c"]),
    ]
    return ColumnTransformer(parts)


def _piped():
    steps = (_columns(), MinMaxScaler(), PCA(), SmoothedPLDiffusion(random_state=0))
    return make_generative_pipeline(*steps).fit(pd.DataFrame(normal(20, 3), columns=list("abc")))


def _searched():
    grid = {"smoothedpldiffusion__kappa": [0.1, 0.3]}
    model = make_generative_pipeline(StandardScaler(), SmoothedPLDiffusion(random_state=0))
    return GridSearchCV(model, grid, cv=2).fit(X)


def _over_sampled():
    from smoothdiff import DiffusionOverSampler

    sampler = DiffusionOverSampler(random_state=0)
    sampler.fit_resample(X, LABELS)
    return sampler


def _smoothed(**parameters):
    return SmoothedPLDiffusion(random_state=0, **parameters).fit(X)


def _of_table(frame, **parameters):
    return TableDiffusion(random_state=0, **parameters).fit(frame)


def polars_table(n=20):
    import polars as pl

    rng = np.random.default_rng(0)
    return pl.DataFrame(
        {
            "age": rng.integers(18, 80, n),
            "city": rng.choice(["Bern", "Oslo"], n).tolist(),
            "paid": [None if i % 5 == 0 else float(i) for i in range(n)],
        }
    ).with_columns(
        pl.from_epoch(pl.Series(86400 * rng.integers(0, 999, n))).alias("day").cast(pl.Date),
        pl.from_epoch(pl.Series(60 * rng.integers(0, 9999, n)))
        .dt.replace_time_zone("UTC")
        .alias("seen"),
        pl.col("city").cast(pl.Enum(["Bern", "Oslo", "Rome"])).alias("place"),
    )


MODELS = {
    "empirical": lambda: EmpiricalScoreDiffusion(random_state=0).fit(X),
    "isotropic": lambda: _smoothed(start="isotropic"),
    "adaptive": lambda: _smoothed(start="adaptive"),
    "local-pca": lambda: _smoothed(start="local-pca", t_min_scale=0.5),
    "local": lambda: _smoothed(start="local"),
    "stacked": lambda: _smoothed(start=STACKED),
    "closed-form": lambda: _smoothed(t_min=0),
    "weighted": lambda: SmoothedPLDiffusion(random_state=0).fit(NAMED, sample_weight=np.arange(16)),
    "chosen": lambda: SmoothedPLDiffusionCV(cv=2, start_scales=[1.0], random_state=0).fit(X),
    "local-average": lambda: LocalAverageDiffusion(n_steps=4, n_quadrature=4, random_state=0).fit(
        X
    ),
    "neural": lambda: _neural().fit(X),
    "classes": lambda: ClassConditionalDiffusion(SmoothedPLDiffusion(random_state=0)).fit(
        NAMED, LABELS
    ),
    "one-row-class": lambda: ClassConditionalDiffusion(SmoothedPLDiffusion(random_state=0)).fit(
        X, np.repeat([1, 2], [15, 1])
    ),
    "outliers": lambda: DiffusionOutlierDetector(SmoothedPLDiffusion(random_state=0)).fit(X),
    "table": lambda: _of_table(table_of()),
    "table-by": lambda: _of_table(table_of(40), by="text", together=[["sex", "city"]]),
    "table-array": lambda: _of_table(np.round(X, 1).astype("float32")),
    "table-objects": lambda: _of_table([[1, "a"], [2, "b"], [3, "a"], [None, "b"], [5, "a"]] * 3),
    "table-polars": lambda: _of_table(polars_table()),
    "table-of-text": lambda: _of_table(text_frame(TEXT, "people.csv")),
    "rows-of-numbers": lambda: RowsOfNumbers(SmoothedPLDiffusion(random_state=0)).fit(X),
    "pipeline": _piped,
    "search": _searched,
    "over-sampler": _over_sampled,
    "field": lambda: ScoreDiffusion(_smoothed().diffusion_.score, n_steps=4, random_state=0).fit(X),
}


def skip_without_extra(name):
    """Skip the test where a model is made by what is not there."""
    for kind, extra in {"polars": "polars", "over-sampler": "imblearn"}.items():
        if kind in name:
            pytest.importorskip(extra)


def make(name):
    """The fitted model of a name; what small data make it warn of is not the matter here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return MODELS[name]()


def given_by(model):
    """What a model gives: samples and densities, as lists of columns."""
    model = getattr(model, "best_estimator_", model)
    found = {}
    if hasattr(model, "parents_"):
        found["parents"] = model.parents_, model.parent_weights_
    if hasattr(model, "sample"):
        found["sample"] = model.sample(6, random_state=1)
    for name in ("score_samples", "predict", "predict_proba", "decision_function"):
        if hasattr(model, name) and hasattr(model, "n_features_in_") and model.n_features_in_ == 2:
            with suppress(ValueError):  # of tables with categories
                found[name] = getattr(model, name)(_rows_for(model))
    return {name: _columns_of(value) for name, value in found.items()}


def _rows_for(model):
    named = hasattr(model, "feature_names_in_")
    return pd.DataFrame(MORE, columns=model.feature_names_in_) if named else MORE


def _columns_of(value):
    """Columns of arrays and tables, one list each; numbers as floats, the rest as texts."""
    if isinstance(value, tuple):
        return [column for part in value for column in _columns_of(part)]
    if hasattr(value, "columns"):
        columns = [list(value[name]) for name in value.columns]
    else:
        columns = np.asarray(value).reshape(len(value), -1).T.tolist()
    return [[x if type(x) in (int, float) and x == x else str(x) for x in c] for c in columns]
