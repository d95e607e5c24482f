"""Which networks are compared, what is read from disk, and what their scores are."""

from dataclasses import replace

import pytest
import torch

from reprolib.training import checkpoints
from reprolib.study import store as experiments
from reprolib.evaluation import features as matching
from reprolib import settings as profiles, training
from reprolib.book import run as records
from reprolib.alignment.distances import euclidean
from reprolib.errors import ReproError

SETTINGS = replace(
    profiles.settings("smoke"), steps=2, channels=8, seeds=(0,), train_ids=10
)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


def bench(runs, settings=SETTINGS):
    run = records.open_run("x", profile="smoke", settings=settings, runs_root=runs)
    return experiments.Bench(run)


def test_the_grid_has_every_method_here_and_three_at_the_other_boxes():
    settings = replace(SETTINGS, seeds=(4, 7), box_error=1.0)
    grid = experiments.grid(settings)
    for seed in (4, 7):
        names = [variant for variant, s in grid if s == seed]
        assert {f"{m}-box1" for m in experiments.METHODS} < set(names)
        assert sorted(n for n in names if n.endswith("box0")) == [
            "aligned-box0",
            "global-box0",
            "unaligned-box0",
        ]
    photographs = experiments.grid(replace(settings, box_error=0.0))
    assert ("mutual-box0", 4) in photographs and ("mutual-box1", 4) not in photographs


def test_a_leak_changes_who_the_extra_people_are_and_nothing_else():
    assert experiments.leaks(replace(SETTINGS, seeds=(4,))) == [
        ("strangers-box1", 4),
        ("leaked-box1", 4),
    ]
    strangers, leaked = (
        experiments.variant_settings(f"{leak}-box1", SETTINGS)
        for leak in experiments.LEAKS
    )
    assert strangers == replace(SETTINGS, local="aligned", extra_people="strangers")
    assert leaked == replace(strangers, extra_people="tested", overlap="keep")


def test_leaked_people_are_trained_on_and_scored_apart(runs):
    here = bench(runs)
    usual, query = here.pixels("train", 1), here.pixels("query", 1)
    found = {}
    for leak in experiments.LEAKS:
        settings = experiments.variant_settings(f"{leak}-box1", SETTINGS)
        dataset, pixels = here.training(settings)
        assert len(pixels) == len(usual) + 10 * SETTINGS.train_shots
        assert torch.equal(pixels.images[: len(usual)], usual.images)
        assert pixels.sets is None
        both = set(pixels.pids.tolist()) & set(query.pids.tolist())
        files = {p.path.name for p in (*dataset.query, *dataset.gallery)}
        assert not files & {p.path.name for p in dataset.train}
        assert len(both) == dataset.overlap["people"] == (10 if leak == "leaked" else 0)
        _, record = here.obtain(f"{leak}-box1", 0)
        assert record["scores"]["overlap"] == dataset.overlap
        found[leak] = record["scores"]
    known = torch.isin(query.pids, torch.tensor(sorted(both))).float().mean().item()
    for scores in found.values():
        every = scores["students"][0]["1"]
        for kind, apart in scores["queries"]["leaked"].items():
            for score, value in apart.items():
                other = scores["queries"]["others"][kind][score]
                mean = known * value + (1 - known) * other
                assert mean == pytest.approx(every[kind][score], abs=1e-4)
    assert found["leaked"]["queries"] != found["strangers"]["queries"]


def test_the_guard_leaves_nobody_of_the_test_in_training(runs):
    settings = replace(SETTINGS, extra_people="tested", overlap="remove")
    with pytest.raises(ReproError, match="all 60 training pictures show people of"):
        bench(runs).training(settings)


def test_a_variant_changes_only_what_its_name_says():
    found = experiments.variant_settings("mutual-box0", SETTINGS)
    assert found == replace(SETTINGS, box_error=0.0, local="aligned", students=2)
    for wrong in ("mutual", "mutual-box2", "miracle-box1"):
        with pytest.raises(ReproError, match=f"{wrong}.*expected METHOD-box0"):
            experiments.variant_settings(wrong, SETTINGS)


def test_what_is_trained_is_read_again_and_scored_again_for_other_doses(
    runs, monkeypatch
):
    trained, record = bench(runs).obtain("aligned-box1", 0)
    assert trained.step == 2
    assert list(record["scores"]["students"][0]) == ["0", "1"]
    assert set(record["scores"]["students"][0]["1"]) == set(matching.KINDS)

    def no_more_steps(*_):
        raise AssertionError("it was trained again")

    monkeypatch.setattr(training, "batch_loss", no_more_steps)
    again, same = bench(runs).obtain("aligned-box1", 0)
    assert same == record and again.history == trained.history
    other = bench(runs, replace(SETTINGS, doses=(0.5,)))
    assert list(other.obtain("aligned-box1", 0)[1]["scores"]["students"][0]) == ["0.5"]


def test_networks_trained_again_by_other_code_are_scored_again(runs, monkeypatch):
    _, old = bench(runs).obtain("triplet-box1", 0)
    loss = training.batch_loss

    def other_loss(*arguments):
        total, parts = loss(*arguments)
        return 3 * total, parts

    monkeypatch.setattr(training, "batch_loss", other_loss)
    monkeypatch.setattr(checkpoints, "code_digest", lambda: "other code")
    trained, new = bench(runs).obtain("triplet-box1", 0)
    assert new["scores"]["history"] == trained.history != old["scores"]["history"]


def test_scores_are_those_of_the_features_and_rise_with_the_rank(runs):
    here = bench(runs)
    trained, record = here.obtain("global-box1", 0)
    query, gallery = here.pixels("query", 1), here.pixels("gallery", 1)
    q, g = (matching.embedded(trained.networks[0], x).global_ for x in (query, gallery))
    nearest_right = 0
    for i in range(len(query)):
        mine = gallery.pids == query.pids[i]
        kept = (gallery.pids != -1) & ~(mine & (gallery.camids == query.camids[i]))
        d = (g - q[i]).norm(dim=1).masked_fill(~kept, float("inf"))
        nearest_right += int(gallery.pids[d.argmin()] == query.pids[i])
    found = record["scores"]["students"][0]["1"]
    assert list(found) == ["global"]  # its local branch was never trained
    wanted = 100 * nearest_right / len(query)
    assert found["global"]["rank1"] == pytest.approx(wanted)
    assert found["global"]["rank1"] <= found["global"]["rank5"] <= 100


def test_a_sum_of_kinds_is_the_sum_of_their_distances():
    generator = torch.Generator().manual_seed(0)
    sets = [
        matching.Embedded(
            torch.randn(n, 6, generator=generator),
            torch.randn(n, 7, 4, generator=generator),
        )
        for n in (3, 5)
    ]
    parts = {kind: matching.distance(kind, *sets) for kind in matching.KINDS}
    torch.testing.assert_close(
        parts["global"], euclidean(sets[0].global_, sets[1].global_)
    )
    for local in ("aligned", "unaligned"):
        both = parts["global"] + parts[local]
        torch.testing.assert_close(parts[f"global+{local}"], both)
    assert not torch.allclose(parts["aligned"], parts["unaligned"])
    with pytest.raises(ReproError, match="unknown kind 'loca'"):
        matching.distance("loca", *sets)


def test_pictures_are_decoded_once(runs):
    here = bench(runs)
    assert here.pixels("query", 1) is bench(runs).pixels("query", 1.0)
    assert not torch.equal(
        here.pixels("query", 0).images, here.pixels("query", 1).images
    )


def test_the_t_interval_is_the_textbooks():
    # Mean 2, standard deviation 1 and t(0.975, 2) = 4.302653: half is 2.484138.
    assert experiments.t_interval([1.0, 2.0, 3.0]) == pytest.approx(
        [2 - 2.484138, 2 + 2.484138], abs=1e-5
    )
    assert experiments.t_interval([1.0]) is None
    assert experiments.t_interval([4.0, 4.0]) == [4.0, 4.0]
