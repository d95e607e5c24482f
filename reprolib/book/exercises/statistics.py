"""Exercises of chapters 5 and 7: intervals and corrections."""

import numpy as np
from scipy import stats

from reprolib.book.exercises.exercise import Exercise, close
from reprolib.evaluation.statistics import holm, t_interval


def _gaps(rng):
    return (rng.normal(0.5, 1.0, size=rng.integers(3, 12)),)


def _p_values(rng):
    return (rng.random(rng.integers(2, 7)) ** 3,)


def _answers(rng):
    questions = int(rng.integers(3, 60))
    return int(rng.integers(0, questions + 1)), questions


def _wilson(right, questions):
    found = stats.binomtest(right, questions).proportion_ci(0.95, "wilson")
    return found.low, found.high


EXERCISES = {
    "paired-interval": Exercise(
        "5",
        "f(gaps), the two ends of the 95 % interval of the mean of (seeds,) gaps",
        (
            (
                "Gaps that are all alike leave no doubt",
                lambda rng: (np.full(4, rng.normal()),),
                lambda found, gaps: close(found, [gaps[0], gaps[0]]),
            ),
            (
                "The mean lies in the middle",
                _gaps,
                lambda found, gaps: close(np.mean(found), gaps.mean()),
            ),
            (
                "It reaches Student's t times the standard error (n - 1) to both sides",
                _gaps,
                lambda found, gaps: close(found, t_interval(gaps)),
            ),
        ),
    ),
    "holm": Exercise(
        "5",
        "f(p), p-values (K,) corrected for having asked them all, in the given order",
        (
            (
                "A single question needs no correction",
                lambda rng: (rng.random(1),),
                lambda found, p: close(found, p),
            ),
            (
                "No p-value shrinks, and none is above 1",
                _p_values,
                lambda found, p: bool(
                    (np.asarray(found) >= p - 1e-9).all() and np.max(found) <= 1
                ),
            ),
            (
                "A smaller p-value never becomes the larger one",
                _p_values,
                lambda found, p: bool(
                    (np.diff(np.asarray(found)[np.argsort(p)]) >= -1e-9).all()
                ),
            ),
            (
                "The smallest is multiplied by K, the next by K - 1, and so on",
                _p_values,
                lambda found, p: close(found, holm(p)),
            ),
        ),
    ),
    "wilson": Exercise(
        "7",
        "f(right, questions), the two ends of Wilson's 95 % interval of a share",
        (
            (
                "Both ends lie between 0 and 1",
                _answers,
                lambda found, right, questions: 0 <= min(found) <= max(found) <= 1,
            ),
            (
                "They are Wilson's",
                _answers,
                lambda found, right, questions: close(found, _wilson(right, questions)),
            ),
        ),
    ),
}
