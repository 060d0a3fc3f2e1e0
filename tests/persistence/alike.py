"""Whether two objects are equal all the way down: types, attributes, bits of arrays."""

import numpy as np
import pytest

pd = pytest.importorskip("pandas")

# Of these nobody can tell whether there is one or two.
UNCHANGEABLE = (type(None), bool, int, float, complex, str, bytes, tuple, np.dtype, np.generic)
PANDAS = {
    pd.Series: pd.testing.assert_series_equal,
    pd.DataFrame: pd.testing.assert_frame_equal,
}


def assert_alike(found, wanted, where="", seen=None):
    """Fail, saying where, if they differ in anything that is not computed again when asked for."""
    seen = {} if seen is None else seen
    if id(wanted) in seen and not isinstance(wanted, UNCHANGEABLE):
        assert seen[id(wanted)] is found, f"{where} was one object and is two"
        return
    seen[id(wanted)] = found
    assert type(found) is type(wanted), where
    if isinstance(wanted, np.ndarray):
        _assert_same_array(found, wanted, where, seen)
    elif isinstance(wanted, np.random.Generator):
        assert_alike(found.bit_generator.state, wanted.bit_generator.state, where)
    elif type(wanted) in PANDAS:
        PANDAS[type(wanted)](found, wanted)
    elif isinstance(wanted, pd.Index):
        pd.testing.assert_index_equal(found, wanted, exact=True)
    elif isinstance(wanted, dict):
        assert list(found) == list(wanted), where
        for key in wanted:
            assert_alike(found[key], wanted[key], f"{where}[{key!r}]", seen)
    elif isinstance(wanted, (list, tuple)):
        assert len(found) == len(wanted), where
        for i, pair in enumerate(zip(found, wanted, strict=True)):
            assert_alike(*pair, f"{where}[{i}]", seen)
    elif type(wanted).__module__.split(".")[0] in ("smoothdiff", "sklearn"):
        ours = type(wanted).__module__.startswith("smoothdiff")
        states = [x.__getstate__() if ours else vars(x) for x in (found, wanted)]
        if any(state is not None for state in states):
            assert_alike(*states, f"{where}.{type(wanted).__name__}", {})
    else:
        same = found is wanted or found == wanted or (found != found and wanted != wanted)
        assert same, where


def _assert_same_array(found, wanted, where, seen):
    assert found.dtype == wanted.dtype, where
    assert found.shape == wanted.shape, where
    if wanted.dtype.hasobject:
        for pair in zip(found.ravel().tolist(), wanted.ravel().tolist(), strict=True):
            assert_alike(*pair, where, seen)
    elif isinstance(wanted, np.ma.MaskedArray):
        np.testing.assert_array_equal(found.filled(), wanted.filled(), err_msg=where)
        np.testing.assert_array_equal(found.mask, wanted.mask, err_msg=where)
    else:
        assert found.tobytes() == wanted.tobytes(), where
        assert found.flags.writeable, where
