"""MARS: Market1501's cameras again, with tracklets instead of single pictures.

Folders `bbox_train` and `bbox_test` hold one folder an identity, and the file name
`0001C1T0002F003.jpg` gives identity, camera, tracklet and frame. The lists in `info`
say which frames form a tracklet: a row is first frame, last frame, identity, camera.
Identity 0000 is a distractor, 00-1 is junk. Zheng et al., ECCV 2016.
"""

import re
from collections import Counter
from glob import glob
from pathlib import Path

import numpy as np

from reprolib.data.dataset import DISTRACTOR, Dataset, Picture
from reprolib.data.sets import Owner, Source
from reprolib.data.sets._files import matlab, numbers, refuse, require
from reprolib.errors import ReproError

NAME = re.compile(r"(\d{4}|00-1)C(\d)T\d{4,}F\d{3,}\.jpg")
APART = "The lists in info do not belong together; fetch them again."


def read(root: str | Path, seed: int = 0) -> Dataset:
    """MARS in the folder `root`: one picture a frame, tracklets from 1.

    The gallery holds all tracklets of the test, the queries too, as the owner's MATLAB
    code has it: a query may be the match of another query of its person, and never of
    itself, because the protocol leaves out its own camera. Much Python code drops the
    queries. `seed` decides nothing. Raises ReproError for a missing or broken list, a
    frame without its file, a file in no tracklet, a row outside the list of frames or
    at odds with a frame's name.
    """
    root = Path(root)
    train = _part(root, "train", 0)
    trained = train[-1].tracklet if train else 0
    test = _part(root, "test", trained)
    count = test[-1].tracklet - trained if test else 0
    path = root / "info" / "query_IDX.mat"
    with matlab(path, "query_IDX is a list of numbers", "query_IDX") as [found]:
        asked = Counter(numbers(found))
    for row, times in asked.items():
        if not 1 <= row <= count or times > 1:
            raise ReproError(
                f"{path}: query {row}, {times} times; expected numbers from 1 to "
                f"{count}, the tracklets of the test, each once. Fetch it again."
            )
    query = [p for p in test if p.tracklet - trained in asked]
    for picture in (*train, *query):
        if picture.pid <= DISTRACTOR:
            raise ReproError(
                f"{picture.path}: a distractor or junk is a tracklet of the "
                "training or a query; expected both among the rest of the test only."
            )
    return Dataset("mars", tuple(train), tuple(query), tuple(test))


def _part(root: Path, part: str, before: int) -> list[Picture]:
    """The frames of one part, whose tracklets are numbered from `before` + 1."""
    folder, path = root / f"bbox_{part}", root / "info" / f"{part}_name.txt"
    frames, variable = _frames(path, folder), f"track_{part}_info"
    info = root / "info" / f"tracks_{part}_info.mat"
    with matlab(info, f"{variable} has four numbers a row", variable) as [rows]:
        rows = np.atleast_2d(rows).astype(int)
        rows = rows.reshape(len(rows), 4).tolist()
    pictures, listed = [], Counter()
    for row, (start, end, *who) in enumerate(rows, 1):
        if not 1 <= start <= end <= len(frames):
            raise ReproError(
                f"{path}: tracklet {row} runs from frame {start} to {end}; expected "
                f"numbers from 1 to {len(frames)}, the length of the list. {APART}"
            )
        listed.update(frames[start - 1 : end])
        for name in frames[start - 1 : end]:
            person, camera = NAME.fullmatch(name).groups()
            pid = -1 if person == "00-1" else int(person)
            if [pid, int(camera)] != who:
                raise ReproError(
                    f"{folder / person / name}: tracklet {before + row} is of identity "
                    f"{who[0]} and camera {who[1]}, which the name contradicts. {APART}"
                )
            pictures.append(Picture(folder / person / name, *who, before + row))
    lost = [name for name in frames if not listed[name]]
    twice = [name for name in frames if listed[name] > 1]
    for wrong, problem in ((lost, "no tracklet"), (twice, "two tracklets")):
        if wrong:
            raise ReproError(
                f"{path}: {len(wrong)} frames lie in {problem}, such as {wrong[0]}; "
                f"expected each in one. {APART}"
            )
    return pictures


def _frames(path: Path, folder: Path) -> list[str]:
    """The names listed in `path`: `folder` holds these, and none but hidden others."""
    wanted = f"the folder info of MARS's evaluation code in {folder.parent}."
    require(path, f"{wanted} Put it beside bbox_train and bbox_test.")
    wanted = f"the folders bbox_train, bbox_test and info in {folder.parent}."
    require(folder, f"{wanted} Check the data root.")
    try:
        names = path.read_text(encoding="utf-8").split()
    except UnicodeDecodeError:
        raise ReproError(
            f"{path} is no text; expected the name of one frame a line. Fetch it again."
        ) from None
    for name, times in Counter(names).items():
        if not NAME.fullmatch(name):
            raise ReproError(
                f"{path}: the name {name!r} does not parse; expected "
                "PIDCcameraTtrackletFframe.jpg such as 0001C1T0002F003.jpg."
            )
        if times > 1:
            raise ReproError(
                f"{path}: {name} is listed {times} times; expected every frame once. "
                "Fetch the list again."
            )
    there = set(glob("*/*.jpg", root_dir=folder))
    named = {f"{name[:4]}/{name}" for name in names}
    again = f"{path} names it. Unpack {folder.name} again, completely."
    refuse(named - there, folder, "is not there", again)
    away = f"{path} does not name it. Move the file away."
    refuse(there - named, folder, "is in no tracklet", away)
    return names


OWNER = Owner(
    family="mars",
    title="MARS",
    page="https://zheng-lab.cecs.anu.edu.au/Project/project_mars.html",
    ask="The page links to drives that want a browser, one archive a folder. The lists "
    "in info are in https://github.com/liangzheng06/MARS-evaluation.",
    citation="L. Zheng, Z. Bie, Y. Sun, J. Wang, C. Su, S. Wang, Q. Tian: MARS: A "
    "Video Benchmark for Large-Scale Person Re-identification. ECCV 2016.",
    archives=(("bbox_train",), ("bbox_test",), ("info",)),
)
PARTS = (
    "bbox_train",
    "bbox_test",
    *(f"info/{part}_name.txt" for part in ("train", "test")),
    *(f"info/tracks_{part}_info.mat" for part in ("train", "test")),
    "info/query_IDX.mat",
)
OFFICIAL = {
    "train": {"identities": 625, "tracklets": 8298, "pictures": 509_914},
    "query": {"identities": 626, "tracklets": 1980},
    "gallery": {"identities": 634, "tracklets": 12_180, "pictures": 681_089},
}
# MARS numbers its people as Market1501 does, and shows many of them.
SOURCES = (Source("mars", OWNER, read, PARTS, OFFICIAL, people="market1501"),)
