"""MARS: Market1501's cameras again, with tracklets instead of single pictures.

Folders `bbox_train` and `bbox_test` hold one folder an identity, and the file name
`0001C1T0002F003.jpg` gives identity, camera, tracklet and frame. The lists in `info`
say which frames form a tracklet: a row is first frame, last frame, identity, camera.
Identity 0000 is a distractor, 00-1 is junk. Zheng et al., ECCV 2016.
"""

import os
import re
from collections import Counter
from itertools import chain
from pathlib import Path

import numpy as np

from reprolib.data.dataset import DISTRACTOR, Dataset, Picture
from reprolib.data.sets import Owner, Source, _matlab
from reprolib.data.sets._files import refuse, require
from reprolib.errors import ReproError

NAME = re.compile(r"(\d{4}|00-1)C(\d)T\d{4,}F\d{3,}\.jpg")
JUNK_FOLDER = "00-1"
LISTS = (
    "train_name.txt",
    "test_name.txt",
    "tracks_train_info.mat",
    "tracks_test_info.mat",
    "query_IDX.mat",
)
APART = "The lists in info do not belong together; fetch them again."


def read(root: str | Path) -> Dataset:
    """MARS in the folder `root`: one picture a frame, tracklets from 1.

    The gallery holds all tracklets of the test, the queries too, as the owner's MATLAB
    code has it: a query may be the match of another query of its person, and never of
    itself, because the protocol leaves out its own camera. Much Python code drops the
    queries. Raises ReproError for a missing or broken list, a frame without its file,
    a file in no tracklet, a row outside the list of frames or at odds with a frame's
    name.
    """
    root = Path(root)
    train = _tracklets(root, "train", 1)
    test = _tracklets(root, "test", len(train) + 1)
    queries = [test[i] for i in _queries(root / "info" / "query_IDX.mat", len(test))]
    for tracklet in (*train, *queries):
        if tracklet[0].pid <= DISTRACTOR:
            raise ReproError(
                f"{tracklet[0].path}: a distractor or junk is a tracklet of the "
                "training or a query; expected both among the rest of the test only."
            )
    splits = {"train": train, "query": queries, "gallery": test}
    return Dataset("mars", **{k: tuple(chain(*v)) for k, v in splits.items()})


def _tracklets(root: Path, part: str, number: int) -> list[tuple[Picture, ...]]:
    """The frames of each tracklet of one part; `number` is that of the first."""
    names, folder = root / "info" / f"{part}_name.txt", root / f"bbox_{part}"
    frames = _frames(names)
    rows = _rows(root / "info" / f"tracks_{part}_info.mat", f"track_{part}_info")
    _check_rows(rows, frames, names)
    _check_files(folder, frames, names)
    return [
        tuple(
            _picture(folder, frame, pid, camid, tracklet)
            for frame in frames[start - 1 : end]
        )
        for tracklet, (start, end, pid, camid) in enumerate(rows.tolist(), number)
    ]


def _frames(path: Path) -> list[str]:
    """The names of the frames, one a line."""
    place = path.parent.parent
    wanted = f"the folder info of MARS's evaluation code in {place}."
    require(path, f"{wanted} Put it beside bbox_train and bbox_test.")
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
    return names


def _rows(path: Path, variable: str) -> np.ndarray:
    """(n, 4) int64: first and last frame from 1, pid, camid."""
    with _matlab.expecting(path, f"{variable} has four numbers a row"):
        rows = _matlab.load(path, variable).astype(np.int64)
        return rows.reshape(len(rows), 4)


def _check_rows(rows: np.ndarray, frames: list[str], path: Path) -> None:
    """Every row lies within the list, and every frame in one row."""
    seen = np.zeros(len(frames), dtype=np.int64)
    for row, (start, end, *_) in enumerate(rows.tolist(), 1):
        if not 1 <= start <= end <= len(frames):
            raise ReproError(
                f"{path}: tracklet {row} runs from frame {start} to {end}; expected "
                f"numbers from 1 to {len(frames)}, the length of the list. {APART}"
            )
        seen[start - 1 : end] += 1
    for times, problem in ((seen == 0, "no tracklet"), (seen > 1, "two tracklets")):
        if times.any():
            raise ReproError(
                f"{path}: {times.sum()} frames lie in {problem}, such as "
                f"{frames[times.argmax()]}; expected each in one. {APART}"
            )


def _check_files(folder: Path, frames: list[str], path: Path) -> None:
    """The pictures of `folder`, hidden ones apart, are those that the list names."""
    wanted = f"the folders bbox_train, bbox_test and info in {folder.parent}."
    require(folder, f"{wanted} Check the data root.")
    there = {
        f"{person.name}/{file.name}"
        for person in os.scandir(folder)
        if person.is_dir()
        for file in os.scandir(person)
        if file.name.endswith(".jpg") and not file.name.startswith(".")
    }
    named = {f"{frame[:4]}/{frame}" for frame in frames}
    again = f"{path} names it. Unpack {folder.name} again, completely."
    refuse(named - there, folder, "is not there", again)
    away = f"{path} does not name it. Move the file away."
    refuse(there - named, folder, "is in no tracklet", away)


def _picture(folder: Path, name: str, pid: int, camid: int, tracklet: int) -> Picture:
    person, camera = NAME.fullmatch(name).groups()
    path = folder / person / name
    if (-1 if person == JUNK_FOLDER else int(person), int(camera)) != (pid, camid):
        raise ReproError(
            f"{path}: tracklet {tracklet} is of identity {pid} and camera {camid}, "
            f"which the name contradicts. {APART}"
        )
    return Picture(path, pid, camid, tracklet)


def _queries(path: Path, count: int) -> list[int]:
    """The places, from 0, of the query tracklets among the `count` of the test."""
    with _matlab.expecting(path, "query_IDX is a list of numbers"):
        rows = _matlab.numbers(_matlab.load(path, "query_IDX"))
    for row, times in Counter(rows).items():
        if not 1 <= row <= count or times > 1:
            raise ReproError(
                f"{path}: query {row}, {times} times; expected numbers from 1 to "
                f"{count}, the tracklets of the test, each once. Fetch it again."
            )
    return sorted(row - 1 for row in rows)


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
SOURCES = (
    Source(
        "mars",
        OWNER,
        lambda root, _: read(root),
        parts=("bbox_train", "bbox_test", *(f"info/{name}" for name in LISTS)),
        official={
            "train": {"identities": 625, "tracklets": 8298, "pictures": 509_914},
            "query": {"identities": 626, "tracklets": 1980},
            "gallery": {"identities": 634, "tracklets": 12_180, "pictures": 681_089},
        },
        # MARS numbers its people as Market1501 does, and shows many of them.
        people="market1501",
    ),
)
