"""How many trials it takes to tell two raters apart, by the test that is used."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy import stats

from reprolib.errors import ReproError
from reprolib.evaluation.statistics import LEVEL, POWER
from reprolib.human.scoring import score

ERRORS = "nested", "independent"
MOST = 1_000_000  # trials beyond which nobody looks


def power(trials: int, only_first: float, only_second: float) -> float:
    """The chance that McNemar's exact test finds a difference, two-sided at 5 %.

    only_first, only_second: the shares of trials, from 0 to 1, that one rater alone
    has right; at least one is above 0. Exact but for binomial tails below 1e-12.
    """
    differ = only_first + only_second
    # How many trials the raters differ on; what hardly ever happens is left out.
    low, high = stats.binom.ppf([1e-12, 1 - 1e-12], trials, differ)
    counts = np.arange(int(low), int(high) + 1)
    few = stats.binom.ppf(LEVEL / 2, counts, 0.5) - 1  # so few wins are significant
    share = only_first / differ
    lost = stats.binom.cdf(few, counts, share)
    won = stats.binom.cdf(few, counts, 1 - share)
    return float(stats.binom.pmf(counts, trials, differ) @ (lost + won))


def discordant(first: float, second: float, errors: str) -> tuple[float, float]:
    """The shares of trials that one of two raters alone has right.

    first, second: their rank-1, from 0 to 1. `nested`: the better one fails only where
    the other fails, too; `independent`: errors have nothing to do with each other.
    Raises `ReproError` for other words or shares.
    """
    if errors not in ERRORS or not 0 <= second < first <= 1:
        raise ReproError(
            f"rank-1 {first:g} against {second:g}, errors {errors!r}: expected shares "
            "from 0 to 1, the larger first, and errors 'nested' or 'independent'."
        )
    if errors == "nested":
        return first - second, 0.0
    return first * (1 - second), second * (1 - first)


def trials_needed(first: float, second: float, errors: str) -> int:
    """The trials with which the difference is found in four of five studies.

    Arguments and errors as in `discordant`. Found by halving, since the power grows
    with the trials but for small steps back. Chapter 7.
    """
    shares = discordant(first, second, errors)
    low, high = 0, 8
    while power(high, *shares) < POWER:
        low, high = high, 2 * high
        if high > MOST:
            raise ReproError(
                f"rank-1 {first:g} against {second:g}: more than {MOST} trials are "
                "needed; expected a difference that a study can find."
            )
    while high - low > 1:
        middle = (low + high) // 2
        found = power(middle, *shares) >= POWER
        low, high = (low, middle) if found else (middle, high)
    return high


def findable(rank1: float, trials: int, errors: str) -> float | None:
    """The smallest lead, in points, that `trials` find in four of five studies.

    rank1: of the better rater, from 0 to 1; errors as in `discordant`. A multiple of
    0.1; None where not even a rater who is never right would be found. Chapter 7.
    """
    low, high = 0, int(1000 * rank1)

    def found(steps: int) -> bool:
        return power(trials, *discordant(rank1, rank1 - steps / 1000, errors)) >= POWER

    if not found(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if found(middle) else (middle, high)
    return high / 10


def tellable(rank1: float, sizes: Iterable[int]) -> pd.DataFrame:
    """What studies of so many trials can tell about a rater of `rank1`, in points.

    A row for each size: the ends of Wilson's interval in percent, and the smallest
    lead that is found over a rater whose errors are nested or independent. Chapter 7.
    """
    rows = {}
    for trials in sizes:
        found = score(np.arange(trials) < round(rank1 * trials))
        leads = {errors: findable(rank1, trials, errors) for errors in ERRORS}
        rows[trials] = {"low": 100 * found.low, "high": 100 * found.high} | leads
    return pd.DataFrame(rows).T.rename_axis("trials").astype(float)


def needed(rank1: float, points: tuple[float, ...] = (1, 2, 5, 10)) -> pd.DataFrame:
    """The trials needed to tell a rater of `rank1` from one so many points below.

    rank1: from 0 to 1; a row for each of `points` that leaves a rank-1 of at least 0,
    with columns nested and independent. Used by `python -m reprolib human score`.
    """
    rows = {
        some: {
            errors: trials_needed(rank1, rank1 - some / 100, errors)
            for errors in ERRORS
        }
        for some in points
        if rank1 - some / 100 >= 0
    }
    return pd.DataFrame(rows).T.rename_axis("points")
