"""What a difference between trainings is worth: intervals, corrections, verdicts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

LEVEL, POWER = 0.05, 0.80


@dataclass(frozen=True)
class Difference:
    """A mean difference between two methods over their trainings, with its interval.

    `low`, `high` bound it at 1 - `level`; `p` is two-sided; `error` is the standard
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

    `differences: (seeds,)`, one of two methods for each seed; Student's t with one
    degree of freedom less than there are seeds. Chapters 5, 6 and 8.
    """
    if len(differences) < 2:
        return None
    mean, error = np.mean(differences), stats.sem(differences)
    half = stats.t.ppf(0.975, len(differences) - 1) * error
    return [float(mean - half), float(mean + half)]


def paired(a: Sequence[float], b: Sequence[float], level: float = LEVEL) -> Difference:
    """a - b, seed by seed: Student's t over the differences. a, b: (S,), S >= 2."""
    gaps = np.subtract(a, b, dtype=float)
    together = float(np.corrcoef(a, b)[0, 1]) if np.std(a) and np.std(b) else None
    error = float(stats.sem(gaps))
    return _difference(gaps.mean(), error, len(gaps) - 1, level, together)


def welch(a: Sequence[float], b: Sequence[float], level: float = LEVEL) -> Difference:
    """a - b of trainings that have nothing in common: Welch's t. a: (S,), b: (T,)."""
    parts = [np.var(x, ddof=1) / len(x) for x in (a, b)]
    error = float(np.sqrt(sum(parts)))
    below = sum(p**2 / (len(x) - 1) for p, x in zip(parts, (a, b), strict=True))
    freedom = sum(parts) ** 2 / below if below else len(a) + len(b) - 2
    return _difference(np.mean(a) - np.mean(b), error, freedom, level)


def _difference(mean, error, freedom, level, together=None) -> Difference:
    half = stats.t.ppf(1 - level / 2, freedom) * error
    p = 2 * stats.t.sf(abs(mean) / error, freedom) if error else float(mean == 0)
    return Difference(
        *(float(x) for x in (mean, mean - half, mean + half, p, error, freedom)),
        detectable(error, freedom, level),
        together,
    )


def detectable(
    error: float, freedom: float, level: float = LEVEL, power: float = POWER
) -> float:
    """The least true difference that a two-sided t-test finds with this power.

    error: the standard error of the mean difference. Found from the noncentral t
    distribution; the other tail is neglected.
    """
    bound = stats.t.ppf(1 - level / 2, freedom)
    low, high = 0.0, 4 * bound + 40.0
    for _ in range(60):
        middle = (low + high) / 2
        found = stats.nct.sf(bound, freedom, middle)
        low, high = (middle, high) if found < power else (low, middle)
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


def verdict(mean: float, corrected: float, level: float = LEVEL) -> str:
    """`shown`, `opposite shown` or `undecided`, for a claim that `mean` is positive."""
    if corrected >= level:
        return "undecided"
    return "shown" if mean > 0 else "opposite shown"


def bootstrap_people(
    values: np.ndarray,
    people: np.ndarray,
    statistic: Callable[[np.ndarray], float] = np.mean,
    draws: int = 2000,
    seed: int = 0,
    level: float = LEVEL,
) -> tuple[float, float]:
    """An interval of the mean of `values` had other people been tested.

    values: (Q,), one a query (or a difference a query); people: (Q,) their pids. Draws
    people with replacement, each with all queries; percentiles of the draws.
    """
    numbers = np.unique(people, return_inverse=True)[1]
    members = [np.flatnonzero(numbers == k) for k in range(numbers.max() + 1)]
    rng = np.random.default_rng(seed)
    found = [
        statistic(values[np.concatenate([members[k] for k in chosen])])
        for chosen in rng.integers(len(members), size=(draws, len(members)))
    ]
    low, high = np.quantile(found, [level / 2, 1 - level / 2])
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
