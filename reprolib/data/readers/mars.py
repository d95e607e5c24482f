"""Reads MARS: Market1501's cameras again, with tracklets instead of single pictures.

Folders `bbox_train` and `bbox_test` hold one folder an identity, and the file name
`0001C1T0002F003.jpg` gives identity, camera, tracklet and frame. The lists in `info`
say which frames form a tracklet: a row is first frame, last frame, identity, camera.
Identity 0000 is a distractor, 00-1 is junk. Zheng et al., ECCV 2016.
"""

import os
import re
from collections import Counter
from pathlib import Path

import numpy as np

from reprolib.data.dataset import DISTRACTOR, Dataset, Picture
from reprolib.data.readers import matlab
from reprolib.errors import ReproError

NAME = re.compile(r"(\d{4}|00-1)C(\d)T\d{4,}F\d{3,}\.jpg")
JUNK_FOLDER = "00-1"


def read(root: str | Path, name: str = "mars") -> Dataset:
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
    asked = _queries(root / "info" / "query_IDX.mat", test)
    for tracklet in (*train, *(test[i] for i in sorted(asked))):
        if tracklet[0].pid <= DISTRACTOR:
            raise ReproError(
                f"{tracklet[0].path}: a distractor or junk is a tracklet of the "
                "training or a query; expected both among the rest of the test only."
            )
    return Dataset(
        name=name,
        train=tuple(frame for tracklet in train for frame in tracklet),
        query=tuple(frame for i in sorted(asked) for frame in test[i]),
        gallery=tuple(frame for tracklet in test for frame in tracklet),
    )


def _tracklets(root: Path, part: str, number: int) -> list[tuple[Picture, ...]]:
    """The frames of each tracklet of one part; `number` is that of the first."""
    list_path = root / "info" / f"{part}_name.txt"
    frames = _names(list_path)
    rows = _rows(root / "info" / f"tracks_{part}_info.mat", f"track_{part}_info")
    _check_rows(rows, frames, list_path)
    _check_files(root / f"bbox_{part}", frames, list_path)
    return [
        tuple(
            _frame(root / f"bbox_{part}", frame, pid, camid, tracklet)
            for frame in frames[start - 1 : end]
        )
        for tracklet, (start, end, pid, camid) in enumerate(rows.tolist(), number)
    ]


def _names(path: Path) -> list[str]:
    """The names of the frames, one a line."""
    if not path.is_file():
        raise ReproError(
            f"{path} is not there; expected the folder info of MARS's evaluation code "
            f"in {path.parent.parent}. Put it beside bbox_train and bbox_test."
        )
    try:
        names = path.read_text(encoding="utf-8").split()
    except UnicodeDecodeError:
        raise ReproError(
            f"{path} is no text; expected the name of one frame a line. Fetch it again."
        ) from None
    for name in names:
        if not NAME.fullmatch(name):
            raise ReproError(
                f"{path}: the name {name!r} does not parse; expected "
                "PIDCcameraTtrackletFframe.jpg such as 0001C1T0002F003.jpg."
            )
    [(name, times)] = Counter(names).most_common(1) or [("", 0)]
    if times > 1:
        raise ReproError(
            f"{path}: {name} is listed {times} times; expected every frame once. "
            "Fetch the list again."
        )
    return names


def _rows(path: Path, variable: str) -> np.ndarray:
    """(n, 4) int64: first and last frame from 1, pid, camid."""
    with matlab.expecting(path, f"{variable} has four numbers a row"):
        rows = matlab.load(path, variable).astype(np.int64)
        return rows.reshape(len(rows), 4)


def _check_rows(rows: np.ndarray, frames: list[str], path: Path) -> None:
    """Every row lies within the list, and every frame in one row."""
    seen = np.zeros(len(frames), dtype=np.int64)
    for row, (start, end, *_) in enumerate(rows.tolist(), 1):
        if not 1 <= start <= end <= len(frames):
            raise ReproError(
                f"{path}: tracklet {row} runs from frame {start} to {end}; expected "
                f"numbers from 1 to {len(frames)}, the length of the list. The lists "
                "in info do not belong together; fetch them again."
            )
        seen[start - 1 : end] += 1
    for times, problem in ((seen == 0, "no tracklet"), (seen > 1, "two tracklets")):
        if times.any():
            raise ReproError(
                f"{path}: {times.sum()} frames lie in {problem}, such as "
                f"{frames[times.argmax()]}; expected each in one. The lists in info do "
                "not belong together; fetch them again."
            )


def _check_files(folder: Path, frames: list[str], path: Path) -> None:
    """The files of `folder` are those that the list names."""
    if not folder.is_dir():
        raise ReproError(
            f"{folder} is not there; expected the folders bbox_train, bbox_test and "
            f"info in {folder.parent}. Check the data root."
        )
    wanted = {f"{frame[:4]}/{frame}" for frame in frames}
    found = set(_files(folder))
    if missing := sorted(wanted - found):
        raise ReproError(
            f"{folder / missing[0]} is not there ({len(missing)} such frames); "
            f"{path} names it. Unpack {folder.name} again, completely."
        )
    if extra := sorted(found - wanted):
        raise ReproError(
            f"{folder / extra[0]} is in no tracklet ({len(extra)} such files); {path} "
            "does not name it. Move the file away."
        )


def _files(folder: Path) -> list[str]:
    """The pictures as `0001/0001C1T0002F003.jpg`; hidden files are passed over."""
    files = []
    for person in os.scandir(folder):
        if person.is_dir():
            files += [
                f"{person.name}/{file.name}"
                for file in os.scandir(person)
                if file.name.endswith(".jpg") and not file.name.startswith(".")
            ]
    return files


def _frame(folder: Path, name: str, pid: int, camid: int, tracklet: int) -> Picture:
    person, camera = NAME.fullmatch(name).groups()
    named = -1 if person == JUNK_FOLDER else int(person)
    if (named, int(camera)) != (pid, camid):
        raise ReproError(
            f"{folder / person / name}: tracklet {tracklet} is of identity {pid} and "
            f"camera {camid}, which the name contradicts. The lists in info do not "
            "belong together; fetch them again."
        )
    return Picture(folder / person / name, pid, camid, tracklet)


def _queries(path: Path, test: list) -> set[int]:
    """The places, from 0, of the query tracklets among those of the test."""
    with matlab.expecting(path, "query_IDX is a list of numbers"):
        rows = matlab.numbers(matlab.load(path, "query_IDX"))
    for row, times in Counter(rows).items():
        if not 1 <= row <= len(test) or times > 1:
            raise ReproError(
                f"{path}: query {row}, {times} times; expected numbers from 1 to "
                f"{len(test)}, the tracklets of the test, each once. Fetch it again."
            )
    return {row - 1 for row in rows}
