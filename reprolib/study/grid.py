"""The study: which cells it has, read from `grid.toml`. A cell is one training.

A study crosses rows (what differs from its settings), boxes (those it is trained on)
and seeds. Chapters 4 to 6 and 8 read its records.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from reprolib import settings as profiles
from reprolib.errors import ReproError
from reprolib.settings import Settings

TABLE = Path(__file__).with_name("grid.toml")
DRAWN = "box"


@dataclass(frozen=True)
class Cell:
    """One training: its study, its row, the boxes it is trained on, and its seed."""

    study: str
    row: str
    boxes: str
    seed: int

    @property
    def variant(self) -> str:
        """Row and boxes, such as `aligned-box0.4` or `aligned-detected`."""
        return f"{self.row}-{self.boxes}"

    @property
    def name(self) -> str:
        """A name for files, such as `aligned-box0.4-s3`."""
        return f"{self.variant}-s{self.seed}"


@dataclass(frozen=True)
class Study:
    """Cells that answer one question; `rows` holds what differs, by name.

    `boxes` are errors of drawn boxes (`box0.4`) or endings of a data set's name
    (`detected`); every cell is tested on all of `tested_on`. Rows, boxes and variants
    named in `fewer` have that many of the `seeds`. Of N `data_seeds`, seed k has the
    pictures of k modulo N. `folder` is that of photographs, and `weights` a file of
    first weights beside it.
    """

    name: str
    question: str
    dataset: str
    folder: str
    weights: str
    settings: dict[str, object]
    rows: dict[str, dict[str, object]]
    boxes: tuple[str, ...]
    tested_on: tuple[str, ...]
    seeds: int
    fewer: dict[str, int]
    data_seeds: int

    @property
    def cells(self) -> list[Cell]:
        """Every cell, all rows of the first seed first."""
        every = [
            Cell(self.name, row, boxes, seed)
            for seed in range(self.seeds)
            for boxes in self.boxes
            for row in self.rows
        ]
        return [cell for cell in every if cell.seed < self.seeds_of(cell)]

    def seeds_of(self, cell: Cell) -> int:
        """How many seeds a cell's row has on its boxes."""
        names = cell.row, cell.boxes, cell.variant
        return min(self.fewer.get(name, self.seeds) for name in names)

    def settings_of(self, cell: Cell) -> Settings:
        """What `cell` is trained with."""
        own = self.settings | self.rows[cell.row]
        usual = profiles.load("quick", self.dataset_of(cell.boxes), **own)
        usual = usual.changed(data_seed=cell.seed % self.data_seeds)
        return usual.changed(box_error=box_error(cell.boxes))

    def dataset_of(self, boxes: str) -> str:
        """The name of the data set with these boxes."""
        return self.dataset.format(boxes=boxes)


def box_error(boxes: str) -> float:
    """The error of drawn boxes that `boxes` names; 0 for those of photographs."""
    return float(boxes.removeprefix(DRAWN)) if boxes.startswith(DRAWN) else 0.0


@cache
def studies() -> dict[str, Study]:
    """All studies by name, in the order in which they are computed."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return {name: _study(name, **entry) for name, entry in table.items()}


def find(name: str) -> Study:
    """One study; `ReproError` if there is none of that name."""
    if name not in studies():
        known = ", ".join(studies())
        raise ReproError(f"unknown study {name!r}; expected one of {known}.")
    return studies()[name]


def find_cell(study: Study, name: str) -> Cell:
    """One cell by the name of its files; `ReproError` if there is none."""
    for cell in study.cells:
        if cell.name == name:
            return cell
    raise ReproError(
        f"{study.name} has no cell {name!r}; expected such as {study.cells[0].name}."
    )


def _study(name, question, rows, boxes, **rest) -> Study:
    chosen = {"dataset": "drawn", "folder": "", "weights": ""}
    chosen |= {"settings": {}, "fewer": {}, "data_seeds": 1}
    chosen |= rest
    chosen["tested_on"] = tuple(chosen.get("tested_on", boxes))
    return Study(name, question, rows=rows, boxes=tuple(boxes), **chosen)
