"""Training one network, or several that learn from each other, in one process."""

import time
from contextlib import AbstractContextManager
from pathlib import Path

import torch
import torch.nn.functional as F

from reprolib import losses, progress
from reprolib.alignment import paired_local_distance, paired_rigid_distance
from reprolib.checkpoints import Trained, restore, save
from reprolib.data.dataset import DISTRACTOR
from reprolib.data.pictures import Pixels, augment
from reprolib.data.sampling import IdentitySampler
from reprolib.distances import euclidean
from reprolib.networks import Features, build
from reprolib.profiles import Settings

SAVE_EVERY = 60.0  # seconds
PAIRED = {"aligned": paired_local_distance, "unaligned": paired_rigid_distance}


def device() -> torch.device:
    """The fastest device at hand: CUDA, then Apple's MPS, then the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def precision(settings: Settings, where: torch.device) -> AbstractContextManager:
    """Autocast to bfloat16 where it pays (CUDA, CPUs with AMX) or where it is asked."""
    pays = where.type == "cuda" and torch.cuda.is_bf16_supported()
    pays = pays or (where.type == "cpu" and torch.cpu._is_amx_tile_supported())
    half = settings.precision == "bfloat16" or (settings.precision == "auto" and pays)
    return torch.autocast(where.type, torch.bfloat16, enabled=half)


def student_losses(
    features: Features, classes: torch.Tensor, settings: Settings
) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """The losses of one network on one batch, and its global distance matrix.

    The hardest triplets are mined by global distance; the same triplets feed the local
    hinge. Returns unweighted scalars `identity`, `global`, `local`, the share of
    `active` triplets, and the matrix `(N, N)`. Taught in chapter 3.
    """
    distance = euclidean(features.global_, features.global_)
    positive, negative = losses.batch_hard(distance, classes)
    anchor = torch.arange(len(classes), device=classes.device)
    near, far = distance[anchor, negative], distance[anchor, positive]
    parts = {
        "identity": F.cross_entropy(features.logits, classes),
        "global": losses.trihard_loss(far, near, settings.margin),
        "active": (settings.margin + far > near).float().mean(),
    }
    if settings.local != "none":
        paired, f = PAIRED[settings.local], features.local
        others = torch.cat([f[positive], f[negative]])
        far, near = paired(torch.cat([f, f]), others).chunk(2)
        parts["local"] = losses.trihard_loss(far, near, settings.margin)
    return parts, distance


def batch_loss(
    features: list[Features], classes: torch.Tensor, settings: Settings
) -> tuple[torch.Tensor, dict[str, float]]:
    """The loss of a batch over all students, and its parts for the log."""
    weight = {
        "identity": settings.identity_weight,
        "global": settings.global_weight,
        "local": settings.local_weight,
        "metric_mutual": settings.metric_mutual_weight,
        "class_mutual": settings.class_mutual_weight,
    }
    each = [student_losses(f, classes, settings) for f in features]
    parts = {k: sum(p[k] for p, _ in each) for k in each[0][0]}
    if len(features) > 1:
        parts["metric_mutual"] = losses.metric_mutual_losses([d for _, d in each])
        logits = [f.logits for f in features]
        parts["class_mutual"] = losses.classification_mutual_losses(logits)
    total = sum(weight[k] * v for k, v in parts.items() if k in weight)
    values = torch.stack(list(parts.values())).tolist()  # one wait for the device
    log = zip(parts, values, strict=True)
    return total, {name: value / len(features) for name, value in log}


def learning_rate(settings: Settings, step: int) -> float:
    """The rate at `step`: divided at each fraction of the run in `decay_at`."""
    passed = sum(step >= at * settings.steps for at in settings.decay_at)
    return settings.learning_rate * settings.decay**passed


def train(
    settings: Settings, pixels: Pixels, seed: int, folder: Path, label: str = "training"
) -> Trained:
    """Train on `pixels` for `settings.steps` batches; resume if `folder` says so.

    Batches, augmentation and first weights depend on `seed` and the step alone, so a
    resumed run equals an uninterrupted one. The checkpoint is a safetensors file.
    Raises `ReproError` if the folder's checkpoint belongs to other settings. Chapter 4.
    """
    known = torch.nonzero(pixels.pids > DISTRACTOR).flatten()
    classes = torch.unique(pixels.pids[known], return_inverse=True)[1]
    sets = None if pixels.sets is None else pixels.sets[known]
    trained, optimisers = _start(settings, int(classes.max()) + 1, seed, folder)
    sampler = IdentitySampler(
        classes, settings.ids_per_batch, settings.shots_per_id, seed, sets
    )
    saved, where = time.monotonic(), device()
    start = trained.step
    for step in progress.track(range(start, settings.steps), label):
        index = sampler.batch(step)
        some = pixels.images.index_select(0, known[index])  # the rest stays on disk
        some = augment(some, settings.crop_padding, seed=seed * 1_000_003 + step)
        x = trained.networks[0].prepare(some)
        with precision(settings, where):
            features = [network(x) for network in trained.networks]
        loss, parts = batch_loss(features, classes[index].to(where), settings)
        rate = learning_rate(settings, step)
        _update(optimisers, loss, rate)
        log = {"step": step, "rate": rate, "loss": loss.item()}
        trained.history.append(log | parts)
        if time.monotonic() - saved > SAVE_EVERY:
            save(trained, folder, optimisers)
            saved = time.monotonic()
    if trained.step > start:
        save(trained, folder)
    return trained


def _start(settings, identities, seed, folder):
    """Networks on their device and their optimisers, fresh or from the checkpoint."""
    networks = [
        build(settings, identities, seed * 1000 + student).to(device()).train()
        for student in range(settings.students)
    ]
    optimisers = [
        torch.optim.Adam(
            network.parameters(),
            lr=settings.learning_rate,
            weight_decay=settings.weight_decay,
            fused=True,
        )
        for network in networks
    ]
    trained = Trained(settings, seed, networks)
    restore(trained, folder, optimisers)
    return trained, optimisers


def _update(optimisers: list, loss: torch.Tensor, rate: float) -> None:
    for optimiser in optimisers:
        optimiser.zero_grad(set_to_none=True)
        optimiser.param_groups[0]["lr"] = rate
    loss.backward()
    for optimiser in optimisers:
        optimiser.step()
