"""CUHK-SYSU, once its persons are cropped (`acquire.cuhk_sysu.crop`).

CUHK-SYSU is made for person search: find a person in whole scenes. Here the boxes drawn
by hand take the place of a detector, so what is measured is re-identification, which is
easier. A query is compared with the boxes of its own list of scenes, 100 by custom; the
paper does not say how many it took. Xiao et al., CVPR 2017.
"""

from collections import defaultdict
from functools import partial
from itertools import chain
from pathlib import Path

import pandas as pd

from reprolib.data.acquire.cuhk_sysu import COLUMNS, SPLITS, crop
from reprolib.data.dataset import DISTRACTOR, Dataset, Picture
from reprolib.data.sets import Owner, Source
from reprolib.data.sets._files import refuse, require
from reprolib.data.sets._sysu_annotation import SIZES, Search, list_path, searches
from reprolib.errors import ReproError

# By the number of scenes a query is searched in.
NAMES = {n: "cuhk-sysu" if n == 100 else f"cuhk-sysu-g{n}" for n in SIZES}
AGAIN = "Crop the persons again."


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
    pictures = {
        split: tuple(_picture(root, row) for row in rows.itertuples(index=False))
        for split, rows in table.groupby("split")
    }
    gallery = pictures.get("gallery", ())
    path, asked = list_path(root, gallery_size), searches(root, gallery_size)
    return Dataset(
        name=NAMES[gallery_size],
        train=pictures.get("train", ()),
        query=_queries(asked, pictures.get("query", ()), path),
        gallery=gallery,
        candidates=_candidates(asked, gallery, path),
    )


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
    lowest = table["split"].map(lambda split: DISTRACTOR + (split != "gallery"))
    for wrong, problem in (
        (table["file"].duplicated(), "is listed twice"),
        (~table["split"].isin(SPLITS), "is in a split that is unknown"),
        (table["pid"] < lowest, "has no number of a person"),
    ):
        if wrong.any():
            file = table["file"][wrong.argmax()]
            raise ReproError(f"{path}: {file} {problem}. {AGAIN}")
    return table


def _picture(root: Path, row) -> Picture:
    box = (row.left, row.top, row.width, row.height)
    return Picture(root / row.file, pid=row.pid, camid=row.scene, box=box)


def _queries(
    asked: list[Search], pictures: tuple[Picture, ...], path: Path
) -> tuple[Picture, ...]:
    """The pictures of the queries in the order of the lists."""
    crops = {(picture.pid, picture.camid): picture for picture in pictures}
    wanted = [(search.query.pid, search.query.scene) for search in asked]
    if set(wanted) != set(crops):
        pid, scene = min(set(wanted) ^ set(crops))
        raise ReproError(
            f"{path} and the folder query differ in person p{pid} of s{scene}.jpg; "
            f"expected a crop of every query, and no other. {AGAIN}"
        )
    return tuple(crops[key] for key in wanted)


def _candidates(
    asked: list[Search], gallery: tuple[Picture, ...], path: Path
) -> tuple[tuple[int, ...], ...]:
    """For each query the gallery's indices of all boxes in the scenes of its list."""
    places = defaultdict(list)
    for place, picture in enumerate(gallery):
        places[picture.camid].append(place)
    shown = {(picture.pid, picture.camid) for picture in gallery}
    for search in asked:
        lost = [scene for scene in search.scenes if scene not in places]
        lost += [m.scene for m in search.found if (m.pid, m.scene) not in shown]
        if lost:
            raise ReproError(
                f"{path}: the list of person p{search.query.pid} has s{lost[0]}.jpg, "
                "of which the crops lack every box, or the person's. Crop the persons "
                "of this release again."
            )
    return tuple(
        tuple(chain.from_iterable(places[scene] for scene in search.scenes))
        for search in asked
    )


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
