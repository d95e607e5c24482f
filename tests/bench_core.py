"""Print one line a figure: CPU time, median of 5, one thread; plain forms beside it."""

from statistics import median
from time import process_time

import numpy as np
import references
import torch
from torch.nn.functional import normalize

from reprolib.alignment import local_distance, paired_local_distance
from reprolib.evaluation import evaluate, evaluate_features
from reprolib.reranking import k_reciprocal_features

QUERIES, GALLERY, PEOPLE = 3368, 15913, 750


def report(name, unit, scale, call, repeats=5):
    times = []
    for _ in range(repeats):
        start = process_time()
        call()
        times.append(process_time() - start)
    print(f"{name:<58} {median(times) * scale:9.3f} {unit}", flush=True)


def stripes(n):
    return normalize(torch.randn(n, 8, 128), dim=-1)


def step(f, pairs=None):
    f.grad = None
    if pairs is None:
        local_distance(f, f).sum().backward()
    else:
        paired_local_distance(f[pairs[0]], f[pairs[1]]).sum().backward()


def alignment():
    f, g = stripes(1024), stripes(4096)
    millions = len(f) * len(g) / 1e6
    name = "local distance, H = 8, c = 128, a million pairs"
    report(name, "s", 1 / millions, lambda: local_distance(f, g))
    small = f[:20].numpy(), g[:20].numpy()
    plain = references.local_distances
    report(f"{name}, plain", "s", 1e6 / 400, lambda: plain(*small))
    batch = f[:128].clone().requires_grad_()
    report("local distance, 128 x 128, both ways", "ms", 1e3, lambda: step(batch))
    pairs = torch.arange(128).repeat(2), torch.randint(128, (256,))
    report("hard pairs, 2 x 128, both ways", "ms", 1e3, lambda: step(batch, pairs))


def ranking():
    rng = np.random.default_rng(0)
    labels = (
        rng.integers(1, PEOPLE + 1, QUERIES),
        rng.integers(0, PEOPLE + 1, GALLERY),
        rng.integers(1, 7, QUERIES),
        rng.integers(1, 7, GALLERY),
    )
    centres = torch.randn(PEOPLE + 1, 256)
    query, gallery = (
        normalize(centres[pids] + 2 * torch.randn(len(pids), 256))
        for pids in labels[:2]
    )
    size = f"{QUERIES} x {GALLERY}"
    distance = torch.cdist(query, gallery)
    report(f"CMC + mAP, {size}", "s", 1, lambda: evaluate(distance, *labels))
    few = distance[:20].numpy(), labels[0][:20], labels[1], labels[2][:20], labels[3]
    plain = references.evaluation
    report(f"CMC + mAP, {size}, plain", "s", QUERIES / 20, lambda: plain(*few))
    features = query, gallery
    name = f"CMC + mAP from features, {size}, 256-d"
    report(name, "s", 1, lambda: evaluate_features(*features, *labels))
    name = f"re-ranking from features, {size}, 256-d"
    report(name, "s", 1, lambda: k_reciprocal_features(*features))


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.manual_seed(0)
    alignment()
    ranking()
