"""A small CUHK03 as it is handed out: one matrix, and the lists of the new protocol.

Its numbers of people by pair are far smaller, all else is as MATLAB writes it.
"""

from pathlib import Path

import h5py
import numpy as np

from reprolib.data import drawn
from trees import matfile

SPEC = drawn.DrawnSpec(60, 4, 1, 3, 0, 0, 0.0, 96, 44, 3)
BOXES = {"labeled": 0.0, "detected": 1.0}
PEOPLE = (24, 12, 8, 5, 4)
FIRST, SECOND = (1, 2, 3, 4, 5), (6, 7, 8, 9, 10)
COLUMNS = FIRST + SECOND
# Seen by the second camera alone: person 3 of pair 2.
ONE_CAMERA = (2, 3)
# The detector found no box where these were labelled, and one more elsewhere.
ONLY_LABELED, ONLY_DETECTED = {(1, 4, 8), (5, 2, 3)}, {(3, 1, 5)}
TEST_SETS, TESTED = 20, 10
HEADER = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, written by the tests"


def write(root: Path, people: tuple[int, ...] = PEOPLE) -> Path:
    """The release in `root`, not yet unpacked; `people` says how many a pair has."""
    root.mkdir(parents=True, exist_ok=True)
    with h5py.File(root / "cuhk-03.mat", "w", userblock_size=512) as file:
        file.create_group("#refs#")
        for field in BOXES:
            pairs = [
                [
                    [_cell(file, field, pair, person, column) for column in COLUMNS]
                    for person in range(1, count + 1)
                ]
                for pair, count in enumerate(people, 1)
            ]
            cells = [[_put(file, rows, "cell")] for rows in pairs]
            _put(file, cells, "cell", field)
        cells = [[_put(file, np.array(rows, float))] for rows in sets(people)]
        _put(file, cells, "cell", "testsets")
    with open(root / "cuhk-03.mat", "r+b") as file:
        file.write(HEADER.ljust(116) + bytes(8) + b"\x00\x02IM")
    for field in BOXES:
        _write_config(root, field, people)
    return root


def shown(field: str, pair: int, person: int) -> tuple[int, ...]:
    """The columns that hold a picture: two to four of each camera, from the left."""
    first = () if (pair, person) == ONE_CAMERA else FIRST[: 2 + person % 3]
    columns = {*first, *SECOND[: 2 + (person + pair) % 3]}
    own, other = ONLY_LABELED, ONLY_DETECTED
    if field == "detected":
        own, other = other, own
    columns |= {column for *who, column in own if who == [pair, person]}
    columns -= {column for *who, column in other if who == [pair, person]}
    return tuple(sorted(columns))


def pixels(field: str, pair: int, person: int, column: int) -> np.ndarray:
    """The picture (H, W, 3) of a cell; their sizes differ."""
    pid = sum(PEOPLE[: pair - 1]) + person
    camid = 1 + (2 * pair + (column > 5)) % 6
    image, _ = drawn.draw(SPEC, pid, camid, column, BOXES[field])
    return image[: SPEC.height - column, : SPEC.width - pair]


def name(pair: int, person: int, column: int) -> str:
    """The file name of a picture."""
    return f"{pair}_{person:03d}_{1 if column <= 5 else 2}_{column:02d}.png"


def names(field: str, people: tuple[int, ...] = PEOPLE) -> list[str]:
    """The file names of all pictures."""
    return [
        name(pair, person, column)
        for pair, count in enumerate(people, 1)
        for person in range(1, count + 1)
        for column in shown(field, pair, person)
    ]


def sets(people: tuple[int, ...] = PEOPLE) -> list[list[tuple[int, int]]]:
    """[pair, person] of the people whom each set tests, none of them of one camera."""
    everyone = [
        (pair, person)
        for pair, count in enumerate(people[:3], 1)
        for person in range(1, count + 1)
        if (pair, person) != ONE_CAMERA
    ]
    tested = min(TESTED, len(everyone) // 2)
    return [
        [everyone[(7 * k + 3 * number) % len(everyone)] for k in range(tested)]
        for number in range(TEST_SETS)
    ]


def _put(file: h5py.File, value, kind: str = "double", path: str = ""):
    """Store a MATLAB value, each axis turned around; what refers to it."""
    dtype = h5py.ref_dtype if kind == "cell" else None
    array = np.array(value, dtype=dtype).T
    path = path or f"#refs#/{len(file['#refs#']):06d}"
    stored = file.create_dataset(path, data=array, dtype=dtype)
    stored.attrs["MATLAB_class"] = np.bytes_(kind)
    return stored.ref


def _cell(file: h5py.File, field: str, pair: int, person: int, column: int):
    if column in shown(field, pair, person):
        return _put(file, pixels(field, pair, person, column), "uint8")
    empty = _put(file, np.zeros(2, np.uint64))
    file[empty].attrs["MATLAB_empty"] = np.uint8(1)
    return empty


def _write_config(root: Path, field: str, people: tuple[int, ...]) -> None:
    """The new protocol: of the tested one picture a camera is a query."""
    files = names(field, people)
    who = [tuple(map(int, file.split("_")[:2])) for file in files]
    everyone = sorted(set(who))
    tested = {person for person in everyone[1::2] if person != ONE_CAMERA}
    places = {"train": [], "query": [], "gallery": []}
    asked = set()
    for place, (file, person) in enumerate(zip(files, who, strict=True), 1):
        view = (person, file[6])
        first = person in tested and view not in asked
        asked.add(view)
        split = "query" if first else "gallery" if person in tested else "train"
        places[split].append(place)
    matfile.write(
        root / f"cuhk03_new_protocol_config_{field}.mat",
        filelist=matfile.column([np.array([file]) for file in files]),
        labels=matfile.numbers([[1 + everyone.index(person)] for person in who]),
        camId=matfile.numbers([[int(file[6])] for file in files]),
        **{
            f"{split}_idx": matfile.numbers([[p] for p in listed])
            for split, listed in places.items()
        },
    )
