"""Kinds of arrays in, float64 out, and nothing of the user's touched."""

import jax
import numpy as np
import pytest
from given import normal

pd = pytest.importorskip("pandas")


def read_only(X):
    X = X.copy()
    X.flags.writeable = False
    return X


CONTAINERS = {
    "float32": lambda X: X.astype(np.float32),
    "integers": lambda X: X.astype(np.int32),
    "booleans are numbers": lambda X: X > 0,
    "list": lambda X: X.tolist(),
    "DataFrame": lambda X: pd.DataFrame(X),
    "DataFrame of integers and floats": lambda X: pd.DataFrame(X).astype({0: np.int64}),
    "nullable DataFrame": lambda X: pd.DataFrame(X).astype("Float64"),
    "read-only": read_only,
    "Fortran order": np.asfortranarray,
    "every second row and column": lambda X: np.repeat(np.repeat(X, 2, 0), 2, 1)[::2, ::2],
    "reversed view": lambda X: X[::-1, ::-1].copy()[::-1, ::-1],
    "big endian": lambda X: X.astype(">f8"),
    "objects that are numbers": lambda X: X.astype(object),
}


@pytest.fixture(scope="module")
def of_numbers(make):
    return {flat: numbers(make().fit(values(flat)), values(flat)) for flat in (False, True)}


def numbers(model, X):
    """What a model draws and says, of rows of its own and of others."""
    return (
        model.sample(20, random_state=0),
        model.score_samples(np.round(4 * normal(10, 3, 1))),
        model.score_samples(X),
        model.denoise(X, model.t0_),
    )


def values(flat):
    """Whole numbers, or only 0 and 1."""
    whole = np.round(4 * normal(40, 3))
    return (whole > 0).astype(float) if flat else whole


@pytest.mark.parametrize("container", CONTAINERS)
def test_containers_and_types(make, of_numbers, container):
    flat = "bool" in container
    wrapped = CONTAINERS[container](values(flat))
    found = numbers(make().fit(wrapped), wrapped)
    for of_wrapped, of_plain in zip(found, of_numbers[flat], strict=True):
        np.testing.assert_array_equal(of_wrapped, of_plain)


def test_memory_mapped(make, model, tmp_path):
    np.save(tmp_path / "X.npy", normal(40, 3))
    mapped = make().fit(np.load(tmp_path / "X.npy", mmap_mode="r"))
    x = normal(10, 3, 1)
    np.testing.assert_array_equal(mapped.score_samples(x), model.score_samples(x))


def test_results_are_float64(make):
    X = normal(40, 3).astype(np.float32)
    model = make().fit(X)
    results = [
        model.sample(3),
        model.score_samples(X),
        model.score_function(X, model.t_min_),
        model.denoise(X, model.t_min_),
        model.flow(X, model.t0_, model.t_min_),
        model.trajectory(X, times=[model.t0_]),
        model.points_,
    ]
    assert {result.dtype for result in results} == {np.dtype(np.float64)}


@pytest.mark.parametrize("order", ["C", "F"])
def test_the_user_keeps_the_arrays(make, order, user_precision):
    """Nothing is written into what the user hands over, nor given out that is the user's."""
    X, weights, x = np.array(normal(40, 3), order=order), np.arange(40.0), normal(10, 3, 1)
    t = np.full(10, 1e-3)
    given = [X, weights, x, t]
    kept = [array.copy() for array in given]
    model = make(random_state=0).fit(X, sample_weight=weights)
    model.sample(5)
    model.score_samples(x)
    model.score(x)
    model.score_function(x, t)
    model.denoise(x, t)
    moved = model.flow(x, model.t0_, model.t0_)
    path = model.trajectory(x, times=[model.t0_, model.t_min_])
    for array, copied in zip(given, kept, strict=True):
        np.testing.assert_array_equal(array, copied)
    for result in (moved, path, model.points_, model.mean_, model.weights_):
        assert not any(np.shares_memory(result, array) for array in given)
    X[:], weights[:] = 0, 0  # nor does the model live on them
    again = make(random_state=0).fit(kept[0], sample_weight=kept[1])
    np.testing.assert_array_equal(model.score_samples(x), again.score_samples(x))
    np.testing.assert_array_equal(model.sample(5, random_state=1), again.sample(5, random_state=1))


SETTINGS = {
    "64 bits": lambda: jax.enable_x64(True),
    "32 bits": lambda: jax.enable_x64(False),
    "rank promotion raises": lambda: jax.numpy_rank_promotion("raise"),
    "strict types": lambda: jax.numpy_dtype_promotion("strict"),
    "other random bits": lambda: jax.threefry_partitionable(False),
    "coarse products": lambda: jax.default_matmul_precision("bfloat16"),
    "NaN raises": lambda: jax.debug_nans(True),
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_settings_of_the_user_do_not_matter(make, model, setting):
    x = normal(10, 3, 1)
    with SETTINGS[setting]():
        found = make().fit(normal(40, 3))
        log_p, samples = found.score_samples(x), found.sample(20, random_state=0)
    np.testing.assert_array_equal(log_p, model.score_samples(x))
    np.testing.assert_array_equal(samples, model.sample(20, random_state=0))
