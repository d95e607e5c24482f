"""Reads one variable of a MATLAB file, and what MATLAB wraps its values in.

MATLAB stores every value as an array: a name is an array of one text, a list of
records a (1, n) or (n, 1) array of them, and small whole numbers come back as uint8.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from scipy.io import loadmat

from reprolib.data.sets._files import require
from reprolib.errors import ReproError


def load(path: Path, variable: str) -> np.ndarray:
    """The array `variable` of the file `path` (version 5).

    Raises ReproError for a file that is missing or broken, or has no such variable.
    """
    require(path, "it in the data set. Unpack it again, completely.")
    # What scipy raises for a broken file depends on the byte that is broken.
    try:
        found = loadmat(path, variable_names=[variable])
    except Exception as error:
        raise ReproError(
            f"{path} cannot be read ({error}); expected a MATLAB file of version 5. "
            "Unpack the data set again."
        ) from error
    if variable not in found:
        raise ReproError(
            f"{path} holds no variable {variable}; check that it is the right file."
        )
    return found[variable]


@contextmanager
def expecting(path: Path, layout: str) -> Iterator[None]:
    """Turns whatever goes wrong while `path` is taken apart into a ReproError."""
    try:
        yield
    except (LookupError, ValueError, TypeError, AttributeError) as error:
        raise ReproError(
            f"{path} is not laid out as expected: {layout} ({error}). Check that it is "
            "the right file, or unpack the data set again."
        ) from error


def records(array: np.ndarray) -> np.ndarray:
    """The records of a struct array, or of a cell array of them: (n,) with fields."""
    array = array.ravel()
    if array.dtype.names or not len(array):
        return array
    return np.concatenate([cell.ravel() for cell in array])


def text(array: np.ndarray) -> str:
    """The text in an array of one."""
    return str(array.ravel()[0])


def numbers(array: np.ndarray) -> tuple[int, ...]:
    """The whole numbers in an array; none of an empty one."""
    return tuple(int(value) for value in array.ravel())
