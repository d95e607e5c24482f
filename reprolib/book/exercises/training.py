"""Exercises of chapter 4: the learning rate, and whether two networks agree."""

import numpy as np
from sklearn.metrics import cohen_kappa_score

from reprolib.book.exercises.exercise import Exercise, close


def _schedule(rng):
    """A step of a run, its length, its first rate, and where the rate falls.

    Steps before, between and after the two falls are equally likely.
    """
    steps = int(rng.integers(2, 9)) * 80
    falls = tuple(np.sort(rng.choice(np.arange(2, 8), 2, replace=False) / 8).tolist())
    edges = [0, *(int(fall * steps) for fall in falls), steps]
    stage = rng.integers(3)
    return int(rng.integers(*edges[stage : stage + 2])), steps, 0.001, falls


def _at_a_fall(rng):
    _, steps, rate, (_, last) = _schedule(rng)
    return int(last * steps), steps, rate, (last,)


def _rate(step, steps, rate, falls):
    for fall in falls:
        rate = rate / 10 if step >= fall * steps else rate
    return rate


def _answers(rng):
    """Which queries two networks got right; neither is always right or wrong."""
    a, b = rng.random((2, rng.integers(8, 20))) < 0.6
    a[:2], b[1:3] = (True, False), (True, False)
    return a, b


def _as_strangers(rng):
    """Two networks that agree exactly as often as chance has it."""
    right, wrong = rng.integers(1, 4, size=2)
    a = np.repeat([True, False], [right, wrong])
    return np.repeat(a, 4), np.tile([True, False, True, True], len(a))


EXERCISES = {
    "learning-rate": Exercise(
        "4",
        "f(step, steps, rate, falls), the rate at a step, falls: fractions of the run",
        (
            (
                "The first step has the whole rate",
                lambda rng: (0, *_schedule(rng)[1:]),
                lambda found, step, steps, rate, falls: close(found / rate, 1.0),
            ),
            (
                "At the very step of a fall the rate has fallen",
                _at_a_fall,
                lambda found, step, steps, rate, falls: close(found / rate, 0.1),
            ),
            (
                "Each fall that is past divides the rate by ten once more",
                _schedule,
                lambda found, *given: close(found / given[2], _rate(*given) / given[2]),
            ),
        ),
    ),
    "kappa": Exercise(
        "4",
        "f(a, b) of two networks' right answers (Q,) of True and False, their kappa",
        (
            (
                "A network agrees with itself: kappa is 1",
                lambda rng: (a := _answers(rng)[0], a.copy()),
                lambda found, a, b: close(found, 1.0),
            ),
            (
                "Networks that agree no more often than chance has it have kappa 0",
                _as_strangers,
                lambda found, a, b: close(found, 0.0),
            ),
            (
                "It is the agreement above chance, over the most there can be of that",
                _answers,
                lambda found, a, b: close(found, cohen_kappa_score(a, b)),
            ),
        ),
    ),
}
