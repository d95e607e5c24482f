"""VIPeR: 632 people, one photograph each from two cameras.

Folders `cam_a` and `cam_b` hold `000_45.bmp`: number of the person and angle of view.
Gray, Brennan and Tao, PETS 2007; for research only.
"""

import re
from pathlib import Path

from reprolib.data.dataset import Dataset, Picture
from reprolib.data.sets import RESEARCH, Owner, Source
from reprolib.data.sets._files import named_pictures, split
from reprolib.errors import ReproError

PARTS = ("cam_a", "cam_b")
LAYOUT = "NUMBER_ANGLE.bmp such as 000_45.bmp"
NAME = re.compile(r"(\d{3,})_(\d{1,3})")


def read(root: str | Path, seed: int) -> Dataset:
    """VIPeR split into two halves of its people by a seeded shuffle.

    People seen by both cameras take part: 316 train, 316 test. Camera a gives the
    queries, camera b the gallery. The identity is the file's number + 1, because 0
    means distractor. Raises ReproError for a missing folder, an empty split, a
    picture whose name does not parse or two pictures of one person in one camera.
    """
    wanted = f"the folders cam_a and cam_b in {root}. Check the data root."
    views = a, b = {}, {}
    for camid, (part, view) in enumerate(zip(PARTS, views, strict=True), 1):
        folder = Path(root, part)
        for path, match in named_pictures(folder, wanted, ".bmp", NAME, LAYOUT):
            pid = int(match[1]) + 1
            if pid in view:
                raise ReproError(
                    f"{path}: a second picture of person {match[1]} beside "
                    f"{view[pid].path.name}; expected one a camera. Remove one of them."
                )
            view[pid] = Picture(path, pid, camid)
    train, test = split(set(a) & set(b), seed, train=1, of=2)
    return Dataset(
        "viper",
        train=tuple(view[pid] for view in views for pid in train),
        query=tuple(a[pid] for pid in test),
        gallery=tuple(b[pid] for pid in test),
    )


OWNER = Owner(
    family="viper",
    title="VIPeR",
    page="https://vision.soe.ucsc.edu/node/178",
    ask="The page is often out of reach; so is the archive.",
    terms="The owner asks to cite the paper and states no licence; take it as: "
    + RESEARCH,
    citation="D. Gray, S. Brennan, H. Tao: Evaluating Appearance Models for "
    "Recognition, Reacquisition, and Tracking. PETS 2007.",
    archives=(PARTS,),
    address="https://users.soe.ucsc.edu/~manduchi/VIPeR.v1.0.zip",
    # Published by the code of open-reid, not by the owner.
    checksum="md5:1c2d9fc1cc800332567a0da25a1ce68c",
)
OFFICIAL = {
    "train": {"identities": 316, "pictures": 632},
    "query": {"identities": 316, "pictures": 316},
    "gallery": {"identities": 316, "pictures": 316},
}
SOURCES = (Source("viper", OWNER, read, PARTS, OFFICIAL),)
