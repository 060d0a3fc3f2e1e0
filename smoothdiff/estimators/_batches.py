"""Many rows, a batch at a time: where they go, and what is to be said of them at the end."""

import os

import numpy as np

from .. import _checks
from .._files import check_target, replacing

__all__ = ["BATCH", "Output", "Remarks", "slices"]

# Rows of a batch. Samples are drawn batch after batch, so that their numbers depend on it.
BATCH = 1 << 20


def slices(n):
    """Slices of the rows of each batch; one, which is empty, where there are no rows."""
    return [slice(start, min(start + BATCH, n)) for start in range(0, max(n, 1), BATCH)]


class Output:
    """Where results of a shape go: to memory, or to ``out``, a .npy file or an array of floats.

    Raises
    ------
    ValueError, TypeError, OSError
        Where they cannot go there; nothing is written then.
    """

    def __init__(self, out, shape):
        self.out, self.shape = out, shape
        if isinstance(out, (str, os.PathLike)):
            check_target(out, (".npy",))
        elif out is not None:
            wanted = f"a path that ends in .npy or an array of floats of shape {shape}"
            if not isinstance(out, np.ndarray) or out.dtype.kind != "f":
                _checks.refuse(out, "out", wanted, error=TypeError)
            if out.shape != shape:
                raise ValueError(f"out must be {wanted}. Got shape {out.shape} instead.")
            if not out.flags.writeable:
                raise ValueError("out must be an array that can be written to.")

    def filled(self, batches):
        """The results, when all batches have gone there."""
        if isinstance(self.out, (str, os.PathLike)):
            return self._file(batches)
        if self.out is None and self.shape[0] <= BATCH:
            return next(iter(batches))
        result = np.empty(self.shape) if self.out is None else self.out
        for rows, batch in zip(slices(self.shape[0]), batches, strict=True):
            result[rows] = batch
        return result

    def _file(self, batches):
        header = {"descr": "<f8", "fortran_order": False, "shape": self.shape}
        with replacing(self.out) as file:
            np.lib.format.write_array_header_1_0(file, header)
            for batch in batches:
                file.write(np.ascontiguousarray(batch, dtype="<f8").data)
        # What is empty cannot be mapped.
        return np.load(self.out, mmap_mode="r" if self.shape[0] else None)


class Remarks:
    """What is to be said of the log-densities of all batches."""

    def __init__(self, subspace):
        self._subspace = subspace
        self.n = self.n_off = 0
        """Rows, and those among them that differ from the data in a column that is constant."""
        self.differs = np.zeros(len(subspace.mean), dtype=bool)
        """In which columns they differ."""
        self.error = 0.0
        """Largest error of one that is finite."""
        self.unreached = False
        """Whether any other row has -inf."""

    def add(self, X, found):
        """Take note of the `LogDensity` of a batch."""
        self.n, self.n_off = self.n + len(X), self.n_off + int(found.off.sum())
        if found.off.any():
            differs = (self._subspace.mean != X[found.off]) & self._subspace.constant
            self.differs |= differs.any(axis=0)
        self.error = max(self.error, found.error[np.isfinite(found.value)].max(initial=0.0))
        self.unreached |= bool((np.isneginf(found.value) & ~found.off).any())
