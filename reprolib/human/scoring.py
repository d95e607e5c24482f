"""How good raters are, alone and together, and whether two differ.

Everything starts from `judge`: one table with a row for each answer. Attention trials
are counted apart and enter no score; a skipped trial counts as not right, one that was
never reached does not count.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import binomtest, mannwhitneyu

from reprolib.errors import ReproError
from reprolib.evaluation.statistics import bootstrap_people
from reprolib.human.files import CONFIDENCE, Answers
from reprolib.human.trials import TrialList, Truth


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


@dataclass(frozen=True)
class Estimate:
    """A mean over questions, in percent or points, and its 95 % interval."""

    mean: float
    low: float
    high: float

    @property
    def word(self) -> str:
        """What it says of a lead: ahead, behind, or undecided."""
        return "ahead" if self.low > 0 else "behind" if self.high < 0 else "undecided"

    def __str__(self) -> str:
        return f"{self.mean:+z.1f} ({self.word})"


def estimate(values: np.ndarray, people: np.ndarray) -> Estimate:
    """The mean of `values` and an interval had other people been asked about.

    values: (T,) shares or differences of shares, from -1 to 1; people: (T,) the pids
    of the queries, which are drawn anew with all their queries. Chapter 7.
    """
    ends = bootstrap_people(values, people)
    return Estimate(*(100 * float(x) for x in (np.mean(values), *ends)))


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


def judge(trials: TrialList, truth: Truth, answers: Sequence[Answers]) -> pd.DataFrame:
    """A row for each answer: rater, trial, candidate, right, confidence, seconds.

    `candidate` is the place in the list, from 0, and like `confidence` missing (NaN)
    where the trial was skipped; `chance` is what a blind guess has right, from 0 to 1;
    `attention` says that the trial is one of attention.
    """
    lengths = {trial.id: len(trial.candidates) for trial in trials.trials}
    rows = [
        {
            "rater": one.rater,
            "trial": answer.trial,
            "candidate": answer.candidate,
            "right": answer.candidate in truth[answer.trial].right,
            "confidence": answer.confidence,
            "seconds": answer.seconds,
            "chance": len(truth[answer.trial].right) / lengths[answer.trial],
            "attention": truth[answer.trial].attention,
        }
        for one in answers
        for answer in one.answers
    ]
    return pd.DataFrame(rows).astype({"candidate": float, "confidence": float})


def counted(judged: pd.DataFrame) -> pd.DataFrame:
    """The answers that are scored: all but those to attention trials."""
    return judged[~judged.attention]


def above_chance(rank1: float, chance: float) -> float:
    """Accuracy corrected for chance: 0 for a blind guess, 1 for no error.

    Both from 0 to 1. Lists that hold several matches are easier to guess, and scores on
    different lists can be compared only without that. 0 where chance is 1.
    """
    return (rank1 - chance) / (1 - chance) if chance < 1 else 0.0


def by_rater(judged: pd.DataFrame) -> pd.DataFrame:
    """Each rater's score; rank-1, interval and chance-corrected accuracy from 0 to 1.

    `seconds` is the median of a trial; `attention` how many of those were right.
    Raises `ReproError` for a rater who answered attention trials alone.
    """
    rows = {}
    for rater, mine in judged.groupby("rater"):
        own, watched = counted(mine), mine[mine.attention]
        result = score(own.right)
        rows[rater] = {
            "trials": result.answered,
            "skipped": int(own.candidate.isna().sum()),
            "rank1": result.rank1,
            "low": result.low,
            "high": result.high,
            "above_chance": above_chance(result.rank1, own.chance.mean()),
            "seconds": own.seconds.median(),
            "attention": f"{watched.right.sum()} of {len(watched)}",
        }
    return pd.DataFrame(rows).T.rename_axis("rater")


def pooled(judged: pd.DataFrame) -> tuple[float, float, float]:
    """Rank-1 over all answers, and an interval had other queries been asked.

    A bootstrap that draws queries (trials) with all their answers: answers to one
    query are not independent. From 0 to 1: rank-1, low, high.
    """
    own = counted(judged)
    right = own.right.to_numpy(float)
    return float(right.mean()), *bootstrap_people(right, own.trial.to_numpy(str))


def majority(judged: pd.DataFrame) -> pd.DataFrame:
    """The raters' vote on each trial; `right` from 0 to 1, `tied` bool.

    The candidate with most votes; where several have as many, `right` is the share of
    them that show the query's person, as if one were drawn. Skipped trials cast no
    vote, and a trial without any is 0.
    """
    rows = {}
    for trial, given in counted(judged).groupby("trial", sort=False):
        votes = given.candidate.value_counts()
        first = votes.index[votes == votes.max()]
        chosen = given[given.candidate.isin(first)].drop_duplicates("candidate")
        right = chosen.right.mean() if len(chosen) else 0.0
        rows[trial] = {"right": float(right), "tied": len(first) > 1}
    return pd.DataFrame(rows).T.rename_axis("trial").astype({"right": float})


def fleiss_kappa(counts: np.ndarray) -> float:
    """Fleiss' kappa: agreement beyond what the categories' shares explain.

    counts: (N, K), how many raters put item n into category k. Items may have different
    numbers of raters; those with fewer than two are left out. 1 where all agree on one
    category; NaN where no item has two raters.
    """
    counts = np.asarray(counts, float)
    counts = counts[counts.sum(1) >= 2]
    if not len(counts):
        return float("nan")
    raters = counts.sum(1)
    agreed = ((counts**2).sum(1) - raters) / (raters * (raters - 1))
    chance = float(((counts.sum(0) / counts.sum()) ** 2).sum())
    return (float(agreed.mean()) - chance) / (1 - chance) if chance < 1 else 1.0


def agreement(judged: pd.DataFrame) -> float:
    """Fleiss' kappa of right and wrong over the trials: do raters fail on the same?

    Candidates are other pictures in each trial, so that their places are no categories.
    """
    tally = counted(judged).groupby("trial").right.agg(["sum", "count"])
    return fleiss_kappa(np.c_[tally["sum"], tally["count"] - tally["sum"]])


def by_confidence(judged: pd.DataFrame) -> pd.DataFrame:
    """Answers and rank-1 (0 to 1) at each level of confidence that was used."""
    given = counted(judged).dropna(subset="confidence")
    table = given.groupby("confidence").right.agg(["count", "mean"])
    table.index = [CONFIDENCE[int(level)] for level in table.index]
    return table.set_axis(["answers", "rank1"], axis=1).rename_axis("confidence")


def tells(judged: pd.DataFrame, column: str) -> float:
    """How well `confidence` or `seconds` tells right answers from wrong ones.

    The chance, from 0 to 1, that a right answer has more of it than a wrong one, ties
    as half (the area under the ROC curve): 0.5 tells nothing. Skipped trials are left
    out; NaN where all answers are right or all are wrong.
    """
    given = counted(judged).dropna(subset="candidate")
    right, wrong = (given[column][given.right == side] for side in (True, False))
    if not len(right) or not len(wrong):
        return float("nan")
    return float(mannwhitneyu(right, wrong).statistic / (len(right) * len(wrong)))


def hardest(judged: pd.DataFrame, most: int = 5) -> pd.DataFrame:
    """The trials that fewest raters had right: rank-1 (0 to 1), answers, seconds."""
    trials = counted(judged).groupby("trial", sort=False)
    table = trials.agg(
        rank1=("right", "mean"),
        answers=("right", "size"),
        seconds=("seconds", "median"),
    )
    return table.sort_values(["rank1", "seconds"], ascending=[True, False])[:most]
