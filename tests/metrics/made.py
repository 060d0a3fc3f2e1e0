"""Tables for the tests of metrics: of any columns, the same on every machine."""

import numpy as np
import pytest

pd = pytest.importorskip("pandas")


def mixed(n, shift):
    """Numbers, dates, categories, truth values, gaps; another ``shift`` is another law."""
    i = np.arange(n)
    u = [(np.sin((i + 1) * k * (1 + shift)) * 43758.5453) % 1 for k in (1.1, 2.3, 3.7, 4.9, 5.3)]
    table = pd.DataFrame(
        {
            "x": np.round(u[0] * 10 + shift, 3),
            "y": np.round((u[0] + u[1]) ** 2, 3),
            "n": (u[2] * 7).astype(int),
            "c": np.array(["a", "b", "c", "d"])[(u[3] ** (1 + shift) * 4).astype(int)],
            "t": u[4] + 0.3 * (u[0] > 0.5) > 0.6,
            "d": pd.Timestamp("2024-01-01") + pd.to_timedelta((u[1] * 100).astype(int), unit="D"),
        }
    )
    table.loc[u[2] < 0.1, "y"] = np.nan
    table["g"] = np.where(u[4] < 0.2, None, np.array(["u", "v"])[(u[0] * 2).astype(int)])
    return table


def clouds(*counts, d=3, seed=0):
    """Normal points, as many as each count."""
    rng = np.random.default_rng(seed)
    return [rng.standard_normal((n, d)) for n in counts]
