"""What the record keeps of a trained cell: scores, queries one by one, the path."""

import base64
import math
import zlib
from dataclasses import replace

import numpy as np
import torch

from reprolib.alignment import stripe_distances, trace_path
from reprolib.data.dataset import Dataset
from reprolib.evaluation import scoring
from reprolib.evaluation.features import EVERY_KIND, Embedded, distance
from reprolib.evaluation.scoring import Test
from reprolib.settings import Loss
from reprolib.training import Trained

# Weights of the local distance beside the global one, to be chosen on other people.
SUM_WEIGHTS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
PAIRS = 400  # pairs of pictures whose paths are held against the truth
NEAR = 0.95  # from this share of what chance gives, an identity loss has learnt nothing
POINT = 0.05  # hardest positive and negative nearer to each other are as good as equal
END = 0.05  # the share of the steps that says how a training ended
COARSE = 255  # what an AP of 1 is stored as, and the last rank


def ended(trained: Trained, loss: Loss) -> dict[str, float | bool]:
    """The mean losses of the last steps, and whether the training has collapsed.

    Collapsed: the identity loss stands at chance, or every triplet pays what it does
    where all pictures are one point, its hardest negative as far as its hardest
    positive.
    """
    history = trained.history
    last = history[-max(1, round(END * len(history))) :]
    names = [k for k in last[0] if k not in ("step", "rate", "loss")]
    mean = {k: round(float(np.mean([s[k] for s in last])), 4) for k in names}
    chance = math.log(trained.networks[0].identity.out_features)
    at_chance = loss.identity_weight > 0 and mean["identity"] > NEAR * chance
    all_pay = loss.global_weight > 0 and mean["active"] > 0.98
    one_point = all_pay and abs(_gap(mean["global"], loss)) < POINT
    return mean | {"collapsed": at_chance or one_point}


def _gap(paid: float, loss: Loss) -> float:
    """How much farther a hardest positive is than its hardest negative, by the loss."""
    return math.log(math.expm1(paid)) if loss.soft_margin else paid - loss.margin


def measure(test: Test, q: Embedded, g: Embedded, local: bool, whole: bool) -> dict:
    """Scores of one student on one test: every kind of distance, by each protocol.

    By the market protocol, and by that of the data set where it has another. If
    `whole`, also by the market protocol: `queries`, the rank and AP of every query
    (`unpacked`), and `sum`, the scores of each half of the people for every weight of
    a local distance beside the global one.
    """
    kinds = EVERY_KIND if local else ("global",)
    parts = {k: distance(k, q, g) for k in kinds if "+" not in k}
    market = replace(test, protocol="market")
    found = {name: {} for name in dict.fromkeys(("market", test.protocol))}
    queries = {}
    for kind in kinds:
        table = sum(parts[part] for part in kind.split("+"))
        for protocol, scores in found.items():
            result = replace(test, protocol=protocol).score(table)
            percent = scoring.percent(result)
            scores[kind] = {k: round(v, 3) for k, v in percent.items()}
            if protocol == "market":
                queries[kind] = packed(result)
    if whole:
        found["queries"], found["sum"] = queries, {}
        for kind in [kind for kind in parts if kind != "global"]:
            found["sum"][kind] = [
                _by_half(market, parts["global"] + weight * parts[kind])
                for weight in SUM_WEIGHTS
            ]
    return found


def reranked(test: Test, q: Embedded, g: Embedded, local: bool) -> dict:
    """The scores after re-ranking by the protocol of the data set, for two kinds."""
    kinds = scoring.RERANKED[: 1 + local]
    return {
        kind: {k: round(v, 3) for k, v in scores.items()}
        for kind, scores in scoring.score_reranked(test, q, g, kinds).items()
    }


def _by_half(test: Test, table: torch.Tensor) -> list[list[float]]:
    """Rank-1 and mAP in percent over the queries of each half of the people."""
    result = test.score(table)
    first = result.first_match[result.valid]
    half = test.query.pids[result.valid] % 2
    return [
        [
            round(100 * float((first[half == k] == 1).double().mean()), 2),
            round(100 * float(result.ap[half == k].mean()), 2),
        ]
        for k in (0, 1)
    ]


def packed(result) -> str:
    """The rank of the first match and the AP of every query, two bytes a query."""
    ap = np.zeros(len(result.valid))
    ap[result.valid.numpy()] = result.ap.numpy()
    ranks = result.first_match.clamp(max=COARSE).numpy()
    return _text(np.stack([ranks, np.round(COARSE * ap)]).astype(np.uint8))


def unpacked(text: str) -> tuple[np.ndarray, np.ndarray]:
    """The ranks (Q,) and the APs (Q,) from 0 to 1 of `packed`; rank 0: no match."""
    ranks, ap = _bytes(text).reshape(2, -1)
    return ranks.astype(int), ap / COARSE


def finds_first(tested: dict) -> np.ndarray:
    """Whether the global distance puts the right person first, (Q,), of a record.

    `tested` are the scores of one student on one kind of boxes. Chapters 5 and 10.
    """
    return unpacked(tested["queries"]["global"])[0] == 1


def packed_people(pids: torch.Tensor) -> str:
    """Whom each query shows; of the pids only who is the same remains."""
    return _text(np.unique(pids.numpy(), return_inverse=True)[1].astype("<u2"))


def unpacked_people(text: str) -> np.ndarray:
    """The number of the person of each query, (Q,), from 0."""
    return _bytes(text).view("<u2").astype(int)


def _text(numbers: np.ndarray) -> str:
    return base64.b85encode(zlib.compress(numbers.tobytes(), 9)).decode()


def _bytes(text: str) -> np.ndarray:
    return np.frombuffer(zlib.decompress(base64.b85decode(text)), np.uint8)


def same_part(dataset: Dataset, test: Test, q: Embedded, g: Embedded) -> dict:
    """Of the cells that join two bodies, the percentage that joins the same part.

    Over `PAIRS` pairs of pictures of one person by two cameras, for the cells of the
    shortest path and for those of the diagonal. Parts are head, trunk, thighs and
    shins, between the landmarks of the drawn data.
    """
    marks = [
        np.array([dataset.landmarks[p.path.name] for p in split])
        for split in (dataset.query, dataset.gallery)
    ]
    parts = [_parts(m, f.local.shape[1]) for m, f in zip(marks, (q, g), strict=True)]
    same = test.query.pids[:, None] == test.gallery.pids
    same &= test.query.camids[:, None] != test.gallery.camids
    pairs = same.nonzero()
    order = torch.randperm(len(pairs), generator=torch.Generator().manual_seed(0))
    joined = {"path": [], "diagonal": []}
    for i, j in pairs[order[:PAIRS]].tolist():
        d = stripe_distances(q.local[i][None], g.local[j][None])[0, 0]
        straight = [(k, k) for k in range(len(d))]
        for name, cells in (("path", trace_path(d)), ("diagonal", straight)):
            ends = [(parts[0][i, a], parts[1][j, b]) for a, b in cells]
            joined[name] += [a == b for a, b in ends if a >= 0 and b >= 0]
    return {name: round(100 * float(np.mean(hits)), 2) for name, hits in joined.items()}


def _parts(marks: np.ndarray, stripes: int) -> np.ndarray:
    """The part that the middle of each stripe shows: (N, stripes), -1 for none."""
    middles = (np.arange(stripes) + 0.5) / stripes
    part = (middles[None, :, None] >= marks[:, None, :]).sum(2) - 1
    return np.where(part < marks.shape[1] - 1, part, -1)
