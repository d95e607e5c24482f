"""Exercises of chapter 9: how a cost grows, and what a table takes."""

import numpy as np

from reprolib.book.exercises.exercise import Exercise, close


def _sizes(rng):
    return np.cumsum(rng.integers(1, 50, size=rng.integers(2, 6))).astype(float)


def _times(rng):
    sizes = _sizes(rng)
    return sizes, rng.uniform(0.5, 2, size=len(sizes)) * sizes


def _slopes(sizes, seconds):
    steps = list(zip(sizes, seconds, strict=True))
    return [
        np.log(after / before) / np.log(large / small)
        for (small, before), (large, after) in zip(steps, steps[1:], strict=False)
    ]


EXERCISES = {
    "table-size": Exercise(
        "9",
        "f(Q, G, H), megabytes of the table of all stripe distances in 32-bit numbers",
        (
            (
                "A million pairs of one stripe each take 4 MB",
                lambda rng: (1000, 1000, 1),
                lambda found, Q, G, H: close(found, 4.0),
            ),
            (
                "With two stripes a picture they take four times as much",
                lambda rng: (1000, 1000, 2),
                lambda found, Q, G, H: close(found, 16.0),
            ),
            (
                "Each pair of pictures has its own table of stripes against stripes",
                lambda rng: tuple(int(k) for k in rng.integers(1, 1000, size=3)),
                lambda found, Q, G, H: close(found / (Q * G), 4e-6 * H * H),
            ),
        ),
    ),
    "powers": Exercise(
        "9",
        "f(sizes, seconds) of (n,) each, the power (n - 1,) between neighbouring sizes",
        (
            (
                "If time grows in proportion, every power is 1",
                lambda rng: (s := _sizes(rng), s / 7),
                lambda found, sizes, seconds: close(found, np.ones(len(sizes) - 1)),
            ),
            (
                "A cost that does not grow at all has power 0",
                lambda rng: (s := _sizes(rng), np.full(len(s), 3.0)),
                lambda found, sizes, seconds: close(found, np.zeros(len(sizes) - 1)),
            ),
            (
                "From size to size, time is multiplied by the ratio of sizes to it",
                _times,
                lambda found, *given: close(found, _slopes(*given)),
            ),
        ),
    ),
}
