"""Exercises of chapters 5 and 8: intervals, corrections, effects and verdicts."""

from itertools import product

import numpy as np

from reprolib.book.exercises.exercise import Exercise, close
from reprolib.evaluation.statistics import holm, t_interval


def _gaps(rng):
    return (rng.normal(0.5, 1.0, size=rng.integers(3, 12)),)


def _p_values(rng):
    return (rng.random(rng.integers(2, 7)) ** 3,)


def _table(rng):
    return (rng.normal(50, 5, size=(2, 2)),)


def _effects(table):
    """Shapley's way: the mean, over both orders, of what each step brings."""
    (start, tested), (trained, both) = table
    orders = ((tested - start, both - tested), (both - trained, trained - start))
    return np.mean(orders, axis=0)


def _agreeing(seeds, positive):
    """How likely all seeds have one sign, by listing every way they can fall."""
    falls = product((True, False), repeat=seeds)
    return sum(
        np.prod([positive if up else 1 - positive for up in fall])
        for fall in falls
        if len(set(fall)) == 1
    )


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
    "main-effects": Exercise(
        "5",
        "f(table) of (2, 2), trained in rows, tested in columns: testing, training",
        (
            (
                "If all four networks are alike, neither is worth anything",
                lambda rng: (np.full((2, 2), rng.normal()),),
                lambda found, table: close(found, [0, 0]),
            ),
            (
                "If only the test matters, all of the gain is its own, and it is first",
                lambda rng: (np.tile(rng.normal(size=2), (2, 1)),),
                lambda found, table: close(found, [table[0, 1] - table[0, 0], 0]),
            ),
            (
                "The two add up to the last cell less the first",
                _table,
                lambda found, table: close(sum(found), table[1, 1] - table[0, 0]),
            ),
            (
                "Each is the mean of what it brings without the other and with it",
                _table,
                lambda found, table: close(found, _effects(table)),
            ),
        ),
    ),
    "verdict": Exercise(
        "8",
        "f(mean, p), the word of the rule; mean: of the difference, p: corrected",
        (
            (
                "From p = 0.05 on nothing is decided, however large the mean",
                lambda rng: (rng.normal(0, 10), float(rng.uniform(0.05, 1))),
                lambda found, mean, p: found == "undecided",
            ),
            (
                "A p of exactly 0.05 is not below 0.05",
                lambda rng: (rng.normal(), 0.05),
                lambda found, mean, p: found == "undecided",
            ),
            (
                "Below it a positive mean is shown",
                lambda rng: (rng.uniform(0.1, 5), float(rng.uniform(0, 0.049))),
                lambda found, mean, p: found == "shown",
            ),
            (
                "Below it a negative mean shows the opposite",
                lambda rng: (-rng.uniform(0.1, 5), float(rng.uniform(0, 0.049))),
                lambda found, mean, p: found == "opposite shown",
            ),
        ),
    ),
    "same-sign": Exercise(
        "8",
        "f(seeds, positive), how likely all have one sign; positive: chance of one",
        (
            (
                "A single seed agrees with itself",
                lambda rng: (1, round(float(rng.random()), 2)),
                lambda found, seeds, positive: close(found, 1.0),
            ),
            (
                "Two seeds of a part that does nothing agree half of the time",
                lambda rng: (2, 0.5),
                lambda found, seeds, positive: close(found, 0.5),
            ),
            (
                "Both signs count, in all of the ways that the seeds can fall",
                lambda rng: (int(rng.integers(2, 7)), round(float(rng.random()), 2)),
                lambda found, *given: close(found, _agreeing(*given)),
            ),
        ),
    ),
}
