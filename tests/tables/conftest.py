"""Small tables with every kind of column."""

import numpy as np
import pytest


def mixed_table(n=160, seed=0):
    """One column of each kind that people have."""
    pd = pytest.importorskip("pandas")
    rng = np.random.default_rng(seed)
    gap = rng.random(n) < 0.2
    return pd.DataFrame(
        {
            "age": rng.integers(18, 80, n),
            "income": np.round(rng.lognormal(10, 1, n), 2),
            "sex": pd.Categorical(rng.choice(["F", "M"], n), categories=["F", "M", "X"]),
            "gain": np.where(rng.random(n) < 0.7, 0.0, np.round(50 + rng.exponential(900, n), 1)),
            "kids": pd.array(np.where(gap, None, rng.integers(0, 4, n)), dtype="Int64"),
            "member": rng.random(n) < 0.3,
            "agreed": pd.array(np.where(gap, None, rng.random(n) < 0.5), dtype="boolean"),
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 1000, n), unit="D"),
            "seen": pd.date_range("2020-03-28", periods=n, freq="h", tz="Europe/Paris")[
                rng.permutation(n)
            ],
            "took": pd.to_timedelta(rng.integers(0, 100_000, n), unit="s"),
            "city": pd.array(rng.choice(["Bern", "Oslo", "Rome"], n), dtype="string"),
            "grade": pd.Categorical(
                rng.choice(["low", "mid", "top"], n), ["low", "mid", "top"], ordered=True
            ),
            "planet": "earth",
            "weight": rng.normal(70, 9, n).astype("float32"),
            "pressure": np.where(gap, np.nan, np.round(rng.normal(size=n), 3)),
            "month": pd.period_range("2020-01", periods=12, freq="M")[rng.integers(0, 12, n)],
            "object": np.array(rng.integers(0, 90, n), dtype=object),
        }
    )


@pytest.fixture(scope="session")
def table():
    return mixed_table()
