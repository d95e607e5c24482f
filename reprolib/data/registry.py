"""Opening a data set by name: the drawn one is made when it is missing."""

from dataclasses import asdict, fields, replace
from pathlib import Path

from reprolib.data import drawn
from reprolib.data.dataset import Dataset, Picture
from reprolib.data.joined import join
from reprolib.data.sets import market1501, sources
from reprolib.errors import ReproError
from reprolib.settings import Data

# Of Market1501's 750 test people MARS trains on 313, as market_mars.json counts them.
LEAKED, OF_TESTED = 313, 750


def drawn_spec(data: Data) -> drawn.DrawnSpec:
    """The part of the settings that decides what the drawn data look like."""
    named = asdict(data)
    return drawn.DrawnSpec(
        seed=data.data_seed,
        extra_ids=round(data.test_ids * LEAKED / OF_TESTED),
        **{f.name: named[f.name] for f in fields(drawn.DrawnSpec) if f.name in named},
    )


def parts(name: str) -> list[str]:
    """The data sets of which `name` is made: several where they are joined with "+".

    Raises `ReproError` for an unknown name, one that comes twice, or drawn people
    among photographs.
    """
    names, known = name.split("+"), ("drawn", *sources())
    for part in names:
        if part not in known:
            raise ReproError(
                f"unknown data set {part!r}; expected one of {', '.join(known)}, or "
                "several of them joined with +."
            )
        if names.count(part) > 1 or (part == "drawn" and len(names) > 1):
            raise ReproError(
                f"{name}: {part} cannot be joined with "
                f"{'photographs' if part == 'drawn' else 'itself'}; leave it out."
            )
    return names


def open_dataset(
    name: str, data: Data, data_root: str | Path, drawn_root: str | Path
) -> Dataset:
    """The data set `name`, read from `data_root`. Used by every chapter from 1 on.

    "drawn" needs no `data_root`: it lies in a folder of `drawn_root` named after what
    decides it, and is drawn first if it is not there. Names joined with "+" give one
    data set that is trained on all of them and tested as the first; each lies in a
    folder of `data_root` named after its family. Raises `ReproError` for an unknown
    name, or when a data set of photographs comes without its folder.
    """
    names = parts(name)
    if name == "drawn":
        return _drawn(data, drawn_root)
    if data.extra_people:
        raise ReproError(
            f"extra_people = {data.extra_people!r} with the data set {name}; only "
            "drawn people can be had at will. Leave it empty."
        )
    if not data_root:
        raise ReproError(
            f"the data set {name} needs data_root, the folder it was unpacked to; "
            "give it with DATA_ROOT=... (make), --data-root (command line) or the "
            "parameter data_root (papermill)."
        )
    if name in sources():
        return sources()[name].read(Path(data_root), data.data_seed)
    chosen = [sources()[part] for part in names]
    opened = [s.read(Path(data_root, s.owner.family), data.data_seed) for s in chosen]
    return join(opened, [source.people for source in chosen], data.overlap)


def _drawn(data: Data, drawn_root: str | Path) -> Dataset:
    folder = drawn.make(drawn_spec(replace(data, extra_people="")), drawn_root)
    dataset = replace(market1501.read(folder, name="drawn"), boxes_drawn=True)
    if not data.extra_people:
        return dataset
    spec = drawn_spec(data)
    folder = drawn.make(spec, drawn_root)
    train = tuple(Picture(folder / file, *who) for file, *who in drawn.files(spec))
    extra = replace(dataset, name=f"drawn-{data.extra_people}", train=train)
    both = join([dataset, extra], ["drawn", "drawn"], data.overlap)
    return replace(both, sets=None)  # in a batch extra people are as likely as others
