"""Trials as rows of a distance matrix: who is right, on a list and on the gallery."""

from dataclasses import dataclass

import numpy as np
import torch

from reprolib.human.pool import PicturePool
from reprolib.human.trials import TrialList, Truth


@dataclass(frozen=True)
class Asked:
    """The T trials of a list that count, as rows over G gallery pictures.

    query: (T,) rows of the data set's queries, ascending, so that lists that ask about
    the same people agree row by row; ids: the T names of the trials; the rest (T, G)
    bool. shown: which pictures stand on the list; gallery: which the query may meet
    at all; match: which show its person.
    """

    query: torch.Tensor
    ids: tuple[str, ...]
    shown: torch.Tensor
    gallery: torch.Tensor
    match: torch.Tensor

    def places(self, row: int) -> torch.Tensor:
        """The gallery indices on the list of one row, ascending."""
        return self.shown[row].nonzero()[:, 0]


def asked(pool: PicturePool, trials: TrialList, truth: Truth) -> Asked:
    """The trials of a list but those of attention, found in the pool. Chapter 7.

    Raises `ReproError` for pictures that the pool does not hold.
    """
    plain = [trial for trial in trials.trials if not truth[trial.id].attention]
    numbers = [pool.number("query", trial.query) for trial in plain]
    rows = sorted(zip(numbers, plain, strict=True), key=lambda row: row[0])
    shown, gallery, match = np.zeros((3, len(rows), len(pool.gallery)), bool)
    for row, (query, trial) in enumerate(rows):
        gallery[row, places := pool.admissible(query)] = True
        match[row, places] = pool.shows(query, places)
        places = [pool.number("gallery", key) for key in trial.candidates]
        shown[row, places] = True
        match[row, places] = np.isin(np.arange(len(places)), truth[trial.id].right)
    masks = (torch.from_numpy(mask) for mask in (shown, gallery, match))
    ids = tuple(trial.id for _, trial in rows)
    return Asked(torch.tensor(sorted(numbers)), ids, *masks)


def together(lists: dict[str, Asked]) -> dict[str, Asked]:
    """The same lists with those queries only that every one of them asks about."""
    common = set.intersection(*(set(at.query.tolist()) for at in lists.values()))
    kept = {}
    for name, at in lists.items():
        rows = [row for row, query in enumerate(at.query.tolist()) if query in common]
        ids = tuple(at.ids[row] for row in rows)
        masks = (mask[rows] for mask in (at.shown, at.gallery, at.match))
        kept[name] = Asked(at.query[rows], ids, *masks)
    return kept


def shared(first: torch.Tensor, second: torch.Tensor, at: Asked) -> float:
    """How far two judge strangers alike: the correlation over pairs of two people.

    first, second: (T, G) distances of the T queries asked. 1: whom one takes for the
    query's person, the other does, too; 0: their errors have nothing in common.
    """
    wrong = at.gallery & ~at.match
    return float(np.corrcoef(first[wrong], second[wrong])[0, 1])


def nearest(
    judged: torch.Tensor, match: torch.Tensor, among: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """How far the nearest match and the nearest other picture of each row are.

    judged: (T, G) distances; match, among: (T, G) bool, which show the query's person
    and which can be chosen -> (T,), (T,), infinite where there is none.
    """
    sides = among & match, among & ~match
    near, far = (judged.masked_fill(~side, torch.inf).amin(1) for side in sides)
    return near, far


def first_is_right(
    judged: torch.Tensor, match: torch.Tensor, among: torch.Tensor
) -> np.ndarray:
    """Whether the nearest picture of each row is a match, (T,) bool.

    Shapes as in `nearest`. At equal distance wrong ones come first.
    """
    near, far = nearest(judged, match, among)
    return (near < far).numpy()
