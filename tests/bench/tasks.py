"""The timed tasks: what is called, on what, and the plain form beside it."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import references
import torch
from torch.nn.functional import normalize

from reprolib.alignment import local_distance, paired_local_distance
from reprolib.evaluation import evaluate, evaluate_features
from reprolib.reranking import k_reciprocal_features

QUERIES, GALLERY, PEOPLE, CHANNELS = 3368, 15913, 750, 256
WITH_DISTRACTORS = 500_000


@dataclass(frozen=True)
class Task:
    """One line of the table: `scale` turns the seconds of `call` into `unit`.

    `plain` does the same in a readable way; where on less, it has a scale of its own.
    """

    name: str
    unit: str
    scale: float
    call: callable
    plain: callable = None
    plain_scale: float | None = None
    threads: int = 1
    memory: str = ""


def stripes(n, h=8, c=128):
    """Unit-length stripes (n, h, c)."""
    return normalize(torch.randn(n, h, c), dim=-1)


def market(gallery=GALLERY, channels=CHANNELS):
    """Features and labels of the shape of Market1501's test: (query, gallery), four
    arrays of labels. Beyond Market1501's own pictures the gallery holds distractors."""
    rng = np.random.default_rng(0)
    known = min(gallery, GALLERY)
    labels = [
        rng.integers(1, PEOPLE + 1, QUERIES),
        np.pad(rng.integers(0, PEOPLE + 1, known), (0, gallery - known)),
        rng.integers(1, 7, QUERIES),
        rng.integers(1, 7, gallery),
    ]
    centres = torch.randn(PEOPLE + 1, channels)

    def features(pids):
        made = torch.randn(len(pids), channels).mul_(2).add_(centres[pids])
        return normalize(made, out=made)

    return (features(labels[0]), features(labels[1])), labels


def both_ways(distance, f, g):
    """A training step's share: forward and backward of `distance(f, g)`."""
    f.grad = None
    distance(f, g).sum().backward()


def hard_pairs(distance, f, pairs):
    f.grad = None
    distance(f[pairs[0]], f[pairs[1]]).sum().backward()


def alignment_tasks():
    for h in (8, 7):
        f, g = stripes(1024, h), stripes(4096, h)
        few = f[:16].numpy(), g[:16].numpy()
        task = Task(
            f"local distance, H = {h}, a million pairs",
            "s",
            1e6 / (len(f) * len(g)),
            partial(local_distance, f, g),
            partial(references.local_distances, *few),
            1e6 / 256,
            memory="local" if h == 8 else "",
        )
        yield task
        if h == 8:
            yield Task(task.name, "s", task.scale, task.call, threads=2)


def training_tasks():
    batch = stripes(128).requires_grad_()
    plain = references.differentiable_local_distances
    yield Task(
        "local distance, 128 x 128, forward + backward",
        "ms",
        1e3,
        partial(both_ways, local_distance, batch, batch),
        partial(both_ways, plain, batch, batch),
    )
    pairs = torch.arange(128).repeat(2), torch.randint(128, (256,))
    yield Task(
        "hard pairs, 2 x 128, forward + backward",
        "ms",
        1e3,
        partial(hard_pairs, paired_local_distance, batch, pairs),
        partial(hard_pairs, references.differentiable_paired_distances, batch, pairs),
    )


def ranking_tasks():
    (query, gallery), labels = market()
    size = f"{QUERIES:,} x {GALLERY:,}"
    distance = torch.cdist(query, gallery)
    few = distance[:20].numpy(), labels[0][:20], labels[1], labels[2][:20], labels[3]
    plain = partial(references.evaluation, *few)
    yield Task(
        f"CMC + mAP, {size}",
        "s",
        1,
        partial(evaluate, distance, *labels),
        plain,
        QUERIES / 20,
        memory="matrix",
    )
    yield Task(
        f"CMC + mAP from features, {size}",
        "s",
        1,
        partial(evaluate_features, query, gallery, *labels),
    )


def reranking_tasks():
    (query, gallery), _ = market()
    q, g = query[:60], gallery[:240]
    matrices = [torch.cdist(*both).numpy() for both in ((q, g), (q, q), (g, g))]
    yield Task(
        "re-ranking, 60 x 240",
        "ms",
        1e3,
        partial(k_reciprocal_features, q, g),
        partial(references.reranked, *matrices, 20, 6, 0.3),
    )
    yield Task(
        f"re-ranking from features, {QUERIES:,} x {GALLERY:,}",
        "s",
        1,
        partial(k_reciprocal_features, query, gallery),
        memory="reranking",
    )


def large_gallery_tasks():
    (query, gallery), labels = market(WITH_DISTRACTORS)
    yield Task(
        f"CMC + mAP from features, {QUERIES:,} x {WITH_DISTRACTORS:,}",
        "s",
        1,
        partial(evaluate_features, query, gallery, *labels),
        threads=2,
        memory="distractors",
    )


def _local():
    return partial(local_distance, stripes(QUERIES), stripes(GALLERY))


def _matrix():
    (query, gallery), labels = market()
    return partial(evaluate, torch.cdist(query, gallery), *labels)


def _features(gallery, function=evaluate_features):
    features, labels = market(gallery)
    labels = labels if function is evaluate_features else []
    return partial(function, *features, *labels)


MEMORY = {
    "local": _local,
    "matrix": _matrix,
    "reranking": partial(_features, GALLERY, k_reciprocal_features),
    "distractors": partial(_features, WITH_DISTRACTORS),
}
