"""Opening a data set by name: the drawn one is made when it is missing."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

from reprolib.data import drawn
from reprolib.data.dataset import Dataset, Picture
from reprolib.data.joined import join
from reprolib.data.readers import market1501
from reprolib.data.sources import SOURCES
from reprolib.errors import ReproError
from reprolib.settings import Data as Settings

NAMES = ("drawn", *SOURCES)
# Of Market1501's 750 test people MARS trains on 313, as market_mars.json counts them.
LEAKED, OF_TESTED = 313, 750


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
        extra_people=settings.extra_people,
        extra_ids=round(settings.test_ids * LEAKED / OF_TESTED),
    )


def parts(name: str) -> list[str]:
    """The data sets of which `name` is made: several where they are joined with "+".

    Raises `ReproError` for an unknown name, one that comes twice, or drawn people
    among photographs.
    """
    names = name.split("+")
    for part in names:
        if part not in NAMES:
            raise ReproError(
                f"unknown data set {part!r}; expected one of {', '.join(NAMES)}, or "
                "several of them joined with +."
            )
        if names.count(part) > 1 or (part == "drawn" and len(names) > 1):
            raise ReproError(
                f"{name}: {part} cannot be joined with "
                f"{'photographs' if part == 'drawn' else 'itself'}; leave it out."
            )
    return names


def open_dataset(
    name: str, settings: Settings, data_root: str | Path, drawn_root: str | Path
) -> Dataset:
    """The data set `name`, read from `data_root`. Used by every chapter from 1 on.

    "drawn" needs no `data_root`: it lies in a folder of `drawn_root` named after its
    settings and is drawn first if it is not there. Names joined with "+" give one data
    set that is trained on all of them and tested as the first; each lies in a folder
    of `data_root` named after its family. Raises `ReproError` for an unknown name, or
    when a data set of photographs comes without its folder.
    """
    names = parts(name)
    if name == "drawn":
        return _drawn(settings, Path(drawn_root))
    if settings.extra_people:
        raise ReproError(
            f"extra_people = {settings.extra_people!r} with the data set {name}; only "
            "drawn people can be had at will. Leave it empty."
        )
    if not data_root:
        raise ReproError(
            f"the data set {name} needs data_root, the folder it was unpacked to; "
            "give it with DATA_ROOT=... (make), --data-root (command line) or the "
            "parameter data_root (papermill)."
        )
    root, sources = Path(data_root), [SOURCES[part] for part in names]
    if len(sources) == 1:
        return sources[0].read(root, settings)
    return join(
        [source.read(root / source.family, settings) for source in sources],
        [source.people for source in sources],
        settings.overlap,
    )


def _drawn(settings: Settings, drawn_root: Path) -> Dataset:
    usual = drawn_spec(replace(settings, extra_people=""))
    folder = folder_of(usual, drawn_root)
    dataset = market1501.read(drawn.make(usual, folder), name="drawn")
    if not settings.extra_people:
        return dataset
    spec = drawn_spec(settings)
    folder = drawn.make(spec, folder_of(spec, drawn_root))
    extra = replace(
        dataset,
        name=f"drawn-{settings.extra_people}",
        train=tuple(
            Picture(folder / file, pid, camid) for file, pid, camid in drawn.files(spec)
        ),
    )
    joined = join([dataset, extra], ["drawn", "drawn"], settings.overlap)
    return replace(joined, sets=None)  # in a batch extra people are as likely as others


def folder_of(spec: drawn.DrawnSpec, drawn_root: str | Path) -> Path:
    """Where a drawn set lies below `drawn_root`: every spec has its own folder."""
    text = json.dumps([drawn.described(spec), drawn.DRAWING], sort_keys=True)
    key = hashlib.sha256(text.encode()).hexdigest()[:8]
    kind = f"drawn-{spec.extra_people}" if spec.extra_people else "drawn"
    return Path(drawn_root) / f"{kind}-box{round(100 * spec.box_error):03d}-{key}"
