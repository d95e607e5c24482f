"""A small project of throw-away chapters, and a hand-made record of a study."""

import json
from pathlib import Path

from reprolib import settings
from reprolib.evaluation.features import KINDS
from reprolib.evaluation.scoring import RERANKED
from reprolib.study import variants

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


def scores(variant: str, seed: int, usual: settings.Settings) -> dict:
    """Made-up scores in the store's form; each number says what it is the score of.

    rank-1 is `10 * number of the method + kind + seed`, mAP half of it; 0.25 more after
    re-ranking, and 0.5 less at other box errors than the usual one.
    """
    method = variant.partition("-")[0]
    start = 10 * list(variants.METHODS).index(method) + seed

    def each(kinds, more=0.0):
        ranks = {kind: start + KINDS.index(kind) + more for kind in kinds}
        return {kind: {"rank1": r, "mAP": r / 2} for kind, r in ranks.items()}

    plain = variants.settings_of(variant, usual).loss.local == "none"
    kinds = ("global",) if plain else KINDS
    doses = {
        f"{dose:g}": each(kinds, -0.5 * (dose != usual.data.box_error))
        for dose in usual.study.doses
    }
    reranked = each([kind for kind in RERANKED if kind in kinds], 0.25)
    return {"students": [doses], "reranked": reranked}


def cells(profile: str = "smoke", dataset: str = "drawn") -> dict:
    """A hand-made cell for every (variant, seed) of the grid."""
    usual = settings.load(profile, dataset)
    facts = {
        "seconds": 60.0,
        "code": "of another day",
        "date": "2026-01-02",
        "commit": "0123456789abcdef",
        "dirty": False,
        "versions": {"torch": "2.12.1"},
        "hardware": {"cpu": "A Processor", "cores": 2, "device": "CPU"},
    }
    return {
        (variant, seed): {
            "variant": variant,
            "seed": seed,
            "settings": variants.settings_of(variant, usual).differing(usual),
            **facts,
            "scores": scores(variant, seed, usual),
        }
        for variant, seed in variants.grid(usual)
    }


def record(folder: Path, profile: str = "smoke", dataset: str = "drawn") -> dict:
    """Commit `cells` to the project whose notebooks lie in `folder`; the cells."""
    made = cells(profile, dataset)
    path = folder / "records" / f"{dataset}-{profile}.jsonl"
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(cell) + "\n" for cell in made.values()))
    return made
