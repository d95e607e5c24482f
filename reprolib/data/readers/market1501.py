"""Reads Market1501's layout, which the built-in drawn data set shares.

Three folders, and the file name `0002_c1s1_000451_03.jpg` gives identity, camera,
sequence, frame and box. Identity 0000 is a distractor, -1 is junk; both stay in the
gallery, and the protocol decides what to do with them. Zheng et al., ICCV 2015.
"""

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd

from reprolib.data.dataset import DISTRACTOR, Dataset, Picture
from reprolib.errors import ReproError

FOLDERS = {
    "train": "bounding_box_train",
    "query": "query",
    "gallery": "bounding_box_test",
}
NAME = re.compile(r"(-1|\d{4,})_c(\d+)s\d+_\d{6,}_\d{2}")
PICTURES = (".jpg", ".jpeg", ".png")
MORE_DISTRACTORS = "images"
NO_CAMERA = 0
LANDMARKS = ["crown", "neck", "waist", "knees", "soles"]


def read(root: str | Path, name: str = "market1501") -> Dataset:
    """The data set unpacked in the folder `root`; taught in chapter 1.

    Files that are no pictures are passed over. A `landmarks.csv` in `root` fills
    `Dataset.landmarks`. Raises ReproError for a missing folder, an empty split or a
    picture whose name does not parse.
    """
    root = Path(root)
    splits = {split: _pictures(root / folder) for split, folder in FOLDERS.items()}
    for split in ("train", "query"):
        for picture in splits[split]:
            if picture.pid <= DISTRACTOR:
                raise ReproError(
                    f"{picture.path}: identity {picture.pid} (distractor or junk) in "
                    f"the {split} split; expected it in {FOLDERS['gallery']} only."
                )
    return Dataset(name=name, **splits, landmarks=_landmarks(root / "landmarks.csv"))


def read_500k(root: str | Path) -> Dataset:
    """The data set with its 500,000 further distractors in the gallery.

    They lie in the folder `images` beside the others. Whatever their names say, each
    is a distractor of no camera, 0. Raises ReproError as `read` does.
    """
    root = Path(root)
    dataset = read(root, "market1501-500k")
    folder = root / MORE_DISTRACTORS
    if not folder.is_dir() or not (paths := _paths(folder)):
        raise ReproError(
            f"{folder} is not there, or empty; expected the pictures of "
            "distractors_500k.zip in it. Unpack that archive beside query."
        )
    more = tuple(Picture(path, DISTRACTOR, NO_CAMERA) for path in paths)
    return replace(dataset, gallery=dataset.gallery + more)


def _pictures(folder: Path) -> tuple[Picture, ...]:
    if not folder.is_dir():
        raise ReproError(
            f"{folder} is not there; expected the folders "
            f"{', '.join(FOLDERS.values())} in {folder.parent}. Check the data root."
        )
    return tuple(_picture(path) for path in _paths(folder))


def _paths(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in PICTURES)


def _picture(path: Path) -> Picture:
    match = NAME.fullmatch(path.stem)
    if not match:
        raise ReproError(
            f"{path}: the name does not parse; expected PID_cCAMERAsSEQUENCE_FRAME_BOX "
            "such as 0002_c1s1_000451_03.jpg. Rename the file or move it away."
        )
    return Picture(path=path, pid=int(match[1]), camid=int(match[2]))


def _landmarks(path: Path) -> dict[str, tuple[float, ...]] | None:
    if not path.exists():
        return None
    try:
        table = pd.read_csv(path, index_col="file")[LANDMARKS].astype(float)
    except (ValueError, KeyError):
        raise ReproError(
            f"{path} does not parse; expected the columns file, "
            f"{', '.join(LANDMARKS)}, numbers but for the first. Delete it if the "
            "landmarks are not needed."
        ) from None
    return dict(zip(table.index, table.itertuples(index=False, name=None), strict=True))
