"""What a difference between trainings is worth: intervals, corrections, verdicts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

LEVEL, POWER = 0.05, 0.80
DRAWS = 2000  # of people, for the bootstrap


@dataclass(frozen=True)
class Difference:
    """A mean difference between two methods over their trainings, with its interval.

    `low`, `high` bound it at 95 %; `p` is two-sided; `error` is the standard
    error with `freedom` degrees of freedom; `detectable` is the effect that such a test
    finds in four of five cases. `correlation` is that of the two methods over the
    seeds, None where they are not paired.
    """

    mean: float
    low: float
    high: float
    p: float
    error: float
    freedom: float
    detectable: float
    correlation: float | None = None


def t_interval(differences: Sequence[float]) -> list[float] | None:
    """The 95 % interval of the mean of paired differences; None from a single one.

    `differences: (seeds,)`, one of two methods for each seed. Chapters 5, 6 and 8.
    """
    if len(differences) < 2:
        return None
    found = paired(differences, np.zeros(len(differences)))
    return [found.low, found.high]


def paired(a: Sequence[float], b: Sequence[float]) -> Difference:
    """a - b, seed by seed: Student's t over the differences. a, b: (S,), S >= 2."""
    gaps = np.subtract(a, b, dtype=float)
    together = float(np.corrcoef(a, b)[0, 1]) if np.std(a) and np.std(b) else None
    return _difference(gaps.mean(), float(stats.sem(gaps)), len(gaps) - 1, together)


def welch(a: Sequence[float], b: Sequence[float]) -> Difference:
    """a - b of trainings that have nothing in common: Welch's t. a: (S,), b: (T,)."""
    parts = [np.var(x, ddof=1) / len(x) for x in (a, b)]
    error = float(np.sqrt(sum(parts)))
    below = sum(p**2 / (len(x) - 1) for p, x in zip(parts, (a, b), strict=True))
    freedom = sum(parts) ** 2 / below if below else len(a) + len(b) - 2
    return _difference(np.mean(a) - np.mean(b), error, freedom)


def _difference(mean, error, freedom, together=None) -> Difference:
    half = stats.t.ppf(1 - LEVEL / 2, freedom) * error
    p = 2 * stats.t.sf(abs(mean) / error, freedom) if error else float(mean == 0)
    return Difference(
        *(float(x) for x in (mean, mean - half, mean + half, p, error, freedom)),
        detectable(error, freedom),
        together,
    )


def detectable(error: float, freedom: float) -> float:
    """The least true difference that a two-sided t-test finds in four of five cases.

    error: the standard error of the mean difference. Found from the noncentral t
    distribution; the other tail is neglected.
    """
    bound = stats.t.ppf(1 - LEVEL / 2, freedom)
    low, high = 0.0, 4 * bound + 40.0
    for _ in range(60):
        middle = (low + high) / 2
        found = stats.nct.sf(bound, freedom, middle)
        low, high = (middle, high) if found < POWER else (low, middle)
    return float(high * error)


def holm(p: Sequence[float]) -> np.ndarray:
    """P-values corrected for having asked them all (Holm 1979). p: (K,) -> (K,).

    Where every corrected one below 0.05 is called shown, the chance of even one false
    call is at most 5 %.
    """
    p = np.asarray(p, float)
    order = np.argsort(p)
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(steps, 1)
    return corrected


def verdict(mean: float, corrected: float) -> str:
    """`shown`, `opposite shown` or `undecided`, for a claim that `mean` is positive."""
    if corrected >= LEVEL:
        return "undecided"
    return "shown" if mean > 0 else "opposite shown"


def bootstrap_people(values: np.ndarray, people: np.ndarray) -> tuple[float, float]:
    """An interval of the mean of `values` had other people been tested.

    values: (Q,), one a query (or a difference a query); people: (Q,) their pids. Draws
    people with replacement, each with all queries; percentiles of the draws.
    """
    numbers = np.unique(people, return_inverse=True)[1]
    count = np.bincount(numbers)
    sums = np.bincount(numbers, weights=values)
    chosen = np.random.default_rng(0).integers(len(count), size=(DRAWS, len(count)))
    found = sums[chosen].sum(1) / count[chosen].sum(1)
    low, high = np.quantile(found, [LEVEL / 2, 1 - LEVEL / 2])
    return float(low), float(high)


def kappa(a: np.ndarray, b: np.ndarray) -> float:
    """Cohen's kappa of two networks: how far they agree beyond what accuracy explains.

    a, b: (Q,) bool, whether each was right. 1: always; 0: as two strangers that are
    right as often.
    """
    a, b = np.asarray(a, bool), np.asarray(b, bool)
    agreed = np.mean(a == b)
    chance = a.mean() * b.mean() + (1 - a.mean()) * (1 - b.mean())
    return float((agreed - chance) / (1 - chance)) if chance < 1 else 1.0
