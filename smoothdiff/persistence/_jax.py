"""Arrays of JAX, as arrays of NumPy that are put on the default device again."""

import jax
import numpy as np

from .._compute import float64
from ._kinds import Kind, Kinds

__all__ = ["FAMILY"]


def _is_plain(value):
    """An array of a type that NumPy has too: no keys, no short floats of accelerators."""
    if not isinstance(value, jax.Array) or jax.dtypes.issubdtype(value.dtype, jax.dtypes.extended):
        return False
    return np.dtype(value.dtype).isbuiltin == 1


def _write(value, writer):
    return {"array": writer.array(np.asarray(value))}


def _read(fields, reader):
    with float64():  # whatever the user's setting, 64 bits stay
        return jax.numpy.asarray(reader.array(fields["array"]))


FAMILY = Kinds({"jax.array": Kind(_is_plain, _write, _read)})
