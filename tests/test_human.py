import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reprolib.errors import ReproError
from reprolib.evaluation import evaluate
from reprolib.human import (
    CandidateLists,
    candidate_lists,
    choose,
    choose_reranked,
    compare,
    right_answers,
    right_on_gallery,
    score,
    simulated_judgement,
)
from reprolib.reranking import k_reciprocal


def crowd(people=40, shots=4, noise=0.8, seed=0):
    """Distances and labels of a gallery in which people are hard to tell apart."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(people, 8))
    g_pid = np.repeat(np.arange(1, people + 1), shots)
    q_pid = np.arange(1, people + 1)
    gallery = centres[g_pid - 1] + noise * rng.normal(size=(len(g_pid), 8))
    query = centres + noise * rng.normal(size=(people, 8))
    apart = torch.cdist(torch.from_numpy(query), torch.from_numpy(gallery))
    within = torch.cdist(torch.from_numpy(gallery), torch.from_numpy(gallery))
    among = torch.cdist(torch.from_numpy(query), torch.from_numpy(query))
    labels = q_pid, g_pid, np.zeros(people, int), np.tile(np.arange(shots), people)
    return apart, labels, among, within


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_lists_hold_the_nearest_and_always_the_truth(seed, length):
    distance, labels, *_ = crowd(people=8, noise=2.0, seed=seed)
    q_pid, g_pid, q_cam, g_cam = labels
    g_pid[:3] = -1
    rng = np.random.default_rng(seed)
    lists = candidate_lists(distance, *labels, rng, length)
    assert lists.candidates.shape == lists.truth.shape == (len(lists.query), length)
    for query, shown, truth, inserted in zip(
        lists.query, lists.candidates, lists.truth, lists.inserted, strict=True
    ):
        kept = [
            g
            for g in range(len(g_pid))
            if g_pid[g] != -1
            and not (g_pid[g] == q_pid[query] and g_cam[g] == q_cam[query])
        ]
        kept.sort(key=lambda g: distance[query, g])
        missed = set(kept[:length]) - set(shown.tolist())
        assert missed <= {kept[length - 1]}
        assert bool(missed) == bool(inserted)
        assert truth.any()
        assert truth.tolist() == (g_pid[shown.numpy()] == q_pid[query]).tolist()
        if inserted:
            assert truth.sum() == 1
            matches = [g for g in kept if g_pid[g] == q_pid[query]]
            assert shown[truth].item() == matches[0]


def test_lists_are_shuffled_by_the_generator_alone():
    distance, labels, *_ = crowd()
    one, two, other = (
        candidate_lists(distance, *labels, np.random.default_rng(seed))
        for seed in (1, 1, 2)
    )
    assert torch.equal(one.candidates, two.candidates)
    assert not torch.equal(one.candidates, other.candidates)
    assert torch.equal(one.candidates.sort(1)[0], other.candidates.sort(1)[0])
    first = one.candidates[:, 0] == distance[one.query].argmin(1)
    assert not first.all()


def test_queries_without_a_match_get_no_list():
    distance = [[0.0, 1.0, 2.0], [0.0, 1.0, 2.0]]
    labels = [1, 9], [1, 2, 3], [0, 0], [1, 1, 1]
    lists = candidate_lists(distance, *labels, np.random.default_rng(0), length=2)
    assert lists.query.tolist() == [0]


def test_a_list_longer_than_the_gallery_is_refused():
    distance, labels, *_ = crowd(people=2)
    with pytest.raises(ReproError, match="length=10"):
        candidate_lists(distance, *labels, np.random.default_rng(0))


def small_lists():
    return CandidateLists(
        query=torch.tensor([0, 2]),
        candidates=torch.tensor([[4, 5], [6, 7]]),
        truth=torch.tensor([[True, False], [True, True]]),
        inserted=torch.tensor([False, False]),
    )


def test_answers_are_right_where_the_truth_is():
    assert right_answers(small_lists(), [0, 1]).tolist() == [True, True]
    assert right_answers(small_lists(), [1, 0]).tolist() == [False, True]


@pytest.mark.parametrize(
    ("chosen", "named"), [([0], "2 lists"), ([0, 2], "2 is no place"), ([-1, 0], "-1")]
)
def test_answers_that_fit_no_list_are_named(chosen, named):
    with pytest.raises(ReproError, match=named):
        right_answers(small_lists(), chosen)


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


def test_a_simulated_annotator_without_noise_is_the_model():
    distance, labels, *_ = crowd()
    lists = candidate_lists(distance, *labels, np.random.default_rng(0))
    judgement = simulated_judgement(distance, 0.0, np.random.default_rng(0))
    assert torch.equal(judgement, distance)
    right = right_answers(lists, choose(lists, judgement))
    assert torch.equal(
        right | lists.inserted, right_on_gallery(distance, *labels) | lists.inserted
    )
    assert right.double().mean() >= evaluate(distance, *labels).cmc[0]


def test_noise_has_the_stated_strength_and_costs_answers():
    distance, labels, *_ = crowd()
    lists = candidate_lists(distance, *labels, np.random.default_rng(0))
    noisy = simulated_judgement(distance, 2.0, np.random.default_rng(0))
    assert (noisy - distance).std().item() == pytest.approx(2.0, rel=0.05)
    sharp, blunt = (right_answers(lists, choose(lists, d)) for d in (distance, noisy))
    assert sharp.sum() > blunt.sum()


def test_first_bias_a_list_with_the_truth_is_easier_than_the_gallery():
    distance, labels, *_ = crowd(people=150)
    lists = candidate_lists(distance, *labels, np.random.default_rng(0))
    judgement = simulated_judgement(distance, 2.0, np.random.default_rng(1))
    on_list = right_answers(lists, choose(lists, judgement))
    on_gallery = right_on_gallery(judgement, *labels)
    result = compare(on_list, on_gallery)
    assert result.only_first > result.only_second
    assert result.p_value < 0.01


def test_second_bias_re_ranking_sees_images_that_are_not_on_the_list():
    distance, labels, among, within = crowd(people=150)
    lists = candidate_lists(distance, *labels, np.random.default_rng(0))
    whole = k_reciprocal(distance, among, within, k1=4, k2=2)
    seeing_all = right_answers(lists, choose(lists, whole))
    alone = choose_reranked(lists, distance, within, k1=4, k2=2)
    seeing_the_list = right_answers(lists, alone)
    assert alone.shape == lists.query.shape
    assert not torch.equal(seeing_all, seeing_the_list)
    shown = lists.candidates[3]
    by_hand = k_reciprocal(
        distance[3, shown][None], np.zeros((1, 1)), within[shown][:, shown], 4, 2
    )
    assert alone[3] == by_hand.argmin()
