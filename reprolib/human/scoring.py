"""How good a rater is, and whether two raters differ, from the answers they gave."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest

from reprolib.errors import ReproError


@dataclass(frozen=True)
class Score:
    """Rank-1 of one rater with its Wilson 95 % interval, all from 0 to 1."""

    rank1: float
    low: float
    high: float
    answered: int


@dataclass(frozen=True)
class Comparison:
    """Two raters on the same queries: who alone was right, and McNemar's exact p."""

    only_first: int
    only_second: int
    p_value: float


def score(right):
    """Return rank-1 with its Wilson interval; right: (L,) bool. Taught in chapter 7."""
    right = np.asarray(right, bool)
    if not right.size:
        raise ReproError("there is no answer to score, expected at least one")
    result = binomtest(int(right.sum()), right.size)
    interval = result.proportion_ci(method="wilson")
    return Score(result.statistic, interval.low, interval.high, right.size)


def compare(first, second):
    """Compare two raters on the same queries by McNemar's exact test.

    first, second: (L,) bool, whether each answer was right. Only queries on which the
    raters differ count; without any, p is 1. Taught in chapter 7.
    """
    first, second = np.asarray(first, bool), np.asarray(second, bool)
    if first.shape != second.shape:
        raise ReproError(
            f"the raters gave {first.size} and {second.size} answers, expected "
            "answers to the same queries"
        )
    ahead, behind = int((first & ~second).sum()), int((second & ~first).sum())
    differ = ahead + behind
    p_value = binomtest(ahead, differ).pvalue if differ else 1.0
    return Comparison(ahead, behind, float(p_value))
