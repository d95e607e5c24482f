"""Exercises of chapters 0 and 1: scores, the protocol, batches."""

import numpy as np
from sklearn.metrics import average_precision_score

from reprolib.book.exercises.exercise import Exercise, close


def _ranking(rng):
    """Whether each picture of a ranked list is right; at least one is."""
    right = rng.random(rng.integers(2, 12)) < 0.4
    right[rng.integers(len(right))] = True
    return (right,)


def _ap(right):
    return average_precision_score(right, -np.arange(len(right)))


def _gallery(rng):
    size = rng.integers(4, 12)
    pid, camid = int(rng.integers(1, 4)), int(rng.integers(1, 4))
    return pid, camid, rng.integers(-1, 4, size=size), rng.integers(1, 4, size=size)


def _kept(pid, camid, pids, camids):
    return ~((pids == -1) | ((pids == pid) & (camids == camid)))


def _few_or_many(rng):
    """Labels of 8 people, the first half with fewer than K pictures; P, K, a seed."""
    counts = np.concatenate([rng.integers(1, 4, size=4), rng.integers(4, 8, size=4)])
    labels = rng.permutation(np.repeat(np.arange(8), counts))
    return labels, int(rng.integers(2, 6)), 4, int(rng.integers(1000))


def _many_people(rng):
    return np.repeat(np.arange(200), 4), 4, 2, int(rng.integers(1000))


def _counts(values):
    return np.unique(values, return_counts=True)[1]


def _holds_all_it_can(found, labels, P, K, seed):
    """Whether each person of a batch shows as many different pictures as it can."""
    people = np.unique(labels[found])
    shown = [len(np.unique(found[labels[found] == pid])) for pid in people]
    return shown == [min(K, (labels == pid).sum()) for pid in people]


EXERCISES = {
    "two-scores": Exercise(
        "0",
        "f(ranks) of the ranks (Q,) of the right pictures, rank-1 and mAP in percent",
        (
            (
                "If every right picture comes first, both are 100",
                lambda rng: (np.ones(rng.integers(1, 6), int),),
                lambda found, ranks: close(found, [100, 100]),
            ),
            (
                "If every right picture comes second, rank-1 is 0 and mAP is 50",
                lambda rng: (np.full(rng.integers(1, 6), 2),),
                lambda found, ranks: close(found, [0, 50]),
            ),
            (
                "Rank-1 is the share of first places, mAP the mean of 1 / rank",
                lambda rng: (rng.integers(1, 5, size=rng.integers(2, 8)),),
                lambda found, ranks: close(
                    found, [100 * np.mean(ranks == 1), 100 * np.mean(1 / ranks)]
                ),
            ),
        ),
    ),
    "average-precision": Exercise(
        "1",
        "f(right), the AP of a ranked list, right: (G,) of True and False",
        (
            (
                "A list with all right pictures in front has AP 1",
                lambda rng: (np.arange(rng.integers(2, 9)) < rng.integers(1, 3),),
                lambda found, right: close(found, 1.0),
            ),
            (
                "One right picture at place k has AP 1 / k",
                lambda rng: (np.arange(9) == rng.integers(9),),
                lambda found, right: close(found, 1 / (1 + right.argmax())),
            ),
            (
                "It is the mean, over the right pictures, of the precision at each",
                _ranking,
                lambda found, right: close(found, _ap(right)),
            ),
        ),
    ),
    "kept-gallery": Exercise(
        "1",
        "f(pid, camid, pids, camids), which gallery pictures a query may be ranked on",
        (
            (
                "Junk (pid -1) is left out",
                _gallery,
                lambda found, pid, camid, pids, camids: (
                    not np.asarray(found)[pids == -1].any()
                ),
            ),
            (
                "The person's own pictures by the query's own camera are left out",
                _gallery,
                lambda found, pid, camid, pids, camids: (
                    not np.asarray(found)[(pids == pid) & (camids == camid)].any()
                ),
            ),
            (
                "Everything else stays, distractors and strangers of that camera too",
                _gallery,
                lambda found, *query: bool(
                    np.array_equal(np.asarray(found, bool), _kept(*query))
                ),
            ),
        ),
    ),
    "batch": Exercise(
        "1",
        "f(labels, P, K, seed), the indices (P * K,) of a batch of P people",
        (
            (
                "The batch shows P people, each of them K times",
                _few_or_many,
                lambda found, labels, P, K, seed: (
                    _counts(labels[found]).tolist() == [K] * P
                ),
            ),
            (
                "Nobody's picture is repeated before all of that person are in",
                _few_or_many,
                lambda found, *given: _holds_all_it_can(np.asarray(found), *given),
            ),
            (
                "The people are drawn by chance, not taken from the start of the list",
                _many_people,
                lambda found, labels, P, K, seed: labels[found].max() >= 2 * P,
            ),
        ),
    ),
}
