"""Crops the persons of CUHK-SYSU's scenes into picture folders, once."""

import os
import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import torch
from torchvision.transforms.v2 import functional as F

from reprolib.data.dataset import DISTRACTOR, Picture
from reprolib.data.pictures import decode
from reprolib.data.readers import cuhk_sysu_release as release
from reprolib.data.readers.cuhk_sysu import COLUMNS, SPLITS
from reprolib.data.readers.cuhk_sysu_release import Box, Mark
from reprolib.data.writing import writing
from reprolib.errors import ReproError
from tqdm import tqdm as track

SCENES = Path("Image", "SSM")


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


def crop(release_root: str | Path, root: str | Path) -> str:
    """Crop the release in `release_root` into `root`; says in a sentence what was done.

    `root` gets the folders train, query and gallery (JPEG of quality 95), the lists of
    the test and, last, crops.csv: without it nothing counts. The release stays as it
    is, and may lie in `root` itself. A box that reaches over the edge of its scene is
    cut there; an empty one (the release has some) is left out, unless it is of a
    numbered person. Raises ReproError where annotation and scenes do not belong
    together, or `root` cannot be written.
    """
    source, root = Path(release_root), Path(root)
    if (root / "crops.csv").is_file():
        return f"{root} is cropped already; delete its crops.csv to do it again."
    crops = plan(source)
    for name in SPLITS:
        if (root / name).exists():
            raise ReproError(
                f"{root / name} exists without a crops.csv, as a crop that was broken "
                f"off leaves it; delete the folders {', '.join(SPLITS)} there."
            )
    with writing(root):
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".crop-", dir=root) as work:
            done = _crop_all(source, Path(work), crops)
            _publish(source, Path(work), root)
    return f"{root}: {done}"


def plan(source: Path) -> list[Crop]:
    """Every crop to be made of the release in `source`, checked against its scenes.

    The persons of the gallery are those that are searched; all others are
    distractors.
    """
    boxes, pool = release.boxes(source), release.pool(source)
    _check_scenes(source / SCENES, set(boxes), pool)
    trained = list(dict.fromkeys(release.training(source)))
    sizes = release.sizes(source)
    searches = release.searches(source, sizes[0] if sizes else release.SIZES[0])
    queries = list(dict.fromkeys(search.query for search in searches))
    asked = [*queries, *(mark for search in searches for mark in search.found)]
    _check_marks(trained, boxes, set(boxes) - pool, "training")
    _check_marks(asked, boxes, pool, "test")
    people = {(mark.scene, mark.box): mark.pid for mark in asked}
    crops = [_crop("train", mark, boxes) for mark in trained]
    crops += [_crop("query", mark, boxes) for mark in queries]
    for scene in sorted(pool):
        for number, box in enumerate(boxes[scene], 1):
            pid = people.get((scene, box), DISTRACTOR)
            crops.append(Crop("gallery", pid, scene, number, box))
    return crops


def _crop(split: str, mark: Mark, boxes: dict[int, list[Box]]) -> Crop:
    number = boxes[mark.scene].index(mark.box) + 1
    return Crop(split, mark.pid, mark.scene, number, mark.box)


def _check_scenes(folder: Path, annotated: set[int], pool: set[int]) -> None:
    """Each annotated scene has its picture, and the other way round."""
    if not folder.is_dir():
        raise ReproError(
            f"{folder} is not there; expected the release of CUHK-SYSU, with the "
            "folders Image/SSM and annotation. Check the folder."
        )
    named = {f"s{scene}.jpg" for scene in annotated}
    found = {path.name for path in folder.glob("*.jpg")}
    wanted = {f"s{scene}.jpg" for scene in pool}
    for names, problem in (
        (named - found, "is annotated, but not there. Unpack the scenes again"),
        (found - named, "has no annotation in Images.mat. Move it away"),
        (wanted - named, "is in pool.mat, but not in Images.mat. Unpack both again"),
    ):
        if names:
            raise ReproError(
                f"{folder / min(names)} {problem} ({len(names)} such scenes)."
            )


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
                f"Images.mat lists, in a scene of the {part}. Unpack the annotation "
                "again."
            )
        pid = people.setdefault((mark.scene, mark.box), mark.pid)
        if pid != mark.pid:
            raise ReproError(
                f"{where} shows both p{pid} and p{mark.pid} in the annotation of the "
                f"{part}; expected one person. Unpack the annotation again."
            )


def _crop_all(source: Path, work: Path, crops: Iterable[Crop]) -> str:
    """Save the crops and their table in `work`; what was done, in words."""
    scenes = defaultdict(list)
    for one in crops:
        scenes[one.scene].append(one)
    for split in SPLITS:
        (work / split).mkdir()
    done, cut, empty = [], set(), set()
    for scene, members in track(sorted(scenes.items()), "cropping", unit="scene"):
        image = decode(Picture(source / SCENES / f"s{scene}.jpg", DISTRACTOR, scene))
        for one in members:
            clipped = replace(one, box=_clip(one, image))
            if clipped.box != one.box:
                cut.add((scene, one.number))
            if 0 in clipped.box[2:]:
                empty.add((scene, one.number))
            else:
                _save(image, clipped.box, work / one.file)
                done.append(clipped)
    rows = [(one.file, one.split, one.pid, one.scene, *one.box) for one in done]
    table = pd.DataFrame(sorted(rows), columns=COLUMNS)
    table.to_csv(work / "crops.csv", index=False)
    counts = Counter(one.split for one in done)
    counted = ", ".join(f"{counts[split]:,} {split}" for split in SPLITS)
    return (
        f"{counted} pictures from {len(scenes):,} scenes; boxes cut at the edge of "
        f"their scene: {len(cut - empty):,}, empty boxes left out: {len(empty):,}."
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
    (root / release.LISTS).mkdir(parents=True, exist_ok=True)
    for size in release.sizes(source):
        path = release.list_path(root, size)
        if not path.exists():
            shutil.copyfile(release.list_path(source, size), work / path.name)
            os.replace(work / path.name, path)
    os.replace(work / "crops.csv", root / "crops.csv")
