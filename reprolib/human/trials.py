"""Trial lists: what raters are shown, drawn by seed, and which answers are right.

Whoever draws the candidates, one seed prefers the same queries, so that lists by other
models or of other lengths ask about the same people. Chapter 7.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np

from reprolib.data import digest
from reprolib.errors import ReproError
from reprolib.human.pool import PicturePool

LENGTHS = {"single": 10, "multi": 50, "open": 10}  # candidates, the truth among them
PRACTICE = 3  # trials before the study, answered with the truth
EVERY = 20  # one attention trial for so many others
NOBODY = "nobody"  # draws at random


@dataclass(frozen=True)
class Trial:
    """One question: the SHA-256 of the query and of its k candidates.

    `right` are the places in `candidates`, from 0, that show the query's person; it is
    told for practice alone, else empty and kept in the truth.
    """

    id: str
    query: str
    candidates: tuple[str, ...]
    right: tuple[int, ...] = ()


@dataclass(frozen=True)
class TrialList:
    """What raters are shown. `drawn_by` names the model that chose the candidates."""

    dataset: str
    protocol: str
    drawn_by: str
    seed: int
    practice: tuple[Trial, ...]
    trials: tuple[Trial, ...]

    @property
    def pictures(self) -> set[str]:
        """The SHA-256 of every picture that is shown."""
        every = (*self.practice, *self.trials)
        return {key for trial in every for key in (trial.query, *trial.candidates)}

    @cached_property
    def key(self) -> str:
        """The digest of the whole list: answers and truth name it. 16 hex digits."""
        return digest.of(asdict(self))


@dataclass(frozen=True)
class TrialTruth:
    """The truth of one trial: places in its candidates, from 0.

    `inserted` had been missed by whoever drew the list and were put in; `attention`
    marks a trial that holds the query picture itself; `camid` is the query's camera.
    """

    right: tuple[int, ...]
    inserted: tuple[int, ...]
    attention: bool
    camid: int


Truth = dict[str, TrialTruth]  # by the id of the trial


def draw_trials(
    pool: PicturePool,
    protocol: str,
    count: int,
    seed: int,
    length: int | None = None,
    distance: np.ndarray | None = None,
    drawn_by: str = NOBODY,
) -> tuple[TrialList, Truth]:
    """Draw `count` trials, practice and attention trials beside them, and their truth.

    Queries are a sample stratified by camera, in proportion. `distance: (Q, G)` orders
    the candidates; without it chance does. `single` shows the nearest `length`, and
    the nearest match in the last one's stead if none is among them; `multi` shows all
    matches and the nearest others; `open` one match and random others. Raises
    `ReproError` where there are too few queries or pictures. Chapter 7.
    """
    length = LENGTHS.get(protocol, 0) if length is None else length
    attention = count // EVERY
    _check_asked(protocol, count, length, seed, distance)
    # Two streams: who is asked about does not depend on how the candidates are drawn.
    who, what = (np.random.default_rng([seed, stream]) for stream in (0, 1))
    usable = _usable(pool, protocol, length)
    if (need := count + PRACTICE + attention) > len(usable):
        raise ReproError(
            f"{pool.name} has {len(usable)} queries for lists of {length} candidates, "
            f"expected {need} ({count} trials, {PRACTICE} of practice, {attention} of "
            "attention): ask for fewer trials or other lists."
        )
    ranks = who.permutation(len(pool.query))[usable]
    asked = stratified(pool.query_camids[usable], ranks, count, who.random())
    rest = np.setdiff1d(np.argsort(ranks), asked, assume_unique=True)
    row = (lambda query: None) if distance is None else (lambda query: distance[query])
    drawn = []
    for number in (*rest[:PRACTICE], *asked):
        query = int(usable[number])
        shown, inserted = _candidates(pool, protocol, query, length, row(query), what)
        drawn.append(_trial(pool, query, shown, inserted, what))
    for number in rest[PRACTICE : PRACTICE + attention]:
        drawn.append(_attention(pool, int(usable[number]), length, what))
    mixed = [drawn[PRACTICE:][k] for k in what.permutation(count + attention)]
    trials, truth = [], {}
    for number, (query, candidates, known) in enumerate(mixed, 1):
        trials.append(Trial(f"t{number}", query, candidates))
        truth[f"t{number}"] = known
    practice = [
        Trial(f"p{number}", query, candidates, known.right)
        for number, (query, candidates, known) in enumerate(drawn[:PRACTICE], 1)
    ]
    facts = pool.name, protocol, drawn_by, seed
    return TrialList(*facts, tuple(practice), tuple(trials)), truth


def _check_asked(protocol, count, length, seed, distance) -> None:
    if protocol not in LENGTHS:
        raise ReproError(f"protocol = {protocol!r} is not one of {', '.join(LENGTHS)}.")
    if count < 1 or length < 2 or seed < 0:
        raise ReproError(
            f"{count} trials of {length} candidates by seed {seed}: expected at least "
            "1 trial, 2 candidates and seed 0."
        )
    if protocol == "open" and distance is not None:
        raise ReproError(
            "an open list is drawn by chance and no model; leave the model out, or "
            "ask for single or multi."
        )


def _usable(pool: PicturePool, protocol: str, length: int) -> np.ndarray:
    """The queries with a match, and for `multi` with room for a wrong candidate."""
    kept = []
    for query in range(len(pool.query)):
        places = pool.admissible(query)
        right = int(pool.shows(query, places).sum())
        most = length - 1 if protocol == "multi" else len(places)
        wrong_needed = length - 1 if protocol == "open" else length - right
        if 1 <= right <= most and len(places) - right >= wrong_needed:
            kept.append(query)
    return np.array(kept, dtype=int)


def stratified(
    strata: np.ndarray, ranks: np.ndarray, count: int, start: float
) -> np.ndarray:
    """Draw `count` of N items without replacement, in proportion from each stratum.

    strata: (N,) labels; ranks: (N,) in random order, of which the lowest are drawn;
    start: random, from 0 to 1 -> (count,) indices. Each stratum gets its exact share,
    rounded up or down by `start` so that every item is as likely as any other.
    """
    labels, sizes = np.unique(strata, return_counts=True)
    bounds = np.floor(count * np.cumsum(sizes) / len(strata) + start)
    order = np.argsort(ranks)
    quotas = np.diff(bounds, prepend=0).astype(int)
    parts = [
        order[strata[order] == label][:quota]
        for label, quota in zip(labels, quotas, strict=True)
    ]
    return np.concatenate(parts)


def _candidates(pool, protocol, query, length, distances, rng):
    """The gallery indices shown for a query, and those of them that were put in."""
    places = rng.permutation(pool.admissible(query))
    if distances is not None:
        places = np.sort(places)
        places = places[np.argsort(np.asarray(distances)[places], kind="stable")]
    right = pool.shows(query, places)
    if protocol == "open":
        return np.r_[places[right][:1], places[~right][: length - 1]], places[:0]
    nearest = places[:length]
    if protocol == "multi":
        missed = np.setdiff1d(places[right], nearest)
        shown = np.r_[places[right], places[~right][: length - right.sum()]]
        return shown, missed
    if right[:length].any():
        return nearest, places[:0]
    first = places[right][:1]
    return np.r_[nearest[:-1], first], first


def _trial(pool, query, shown, inserted, rng):
    """Hashes of a trial in random order, and its truth."""
    shown = rng.permutation(shown)
    right, put_in = pool.shows(query, shown), np.isin(shown, inserted)
    known = TrialTruth(
        tuple(np.flatnonzero(right).tolist()),
        tuple(np.flatnonzero(put_in).tolist()),
        False,
        pool.query[query].camid,
    )
    hashes = tuple(pool.key("gallery", place) for place in shown)
    return pool.key("query", query), hashes, known


def _attention(pool, query, length, rng):
    """A trial that holds the query picture itself among strangers."""
    places = rng.permutation(pool.admissible(query))
    wrong = places[~pool.shows(query, places)][: length - 1]
    own = pool.key("query", query)
    hashes = [pool.key("gallery", place) for place in wrong]
    hashes.insert(at := int(rng.integers(len(hashes) + 1)), own)
    return own, tuple(hashes), TrialTruth((at,), (), True, pool.query[query].camid)


def shown_order(key: str, rater: str, what: str, length: int) -> list[int]:
    """The order in which one rater sees the candidates of a trial, or the trials.

    key: of the list; what: the id of the trial, or "trials". Position k on the screen
    holds item `order[k]`. The page computes the same (`page.js`): FNV-1a of the text
    starts mulberry32, which shuffles by Fisher and Yates.
    """
    state = 2166136261
    for letter in f"{key}/{rater}/{what}".encode("ascii"):
        state = (state ^ letter) * 16777619 % 2**32
    order, numbers = list(range(length)), _mulberry32(state)
    for last in range(length - 1, 0, -1):
        other = next(numbers) * (last + 1) >> 32
        order[last], order[other] = order[other], order[last]
    return order


def _mulberry32(state: int) -> Iterator[int]:
    """Random integers below 2**32."""
    while True:
        state = (state + 0x6D2B79F5) % 2**32
        t = (state ^ state >> 15) * (state | 1) % 2**32
        t ^= (t + (t ^ t >> 7) * (t | 61)) % 2**32
        yield t ^ t >> 14
