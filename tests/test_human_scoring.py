"""Scores of raters and models, against formulas by hand and brute force."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
import shelf
import torch
from scipy import stats

from reprolib.errors import ReproError
from reprolib.evaluation import evaluate
from reprolib.evaluation.features import Embedded
from reprolib.human import models, places, power, scoring
from reprolib.human.files import Answer, Answers
from reprolib.human.models import FORMS, LISTS, Model, model_answers
from reprolib.human.trials import Trial, TrialList, TrialTruth, draw_trials
from reprolib.reranking import k_reciprocal

HASH = "0" * 64


def judged(choices, right, attention=(), **columns):
    """Judged answers: choices[rater][trial], None for a skip; right[trial]: places."""
    ids = [f"t{n}" for n in range(1, len(right) + 1)]
    trials = tuple(Trial(name, HASH, (HASH,) * 4) for name in ids)
    made = TrialList("d", "single", "nobody", 0, (), trials)
    truth = {
        name: TrialTruth(tuple(places), (), name in attention, 1)
        for name, places in zip(ids, right, strict=True)
    }
    answers = [
        Answers(
            rater,
            tuple(
                Answer(name, c, None if c is None else 1, None if c is None else 2, 1.0)
                for name, c in zip(ids, given, strict=True)
                if c != "none"
            ),
        )
        for rater, given in choices.items()
    ]
    return scoring.judge(made, truth, answers).assign(**columns)


CHOICES = {"A": [0, 1, 2, 3, 0], "B": [0, 0, 2, None, 0], "C": [1, 1, 2, 3, "none"]}
RIGHT = [[0], [1, 2], [2], [0], [0]]


def test_each_rater_is_scored_on_what_was_asked():
    table = scoring.by_rater(judged(CHOICES, RIGHT, attention=("t5",)))
    assert table.trials.tolist() == [4, 4, 4]
    assert table.skipped.tolist() == [0, 1, 0]
    assert table.rank1.tolist() == [0.75, 0.5, 0.5]
    assert table.attention.tolist() == ["1 of 1", "1 of 1", "0 of 0"]
    # A guess is right in (1 + 2 + 1 + 1) / 16.
    assert table.above_chance["A"] == pytest.approx((0.75 - 5 / 16) / (1 - 5 / 16))
    z, p, n = stats.norm.ppf(0.975), 0.75, 4
    half = z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    for name, sign in (("low", -1), ("high", 1)):
        wilson = (p + z**2 / (2 * n) + sign * half) / (1 + z**2 / n)
        assert table[name]["A"] == pytest.approx(wilson)


def test_a_blind_guess_earns_nothing_and_no_error_everything():
    rng = np.random.default_rng(0)
    right = [[0, 1] if n % 2 else [3] for n in range(4000)]
    guesses = {"A": rng.integers(4, size=4000).tolist()}
    table = scoring.by_rater(judged(guesses, right))
    assert table.rank1["A"] == pytest.approx(0.375, abs=0.03)
    assert table.above_chance["A"] == pytest.approx(0, abs=0.04)
    assert scoring.above_chance(1.0, 0.4) == 1 and scoring.above_chance(1.0, 1.0) == 0


def test_a_rater_of_attention_trials_alone_is_refused():
    with pytest.raises(ReproError, match="no answer to score"):
        scoring.by_rater(judged({"A": ["none", 0]}, [[0], [0]], attention=("t2",)))


def test_pooled_interval_draws_queries_and_not_answers():
    """Ten raters who agree know no more than one: the interval is as wide."""
    rng = np.random.default_rng(1)
    one = (rng.random(60) < 0.6).astype(int).tolist()
    right = [[1]] * 60
    alone = scoring.pooled(judged({"A": one}, right))
    alike = scoring.pooled(judged({f"A{k}": one for k in range(10)}, right))
    assert alike == pytest.approx(alone)
    share = np.mean(one)
    wide = 2 * 1.96 * math.sqrt(share * (1 - share) / 60)
    assert alone[2] - alone[1] == pytest.approx(wide, rel=0.1)
    apart = {f"A{k}": (rng.random(60) < 0.6).astype(int).tolist() for k in range(10)}
    low, high = scoring.pooled(judged(apart, right))[1:]
    assert high - low < wide / 2
    # By hand: the share of all answers, however many a query has.
    assert scoring.pooled(judged(CHOICES, RIGHT))[0] == pytest.approx(9 / 14)


def test_majority_takes_most_votes_and_shares_ties():
    choices = {"A": [0, 0, 1, None], "B": [0, 1, 1, None], "C": [1, None, 0, None]}
    vote = scoring.majority(judged(choices, [[0], [0, 2], [3], [0]]))
    assert vote.right.tolist() == [1.0, 0.5, 0.0, 0.0]
    assert vote.tied.tolist() == [False, True, False, False]


def test_fleiss_kappa_of_fleiss_own_kind_of_table():
    """The worked example of 14 raters, 10 items and 5 categories: 0.210."""
    table = """0 0 0 0 14, 0 2 6 4 2, 0 0 3 5 6, 0 3 9 2 0, 2 2 8 1 1,
        7 7 0 0 0, 3 2 6 3 0, 2 5 3 2 2, 6 5 2 1 0, 0 2 2 3 7"""
    counts = [[int(n) for n in row.split()] for row in table.split(",")]
    assert scoring.fleiss_kappa(counts) == pytest.approx(0.2099, abs=5e-5)


def test_fleiss_kappa_by_every_pair_of_raters():
    rng = np.random.default_rng(2)
    said = rng.integers(3, size=(30, 5))
    counts = np.stack([(said == k).sum(1) for k in range(3)], 1)
    pairs = [
        np.mean(said[:, a] == said[:, b])
        for a, b in itertools.combinations(range(5), 2)
    ]
    chance = ((counts.sum(0) / counts.sum()) ** 2).sum()
    expected = (np.mean(pairs) - chance) / (1 - chance)
    assert scoring.fleiss_kappa(counts) == pytest.approx(expected)
    assert scoring.fleiss_kappa([*counts, [1, 0, 0]]) == pytest.approx(expected)
    assert scoring.fleiss_kappa([[3, 0], [3, 0]]) == 1
    assert math.isnan(scoring.fleiss_kappa([[1, 0], [0, 1]]))


def test_agreement_counts_right_and_wrong():
    table = judged({"A": [0, 1, 1], "B": [0, 2, 1]}, [[0], [0], [1]])
    assert scoring.agreement(table) == 1  # both wrong on t2, by other candidates
    table = judged({"A": [0, 1], "B": [1, 0]}, [[0], [0]])
    assert scoring.agreement(table) == -1


def test_confidence_and_time_against_correctness():
    table = judged({"A": [0, 0, 0, 1, 1, None]}, [[0]] * 6)
    table["confidence"] = [4.0, 3.0, 3.0, 3.0, 1.0, np.nan]
    table["seconds"] = [1.0, 2.0, 3.0, 2.5, 9.0, 0.1]
    levels = scoring.by_confidence(table)
    assert levels.index.tolist() == ["guess", "fairly sure", "certain"]
    assert levels.answers.tolist() == [1, 3, 1]
    assert levels.rank1.tolist() == pytest.approx([0, 2 / 3, 1])
    for column in ("confidence", "seconds"):
        right, wrong = table[column][:3], table[column][3:5]
        wins = [(r > w) + (r == w) / 2 for r in right for w in wrong]
        assert scoring.tells(table, column) == pytest.approx(np.mean(wins))
    assert math.isnan(scoring.tells(table[:3], "confidence"))


def test_hardest_trials_come_first_and_the_slow_before_the_quick():
    table = judged({"A": [0, 1, 1, 1], "B": [0, 0, 1, 1]}, [[0]] * 4)
    table["seconds"] = [1.0, 9.0, 1.0, 5.0, 1.0, 9.0, 2.0, 3.0]
    found = scoring.hardest(table, 3)
    assert found.index.tolist() == ["t4", "t3", "t2"]
    assert found.rank1.tolist() == [0, 0, 0.5] and found.answers.tolist() == [2, 2, 2]
    assert found.seconds.tolist() == [4.0, 1.5, 9.0]


# How many trials.


def by_brute_force(trials, b, c):
    """The power of McNemar's exact test, over every outcome."""
    total = 0.0
    for won in range(trials + 1):
        for lost in range(trials + 1 - won):
            same = trials - won - lost
            chance = stats.multinomial.pmf([won, lost, same], trials, [b, c, 1 - b - c])
            if won + lost and stats.binomtest(won, won + lost).pvalue <= 0.05:
                total += chance
    return total


@pytest.mark.parametrize("shares", [(0.3, 0.1), (0.4, 0.0), (0.2, 0.2), (0.5, 0.5)])
@pytest.mark.parametrize("trials", [5, 6, 14, 25])
def test_power_is_that_of_every_outcome(trials, shares):
    assert power.power(trials, *shares) == pytest.approx(
        by_brute_force(trials, *shares), abs=1e-9
    )


@pytest.mark.parametrize("errors", ["nested", "independent"])
def test_so_many_trials_suffice_and_one_fewer_does_not(errors):
    shares = power.discordant(0.9, 0.7, errors)
    needed = power.trials_needed(0.9, 0.7, errors)
    assert power.power(needed, *shares) >= 0.8 > power.power(needed - 1, *shares)


@pytest.mark.parametrize("errors", ["nested", "independent"])
def test_the_smallest_lead_is_found_and_a_smaller_one_is_not(errors):
    lead = power.findable(0.944, 300, errors)
    for points, enough in ((lead, True), (lead - 0.1, False)):
        shares = power.discordant(0.944, 0.944 - points / 100, errors)
        assert (power.power(300, *shares) >= 0.8) is enough
    # Five questions cannot be significant, whoever answers.
    assert power.findable(0.944, 5, errors) is None


def test_what_studies_can_tell_is_a_table_in_points():
    table = power.tellable(0.9, (5, 50, 500))
    wilson = scoring.score([True] * 45 + [False] * 5)
    assert table.loc[50, "low"] == pytest.approx(100 * wilson.low)
    assert table.loc[50, "high"] == pytest.approx(100 * wilson.high)
    assert table.loc[5, ["nested", "independent"]].isna().all()
    assert (table.loc[500] != table.loc[50]).all()
    assert table.nested[500] == power.findable(0.9, 500, "nested") < table.nested[50]
    assert (table.nested[1:] <= table.independent[1:]).all()


def test_shared_errors_need_fewer_trials():
    assert power.discordant(0.9, 0.7, "nested") == (pytest.approx(0.2), 0)
    independent = power.discordant(0.9, 0.7, "independent")
    assert independent == pytest.approx((0.27, 0.07))
    table = power.needed(0.944)
    assert table.index.tolist() == [1, 2, 5, 10]
    assert (table.nested < table.independent).all()
    # Six differing trials, all won, are the fewest that are significant.
    sure = next(n for n in itertools.count(6) if stats.binom.sf(5, n, 0.1) >= 0.8)
    assert table.nested[10] == sure
    assert table.independent.is_monotonic_decreasing
    assert power.needed(0.03).index.tolist() == [1, 2]
    for wrong in ((0.7, 0.9, "nested"), (0.9, 0.7, "shared"), (1.2, 0.7, "nested")):
        with pytest.raises(ReproError, match="expected shares from 0 to 1"):
            power.discordant(*wrong)
    with pytest.raises(ReproError, match="more than 1000000 trials"):
        power.trials_needed(0.5, 0.5 - 1e-4, "independent")


# Models.


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A pool, features of a made-up model, a list of random candidates."""
    pool, _ = shelf.pool(tmp_path_factory.mktemp("shelf"))
    rng = np.random.default_rng(4)
    centres = rng.normal(size=(40, 8))

    def features(pictures):
        points = [centres[p.pid] + 1.3 * rng.normal(size=8) for p in pictures]
        return Embedded(torch.tensor(np.array(points)), torch.zeros(len(points), 1, 1))

    model = Model("made-up", "global", features(pool.query), features(pool.gallery))
    return pool, model, *draw_trials(pool, "single", 40, 0, 10)


def labels(pool):
    for name in ("pid", "camid"):
        for pictures in (pool.query, pool.gallery):
            yield np.array([getattr(p, name) for p in pictures])


def test_a_model_answers_the_lists_and_the_gallery(study):
    pool, model, made, truth = study
    answers = model_answers(model, pool, made, truth)
    plain = [t for t in made.trials if not truth[t.id].attention]
    assert answers.index.tolist() == [t.id for t in plain]
    assert tuple(answers) == FORMS
    within = torch.cdist(model.gallery.global_, model.gallery.global_)
    for name, table in (
        ("gallery", model.distance),
        ("gallery, re-ranked", model.reranked),
    ):
        first = evaluate(table, *labels(pool)).first_match
        for trial in plain:
            query = pool.number("query", trial.query)
            assert answers[name][trial.id] == (first[query] == 1)
    for trial in plain:
        query = pool.number("query", trial.query)
        shown = [pool.number("gallery", h) for h in trial.candidates]
        own = model.distance[query, shown]
        k1, k2 = models.fitting(10)
        alone = k_reciprocal(
            own[None], torch.zeros(1, 1), within[shown][:, shown], k1, k2
        )[0]
        judged = dict(
            zip(LISTS, (own, alone, model.reranked[query, shown]), strict=True)
        )
        for form, distances in judged.items():
            right = int(distances.argmin()) in truth[trial.id].right
            assert answers[form][trial.id] == right, form
    # A short list of random candidates is easier than the gallery.
    assert answers["list"].mean() > answers["gallery"].mean()
    assert 0.3 < answers["list"].mean() < 1


def test_a_constant_distance_earns_nothing(study):
    pool, model, made, truth = study
    flat = Embedded(torch.ones(len(pool.query), 8), torch.zeros(len(pool.query), 1, 1))
    count = len(pool.gallery)
    wall = Embedded(torch.zeros(count, 8), torch.zeros(count, 1, 1))
    answers = model_answers(Model("flat", "global", flat, wall), pool, made, truth)
    assert not answers["list"].any() and not answers["gallery"].any()


def test_k1_fits_the_list():
    assert [models.fitting(n) for n in (2, 6, 10, 50, 200)] == [
        (2, 1), (2, 1), (3, 1), (17, 5), (20, 6),
    ]  # fmt: skip


def test_raters_meet_models_on_their_own_trials():
    table = judged({"A": [0, 0, 0, 0, 0, 0, 0], "B": [0, 1] + ["none"] * 5}, [[0]] * 7)
    model = pd.DataFrame(
        False, index=[f"t{n}" for n in range(1, 8)], columns=list(FORMS)
    )
    model.loc["t1"] = True
    found = models.against(table, {"m": model}).set_index(["rater", "form"])
    assert len(found) == 6
    row = found.loc["A", "list"]
    assert (row.only_rater, row.only_model) == (6, 0)
    assert row.p == pytest.approx(2 / 2**6)
    assert row.p_holm == pytest.approx(6 * 2 / 2**6)  # six tests were asked
    assert found.loc["B", "list"][["only_rater", "only_model"]].tolist() == [0, 0]
    assert found.loc["B", "list"].p == 1


@pytest.mark.parametrize("name", ["", "aligned-box0:local", "aligned-box0:", ":global"])
def test_a_model_with_no_such_name_is_refused(name):
    with pytest.raises(ReproError, match="names no model; expected VARIANT"):
        models.load_model(None, name, 0.0)


def test_raters_stand_beside_the_model_in_percent():
    table = judged(
        {"A": [0, 0, 0, 1], "B": [1, 1, 0, 0]},
        [[0], [0, 1], [0], [0]],
    )
    answers = pd.DataFrame(dict.fromkeys(FORMS, [False, True, True, True]))
    answers.index = pd.Index(["t1", "t2", "t3", "t4"], name="trial")
    shown = models.beside(table, answers)
    assert list(shown.index) == ["A", "B", "model"]
    assert shown["rank-1, %"].tolist() == [75, 75, 75]
    wilson = scoring.score([True, True, True, False])
    assert shown.loc["model", "from"] == pytest.approx(100 * wilson.low)
    # A blind guess has (1 + 2 + 1 + 1) / 16 right.
    corrected = 100 * (0.75 - 5 / 16) / (1 - 5 / 16)
    assert shown["above chance, %"].tolist() == pytest.approx([corrected] * 3)
    assert shown.loc["A", "only the rater"] == 1 == shown.loc["A", "only the model"]
    assert shown.loc["B", ["only the rater", "only the model"]].tolist() == [0, 0]
    assert shown.loc["model", ["only the rater", "p"]].isna().all()


def test_a_list_re_ranked_alone_sees_nothing_else(study):
    """Whatever stands outside the list, its re-ranked distances stay as they are."""
    pool, model, made, truth = study[:4]
    at = places.asked(pool, made, truth)
    before = model.reranked_alone(at, 3)
    assert before.isfinite().equal(at.shown)
    outside = ~at.shown.any(0)
    moved = Embedded(*(part.clone() for part in model.gallery))
    for part in moved:
        part[outside] = 9.0
    other = Model(model.name, model.kind, model.query, moved)
    torch.testing.assert_close(other.reranked_alone(at, 3), before)
    assert not torch.equal(model.reranked_alone(at, 8), before)
