"""The trained networks that several chapters share: which, how, and their scores."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import torch
from scipy import stats

from reprolib.training import checkpoints
from reprolib.evaluation import features as matching, protocols
from reprolib import training
from reprolib.data import drawn, drawn_spec, open_dataset
from reprolib.data.dataset import Dataset
from reprolib.data.pictures import Pixels, load
from reprolib.errors import ReproError
from reprolib.networks import AlignedReID
from reprolib.settings import Settings
from reprolib.book.run import Run, open_run, read

METHODS = {
    "identity": {"local": "none", "global_weight": 0.0},
    "triplet": {"local": "none", "identity_weight": 0.0},
    "global": {"local": "none"},
    "unaligned": {"local": "unaligned"},
    "aligned": {"local": "aligned"},
    "mutual": {"local": "aligned", "students": 2},
}
# Extra people in training: strangers, or as many people of the test. Chapter 5.
LEAKS = {
    "strangers": {"local": "aligned", "extra_people": "strangers"},
    "leaked": {"local": "aligned", "extra_people": "tested", "overlap": "keep"},
}
BOTH_BOXES = ("global", "unaligned", "aligned")
RANKS = (1, 5, 10)


def grid(settings: Settings) -> list[tuple[str, int]]:
    """Every (variant, seed) that chapter 5 compares.

    A variant is a method and the box error it was trained with: all methods with the
    error of the settings, those of `BOTH_BOXES` also with the other extreme.
    """
    here = round(settings.box_error)
    variants = [f"{method}-box{here}" for method in METHODS]
    variants += [f"{method}-box{1 - here}" for method in BOTH_BOXES]
    return [(variant, seed) for seed in settings.seeds for variant in variants]


def leaks(settings: Settings) -> list[tuple[str, int]]:
    """Every (variant, seed) of chapter 5's leak, which only drawn people can show."""
    here = round(settings.box_error)
    return [(f"{leak}-box{here}", seed) for seed in settings.seeds for leak in LEAKS]


def variant_settings(variant: str, settings: Settings) -> Settings:
    """The settings of `variant`, such as `aligned-box1`; `ReproError` if unknown."""
    method, _, box = variant.partition("-box")
    methods = METHODS | LEAKS
    if method not in methods or box not in ("0", "1"):
        raise ReproError(
            f"unknown variant {variant!r}; expected METHOD-box0 or METHOD-box1 with "
            f"METHOD one of {', '.join(methods)}."
        )
    return replace(settings, box_error=float(box), **methods[method])


# Chapters ask for the same pictures again and again; a few splits are kept decoded.
@cache
def _read(name: str, settings: Settings, *roots) -> Dataset:
    return open_dataset(name, settings, *roots)


def _opened(name: str, settings: Settings, *roots) -> Dataset:
    """The data set; photographs are opened once, whatever is done to their boxes."""
    if name != "drawn":
        settings = replace(settings, box_error=0.0)
    return _read(name, settings, *roots)


@lru_cache(maxsize=6)
def _decoded(split: str, folder: Path, name: str, settings: Settings, *roots) -> Pixels:
    dataset = _opened(name, settings, *roots)
    size = settings.height, settings.width
    pixels = load(dataset, split, *size, settings.box_error, folder)
    return pixels if split == "train" else protocols.by_tracklet(pixels)


@dataclass(frozen=True)
class Bench:
    """Where the trainings of one data set and profile find their data and leave it.

    Decoded pictures are kept in the folder `cache` beside the runs.
    """

    run: Run

    def dataset(self, box_error: float) -> Dataset:
        """The data set with boxes as wrong as `box_error`."""
        return _opened(*self._place(box_error=float(box_error)))

    def pixels(self, split: str, box_error: float) -> Pixels:
        """One split, decoded at the size of the settings, tested tracklets as one."""
        return self._decoded(split, self._place(box_error=float(box_error)))

    def training(self, settings: Settings) -> tuple[Dataset, Pixels]:
        """What a variant is trained on, with the extra people it asks for."""
        place = self._place(
            box_error=settings.box_error,
            extra_people=settings.extra_people,
            overlap=settings.overlap,
        )
        return _opened(*place), self._decoded("train", place)

    def _decoded(self, split: str, place: tuple) -> Pixels:
        return _decoded(split, self.run.base.parent / "cache", *place)

    def _place(self, **changed) -> tuple:
        settings = replace(self.run.settings, **changed)
        drawn_root = self.run.base.parent / "data"
        return self.run.dataset, settings, self.run.data_root, drawn_root

    def obtain(self, variant: str, seed: int) -> tuple[checkpoints.Trained, dict]:
        """The trained networks of `variant` and their record, from disk if they exist.

        What is missing is trained, scored at every dose of box error and recorded in
        `models/<variant>-s<seed>`. Used by chapters 4 to 7.
        """
        settings = variant_settings(variant, self.run.settings)
        run = open_run(
            f"models/{variant}-s{seed}",
            profile=self.run.profile,
            settings=settings,
            dataset=self.run.dataset,
            data_root=self.run.data_root,
            runs_root=self.run.base.parent,
            seed=seed,
        )
        _, pixels = self.training(settings)
        trained = training.train(settings, pixels, seed, run.folder, variant)
        path = Path(run.folder, "results.json")
        record = read(path) if path.exists() else None
        if (
            record is None
            or record["parameters"] != settings.as_dict()
            or record["scores"]["history"] != trained.history  # of older code
        ):
            record = read(run.write(self.scores(trained)))
        return trained, record

    def scores(self, trained: checkpoints.Trained) -> dict:
        """Rank-k and mAP of every student, kind of distance and dose of box error."""
        tests = {
            f"{dose:g}": (self.pixels("query", dose), self.pixels("gallery", dose))
            for dose in trained.settings.doses
        }
        kinds = matching.KINDS if trained.settings.local != "none" else ("global",)
        dataset, _ = self.training(trained.settings)
        rules = dataset.protocol, dataset.candidates
        leak = trained.settings.extra_people
        return {
            **({"overlap": dataset.overlap} if dataset.overlap else {}),
            **({"queries": self._apart(trained, kinds)} if leak else {}),
            "history": trained.history,
            "students": [
                {
                    dose: test(network, *test_set, kinds, *rules)
                    for dose, test_set in tests.items()
                }
                for network in trained.networks
            ],
        }

    def _apart(self, trained: checkpoints.Trained, kinds: tuple[str, ...]) -> dict:
        """The scores of the queries of people who may leak, and of the others."""
        settings = trained.settings
        query = self.pixels("query", settings.box_error)
        gallery = self.pixels("gallery", settings.box_error)
        people = torch.tensor(drawn.tested(drawn_spec(settings)))
        leaked = torch.isin(query.pids, people)
        parts = query.images, query.pids, query.camids
        some = {
            "leaked": Pixels(*(part[leaked] for part in parts)),
            "others": Pixels(*(part[~leaked] for part in parts)),
        }
        network, rules = trained.networks[0], ("market", None)
        return {k: test(network, v, gallery, kinds, *rules) for k, v in some.items()}


def test(
    network: AlignedReID,
    query: Pixels,
    gallery: Pixels,
    kinds: tuple[str, ...],
    protocol: str,
    candidates: tuple[tuple[int, ...], ...] | None,
) -> dict[str, dict[str, float]]:
    """Rank-1, rank-5, rank-10 and mAP in percent, for each kind of distance.

    `protocol` and `candidates` are the data set's own: see `protocols.score`.
    """
    q, g = matching.embedded(network, query), matching.embedded(network, gallery)
    found = {}
    for kind in kinds:
        distance = matching.distance(kind, q, g)
        result = protocols.score(distance, query, gallery, protocol, candidates)
        found[kind] = {f"rank{k}": 100 * float(result.cmc[k - 1]) for k in RANKS}
        found[kind]["mAP"] = 100 * float(result.mAP)
    return found


def t_interval(differences: Sequence[float]) -> list[float] | None:
    """The 95 % interval of the mean of paired differences; None from a single one.

    `differences: (seeds,)`, one of two methods for each seed; Student's t with one
    degree of freedom less than there are seeds. Chapters 5, 6 and 8.
    """
    if len(differences) < 2:
        return None
    mean, error = np.mean(differences), stats.sem(differences)
    half = stats.t.ppf(0.975, len(differences) - 1) * error
    return [float(mean - half), float(mean + half)]
