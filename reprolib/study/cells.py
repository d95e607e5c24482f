"""Running one cell of the study, and the record of those that are done."""

import json
import traceback
from dataclasses import dataclass
from pathlib import Path

from reprolib import settings
from reprolib.study import measuring, records
from reprolib.study.grid import DRAWN, Cell, Study, box_error
from reprolib.study.store import Store, write_json, write_text

KEPT = ("code", "seconds", "date", "commit", "dirty", "versions", "hardware")
FAILED = ".failed"


@dataclass(frozen=True)
class Place:
    """Where a study is computed: the folder of all runs, and that of photographs.

    Each data set of photographs lies in a folder of its own there, and first weights
    beside them.
    """

    runs: Path
    photographs: str = ""

    def file(self, cell: Cell) -> Path:
        """Where a cell leaves its line."""
        return self.runs / "study" / cell.study / f"{cell.name}.json"

    def store(self, study: Study, cell: Cell, boxes: str) -> Store:
        """The store that has a cell's network, and the pictures with these boxes."""
        asked, dataset = study.settings_of(cell), study.dataset_of(boxes)
        root = str(Path(self.photographs) / study.folder) if study.folder else ""
        if study.weights:
            asked = asked.changed(weights=str(Path(self.photographs) / study.weights))
        return Store(self.runs, dataset, asked, root, "quick")

    def has_pictures(self, study: Study) -> bool:
        """Whether what the study is trained on is at hand."""
        wanted = [
            Path(self.photographs) / w for w in (study.folder, study.weights) if w
        ]
        return not wanted or bool(self.photographs) and all(w.exists() for w in wanted)


def run(study: Study, cell: Cell, place: Place) -> Path:
    """Train and measure one cell; its line lies in `place` then.

    What goes wrong is kept beside it, with the ending `.failed`, and raised.
    """
    file = place.file(cell)
    failed = file.with_suffix(FAILED)
    try:
        write_json(file, _line(study, cell, place))
    except BaseException:
        write_text(failed, traceback.format_exc())
        raise
    failed.unlink(missing_ok=True)
    return file


def _line(study: Study, cell: Cell, place: Place) -> dict:
    store = place.store(study, cell, cell.boxes)
    asked = store.settings
    trained, model = store.trained("", cell.seed), store.model("", cell.seed)
    local = asked.loss.local != "none"
    students = [{} for _ in trained.networks]
    made = {"ended": measuring.ended(trained, asked.loss)}
    for boxes in study.tested_on:
        there = place.store(study, cell, boxes)
        dose = box_error(boxes)
        test = there.test(dose)
        for student, network in zip(students, trained.networks, strict=True):
            q, g = test.embed(network)
            student[boxes] = measuring.measure(test, q, g, local, boxes in study.boxes)
            if network is not trained.networks[0]:
                continue
            if boxes == cell.boxes:
                made["people"] = measuring.packed_people(test.query.pids)
                made["reranked"] = measuring.reranked(test, q, g, local)
            if local and boxes.startswith(DRAWN):
                shares = measuring.same_part(there.dataset(dose), test, q, g)
                made.setdefault("same_part", {})[boxes] = shares
    differing = asked.differing(settings.load("quick", store.name))
    if study.weights:  # a file's name is enough
        differing["weights"] = study.weights
    return {
        "variant": cell.variant,
        "seed": cell.seed,
        "data_seed": asked.data.data_seed,
        "settings": differing,
        **{key: model[key] for key in KEPT},
        **made,
        "students": students,
    }


def record(study: Study, place: Place) -> Path:
    """Bring the committed record up to the cells in `place`; lines by seed and row."""
    lines = records.lines(study.name)
    for cell in study.cells:
        file = place.file(cell)
        if file.exists():
            line = json.loads(file.read_text(encoding="utf-8"))
            lines[cell.variant, cell.seed] = line
    order = [(cell.variant, cell.seed) for cell in study.cells]
    text = "".join(json.dumps(lines[key]) + "\n" for key in order if key in lines)
    file = records.path(study.name)
    write_text(file, text)
    return file


def missing(study: Study, place: Place) -> list[Cell]:
    """The cells that are neither in the record nor in `place`."""
    lines = records.lines(study.name)
    return [
        cell
        for cell in study.cells
        if (cell.variant, cell.seed) not in lines and not place.file(cell).exists()
    ]
