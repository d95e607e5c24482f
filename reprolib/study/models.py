"""The trained networks that lie in the store, and which of them are still asked for."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from reprolib import settings
from reprolib.errors import ReproError
from reprolib.study import variants
from reprolib.study.store import Store


@dataclass(frozen=True)
class Model:
    """One folder of the store.

    `changed` are the settings that the profile does not have; `scores` rank-1 and mAP
    by global distance at the box error it was trained for, None before it is scored;
    `asked` whether its profile would find it with today's code and settings.
    """

    folder: Path
    variant: str
    seed: int
    dataset: str
    profile: str
    changed: dict[str, object]
    steps: int
    scores: tuple[float, float] | None
    megabytes: float
    asked: bool


def find(root: Path) -> list[Model]:
    """Every whole network below `root`, by data set, profile, variant and seed."""
    every = [_read(path.parent) for path in (root / "models").glob("*/model.json")]
    return sorted(every, key=lambda m: (m.dataset, m.profile, m.variant, m.seed))


def remove(models: list[Model]) -> None:
    """Delete the folders of `models`."""
    for model in models:
        shutil.rmtree(model.folder)


def _read(folder: Path) -> Model:
    facts = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    usual = settings.load(facts["profile"], facts["dataset"])
    own = variants.settings_of(facts["variant"], usual).as_dict()
    made = facts["settings"]
    changed = {k: v for k, v in made.items() if own.get(k) != v}
    scores = sorted(folder.glob("scores-*.json"), key=lambda p: p.stat().st_mtime)
    found = None
    if scores:
        every = json.loads(scores[-1].read_text(encoding="utf-8"))
        tested = every["students"][0].get(f"{made['box_error']:g}")
        found = tested and (tested["global"]["rank1"], tested["global"]["mAP"])
    size = sum(path.stat().st_size for path in folder.iterdir())
    key = facts["variant"], facts["seed"]
    return Model(
        folder,
        *key,
        facts["dataset"],
        facts["profile"],
        changed,
        made["steps"],
        found,
        size / 1e6,
        _asked(folder, usual, facts),
    )


def _asked(folder: Path, usual: settings.Settings, facts: dict) -> bool:
    root = folder.parents[1]
    where = root, facts["dataset"], usual, facts["data_root"], facts["profile"]
    try:
        return Store(*where).folder(facts["variant"], facts["seed"]) == folder
    except ReproError:  # the photographs are gone, so who knows
        return True
