"""The Market protocol: CMC and mean average precision without sorting.

For each query, gallery images of its own identity and camera are left out, and junk is
dropped for all. The rank of a true match is the number of images closer than it.

Ties: at equal distance wrong images come before true matches, so that the result does
not depend on the order of the gallery and a constant distance earns nothing.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch

from reprolib.alignment.distances import as_tensor, squared_distances, squared_norms
from reprolib.errors import ReproError

# Distances held at once when starting from features: this many bytes, but no fewer
# queries than a product of matrices needs to run at its full speed.
BLOCK_BYTES, BLOCK_QUERIES = 64_000_000, 128
# Threads pay from galleries of this size: shorter rows are over before they start.
LARGE_GALLERY = 100_000


@dataclass(frozen=True)
class Evaluation:
    """The scores of one ranking; Q queries, V of them with a match.

    cmc: (max_rank,) share of queries whose first match is at that rank or before,
    cmc[0] is rank-1. mAP: the mean of ap. ap: (V,), or (Q,) with average="all", where
    queries without a match have 0. mINP: mean of matches / rank of the last match.
    valid: (Q,) bool, whether the query has a match. first_match: (Q,) its rank from 1,
    or 0. Shares from 0 to 1.
    """

    cmc: torch.Tensor
    mAP: float
    ap: torch.Tensor
    mINP: float
    valid: torch.Tensor
    first_match: torch.Tensor


def evaluate(
    distance,
    query_pids,
    gallery_pids,
    query_camids,
    gallery_camids,
    ap="step",
    junk_pids=(-1,),
    average="valid",
    max_rank=50,
):
    """Score a distance matrix by the Market protocol; returns an `Evaluation`.

    distance: (Q, G); pids and camids: (Q,) and (G,). ap="step" is today's sum of
    precisions, "trapezoid" that of the 2017 MATLAB code; average="valid" leaves out
    queries without a match, "all" counts them as 0. Raises ReproError when shapes do
    not fit, a distance is not a number or no query has a match. Taught in chapter 6.
    """
    distance = as_tensor("distance", distance, "Q, G").detach()
    protocol = _protocol(
        distance.shape, query_pids, gallery_pids, query_camids, gallery_camids
    )
    ranks = _Ranks(*protocol, junk_pids)
    ranks.add(distance)
    return ranks.score(ap, average, max_rank)


def evaluate_features(
    query,
    gallery,
    query_pids,
    gallery_pids,
    query_camids,
    gallery_camids,
    ap="step",
    junk_pids=(-1,),
    average="valid",
    max_rank=50,
):
    """Score features by Euclidean distance, never holding the (Q, G) matrix.

    query: (Q, C), gallery: (G, C); the rest and the result as in `evaluate`.
    """
    query = as_tensor("query", query, "Q, C").detach()
    gallery = as_tensor("gallery", gallery, "G, C").detach()
    if query.shape[1] != gallery.shape[1]:
        raise ReproError(
            f"query has {query.shape[1]} channels and gallery {gallery.shape[1]}: "
            "both must come from one network"
        )
    shape = len(query), len(gallery)
    protocol = _protocol(shape, query_pids, gallery_pids, query_camids, gallery_camids)
    ranks = _Ranks(*protocol, junk_pids)
    norms = squared_norms(gallery)
    rows = max(BLOCK_QUERIES, BLOCK_BYTES // (norms.element_size() * len(norms)))
    buffer = query.new_empty(min(rows, len(query)), len(gallery))
    for block in query.split(rows):
        out = buffer[: len(block)]
        ranks.add(squared_distances(block, gallery, norms, out).sqrt_())
    return ranks.score(ap, average, max_rank)


def _protocol(shape, query_pids, gallery_pids, query_camids, gallery_camids):
    if 0 in shape:
        raise ReproError(
            f"there are {shape[0]} queries and {shape[1]} gallery images, expected at "
            "least one of each"
        )
    labels = {
        "query_pids": (query_pids, shape[0]),
        "gallery_pids": (gallery_pids, shape[1]),
        "query_camids": (query_camids, shape[0]),
        "gallery_camids": (gallery_camids, shape[1]),
    }
    arrays = {name: np.asarray(value) for name, (value, _) in labels.items()}
    for name, (_, length) in labels.items():
        if arrays[name].shape != (length,):
            raise ReproError(
                f"{name} has shape {arrays[name].shape}, expected ({length},) to fit "
                f"{shape[0]} queries and {shape[1]} gallery images"
            )
    return arrays.values()


class _Ranks:
    """Collects the ranks of true matches, block of queries by block."""

    def __init__(self, query_pids, gallery_pids, query_camids, gallery_camids, junk):
        self.query_pids, self.query_camids = query_pids, query_camids
        self.gallery_camids = gallery_camids
        self.order = np.argsort(gallery_pids, kind="stable")
        ordered = gallery_pids[self.order]
        self.start = np.searchsorted(ordered, query_pids, "left")
        self.stop = np.searchsorted(ordered, query_pids, "right")
        self.junk = np.flatnonzero(np.isin(gallery_pids, list(junk)))
        self.junk_queries = np.isin(query_pids, list(junk))
        self.matches = []

    def add(self, distance):
        """Rank the next queries; distance: (B, G)."""
        rows, first = distance.cpu().numpy(), len(self.matches)
        large = distance.shape[1] >= LARGE_GALLERY
        size = -(-len(rows) // (torch.get_num_threads() if large else 1))

        def some(start):
            part = enumerate(rows[start : start + size], first + start)
            return [self._rank(query, row) for query, row in part]

        with ThreadPoolExecutor() as threads:
            for ranks in threads.map(some, range(0, len(rows), size)):
                self.matches += ranks

    def _rank(self, query, row):
        """Return the ranks of this query's matches from 1, ascending."""
        if np.isnan(row.min()):
            raise ReproError(
                f"the distances of query {query} (from 0) hold a value that is not "
                "a number: check the features or the training that made them"
            )
        if self.junk_queries[query]:
            return np.empty(0, np.int64)
        same = self.order[self.start[query] : self.stop[query]]
        away = self.gallery_camids[same] != self.query_camids[query]
        mine = np.sort(row[same[away]])
        left_out = np.concatenate([row[same[~away]], row[self.junk]])
        closer = np.array([np.count_nonzero(row <= t) for t in mine], np.int64)
        closer -= np.searchsorted(np.sort(left_out), mine, "right")
        closer -= np.searchsorted(mine, mine, "right")
        return closer + np.arange(1, len(mine) + 1)

    def score(self, ap, average, max_rank):
        if ap not in ("step", "trapezoid") or average not in ("valid", "all"):
            raise ReproError(
                f"ap={ap!r}, average={average!r}: expected ap to be 'step' or "
                "'trapezoid', and average to be 'valid' or 'all'"
            )
        valid = np.array([len(m) > 0 for m in self.matches], bool)
        if not valid.any():
            raise ReproError(
                "no query has a match in the gallery under another camera: check that "
                "pids and camids of query and gallery belong together"
            )
        first = np.array([m[0] if len(m) else 0 for m in self.matches], np.int64)
        precision = np.zeros(len(valid))
        inverse = np.zeros(len(valid))
        for query in np.flatnonzero(valid):
            ranks = self.matches[query]
            precision[query] = _average_precision(ranks, ap)
            inverse[query] = len(ranks) / ranks[-1]
        kept = valid if average == "valid" else np.ones_like(valid)
        hits = np.bincount(first[valid], minlength=max_rank + 1)[1 : max_rank + 1]
        return Evaluation(
            cmc=torch.from_numpy(hits.cumsum() / kept.sum()),
            mAP=float(precision[kept].mean()),
            ap=torch.from_numpy(precision[kept]),
            mINP=float(inverse[kept].mean()),
            valid=torch.from_numpy(valid),
            first_match=torch.from_numpy(first),
        )


def _average_precision(ranks, kind):
    """Return the AP of one query from its matches' ranks, from 1 and ascending."""
    found = np.arange(1, len(ranks) + 1)
    precision = found / ranks
    if kind == "step":
        return precision.mean()
    before = np.where(ranks > 1, (found - 1) / np.maximum(ranks - 1, 1), 1.0)
    return ((before + precision) / 2).mean()
