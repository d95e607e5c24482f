"""Galleries with one picture an identity: their draws, and the chances of each rank."""

import numpy as np
import torch
from scipy.signal import fftconvolve

from reprolib.data.dataset import DISTRACTOR
from reprolib.evaluation import evaluate


class Shots:
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
        # One's own identity is no rival: a coin that always falls on its other side.
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
