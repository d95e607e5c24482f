"""How the cost grows with stripes and gallery, beside the floor: the bare product.

The floor is the one product of matrices that finds all distances of the task; nothing
that forms them in float32 can be faster.
"""

import torch

from bench.tasks import CHANNELS, market, stripes
from bench.timing import timed
from reprolib.alignment import local_distance
from reprolib.evaluation import evaluate_features
from reprolib.reranking import k_reciprocal_features

STRIPES = (4, 8, 16, 32)
GALLERIES = (1_000, 5_000, 20_000, 100_000, 500_000)
RERANKED = (1_000, 2_000, 5_000, 10_000, 20_000)
QUERIES, REPEATS = 64, 3


def product(rows, columns, depth):
    """Seconds of the product (rows, depth) x (depth, columns), by strips of columns."""
    left, right = torch.randn(rows, depth), torch.randn(min(columns, 65536), depth)
    out, strips = torch.empty(rows, len(right)), columns / len(right)
    call = timed(lambda: torch.mm(left, right.T, out=out), REPEATS)
    return call["seconds"] * strips


def by_stripes():
    for h in STRIPES:
        f, g = stripes(512, h), stripes(2048, h)
        pairs = len(f) * len(g) / 1e6
        seconds = timed(lambda f=f, g=g: local_distance(f, g), REPEATS)["seconds"]
        floor = product(len(f) * h, len(g) * h, 128)
        yield {
            "stripes": h,
            "seconds_per_million": seconds / pairs,
            "floor": floor / pairs,
        }


def by_gallery():
    """Seconds of 64 queries against growing galleries."""
    for size in GALLERIES:
        f, g = stripes(QUERIES), stripes(size)
        local = timed(lambda f=f, g=g: local_distance(f, g), REPEATS)["seconds"]
        (query, gallery), labels = market(size)
        few = query[:QUERIES], gallery
        labels = [labels[0][:QUERIES], labels[1], labels[2][:QUERIES], labels[3]]
        ranked = timed(lambda a=(*few, *labels): evaluate_features(*a), REPEATS)
        yield {
            "gallery": size,
            "local": local,
            "local_floor": product(QUERIES * 8, size * 8, 128),
            "evaluation": ranked["seconds"],
            "evaluation_floor": product(QUERIES, size, CHANNELS),
        }


def by_reranked():
    """Seconds of re-ranking a sixth of the pictures among the rest."""
    for size in RERANKED:
        (_, everyone), _ = market(size)
        q, g = everyone[: size // 6], everyone[size // 6 :]
        seconds = timed(lambda q=q, g=g: k_reciprocal_features(q, g), REPEATS)
        yield {
            "pictures": size,
            "seconds": seconds["seconds"],
            "floor": product(size, size, CHANNELS),
        }
