"""The pictures a study is drawn from, known by the SHA-256 of their files.

A trial list names a picture by its hash alone: a file name would give away who it
shows, and a hash says for certain which picture was judged.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from reprolib.data.dataset import JUNK, Dataset, Picture
from reprolib.errors import ReproError


@dataclass(frozen=True)
class PicturePool:
    """Queries and gallery of one data set: Q and G pictures, a tracklet's first frame.

    `candidates` holds, for each query, the gallery indices it is compared with; None
    means all. Rows are those of a network's features of the same data set.
    """

    name: str
    query: tuple[Picture, ...]
    gallery: tuple[Picture, ...]
    candidates: tuple[tuple[int, ...], ...] | None = None

    @classmethod
    def of(cls, dataset: Dataset) -> "PicturePool":
        """The pool of an opened data set. Used by `python -m reprolib human`."""
        splits = (_first_frames(s) for s in (dataset.query, dataset.gallery))
        return cls(dataset.name, *splits, dataset.candidates)

    @cached_property
    def _gallery_labels(self) -> tuple[np.ndarray, np.ndarray]:
        labels = [(picture.pid, picture.camid) for picture in self.gallery]
        pids, camids = np.array(labels).T
        return pids, camids

    @cached_property
    def query_camids(self) -> np.ndarray:
        """The cameras of the queries, (Q,)."""
        return np.array([picture.camid for picture in self.query])

    def admissible(self, query: int) -> np.ndarray:
        """The gallery indices that query number `query` may meet, ascending.

        By the Market protocol: no junk, and nothing of its own person and camera.
        """
        pids, camids = self._gallery_labels
        own = self.query[query]
        places = np.arange(len(self.gallery))
        if self.candidates is not None:
            places = np.array(self.candidates[query], dtype=int)
        seen = (pids[places] == own.pid) & (camids[places] == own.camid)
        return places[~seen & (pids[places] != JUNK)]

    def shows(self, query: int, places: np.ndarray) -> np.ndarray:
        """Which gallery pictures show the query's person. places: (n,) -> (n,) bool."""
        return self._gallery_labels[0][places] == self.query[query].pid

    @cached_property
    def _keys(self) -> dict[tuple[str, int], str]:
        """The hashes that were asked for, by split and number."""
        return {}

    def key(self, split: str, number: int) -> str:
        """The SHA-256 of picture `number` of "query" or "gallery", read once."""
        place = split, int(number)
        if place not in self._keys:
            self._keys[place] = sha256(getattr(self, split)[number].path)
        return self._keys[place]

    @cached_property
    def _numbers(self) -> dict[str, dict[str, int]]:
        """By split and hash the number of each picture; of equal files the first."""
        return {
            split: {self.key(split, n): n for n in reversed(range(len(pictures)))}
            for split, pictures in (("query", self.query), ("gallery", self.gallery))
        }

    def holds(self, keys: Iterable[str]) -> bool:
        """Whether every one of these hashes is that of a picture of either split."""
        return all(
            any(key in split for split in self._numbers.values()) for key in keys
        )

    def number(self, split: str, key: str) -> int:
        """The row of the picture with the hash `key` in "query" or "gallery".

        Every file is read once. Raises `ReproError` for a hash that no picture has.
        """
        if key not in self._numbers[split]:
            raise ReproError(
                f"no picture of {split} in {self.name} has SHA-256 {key[:16]}...: "
                "expected the pictures that the list was drawn from. Give the data "
                "set, folder, profile and settings (-p) it was drawn with."
            )
        return self._numbers[split][key]

    def picture(self, key: str) -> Picture:
        """The picture with the hash `key`, of either split; errors as in `number`."""
        if key in self._numbers["query"]:
            return self.query[self._numbers["query"][key]]
        return self.gallery[self.number("gallery", key)]


def _first_frames(pictures: tuple[Picture, ...]) -> tuple[Picture, ...]:
    """One picture a tracklet, as in `reprolib.data.tracklets`; others stay."""
    kept: dict[object, Picture] = {}
    for number, picture in enumerate(pictures):
        who = picture.tracklet, picture.pid, picture.camid
        kept.setdefault(who if picture.tracklet else number, picture)
    return tuple(kept.values())


def sha256(path: Path) -> str:
    """The SHA-256 of a file, 64 hex digits; `ReproError` where it cannot be read."""
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ReproError(
            f"{path}: the picture cannot be read ({error.strerror}); expected a file "
            "of the data set. Unpack the data set again."
        ) from None
