"""Market1501, whose layout the built-in drawn data set shares.

Three folders, and the file name `0002_c1s1_000451_03.jpg` gives identity, camera,
sequence, frame and box. Identity 0000 is a distractor, -1 is junk; both stay in the
gallery, and the protocol decides what to do with them. Zheng et al., ICCV 2015.
"""

import json
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd

from reprolib.data.dataset import DISTRACTOR, Dataset, Picture
from reprolib.data.sets import SPLITS, Owner, Source
from reprolib.data.sets._files import named_pictures
from reprolib.errors import ReproError

PARTS = ("bounding_box_train", "query", "bounding_box_test")
FOLDERS = dict(zip(SPLITS, PARTS, strict=True))
NAME = re.compile(r"(-1|\d{4,})_c(\d+)s\d+_\d{6,}_\d{2}")
LAYOUT = "PID_cCAMERAsSEQUENCE_FRAME_BOX such as 0002_c1s1_000451_03.jpg"
SUFFIXES = ".jpg .jpeg .png"
MORE_DISTRACTORS = "images"
LANDMARKS = ["crown", "neck", "waist", "knees", "soles"]


def read(root: str | Path, seed: int = 0, *, name: str = "market1501") -> Dataset:
    """The data set unpacked in the folder `root`; taught in chapter 1.

    Files that are no pictures are passed over. A `landmarks.csv` in `root` fills
    `Dataset.landmarks`. `seed` decides nothing. Raises ReproError for a missing folder,
    an empty split or a picture whose name does not parse.
    """
    wanted = f"the folders {', '.join(PARTS)} in {root}. Check the data root."
    splits = {}
    for split, folder in FOLDERS.items():
        found = named_pictures(Path(root, folder), wanted, SUFFIXES, NAME, LAYOUT)
        splits[split] = tuple(Picture(p, int(m[1]), int(m[2])) for p, m in found)
    for split in ("train", "query"):
        for picture in splits[split]:
            if picture.pid <= DISTRACTOR:
                raise ReproError(
                    f"{picture.path}: identity {picture.pid} (distractor or junk) in "
                    f"the {split} split; expected it in {FOLDERS['gallery']} only."
                )
    return Dataset(name, **splits, landmarks=_landmarks(Path(root, "landmarks.csv")))


def read_500k(root: str | Path, seed: int = 0) -> Dataset:
    """The data set with its 500,000 further distractors in the gallery.

    They lie in the folder `images` beside the others. Whatever their names say, each
    is a distractor of no camera, 0. Raises ReproError as `read` does.
    """
    dataset, folder = read(root, name="market1501-500k"), Path(root, MORE_DISTRACTORS)
    more = tuple(
        Picture(path, DISTRACTOR, camid=0)
        for path in sorted(folder.glob("*"))
        if path.suffix.lower() in SUFFIXES.split()
    )
    if not more:
        raise ReproError(
            f"{folder} is not there, or empty; expected the pictures of "
            "distractors_500k.zip in it. Unpack that archive beside query."
        )
    return replace(dataset, gallery=dataset.gallery + more)


def people_lists() -> dict:
    """market_mars.json: who trains and who is tested in Market1501 and in MARS."""
    path = Path(__file__).with_name("market_mars.json")
    return json.loads(path.read_text(encoding="utf-8"))


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


OWNER = Owner(
    family="market1501",
    title="Market-1501",
    page="https://zheng-lab.cecs.anu.edu.au/Project/project_reid.html",
    ask="The page links to drives that want a browser; the 500,000 distractors are an "
    "archive of their own.",
    citation="L. Zheng, L. Shen, L. Tian, S. Wang, J. Wang, Q. Tian: Scalable Person "
    "Re-identification: A Benchmark. ICCV 2015.",
    archives=(PARTS, (MORE_DISTRACTORS,)),
)
OFFICIAL = {
    "train": {"identities": 751, "pictures": 12_936, "cameras": 6},
    "query": {"identities": 750, "pictures": 3368, "cameras": 6},
    "gallery": {
        "identities": 750,
        "pictures": 19_732,
        "distractors": 2798,
        "junk": 3819,
    },
}
MORE = {**OFFICIAL["gallery"], "pictures": 519_732, "distractors": 502_798}
MORE_OFFICIAL = {**OFFICIAL, "gallery": MORE}
SOURCES = (
    Source("market1501", OWNER, read, PARTS, OFFICIAL),
    Source(
        "market1501-500k", OWNER, read_500k, (*PARTS, MORE_DISTRACTORS), MORE_OFFICIAL
    ),
)
