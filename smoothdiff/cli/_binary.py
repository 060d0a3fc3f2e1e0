"""Tables in binary files: arrays of NumPy (.npy, .npz) and Parquet, which pandas and pyarrow read.

Pickled objects are never loaded.
"""

from zipfile import BadZipFile

import numpy as np

from .._files import check_suffix

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
    try:
        if check_suffix(path, ARRAYS) == ".npz":
            with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
                return archive[_name_of(archive.files, key, path)]
        with open(path, "rb") as file:
            return np.lib.format.read_array(file, allow_pickle=False)
    except _UnclearError as error:
        raise ValueError(str(error)) from None
    except (ValueError, EOFError, BadZipFile, AttributeError) as error:
        # NumPy's own words advise to load it as a pickle, which could run code.
        why = "its objects are never read" if "pickle" in str(error) else str(error)
        raise ValueError(f"{path} is not a NumPy array of numbers: {why.rstrip('.')}.") from error


class _UnclearError(ValueError):
    """Which array of several is meant."""


def _name_of(names, key, path):
    if key is None and len(names) == 1:
        return names[0]
    if key in names:
        return key
    some = ", ".join(names[:10]) or "none"
    wanted = f"has no array {key!r}" if key is not None else "has several arrays: choose by --key"
    raise _UnclearError(f"{path} {wanted} (it has {some}).")


def read_parquet(path):
    """A pandas DataFrame."""
    pandas = pandas_for_parquet()
    with open(path, "rb") as file:
        try:
            return pandas.read_parquet(file)
        except (ValueError, OSError) as error:
            raise ValueError(f"{path} is not a Parquet file: {error}") from error


def write_binary(file, suffix, values, header=None):
    """Write values into an open file in the format of a suffix.

    Parameters
    ----------
    values : array, or for Parquet also a pandas DataFrame
    header : list of str, optional
        Names of the columns of an array, for Parquet.
    """
    if suffix == ".npy":
        np.save(file, values, allow_pickle=False)
    elif suffix == ".npz":
        np.savez(file, allow_pickle=False, **{ROWS: values})
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
