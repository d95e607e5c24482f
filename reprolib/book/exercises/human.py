"""Exercises of chapter 7: intervals of a score, and raters compared."""

from itertools import combinations

import numpy as np
from scipy import stats

from reprolib.book.exercises.exercise import Exercise, close


def _answers(rng):
    questions = int(rng.integers(3, 60))
    return int(rng.integers(0, questions + 1)), questions


def _wilson(right, questions):
    found = stats.binomtest(right, questions).proportion_ci(0.95, "wilson")
    return found.low, found.high


def _wins(rng):
    return tuple(int(k) for k in rng.integers(1, 25, size=2))


def _exam(rng):
    """(Q, 2): of four raters, how many were right and how many wrong, by question."""
    right = rng.integers(0, 5, size=rng.integers(4, 10))
    right[:2] = 1, 4
    return (np.stack([right, 4 - right], 1),)


def _pairs_that_agree(counts):
    """The share of pairs of raters that agree, over all questions."""
    agreed = []
    for row in counts:
        votes = np.repeat(np.arange(len(row)), row)
        agreed += [a == b for a, b in combinations(votes, 2)]
    return np.mean(agreed)


def _kappa(counts):
    chance = ((counts.sum(0) / counts.sum()) ** 2).sum()
    return (_pairs_that_agree(counts) - chance) / (1 - chance)


def _unanimous(rng):
    right = rng.permutation([4, 4, 0, 0, 4 * int(rng.integers(2))])
    return (np.stack([right, 4 - right], 1),)


EXERCISES = {
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
    "mcnemar": Exercise(
        "7",
        "f(first, second), the exact p-value; how often only the one or the other won",
        (
            (
                "Raters who won as often as each other have p = 1",
                lambda rng: (k := int(rng.integers(1, 20)), k),
                lambda found, first, second: close(found, 1.0),
            ),
            (
                "If one won all n, p is twice the chance of n equal flips of a coin",
                lambda rng: (int(rng.integers(1, 12)), 0),
                lambda found, first, second: close(found, 2 * 0.5**first),
            ),
            (
                "It counts every outcome at least as uneven as this one, both ways",
                _wins,
                lambda found, first, second: close(
                    found, stats.binomtest(first, first + second).pvalue
                ),
            ),
        ),
    ),
    "fleiss-kappa": Exercise(
        "7",
        "f(counts) of (Q, K), how many of n raters chose what, Fleiss' kappa",
        (
            (
                "Raters who agree on every question have kappa 1",
                _unanimous,
                lambda found, counts: close(found, 1.0),
            ),
            (
                "Pairs of two different raters count, and agreement by chance does not",
                _exam,
                lambda found, counts: close(found, _kappa(counts)),
            ),
        ),
    ),
}
