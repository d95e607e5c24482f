"""Simulated raters: observers of known strength that test the instrument.

Nothing here says anything about people. A simulated rater sees how far two pictures lie
apart in three cues, adds what it gets wrong, and takes the nearest candidate:

    J = strengths . cues + shared * N(0, 1) + Gumbel noise of scale 1

The Gumbel noise is its own in every trial; the normal one belongs to a candidate
picture and is the same for all raters, so that they fail on the same trials. With
chance `lapse` it takes any candidate. Chapter 7.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from scipy.optimize import minimize
from scipy.special import expit, logit
from scipy.stats import norm, qmc

from reprolib.alignment.distances import as_tensor
from reprolib.data.pictures import decode
from reprolib.human.files import Answer, Answers
from reprolib.human.pool import PicturePool
from reprolib.human.trials import Trial, TrialList, shown_order

CUES = ("clothes", "colours", "shapes")
SIZE, BANDS = (96, 48), 6  # pixels that are looked at, and rows of a person's colours
DRAWS = 128  # of the shared noise, when it is estimated
RECOVERABLE = 0.05, 5.0  # bounds of the shared noise that is estimated


@dataclass(frozen=True)
class Observer:
    """The strength of a simulated rater, in units of its own noise.

    clothes, colours, shapes: weights of the cues, whose spread over all pairs shown is
    1 each; shared: of the noise that all raters have in common; lapse: from 0 to 1.
    """

    clothes: float
    colours: float
    shapes: float
    shared: float = 0.0
    lapse: float = 0.0

    @property
    def strengths(self) -> np.ndarray:
        """The weights in the order of `CUES`, (3,)."""
        return np.array([getattr(self, cue) for cue in CUES])


def simulated_judgement(distance, noise, generator):
    """Return the distances as a simulated annotator sees them, with Gaussian noise.

    distance: (Q, G); noise: its standard deviation, in the units of `distance`;
    generator: a numpy Generator. Taught in chapter 7.
    """
    distance = as_tensor("distance", distance, "Q, G")
    error = generator.normal(0, noise, tuple(distance.shape))
    return distance + torch.from_numpy(error).to(distance)


def cues(pool: PicturePool, trials: Sequence[Trial]) -> list[np.ndarray]:
    """How far each candidate lies from its query in each cue: a (k, 3) array a trial.

    Clothes are the colours of the upper and the lower half, wherever in it; colours
    the mean colour of each of six bands; shapes the edges, by place. In the order of
    `CUES`, each scaled so that its standard deviation over all pairs is 1.
    """
    hashes = {h for trial in trials for h in (trial.query, *trial.candidates)}
    looks = {h: _look(decode(pool.picture(h))) for h in hashes}
    apart = [
        np.array([_apart(looks[trial.query], looks[h]) for h in trial.candidates])
        for trial in trials
    ]
    spread = np.concatenate(apart).std(0)
    return [one / np.where(spread, spread, 1) for one in apart]


def _look(image: torch.Tensor) -> tuple[np.ndarray, ...]:
    """What is seen of a picture: (3, H, W) uint8 -> a vector for each cue."""
    seen = F.interpolate(image[None].float() / 255, SIZE, mode="area")[0]
    person = seen[:, :, SIZE[1] // 6 : -(SIZE[1] // 6)]  # less of the background
    bands = torch.stack([part.mean((1, 2)) for part in person.chunk(BANDS, 1)])
    codes = (person * 4).long().clamp_(max=3) * torch.tensor([16, 4, 1])[:, None, None]
    halves = [
        torch.bincount(half.sum(0).flatten(), minlength=64).double() / half[0].numel()
        for half in codes.chunk(2, 1)
    ]
    grey = F.avg_pool2d(person.mean(0)[None], 4)[0]
    edges = torch.cat(
        [grey.diff(dim=0).abs().flatten(), grey.diff(dim=1).abs().flatten()]
    )
    return torch.cat(halves).numpy(), bands.flatten().numpy(), edges.numpy()


def _apart(
    first: tuple[np.ndarray, ...], second: tuple[np.ndarray, ...]
) -> list[float]:
    """The distance of two looks in each cue: clothes by L1, the others by L2."""
    clothes = float(np.abs(first[0] - second[0]).sum())
    rest = zip(first[1:], second[1:], strict=True)
    return [clothes, *(float(np.linalg.norm(a - b)) for a, b in rest)]


def simulated_answers(
    trials: TrialList,
    seen: Sequence[np.ndarray],
    observer: Observer,
    number: int,
    seed: int,
) -> Answers:
    """What a simulated rater answers to every trial of the list.

    seen: of `cues`, for `trials.trials`; number: of the rater, whose code is
    `simulated-NUMBER`, and of its noise; seed: decides all noise. Confidence is how far
    the second candidate lies behind, and time grows as it falls: both are made up.
    """
    rater, answers = f"simulated-{number}", []
    own = np.random.default_rng([seed, number])
    for trial, apart in zip(trials.trials, seen, strict=True):
        judged = apart @ observer.strengths + own.gumbel(size=len(apart)) * -1
        judged += observer.shared * _shared(trial.candidates, seed)
        chosen, second = np.argsort(judged)[:2]
        margin = float(judged[second] - judged[chosen])
        if own.random() < observer.lapse:
            chosen, margin = own.integers(len(apart)), 0.0
        order = shown_order(trials.key, rater, trial.id, len(apart))
        confidence = 1 + int(np.searchsorted([0.5, 1.5, 3.0], margin))
        seconds = float(np.exp(own.normal(1.5 - 0.2 * confidence, 0.4)))
        place = order.index(int(chosen)) + 1
        answer = trial.id, int(chosen), place, confidence, round(seconds, 2)
        answers.append(Answer(*answer))
    return Answers(rater, tuple(answers))


def _shared(hashes: Sequence[str], seed: int) -> np.ndarray:
    """The noise of candidate pictures, one and the same for all raters and trials."""
    texts = (f"{seed}/{h}".encode() for h in hashes)
    digests = (hashlib.sha256(text).digest()[:8] for text in texts)
    shares = [(int.from_bytes(d) + 0.5) / 2**64 for d in digests]
    return norm.ppf(shares)


def recover(seen: Sequence[np.ndarray], chosen: np.ndarray) -> Observer:
    """The observer under which the answers are likeliest: the instrument's own test.

    seen: T arrays (k, 3) of `cues`; chosen: (R, T) places in the lists, from 0, of R
    raters of one strength. Given the shared noise the chance of a choice is a softmax
    mixed with lapses; the noise is averaged out over quasi-random draws, the same for
    every candidate observer (simulated maximum likelihood). Chapter 7.
    """
    apart, chosen = torch.from_numpy(np.stack(seen)), np.asarray(chosen)
    length = apart.shape[1]
    points = qmc.Sobol(length, seed=0).random(DRAWS)
    noise = torch.from_numpy(norm.ppf(np.clip(points, 1e-6, 1 - 1e-6)))  # (D, k)
    votes = np.stack([(chosen == k).sum(0) for k in range(length)], 1)  # (T, k)
    votes = torch.from_numpy(votes).to(apart)

    def loss(free):
        free = torch.tensor(free, requires_grad=True)
        shared, lapse = free[3].exp(), free[4].sigmoid()
        utility = -(apart @ free[:3])[:, None] - shared * noise  # (T, D, k)
        chance = (1 - lapse) * utility.softmax(2) + lapse / length
        given = (votes[:, None] * chance.log()).sum(2)
        value = -given.logsumexp(1).sum()
        value.backward()
        return value.item(), free.grad.numpy()

    start = [1.0, 1.0, 1.0, np.log(0.5), logit(0.05)]
    bounds = [(None, None)] * 3 + [tuple(np.log(RECOVERABLE)), (-7.0, 2.0)]
    found = minimize(loss, start, method="L-BFGS-B", jac=True, bounds=bounds).x
    strengths = (float(weight) for weight in found[:3])
    return Observer(*strengths, float(np.exp(found[3])), float(expit(found[4])))
