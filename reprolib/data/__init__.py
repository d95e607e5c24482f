"""Opening a data set by name: the drawn one is made when it is missing."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from reprolib.data import drawn, market1501
from reprolib.data.dataset import Dataset
from reprolib.data.sources import SOURCES
from reprolib.errors import ReproError
from reprolib.profiles import Settings

NAMES = ("drawn", *SOURCES)


def drawn_spec(settings: Settings) -> drawn.DrawnSpec:
    """The part of the settings that decides what the drawn data look like."""
    return drawn.DrawnSpec(
        train_ids=settings.train_ids,
        train_shots=settings.train_shots,
        test_ids=settings.test_ids,
        test_shots=settings.test_shots,
        distractors=settings.distractors,
        junk=settings.junk,
        box_error=settings.box_error,
        height=settings.height,
        width=settings.width,
        seed=settings.data_seed,
    )


def open_dataset(
    name: str, settings: Settings, data_root: str | Path, drawn_root: str | Path
) -> Dataset:
    """The data set `name`, read from `data_root`. Used by every chapter from 1 on.

    "drawn" needs no `data_root`: it lies in a folder of `drawn_root` named after its
    settings and is drawn first if it is not there. Raises `ReproError` for an unknown
    name, or when a data set of photographs comes without its folder.
    """
    if name not in NAMES:
        raise ReproError(
            f"unknown data set {name!r}; expected one of {', '.join(NAMES)}."
        )
    if name == "drawn":
        spec = drawn_spec(settings)
        text = json.dumps([asdict(spec), drawn.DRAWING], sort_keys=True)
        key = hashlib.sha256(text.encode()).hexdigest()[:8]
        box = round(100 * settings.box_error)
        folder = Path(drawn_root) / f"drawn-box{box:03d}-{key}"
        return market1501.read(drawn.make(spec, folder), name="drawn")
    if not data_root:
        raise ReproError(
            f"the data set {name} needs data_root, the folder it was unpacked to; "
            "give it with DATA_ROOT=... (make), --data-root (command line) or the "
            "parameter data_root (papermill)."
        )
    return SOURCES[name].read(Path(data_root), settings)
