"""Reads CUHK03 once it is unpacked (`cuhk03_release.unpack`).

Each of five pairs of cameras saw people of its own. Every picture exists twice, in a
box drawn by hand (labelled) and in that of a detector (detected). The file name
`1_001_2_06.png` gives the pair, the person within the pair, the camera of the pair and
the column of the release's matrix: 1 to 5 by the first camera, 6 to 10 by the second.
Li et al., CVPR 2014; the new protocol is that of Zhong et al., CVPR 2017.
"""

import json
import random
import re
from collections import Counter, defaultdict
from pathlib import Path

from reprolib.data.dataset import Dataset, Picture
from reprolib.data.readers import matlab
from reprolib.errors import ReproError

FOLDERS = {"labelled": "images_labeled", "detected": "images_detected"}
SPLITS = "splits_classic.json"
NAME = re.compile(r"([1-9])_(?!000)(\d{3})_(?:(1)_0[1-5]|(2)_(?:0[6-9]|10))")
PREPARE = "Run `python -m reprolib data prepare cuhk03` on the release first."
PAIR_STEP = 1000
# The paper's gallery: "200 identities"; which ones was never published.
PAPER_PEOPLE = 200
INDICES = {"train": "train_idx", "query": "query_idx", "gallery": "gallery_idx"}
PEOPLE = {"new": (767, 700), "classic": (1367, 100), "paper": (1267, PAPER_PEOPLE)}
PICTURES = {"labelled": (7368, 1400, 5328), "detected": (7365, 1400, 5332)}


def read(root: str | Path, protocol: str, boxes: str, seed: int = 0) -> Dataset:
    """CUHK03 in the folder `root`, split by a protocol.

    `protocol` "new" takes the split from its .mat file, "classic" test set number
    `seed` % 20 of the release, "paper" 200 people (at most half) drawn by `seed`, as
    the paper says it did. Both of these are our reading in one thing: queries are by
    the first camera of a pair, and it is scored "single-shot", of which the paper says
    nothing. `boxes` is "labelled" or "detected". A pid is 1000 (pair - 1) + person,
    cameras are 1 to 10. Raises ReproError for a missing folder or list, a name that
    does not parse, or pictures and lists that do not belong together.
    """
    root = Path(root)
    pictures = _pictures(root / FOLDERS[boxes])
    name = f"cuhk03-{protocol}-{boxes}"
    if protocol == "new":
        return Dataset(name, **_by_lists(pictures, config_path(root, boxes)))
    seen = _cameras(pictures)
    if protocol == "classic":
        tested = _test_set(root / SPLITS, seed, set(seen))
    else:
        tested = _drawn_people(seen, seed)
    return Dataset(name, **_by_people(pictures, tested), protocol="single-shot")


def official(protocol: str, boxes: str) -> dict[str, dict[str, int]]:
    """The published counts; pictures where the split is a published one."""
    trained, tested = PEOPLE[protocol]
    people = {"train": trained, "query": tested, "gallery": tested}
    counts = {split: {"identities": count} for split, count in people.items()}
    if protocol == "new":
        for split, count in zip(counts, PICTURES[boxes], strict=True):
            counts[split]["pictures"] = count
    return counts


def config_path(root: Path, boxes: str) -> Path:
    """Where the file of the new protocol lies."""
    kind = FOLDERS[boxes].removeprefix("images_")
    return root / f"cuhk03_new_protocol_config_{kind}.mat"


def _pictures(folder: Path) -> dict[str, Picture]:
    """The pictures by file name."""
    if not folder.is_dir():
        raise ReproError(
            f"{folder} is not there; expected the pictures of {folder.parent} in "
            f"{', '.join(FOLDERS.values())}. {PREPARE}"
        )
    found = {}
    for path in sorted(p for p in folder.iterdir() if p.suffix.lower() == ".png"):
        name = f"{path.stem}.png"
        if name in found:
            raise ReproError(
                f"{path}: a second picture beside {found[name].path.name}; expected "
                "one of each name. Remove one of them."
            )
        found[name] = _picture(path)
    return found


def _picture(path: Path) -> Picture:
    match = NAME.fullmatch(path.stem)
    if not match:
        raise ReproError(
            f"{path}: the name does not parse; expected PAIR_PERSON_CAMERA_COLUMN such "
            "as 1_001_1_01.png (columns 1 to 5) or 1_001_2_06.png (6 to 10). Rename "
            "the file or move it away."
        )
    pair, camera = int(match[1]), int(match[3] or match[4])
    return Picture(path, _pid(pair, int(match[2])), camid=2 * (pair - 1) + camera)


def _pid(pair: int, person: int) -> int:
    return PAIR_STEP * (pair - 1) + person


def _cameras(pictures: dict[str, Picture]) -> dict[int, set[int]]:
    """The cameras that saw each person."""
    seen = defaultdict(set)
    for picture in pictures.values():
        seen[picture.pid].add(picture.camid)
    return seen


def _by_people(pictures: dict[str, Picture], tested: set[int]) -> dict[str, tuple]:
    """Who is not tested trains; the first camera of a pair has an odd number."""
    test = [p for p in pictures.values() if p.pid in tested]
    return {
        "train": tuple(p for p in pictures.values() if p.pid not in tested),
        "query": tuple(p for p in test if p.camid % 2),
        "gallery": tuple(p for p in test if not p.camid % 2),
    }


def _drawn_people(seen: dict[int, set[int]], seed: int) -> set[int]:
    """People of both cameras, each with a lot of its own: the same for both boxes."""
    both = [pid for pid, cameras in seen.items() if len(cameras) == 2]
    both.sort(key=lambda pid: random.Random(f"{seed}/{pid}").random())
    return set(both[: min(PAPER_PEOPLE, len(both) // 2)])


def _test_set(path: Path, number: int, people: set[int]) -> set[int]:
    """The people of a test set of the release."""
    if not path.is_file():
        raise ReproError(f"{path} is not there; expected the test sets. {PREPARE}")
    try:
        sets = json.loads(path.read_text(encoding="utf-8"))
        number %= len(sets)
        listed = [_pid(int(pair), int(person)) for pair, person in sets[number]]
    except (ValueError, TypeError, LookupError, ArithmeticError):
        raise ReproError(
            f"{path} does not parse; expected a list of test sets, lists of [pair, "
            "person]. Delete it with the folders of pictures, and unpack them again."
        ) from None
    for pid, times in Counter(listed).items():
        problem = "" if pid in people else "of whom there is no picture"
        if problem or times > 1:
            pair, person = divmod(pid, PAIR_STEP)
            raise ReproError(
                f"{path}: test set {number} (from 0) lists person {pair + 1}_"
                f"{person:03d}, {problem or f'{times} times; expected once'}. Delete "
                "it with the folders of pictures, and unpack them again."
            )
    return set(listed)


def _by_lists(pictures: dict[str, Picture], path: Path) -> dict[str, tuple]:
    """The splits of the new protocol; all that a name says is taken from the name."""
    if not path.is_file():
        raise ReproError(
            f"{path} is not there; the new protocol needs this file, which the "
            "re-ranking code of Zhong et al. publishes (evaluation/data/CUHK03 in "
            "zhunzhong07/person-re-ranking). Put it there."
        )
    with matlab.expecting(path, "filelist has a name a cell, *_idx numbers"):
        names = [matlab.text(cell) for cell in matlab.load(path, "filelist").ravel()]
        places = {
            split: matlab.numbers(matlab.load(path, variable))
            for split, variable in INDICES.items()
        }
    _check_names(names, pictures, path)
    _check_places(places, names, path)
    return {
        split: tuple(pictures[names[place - 1]] for place in listed)
        for split, listed in places.items()
    }


def _check_names(names: list[str], pictures: dict[str, Picture], path: Path) -> None:
    """The list names every picture of the folder once, and no other."""
    folder = next(iter(pictures.values())).path.parent if pictures else path.parent
    twice = {name for name, times in Counter(names).items() if times > 1}
    for wrong, problem in (
        (twice, "is listed twice"),
        (set(names) - set(pictures), "is listed, but not there"),
        (set(pictures) - set(names), "is there, but not listed"),
    ):
        if wrong:
            raise ReproError(
                f"{folder / min(wrong)} {problem} in {path.name} ({len(wrong)} such "
                "pictures); expected each once in both. Check that list and pictures "
                "are both the labelled or both the detected ones, and whole."
            )


def _check_places(places: dict[str, tuple], names: list[str], path: Path) -> None:
    """Every number is that of a name, and no picture is in two splits."""
    split_of = {}
    for split, listed in places.items():
        for place in listed:
            if not 1 <= place <= len(names):
                raise ReproError(
                    f"{path}: {INDICES[split]} has the number {place}; expected 1 to "
                    f"{len(names)}, the length of filelist. Fetch the file again."
                )
            if place in split_of:
                raise ReproError(
                    f"{path}: {names[place - 1]} is in {split_of[place]} and again in "
                    f"{split}; expected it once. Fetch the file again."
                )
            split_of[place] = split
