"""What the annotation of CUHK-SYSU's release says, as MATLAB wrote it.

`annotation/Images.mat` says where persons stand in each scene (left, top, width,
height), `pool.mat` which scenes are the test's, `Train.mat` who is in the training, and
`TestG50.mat` to `TestG4000.mat` whom to search in which scenes. `Person.mat` is not
needed: whom it names beyond these is never searched. Xiao et al., CVPR 2017.
"""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reprolib.data.sets import _matlab
from reprolib.errors import ReproError

SIZES = (50, 100, 500, 1000, 2000, 4000)
LISTS = Path("annotation", "test", "train_test")
SCENE, PERSON = re.compile(r"s(\d+)\.jpg"), re.compile(r"p(\d+)")
TRAIN = "persons with idname and scene (imname, idlocate)"
TEST = "records with Query (imname, idlocate, idname) and Gallery (imname, idlocate)"

# Left, top, width and height in pixels, as annotated: it may reach over the edge.
Box = tuple[int, ...]


@dataclass(frozen=True)
class Mark:
    """One person in one scene, both by number."""

    pid: int
    scene: int
    box: Box


@dataclass(frozen=True)
class Search:
    """One query, the scenes to search, and where in them the person is."""

    query: Mark
    scenes: tuple[int, ...]
    found: tuple[Mark, ...]


def list_path(root: Path, size: int) -> Path:
    """Where the lists of `size` scenes a query lie."""
    return root / LISTS / f"TestG{size}.mat"


def searches(root: Path, size: int) -> list[Search]:
    """The queries of the test in their order, each with its `size` scenes.

    Raises ReproError if the file is missing or of another layout.
    """
    path = list_path(root, size)
    with _matlab.expecting(path, TEST):
        records = _matlab.records(_matlab.load(path, f"TestG{size}"))
        return [_search(record, path) for record in records]


def _search(record: np.void, path: Path) -> Search:
    query, gallery = (_matlab.records(record[field]) for field in ("Query", "Gallery"))
    pid = _number(PERSON, query["idname"][0], path)
    scenes = [_number(SCENE, name, path) for name in gallery["imname"]]
    # The box is empty in the scenes that do not show the person.
    shown = gallery[[box.size > 0 for box in gallery["idlocate"]]]
    return Search(
        query=_marks(pid, query, path)[0],
        scenes=tuple(dict.fromkeys(scenes)),
        found=tuple(_marks(pid, shown, path)),
    )


def _marks(pid: int, scenes: np.ndarray, path: Path) -> list[Mark]:
    places = zip(scenes["imname"], scenes["idlocate"], strict=True)
    return [
        Mark(pid, _number(SCENE, name, path), _matlab.numbers(box))
        for name, box in places
    ]


def _number(pattern: re.Pattern, name: np.ndarray, path: Path) -> int:
    """12 of "p12" and 345 of "s345.jpg"."""
    text = _matlab.text(name)
    match = pattern.fullmatch(text)
    if not match or not int(match[1]):
        wanted = "pNUMBER such as p12" if pattern is PERSON else "sNUMBER.jpg"
        raise ReproError(
            f"{path}: the name {text!r} does not parse; expected {wanted}, from 1."
        )
    return int(match[1])


def boxes(release: Path) -> dict[int, list[Box]]:
    """The boxes of each scene in the order of Images.mat, numbered persons or not."""
    path = release / "annotation" / "Images.mat"
    with _matlab.expecting(path, "scenes with imname and box (idlocate)"):
        scenes = _matlab.records(_matlab.load(path, "Img"))
        numbers = [_number(SCENE, name, path) for name in scenes["imname"]]
        found = [
            [_matlab.numbers(box) for box in _matlab.records(value)["idlocate"]]
            for value in scenes["box"]
        ]
        if not all(len(box) == 4 for members in found for box in members):
            raise ValueError("a box is not of four numbers")
    for number, times in Counter(numbers).items():
        if times > 1:
            raise ReproError(
                f"{path}: s{number}.jpg is annotated {times} times; expected every "
                "scene once. Unpack the annotation again."
            )
    return dict(zip(numbers, found, strict=True))


def pool(release: Path) -> set[int]:
    """The scenes of the test."""
    path = release / "annotation" / "pool.mat"
    with _matlab.expecting(path, "a list of names"):
        names = _matlab.load(path, "pool").ravel()
        return {_number(SCENE, name, path) for name in names}


def training(release: Path) -> list[Mark]:
    """Every appearance of every person of the training."""
    path = release / LISTS / "Train.mat"
    with _matlab.expecting(path, TRAIN):
        return [
            mark
            for person in _matlab.records(_matlab.load(path, "Train"))
            for mark in _marks(
                _number(PERSON, person["idname"], path),
                _matlab.records(person["scene"]),
                path,
            )
        ]
