"""Candidate lists: what annotators are shown, and which of their answers are right."""

from dataclasses import dataclass

import numpy as np
import torch

from reprolib.alignment.distances import as_tensor
from reprolib.errors import ReproError
from reprolib.evaluation import evaluate
from reprolib.reranking import k_reciprocal


@dataclass(frozen=True)
class CandidateLists:
    """What annotators are shown: L lists of k candidates, in shuffled order.

    query: (L,) index of the query; candidates: (L, k) gallery indices; truth: (L, k)
    bool, which candidates show the query's person; inserted: (L,) bool, whether the
    model had missed them all and a true match took the last place.
    """

    query: torch.Tensor
    candidates: torch.Tensor
    truth: torch.Tensor
    inserted: torch.Tensor


def candidate_lists(
    distance,
    query_pids,
    gallery_pids,
    query_camids,
    gallery_camids,
    generator,
    length=10,
    junk_pids=(-1,),
):
    """Return the model's nearest `length` gallery images of every query with a match.

    distance: (Q, G); generator: a numpy Generator, which shuffles each list. Junk and
    images of the query's own identity and camera are removed; if no true match is
    left among the nearest, the nearest one takes the last place. Raises ReproError
    when fewer than `length` images remain. Taught in chapter 7.
    """
    labels = query_pids, gallery_pids, query_camids, gallery_camids
    valid = evaluate(distance, *labels, junk_pids=junk_pids).valid
    distance = as_tensor("distance", distance, "Q, G").cpu().numpy()
    q_pid, g_pid, q_cam, g_cam = (np.asarray(label) for label in labels)
    junk = np.isin(g_pid, list(junk_pids))
    lists = []
    for query in np.flatnonzero(valid):
        same = g_pid == q_pid[query]
        kept = np.flatnonzero(~junk & ~(same & (g_cam == q_cam[query])))
        nearest = kept[np.argsort(distance[query, kept], kind="stable")]
        if len(nearest) < length:
            raise ReproError(
                f"query {query} (from 0) leaves {len(nearest)} gallery images, "
                f"expected at least length={length}: ask for shorter lists"
            )
        shown, inserted = _with_truth(nearest, same, length)
        generator.shuffle(shown)
        lists.append((query, shown, same[shown], inserted))
    columns = (np.array(column) for column in zip(*lists, strict=True))
    return CandidateLists(*(torch.from_numpy(column) for column in columns))


def _with_truth(nearest, same, length):
    """Return the first `length` images and whether a true match was put in last."""
    shown = nearest[:length].copy()
    inserted = not same[shown].any()
    if inserted:
        shown[-1] = nearest[same[nearest]][0]
    return shown, inserted


def right_answers(lists, chosen):
    """Return which answers are right; chosen: (L,) places in the lists -> (L,) bool.

    Raises ReproError when an answer is missing or no place of its list.
    """
    chosen = torch.as_tensor(chosen)
    length = lists.candidates.shape[1]
    if chosen.shape != lists.query.shape:
        raise ReproError(
            f"there are {tuple(chosen.shape)} answers to {len(lists.query)} lists, "
            "expected one each"
        )
    if len(wrong := chosen[(chosen < 0) | (chosen >= length)]):
        raise ReproError(
            f"{wrong[0].item()} is no place of a list, expected 0 to {length - 1}"
        )
    return lists.truth.gather(1, chosen[:, None])[:, 0]


def choose(lists, judgement):
    """Return the place of the closest candidate of each list; judgement: (Q, G)."""
    judgement = as_tensor("judgement", judgement, "Q, G")
    return judgement[lists.query[:, None], lists.candidates].argmin(1)


def right_on_gallery(
    judgement, query_pids, gallery_pids, query_camids, gallery_camids, junk_pids=(-1,)
):
    """Return whether the closest image of the whole gallery is right, per valid query.

    Beside `choose` on lists of the same judgement it shows the first bias: a short
    list that always holds the truth is easier. Taught in chapter 7.
    """
    labels = query_pids, gallery_pids, query_camids, gallery_camids
    result = evaluate(judgement, *labels, junk_pids=junk_pids)
    return result.first_match[result.valid] == 1


def choose_reranked(lists, query_gallery, gallery_gallery, k1=20, k2=6, lambda_=0.3):
    """Return the place each list's re-ranking puts first, seeing that list alone.

    query_gallery: (Q, G), gallery_gallery: (G, G). Beside `choose` on distances that
    were re-ranked over the whole gallery it shows the second bias: re-ranking uses
    images that an annotator is never shown. Taught in chapter 7.
    """
    qg = as_tensor("query_gallery", query_gallery, "Q, G")
    gg = as_tensor("gallery_gallery", gallery_gallery, "G, G")
    chosen = []
    for query, shown in zip(lists.query, lists.candidates, strict=True):
        among = gg[shown[:, None], shown]
        alone = qg[query, shown][None]
        reranked = k_reciprocal(alone, qg.new_zeros(1, 1), among, k1, k2, lambda_)
        chosen.append(reranked.argmin())
    return torch.stack(chosen)
