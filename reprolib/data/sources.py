"""The data sets of photographs by name: who reads each, and what it should hold."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from reprolib.data.dataset import Dataset
from reprolib.data.readers import cuhk03, cuhk_sysu, market1501, mars, viper
from reprolib.settings import Data as Settings


@dataclass(frozen=True)
class Source:
    """One way to read one data set; used by `open_dataset` and `data check`.

    `family` names the folder it lies in when several are joined; `read` opens it from
    that folder; sources of the same `people` number the same persons the same way.
    `official` gives the published counts: split -> (what is counted -> how many),
    where what is counted is a column of `Dataset.statistics`.
    """

    family: str
    read: Callable[[Path, Settings], Dataset]
    people: str
    official: dict[str, dict[str, int]] = field(default_factory=dict)


def _market1501(read: Callable[[Path], Dataset], further: int = 0) -> Source:
    """Market1501 as `read` opens it, with so many further distractors."""
    return Source(
        "market1501",
        lambda root, _: read(root),
        people="market1501",
        official={
            "train": {"identities": 751, "pictures": 12_936, "cameras": 6},
            "query": {"identities": 750, "pictures": 3368, "cameras": 6},
            "gallery": {
                "identities": 750,
                "pictures": 19_732 + further,
                "distractors": 2798 + further,
                "junk": 3819,
            },
        },
    )


SOURCES = {
    "market1501": _market1501(market1501.read),
    "market1501-500k": _market1501(market1501.read_500k, further=500_000),
    **{
        f"cuhk03-{protocol}-{boxes}": Source(
            "cuhk03",
            lambda root, s, protocol=protocol, boxes=boxes: cuhk03.read(
                root, protocol, boxes, s.data_seed
            ),
            people="cuhk03",
            official=cuhk03.official(protocol, boxes),
        )
        for protocol in cuhk03.PEOPLE
        for boxes in cuhk03.FOLDERS
    },
    "mars": Source(
        "mars",
        lambda root, _: mars.read(root),
        # MARS numbers its people as Market1501 does, and shows many of them.
        people="market1501",
        official={
            "train": {"identities": 625, "tracklets": 8298, "pictures": 509_914},
            "query": {"identities": 626, "tracklets": 1980},
            "gallery": {"identities": 634, "tracklets": 12_180, "pictures": 681_089},
        },
    ),
    **{
        name: Source(
            "cuhk-sysu",
            lambda root, _, size=size: cuhk_sysu.read(root, size),
            people="cuhk-sysu",
            # Its cameras are scenes.
            official={
                "train": {"identities": 5532},
                "query": {"identities": 2900, "pictures": 2900},
                "gallery": {"cameras": 6978},
            },
        )
        for size, name in cuhk_sysu.NAMES.items()
    },
    "viper": Source(
        "viper",
        lambda root, s: viper.read(root, s.data_seed),
        people="viper",
        official={
            "train": {"identities": 316, "pictures": 632},
            "query": {"identities": 316, "pictures": 316},
            "gallery": {"identities": 316, "pictures": 316},
        },
    ),
}
