"""Exercises of chapter 10: a weight chosen on other people, and what a leak buys."""

import numpy as np

from reprolib.book.exercises.exercise import Exercise, close
from reprolib.study.claims import on_other_half


def _scores(rng):
    return (rng.uniform(60, 95, size=(rng.integers(2, 7), 2)),)


def _agreed(rng):
    """Scores whose best weight is one and the same on both halves."""
    (scores,) = _scores(rng)
    scores[rng.integers(len(scores))] += 40
    return (scores,)


def _answers(rng):
    n = int(rng.integers(6, 20))
    leaked, strangers, known = rng.random((3, n)) < 0.6
    known[:2] = True, False
    return leaked, strangers, known


def _alike(rng):
    found, _, known = _answers(rng)
    return found, found.copy(), known


def _lifts_all(rng):
    *_, known = _answers(rng)
    return np.ones(len(known), bool), np.zeros(len(known), bool), known


def _gain(leaked, strangers, known):
    """The definition, query by query."""
    lifts = {True: [], False: []}
    for after, before, who in zip(leaked, strangers, known, strict=True):
        lifts[bool(who)].append(100 * (int(after) - int(before)))
    return np.mean(lifts[True]) - np.mean(lifts[False])


EXERCISES = {
    "tuned-on-others": Exercise(
        "10",
        "f(scores), rank-1 (weights, 2) of two halves of the people: one number",
        (
            (
                "Where both halves choose the same weight, it is the mean of its row",
                _agreed,
                lambda found, s: close(found, s[s.sum(1).argmax()].mean()),
            ),
            (
                "It is never above the mean of the two best scores",
                _scores,
                lambda found, s: found <= s.max(0).mean() + 1e-9,
            ),
            (
                "Each half is scored at the weight that is best on the other",
                _scores,
                lambda found, s: close(found, on_other_half(s)),
            ),
        ),
    ),
    "leak-gain": Exercise(
        "10",
        "f(leaked, strangers, known), three (Q,) arrays of booleans: points of rank-1",
        (
            (
                "Two networks that answer alike show no leak",
                _alike,
                lambda found, *given: close(found, 0),
            ),
            (
                "What lifts every query alike is no leak",
                _lifts_all,
                lambda found, *given: close(found, 0),
            ),
            (
                "The lift of leaked people less the lift of the others, in points",
                _answers,
                lambda found, *given: close(found, _gain(*given)),
            ),
        ),
    ),
}
