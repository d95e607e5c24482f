"""The data sets of photographs by name: who reads each, and what it should hold."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from reprolib.data import market1501, viper
from reprolib.data.dataset import Dataset
from reprolib.profiles import Settings


@dataclass(frozen=True)
class Source:
    """One way to read one data set. Chapter 1.

    `family` names the folder it lies in when several are joined; `read` opens it from
    that folder; sources of the same `people` number the same persons the same way.
    `official` gives the published counts: split -> (what is counted -> how many),
    where what is counted is a column of `Dataset.statistics`.
    """

    family: str
    read: Callable[[Path, Settings], Dataset]
    people: str
    official: dict[str, dict[str, int]] = field(default_factory=dict)


SOURCES = {
    "market1501": Source(
        "market1501", lambda root, _: market1501.read(root), people="market1501"
    ),
    "viper": Source(
        "viper", lambda root, s: viper.read(root, s.data_seed), people="viper"
    ),
}
