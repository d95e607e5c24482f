"""The protocols of the other data sets, made of the same ranks as Market1501's.

CUHK03's classic test draws one gallery picture an identity, CUHK-SYSU gives each query
a gallery of its own, and MARS compares tracklets instead of pictures.
"""

import numpy as np
import torch

from reprolib.alignment.distances import as_tensor
from reprolib.errors import ReproError
from reprolib.evaluation.market import Evaluation, evaluate
from reprolib.evaluation.single_shot import single_shot


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
