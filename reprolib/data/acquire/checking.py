"""What a folder of photographs holds, compared with what its data set should hold.

`python -m reprolib data check NAME ROOT` prints the report.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from multiprocessing.pool import ThreadPool
from pathlib import Path

import pandas as pd
from PIL import Image
from tqdm import tqdm

from reprolib.data.dataset import DISTRACTOR, Dataset, Picture
from reprolib.data.sets import SPLITS, sources
from reprolib.data.sets.market1501 import people_lists
from reprolib.errors import ReproError

CHUNK = 1024
COUNTED = ["split", "what", "official", "here", "difference"]
# Families that market_mars.json lists: who else shows them, trains and tests on whom.
OTHER = {
    "market1501": ("MARS", "mars_train", "mars_test"),
    "mars": ("Market-1501", "market_train", "market_query"),
}


@dataclass(frozen=True)
class Report:
    """What `check` found: `parts` maps each expected file or folder to what is there.

    `counts` has a row an official count: split, what, official, here, difference;
    `unreadable` pairs a picture with what its decoder said.
    """

    name: str
    root: Path
    parts: dict[str, str]
    dataset: Dataset | None
    counts: pd.DataFrame
    unreadable: tuple[tuple[Path, str], ...]
    problems: tuple[str, ...]


def check(name: str, root: Path, data_seed: int = 0) -> Report:
    """Look at everything the data set `name` should have in the folder `root`.

    All pictures are decoded, in parallel. A tree that is smaller than the official one
    is no problem; missing parts, unreadable pictures, a tree that its reader refuses
    and people in both training and test are.
    """
    source = sources()[name]
    parts = {part: _content(root / part) for part in source.parts}
    problems = [f"{root / part} is missing" for part, at in parts.items() if not at]
    dataset, unreadable, counts = None, (), []
    if not problems:
        try:
            dataset = source.read(root, data_seed)
        except ReproError as error:
            problems.append(str(error))
    if dataset:
        unreadable = undecodable(_paths(dataset))
        problems += [f"{path} cannot be read: {why}" for path, why in unreadable]
        if both := _shared(dataset):
            problems.append(
                f"training and test share {len(both)} identities, such as {min(both)}"
            )
        here = dataset.statistics()
        counts = [
            (split, what, count, n := int(here.loc[split, what]), n - count)
            for split, official in source.official.items()
            for what, count in official.items()
        ]
    counts = pd.DataFrame(counts, columns=COUNTED)
    return Report(name, root, parts, dataset, counts, unreadable, tuple(problems))


def _content(path: Path) -> str:
    if path.is_dir():
        return f"{sum(len(files) for _, _, files in os.walk(path)):,} files"
    return f"{path.stat().st_size:,} bytes" if path.is_file() else ""


def _paths(dataset: Dataset) -> list[Path]:
    """Every file once, in order."""
    every = (p.path for split in SPLITS for p in getattr(dataset, split))
    return list(dict.fromkeys(every))


def undecodable(paths: Sequence[Path]) -> tuple[tuple[Path, str], ...]:
    """The pictures that cannot be decoded, each with the reason."""
    with ThreadPool() as pool:
        found = pool.imap(_trouble, paths, CHUNK)
        bar = tqdm(found, "pictures", len(paths), leave=False, unit=" pictures")
        return tuple((p, why) for p, why in zip(paths, bar, strict=True) if why)


def _trouble(path: Path) -> str:
    """Empty where `path` decodes. Decoders raise whatever a broken byte leads to."""
    try:
        with Image.open(path) as image:
            image.load()
    except Exception as error:
        return str(error) or type(error).__name__
    return ""


def _known(*pictures: Iterable[Picture]) -> set[int]:
    return {p.pid for split in pictures for p in split if p.pid > DISTRACTOR}


def _shared(dataset: Dataset) -> set[int]:
    return _known(dataset.train) & _known(dataset.query, dataset.gallery)


def _leak(dataset: Dataset, trained: set[int]) -> str:
    """How many test identities of `dataset` are among those trained on elsewhere."""
    tested = _known(dataset.query, dataset.gallery)
    both = trained & tested
    queries = sum(p.pid in both for p in dataset.query)
    return (
        f"trains on {len(both):,} of the {len(tested):,} test identities of "
        f"{dataset.name}, who are in {queries:,} of its {len(dataset.query):,} query "
        'pictures; overlap = "remove" leaves them out where both are joined'
    )


def lines(report: Report) -> list[str]:
    """The report for a reader."""
    width = max(map(len, report.parts))
    said = [f"{report.name} in {report.root}", ""]
    said += [f"  {p:{width}}  {at or 'MISSING'}" for p, at in report.parts.items()]
    if report.dataset is None:
        return said
    said += ["", report.dataset.statistics().to_string(), ""]
    if not report.counts.empty:
        words = {"official": "{:,}".format, "here": "{:,}".format, "difference": _words}
        said += [report.counts.to_string(index=False, formatters=words), ""]
    number = len(_paths(report.dataset))
    return said + [
        f"Official counts: {verdict(report.counts)}",
        f"Pictures: {number:,} decoded, {len(report.unreadable):,} unreadable.",
        f"Identities in both training and test: {len(_shared(report.dataset)):,}.",
        f"Elsewhere: {elsewhere(report.name, report.dataset)}.",
        "",
    ]


def verdict(counts: pd.DataFrame) -> str:
    """The differences from the official counts, in words; the table lists all."""
    if counts.empty:
        return "none are on record."
    differing = counts[counts["difference"] != 0]
    if differing.empty:
        return f"all {len(counts)} agree."
    row = differing.iloc[0]
    return (
        f"{len(differing)} of {len(counts)} differ (such as {row['split']}: official "
        f"{row['official']:,} {row['what']}, here {row['here']:,}: "
        f"{_words(row['difference'])}). Where fewer, part of the data set is missing "
        "or was left out; where more, files were added. Numbers measured on this tree "
        "must say so."
    )


def _words(difference: int) -> str:
    if not difference:
        return "as published"
    return f"{abs(difference):,} {'fewer' if difference < 0 else 'more'}"


def elsewhere(name: str, dataset: Dataset) -> str:
    """How many people the published lists place in another data set, in a sentence."""
    family = sources()[name].owner.family
    if family not in OTHER:
        return "no other data set here is known to show these people"
    title, trained, tested = OTHER[family]
    lists, train = people_lists(), _known(dataset.train)
    return (
        f"{title} shows the same people. It tests on "
        f"{len(train & set(map(int, lists[tested]))):,} of the {len(train):,} training "
        f"identities here, and it {_leak(dataset, set(lists[trained]))}"
    )


def between(reports: Sequence[Report]) -> list[str]:
    """For joined data sets: whom of the first's test the others train on."""
    first, *others = reports
    said = []
    for other in others:
        if sources()[other.name].people != sources()[first.name].people:
            said.append(f"{other.name}: nobody is known to be in {first.name} as well.")
        elif first.dataset and other.dataset:
            leak = _leak(first.dataset, _known(other.dataset.train))
            said.append(f"{other.name} {leak}.")
    return said
