"""CUHK01: 971 people, two photographs each from two cameras.

The folder `campus` holds `0001001.png`: four digits of the person, three of the
picture, of which 1 and 2 are by the first camera, 3 and 4 by the second. Li, Zhao and
Wang, ACCV 2012; for research only.
"""

import re
from collections import defaultdict
from pathlib import Path

from reprolib.data.dataset import Dataset, Picture
from reprolib.data.sets import RESEARCH, Owner, Source
from reprolib.data.sets._files import named_pictures, split

FOLDER = "campus"
NAME = re.compile(r"(?!0000)(\d{4})00([1-4])")
LAYOUT = "PERSON and PICTURE such as 0001001.png (pictures 001 to 004)"


def read(root: str | Path, seed: int) -> Dataset:
    """CUHK01 split by a seeded shuffle: 485 of 971 people train, the others are tested.

    People seen by both cameras take part. Both pictures by the first camera are
    queries, and of the two by the second the gallery draws one: "single-shot". Raises
    ReproError for a missing folder, an empty split or a picture whose name does not
    parse.
    """
    views = {1: defaultdict(list), 2: defaultdict(list)}
    wanted = f"the folder {FOLDER} in {root}. Check the data root."
    found = named_pictures(Path(root, FOLDER), wanted, ".png", NAME, LAYOUT)
    for path, match in found:
        pid, camid = int(match[1]), 1 if match[2] in "12" else 2
        views[camid][pid].append(Picture(path, pid, camid))
    train, test = split(set(views[1]) & set(views[2]), seed, train=485, of=971)
    return Dataset(
        name="cuhk01",
        train=tuple(p for pid in train for view in views.values() for p in view[pid]),
        query=tuple(p for pid in test for p in views[1][pid]),
        gallery=tuple(p for pid in test for p in views[2][pid]),
        protocol="single-shot",
    )


OWNER = Owner(
    family="cuhk01",
    title="CUHK01",
    page="https://www.ee.cuhk.edu.hk/~xgwang/CUHK_identification.html",
    ask="The page links to the form and the drive.",
    terms=RESEARCH + " Its people are students of the university: respect their "
    "privacy and its rules.",
    citation="W. Li, R. Zhao, X. Wang: Human Reidentification with Transferred Metric "
    "Learning. ACCV 2012.",
    archives=((FOLDER,),),
)
OFFICIAL = {
    "train": {"identities": 485, "pictures": 1940, "cameras": 2},
    "query": {"identities": 486, "pictures": 972, "cameras": 1},
    "gallery": {"identities": 486, "pictures": 972, "cameras": 1},
}
SOURCES = (Source("cuhk01", OWNER, read, (FOLDER,), OFFICIAL),)
