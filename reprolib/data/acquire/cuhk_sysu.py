"""Crops the persons of CUHK-SYSU's scenes into picture folders, once."""

import os
import shutil
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch
from torchvision.transforms.v2 import functional as F
from tqdm import tqdm

from reprolib.data.dataset import DISTRACTOR, Picture
from reprolib.data.pictures import decode
from reprolib.data.sets import _sysu_annotation as annotation
from reprolib.data.sets._files import refuse, require
from reprolib.data.sets._sysu_annotation import LISTS, SIZES, Box, Mark
from reprolib.data.writing import aside
from reprolib.errors import ReproError

SCENES = Path("Image", "SSM")
SPLITS = ("train", "query", "gallery")
COLUMNS = ("file", "split", "pid", "scene", "left", "top", "width", "height")
AGAIN = "Unpack the annotation again."


@dataclass(frozen=True)
class Crop:
    """One person to cut out; `number` is that of the box in its scene, from 1."""

    split: str
    pid: int
    scene: int
    number: int
    box: Box

    @property
    def file(self) -> str:
        """Where it is saved, such as `train/p00012_s00345_0001.jpg`."""
        return f"{self.split}/p{self.pid:05d}_s{self.scene:05d}_{self.number:04d}.jpg"


def crop(release: str | Path, root: str | Path) -> str:
    """Crop the release in `release` into `root`; says in a sentence what was done.

    `root` gets the folders train, query and gallery (JPEG of quality 95), the lists of
    the test and, last, crops.csv: without it nothing counts. The release stays as it
    is, and may lie in `root` itself. A box that reaches over the edge of its scene is
    cut there; an empty one (the release has some) is left out, unless it is of a
    numbered person. Raises ReproError where annotation and scenes do not belong
    together, or `root` cannot be written.
    """
    source, root = Path(release), Path(root)
    if (root / "crops.csv").is_file():
        return f"{root} is cropped already; delete its crops.csv to do it again."
    crops = _plan(source)
    for name in SPLITS:
        if (root / name).exists():
            raise ReproError(
                f"{root / name} exists without a crops.csv, as a crop that was broken "
                f"off leaves it; delete the folders {', '.join(SPLITS)} there."
            )
    with aside(root) as work:
        done = _crop_all(source, work, crops)
        _publish(source, work, root)
    return f"{root}: {done}"


def _plan(source: Path) -> list[Crop]:
    """Every crop to be made, checked against the scenes.

    The persons of the gallery are those that are searched; all others are
    distractors.
    """
    boxes, pool = annotation.boxes(source), annotation.pool(source)
    _check_scenes(source / SCENES, set(boxes), pool)
    train = list(dict.fromkeys(annotation.training(source)))
    sizes = [size for size in SIZES if annotation.list_path(source, size).is_file()]
    test = annotation.searches(source, (sizes or SIZES)[0])
    queries = list(dict.fromkeys(search.query for search in test))
    asked = [*queries, *(mark for search in test for mark in search.found)]
    _check_marks(train, boxes, set(boxes) - pool, "training")
    _check_marks(asked, boxes, pool, "test")
    people = {(mark.scene, mark.box): mark.pid for mark in asked}
    crops = [
        Crop(split, m.pid, m.scene, boxes[m.scene].index(m.box) + 1, m.box)
        for split, marks in (("train", train), ("query", queries))
        for m in marks
    ]
    return crops + [
        Crop("gallery", people.get((scene, box), DISTRACTOR), scene, number, box)
        for scene in sorted(pool)
        for number, box in enumerate(boxes[scene], 1)
    ]


def _check_scenes(folder: Path, annotated: set[int], pool: set[int]) -> None:
    """Each annotated scene has its picture, and the other way round."""
    require(
        folder,
        "the release of CUHK-SYSU, with the folders Image/SSM and annotation. Check "
        "the folder.",
    )
    named = {f"s{scene}.jpg" for scene in annotated}
    there = {path.name for path in folder.glob("*.jpg")}
    pool = {f"s{scene}.jpg" for scene in pool}
    both = "Unpack both again."
    refuse(named - there, folder, "is annotated, but not there", both)
    refuse(there - named, folder, "has no annotation in Images.mat", "Move it away.")
    refuse(pool - named, folder, "is in pool.mat, but not in Images.mat", both)


def _check_marks(
    marks: list[Mark], boxes: dict[int, list[Box]], scenes: set[int], part: str
) -> None:
    """Each person is one of the boxes in a scene of its part, and alone in it."""
    people = {}
    for mark in marks:
        where = f"box {list(mark.box)} of s{mark.scene}.jpg"
        if mark.scene not in scenes or mark.box not in boxes[mark.scene]:
            raise ReproError(
                f"person p{mark.pid} of the {part} is in {where}; expected one that "
                f"Images.mat lists, in a scene of the {part}. {AGAIN}"
            )
        pid = people.setdefault((mark.scene, mark.box), mark.pid)
        if pid != mark.pid:
            raise ReproError(
                f"{where} shows both p{pid} and p{mark.pid} in the annotation of the "
                f"{part}; expected one person. {AGAIN}"
            )


def _crop_all(source: Path, work: Path, crops: list[Crop]) -> str:
    """Save the crops and their table in `work`; what was done, in words."""
    scenes = defaultdict(list)
    for one in crops:
        scenes[one.scene].append(one)
    for split in SPLITS:
        (work / split).mkdir()
    rows, cut, empty = [], set(), set()
    todo = tqdm(sorted(scenes.items()), "cropping", unit="scene", leave=False)
    for scene, members in todo:
        image = decode(Picture(source / SCENES / f"s{scene}.jpg", DISTRACTOR, scene))
        for one in members:
            box = _clip(one, image)
            if 0 in box[2:]:
                empty.add((scene, one.number))
                continue
            if box != one.box:
                cut.add((scene, one.number))
            _save(image, box, work / one.file)
            rows.append((one.file, one.split, one.pid, scene, *box))
    table = pd.DataFrame(sorted(rows), columns=COLUMNS)
    table.to_csv(work / "crops.csv", index=False)
    counts = table["split"].value_counts()
    said = ", ".join(f"{counts.get(split, 0):,} {split}" for split in SPLITS)
    return (
        f"{said} pictures from {len(scenes):,} scenes; boxes cut at the edge of their "
        f"scene: {len(cut):,}, empty boxes left out: {len(empty):,}."
    )


def _clip(one: Crop, image: torch.Tensor) -> Box:
    """The part of the box inside `image: (3, H, W)`; width or height 0 if none is."""
    left, top, width, height = one.box
    bottom = min(max(top + height, 0), image.shape[1])
    right = min(max(left + width, 0), image.shape[2])
    left, top = min(max(left, 0), right), min(max(top, 0), bottom)
    if one.pid != DISTRACTOR and (left == right or top == bottom):
        raise ReproError(
            f"the box {list(one.box)} of person p{one.pid} lies outside its scene "
            f"s{one.scene}.jpg of {image.shape[2]} x {image.shape[1]} pixels; expected "
            "some of it inside. Unpack scenes and annotation again."
        )
    return left, top, right - left, bottom - top


def _save(image: torch.Tensor, box: Box, path: Path) -> None:
    left, top, width, height = box
    person = image[:, top : top + height, left : left + width]
    F.to_pil_image(person).save(path, quality=95, subsampling=0)


def _publish(source: Path, work: Path, root: Path) -> None:
    """Move what is in `work` to its place, the table last."""
    for split in SPLITS:
        os.replace(work / split, root / split)
    (root / LISTS).mkdir(parents=True, exist_ok=True)
    for path in sorted((source / LISTS).glob("TestG*.mat")):
        if not (root / LISTS / path.name).exists():
            shutil.copyfile(path, work / path.name)
            os.replace(work / path.name, root / LISTS / path.name)
    os.replace(work / "crops.csv", root / "crops.csv")
