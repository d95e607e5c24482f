"""Trained networks and their scores, each found by a digest of what made it.

A network lies in `models/<variant>-s<seed>-<key>`, where the key is a digest of the
settings that decide its weights, of the pictures and of the code it learnt by; scores
lie beside it under a second key, with that of the code that scores. Other settings,
pictures or code lead to another place, so that nothing stale is ever read.
"""

import json
import os
import time
from dataclasses import asdict, dataclass, replace
from functools import cache, lru_cache
from pathlib import Path

import torch

from reprolib import training
from reprolib.data import digest, open_dataset
from reprolib.data.dataset import Dataset
from reprolib.data.pictures import Pixels, load
from reprolib.data.tracklets import by_tracklet
from reprolib.evaluation import scoring
from reprolib.evaluation.features import KINDS
from reprolib.settings import Data, Settings
from reprolib.study import provenance, variants
from reprolib.training import Trained

PACKAGE = Path(__file__).parents[1]
# Which pictures there are is known by the pictures: what reads data sets is left out.
LEARNING = (
    *(PACKAGE / room for room in ("alignment", "losses.py", "networks", "training")),
    *sorted((PACKAGE / "data").glob("*.py")),
    PACKAGE / "data" / "drawn",
)
SCORING = (PACKAGE / "evaluation", PACKAGE / "reranking.py")


# Chapters ask for the same pictures again and again; a few splits are kept decoded.
@cache
def _open(name: str, data: Data, data_root: str, drawn_root: Path) -> Dataset:
    return open_dataset(name, data, data_root, drawn_root)


@lru_cache(maxsize=6)
def _load(store: "Store", split: str, data: Data) -> Pixels:
    dataset = store.open(data)
    size = data.height, data.width
    pixels = load(dataset, split, *size, data.box_error, store.root / "cache")
    return pixels if split == "train" else by_tracklet(pixels)


@dataclass(frozen=True)
class Store:
    """Where the trainings of one data set find their pictures and leave their weights.

    `root` is the folder of all runs: drawn people lie in its `data`, decoded pictures
    in `cache` and networks in `models`, whatever the profile. Used by chapters 1 to 8.
    """

    root: Path
    name: str
    settings: Settings
    data_root: str = ""
    profile: str = ""

    def open(self, data: Data) -> Dataset:
        """The data set; photographs are opened once for every box error."""
        if self.name != "drawn":
            data = replace(data, box_error=0.0)
        return _open(self.name, data, self.data_root, self.root / "data")

    def dataset(self, box_error: float) -> Dataset:
        """The data set with boxes as wrong as `box_error`."""
        return self.open(replace(self.settings.data, box_error=float(box_error)))

    def pixels(self, split: str, box_error: float) -> Pixels:
        """One split, decoded at the size of the settings, tested tracklets as one."""
        data = replace(self.settings.data, box_error=float(box_error))
        return _load(self, split, data)

    def training(self, settings: Settings) -> tuple[Dataset, Pixels]:
        """What is trained on, with the extra people that the settings ask for."""
        # The store of one profile shares decoded pictures with all others.
        return self.open(settings.data), _load(self, "train", settings.data)

    def folder(self, variant: str, seed: int) -> Path:
        """Where the network of `variant` and `seed` lies, or is going to."""
        settings = variants.settings_of(variant, self.settings)
        name = f"{variant or 'own'}-s{seed}-{self._key(settings, seed)}"
        return self.root / "models" / name

    def _key(self, settings: Settings, seed: int) -> str:
        weights = Path(settings.network.weights)
        made_by = {
            "code": code_of_learning(),
            "settings": {k: v for k, v in asdict(settings).items() if k != "study"},
            "seed": seed,
            "pictures": self._pictures(settings, "train"),
            "weights": digest.content(weights) if weights.is_file() else "",
            "torch": torch.__version__,
            "device": training.device().type,
        }
        return digest.of(made_by)

    def _pictures(self, settings: Settings, *splits: str) -> object:
        """Drawn people are known by their settings, photographs by their files."""
        if self.name == "drawn":
            return "drawn"
        dataset = self.open(settings.data)
        pictures = [p for split in splits for p in getattr(dataset, split)]
        who = [[p.pid, p.camid, p.tracklet] for p in pictures]
        return [self.name, digest.files(p.path for p in pictures), digest.of(who)]

    def trained(self, variant: str, seed: int) -> Trained:
        """The trained networks of `variant`, from disk if they are there. Chapter 4."""
        settings = variants.settings_of(variant, self.settings)
        folder, start = self.folder(variant, seed), time.perf_counter()
        fresh = not (folder / "model.json").exists()
        _, pixels = self.training(settings)
        trained = training.train(settings, pixels, seed, folder, f"{variant} s{seed}")
        if fresh:
            facts = {
                "variant": variant,
                "seed": seed,
                "dataset": self.name,
                "data_root": self.data_root,
                "profile": self.profile,
                "settings": settings.as_dict(),
                "code": code_of_learning(),
                "seconds": round(time.perf_counter() - start, 1),
            }
            write_json(folder / "model.json", facts | provenance.facts())
        return trained

    def model(self, variant: str, seed: int) -> dict:
        """The facts of a trained network: settings, seconds, commit, hardware."""
        path = self.folder(variant, seed) / "model.json"
        if not path.exists():
            self.trained(variant, seed)
        return json.loads(path.read_text(encoding="utf-8"))

    def scores(self, variant: str, seed: int) -> dict:
        """Rank-k and mAP of every student, kind of distance and dose of box error.

        What is missing is trained and scored. `students[k][dose][kind]` holds the
        scores, `reranked[kind]` those of the first student after re-ranking, at the
        box error of the settings, which is one of the doses. Chapters 4 to 6.
        """
        settings = variants.settings_of(variant, self.settings)
        asked = {
            "doses": settings.study.doses,
            "box_error": self.settings.data.box_error,
            "code": digest.code(*SCORING),
            "pictures": self._pictures(settings, "query", "gallery"),
        }
        path = self.folder(variant, seed) / f"scores-{digest.of(asked)}.json"
        if not path.exists():
            write_json(path, self._score(self.trained(variant, seed), settings))
        return json.loads(path.read_text(encoding="utf-8"))

    def has(self, variant: str, seed: int) -> bool:
        """Whether a network lies there already."""
        return (self.folder(variant, seed) / "model.json").exists()

    def test(self, dose: float) -> scoring.Test:
        """The pictures of the test under a dose of box error, and how it is scored."""
        dataset = self.dataset(dose)
        pixels = (self.pixels(split, dose) for split in ("query", "gallery"))
        return scoring.Test(*pixels, dataset.protocol, dataset.candidates)

    def _score(self, trained: Trained, settings: Settings) -> dict:
        kinds = KINDS if settings.loss.local != "none" else ("global",)
        main = self.settings.data.box_error
        doses = sorted({*settings.study.doses, main})
        tests = {f"{dose:g}": self.test(dose) for dose in doses}
        scores = {
            "students": [
                {
                    dose: scoring.score_kinds(test, *test.embed(network), kinds)
                    for dose, test in tests.items()
                }
                for network in trained.networks
            ]
        }
        test = tests[f"{main:g}"]
        q, g = test.embed(trained.networks[0])
        return scores | {"reranked": scoring.score_reranked(test, q, g, kinds)}


def code_of_learning() -> str:
    """The digest of the code that decides what a network learns."""
    return digest.code(*LEARNING)


def write_json(path: Path, value: dict) -> None:
    """Write a JSON file aside and rename it."""
    write_text(path, json.dumps(value, indent=1) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a file aside and rename it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(f".{os.getpid()}.part")
    aside.write_text(text, encoding="utf-8")
    os.replace(aside, path)
