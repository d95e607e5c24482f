"""Training one network, or several that learn from each other, in one process."""

import time
from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F
from tqdm import tqdm

from reprolib import alignment, losses
from reprolib.alignment.distances import euclidean
from reprolib.data.dataset import DISTRACTOR
from reprolib.data.pictures import Pixels, augment
from reprolib.data.sampling import IdentitySampler
from reprolib.networks import Features, build
from reprolib.settings import Loss, Schedule, Settings
from reprolib.training.checkpoints import Trained, restore, save
from reprolib.training.device import device, precision

SAVE_EVERY = 60.0  # seconds
PAIRED = {
    "aligned": alignment.paired_local_distance,
    "unaligned": alignment.paired_rigid_distance,
    "warped": alignment.paired_warped_distance,
    "whole": alignment.paired_whole_distance,
}
# The paper's second stage: fractions of the first rate, each for a third of the stage.
SECOND_STAGE = (0.3, 0.1, 0.01)


def student_losses(
    features: Features, classes: torch.Tensor, loss: Loss
) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """The losses of one network on one batch, and its global distance matrix.

    The hardest triplets are mined by global distance, unless `loss.mining` is
    "local"; the same triplets feed both hinges. Returns unweighted scalars `identity`,
    `global`, `local`, the share of `active` triplets, and the matrix `(N, N)`. Taught
    in chapter 3.
    """
    distance = euclidean(features.global_, features.global_)
    mined = distance
    if loss.mining == "local":
        f = features.local.detach()
        mined = alignment.local_distance(f, f)
    positive, negative = losses.batch_hard(mined, classes)
    anchor = torch.arange(len(classes), device=classes.device)
    near, far = distance[anchor, negative], distance[anchor, positive]
    parts = {
        "identity": F.cross_entropy(features.logits, classes),
        "global": _hinge(far, near, loss),
        "active": (loss.margin + far > near).float().mean(),
    }
    if loss.local != "none":
        paired, f = PAIRED[loss.local], features.local
        others = torch.cat([f[positive], f[negative]])
        far, near = paired(torch.cat([f, f]), others).chunk(2)
        parts["local"] = _hinge(far, near, loss)
    return parts, distance


def _hinge(far: torch.Tensor, near: torch.Tensor, loss: Loss) -> torch.Tensor:
    if loss.soft_margin:
        return losses.soft_margin(far, near)
    return losses.hinge(far, near, loss.margin)


def batch_loss(
    features: list[Features], classes: torch.Tensor, loss: Loss
) -> tuple[torch.Tensor, dict[str, float]]:
    """The loss of a batch over all students, and the mean of its parts for the log."""
    each = [student_losses(f, classes, loss) for f in features]
    parts = {k: sum(p[k] for p, _ in each) for k in each[0][0]}
    if len(features) > 1:
        parts["metric_mutual"] = losses.metric_mutual_losses([d for _, d in each])
        logits = [f.logits for f in features]
        parts["class_mutual"] = losses.classification_mutual_losses(logits)
    weighed = {k: v for k, v in parts.items() if k != "active"}
    total = sum(getattr(loss, f"{k}_weight") * v for k, v in weighed.items())
    values = torch.stack(list(parts.values())).tolist()  # one wait for the device
    log = zip(parts, values, strict=True)
    return total, {name: value / len(features) for name, value in log}


def loss_at(settings: Settings, step: int) -> Loss:
    """The loss at `step`: the identity alone at first, no exchange in a first stage."""
    schedule, loss = settings.schedule, settings.loss
    if step < schedule.identity_first * schedule.steps:
        loss = replace(loss, global_weight=0.0, local_weight=0.0)
    if schedule.second_stage and 2 * step < schedule.steps:
        loss = replace(loss, metric_mutual_weight=0.0, class_mutual_weight=0.0)
    return loss


def learning_rate(schedule: Schedule, step: int) -> float:
    """The rate at `step`: it rises, then is divided at each fraction of `decay_at`.

    A second stage takes half of the run, at lower rates of its own.
    """
    length = schedule.steps / (1 + schedule.second_stage)
    if step >= length:
        third = int(3 * (step - length) / length)
        return schedule.learning_rate * SECOND_STAGE[third]
    rise = min(1.0, (step + 1) / max(1, schedule.warm_up * length))
    passed = sum(step >= at * length for at in schedule.decay_at)
    return schedule.learning_rate * rise * schedule.decay**passed


def train(
    settings: Settings, pixels: Pixels, seed: int, folder: Path, label: str = "training"
) -> Trained:
    """Train on `pixels` for `schedule.steps` batches; go on where `folder` stopped.

    Batches, augmentation and first weights depend on `seed` and the step alone, so a
    resumed run equals an uninterrupted one. The checkpoint in `folder` is taken for
    one of these settings (see `study.store`); `ReproError` if it is broken. Chapter 4.
    """
    schedule, images = settings.schedule, pixels.images
    known = torch.nonzero(pixels.pids > DISTRACTOR).flatten()
    classes = torch.unique(pixels.pids[known], return_inverse=True)[1]
    sampler = IdentitySampler(
        classes,
        schedule.ids_per_batch,
        schedule.shots_per_id,
        seed,
        None if pixels.sets is None else pixels.sets[known],
    )
    people, firsts = int(classes.max()) + 1, range(1000 * seed, 1000 * (seed + 1))
    networks = [
        build(settings.network, people, first).to(device()).train()
        for first in firsts[: schedule.students]
    ]
    adam = optimiser(networks, schedule)
    trained = Trained(networks)
    restore(trained, folder, adam)
    saved = time.monotonic()
    steps = range(trained.step, schedule.steps)
    for step in tqdm(steps, label, leave=False, unit="step"):
        index = sampler.batch(step)
        # One picture is looked up at a time: the others stay on the disk.
        some = images.index_select(0, known[index])
        some = augment(some, schedule.crop_padding, seed * 1_000_003 + step)
        x = networks[0].prepare(some)
        with precision(schedule):
            features = [network(x) for network in networks]
        now = loss_at(settings, step)
        loss, parts = batch_loss(features, classes[index].to(x.device), now)
        adam.param_groups[0]["lr"] = rate = learning_rate(schedule, step)
        adam.zero_grad()
        loss.backward()
        adam.step()
        log = {"step": step, "rate": rate, "loss": loss.item()}
        trained.history.append(log | parts)
        if time.monotonic() - saved > SAVE_EVERY:
            save(trained, folder, adam)
            saved = time.monotonic()
    if steps:
        save(trained, folder)
    return trained


def optimiser(networks: list, schedule: Schedule) -> torch.optim.Adam:
    """Adam over the weights of all students, in one pass."""
    weights = [weight for network in networks for weight in network.parameters()]
    rates = {"lr": schedule.learning_rate, "weight_decay": schedule.weight_decay}
    return torch.optim.Adam(weights, **rates, fused=True)
