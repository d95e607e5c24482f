"""Exercises of chapter 6: galleries drawn by chance, and neighbours in common."""

from itertools import product

import numpy as np

from reprolib.book.exercises.exercise import Exercise, close


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


def _drawn(rng):
    """How far a match is, and the pictures of each other person (some are nearer)."""
    people = [rng.random(rng.integers(1, 5)) for _ in range(3)]
    return round(0.6 * float(rng.random()), 3), people


def _first_in(match, others):
    """The share of all galleries of one picture per person that the match leads."""
    return np.mean([min(gallery) > match for gallery in product(*others)])


def _weights(rng):
    v, w = rng.random((2, 8)) * (rng.random((2, 8)) < 0.6) + 1e-3
    return v / v.sum(), w / w.sum()


EXERCISES = {
    "one-draw": Exercise(
        "6",
        "f(match, others), how likely the match leads; others: (G,) of each person",
        (
            (
                "A match that is nearer than all others comes first for certain",
                lambda rng: (0.0, _drawn(rng)[1]),
                lambda found, match, others: close(found, 1.0),
            ),
            (
                "If each picture of somebody is nearer, the match never comes first",
                lambda rng: (0.5, [*_drawn(rng)[1], rng.random(3) / 3]),
                lambda found, match, others: close(found, 0.0),
            ),
            (
                "It is the share, of all galleries that can be drawn, that it leads",
                _drawn,
                lambda found, *given: close(found, _first_in(*given)),
            ),
        ),
    ),
    "company": Exercise(
        "6",
        "f(v, w), how little company d_J two pictures of weights (N,) share",
        (
            (
                "Two pictures of the same company have d_J = 0",
                lambda rng: (v := _weights(rng)[0], v.copy()),
                lambda found, v, w: close(found, 0.0),
            ),
            (
                "Two pictures without a common neighbour have d_J = 1",
                lambda rng: (
                    np.append(v := rng.random(4), np.zeros(4)),
                    np.append(np.zeros(4), v),
                ),
                lambda found, v, w: close(found, 1.0),
            ),
            (
                "It is 1 less the sum of the smaller weights over that of the larger",
                _weights,
                lambda found, v, w: close(
                    found,
                    1
                    - sum(map(min, zip(v, w, strict=True)))
                    / sum(map(max, zip(v, w, strict=True))),
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
