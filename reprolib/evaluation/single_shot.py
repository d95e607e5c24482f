"""CUHK03's classic protocol: galleries of one picture per identity, drawn by seed.

Beside the draws stands what they tend to: the exact chance of each rank.
"""

from dataclasses import dataclass

import numpy as np
import torch
from scipy.signal import fftconvolve

from reprolib.data.dataset import DISTRACTOR
from reprolib.errors import ReproError
from reprolib.evaluation.market import Evaluation, evaluate


@dataclass(frozen=True)
class SingleShot(Evaluation):
    """The mean scores over R drawn galleries, and those of each gallery.

    cmc_by_draw: (R, max_rank) and mAP_by_draw: (R,), whose spread belongs beside the
    mean. ap and first_match: means over the draws. With one match a query, AP and
    the inverse penalty of mINP are both 1 / rank.
    """

    cmc_by_draw: torch.Tensor
    mAP_by_draw: torch.Tensor


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
    galleries = Galleries(distance, labels, junk_pids, average)
    if draws < 1:
        raise ReproError(f"draws = {draws}: expected at least 1")
    rng = np.random.default_rng(seed)
    ranks = np.stack([galleries.draw(rng) for _ in range(draws)])
    inverse = galleries.averaged(1 / ranks)
    reached = ranks[:, :, None] <= np.arange(1, max_rank + 1)
    cmc = galleries.averaged(reached).mean(1)
    return SingleShot(
        **galleries.evaluation(cmc.mean(0), inverse.mean(0), ranks.mean(0)),
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
    galleries = Galleries(distance, labels, junk_pids, average)
    chances = np.stack(
        [galleries.chances(row) for row in range(len(galleries.distance))]
    )
    rank = np.arange(1, chances.shape[1] + 1)
    inverse = galleries.averaged((chances / rank).sum(1)[None])[0]
    reached = np.pad(chances, ((0, 0), (0, max_rank)))[:, :max_rank].cumsum(1)
    cmc = galleries.averaged(reached[None])[0].mean(0)
    return Evaluation(**galleries.evaluation(cmc, inverse, (chances * rank).sum(1)))


class Galleries:
    """The galleries of one picture an identity that can be drawn; V valid queries."""

    def __init__(self, distance, labels, junk_pids, average):
        self.average = average
        self.valid = evaluate(
            distance, *labels, junk_pids=junk_pids, average=average
        ).valid.numpy()
        q_pids, g_pids, q_camids, g_camids = (np.asarray(label) for label in labels)
        kept = np.flatnonzero(~np.isin(g_pids, list(junk_pids)))
        # By identity, so that the pictures of each stand together.
        order = kept[np.argsort(g_pids[kept], kind="stable")]
        pids, camids = g_pids[order], g_camids[order]
        begins = np.diff(pids, prepend=pids[0] - 1) != 0
        self.starts = np.flatnonzero(begins | (pids == DISTRACTOR))
        rows = torch.as_tensor(distance).detach().cpu().numpy()
        self.distance = rows[self.valid][:, order]
        own = pids == q_pids[self.valid, None]
        self.foreign = ~own[:, self.starts]
        rows, self.matches = np.nonzero(own & (camids != q_camids[self.valid, None]))
        self.first = np.searchsorted(rows, np.arange(len(own)))
        self.stop = np.append(self.first[1:], len(rows))

    def draw(self, rng):
        """Return the rank of each valid query's match in a drawn gallery, (V,)."""
        turn = rng.permutation(self.distance.shape[1])
        place = np.argsort(turn)
        shown = place[np.minimum.reduceat(turn, self.starts)]
        match = place[np.minimum.reduceat(turn[self.matches], self.first)]
        at = np.take_along_axis(self.distance, match[:, None], 1)
        return 1 + ((self.distance[:, shown] <= at) & self.foreign).sum(1)

    def chances(self, row):
        """Return the probability of each rank of one valid query's match, from 1."""
        d, mine = self.distance[row], slice(self.first[row], self.stop[row])
        closer = (d <= d[self.matches[mine], None]).astype(float)
        sizes = np.diff(self.starts, append=len(d))
        coins = np.add.reduceat(closer, self.starts, 1) / sizes
        # One's own identity is no rival: its chance is 0.
        return heads(coins * self.foreign[row]).mean(0)

    def averaged(self, values):
        """(R, V, ...) as it is, or (R, Q, ...) with 0 for queries without a match."""
        if self.average == "valid":
            return values
        everyone = np.zeros((len(values), len(self.valid), *values.shape[2:]))
        everyone[:, self.valid] = values
        return everyone

    def evaluation(self, cmc, ap, ranks):
        """The fields of an `Evaluation`; ranks: (V,)."""
        first = np.zeros(len(self.valid))
        first[self.valid] = ranks
        return {
            "cmc": torch.from_numpy(cmc),
            "mAP": float(ap.mean()),
            "ap": torch.from_numpy(ap),
            "mINP": float(ap.mean()),
            "valid": torch.from_numpy(self.valid),
            "first_match": torch.from_numpy(first),
        }


def heads(coins):
    """Return the chance of 0, 1, ... heads among unequal coins: Poisson's binomial.

    coins: (K, n), the chance of a head of each -> (K, n + 1). A coin is a polynomial
    1 - p + p z; the polynomials are multiplied pair by pair.
    """
    chance = np.stack([1 - coins, coins], -1)
    if chance.shape[1] == 0:
        return np.ones((len(coins), 1))
    while chance.shape[1] > 1:
        if chance.shape[1] % 2:
            one = np.eye(1, chance.shape[2])[None].repeat(len(coins), 0)
            chance = np.concatenate([chance, one], 1)
        chance = fftconvolve(chance[:, ::2], chance[:, 1::2], axes=-1)
    return chance[:, 0, : coins.shape[1] + 1]
