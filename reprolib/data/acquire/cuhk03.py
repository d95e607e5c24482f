"""Unpacks CUHK03's one MATLAB file into picture folders, once.

`cuhk-03.mat` is of version 7.3, which is HDF5 with every axis turned around. Its cell
arrays `labeled` and `detected` have a cell a pair of cameras, which is a cell array
itself: a row a person, and ten columns of pictures (H, W, 3), some of them empty.
`testsets` has twenty lists of [pair, person]. Li et al., CVPR 2014.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
from PIL import Image
from tqdm import tqdm

from reprolib.data.writing import aside
from reprolib.errors import ReproError

MATRIX, SPLITS = "cuhk-03.mat", "splits_classic.json"
FOLDERS = {"labelled": "images_labeled", "detected": "images_detected"}
FIELDS = {"labeled": FOLDERS["labelled"], "detected": FOLDERS["detected"]}
PARTS = (*FIELDS.values(), SPLITS)
COLUMNS = 10


def unpack(mat: str | Path, root: str | Path) -> str:
    """Unpack the matrix `mat` into `root`; says in a sentence what was done.

    `root` gets the folders images_labeled and images_detected, with files such as
    `1_001_2_06.png`, and the test sets in splits_classic.json. They appear once all is
    written. The matrix stays. Raises ReproError where it is broken or of another
    layout, or `root` cannot be written.
    """
    mat, root = Path(mat), Path(root)
    if there := [name for name in PARTS if (root / name).exists()]:
        if len(there) == len(PARTS):
            there = ", ".join(PARTS)
            return f"{root} is unpacked already; delete {there} to do it again."
        raise ReproError(
            f"{root} holds {', '.join(there)}, which is a part of {', '.join(PARTS)}; "
            "expected all or none. Delete that part, or move it away."
        )
    with _reading(mat), h5py.File(mat, "r") as file:
        tables = {field: _tables(file, field, mat) for field in FIELDS}
        sets = _test_sets(file, mat, [len(table) for table in tables["labeled"]])
        with aside(root) as work:
            written = _write(file, mat, _cells(tables), work)
            (work / SPLITS).write_text(json.dumps(sets), encoding="utf-8")
            for name in PARTS:
                os.replace(work / name, root / name)
    counts = " and ".join(f"{written[kind]:,} {kind}" for kind in FIELDS)
    return f"{root}: {counts} pictures, {len(sets)} test sets."


@contextmanager
def _reading(mat: Path) -> Iterator[None]:
    """What HDF5 raises for a broken file depends on the byte that is broken."""
    try:
        yield
    except (OSError, RuntimeError, LookupError, ValueError, TypeError) as error:
        raise ReproError(
            f"{mat} cannot be read ({error}); expected CUHK03's cuhk-03.mat, whole: a "
            "MATLAB file of version 7.3. Unpack the archive again, or download it "
            "again."
        ) from error


def _references(file: h5py.File, field: str, mat: Path) -> list[h5py.Reference]:
    """What the cells of a column refer to."""
    if field not in file:
        raise ReproError(
            f"{mat} holds no {field}; expected {', '.join(FIELDS)} and testsets. Check "
            "that it is CUHK03's cuhk-03.mat."
        )
    return list(file[field][()].ravel())


def _tables(file: h5py.File, field: str, mat: Path) -> list[np.ndarray]:
    """For each pair of cameras the (people, 10) references to its pictures."""
    tables = [file[pair][()].T for pair in _references(file, field, mat)]
    for pair, table in enumerate(tables, 1):
        if table.ndim != 2 or table.shape[1] != COLUMNS:
            raise ReproError(
                f"{mat}: cell {pair} of {field} is {table.shape}; expected (people, "
                f"{COLUMNS}). Check that it is CUHK03's cuhk-03.mat."
            )
    return tables


def _test_sets(file: h5py.File, mat: Path, people: list[int]) -> list[list[list[int]]]:
    """The lists of [pair, person]; `people` says how many each pair has."""
    sets = []
    for number, reference in enumerate(_references(file, "testsets", mat), 1):
        rows = file[reference][()].T.astype(int).tolist()
        for pair, person in rows:
            if not (1 <= pair <= len(people) and 1 <= person <= people[pair - 1]):
                raise ReproError(
                    f"{mat}: test set {number} lists person {person} of pair {pair}; "
                    f"expected one of {', '.join(map(str, people))} people in pairs 1 "
                    f"to {len(people)}. Download the archive again."
                )
        sets.append(rows)
    return sets


def _cells(tables: dict[str, list[np.ndarray]]) -> list[tuple[str, h5py.Reference]]:
    """Each cell with the path its picture gets, empty ones too."""
    return [
        (f"{FIELDS[field]}/{pair}_{row + 1:03d}_{camera}_{column + 1:02d}.png", cell)
        for field, pairs in tables.items()
        for pair, table in enumerate(pairs, 1)
        for (row, column), cell in np.ndenumerate(table)
        for camera in [1 if column < COLUMNS // 2 else 2]
    ]


def _write(file: h5py.File, mat: Path, cells: list, work: Path) -> Counter:
    """Save the pictures below `work`; how many there are of each field."""
    for folder in FIELDS.values():
        (work / folder).mkdir()
    written = Counter()
    label = f"unpacking {mat.name}"
    for name, reference in tqdm(cells, label, unit="picture", leave=False):
        with _reading(mat):
            pixels = _pixels(file[reference], name, mat)
        if pixels is not None:
            Image.fromarray(pixels).save(work / name)
            written[name.partition("/")[0].removeprefix("images_")] += 1
    return written


def _pixels(cell: h5py.Dataset, name: str, mat: Path) -> np.ndarray | None:
    """The picture (H, W, 3) uint8 of a cell, None of an empty one.

    In an empty cell MATLAB keeps its size, 0 x 0, where the picture would be.
    """
    if cell.attrs.get("MATLAB_empty", 0):
        return None
    pixels = cell[()].T
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
        raise ReproError(
            f"{mat}: the picture for {name} is {pixels.shape}, {pixels.dtype}; "
            "expected (height, width, 3), uint8. Check that it is CUHK03's cuhk-03.mat."
        )
    return np.ascontiguousarray(pixels)
