"""Arrays, their types, random generators, and the ufuncs that transformers apply."""

import numpy as np
import scipy.special

from ._kinds import Kind, Kinds, exactly

__all__ = ["FAMILY"]

GENERATORS = ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64")
SEED = ("entropy", "spawn_key", "n_children_spawned")
UFUNCS = {"numpy": np, "scipy.special": scipy.special}


def _is_plain(value):
    """An array of numbers, dates or text of fixed width: what .npy files hold."""
    return type(value) in (np.ndarray, np.memmap) and not value.dtype.hasobject


def _is_of_objects(value):
    """An array of objects, or of text of any width, which is described item by item."""
    return type(value) is np.ndarray and value.dtype.kind in "OT"


def _write_array(value, writer):
    return {"array": writer.array(np.asarray(value))}


def _read_array(fields, reader):
    return reader.array(fields["array"])


def _write_objects(value, writer):
    return {
        "shape": list(value.shape),
        "dtype": writer.put(value.dtype),
        "items": [writer.put(item) for item in value.ravel().tolist()],
    }


def _read_objects(fields, reader):
    dtype = reader.get(fields["dtype"])
    if dtype.kind not in "OT":  # a text of fixed width may claim any
        raise ValueError("an array of objects is said to be of another type")
    made = np.empty(len(fields["items"]), dtype)
    for i, item in enumerate(fields["items"]):
        made[i] = reader.get(item)
    return made.reshape(fields["shape"])


def _write_masked(value, writer):
    parts = {"data": value.data, "mask": np.ma.getmaskarray(value), "fill": value.fill_value}
    return {name: writer.put(part) for name, part in parts.items()}


def _read_masked(fields, reader):
    data, mask, fill = (reader.get(fields[name]) for name in ("data", "mask", "fill"))
    return np.ma.MaskedArray(data, mask=mask, fill_value=fill)


def _is_scalar(value):
    """A number with NumPy's type, by its bytes."""
    return isinstance(value, np.generic) and value.dtype.names is None


def _write_scalar(value, writer):
    return {"dtype": writer.put(value.dtype), "bytes": value.tobytes().hex()}


def _read_scalar(fields, reader):
    dtype, data = reader.get(fields["dtype"]), bytes.fromhex(fields["bytes"])
    if dtype.hasobject:
        raise ValueError("a number is said to be an object")
    return np.frombuffer(data, dtype, count=1)[0] if dtype.itemsize else dtype.type()


def _is_dtype(value):
    """A type of arrays that is told by a short text."""
    return isinstance(value, np.dtype) and value.names is None and value.subdtype is None


def _write_dtype(value, writer):
    if value.kind == "T":  # text of any width, perhaps with a mark for what is missing
        return {"name": "T", "gap": [writer.put(g) for g in _mark_of_gaps(value)]}
    return {"name": value.str}


def _mark_of_gaps(dtype):
    return [dtype.na_object] if hasattr(dtype, "na_object") else []


def _read_dtype(fields, reader):
    if fields["name"] == "T":
        marks = [reader.get(mark) for mark in fields["gap"]]
        return np.dtypes.StringDType(na_object=marks[0]) if marks else np.dtypes.StringDType()
    return np.dtype(fields["name"])


def _is_ufunc(value):
    """A function of numbers that NumPy or SciPy has under its name."""
    return isinstance(value, np.ufunc) and _home(value) is not None


def _home(ufunc):
    homes = (word for word, lib in UFUNCS.items() if getattr(lib, ufunc.__name__, 0) is ufunc)
    return next(homes, None)


def _read_ufunc(fields, _):
    home, name = fields["of"], fields["name"]
    found = getattr(UFUNCS.get(home), name, None)
    if not isinstance(found, np.ufunc):
        raise ValueError(f"it names the function '{home}.{name}', which files do not hold")
    return found


def _write_bits(value, writer):
    seed = getattr(value, "seed_seq", None)  # of which further generators would be spawned
    seed = seed if type(seed) is np.random.SeedSequence else None
    parts = {"state": value.state, "seed": seed}
    return {"name": type(value).__name__, **{name: writer.put(p) for name, p in parts.items()}}


def _read_bits(fields, reader):
    if fields["name"] not in GENERATORS:
        raise ValueError(f"it names the generator {fields['name']!r}, which files do not hold")
    seed = reader.get(fields["seed"])
    made = getattr(np.random, fields["name"])(0 if seed is None else seed)
    made.state = reader.get(fields["state"])
    return made


def _write_seed(value, writer):
    return {part: writer.put(getattr(value, part)) for part in SEED}


def _read_seed(fields, reader):
    entropy, key, spawned = (reader.get(fields[part]) for part in SEED)
    return np.random.SeedSequence(entropy, spawn_key=key, n_children_spawned=spawned)


def _read_generator(fields, reader):
    bits = reader.get(fields["bits"])
    if not isinstance(bits, np.random.BitGenerator):
        raise ValueError("a random generator has no source")
    return np.random.Generator(bits)


def _read_random_state(fields, reader):
    made = np.random.RandomState(0)
    made.set_state(reader.get(fields["state"]))
    return made


FAMILY = Kinds(
    {
        "numpy.array": Kind(_is_plain, _write_array, _read_array),
        "numpy.objects": Kind(_is_of_objects, _write_objects, _read_objects),
        "numpy.masked": Kind(exactly(np.ma.MaskedArray), _write_masked, _read_masked),
        "numpy.number": Kind(_is_scalar, _write_scalar, _read_scalar),
        "numpy.dtype": Kind(_is_dtype, _write_dtype, _read_dtype),
        "numpy.ufunc": Kind(
            _is_ufunc, lambda value, _: {"of": _home(value), "name": value.__name__}, _read_ufunc
        ),
        "numpy.bits": Kind(
            exactly(*(getattr(np.random, name) for name in GENERATORS)), _write_bits, _read_bits
        ),
        "numpy.seed": Kind(exactly(np.random.SeedSequence), _write_seed, _read_seed),
        "numpy.generator": Kind(
            exactly(np.random.Generator),
            lambda value, writer: {"bits": writer.put(value.bit_generator)},
            _read_generator,
        ),
        "numpy.random_state": Kind(
            exactly(np.random.RandomState),
            lambda value, writer: {"state": writer.put(value.get_state(legacy=False))},
            _read_random_state,
        ),
    }
)
