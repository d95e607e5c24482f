"""The scores of a network on a test: every kind of distance, and after re-ranking."""

from dataclasses import dataclass

import torch

from reprolib.data.pictures import Pixels
from reprolib.evaluation.features import Embedded, distance, embed_split
from reprolib.evaluation.market import Evaluation
from reprolib.evaluation.protocols import score
from reprolib.networks import AlignedReID
from reprolib.reranking import k_reciprocal

RANKS = (1, 5, 10)
RERANKED = ("global", "global+aligned")


@dataclass(frozen=True)
class Test:
    """Queries and gallery, and how the data set wants them scored. Chapters 4 to 7."""

    query: Pixels
    gallery: Pixels
    protocol: str = "market"
    candidates: tuple[tuple[int, ...], ...] | None = None

    def score(self, distance: torch.Tensor, **rules) -> Evaluation:
        """The `Evaluation` of a (Q, G) table; `rules` as in `protocols.score`."""
        own = self.protocol, self.candidates
        return score(distance, self.query, self.gallery, *own, **rules)

    def embed(self, network: AlignedReID) -> tuple[Embedded, Embedded]:
        """The features of queries and gallery."""
        return embed_split(network, self.query), embed_split(network, self.gallery)


def percent(result: Evaluation) -> dict[str, float]:
    """Rank-1, rank-5, rank-10 and mAP in percent."""
    scores = {f"rank{k}": 100 * float(result.cmc[k - 1]) for k in RANKS}
    return scores | {"mAP": 100 * float(result.mAP)}


def score_kinds(
    test: Test, q: Embedded, g: Embedded, kinds: tuple[str, ...]
) -> dict[str, dict[str, float]]:
    """The scores in percent for each kind of distance, each part computed once."""
    parts = {part for kind in kinds for part in kind.split("+")}
    tables = {part: distance(part, q, g) for part in parts}
    return {
        kind: percent(test.score(sum(tables[part] for part in kind.split("+"))))
        for kind in kinds
    }


def reranked(kind: str, q: Embedded, g: Embedded, **choices) -> torch.Tensor:
    """The (Q, G) distances of one kind after k-reciprocal re-ranking. Chapter 6."""
    pairs = (q, g), (q, q), (g, g)
    return k_reciprocal(*(distance(kind, *pair) for pair in pairs), **choices)


def score_reranked(
    test: Test, q: Embedded, g: Embedded, kinds: tuple[str, ...]
) -> dict[str, dict[str, float]]:
    """The scores in percent after re-ranking, for the kinds that the paper uses."""
    asked = [kind for kind in RERANKED if kind in kinds]
    return {kind: percent(test.score(reranked(kind, q, g))) for kind in asked}
