"""One shot an identity, a list a query, frames pooled: each against a plain loop."""

from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from references import evaluation
from torch.nn.functional import normalize

from reprolib import networks
from reprolib import settings as profiles
from reprolib.data.pictures import Pixels
from reprolib.data.tracklets import by_tracklet, pool_tracklets
from reprolib.errors import ReproError
from reprolib.evaluation import evaluate, protocols, scoring
from reprolib.evaluation.features import distance, embed_split
from reprolib.evaluation.single_shot import heads, single_shot, single_shot_limit

quick = settings(max_examples=40, deadline=None)
SCORES = ("cmc", "mAP", "ap", "mINP", "first_match")


@st.composite
def rankings(draw):
    """A small ranking with junk, distractors and ties; query 0 always has a match."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    q, g = draw(st.integers(1, 4)), draw(st.integers(2, 9))
    distance = rng.integers(0, draw(st.sampled_from([3, 10**6])), (q, g)).astype(float)
    q_pid, g_pid = rng.integers(1, 5, q), rng.integers(-1, 5, g)
    q_cam, g_cam = rng.integers(0, 3, q), rng.integers(0, 3, g)
    g_pid[0], g_cam[0] = q_pid[0], q_cam[0] + 1
    return distance, q_pid, g_pid, q_cam, g_cam


def ranked(chosen, query, distance, q_pid, g_pid, q_cam, g_cam):
    """Rank of the match among the chosen gallery pictures, by the plain loop."""
    one, names = slice(query, query + 1), (q_pid, g_pid[chosen], q_cam, g_cam[chosen])
    row = distance[one][:, chosen]
    found = evaluation(row, names[0][one], names[1], names[2][one], names[3])[0]
    return found[1]


def drawable(query, distance, q_pid, g_pid, q_cam, g_cam):
    """The places of each identity that query may meet, each distractor by itself."""
    del distance
    groups = {}
    for place, (pid, cam) in enumerate(zip(g_pid, g_cam, strict=True)):
        if pid == -1 or (pid == q_pid[query] and cam == q_cam[query]):
            continue
        groups.setdefault((pid, place if pid == 0 else None), []).append(place)
    return groups


def has_match(query, *ranking):
    return any(pid == ranking[1][query] for pid, _ in drawable(query, *ranking))


# One shot an identity.


@quick
@given(rankings())
def test_the_limit_is_the_mean_over_all_galleries_that_can_be_drawn(ranking):
    limit = single_shot_limit(*ranking, max_rank=12)
    cmc, ap, ranks = [], [], []
    for query in range(len(ranking[0])):
        assert limit.valid[query] == has_match(query, *ranking)
        if not limit.valid[query]:
            assert limit.first_match[query] == 0
            continue
        galleries = product(*drawable(query, *ranking).values())
        found = np.array([ranked(list(g), query, *ranking) for g in galleries])
        cmc.append([np.mean(found <= rank) for rank in range(1, 13)])
        ap.append(np.mean(1 / found))
        ranks.append(found.mean())
    np.testing.assert_allclose(limit.cmc, np.mean(cmc, 0), atol=1e-12)
    np.testing.assert_allclose(limit.ap, ap, atol=1e-12)
    np.testing.assert_allclose(limit.first_match[limit.valid], ranks, atol=1e-12)
    assert limit.mAP == limit.mINP == pytest.approx(np.mean(ap))


@quick
@given(rankings(), st.integers(0, 100))
def test_a_draw_is_one_gallery_for_all_queries(ranking, seed):
    """The plain loop walks through the gallery in the order that the draw gave it."""
    result = single_shot(*ranking, draws=3, seed=seed, max_rank=12)
    kept = np.flatnonzero(ranking[2] != -1)
    kept = kept[np.argsort(ranking[2][kept], kind="stable")]
    rng = np.random.default_rng(seed)
    valid = [q for q in range(len(ranking[0])) if has_match(q, *ranking)]
    ranks = np.empty((3, len(valid)))
    for row in ranks:
        turn = np.full(len(ranking[2]), -1)
        turn[kept] = rng.permutation(len(kept))
        for column, query in enumerate(valid):
            groups = drawable(query, *ranking).values()
            gallery = [min(group, key=turn.__getitem__) for group in groups]
            row[column] = ranked(gallery, query, *ranking)
    np.testing.assert_allclose(result.mAP_by_draw, (1 / ranks).mean(1))
    reached = (ranks[:, :, None] <= np.arange(1, 13)).mean(1)
    np.testing.assert_allclose(result.cmc_by_draw, reached)
    np.testing.assert_allclose(result.cmc, reached.mean(0))
    np.testing.assert_allclose(result.first_match[valid], ranks.mean(0))
    np.testing.assert_allclose(result.ap, (1 / ranks).mean(0))
    assert result.mAP == pytest.approx((1 / ranks).mean())


def people(q=30, shots=4, ids=12, seed=0):
    """Distances of people seen by camera 1 among `shots` pictures by camera 2."""
    rng = np.random.default_rng(seed)
    q_pid, g_pid = rng.integers(1, ids + 1, q), np.arange(1, ids + 1).repeat(shots)
    apart = 1 + (q_pid[:, None] != g_pid)
    distance = apart + rng.normal(size=(q, len(g_pid)))
    return distance, q_pid, g_pid, np.ones(q, int), np.full(len(g_pid), 2)


def test_many_draws_come_to_the_limit():
    ranking = people()
    drawn = single_shot(*ranking, draws=4000)
    limit = single_shot_limit(*ranking)
    error = 5 * float(drawn.cmc_by_draw.std(0).max()) / 4000**0.5
    np.testing.assert_allclose(drawn.cmc, limit.cmc, atol=error)
    np.testing.assert_allclose(drawn.mAP, limit.mAP, atol=error)


def test_heads_of_many_coins_follow_the_recurrence():
    """One coin after the other: k heads are k and a tail, or k - 1 and a head."""
    coins = np.random.default_rng(0).random((3, 301)) ** 4
    coins[0, :7], coins[1, :5] = 0, 1
    chance = np.zeros((3, 302))
    chance[:, 0] = 1
    for p in coins.T[:, :, None]:
        chance = (1 - p) * chance + p * np.pad(chance, ((0, 0), (1, 0)))[:, :-1]
    np.testing.assert_allclose(heads(coins), chance, atol=1e-13)
    assert heads(np.ones((2, 0))).tolist() == [[1], [1]]


def test_one_picture_an_identity_is_the_market_protocol():
    ranking = people(shots=1)
    whole = evaluate(*ranking)
    for result in (
        single_shot(*ranking, draws=3),
        single_shot_limit(*ranking),
    ):
        for name in SCORES:
            torch.testing.assert_close(
                torch.as_tensor(getattr(result, name)).double(),
                torch.as_tensor(getattr(whole, name)).double(),
            )


def test_galleries_of_one_shot_have_easier_rank_5_but_harder_rank_1():
    """Fewer wrong pictures, but the nearest of several right ones is lost."""
    ranking = people(q=200, seed=3)
    whole, limit = evaluate(*ranking), single_shot_limit(*ranking)
    assert limit.cmc[0] < whole.cmc[0]
    assert limit.first_match.max() <= 12


@pytest.mark.parametrize("score", [single_shot, single_shot_limit])
def test_queries_without_a_match_count_as_0_if_asked(score):
    distance, q_pid, *rest = people(q=4)
    q_pid[:3] = 99
    valid = score(distance, q_pid, *rest)
    everyone = score(distance, q_pid, *rest, average="all")
    assert valid.valid.tolist() == [False, False, False, True]
    assert len(valid.ap) == 1 and len(everyone.ap) == 4
    assert everyone.mAP == pytest.approx(valid.mAP / 4)
    torch.testing.assert_close(everyone.cmc, valid.cmc / 4)


def test_what_cannot_be_drawn_is_named():
    with pytest.raises(ReproError, match="draws = 0"):
        single_shot(*people(), draws=0)
    with pytest.raises(ReproError, match="gallery_camids has shape"):
        single_shot(*people()[:4], [2])
    distance, q_pid, *rest = people()
    with pytest.raises(ReproError, match="no query has a match"):
        single_shot_limit(distance, q_pid + 100, *rest)


# A list a query.


@quick
@given(rankings(), st.data())
def test_lists_are_scored_as_the_columns_alone(ranking, data):
    distance, q_pid, g_pid, q_cam, g_cam = ranking
    places = st.lists(st.integers(0, len(g_pid) - 1), unique=True)
    lists = data.draw(st.lists(places, min_size=len(q_pid), max_size=len(q_pid)))
    lists[0] = sorted({0, *lists[0]})
    result = protocols.listed(distance, lists, *ranking[1:], average="all")
    for query, columns in enumerate(lists):
        own = slice(query, query + 1)
        labels = q_pid[own], g_pid[columns], q_cam[own], g_cam[columns]
        (found,) = evaluation(distance[own][:, columns], *labels)
        assert result.valid[query] == (found is not None)
        ap, first, _ = found or (0, 0, 0)
        assert result.ap[query] == pytest.approx(ap)
        assert result.first_match[query] == first
    first = result.first_match[result.valid]
    assert result.cmc[1] == pytest.approx(((first <= 2).sum() / len(lists)).item())
    valid = protocols.listed(distance, lists, *ranking[1:])
    torch.testing.assert_close(valid.ap, result.ap[result.valid])
    torch.testing.assert_close(valid.cmc * len(valid.ap), result.cmc * len(lists))
    assert valid.mAP == pytest.approx(valid.ap.mean().item())
    assert valid.mINP * len(valid.ap) == pytest.approx(result.mINP * len(lists))


def test_lists_of_everybody_are_the_market_protocol():
    ranking = people()
    lists = [range(ranking[0].shape[1])] * 30
    for rules in ({}, {"ap": "trapezoid", "max_rank": 7}):
        listed, whole = (
            protocols.listed(*ranking[:1], lists, *ranking[1:], **rules),
            evaluate(*ranking, **rules),
        )
        for name in SCORES:
            assert np.allclose(getattr(listed, name), getattr(whole, name)), name


@pytest.mark.parametrize(
    ("lists", "named"),
    [
        ([[0]], "1 lists of candidates and 2 queries"),
        ([[0], [3]], "candidates of query 1 .* 3, expected indices of 3"),
        ([[-1], [0]], "candidates of query 0"),
        ([[1], []], "no query has a match in its list"),
    ],
)
def test_lists_that_do_not_fit_are_named(lists, named):
    with pytest.raises(ReproError, match=named):
        protocols.listed(np.zeros((2, 3)), lists, [1, 2], [1, 3, 2], [0, 0], [1] * 3)


# Tracklets.


def test_frames_are_averaged_by_tracklet_and_scaled_to_unit_length():
    rng = torch.Generator().manual_seed(0)
    tracklets = torch.tensor([2, 2, 1, 0, 2, 0, 1])
    pids = torch.tensor([7, 7, 7, 7, 8, 7, 7])
    camids = torch.tensor([1, 1, 1, 1, 1, 1, 2])
    rows = [
        [0, 1],
        [2],
        [3],
        [4],
        [5],
        [6],
    ]  # 0 is no tracklet; the rest need all three
    for shape in ((7, 5), (7, 3, 5)):
        features = torch.randn(*shape, generator=rng)
        pooled = pool_tracklets(features, tracklets, pids, camids)
        expected = [normalize(features[row].mean(0), dim=-1) for row in rows]
        torch.testing.assert_close(pooled, torch.stack(expected))


def frames():
    """Four tracklets of two people and a distractor, and two single pictures."""
    images = torch.randint(0, 256, (9, 3, 112, 56), dtype=torch.uint8)
    pids = torch.tensor([1, 1, 1, 2, 2, 0, 0, 2, 2])
    camids = torch.tensor([1, 1, 2, 2, 2, 1, 1, 1, 1])
    tracklets = torch.tensor([1, 1, 1, 1, 1, 1, 1, 0, 0])
    return Pixels(images, pids, camids, tracklets)


def test_pictures_and_labels_stand_for_their_tracklets():
    pixels = frames()
    units = by_tracklet(pixels)
    assert units.pids.tolist() == [1, 1, 2, 0, 2, 2]
    assert units.camids.tolist() == [1, 2, 2, 1, 1, 1]
    assert torch.equal(units.images, pixels.images[[0, 2, 3, 5, 7, 8]])
    assert units.frames is pixels
    still = Pixels(*(getattr(pixels, n) for n in ("images", "pids", "camids")))
    assert by_tracklet(still) is still


def test_the_features_of_tracklets_are_the_means_of_their_frames():
    pixels = frames()
    network = networks.build(profiles.load("smoke").network, 3, seed=0)
    each = embed_split(network, pixels)
    pooled = embed_split(network, by_tracklet(pixels))
    assert len(each.local) == 9 and len(pooled.local) == 6
    for one, of_frames in zip(pooled, each, strict=True):
        expected = normalize(of_frames[:2].mean(0), dim=-1)
        torch.testing.assert_close(one[0], expected)
        torch.testing.assert_close(one[5], of_frames[8])


# One entry.


def test_a_data_set_is_scored_as_it_asks():
    ranking = people(seed=2)
    distance, q_pid, g_pid, q_cam, g_cam = (torch.as_tensor(x) for x in ranking)
    query, gallery = Pixels(None, q_pid, q_cam), Pixels(None, g_pid, g_cam)
    lists = [range(0, 48, 2)] * 30
    asked = (
        ((), {}, evaluate(*ranking)),
        (("single-shot",), {"draws": 5}, single_shot(*ranking, draws=5)),
        (("market", lists), {}, protocols.listed(distance, lists, *ranking[1:])),
    )
    scores = []
    for how, rules, expected in asked:
        found = protocols.score(distance, query, gallery, *how, **rules)
        assert torch.equal(found.cmc, expected.cmc)
        scores.append(found.mAP)
    assert len(set(scores)) == 3
    with pytest.raises(ReproError, match="protocol = 'cuhk'.*'single-shot'"):
        protocols.score(distance, query, gallery, "cuhk")


def test_a_network_is_tested_as_the_data_set_asks():
    network = networks.build(profiles.load("smoke").network, 3, seed=0)
    pixels = frames()
    units = by_tracklet(pixels)
    both = embed_split(network, units)
    d = distance("aligned", both, both)
    lists = [[k, 0, 3, 5] for k in range(6)]
    for how in (("market", None), ("single-shot", None), ("market", lists)):
        test = scoring.Test(units, units, *how)
        found = scoring.score_kinds(test, *test.embed(network), ("aligned",))
        expected = protocols.score(d, units, units, *how)
        assert found["aligned"]["rank1"] == pytest.approx(100 * float(expected.cmc[0]))
        assert found["aligned"]["mAP"] == pytest.approx(100 * expected.mAP)
