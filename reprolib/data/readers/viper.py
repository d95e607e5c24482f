"""Reads VIPeR: 632 people, one photograph each from two cameras.

Folders `cam_a` and `cam_b` hold `000_45.bmp`: number of the person and angle of view.
Gray, Brennan and Tao, PETS 2007; for research only.
"""

import random
import re
from pathlib import Path

from reprolib.data.dataset import Dataset, Picture
from reprolib.errors import ReproError

CAMERAS = {"cam_a": 1, "cam_b": 2}
NAME = re.compile(r"(\d{3,})_(\d{1,3})")


def read(root: str | Path, seed: int) -> Dataset:
    """VIPeR split into two halves of its people by a seeded shuffle.

    People seen by both cameras take part: 316 train, 316 test. Camera a gives the
    queries, camera b the gallery. The identity is the file's number + 1, because 0
    means distractor. Raises ReproError for a missing folder, an empty split, a
    picture whose name does not parse or two pictures of one person in one camera.
    """
    root = Path(root)
    views = {folder: _view(root / folder, camid) for folder, camid in CAMERAS.items()}
    people = sorted(set.intersection(*(set(view) for view in views.values())))
    random.Random(seed).shuffle(people)
    half = len(people) // 2
    train, test = sorted(people[:half]), sorted(people[half:])
    return Dataset(
        name="viper",
        train=tuple(view[pid] for view in views.values() for pid in train),
        query=tuple(views["cam_a"][pid] for pid in test),
        gallery=tuple(views["cam_b"][pid] for pid in test),
    )


def _view(folder: Path, camid: int) -> dict[int, Picture]:
    """The pictures of one camera by identity."""
    if not folder.is_dir():
        raise ReproError(
            f"{folder} is not there; expected the folders cam_a and cam_b in "
            f"{folder.parent}. Check the data root."
        )
    view = {}
    for path in sorted(p for p in folder.iterdir() if p.suffix.lower() == ".bmp"):
        match = NAME.fullmatch(path.stem)
        if not match:
            raise ReproError(
                f"{path}: the name does not parse; expected NUMBER_ANGLE.bmp such as "
                "000_45.bmp. Rename the file or move it away."
            )
        pid = int(match[1]) + 1
        if pid in view:
            raise ReproError(
                f"{path}: a second picture of person {match[1]} beside "
                f"{view[pid].path.name}; expected one a camera. Remove one of them."
            )
        view[pid] = Picture(path=path, pid=pid, camid=camid)
    return view
