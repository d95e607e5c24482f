"""What a data set is once it has been read: pictures in three splits."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch

from reprolib.errors import ReproError

JUNK, DISTRACTOR = -1, 0


@dataclass(frozen=True)
class Picture:
    """One cropped person: where the file lies, who it shows, which camera took it.

    `pid` is the data set's own identity number; 0 marks a distractor (a wrong box that
    stays in the gallery) and -1 marks junk (ignored by the protocol). Frames of one
    `tracklet` (from 1; 0 for single pictures) are scored as one. `box` (left, top,
    width, height in pixels) is where the crop lay in its scene, if known. Chapter 1.
    """

    path: Path
    pid: int
    camid: int
    tracklet: int = 0
    box: tuple[int, int, int, int] | None = None


@dataclass(frozen=True)
class Dataset:
    """The pictures of one data set in the field's three splits. Chapter 1.

    `landmarks` maps a file name to the heights (fractions of the crop, 0 at its top
    edge) of crown, neck, waist, knees and soles, where the data set knows them;
    `boxes_drawn` says that its boxes are as wrong as was asked when it was drawn.
    `protocol` says how it is scored: "market", or "single-shot" (CUHK03's classic one:
    one gallery picture an identity, drawn again and again). `candidates` holds, for
    each query, the gallery's indices it is compared with; None means all of them. Of
    joined data sets, `sets` numbers the one each training picture is from, and
    `overlap` counts the test's people found among the training's (`joined.join`).
    """

    name: str
    train: tuple[Picture, ...]
    query: tuple[Picture, ...]
    gallery: tuple[Picture, ...]
    landmarks: dict[str, tuple[float, ...]] | None = None
    boxes_drawn: bool = False
    protocol: str = "market"
    candidates: tuple[tuple[int, ...], ...] | None = None
    sets: tuple[int, ...] | None = None
    overlap: dict[str, int | str] | None = None

    def __post_init__(self):
        for split in ("train", "query", "gallery"):
            if not getattr(self, split):
                raise ReproError(
                    f"{self.name}: the {split} split is empty; expected at least one "
                    "picture. Check that the folder was unpacked completely."
                )

    def statistics(self) -> pd.DataFrame:
        """Identities, pictures, cameras, distractors and junk of each split.

        Tracklets, too, where there are any.
        """
        rows = {}
        for split in ("train", "query", "gallery"):
            pictures = getattr(self, split)
            known = [p for p in pictures if p.pid > DISTRACTOR]
            rows[split] = {
                "identities": len({p.pid for p in known}),
                "pictures": len(pictures),
                "cameras": len({p.camid for p in pictures}),
                "distractors": sum(p.pid == DISTRACTOR for p in pictures),
                "junk": sum(p.pid == JUNK for p in pictures),
                "tracklets": len({p.tracklet for p in pictures} - {0}),
            }
        table = pd.DataFrame(rows).T.rename_axis("split")
        return table if table["tracklets"].any() else table.drop(columns="tracklets")


def pids(pictures: Iterable[Picture]) -> torch.Tensor:
    """Identity numbers, (N,) int64."""
    return torch.tensor([p.pid for p in pictures], dtype=torch.int64)


def camids(pictures: Iterable[Picture]) -> torch.Tensor:
    """Camera numbers, (N,) int64."""
    return torch.tensor([p.camid for p in pictures], dtype=torch.int64)


def tracklets(pictures: Iterable[Picture]) -> torch.Tensor:
    """Tracklet numbers, 0 for a picture on its own, (N,) int64."""
    return torch.tensor([p.tracklet for p in pictures], dtype=torch.int64)


def classes(pictures: Iterable[Picture]) -> torch.Tensor:
    """Identity numbers relabelled 0, 1, 2, ... in ascending order, (N,) int64."""
    return torch.unique(pids(pictures), return_inverse=True)[1]
