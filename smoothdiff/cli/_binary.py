"""Tables in binary files: arrays of NumPy (.npy, .npz) and Parquet, which pandas and pyarrow read.

Pickled objects are never loaded.
"""

import os
from zipfile import ZipFile

import numpy as np

from .._files import check_suffix, write_arrays
from .._reading import check_unpacked, in_a_sentence, read_npy

__all__ = [
    "ARRAYS",
    "PARQUET",
    "pandas_for_parquet",
    "read_array",
    "read_parquet",
    "write_binary",
]

ARRAYS = (".npy", ".npz")
PARQUET = ".parquet"
# The array in a .npz file that is written here.
ROWS = "rows"


def read_array(path, key=None):
    """The array of a .npy file; of a .npz file the one named ``key``, or the only one.

    Raises
    ------
    ValueError
        If it is no such file, or it is not clear which array is meant.
    """
    with open(path, "rb") as file:
        try:
            if check_suffix(path, ARRAYS) == ".npy":
                return read_npy(file)
            with ZipFile(file) as archive:
                names = [name.removesuffix(".npy") for name in archive.namelist()]
                member = archive.infolist()[names.index(_name_of(names, key))]
                check_unpacked(os.fstat(file.fileno()).st_size, member.file_size)
                with archive.open(member) as array:
                    return read_npy(array)
        except _UnclearError as error:
            raise ValueError(f"{path} {in_a_sentence(error)}") from None
        except Exception as error:  # whatever the file of a stranger may set off
            sentence = in_a_sentence(error)
            raise ValueError(f"{path} is not a NumPy array of numbers: {sentence}") from error


class _UnclearError(ValueError):
    """Which array of several is meant."""


def _name_of(names, key):
    if key is None and len(names) == 1:
        return names[0]
    if key in names:
        return key
    some = ", ".join(names[:10]) or "none"
    wanted = f"has no array {key!r}" if key is not None else "has several arrays: choose by --key"
    raise _UnclearError(f"{wanted} (it has {some})")


def read_parquet(path):
    """A pandas DataFrame."""
    pandas = pandas_for_parquet()
    from pyarrow.parquet import read_metadata

    with open(path, "rb") as file:
        try:
            found = read_metadata(file)
            check_unpacked(os.fstat(file.fileno()).st_size, 8 * found.num_rows * found.num_columns)
            return pandas.read_parquet(file)
        except Exception as error:  # whatever the file of a stranger may set off
            raise ValueError(f"{path} is not a Parquet file: {in_a_sentence(error)}") from error


def write_binary(file, suffix, values, header=None):
    """Write values into an open file in the format of a suffix.

    Parameters
    ----------
    values : array, or for Parquet also a pandas DataFrame
    header : list of str, optional
        Names of the columns of an array, for Parquet.

    Raises
    ------
    ValueError
        For an array of objects, which NumPy would pickle.
    """
    if suffix == ".npy":
        np.save(file, values, allow_pickle=False)
    elif suffix == ".npz":
        write_arrays(file, {ROWS: values})
    else:
        pandas = pandas_for_parquet()
        if isinstance(values, np.ndarray):
            values = pandas.DataFrame(values, columns=header)
        values.to_parquet(file, index=False)


def pandas_for_parquet():
    """The module pandas; an ImportError that says what to install where something lacks."""
    try:
        import pandas
        import pyarrow  # noqa: F401, pandas needs it
    except ImportError:
        wanted = "Parquet files need pandas and pyarrow: pip install 'smoothdiff[parquet]'."
        raise ImportError(wanted) from None
    return pandas
