from dataclasses import FrozenInstanceError

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from references import GOLDEN, Memory, evaluation

from reprolib.errors import ReproError
from reprolib.evaluation import evaluate, evaluate_features, market

quick = settings(max_examples=60, deadline=None)


@st.composite
def rankings(draw):
    """A small ranking with junk, distractors, ties and queries without a match."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    q, g = draw(st.integers(1, 8)), draw(st.integers(1, 25))
    levels = draw(st.sampled_from([3, 10, 10**6]))
    distance = rng.integers(0, levels, (q, g)).astype(np.float64)
    pids = rng.integers(1, 5, q), rng.integers(-1, 5, g)
    return distance, *pids, rng.integers(0, 3, q), rng.integers(0, 3, g)


def scores_or_none(*ranking, junk_pids=(-1,), **settings):
    if any(evaluation(*ranking, junk=junk_pids)):
        return evaluate(*ranking, junk_pids=junk_pids, **settings)
    with pytest.raises(ReproError, match="no query has a match"):
        evaluate(*ranking, junk_pids=junk_pids, **settings)
    return None


@quick
@given(rankings(), st.sampled_from(["step", "trapezoid"]), st.sampled_from([(-1,), ()]))
def test_equals_a_plain_loop(ranking, ap, junk):
    expected = evaluation(*ranking, ap, junk)
    valid = [score is not None for score in expected]
    result = scores_or_none(*ranking, ap=ap, junk_pids=junk)
    assert (result is not None) == any(valid)
    if result is None:
        return
    per_query = np.array([score or (0, 0, 0) for score in expected])
    assert result.valid.tolist() == valid
    np.testing.assert_allclose(result.ap, per_query[valid, 0])
    np.testing.assert_array_equal(result.first_match, per_query[:, 1])
    assert result.mAP == pytest.approx(per_query[valid, 0].mean())
    assert result.mINP == pytest.approx(per_query[valid, 2].mean())
    for rank in range(1, 51):
        assert result.cmc[rank - 1] == np.mean(per_query[valid, 1] <= rank)
    everyone = evaluate(*ranking, ap=ap, junk_pids=junk, average="all")
    np.testing.assert_allclose(everyone.ap, per_query[:, 0])
    assert everyone.mAP == pytest.approx(per_query[:, 0].mean())
    assert everyone.cmc[-1] == np.mean(valid)


@quick
@given(rankings(), st.integers(1, 60))
def test_cmc_has_the_asked_length_and_never_decreases(ranking, max_rank):
    """One peer returns 1, 1, 1, .5 when the rank exceeds the kept gallery."""
    result = scores_or_none(*ranking, max_rank=max_rank)
    if result is not None:
        assert result.cmc.shape == (max_rank,)
        assert (result.cmc.diff() >= 0).all()
        assert 0 <= result.cmc[0] <= result.cmc[-1] <= 1


@quick
@given(rankings(), st.randoms(use_true_random=False))
def test_ties_do_not_depend_on_the_order_of_the_gallery(ranking, random):
    distance, q_pid, g_pid, q_cam, g_cam = ranking
    order = list(range(len(g_pid)))
    random.shuffle(order)
    result = scores_or_none(*ranking)
    if result is not None:
        turned = evaluate(distance[:, order], q_pid, g_pid[order], q_cam, g_cam[order])
        assert torch.equal(turned.ap, result.ap)
        assert torch.equal(turned.cmc, result.cmc)


def test_a_constant_distance_earns_the_last_ranks():
    result = evaluate(np.zeros((1, 10)), [1], [1, 1] + [2] * 8, [0], [1] * 10)
    assert result.first_match.item() == 9
    assert result.mAP == pytest.approx((1 / 9 + 2 / 10) / 2)


def test_gallery_images_of_the_querys_own_camera_are_left_out():
    distance = [[0.0, 1.0, 2.0]]
    assert evaluate(distance, [1], [1, 2, 1], [0], [0, 0, 1]).cmc[:2].tolist() == [0, 1]
    assert evaluate(distance, [1], [1, 2, 1], [0], [1, 0, 1]).cmc[0] == 1


def test_junk_is_dropped_and_distractors_stay():
    labels = [1], [-1, 0, 1], [0], [1, 1, 1]
    distance = [[0.0, 1.0, 2.0]]
    assert evaluate(distance, *labels).first_match.item() == 2
    assert evaluate(distance, *labels, junk_pids=()).first_match.item() == 3
    assert evaluate(distance, *labels, junk_pids=(-1, 0)).first_match.item() == 1


def test_a_junk_query_has_no_match():
    result = evaluate(np.zeros((2, 2)), [-1, 1], [-1, 1], [0, 0], [1, 1])
    assert result.valid.tolist() == [False, True]


def test_step_and_trapezoid_by_hand():
    """Matches at ranks 2 and 4."""
    args = [[0.0, 1.0, 2.0, 3.0]], [1], [2, 1, 3, 1], [0], [1] * 4
    assert evaluate(*args).mAP == pytest.approx((1 / 2 + 2 / 4) / 2)
    trapezoid = ((0 + 1 / 2) / 2 + (1 / 3 + 2 / 4) / 2) / 2
    assert evaluate(*args, ap="trapezoid").mAP == pytest.approx(trapezoid)
    assert evaluate(*args).mINP == pytest.approx(2 / 4)


def test_queries_without_a_match():
    args = [[0.0], [0.0]], [1, 2], [1], [0, 0], [1]
    assert evaluate(*args).mAP == 1
    assert evaluate(*args).ap.tolist() == [1]
    everyone = evaluate(*args, average="all")
    assert everyone.mAP == 0.5
    assert everyone.ap.tolist() == [1, 0]
    assert everyone.cmc.tolist() == [0.5] * 50
    assert everyone.first_match.tolist() == [1, 0]


def test_the_result_is_frozen():
    result = evaluate([[0.0]], [1], [1], [0], [1])
    with pytest.raises(FrozenInstanceError):
        result.mAP = 1


@quick
@given(rankings(), st.integers(0, 2**32 - 1))
def test_features_give_the_same_as_their_distances(ranking, seed):
    _, *labels = ranking
    generator = torch.Generator().manual_seed(seed)
    query = torch.randn(len(labels[0]), 4, generator=generator).double()
    gallery = torch.randn(len(labels[1]), 4, generator=generator).double()
    result = scores_or_none(torch.cdist(query, gallery), *labels, average="all")
    if result is not None:
        same = evaluate_features(query.numpy(), gallery, *labels, average="all")
        assert torch.equal(same.ap, result.ap)
        assert torch.equal(same.first_match, result.first_match)


@quick
@given(rankings(), st.integers(0, 2**32 - 1), st.sampled_from(["float32", "float64"]))
def test_features_with_ties_give_the_same_as_their_distances(ranking, seed, dtype):
    """Whole numbers are exact in both, so that equal distances stay equal."""
    _, *labels = ranking
    rng = np.random.default_rng(seed)
    query, gallery = (rng.integers(0, 2, (len(pids), 3)) for pids in labels[:2])
    distance = np.sqrt(((query[:, None] - gallery) ** 2).sum(-1)).astype(dtype)
    result = scores_or_none(distance, *labels, average="all")
    if result is not None:
        features = query.astype(dtype), gallery.astype(dtype)
        same = evaluate_features(*features, *labels, average="all")
        assert torch.equal(same.ap, result.ap)
        assert torch.equal(same.cmc, result.cmc)
        assert torch.equal(same.first_match, result.first_match)


def test_features_in_float32_give_the_same_within_rounding():
    rng = np.random.default_rng(0)
    pids = rng.integers(1, 40, 60), rng.integers(0, 40, 900)
    centres = rng.normal(size=(40, 32))
    query, gallery = (
        (centres[p] + rng.normal(size=(len(p), 32))).astype(np.float32) for p in pids
    )
    labels = *pids, rng.integers(0, 3, 60), rng.integers(0, 3, 900)
    exact = np.linalg.norm(query[:, None].astype(float) - gallery, axis=-1)
    whole = evaluate(exact, *labels)
    same = evaluate_features(query, gallery, *labels)
    torch.testing.assert_close(same.ap, whole.ap, rtol=0, atol=1e-3)
    assert same.mAP == pytest.approx(whole.mAP, abs=1e-5)


def test_from_features_the_matrix_is_never_held(monkeypatch):
    rng = torch.Generator().manual_seed(0)
    query, gallery = (torch.randn(2000, 4, generator=rng) for _ in range(2))
    pids, zeros = torch.arange(2000) % 500, torch.zeros(2000)
    monkeypatch.setattr(market, "BLOCK_BYTES", 100 * 4 * 2000)
    with Memory() as memory:
        evaluate_features(query, gallery, pids, pids, zeros, zeros + 1)
    matrix = 2000 * 2000 * 4
    assert memory.largest_tensor < matrix / 5
    assert memory.peak_of_arrays < matrix / 5


def test_blocks_of_queries_make_no_difference(monkeypatch):
    rng = np.random.default_rng(0)
    query, gallery = rng.normal(size=(300, 4)), rng.normal(size=(30, 4))
    labels = rng.integers(0, 3, 300), rng.integers(0, 3, 30), [0] * 300, [1] * 30
    distance = np.linalg.norm(query[:, None] - gallery, axis=-1)
    monkeypatch.setattr(market, "BLOCK_BYTES", 30 * 8 * 70)
    blocks = evaluate_features(query, gallery, *labels)
    assert torch.equal(blocks.ap, evaluate(distance, *labels).ap)


def test_float32_and_tensors_of_labels():
    distance = torch.tensor([[1.0, 0.5, 2.0]])
    labels = [torch.tensor(t) for t in ([1], [2, 1, 1], [0], [1, 1, 1])]
    result = evaluate(distance, *labels)
    assert result.mAP == pytest.approx((1 + 2 / 3) / 2)


CASES = ["plain0", "junk_distractor", "junk_removed", "tiny_gallery"]


@pytest.mark.parametrize("case", CASES)
def test_golden_evaluation(case):
    golden = np.load(GOLDEN / "evaluation.npz")

    def of(what):
        return golden[f"{case}_{what}"]

    args = [of(what) for what in ("dist", "q_pid", "g_pid", "q_cam", "g_cam")]
    today = evaluate(*args, junk_pids=())
    cmc = of("torchreid_cmc")
    assert today.mAP == pytest.approx(of("torchreid_map").item(), abs=1e-6)
    sklearn = of("openreid_map_sklearn_new").item()
    assert today.mAP == pytest.approx(sklearn, abs=1e-6)
    np.testing.assert_allclose(today.cmc[: len(cmc)], cmc, atol=1e-6)
    np.testing.assert_allclose(today.ap, of("fastreid_ap"), atol=1e-6)
    assert today.mINP == pytest.approx(of("fastreid_inp").mean(), abs=1e-6)
    then = evaluate(*args, ap="trapezoid", average="all")
    expected = of("layumi_map_over_all_queries").item()
    assert then.mAP == pytest.approx(expected, abs=1e-6)
    np.testing.assert_allclose(then.ap, of("layumi_ap"), atol=1e-6)
    sums = of("layumi_cmc_sum")[:50]
    np.testing.assert_allclose(then.cmc[: len(sums)] * len(then.ap), sums, atol=1e-6)


@pytest.mark.parametrize(
    "name", ["query_pids", "gallery_pids", "query_camids", "gallery_camids"]
)
def test_labels_that_do_not_fit_are_named(name):
    labels = {
        "query_pids": [1, 2],
        "gallery_pids": [1, 2, 3],
        "query_camids": [0, 0],
        "gallery_camids": [1, 1, 1],
    }
    labels[name] = [*labels[name], 1]
    with pytest.raises(ReproError, match=f"{name} has shape"):
        evaluate(np.zeros((2, 3)), **labels)
    with pytest.raises(ReproError, match=f"{name} has shape"):
        evaluate_features(np.zeros((2, 4)), np.zeros((3, 4)), **labels)


@pytest.mark.parametrize(
    ("distance", "settings", "named"),
    [
        ([[np.nan, 1.0]], {}, "query 0"),
        ([[0.0, 1.0]], {"ap": "area"}, "'area'"),
        ([[0.0, 1.0]], {"average": "some"}, "'some'"),
        ([0.0, 1.0], {}, "distance has shape"),
        (np.zeros((0, 2)), {}, "0 queries"),
    ],
)
def test_bad_input_is_named(distance, settings, named):
    with pytest.raises(ReproError, match=named):
        evaluate(distance, [1], [1, 2], [0], [1, 1], **settings)


def test_features_of_two_networks_are_refused():
    with pytest.raises(ReproError, match="4 channels and gallery 5"):
        evaluate_features(np.zeros((1, 4)), np.zeros((1, 5)), [1], [1], [0], [1])
