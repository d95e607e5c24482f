"""Crops the persons of CUHK-SYSU's scenes into picture folders, once."""

import os
import shutil
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torchvision.transforms.v2 import functional as F
from tqdm import tqdm

from reprolib.data.dataset import DISTRACTOR, Picture
from reprolib.data.pictures import decode
from reprolib.data.sets import SPLITS
from reprolib.data.sets import _sysu_annotation as annotation
from reprolib.data.sets._files import refuse, require
from reprolib.data.sets._sysu_annotation import LISTS, SIZES, Box, Mark
from reprolib.data.writing import aside
from reprolib.errors import ReproError

SCENES = Path("Image", "SSM")
COLUMNS = ("file", "split", "pid", "scene", "left", "top", "width", "height")


class Crop(NamedTuple):
    """One person to cut out; `number` is that of the box in its scene, from 1."""

    split: str
    pid: int
    scene: int
    number: int
    box: Box


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
        lists = [LISTS / path.name for path in (source / LISTS).glob("TestG*.mat")]
        lists = [path for path in lists if not (root / path).exists()]
        (work / LISTS).mkdir(parents=True)
        for path in lists:
            shutil.copyfile(source / path, work / path)
        (root / LISTS).mkdir(parents=True, exist_ok=True)
        for path in (*SPLITS, *lists, "crops.csv"):
            os.replace(work / path, root / path)
    return f"{root}: {done}"


def _plan(source: Path) -> list[Crop]:
    """Every crop to be made; who of the gallery is not searched is a distractor."""
    boxes, pool = annotation.boxes(source), annotation.pool(source)
    _check_scenes(source / SCENES, set(boxes), pool)
    train = _people(annotation.training(source), boxes, set(boxes) - pool, "training")
    sizes = [size for size in SIZES if annotation.list_path(source, size).is_file()]
    test = annotation.searches(source, (sizes or SIZES)[0])
    asked = [query for query, _ in test]
    found = [mark for _, listed in test for mark in listed if mark.box]
    searched = _people(asked + found, boxes, pool, "test")
    queries = {(mark.scene, mark.box): mark.pid for mark in asked}
    crops = [
        Crop(split, pid, scene, boxes[scene].index(box) + 1, box)
        for split, people in (("train", train), ("query", queries))
        for (scene, box), pid in people.items()
    ]
    return crops + [
        Crop("gallery", searched.get((scene, box), DISTRACTOR), scene, number, box)
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
    named, tested = ({f"s{n}.jpg" for n in scenes} for scenes in (annotated, pool))
    there = {path.name for path in folder.glob("*.jpg")}
    both = "Unpack both again."
    refuse(named - there, folder, "is annotated, but not there", both)
    refuse(there - named, folder, "has no annotation in Images.mat", "Move it away.")
    refuse(tested - named, folder, "is in pool.mat, but not in Images.mat", both)


def _people(
    marks: Iterable[Mark], boxes: dict[int, list[Box]], scenes: set[int], part: str
) -> dict[tuple[int, Box], int]:
    """Who is in which scene and box: each in one of its part, and alone in it."""
    people = {}
    for mark in marks:
        where = f"box {list(mark.box)} of s{mark.scene}.jpg"
        if mark.scene not in scenes or mark.box not in boxes[mark.scene]:
            raise ReproError(
                f"person p{mark.pid} of the {part} is in {where}; expected one that "
                f"Images.mat lists, in a scene of the {part}. Unpack the annotation "
                "again."
            )
        pid = people.setdefault((mark.scene, mark.box), mark.pid)
        if pid != mark.pid:
            raise ReproError(
                f"{where} shows both p{pid} and p{mark.pid} in the annotation of the "
                f"{part}; expected one person. Unpack the annotation again."
            )
    return people


def _crop_all(source: Path, work: Path, crops: list[Crop]) -> str:
    """Save the crops and their table in `work`; what was done, in words."""
    for split in SPLITS:
        (work / split).mkdir()
    scenes = defaultdict(list)
    for one in crops:
        scenes[one.scene].append(one)
    rows, cut, empty = [], set(), set()
    todo = tqdm(sorted(scenes.items()), "cropping", unit="scene", leave=False)
    for scene, members in todo:
        image = decode(Picture(source / SCENES / f"s{scene}.jpg", DISTRACTOR, scene))
        for one in members:
            left, top, width, height = box = _clip(one, image)
            if not width or not height:
                empty.add((scene, one.number))
                continue
            if box != one.box:
                cut.add((scene, one.number))
            file = f"{one.split}/p{one.pid:05d}_s{scene:05d}_{one.number:04d}.jpg"
            person = F.to_pil_image(F.crop(image, top, left, height, width))
            person.save(work / file, quality=95, subsampling=0)
            rows.append((file, one.split, one.pid, scene, *box))
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
    (left, top, width, height), (_, rows, columns) = one.box, image.shape
    left, right = np.clip([left, left + width], 0, columns).tolist()
    top, bottom = np.clip([top, top + height], 0, rows).tolist()
    if one.pid != DISTRACTOR and (left == right or top == bottom):
        raise ReproError(
            f"the box {list(one.box)} of person p{one.pid} lies outside its scene "
            f"s{one.scene}.jpg of {columns} x {rows} pixels; expected some of it "
            "inside. Unpack scenes and annotation again."
        )
    return left, top, right - left, bottom - top
