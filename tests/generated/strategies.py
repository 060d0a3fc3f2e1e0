"""Points of every kind, of few shapes: each shape is compiled anew."""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st

pd = pytest.importorskip("pandas", reason="frames need pandas")

SHAPES = [(1, 1), (1, 3), (2, 1), (2, 2), (3, 6), (5, 1), (5, 2), (17, 1), (17, 2)]
WIDE = [*SHAPES, (17, 3), (5, 6), (17, 6)]


def is_long():
    """Whether more is asked for than the few that are always the same, in two dimensions."""
    return not settings.default.derandomize


@dataclass
class Points:
    """What a user hands over, and the same as plain numbers."""

    X: object
    values: np.ndarray
    made: str = field(compare=False)

    def __repr__(self):
        return f"{self.made} {type(self.X).__name__}, values={self.values.tolist()}"


# ---------------------------------------------------------------------- contents


def normal(rng, n, d):
    return rng.normal(size=(n, d))


def grid(rng, n, d):
    """Points with many at equal distances."""
    return rng.integers(-2, 3, size=(n, d)).astype(float)


def nearly_a_grid(rng, n, d):
    """Distances that differ by rounding, or a little more."""
    return grid(rng, n, d) + 10.0 ** rng.integers(-17, -6) * rng.normal(size=(n, d))


def few_rows(rng, n, d):
    """Mostly duplicates."""
    return rng.normal(size=(2, d))[rng.integers(2, size=n)]


def one_heavy_row(rng, n, d):
    X = rng.normal(size=(n, d))
    X[: n // 2 + 1] = X[0]
    return X


def a_pair_close_together(rng, n, d):
    X = rng.normal(size=(n, d))
    X[-1] = X[0] + 10.0 ** rng.integers(-15, -3) * rng.normal(size=d)
    return X


def collinear(rng, n, d):
    return rng.normal(size=d) + rng.normal(size=(n, 1)) * rng.normal(size=d)


def on_a_circle(rng, n, d):
    """Co-circular, or co-spherical: one empty ball through them all."""
    X = rng.normal(size=(n, d))
    return X / np.linalg.norm(X, axis=1, keepdims=True)


def binary(rng, n, d):
    return rng.integers(2, size=(n, d)).astype(float)


def some_constant(rng, n, d):
    X = rng.normal(size=(n, d))
    X[:, rng.integers(d)] = rng.normal()
    return X


def whole_numbers(rng, n, d):
    return rng.integers(-100, 101, size=(n, d)).astype(float)


def with_an_outlier(rng, n, d):
    X = rng.normal(size=(n, d))
    X[0] *= 10.0 ** rng.integers(1, 9)
    return X


def equal(rng, n, d):
    return np.repeat(rng.normal(size=(1, d)), n, axis=0)


KINDS = [
    *(normal, grid, nearly_a_grid, few_rows, one_heavy_row, a_pair_close_together, collinear),
    *(on_a_circle, binary, some_constant, whole_numbers, with_an_outlier, equal),
]

# ---------------------------------------------------------------------- units and offsets


def _scaled(rng, X, low, high):
    return X * 10.0 ** rng.uniform(low, high, size=X.shape[1])


UNITS = {
    "as it is": lambda rng, X: X,
    "offset": lambda rng, X: X + rng.choice([1e8, -1e8], size=X.shape[1]),
    "one unit": lambda rng, X: X * 10.0 ** rng.uniform(-12, 12),
    "own units": lambda rng, X: _scaled(rng, X, -6, 6),
}
EXTREME_UNITS = {
    "far units": lambda rng, X: _scaled(rng, X, -150, 150),
    "large": lambda rng, X: X * 10.0 ** rng.uniform(100, 150),
    "small": lambda rng, X: X * 10.0 ** rng.uniform(-150, -100),
    "denormal": lambda rng, X: np.rint(X * 1e3) * 5e-324,
}

# ---------------------------------------------------------------------- containers


def _read_only(X):
    X = X.copy()
    X.flags.writeable = False
    return X


def _memory_mapped(X):
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder, "X.npy"), X)
        return np.load(Path(folder, "X.npy"), mmap_mode="r")


CONTAINERS = {
    "array": lambda X: X,
    "list": lambda X: X.tolist(),
    "Fortran order": np.asfortranarray,
    "reversed": lambda X: X[::-1, ::-1].copy()[::-1, ::-1],
    "read-only": _read_only,
    "memory-mapped": _memory_mapped,
    "big endian": lambda X: X.astype(">f8"),
    "objects": lambda X: X.astype(object),
    "frame": pd.DataFrame,
    "frame with an odd index": lambda X: pd.DataFrame(X, index=["a"] * len(X)),
    "frame with odd names": lambda X: pd.DataFrame(
        X, columns=["", " ", "ü\n'", "X", "0", "nan"][: X.shape[1]]
    ),
    "nullable frame": lambda X: pd.DataFrame(X).astype("Float64"),
}
# Types that round, or cannot hold everything.
DTYPES = {
    "float32": lambda X: X.astype(np.float32),
    "float16": lambda X: X.astype(np.float16),
    "int8": lambda X: np.rint(X).astype(np.int8),
    "bool": lambda X: X > 0,
}


@st.composite
def points(draw, shapes=None, kinds=KINDS, units=UNITS, containers=("array",)):
    """Points of a drawn shape, kind, unit and container; `containers` are names."""
    n, d = draw(st.sampled_from(shapes or (WIDE if is_long() else SHAPES)))
    kind, unit = draw(st.sampled_from(kinds)), draw(st.sampled_from(sorted(units)))
    container = draw(st.sampled_from(containers))
    seed = draw(st.integers(0, 2**16))
    rng = np.random.default_rng(seed)
    X = kind(rng, n, d)
    if container in DTYPES:  # of a size that they hold
        X = DTYPES[container](np.clip(X, -100, 100))
        values, unit = X.astype(float), "as it is"
    else:
        values = units[unit](rng, X)
        X = CONTAINERS[container](values.copy())
    return Points(X, values, f"{kind.__name__}({n}, {d}), {unit}, {container}, {seed}:")


small_floats = st.floats(-4, 4, width=16)


@st.composite
def free_points(draw, shapes=((3, 1), (3, 2), (5, 2))):
    """Points chosen number by number, with few digits: ties and repeats come by themselves."""
    n, d = draw(st.sampled_from(shapes))
    row = st.lists(small_floats, min_size=d, max_size=d)
    values = np.array(draw(st.lists(row, min_size=n, max_size=n)))
    return Points(values.copy(), values, "free")


# ---------------------------------------------------------------------- tables


def _gaps(rng, column):
    """Some values missing, in a column of a type that can have gaps."""
    column = column.copy()
    column[rng.random(len(column)) < rng.choice([0.1, 0.6])] = None
    return column


def _categories(rng, n):
    """A thousand of them, most without a row."""
    return pd.Series(pd.Categorical.from_codes(rng.integers(1000, size=n) // 300, range(1000)))


COLUMNS = {
    "float": lambda rng, n: pd.Series(rng.normal(size=n)),
    "float32": lambda rng, n: pd.Series(rng.normal(size=n).astype(np.float32)),
    "float16": lambda rng, n: pd.Series(rng.normal(size=n).astype(np.float16)),
    "float with gaps": lambda rng, n: _gaps(rng, pd.Series(rng.normal(size=n))),
    "huge": lambda rng, n: pd.Series(rng.normal(size=n) * 1e150),
    "tiny": lambda rng, n: pd.Series(rng.normal(size=n) * 1e-150),
    "denormal": lambda rng, n: pd.Series(rng.integers(-9, 9, size=n) * 5e-324),
    "far off": lambda rng, n: pd.Series(rng.normal(size=n) + 1e8),
    "decimals": lambda rng, n: pd.Series(rng.gamma(2, 9, size=n).round(2)),
    "mostly zero": lambda rng, n: pd.Series(np.where(rng.random(n) < 0.7, 0, rng.random(n))),
    "int8": lambda rng, n: pd.Series(rng.integers(-128, 128, size=n, dtype=np.int8)),
    "uint8": lambda rng, n: pd.Series(rng.integers(0, 256, size=n, dtype=np.uint8)),
    "int64": lambda rng, n: pd.Series(rng.integers(-(10**9), 10**9, size=n)),
    "nullable": lambda rng, n: _gaps(rng, pd.Series(rng.integers(0, 9, size=n), dtype="Int64")),
    "bool": lambda rng, n: pd.Series(rng.random(n) < 0.3),
    "boolean": lambda rng, n: _gaps(rng, pd.Series(rng.random(n) < 0.5, dtype="boolean")),
    "text": lambda rng, n: pd.Series(rng.choice(["", " ", "ü", "nan", "0"], size=n), dtype=object),
    "string": lambda rng, n: _gaps(rng, pd.Series(rng.choice(["a", "b"], size=n), dtype="string")),
    "categories": _categories,
    "ordered": lambda rng, n: pd.Series(
        pd.Categorical(rng.choice(["low", "high"], size=n), ["low", "mid", "high"], ordered=True)
    ),
    "day": lambda rng, n: (
        pd.Series(pd.Timestamp("2020-01-01"), index=range(n))
        + pd.to_timedelta(rng.integers(0, 999, size=n), unit="D")
    ),
    "took": lambda rng, n: pd.Series(pd.to_timedelta(rng.integers(0, 10**6, size=n), unit="s")),
    "constant": lambda rng, n: pd.Series([7.25] * n),
    "empty": lambda rng, n: pd.Series([None] * n, dtype="float64"),
}
COLUMN_NAMES = ["a", "", " ", "ü\n'", 0, 1.5, ("a", "b"), True, "nan", "__index__", "weights"]
INDEXES = {
    "range": lambda n: range(n),
    "equal": lambda n: ["same"] * n,
    "dates": lambda n: pd.date_range("2020-01-01", periods=n),
    "two levels": lambda n: pd.MultiIndex.from_arrays([range(n), ["a"] * n]),
}


@st.composite
def tables(draw, sizes=(1, 2, 5, 40), columns=tuple(COLUMNS), most=5):
    """A DataFrame of columns of any type, with odd names and an odd index; duplicates, too."""
    n, seed = draw(st.sampled_from(sizes)), draw(st.integers(0, 2**16))
    most = most if is_long() else 2
    chosen = draw(st.lists(st.sampled_from(columns), min_size=1, max_size=most))
    same = draw(st.booleans())  # names of one type
    names = [name for name in COLUMN_NAMES if isinstance(name, str)] if same else COLUMN_NAMES
    names = draw(st.permutations(names))[: len(chosen)]
    rng = np.random.default_rng(seed)
    made = [COLUMNS[kind](rng, n) for kind in chosen]
    table = pd.concat(made, axis=1)
    table.columns = pd.Index(names, tupleize_cols=False, dtype=object)
    if draw(st.booleans()):
        table = table.iloc[rng.integers(n, size=n)]
    table.index = INDEXES[draw(st.sampled_from(sorted(INDEXES)))](n)
    return table
