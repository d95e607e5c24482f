"""Scores of single raters, answers in a notebook, and trials as rows of distances."""

import numpy as np
import pytest
import shelf
import torch

from reprolib.errors import ReproError
from reprolib.evaluation import evaluate
from reprolib.human import compare, draw_trials, score
from reprolib.human.places import asked, first_is_right, shared, together
from reprolib.human.quiz import NOBODY_YET, told
from reprolib.human.scoring import estimate
from reprolib.human.simulated import simulated_equal
from reprolib.human.trials import Trial, TrialTruth


def test_score_has_wilsons_interval():
    """Wilson's formula by hand for 45 of 50."""
    result = score([True] * 45 + [False] * 5)
    p, n, z = 0.9, 50, 1.959964
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * (p * (1 - p) / n + z**2 / (4 * n**2)) ** 0.5
    assert (result.rank1, result.answered) == (0.9, 50)
    assert result.low == pytest.approx(centre - half, abs=1e-6)
    assert result.high == pytest.approx(centre + half, abs=1e-6)
    with pytest.raises(ReproError, match="no answer"):
        score([])


def test_compare_is_mcnemars_exact_test():
    first = [True] * 9 + [False] * 1 + [True] * 20
    second = [False] * 9 + [True] * 1 + [True] * 20
    result = compare(first, second)
    assert (result.only_first, result.only_second) == (9, 1)
    assert result.p_value == pytest.approx(2 * (10 + 1) / 2**10)
    assert compare(first, first).p_value == 1
    with pytest.raises(ReproError, match="30 and 29"):
        compare(first, second[1:])


def test_an_estimate_says_who_is_ahead_in_points():
    people = np.arange(200) // 2
    ahead = estimate(np.tile([1.0, 0.0], 100), people)
    assert ahead.mean == 50 and ahead.low == ahead.high == 50 and ahead.word == "ahead"
    assert estimate(np.tile([-1.0, 0.0], 100), people).word == "behind"
    level = estimate(np.repeat([1.0, -1.0], 100), people)
    assert level.low < -10 and level.high > 10 and str(level) == "+0.0 (undecided)"


# Trials as rows.


@pytest.fixture(scope="module")
def stocked(tmp_path_factory):
    """A pool, its distances, and the same questions by three ways to draw."""
    pool, distance = shelf.pool(tmp_path_factory.mktemp("shelf"), people=60, noise=0.5)
    drawn = {
        "own": draw_trials(pool, "single", 100, 0, 8, distance, "m"),
        "lot": draw_trials(pool, "open", 100, 0, 8),
        "multi": draw_trials(pool, "multi", 100, 0, 20, distance, "m"),
    }
    return pool, torch.from_numpy(distance), drawn


def test_rows_are_the_trials_by_ascending_query(stocked):
    pool, _, drawn = stocked
    for trials, truth in drawn.values():
        at = asked(pool, trials, truth)
        assert len(at.ids) == 100 and not any(truth[name].attention for name in at.ids)
        assert at.query.tolist() == sorted(at.query.tolist())
        by_id = {trial.id: trial for trial in trials.trials}
        for row, (query, name) in enumerate(
            zip(at.query.tolist(), at.ids, strict=True)
        ):
            trial = by_id[name]
            assert pool.number("query", trial.query) == query
            shown = [pool.number("gallery", key) for key in trial.candidates]
            assert at.places(row).tolist() == sorted(shown)
            right = {shown[place] for place in truth[name].right}
            assert set((at.shown & at.match)[row].nonzero()[:, 0].tolist()) == right
            may = pool.admissible(query)
            assert at.gallery[row].nonzero()[:, 0].tolist() == may.tolist()
            assert at.match[row, may].tolist() == pool.shows(query, may).tolist()


def test_lists_of_one_seed_agree_row_by_row(stocked):
    pool, _, drawn = stocked
    lists = {name: asked(pool, *some) for name, some in drawn.items()}
    pair = together(lists)
    assert len({tuple(at.query.tolist()) for at in pair.values()}) == 1
    fewer, _ = draw_trials(pool, "open", 40, 7, 8)
    truth = draw_trials(pool, "open", 40, 7, 8)[1]
    cut = together({"own": lists["own"], "few": asked(pool, fewer, truth)})
    common = set(lists["own"].query.tolist()) & set(
        asked(pool, fewer, truth).query.tolist()
    )
    for at in cut.values():
        assert set(at.query.tolist()) == common and at.shown.shape[0] == len(common)
    row = cut["own"].query.tolist().index(min(common))
    before = lists["own"].query.tolist().index(min(common))
    assert torch.equal(cut["own"].shown[row], lists["own"].shown[before])
    assert cut["own"].ids[row] == lists["own"].ids[before]


def test_on_the_gallery_the_first_is_right_as_evaluated(stocked):
    pool, distance, drawn = stocked
    at = asked(pool, *drawn["own"])
    labels = [
        np.array([getattr(picture, name) for picture in side])
        for name in ("pid", "camid")
        for side in (pool.query, pool.gallery)
    ]
    result = evaluate(distance, *labels)
    ours = first_is_right(distance[at.query], at.match, at.gallery)
    assert ours.tolist() == (result.first_match[at.query] == 1).tolist()
    assert 0.2 < ours.mean() < 0.95


def test_a_tie_is_lost_and_a_list_without_strangers_is_won():
    judged = torch.tensor([[1.0, 1.0], [1.0, 2.0], [3.0, 2.0]])
    match = torch.tensor([[True, False], [True, False], [True, True]])
    among = torch.ones(3, 2, dtype=bool)
    assert first_is_right(judged, match, among).tolist() == [False, True, True]
    assert not first_is_right(judged, match, ~among).any()


def test_the_model_gains_nothing_from_its_own_list(stocked):
    pool, distance, drawn = stocked
    for name in ("own", "multi"):
        at = asked(pool, *drawn[name])
        near = distance[at.query]
        on_list, on_gallery = (
            first_is_right(near, at.match, among) for among in (at.shown, at.gallery)
        )
        assert on_list.tolist() == on_gallery.tolist()


@pytest.mark.parametrize("share", [0.0, 0.5, 0.9, 1.0])
def test_a_simulated_equal_is_as_good_on_the_gallery_and_shares_what_is_said(
    stocked, share
):
    pool, distance, drawn = stocked
    at = asked(pool, *drawn["own"])
    near = distance[at.query]
    rng = np.random.default_rng(0)
    judged = simulated_equal(near, at, share, rng)
    model = first_is_right(near, at.match, at.gallery)
    assert first_is_right(judged, at.match, at.gallery).sum() == model.sum()
    assert shared(near, judged, at) == pytest.approx(share, abs=0.02)
    # A list helps it as far as its errors are its own.
    gain = first_is_right(judged, at.match, at.shown).mean() - model.mean()
    assert gain > 0.05 if share < 0.6 else gain == 0 if share == 1 else gain < 0.2


def test_an_equal_of_a_perfect_or_hopeless_model_is_so_too(stocked):
    pool, distance, drawn = stocked
    at = asked(pool, *drawn["own"])
    near = distance[at.query]
    for shift, rank1 in ((-100.0, 1.0), (100.0, 0.0)):
        judged = simulated_equal(
            near + shift * at.match, at, 0.5, np.random.default_rng(0)
        )
        assert first_is_right(judged, at.match, at.gallery).mean() == rank1


# Answers in a notebook.


def quiz():
    """Two questions of three candidates; the second has two right ones."""
    trials = [Trial(f"t{n}", "q", ("a", "b", "c")) for n in (1, 2)]
    truth = {
        "t1": TrialTruth((2,), (), False, 1),
        "t2": TrialTruth((0, 1), (), False, 1),
    }
    return trials, truth, {"t1": True, "t2": False}


def test_answers_are_told_right_or_wrong_beside_the_model():
    text = told(*quiz()[:2], {1: 1, 2: 2}, quiz()[2])
    assert text.splitlines() == [
        "Question 1: 1 is wrong (right: 3); the model is right.",
        "Question 2: 2 is right (right: 1, 2); the model is wrong.",
        "You: 1 of 2, which fits any rank-1 from 9 to 91 %.",
        "The model: 1 of 2, which fits any rank-1 from 9 to 91 %.",
    ]


def test_nothing_is_told_of_questions_without_an_answer():
    trials, truth, model = quiz()
    assert told(trials, truth, {1: None, 2: None}, model) == NOBODY_YET
    assert "Question 1" not in told(trials, truth, {1: None, 2: 3}, model)


@pytest.mark.parametrize("answers", [{1: 0}, {1: 4}, {3: 1}, {0: 1}, {1: "2"}])
def test_answers_that_fit_no_question_are_refused(answers):
    with pytest.raises(
        ReproError, match="expected questions 1 to 2 and candidates 1 to"
    ):
        told(*quiz()[:2], answers, quiz()[2])
