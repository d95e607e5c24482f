"""The record of one training that was watched: what a batch and test people become.

A network of profile quick's settings is looked at after 0, 1, 2, ... batches, ever
more seldom. Kept are the distances within one fixed batch of people it trains on, as
its triplets are mined by them, and the global features of people it never sees, laid
flat. The living figures of chapters 3 and 4 read it.
"""

import copy
import itertools
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch.nn.modules.module import register_module_forward_pre_hook

from reprolib import settings as profiles
from reprolib import training
from reprolib.data import drawn, drawn_spec
from reprolib.data.pictures import Pixels
from reprolib.evaluation.features import embed
from reprolib.networks import AlignedReID
from reprolib.settings import Settings
from reprolib.study import records
from reprolib.study.store import Store, code_of_learning

PROFILE, SEED = "quick", 0
PEOPLE, PICTURES, TIMES = 12, 4, 12
LOSSES = ("identity", "global", "local", "active")
Shot = tuple[int, int, int]  # pid, camid, number of the shot


def write(runs: Path) -> Path:
    """Train, watch and write `notebooks/records/living.json`; pictures are in `runs`.

    Takes as long as any training of profile quick.
    """
    settings = profiles.load(PROFILE)
    _, pixels = Store(runs, "drawn", settings).training(settings)
    return records.write("living", watch(settings, pixels))


def read() -> dict:
    """The committed record; `ReproError` naming the command that makes it."""
    what = "a training that was watched"
    return records.read("living", what, "python -m reprolib living record")


def watch(settings: Settings, pixels: Pixels) -> dict:
    """Train one network on `pixels`, drawn by these settings; what was seen."""
    spec, start = drawn_spec(settings.data), time.perf_counter()
    batch = shots(spec, range(1, 1 + PEOPLE))
    test = shots(spec, spec.test[:PEOPLE])
    images, strangers = pictures(spec, batch), pictures(spec, test)
    classes = torch.tensor([pid - 1 for pid, *_ in batch])
    seen: dict[int, tuple] = {}

    def look(network: AlignedReID, step: int) -> None:
        parts, distance = _as_mined(network, images, classes, settings)
        seen[step] = parts, distance, embed(network, strangers).global_

    steps = settings.schedule.steps
    with tempfile.TemporaryDirectory() as folder, watching(look, times(steps)):
        trained = training.train(settings, pixels, SEED, Path(folder))
    look(trained.networks[0], steps)
    return {
        "profile": PROFILE,
        "settings": settings.as_dict(),
        "seed": SEED,
        "code": code_of_learning(),
        "seconds": round(time.perf_counter() - start, 1),
        "batch": [" ".join(map(str, shot)) for shot in batch],
        "test": [" ".join(map(str, shot)) for shot in test],
        **_kept(seen),
    }


def times(steps: int) -> set[int]:
    """After how many batches the network is looked at: 0, 1, and ever more seldom."""
    return {0, *np.geomspace(1, steps, TIMES).round().astype(int).tolist()}


def shots(spec: drawn.DrawnSpec, people: Iterable[int]) -> list[Shot]:
    """The first `PICTURES` shots of each of `people`, by as many cameras."""
    every = (shot for _, *shot in drawn.shots(spec))
    return [tuple(s) for s in every if s[0] in people and s[2] < PICTURES]


def recorded(texts: Iterable[str]) -> list[Shot]:
    """The shots of the record's `batch` or `test`."""
    return [tuple(map(int, text.split())) for text in texts]


def pictures(spec: drawn.DrawnSpec, some: Iterable[Shot]) -> torch.Tensor:
    """Shots drawn anew: (N, 3, H, W) uint8."""
    pixels = np.stack([drawn.draw(spec, *shot)[0] for shot in some])
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()


@contextmanager
def watching(
    look: Callable[[AlignedReID, int], None], steps: set[int]
) -> Iterator[None]:
    """Call `look(network, step)` whenever a training has done one of `steps` batches.

    The network is about to see its next batch, and `look` must leave it as it is. After
    the last batch there is no call: that network is what the training returns.
    """
    batches = itertools.count()

    def before(module: torch.nn.Module, _: tuple) -> None:
        learns = module.training and torch.is_grad_enabled()
        if isinstance(module, AlignedReID) and learns:
            step = next(batches)
            if step in steps:
                look(module, step)

    handle = register_module_forward_pre_hook(before)
    try:
        yield
    finally:
        handle.remove()


@torch.no_grad()
def _as_mined(
    network: AlignedReID, images: torch.Tensor, classes: torch.Tensor, s: Settings
) -> tuple[dict[str, float], torch.Tensor]:
    """Losses and global distances (N, N) of a batch as in training, by a copy.

    A batch is standardised by its own means, which also moves running averages: those
    of the copy.
    """
    network = copy.deepcopy(network).train()
    features = network(network.prepare(images))
    classes = classes.to(features.logits.device)
    parts, distance = training.student_losses(features, classes, s.loss)
    return {k: round(float(parts[k]), 4) for k in LOSSES}, distance.cpu()


def _kept(seen: dict[int, tuple]) -> dict:
    """Snapshots for the record, and the shares of variance of the plane's two axes."""
    *_, last = seen.values()
    middle = last[2].mean(0)
    _, sizes, axes = torch.linalg.svd(last[2] - middle, full_matrices=False)
    snapshots = []
    for step, (parts, distance, features) in seen.items():
        upper = distance[tuple(torch.triu_indices(*distance.shape, offset=1))]
        apart = torch.cdist(features, features).fill_diagonal_(torch.inf)
        snapshots.append(
            {
                "step": step,
                "losses": parts,
                "distances": packed(upper),
                "points": packed((features - middle) @ axes[:2].T),
                "nearest": " ".join(map(str, apart.argmin(1).tolist())),
            }
        )
    shares = sizes[:2] ** 2 / (sizes**2).sum()
    return {"shares": [round(float(s), 3) for s in shares], "snapshots": snapshots}


def packed(values: torch.Tensor) -> str:
    """Numbers as a text of thousandths."""
    return " ".join(str(round(1000 * v)) for v in values.flatten().tolist())


def unpacked(text: str) -> torch.Tensor:
    """The numbers of `packed`, (N,) float64."""
    return torch.tensor([int(t) for t in text.split()], dtype=torch.float64) / 1000


def distances(snapshot: dict) -> torch.Tensor:
    """The distances within the batch, (N, N): symmetric, 0 on the diagonal."""
    n = PEOPLE * PICTURES
    table = torch.zeros(n, n, dtype=torch.float64)
    table[tuple(torch.triu_indices(n, n, offset=1))] = unpacked(snapshot["distances"])
    return table + table.T


def points(snapshot: dict) -> torch.Tensor:
    """Where the test pictures lie in the plane, (N, 2)."""
    return unpacked(snapshot["points"]).view(-1, 2)
