"""A small project of throw-away chapters, and a hand-made record of a study."""

import json
from pathlib import Path

from reprolib.evaluation.features import KINDS
from reprolib.evaluation.scoring import RERANKED
from reprolib.study import grid

PYPROJECT = '[project]\nname = "reprolib"\n'
HEAD = """# %% [markdown]
# # A chapter

# %% tags=["parameters"]
profile: str = "quick"  # smoke, quick or paper
dataset: str = "drawn"  # the data set
data_root: str = ""  # where photographs lie
runs_root: str = ""  # empty: runs/ of the project
seed: int = 0  # of everything random

# %%
from reprolib import book

run = book.open("{name}", profile, dataset, data_root, runs_root, seed)
"""
RECORD = """
# %%
run.write({"steps": run.settings.schedule.steps});
"""


def project(folder: Path) -> Path:
    """An empty project in `folder`; its folder of notebooks."""
    (folder / "pyproject.toml").write_text(PYPROJECT)
    (folder / "README.md").write_text("<!-- results: drawn -->\n<!-- end -->\n")
    (folder / "notebooks").mkdir()
    return folder / "notebooks"


def chapter(folder: Path, name: str, body: str = "", end: str = RECORD) -> Path:
    """Write a chapter with `body`, in percent format, before its record."""
    path = folder / f"{name}.py"
    path.write_text(HEAD.replace("{name}", name) + body + end)
    return path


def line(study: str, cell: grid.Cell) -> dict:
    """A made-up line of a record; each number says what it is the score of.

    rank-1 is `10 * number of the row + kind + seed`, mAP half of it; 0.25 more after
    re-ranking, and 0.5 less on other boxes than those of the training.
    """
    found = grid.find(study)
    asked = found.settings_of(cell)
    start = 10 * list(found.rows).index(cell.row) + cell.seed

    def each(kinds, more=0.0):
        ranks = {kind: start + KINDS.index(kind) + more for kind in kinds}
        return {kind: {"rank1": r, "mAP": r / 2} for kind, r in ranks.items()}

    kinds = ("global",) if asked.loss.local == "none" else KINDS
    tested = {
        boxes: {"market": each(kinds, -0.5 * (boxes != cell.boxes))}
        for boxes in found.tested_on
    }
    return {
        "variant": cell.variant,
        "seed": cell.seed,
        "data_seed": asked.data.data_seed,
        "seconds": 60.0,
        "code": "of another day",
        "date": "2026-01-02",
        "commit": "0123456789abcdef",
        "versions": {"torch": "2.12.1"},
        "hardware": {"cpu": "A Processor", "cores": 2, "device": "CPU"},
        "ended": {"collapsed": False},
        "students": [tested] * asked.schedule.students,
        "reranked": each([kind for kind in RERANKED if kind in kinds], 0.25),
    }


def record(folder: Path, study: str, seeds: int = 2) -> list[dict]:
    """Commit made-up lines to the project whose notebooks lie in `folder`."""
    cells = [cell for cell in grid.find(study).cells if cell.seed < seeds]
    made = [line(study, cell) for cell in cells]
    path = folder / "records" / f"{study}.jsonl"
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(one) + "\n" for one in made))
    return made
