"""Twelve mistakes that public codes of this method make: the wrong way beside ours.

Each wrong way is written out as those codes have it, and must give the wrong answer.
"""

import numpy as np
import pytest
import torch
from references import evaluation, path_cost, reranked
from sklearn.metrics import auc, average_precision_score, precision_recall_curve
from torch.nn.functional import kl_div, normalize

from reprolib import losses, networks
from reprolib import settings as profiles
from reprolib.alignment import (
    local_distance,
    paired_local_distance,
    shortest_path,
    stripe_distances,
)
from reprolib.errors import ReproError
from reprolib.evaluation import evaluate
from reprolib.evaluation.features import embed
from reprolib.evaluation.single_shot import single_shot, single_shot_limit
from reprolib.reranking import k_reciprocal


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


# Alignment.


def test_01_the_serial_form_sums_the_first_column():
    d = torch.tensor([[1.0, 1.0, 1.0], [50.0, 50.0, 1.0], [50.0, 50.0, 1.0]])
    for cost, serial in ((d, 101), (d.T, 3)):
        assert cost[:, 0].sum() == serial
        assert shortest_path(cost) == path_cost(cost.numpy()) == 5


def test_02_the_printed_element_distance_overflows_in_float32():
    x = torch.tensor([88.0, 89.0])
    printed = (x.exp() - 1) / (x.exp() + 1)
    assert printed.isnan().tolist() == [False, True]
    f, g = torch.zeros(1, 1, 4), torch.full((1, 1, 4), 89.0 / 2)
    for distance in (stripe_distances, local_distance, paired_local_distance):
        assert distance(f, g).item() == 1
        assert distance(1e4 * f, 1e4 * g).item() == 1


def test_03_the_stripes_before_the_convolution_are_not_what_was_trained():
    settings = profiles.load("smoke", local_channels=16).network
    network, images = networks.build(settings, 3, seed=0), random(2, 3, 112, 56)
    images = (255 * images.sigmoid()).to(torch.uint8)
    maps = []
    network.backbone.register_forward_hook(lambda *hooked: maps.append(hooked[-1]))
    ours = embed(network, images)[1]
    with torch.no_grad():
        for weight in network.local.parameters():
            weight.add_(0.5 * random(*weight.shape, seed=1))
    other = embed(network, images)[1]
    # The convolution was changed: pooled rows of the map do not notice, ours do.
    assert torch.equal(*maps)
    assert not torch.allclose(ours, other, atol=0.01)
    assert ours.shape == (2, maps[0].shape[2], 16)
    torch.testing.assert_close(ours.norm(dim=2), torch.ones(ours.shape[:2]))
    before = maps[0].amax(3).transpose(1, 2)
    with pytest.raises(ReproError, match="same C from the same network"):
        local_distance(ours, before)


def test_04_the_root_of_a_product_is_not_0_for_equal_images_and_has_no_gradient():
    f = normalize(random(8, 7, 128), dim=2).requires_grad_()
    flat = f.flatten(0, 1)
    norms = flat.square().sum(1)
    squares = norms[:, None] - 2 * flat @ flat.T + norms
    wrong = squares.clamp(min=0).sqrt()
    assert 1e-5 < wrong.diagonal().max() < 2e-3
    assert not torch.autograd.grad(wrong.sum(), f)[0].isfinite().all()
    itself = stripe_distances(f, f).diagonal(dim1=0, dim2=1).diagonal(dim1=0, dim2=1)
    assert not itself.any()
    for distance in (stripe_distances, local_distance, paired_local_distance):
        gradient = torch.autograd.grad(distance(f, f).sum(), f)[0]
        assert gradient.isfinite().all()


# Evaluation.


def case(queries=20, gallery=60, seed=0):
    """Random distances of a few people by two cameras, the queries by a third."""
    rng = np.random.default_rng(seed)
    distance = rng.random((queries, gallery))
    pids = rng.integers(1, 6, queries), rng.integers(1, 6, gallery)
    return distance, *pids, np.full(queries, 3), rng.integers(1, 3, gallery)


def test_05_the_two_kinds_of_ap_are_points_apart():
    distance, q_pid, g_pid, *camids = case()
    steps, trapezoids = [], []
    for row, pid in zip(distance, q_pid, strict=True):
        precision, recall, _ = precision_recall_curve(g_pid == pid, -row)
        trapezoids.append(auc(recall, precision))
        steps.append(average_precision_score(g_pid == pid, -row))
    today = evaluate(distance, q_pid, g_pid, *camids)
    then = evaluate(distance, q_pid, g_pid, *camids, ap="trapezoid")
    np.testing.assert_allclose(today.ap, steps)
    np.testing.assert_allclose(then.ap, trapezoids)
    assert today.mAP > then.mAP + 0.01


def test_06_junk_left_in_counts_as_a_wrong_answer_and_distractors_stay():
    labels = [1], [-1, 0, 1], [0], [1, 1, 1]
    distance = [[0.0, 1.0, 2.0]]
    left_in = evaluate(distance, *labels, junk_pids=())
    without_distractors = evaluate(distance, *labels, junk_pids=(-1, 0))
    assert left_in.first_match.item() == 3
    assert without_distractors.first_match.item() == 1
    assert evaluate(distance, *labels).first_match.item() == 2


def test_07_the_mean_over_all_queries_is_not_that_over_valid_ones():
    distance, q_pid, *labels = case(queries=40)
    q_pid[:20] = 99
    valid = evaluate(distance, q_pid, *labels)
    everyone = evaluate(distance, q_pid, *labels, average="all")
    assert valid.valid.tolist() == everyone.valid.tolist() == [False] * 20 + [True] * 20
    assert everyone.mAP == pytest.approx(valid.mAP / 2)
    assert everyone.cmc[-1] == 0.5 and valid.cmc[-1] == 1


def test_08_a_cmc_never_decreases_where_a_gallery_is_shorter_than_the_rank():
    """Query 0 keeps three pictures, query 1 four; both find theirs at once."""
    distance, q_pid, g_pid = [[0.0, 1, 2, 3], [3.0, 2, 1, 0]], [1, 2], [1, 3, 4, 2]
    q_cam, g_cam = [0, 0], [1, 1, 1, 1]
    distance, g_pid = np.c_[distance, [9, 9]], [*g_pid, 1]  # by camera 0, of query 0
    g_cam = [*g_cam, 0]
    wrong = np.zeros(5)
    for row, pid in zip(distance, q_pid, strict=True):
        kept = [g for g in range(5) if not (g_pid[g] == pid and g_cam[g] == 0)]
        hits = [g_pid[g] == pid for g in sorted(kept, key=row.__getitem__)]
        wrong[: len(hits)] += np.maximum.accumulate(hits) / 2
    assert (np.diff(wrong) < 0).any()
    result = evaluate(distance, q_pid, g_pid, q_cam, g_cam, max_rank=5)
    assert result.cmc.tolist() == [1.0] * 5


def test_09_sorted_ties_depend_on_the_order_of_the_files():
    distance, labels = np.zeros((1, 10)), ([1], [0], [1] * 10)
    ranks, ours = set(), set()
    for place in range(10):
        g_pid = np.where(np.arange(10) == place, 1, 2)
        order = np.argsort(distance[0], kind="stable")
        ranks.add(int(np.flatnonzero(g_pid[order] == 1)[0]) + 1)
        result = evaluate(distance, labels[0], g_pid, *labels[1:])
        ours.add(result.first_match.item())
    assert ranks == set(range(1, 11))
    assert ours == {10}


# Re-ranking.


def people(q, g, seed):
    """The distances of a few people, query to gallery and within each."""
    rng = np.random.default_rng(seed)
    centres = 2 * rng.normal(size=(5, 6))
    query, gallery = (
        centres[rng.integers(0, 5, n)] + rng.normal(size=(n, 6)) for n in (q, g)
    )
    pairs = ((query, gallery), (query, query), (gallery, gallery))
    return [np.linalg.norm(a[:, None] - b[None], axis=-1) for a, b in pairs]


def test_10_reranking_counts_oneself_among_k1_plus_1_neighbours():
    distances = people(20, 60, 0)
    ours = k_reciprocal(*distances, k1=8, k2=3).numpy()
    np.testing.assert_allclose(ours, reranked(*distances, 8, 3, 0.3), atol=1e-9)
    one_too_few = reranked(*distances, 7, 3, 0.3)
    assert np.abs(ours - one_too_few).max() > 0.05


@pytest.mark.parametrize(("k1", "half", "wrong"), [(5, 2, 3), (7, 4, 3), (9, 4, 5)])
def test_10_reranking_halves_k1_by_the_bankers_rule(k1, half, wrong):
    """Halves go to the even number: neither up, as in school, nor down."""
    assert round(k1 / 2) == np.around(k1 / 2) == half
    distances = people(20, 60, k1)
    ours = k_reciprocal(*distances, k1=k1, k2=3).numpy()
    banker = reranked(*distances, k1, 3, 0.3, half)
    np.testing.assert_allclose(ours, banker, atol=1e-9)
    assert np.abs(ours - reranked(*distances, k1, 3, 0.3, wrong)).max() > 0.01


def test_10_reranking_clamps_the_neighbours_to_the_images_there_are():
    distances = people(2, 3, 0)
    with pytest.raises(ValueError, match="kth"):
        np.argpartition(distances[2], 20, axis=1)
    ours = k_reciprocal(*distances, k1=20, k2=6)
    assert torch.isfinite(ours).all()
    np.testing.assert_allclose(ours, reranked(*distances, 20, 6, 0.3), atol=1e-9)


def test_10_reranking_divides_by_the_maximum_over_query_and_gallery_together():
    qg, qq, gg = people(4, 6, 1)
    qq[0, 3] = qq[3, 0] = 20  # the farthest image of query 0 is another query
    together = np.maximum(qg.max(1), qq.max(1))[:, None]
    ours = k_reciprocal(qg, qq, gg, lambda_=1.0).numpy()
    np.testing.assert_allclose(ours, (qg / together) ** 2)
    gallery_alone = (qg / qg.max(1, keepdims=True)) ** 2
    assert np.abs(ours - gallery_alone).max() > 0.1


def test_10_reranking_in_half_precision_is_another_result():
    # A common offset, as that of features after a ReLU, costs half precision's digits.
    query, gallery = (30 + random(n, 8, seed=n).double() for n in (20, 60))
    pairs = ((query, gallery), (query, query), (gallery, gallery))
    exact = k_reciprocal(*(torch.cdist(*pair) for pair in pairs))
    halved = []
    for a, b in pairs:
        a, b = a.half(), b.half()
        norms = a.square().sum(1)[:, None] + b.square().sum(1)
        halved.append((norms - 2 * a @ b.T).clamp(min=0).float().sqrt())
    assert (k_reciprocal(*halved) - exact).abs().max() > 0.1
    ours = k_reciprocal(*(torch.cdist(*pair).float() for pair in pairs))
    assert (ours - exact).abs().max() < 1e-5


# Mutual learning.


def test_11_students_that_read_each_other_between_steps_drift():
    logits = [random(6, 5, seed=s).requires_grad_() for s in (1, 2)]
    loss = losses.classification_mutual_losses(logits)
    one_loop = torch.autograd.grad(loss, logits)
    for student, teacher, ours in zip(logits, logits[::-1], one_loop, strict=True):
        alone = losses.classification_mutual_loss(student, teacher.detach())
        torch.testing.assert_close(torch.autograd.grad(alone, student)[0], ours)
    # In threads the second student may find the first already moved.
    moved = (logits[0] - one_loop[0]).detach()
    late = losses.classification_mutual_loss(logits[1], moved)
    drifted = torch.autograd.grad(late, logits[1])[0]
    assert not torch.allclose(drifted, one_loop[1], atol=1e-3)


def test_11_kl_averaged_over_the_classes_too_is_too_small_by_their_number():
    student, target = random(4, 751, seed=1), random(4, 751, seed=2)
    p, q = target.softmax(1), student.softmax(1)
    wrong = kl_div(q.log(), p, reduction="none").mean()
    ours = losses.classification_mutual_loss(student, target)
    torch.testing.assert_close(ours, (p * (p / q).log()).sum(1).mean())
    torch.testing.assert_close(ours / wrong, torch.tensor(751.0))


# CUHK03.


def test_12_single_shot_galleries_drawn_without_a_seed_cannot_be_repeated():
    ranking = case(gallery=200)
    unseeded = [single_draw(ranking, np.random.default_rng()) for _ in range(20)]
    assert len(set(unseeded)) > 1
    ours = [single_shot(*ranking, draws=10, seed=s) for s in (0, 0, 1)]
    assert torch.equal(ours[0].cmc_by_draw, ours[1].cmc_by_draw)
    assert not torch.equal(ours[0].cmc_by_draw, ours[2].cmc_by_draw)
    spread = ours[0].mAP_by_draw.std()
    assert spread > 0
    limit = single_shot_limit(*ranking)
    assert abs(ours[0].mAP - limit.mAP) < 4 * spread / 10**0.5


def single_draw(ranking, rng):
    """mAP of one gallery with a picture of each person."""
    distance, q_pid, g_pid, q_cam, g_cam = ranking
    one = [rng.choice(np.flatnonzero(g_pid == pid)) for pid in np.unique(g_pid)]
    scores = evaluation(distance[:, one], q_pid, g_pid[one], q_cam, g_cam[one])
    return float(np.mean([ap for ap, *_ in scores]))
