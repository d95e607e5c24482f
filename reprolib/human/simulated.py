"""Simulated annotators, and what is easier or harder for them than for a model."""

import torch

from reprolib.alignment.distances import as_tensor
from reprolib.evaluation import evaluate
from reprolib.reranking import k_reciprocal


def simulated_judgement(distance, noise, generator):
    """Return the distances as a simulated annotator sees them, with Gaussian noise.

    distance: (Q, G); noise: its standard deviation, in the units of `distance`;
    generator: a numpy Generator. Taught in chapter 7.
    """
    distance = as_tensor("distance", distance, "Q, G")
    error = generator.normal(0, noise, tuple(distance.shape))
    return distance + torch.from_numpy(error).to(distance)


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
