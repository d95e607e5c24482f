"""What a folder of photographs holds, compared with what its data set should hold.

`python -m reprolib data check NAME ROOT` prints the report.
"""

import json
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import pandas as pd
from PIL import Image

from reprolib.data.dataset import DISTRACTOR, Dataset, Picture
from reprolib.data.holdings import owners
from reprolib.data.sources import SOURCES
from reprolib.errors import ReproError
from tqdm import tqdm as track
from reprolib.settings import Data as Settings

SPLITS = ("train", "query", "gallery")
CHUNK, SHOWN = 64, 3
# Families whose people market_mars.json lists: their name there, and the other's.
LISTED = {"market1501": ("market", "mars"), "mars": ("mars", "market")}
TITLES = {"market": "Market-1501", "mars": "MARS"}


@dataclass(frozen=True)
class Report:
    """What `check` found: `parts` maps each expected file or folder to what is there.

    `counts` is what `compare` returns; `unreadable` pairs a picture with what its
    decoder said.
    """

    name: str
    root: Path
    parts: dict[str, str]
    dataset: Dataset | None
    counts: pd.DataFrame
    unreadable: tuple[tuple[Path, str], ...]
    problems: tuple[str, ...]


def check(name: str, root: Path, settings: Settings) -> Report:
    """Look at everything the data set `name` should have in the folder `root`.

    All pictures are decoded, in parallel. A tree that is smaller than the official one
    is no problem; missing parts, unreadable pictures, a tree that its reader refuses
    and people in both training and test are.
    """
    source = SOURCES[name]
    parts = {p: _there(root / p) for p in owners.parts(name, source.family)}
    problems = [f"{root / p} is missing" for p, found in parts.items() if not found]
    dataset, unreadable = None, ()
    if not problems:
        try:
            dataset = source.read(root, settings)
        except ReproError as error:
            problems.append(str(error))
    if dataset:
        unreadable = broken(_paths(dataset))
        problems += [f"{path} cannot be read: {why}" for path, why in unreadable]
        if both := _shared(dataset):
            problems.append(
                f"training and test share {len(both)} identities, such as {min(both)}"
            )
    counts = compare(dataset, source.official)
    return Report(name, root, parts, dataset, counts, unreadable, tuple(problems))


def _there(path: Path) -> str:
    if path.is_dir():
        return f"{sum(len(files) for _, _, files in os.walk(path)):,} files"
    return f"{path.stat().st_size:,} bytes" if path.is_file() else ""


def _paths(dataset: Dataset) -> list[Path]:
    """Every file once, in order."""
    every = (p.path for split in SPLITS for p in getattr(dataset, split))
    return list(dict.fromkeys(every))


def broken(paths: Sequence[Path]) -> tuple[tuple[Path, str], ...]:
    """The pictures that cannot be decoded, each with the reason."""
    chunks = [paths[i : i + CHUNK] for i in range(0, len(paths), CHUNK)]
    with ThreadPoolExecutor() as pool:
        said = (why for chunk in pool.map(_decode_all, chunks) for why in chunk)
        said = track(said, "pictures", total=len(paths), unit="picture")
        return tuple((path, why) for path, why in zip(paths, said, strict=True) if why)


def _decode_all(paths: Iterable[Path]) -> list[str]:
    return [_trouble(path) for path in paths]


def _trouble(path: Path) -> str:
    """Empty where `path` decodes. Decoders raise whatever a broken byte leads to."""
    try:
        with Image.open(path) as image:
            image.load()
    except Exception as error:
        return str(error) or type(error).__name__
    return ""


def _known(pictures: Iterable[Picture]) -> set[int]:
    return {p.pid for p in pictures if p.pid > DISTRACTOR}


def _shared(dataset: Dataset) -> set[int]:
    return _known(dataset.train) & _known((*dataset.query, *dataset.gallery))


def lines(report: Report) -> list[str]:
    """The report for a reader."""
    width = max(map(len, report.parts))
    said = [f"{report.name} in {report.root}", ""]
    said += [f"  {p:{width}}  {at or 'MISSING'}" for p, at in report.parts.items()]
    if report.dataset is None:
        return said
    said += ["", report.dataset.statistics().to_string(), ""]
    if not report.counts.empty:
        said += [_table(report.counts), ""]
    number = len(_paths(report.dataset))
    return said + [
        f"Official counts: {explained(report.counts)}",
        f"Pictures: {number:,} decoded, {len(report.unreadable):,} unreadable.",
        f"Identities in both training and test: {len(_shared(report.dataset)):,}.",
        f"Elsewhere: {elsewhere(report.name, report.dataset)}.",
        "",
    ]


def compare(dataset: Dataset | None, official: dict) -> pd.DataFrame:
    """One row an official count: split, what, official, here, difference."""
    found = dataset.statistics() if dataset else None
    rows = [
        (split, what, count, int(found.loc[split, what]))
        for split, counts in official.items()
        for what, count in counts.items()
        if found is not None
    ]
    table = pd.DataFrame(rows, columns=["split", "what", "official", "here"])
    return table.assign(difference=table["here"] - table["official"])


def explained(counts: pd.DataFrame) -> str:
    """The differences from the official counts, in sentences; the table lists all."""
    if counts.empty:
        return "none are on record."
    differing = counts[counts["difference"] != 0]
    if differing.empty:
        return f"all {len(counts)} agree."
    said = [
        f"{row.split}: official {row.official:,} {row.what}, here {row.here:,}: "
        f"{_words(row.difference)}"
        for row in differing.head(SHOWN).itertuples()
    ]
    return (
        f"{len(differing)} of {len(counts)} differ ({'; '.join(said)}"
        + (f"; and {len(differing) - SHOWN} more" if len(differing) > SHOWN else "")
        + "). Where fewer, part of the data set is missing or was left out; where "
        "more, files were added. Numbers measured on this tree must say so."
    )


def _words(difference: int) -> str:
    if not difference:
        return "as published"
    return f"{abs(difference):,} {'fewer' if difference < 0 else 'more'}"


FORMATS = {"official": "{:,}".format, "here": "{:,}".format, "difference": _words}


def _table(counts: pd.DataFrame) -> str:
    return counts.to_string(index=False, formatters=FORMATS)


def at_stake(dataset: Dataset, trained: set[int]) -> tuple[int, int]:
    """Test identities of `dataset` that are in `trained`, and their query pictures."""
    both = trained & _known((*dataset.query, *dataset.gallery))
    return len(both), sum(p.pid in both for p in dataset.query)


def elsewhere(name: str, dataset: Dataset) -> str:
    """How many people the published lists place in another data set, in a sentence."""
    if SOURCES[name].family not in LISTED:
        return "no other data set here is known to show these people"
    other = LISTED[SOURCES[name].family][1]
    place = resources.files("reprolib.data") / "market_mars.json"
    lists = json.loads(place.read_text(encoding="utf-8"))
    theirs = {int(p) for p in lists["mars_test" if other == "mars" else "market_query"]}
    tested = _known((*dataset.query, *dataset.gallery))
    trained = _known(dataset.train)
    people, queries = at_stake(dataset, set(lists[f"{other}_train"]))
    return (
        f"{TITLES[other]} shows the same people: it trains on {people:,} of the "
        f"{len(tested):,} test identities here, who are in {queries:,} of the "
        f"{len(dataset.query):,} query pictures, and it tests on "
        f"{len(trained & theirs):,} of the {len(trained):,} training identities here; "
        'where both are joined, overlap = "remove" leaves them out'
    )


def between(reports: Sequence[Report]) -> list[str]:
    """For joined data sets: whom of the first's test the others train on."""
    first = reports[0]
    said = []
    for other in reports[1:]:
        if SOURCES[other.name].people != SOURCES[first.name].people:
            said.append(f"{other.name}: nobody is known to be in {first.name} as well.")
        elif first.dataset and other.dataset:
            people, queries = at_stake(first.dataset, _known(other.dataset.train))
            said.append(
                f"{other.name} trains on {people:,} test identities of {first.name}, "
                f"who are in {queries:,} of its {len(first.dataset.query):,} query "
                'pictures; overlap = "remove" leaves them out.'
            )
    return said
