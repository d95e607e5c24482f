"""CUHK-SYSU, once its persons are cropped (`acquire.cuhk_sysu.crop`).

CUHK-SYSU is made for person search: find a person in whole scenes. Here the boxes drawn
by hand take the place of a detector, so what is measured is re-identification, which is
easier. A query is compared with the boxes of its own list of scenes, 100 by custom; the
paper does not say how many it took. Xiao et al., CVPR 2017.
"""

from collections import defaultdict
from functools import partial
from pathlib import Path

import pandas as pd

from reprolib.data.acquire.cuhk_sysu import COLUMNS, crop
from reprolib.data.dataset import DISTRACTOR, Dataset, Picture
from reprolib.data.sets import SPLITS, Owner, Source
from reprolib.data.sets._files import refuse, require
from reprolib.data.sets._sysu_annotation import SIZES, list_path, searches
from reprolib.errors import ReproError

# By the number of scenes a query is searched in.
NAMES = {n: "cuhk-sysu" if n == 100 else f"cuhk-sysu-g{n}" for n in SIZES}
AGAIN = "Crop the persons again."
Pictures = tuple[Picture, ...]


def read(root: str | Path, seed: int = 0, *, gallery_size: int = 100) -> Dataset:
    """The crops in the folder `root`, tested with lists of `gallery_size` scenes.

    camid is the scene's number, so that nothing in the query's own scene is a match.
    The gallery holds every box of the test's scenes; who is never searched is a
    distractor. `candidates` are the boxes of a query's list. `seed` decides nothing.
    Raises ReproError if crops or lists are missing, broken or do not belong together.
    """
    if gallery_size not in NAMES:
        raise ReproError(
            f"there are no lists of {gallery_size} scenes; expected one of "
            f"{', '.join(map(str, NAMES))}."
        )
    root = Path(root)
    table = _table(root / "crops.csv")
    there = {f"{s}/{p.name}" for s in SPLITS for p in (root / s).glob("*.jpg")}
    files = set(table["file"])
    refuse(files - there, root, "is listed in crops.csv, but not there", AGAIN)
    refuse(there - files, root, "is not listed in crops.csv", AGAIN)
    pictures = {split: [] for split in SPLITS}
    for file, split, pid, scene, *box in table.itertuples(index=False, name=None):
        pictures[split].append(Picture(root / file, pid, scene, box=tuple(box)))
    train, query, gallery = (tuple(pictures[split]) for split in SPLITS)
    asked, path = searches(root, gallery_size), list_path(root, gallery_size)
    query, candidates = _as_listed(asked, query, gallery, path)
    name = NAMES[gallery_size]
    return Dataset(name, train, query, gallery, candidates=candidates)


def _table(path: Path) -> pd.DataFrame:
    """What `crops.csv` says of each picture."""
    require(
        path,
        "the crops of CUHK-SYSU, not only its scenes. Run `python -m reprolib data "
        "prepare cuhk-sysu` first.",
    )
    try:
        table = pd.read_csv(path)[list(COLUMNS)]
        table = table.astype(dict.fromkeys(COLUMNS[2:], int))
    except (ValueError, KeyError):
        raise ReproError(
            f"{path} does not parse; expected the columns {', '.join(COLUMNS)}, whole "
            f"numbers but for the first two. {AGAIN}"
        ) from None
    nobody = table["pid"] < (table["split"] != "gallery") + DISTRACTOR
    for wrong, problem in (
        (table["file"].duplicated(), "is listed twice"),
        (~table["split"].isin(SPLITS), "is in a split that is unknown"),
        (nobody, "has no number of a person"),
    ):
        if wrong.any():
            file = table["file"][wrong.argmax()]
            raise ReproError(f"{path}: {file} {problem}. {AGAIN}")
    return table


def _as_listed(asked: list, query: Pictures, gallery: Pictures, path: Path) -> tuple:
    """The queries in the order of the lists, and the candidates of each.

    Candidates are the gallery's indices of all boxes in the scenes of a query's list.
    """
    crops = {(picture.pid, picture.camid): picture for picture in query}
    wanted = [(mark.pid, mark.scene) for mark, _ in asked]
    if differing := set(wanted) ^ set(crops):
        pid, scene = min(differing)
        raise ReproError(
            f"{path} and the folder query differ in person p{pid} of s{scene}.jpg; "
            f"expected a crop of every query, and no other. {AGAIN}"
        )
    places, candidates = defaultdict(list), []
    for place, picture in enumerate(gallery):
        places[picture.camid].append(place)
    shown = {(picture.pid, picture.camid) for picture in gallery}
    for mark, listed in asked:
        scenes = dict.fromkeys(m.scene for m in listed)
        lost = [scene for scene in scenes if scene not in places]
        lost += [m.scene for m in listed if m.box and (m.pid, m.scene) not in shown]
        if lost:
            raise ReproError(
                f"{path}: the list of person p{mark.pid} has s{lost[0]}.jpg, of which "
                "the crops lack every box, or the person's. Crop the persons of this "
                "release again."
            )
        boxes = (place for scene in scenes for place in places[scene])
        candidates.append(tuple(boxes))
    return tuple(crops[key] for key in wanted), tuple(candidates)


OWNER = Owner(
    family="cuhk-sysu",
    title="CUHK-SYSU",
    page="https://github.com/ShuangLI59/person_search",
    ask="The page says whom to write to, from the address of a university.",
    citation="T. Xiao, S. Li, B. Wang, L. Lin, X. Wang: Joint Detection and "
    "Identification Feature Learning for Person Search. CVPR 2017.",
    archives=(("annotation", "Image/SSM"),),
    raw="Image/SSM",
    convert=lambda root: crop(root, root),
)
PARTS = ("annotation/test/train_test", "crops.csv", *SPLITS)
# Its cameras are scenes.
OFFICIAL = {
    "train": {"identities": 5532},
    "query": {"identities": 2900, "pictures": 2900},
    "gallery": {"cameras": 6978},
}
SOURCES = tuple(
    Source(name, OWNER, partial(read, gallery_size=size), PARTS, OFFICIAL)
    for size, name in NAMES.items()
)
