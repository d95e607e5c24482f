"""Writes MATLAB's version 5 files as MATLAB does: small numbers, arrays in arrays."""

import io
from pathlib import Path

import numpy as np
from scipy.io import savemat

HEADER = b"MATLAB 5.0 MAT-file, Platform: GLNXA64, written by the tests"


def write(path: Path, **variables) -> None:
    """Save the variables; the header names no time, so the bytes are the same."""
    stream = io.BytesIO()
    savemat(stream, variables, do_compression=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(HEADER.ljust(116) + stream.getvalue()[116:])


def numbers(values) -> np.ndarray:
    """(1, n), or the 2-d array itself, in the smallest type, as MATLAB packs it."""
    array = np.atleast_2d(np.asarray(values))
    if array.size == 0:
        return np.zeros((1, 0), dtype=np.uint8)
    if array.min() < 0:
        return array.astype(np.int16)
    return array.astype(np.min_scalar_type(int(array.max())))


def structs(fields: str, rows: list[tuple]) -> np.ndarray:
    """A (1, n) struct array with the named fields, each value in its own array."""
    names = fields.split()
    array = np.empty((1, len(rows)), dtype=[(name, object) for name in names])
    for place, row in enumerate(rows):
        array[0, place] = row
    return array


def column(cells: list) -> np.ndarray:
    """An (n, 1) cell array."""
    array = np.empty((len(cells), 1), dtype=object)
    array[:, 0] = cells
    return array
