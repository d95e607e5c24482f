"""CUHK03, once it is unpacked (`acquire.cuhk03.unpack`).

Each of five pairs of cameras saw people of its own. Every picture exists twice, in a
box drawn by hand (labelled) and in that of a detector (detected). The file name
`1_001_2_06.png` gives the pair, the person within the pair, the camera of the pair and
the column of the release's matrix: 1 to 5 by the first camera, 6 to 10 by the second.
Li et al., CVPR 2014; the new protocol is that of Zhong et al., CVPR 2017.
"""

import json
import random
import re
from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np

from reprolib.data.acquire.cuhk03 import FOLDERS, MATRIX, TEST_SETS, unpack
from reprolib.data.dataset import Dataset, Picture
from reprolib.data.sets import RESEARCH, SPLITS, Owner, Source
from reprolib.data.sets._files import matlab, named_pictures, numbers, refuse, require
from reprolib.errors import ReproError

CONFIGS = {
    boxes: f"cuhk03_new_protocol_config_{folder.removeprefix('images_')}.mat"
    for boxes, folder in FOLDERS.items()
}
NAME = re.compile(r"([1-9])_(?!000)(\d{3})_(?:(1)_0[1-5]|(2)_(?:0[6-9]|10))")
LAYOUT = (
    "PAIR_PERSON_CAMERA_COLUMN such as 1_001_1_01.png (columns 1 to 5) or "
    "1_001_2_06.png (6 to 10)"
)
PREPARE = "Run `python -m reprolib data prepare cuhk03` on the release first."
AGAIN = "Delete it with the folders of pictures, and unpack them again."
PAIR_STEP = 1000
# The paper's gallery: "200 identities"; which ones was never published.
PAPER_PEOPLE = 200
# The published counts of the splits; pictures where the split is a published one.
PEOPLE = {"new": (767, 700), "classic": (1367, 100), "paper": (1267, PAPER_PEOPLE)}
PICTURES = {"labelled": (7368, 1400, 5328), "detected": (7365, 1400, 5332)}


def read(
    root: str | Path, seed: int = 0, *, protocol: str = "new", boxes: str = "detected"
) -> Dataset:
    """CUHK03 in the folder `root`, split by a protocol.

    `protocol` "new" takes the split from its .mat file, "classic" test set number
    `seed` % 20 of the release, "paper" 200 people (at most half) drawn by `seed`, as
    the paper says it did. Both of these are our reading in one thing: queries are by
    the first camera of a pair, and it is scored "single-shot", of which the paper says
    nothing. `boxes` is "labelled" or "detected". A pid is 1000 (pair - 1) + person,
    cameras are 1 to 10. Raises ReproError for a missing folder or list, a name that
    does not parse, or pictures and lists that do not belong together.
    """
    root, name = Path(root), f"cuhk03-{protocol}-{boxes}"
    pictures = _pictures(root / FOLDERS[boxes])
    if protocol == "new":
        splits = _by_lists(pictures, root / FOLDERS[boxes], root / CONFIGS[boxes])
        return Dataset(name, *splits)
    cameras = {(p.pid, p.camid) for p in pictures.values()}
    seen = Counter(pid for pid, _ in cameras)
    if protocol == "classic":
        tested = _test_set(root / TEST_SETS, seed, set(seen))
    else:
        # People of both cameras, each with a lot of its own: the same for both boxes.
        both = [pid for pid, count in seen.items() if count == 2]
        both.sort(key=lambda pid: (random.Random(f"{seed}/{pid}").random(), pid))
        tested = set(both[: min(PAPER_PEOPLE, len(both) // 2)])
    test = [p for p in pictures.values() if p.pid in tested]
    return Dataset(
        name,
        train=tuple(p for p in pictures.values() if p.pid not in tested),
        query=tuple(p for p in test if p.camid % 2),  # the first camera of a pair
        gallery=tuple(p for p in test if not p.camid % 2),
        protocol="single-shot",
    )


def _pictures(folder: Path) -> dict[str, Picture]:
    """The pictures by file name."""
    folders = ", ".join(FOLDERS.values())
    wanted = f"the pictures of {folder.parent} in {folders}. {PREPARE}"
    pictures = {}
    for path, match in named_pictures(folder, wanted, ".png", NAME, LAYOUT):
        name = f"{path.stem}.png"
        if name in pictures:
            raise ReproError(
                f"{path}: a second picture beside {pictures[name].path.name}; expected "
                "one of each name. Remove one of them."
            )
        pair, person = int(match[1]) - 1, int(match[2])
        camid = 2 * pair + int(match[3] or match[4])
        pictures[name] = Picture(path, PAIR_STEP * pair + person, camid)
    return pictures


def _test_set(path: Path, number: int, people: set[int]) -> set[int]:
    """The people of a test set of the release."""
    require(path, f"the test sets. {PREPARE}")
    try:
        sets = json.loads(path.read_text(encoding="utf-8"))
        number %= len(sets)
        pids = [PAIR_STEP * (int(k) - 1) + int(person) for k, person in sets[number]]
    except (ValueError, TypeError, LookupError, ArithmeticError):
        raise ReproError(
            f"{path} does not parse; expected a list of test sets, lists of [pair, "
            f"person]. {AGAIN}"
        ) from None
    for pid, times in Counter(pids).items():
        problem = "" if pid in people else "of whom there is no picture"
        if problem or times > 1:
            pair, person = divmod(pid, PAIR_STEP)
            raise ReproError(
                f"{path}: test set {number} (from 0) lists person {pair + 1}_"
                f"{person:03d}, {problem or f'{times} times; expected once'}. {AGAIN}"
            )
    return set(pids)


def _by_lists(
    pictures: dict[str, Picture], folder: Path, path: Path
) -> list[tuple[Picture, ...]]:
    """The splits of the new protocol; all that a name says is taken from the name."""
    require(
        path,
        "for the new protocol this file, which the re-ranking code of Zhong et al. "
        "publishes (evaluation/data/CUHK03 in zhunzhong07/person-re-ranking). Put it "
        "there.",
    )
    layout = "filelist has a name a cell, *_idx numbers"
    fields = [f"{split}_idx" for split in SPLITS]
    with matlab(path, layout, "filelist", *fields) as (cells, *indices):
        names = [str(cell) for cell in np.atleast_1d(cells)]
        indices = [numbers(array) for array in indices]
    advice = (
        f"Expected each once in {path.name} and in the folder: check that list and "
        "pictures are both the labelled or both the detected ones, and whole."
    )
    twice = {name for name, times in Counter(names).items() if times > 1}
    refuse(twice, folder, "is listed twice", advice)
    refuse(set(names) - set(pictures), folder, "is listed, but not there", advice)
    refuse(set(pictures) - set(names), folder, "is there, but not listed", advice)
    _check_places(indices, names, path)
    return [tuple(pictures[names[n - 1]] for n in places) for places in indices]


def _check_places(indices: list[tuple[int, ...]], names: list[str], path: Path) -> None:
    """Every number is that of a name, and no picture is in two splits."""
    split_of = {}
    for split, places in zip(SPLITS, indices, strict=True):
        for place in places:
            if not 1 <= place <= len(names):
                raise ReproError(
                    f"{path}: {split}_idx has the number {place}; expected 1 to "
                    f"{len(names)}, the length of filelist. Fetch the file again."
                )
            if place in split_of:
                raise ReproError(
                    f"{path}: {names[place - 1]} is in {split_of[place]} and again in "
                    f"{split}; expected it once. Fetch the file again."
                )
            split_of[place] = split


def _official(protocol: str, boxes: str) -> dict[str, dict[str, int]]:
    trained, tested = PEOPLE[protocol]
    counts = [{"identities": count} for count in (trained, tested, tested)]
    if protocol == "new":
        for row, count in zip(counts, PICTURES[boxes], strict=True):
            row["pictures"] = count
    return dict(zip(SPLITS, counts, strict=True))


OWNER = Owner(
    family="cuhk03",
    title="CUHK03",
    page="https://www.ee.cuhk.edu.hk/~xgwang/CUHK_identification.html",
    ask="The page links to the form and the drive. The two files of the new protocol, "
    "cuhk03_new_protocol_config_*.mat, are in evaluation/data/CUHK03 of "
    "https://github.com/zhunzhong07/person-re-ranking.",
    terms=RESEARCH + " Its people are students of the university: respect their "
    "privacy and its rules.",
    citation="W. Li, R. Zhao, T. Xiao, X. Wang: DeepReID: Deep Filter Pairing Neural "
    "Network for Person Re-identification. CVPR 2014.",
    archives=((MATRIX,), tuple(CONFIGS.values())),
    raw=MATRIX,
    convert=lambda root: unpack(root / MATRIX, root),
)
SOURCES = tuple(
    Source(
        f"cuhk03-{protocol}-{boxes}",
        OWNER,
        partial(read, protocol=protocol, boxes=boxes),
        (folder, *{"new": [CONFIGS[boxes]], "classic": [TEST_SETS]}.get(protocol, [])),
        _official(protocol, boxes),
    )
    for protocol in PEOPLE
    for boxes, folder in FOLDERS.items()
)
