"""The protocols of the other data sets, made of the same ranks as Market1501's.

CUHK03's classic test draws one gallery picture an identity, CUHK-SYSU gives each query
a gallery of its own, and MARS compares tracklets instead of pictures.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch.nn.functional import normalize

from reprolib.data.pictures import Pixels
from reprolib.alignment.distances import as_tensor
from reprolib.errors import ReproError
from reprolib.evaluation import Evaluation, evaluate
from reprolib.evaluation.single_shot import Shots


@dataclass(frozen=True)
class SingleShot(Evaluation):
    """The mean scores over R drawn galleries, and those of each gallery.

    cmc_by_draw: (R, max_rank) and mAP_by_draw: (R,), whose spread belongs beside the
    mean. ap and first_match: means over the draws. With one match a query, AP and
    the inverse penalty of mINP are both 1 / rank.
    """

    cmc_by_draw: torch.Tensor
    mAP_by_draw: torch.Tensor


def score(distance, query, gallery, protocol="market", candidates=None, **rules):
    """Score a (Q, G) distance matrix the way a `Dataset` asks for; an `Evaluation`.

    query, gallery: `Pixels`, or anything with pids and camids; protocol, candidates:
    those of the data set; rules go to the function that scores. Raises ReproError for
    an unknown protocol. Chapter 6.
    """
    labels = query.pids, gallery.pids, query.camids, gallery.camids
    if candidates is not None:
        return listed(distance, candidates, *labels, **rules)
    if protocol == "single-shot":
        return single_shot(distance, *labels, **rules)
    if protocol != "market":
        raise ReproError(
            f"protocol = {protocol!r} is not one of 'market', 'single-shot'."
        )
    return evaluate(distance, *labels, **rules)


def single_shot(
    distance,
    query_pids,
    gallery_pids,
    query_camids,
    gallery_camids,
    draws=100,
    seed=0,
    junk_pids=(-1,),
    average="valid",
    max_rank=50,
):
    """CUHK03's classic protocol: galleries of one picture an identity, drawn by seed.

    distance: (Q, G) -> `SingleShot`. A draw puts the gallery in a random order, and a
    query meets the first picture of each identity; of its own, the first by another
    camera. Distractors have no identity and all stay. Ties, averages and errors are
    those of `evaluate`. Taught in chapter 6.
    """
    labels = query_pids, gallery_pids, query_camids, gallery_camids
    shots = Shots(distance, labels, junk_pids, average)
    if draws < 1:
        raise ReproError(f"draws = {draws}: expected at least 1")
    rng = np.random.default_rng(seed)
    ranks = np.stack([shots.draw(rng) for _ in range(draws)])
    inverse = shots.averaged(1 / ranks)
    reached = ranks[:, :, None] <= np.arange(1, max_rank + 1)
    cmc = shots.averaged(reached).mean(1)
    return SingleShot(
        **shots.evaluation(cmc.mean(0), inverse.mean(0), ranks.mean(0)),
        cmc_by_draw=torch.from_numpy(cmc),
        mAP_by_draw=torch.from_numpy(inverse.mean(1)),
    )


def single_shot_limit(
    distance,
    query_pids,
    gallery_pids,
    query_camids,
    gallery_camids,
    junk_pids=(-1,),
    average="valid",
    max_rank=50,
):
    """What `single_shot` tends to as the draws grow in number, without drawing.

    distance: (Q, G) -> `Evaluation`. An identity beats the true match with the share
    of its pictures that are no farther, whatever the others do: the rank is 1 + a
    number of heads among unequal coins (Poisson's binomial). Taught in chapter 6.
    """
    labels = query_pids, gallery_pids, query_camids, gallery_camids
    shots = Shots(distance, labels, junk_pids, average)
    chances = np.stack([shots.chances(row) for row in range(len(shots.distance))])
    rank = np.arange(1, chances.shape[1] + 1)
    inverse = shots.averaged((chances / rank).sum(1)[None])[0]
    reached = np.pad(chances, ((0, 0), (0, max_rank)))[:, :max_rank].cumsum(1)
    cmc = shots.averaged(reached[None])[0].mean(0)
    return Evaluation(**shots.evaluation(cmc, inverse, (chances * rank).sum(1)))


def listed(
    distance,
    candidates,
    query_pids,
    gallery_pids,
    query_camids,
    gallery_camids,
    average="valid",
    max_rank=50,
    **rules,
):
    """Score each query among its own candidates alone, as CUHK-SYSU does.

    distance: (Q, G); candidates: for each query the gallery indices it is compared
    with; the rest and the result as in `evaluate`. Raises ReproError when there is
    not one list a query, an index lies outside or no query has a match in its list.
    Taught in chapter 6.
    """
    distance = as_tensor("distance", distance, "Q, G").detach()
    labels = query_pids, gallery_pids, query_camids, gallery_camids
    rules["max_rank"] = max_rank
    matched = evaluate(distance, *labels, average=average, **rules).valid
    q_pids, g_pids, q_camids, g_camids = (np.asarray(label) for label in labels)
    found = {}
    for query, places in enumerate(_checked_lists(candidates, *distance.shape)):
        own = slice(query, query + 1)
        other = g_camids[places] != q_camids[query]
        if matched[query] and (other & (g_pids[places] == q_pids[query])).any():
            names = q_pids[own], g_pids[places], q_camids[own], g_camids[places]
            found[query] = evaluate(distance[own, places], *names, **rules)
    if not found:
        raise ReproError(
            "no query has a match in its list of candidates: check that the lists "
            "hold indices of this gallery"
        )
    return _joined(found, len(distance), average)


def pool_tracklets(features, tracklets, pids, camids):
    """Average the features of each tracklet's frames and scale them to unit length.

    features: (N, ..., C); tracklets, pids, camids: (N,). Frames of one tracklet agree
    in all three, and tracklet 0 marks a picture on its own -> (T, ..., C), in the
    order of the first frames. How the paper pools MARS is not known. Chapter 6.
    """
    number, first = _numbered(tracklets, pids, camids)
    total = features.new_zeros(len(first), *features.shape[1:])
    # Unit length makes the mean of the sum.
    return normalize(total.index_add_(0, number, features), dim=-1)


def by_tracklet(pixels: Pixels) -> Pixels:
    """One picture a tracklet, its first frame, with all of them in `frames`.

    Pictures without tracklets are returned as they are. Labels and pictures then fit
    the rows of the pooled features (`matching.embedded`). Used by `experiments`.
    """
    if pixels.tracklets is None or not pixels.tracklets.any():
        return pixels
    _, first = _numbered(pixels.tracklets, pixels.pids, pixels.camids)
    columns = pixels.images, pixels.pids, pixels.camids, pixels.tracklets
    return Pixels(*(column[first] for column in columns), frames=pixels)


def _numbered(tracklets, pids, camids):
    """Return the number of each frame's tracklet (N,) and their first frames (T,)."""
    tracklets = torch.as_tensor(tracklets)
    alone = torch.where(tracklets == 0, torch.arange(len(tracklets)), -1)
    columns = (np.asarray(column) for column in (pids, camids, tracklets, alone))
    frames = pd.MultiIndex.from_arrays(list(columns))
    number, _ = frames.factorize()
    first = np.flatnonzero(~frames.duplicated())
    return torch.from_numpy(number), torch.from_numpy(first)


def _checked_lists(candidates, queries, gallery):
    lists = [np.asarray(places, np.int64) for places in candidates]
    if len(lists) != queries:
        raise ReproError(
            f"there are {len(lists)} lists of candidates and {queries} queries, "
            "expected one list a query"
        )
    for query, places in enumerate(lists):
        if len(places) and not 0 <= places.min() <= places.max() < gallery:
            raise ReproError(
                f"the candidates of query {query} (from 0) reach from {places.min()} "
                f"to {places.max()}, expected indices of {gallery} gallery images"
            )
    return lists


def _joined(found, queries, average):
    """Put together the `Evaluation` of each query in `found`, by its number."""
    places = torch.tensor(list(found))
    valid = torch.zeros(queries, dtype=torch.bool)
    valid[places] = True
    first = torch.zeros(queries, dtype=torch.int64)
    first[places] = torch.cat([one.first_match for one in found.values()])
    ap = torch.zeros(queries, dtype=torch.float64)
    ap[places] = torch.cat([one.ap for one in found.values()])
    ap = ap[valid] if average == "valid" else ap
    return Evaluation(
        cmc=torch.stack([one.cmc for one in found.values()]).sum(0) / len(ap),
        mAP=float(ap.mean()),
        ap=ap,
        mINP=sum(one.mINP for one in found.values()) / len(ap),
        valid=valid,
        first_match=first,
    )
