"""The data sets of photographs: one file each, which holds all that is known of it.

A new one is a new file here, with a tuple `SOURCES`, and a page in notebooks/data_sets;
names that begin with _ are helpers. DukeMTMC is left out: its owners withdrew it in
2019.
"""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from reprolib.data.dataset import Dataset
from reprolib.errors import ReproError

SPLITS = ("train", "query", "gallery")
RESEARCH = (
    "Photographs of real people, for academic research only: no commercial use, no "
    "passing on, and none of them on a public page beyond what the owner allows. The "
    "owner's own words count, not this summary."
)


@dataclass(frozen=True)
class Owner:
    """One release as its owner hands it out, and what has to be made of it.

    `family` names the folder it lies in when several are joined. `archives` lists what
    comes together in one archive, a group an archive; `checksum` is
    `algorithm:digits` of the file at `address`, None where nobody has published it.
    `raw` is the part that holds no picture folders, and `convert` makes them of it, in
    the folder it is given, and says what it did.
    """

    family: str
    title: str
    page: str
    ask: str
    citation: str
    archives: tuple[tuple[str, ...], ...]
    terms: str = RESEARCH
    address: str | None = None
    checksum: str | None = None
    raw: str = ""
    convert: Callable[[Path], str] | None = None

    def __str__(self) -> str:
        """The terms, the citation and where to ask, for a reader who decides."""
        return (
            f"{self.title}\n  page:     {self.page}\n  ask:      {self.ask}\n"
            f"  terms:    {self.terms}\n  citation: {self.citation}"
        )


@dataclass(frozen=True)
class Source:
    """One way to read one data set; used by `open_dataset` and the `data` commands.

    `read(root, data_seed)` opens it from its folder, where `parts` are the files and
    folders it needs. `official` gives the published counts: split -> (what is counted
    -> how many), where what is counted is a column of `Dataset.statistics`. Sources of
    the same `people` (the family unless said) number the same persons the same way.
    """

    name: str
    owner: Owner
    read: Callable[[Path, int], Dataset]
    parts: tuple[str, ...]
    official: dict[str, dict[str, int]]
    people: str = ""

    def __post_init__(self):
        object.__setattr__(self, "people", self.people or self.owner.family)


@cache
def sources() -> dict[str, Source]:
    """The sources of all files here, by name."""
    return {
        source.name: source
        for _, name, _ in pkgutil.iter_modules(__path__)
        if not name.startswith("_")
        for source in importlib.import_module(f"{__name__}.{name}").SOURCES
    }


def owner(name: str) -> Owner:
    """The owner of a data set or of a family; `ReproError` for any other name."""
    every = sources().values()
    known = {n: s.owner for s in every for n in (s.owner.family, s.name)}
    if name not in known:
        raise ReproError(
            f"{name!r} is no data set of an owner; expected one of "
            f"{', '.join(sorted(known))}, one at a time."
        )
    return known[name]
