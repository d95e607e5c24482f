"""Exercises of chapters 1 and 6: average precision, the protocol, reciprocity."""

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


def _square(rng):
    points = rng.normal(size=(rng.integers(5, 9), 2))
    return np.linalg.norm(points[:, None] - points[None], axis=2), int(
        rng.integers(1, 4)
    )


def _reciprocal(d, k):
    near = np.argsort(d, axis=1, kind="stable")[:, : k + 1]
    inside = np.zeros(d.shape, bool)
    np.put_along_axis(inside, near, True, axis=1)
    return inside & inside.T


EXERCISES = {
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
    "reciprocal": Exercise(
        "6",
        "f(d, k), the table (N, N) of pairs that are among each other's k nearest",
        (
            (
                "The table equals its mirror image",
                _square,
                lambda found, d, k: bool(
                    (np.asarray(found) == np.asarray(found).T).all()
                ),
            ),
            (
                "Both are among the other's k nearest; each picture is its own friend",
                _square,
                lambda found, d, k: bool(
                    np.array_equal(np.asarray(found, bool), _reciprocal(d, k))
                ),
            ),
        ),
    ),
}
