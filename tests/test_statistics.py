"""Intervals, corrections and verdicts, against scipy, brute force and simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import cohen_kappa_score

from reprolib.evaluation import statistics

RNG = np.random.default_rng(3)
A, B = RNG.normal(5, 2, 9), RNG.normal(3, 1, 9)


def test_paired_is_scipys_test_and_interval():
    found = statistics.paired(A, B)
    theirs = stats.ttest_rel(A, B)
    low, high = theirs.confidence_interval()
    assert found.p == pytest.approx(theirs.pvalue)
    assert (found.low, found.high) == pytest.approx((low, high))
    assert [found.low, found.high] == pytest.approx(statistics.t_interval(A - B))
    assert found.correlation == pytest.approx(stats.pearsonr(A, B).statistic)


def test_welch_is_scipys_test_and_interval():
    found = statistics.welch(A, B[:5])
    theirs = stats.ttest_ind(A, B[:5], equal_var=False)
    low, high = theirs.confidence_interval()
    assert found.p == pytest.approx(theirs.pvalue)
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.freedom == pytest.approx(theirs.df)
    assert found.correlation is None


def test_the_detectable_effect_is_found_in_four_of_five_simulated_studies():
    n, sd = 6, 1.7
    effect = statistics.detectable(sd / np.sqrt(n), n - 1)
    rng = np.random.default_rng(0)
    # The error is an estimate in each study: what counts is the one behind it.
    p = stats.ttest_1samp(rng.normal(effect, sd, (40_000, n)), 0, axis=1).pvalue
    assert np.mean(p < 0.05) == pytest.approx(0.80, abs=0.01)


def test_nothing_differs_where_all_trainings_agree():
    same = statistics.paired([1, 1, 1], [1, 1, 1])
    assert (same.mean, same.p, same.detectable) == (0, 1, 0)


def test_holm_is_the_closed_test_of_bonferroni():
    p = [0.012, 0.04, 0.001, 0.3]

    def closed(k):
        """The largest Bonferroni p of all sets of questions that hold question k."""
        sets = [[i for i in range(4) if s >> i & 1] for s in range(1, 16)]
        return max(min(1, len(s) * min(p[i] for i in s)) for s in sets if k in s)

    assert statistics.holm(p) == pytest.approx([closed(k) for k in range(4)])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_keeps_the_order_and_never_lowers(p):
    corrected = statistics.holm(p)
    assert (corrected >= np.array(p)).all() and (corrected <= 1).all()
    order = np.argsort(p)
    assert (np.diff(corrected[order]) >= 0).all()


def test_holm_calls_one_false_thing_shown_in_at_most_one_of_twenty_studies():
    p = np.random.default_rng(1).random((4000, 10))
    called = [(statistics.holm(row) < 0.05).any() for row in p]
    assert np.mean(called) < 0.06
    assert np.mean((p < 0.05).any(1)) > 0.35


@pytest.mark.parametrize(
    ("mean", "p", "said"),
    [(2, 0.01, "shown"), (-2, 0.01, "opposite shown"), (9, 0.05, "undecided")],
)
def test_there_are_three_verdicts(mean, p, said):
    assert statistics.verdict(mean, p) == said


def test_bootstrap_draws_people_not_queries():
    # Ten people with ten equal queries each know no more than ten people.
    rng = np.random.default_rng(5)
    own = rng.normal(size=10)
    values, people = np.repeat(own, 10), np.repeat(np.arange(10), 10)
    low, high = statistics.bootstrap_people(values, people)
    theirs = stats.bootstrap((own,), np.mean, n_resamples=5000, method="percentile")
    theirs = theirs.confidence_interval
    assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=0.06)
    alone = statistics.bootstrap_people(values, np.arange(100))
    assert alone[1] - alone[0] < 0.5 * (high - low)


def test_kappa_is_that_of_scikit_learn():
    a, b = RNG.random(200) < 0.7, RNG.random(200) < 0.6
    assert statistics.kappa(a, b) == pytest.approx(cohen_kappa_score(a, b))
    assert statistics.kappa(a, a) == 1
    assert statistics.kappa(np.ones(5), np.ones(5)) == 1
