"""Unpacks CUHK03's one MATLAB file into picture folders, once.

`cuhk-03.mat` is of version 7.3, which is HDF5 with every axis turned around. Its cell
arrays `labeled` and `detected` have a cell a pair of cameras, which is a cell array
itself: a row a person, and ten columns of pictures (H, W, 3), some of them empty.
`testsets` has twenty lists of [pair, person]. Li et al., CVPR 2014.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
from PIL import Image
from tqdm import tqdm

from reprolib.data.writing import aside
from reprolib.errors import ReproError

MATRIX, TEST_SETS = "cuhk-03.mat", "splits_classic.json"
FOLDERS = {"labelled": "images_labeled", "detected": "images_detected"}
FIELDS = {"labeled": FOLDERS["labelled"], "detected": FOLDERS["detected"]}
PARTS = (*FIELDS.values(), TEST_SETS)
COLUMNS = 10
CHECK = "Check that it is CUHK03's cuhk-03.mat."


def unpack(mat: str | Path, root: str | Path) -> str:
    """Unpack the matrix `mat` into `root`; says in a sentence what was done.

    `root` gets the folders images_labeled and images_detected, with files such as
    `1_001_2_06.png`, and the test sets in splits_classic.json. They appear once all is
    written. The matrix stays. Raises ReproError where it is broken or of another
    layout, or `root` cannot be written.
    """
    root = Path(root)
    if there := [name for name in PARTS if (root / name).exists()]:
        if len(there) == len(PARTS):
            there = ", ".join(PARTS)
            return f"{root} is unpacked already; delete {there} to do it again."
        raise ReproError(
            f"{root} holds {', '.join(there)}, which is a part of {', '.join(PARTS)}; "
            "expected all or none. Delete that part, or move it away."
        )
    with _reading(mat), h5py.File(mat, "r") as file:
        tables = {field: _cells(file, field) for field in FIELDS}
        sets = [rows.astype(int).tolist() for rows in _cells(file, "testsets")]
        _check(mat, tables, sets)
        with aside(root) as work:
            counts = [
                f"{_write(file, tables[field], work / folder):,} {field}"
                for field, folder in FIELDS.items()
            ]
            (work / TEST_SETS).write_text(json.dumps(sets), encoding="utf-8")
            for name in PARTS:
                os.replace(work / name, root / name)
    return f"{root}: {' and '.join(counts)} pictures, {len(sets)} test sets."


@contextmanager
def _reading(mat: str | Path) -> Iterator[None]:
    """What HDF5 raises for a broken file depends on the byte that is broken."""
    try:
        yield
    except (OSError, RuntimeError, LookupError, ValueError, TypeError) as error:
        raise ReproError(
            f"{mat} cannot be read ({error}); expected CUHK03's cuhk-03.mat, whole: a "
            "MATLAB file of version 7.3. Unpack the archive again, or download it "
            "again."
        ) from error


def _cells(file: h5py.File, field: str) -> list[np.ndarray]:
    """What the cells of a column hold, as MATLAB shows it."""
    if field not in file:
        raise ReproError(
            f"{file.filename} holds no {field}; expected {', '.join(FIELDS)} and "
            f"testsets. {CHECK}"
        )
    return [file[cell][()].T for cell in file[field][()].ravel()]


def _check(mat: str | Path, tables: dict[str, list], sets: list) -> None:
    """Tables are (people, 10), and the test sets list people of the labelled ones."""
    for field, pairs in tables.items():
        for pair, table in enumerate(pairs, 1):
            if table.ndim != 2 or table.shape[1] != COLUMNS:
                raise ReproError(
                    f"{mat}: cell {pair} of {field} is {table.shape}; expected "
                    f"(people, {COLUMNS}). {CHECK}"
                )
    people = [len(table) for table in tables["labeled"]]
    for number, rows in enumerate(sets, 1):
        for pair, person in rows:
            if not (1 <= pair <= len(people) and 1 <= person <= people[pair - 1]):
                raise ReproError(
                    f"{mat}: test set {number} lists person {person} of pair {pair}; "
                    f"expected one of {', '.join(map(str, people))} people in pairs 1 "
                    f"to {len(people)}. Download the archive again."
                )


def _write(file: h5py.File, tables: list[np.ndarray], folder: Path) -> int:
    """Save the pictures of one field in `folder`; how many there are."""
    folder.mkdir()
    cells = [
        (f"{pair}_{row + 1:03d}_{1 + 2 * column // COLUMNS}_{column + 1:02d}.png", cell)
        for pair, table in enumerate(tables, 1)
        for (row, column), cell in np.ndenumerate(table)
    ]
    for name, reference in tqdm(cells, folder.name, unit="picture", leave=False):
        with _reading(file.filename):
            cell = file[reference]
            if cell.attrs.get("MATLAB_empty", 0):  # it holds its size, 0 x 0
                continue
            pixels = cell[()].T
        if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
            raise ReproError(
                f"{file.filename}: the picture for {folder.name}/{name} is "
                f"{pixels.shape}, {pixels.dtype}; expected (height, width, 3), uint8. "
                f"{CHECK}"
            )
        Image.fromarray(np.ascontiguousarray(pixels)).save(folder / name)
    return len(list(folder.iterdir()))
