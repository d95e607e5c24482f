"""A small MARS in its true layout, of the people that Market1501's tree numbers too.

Market1501's tree trains on identities 1 to 24 and tests on 25 to 48. Half of MARS's
training is of its test and the other way round, as it is with the real two.
"""

from pathlib import Path

import numpy as np
from PIL import Image

from reprolib.data import drawn
from trees import matfile
from trees.market1501 import SPEC

TRAIN = tuple(range(13, 37))
TEST = tuple(range(1, 13)) + tuple(range(37, 49))
CAMERAS = 6


def write(root: Path, train=TRAIN, test=TEST, frames: int = 2) -> Path:
    """The tree in `root`: each person in three cameras, one tracklet in each of them.

    Query is the first tracklet of every person of the test, and the second of every
    third; junk and distractors have two tracklets each.
    """
    rows = [(pid, tracklet) for pid in train for tracklet in range(3)]
    _write_part(root, "train", rows, frames)
    rows = [(pid, tracklet) for pid in (-1, 0) for tracklet in range(2)]
    rows += [(pid, tracklet) for pid in test for tracklet in range(3)]
    _write_part(root, "test", rows, frames)
    asked = [
        row
        for row, (pid, tracklet) in enumerate(rows, 1)
        if pid > 0 and (tracklet == 0 or tracklet == 1 and pid % 3 == 0)
    ]
    matfile.write(root / "info" / "query_IDX.mat", query_IDX=matfile.numbers(asked))
    return root


def _write_part(root: Path, part: str, rows: list, frames: int) -> None:
    names, tracks = [], []
    for pid, tracklet in rows:
        camid = sorted(1 + (pid + 2 * k) % CAMERAS for k in range(3))[tracklet]
        first = len(names) + 1
        folder = root / f"bbox_{part}"
        names += [
            _write_frame(folder, pid, camid, tracklet, frame)
            for frame in range(1, frames + 1 + tracklet % 2)
        ]
        tracks.append((first, len(names), pid, camid))
    (root / "info").mkdir(parents=True, exist_ok=True)
    (root / "info" / f"{part}_name.txt").write_text("\n".join(names) + "\n")
    info = {f"track_{part}_info": np.array(tracks, dtype=np.int32)}
    matfile.write(root / "info" / f"tracks_{part}_info.mat", **info)


def _write_frame(folder: Path, pid, camid, tracklet, frame) -> str:
    person = f"{pid:04d}" if pid >= 0 else "00-1"
    name = f"{person}C{camid}T{tracklet + 1:04d}F{frame:03d}.jpg"
    pixels, _ = drawn.draw(SPEC, pid, camid, 10 * tracklet + frame)
    (folder / person).mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(folder / person / name, quality=95, subsampling=0)
    return name
