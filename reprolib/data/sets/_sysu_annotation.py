"""What the annotation of CUHK-SYSU's release says, as MATLAB wrote it.

`annotation/Images.mat` says where persons stand in each scene (left, top, width,
height), `pool.mat` which scenes are the test's, `Train.mat` who is in the training, and
`TestG50.mat` to `TestG4000.mat` whom to search in which scenes. `Person.mat` is not
needed: whom it names beyond these is never searched. A file that is missing or of
another layout raises `ReproError`. Xiao et al., CVPR 2017.
"""

import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np

from reprolib.data.sets._files import matlab, numbers
from reprolib.errors import ReproError

SIZES = (50, 100, 500, 1000, 2000, 4000)
LISTS = Path("annotation", "test", "train_test")
SCENE, PERSON = r"s(\d+)\.jpg", r"p(\d+)"
TRAIN = "persons with idname and scene (imname, idlocate)"
TEST = "records with Query (imname, idlocate, idname) and Gallery (imname, idlocate)"

# Left, top, width and height in pixels, as annotated: it may reach over the edge.
Box = tuple[int, ...]


class Mark(NamedTuple):
    """One person in one scene, both by number."""

    pid: int
    scene: int
    box: Box


def list_path(root: Path, size: int) -> Path:
    """Where the lists of `size` scenes a query lie."""
    return root / LISTS / f"TestG{size}.mat"


def searches(root: Path, size: int) -> list[tuple[Mark, list[Mark]]]:
    """The queries of the test in their order, each with its `size` scenes.

    The box is empty in the scenes that do not show the person.
    """
    path, found = list_path(root, size), []
    with matlab(path, TEST, path.stem) as [records]:
        for record in np.atleast_1d(records):
            pid = _number(PERSON, record["Query"]["idname"], path)
            [query] = _marks(pid, record["Query"], path)
            found.append((query, _marks(pid, record["Gallery"], path)))
    return found


def _marks(pid: int, scenes: list[dict] | dict, path: Path) -> list[Mark]:
    return [
        Mark(pid, _number(SCENE, scene["imname"], path), numbers(scene["idlocate"]))
        for scene in np.atleast_1d(scenes)
    ]


def _number(pattern: str, name: str, path: Path) -> int:
    """12 of "p12" and 345 of "s345.jpg"."""
    match = re.fullmatch(pattern, str(name))
    if not match or not int(match[1]):
        wanted = "pNUMBER such as p12" if pattern == PERSON else "sNUMBER.jpg"
        raise ReproError(
            f"{path}: the name {str(name)!r} does not parse; expected {wanted}, from 1."
        )
    return int(match[1])


def boxes(release: Path) -> dict[int, list[Box]]:
    """The boxes of each scene in the order of Images.mat, numbered persons or not."""
    path = release / "annotation" / "Images.mat"
    with matlab(path, "scenes with imname and box (idlocate)", "Img") as [images]:
        scenes = [_number(SCENE, s["imname"], path) for s in np.atleast_1d(images)]
        found = [
            [numbers(box["idlocate"]) for box in np.atleast_1d(scene["box"])]
            for scene in np.atleast_1d(images)
        ]
        if not all(len(box) == 4 for members in found for box in members):
            raise ValueError("a box is not of four numbers")
    for number, times in Counter(scenes).items():
        if times > 1:
            raise ReproError(
                f"{path}: s{number}.jpg is annotated {times} times; expected every "
                "scene once. Unpack the annotation again."
            )
    return dict(zip(scenes, found, strict=True))


def pool(release: Path) -> set[int]:
    """The scenes of the test."""
    path = release / "annotation" / "pool.mat"
    with matlab(path, "a list of names", "pool") as [names]:
        return {_number(SCENE, name, path) for name in np.atleast_1d(names)}


def training(release: Path) -> list[Mark]:
    """Every appearance of every person of the training."""
    path = release / LISTS / "Train.mat"
    with matlab(path, TRAIN, "Train") as [people]:
        found = []
        for person in np.atleast_1d(people):
            pid = _number(PERSON, person["idname"], path)
            found += _marks(pid, person["scene"], path)
    return found
