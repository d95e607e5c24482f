"""Simulated raters: observers of known strength that test the instrument.

Nothing here says anything about people. A simulated rater sees how far two pictures lie
apart in three cues, adds what it gets wrong, and takes the nearest candidate:

    J = strengths . cues + shared * N(0, 1) + Gumbel noise of scale 1

The Gumbel noise is its own in every trial; the normal one belongs to a candidate
picture and is the same for all raters, so that they fail on the same trials. With
chance `lapse` it takes any candidate. Chapter 7.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from scipy.optimize import minimize
from scipy.special import expit, logit
from scipy.stats import norm, qmc

from reprolib.data.pictures import decode
from reprolib.human.files import Answer, Answers
from reprolib.human.places import Asked, first_is_right, nearest
from reprolib.human.pool import PicturePool
from reprolib.human.trials import Trial, TrialList, shown_order

CUES = ("clothes", "colours", "shapes")
SIZE, BANDS = (96, 48), 6  # pixels that are looked at, and rows of a person's colours
GREY = 0.45  # the mean of every colour, once eyes have adapted
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


def simulated_equal(
    distance: torch.Tensor, at: Asked, share: float, rng: np.random.Generator
) -> torch.Tensor:
    """What a simulated rater judges who is exactly as good as a model on the gallery.

        J = share * z + sqrt(1 - share**2) * N(0, 1) - insight * [same person]

    distance: (T, G) of the model, z the same with mean 0 and spread 1 over all pairs of
    two people; share: from 0, errors of its own, to 1, those of the model; insight: so
    much that as many of the T queries are right on the whole gallery -> (T, G), to be
    judged by `first_is_right`. Chapter 7.
    """
    others = distance[at.gallery & ~at.match].double()
    z = (distance.double() - others.mean()) / others.std()
    noise = torch.from_numpy(rng.normal(size=tuple(distance.shape)))
    judged = share * z + (1 - share**2) ** 0.5 * noise
    near, far = nearest(judged, at.match, at.gallery)
    lacking = (near - far).sort().values  # the insight that each query needs
    right = int(first_is_right(distance, at.match, at.gallery).sum())
    ends = lacking[max(0, right - 1)], lacking[min(right, len(lacking) - 1)]
    beyond = int(right == len(lacking)) - int(right == 0)  # all or none: no middle
    insight = (ends[0] + ends[1]) / 2 + beyond
    return judged - insight * at.match


def cues(pool: PicturePool, trials: Sequence[Trial]) -> list[np.ndarray]:
    """How far each candidate lies from its query in each cue: a (k, 3) array a trial.

    Clothes are the colours of the upper and the lower half, wherever in it; colours
    the mean colour of each of six bands; shapes the edges, by place. In the order of
    `CUES`, each scaled so that its standard deviation over all pairs is 1.
    """
    hashes = {h for trial in trials for h in (trial.query, *trial.candidates)}
    looks = {h: _look(decode(pool.picture(h))) for h in hashes}
    apart = [
        _apart(looks[trial.query], [looks[h] for h in trial.candidates])
        for trial in trials
    ]
    spread = np.concatenate(apart).std(0)
    return [one / np.where(spread, spread, 1) for one in apart]


def _look(image: torch.Tensor) -> tuple[np.ndarray, ...]:
    """What is seen of a picture: (3, H, W) uint8 -> a vector for each cue.

    Only the middle third is looked at, where the person is, and every colour is taken
    in relation to its mean there, as eyes adapt to a camera's light.
    """
    seen = F.interpolate(image[None].float() / 255, SIZE, mode="area")[0]
    person = seen[:, :, SIZE[1] // 3 : -(SIZE[1] // 3)]
    person = GREY * person / person.mean((1, 2), keepdim=True).clamp_min(0.01)
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
    own: tuple[np.ndarray, ...], others: Sequence[tuple[np.ndarray, ...]]
) -> np.ndarray:
    """The (k, 3) distances of one look from k: clothes by L1, the others by L2."""
    gaps = [
        np.stack(looks) - mine
        for mine, looks in zip(own, zip(*others, strict=True), strict=True)
    ]
    clothes = np.abs(gaps[0]).sum(1)
    return np.stack([clothes, *(np.linalg.norm(gap, axis=1) for gap in gaps[1:])], 1)


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


def panel(
    trials: TrialList,
    seen: Sequence[np.ndarray],
    observers: Mapping[str, Observer],
    seed: int,
) -> list[Answers]:
    """The answers of a simulated rater of each strength, by name, for a table.

    Other arguments as in `simulated_answers`. Every name says that it is simulated.
    """
    every = []
    for number, (name, one) in enumerate(observers.items()):
        made = simulated_answers(trials, seen, one, number, seed)
        every.append(replace(made, rater=f"{name} (simulated)"))
    return every


def found_again(
    trials: TrialList, seen: Sequence[np.ndarray], observer: Observer, seed: int
) -> Observer:
    """What `recover` makes of the answers of six simulated raters of one strength.

    seen: of `cues`, for `trials.trials`; a short trial of attention is left out. Where
    it is far from `observer`, the list is too short or too easy to measure anybody.
    """
    given = [simulated_answers(trials, seen, observer, n, seed) for n in range(6)]
    length = max(len(apart) for apart in seen)
    kept = [number for number, apart in enumerate(seen) if len(apart) == length]
    chosen = np.array([[one.candidate for one in each.answers] for each in given])
    return recover([seen[number] for number in kept], chosen[:, kept])
