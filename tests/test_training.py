"""Training: losses against plain loops, resuming, mutual learning, checkpoints."""

import json
import math
from itertools import combinations

import pytest
import torch

from reprolib import settings as profiles
from reprolib import training
from reprolib.alignment import local_distance
from reprolib.data.pictures import Pixels
from reprolib.errors import ReproError
from reprolib.evaluation import evaluate
from reprolib.evaluation.features import distance, embed_split
from reprolib.losses import batch_hard
from reprolib.networks import Features
from reprolib.training import checkpoints, loop

SETTINGS = profiles.load("smoke", steps=6, ids_per_batch=4, shots_per_id=3)


def people(ids=6, shots=4, seed=0, height=112, width=56):
    """Noisy pictures, each identity with its own colours above and below."""
    generator = torch.Generator().manual_seed(seed)
    colours = torch.randint(0, 256, (ids, 2, 3), generator=generator)
    images = torch.empty(ids * shots, 3, height, width)
    for i in range(ids * shots):
        upper, lower = colours[i // shots]
        images[i, :, : height // 2] = upper[:, None, None].float()
        images[i, :, height // 2 :] = lower[:, None, None].float()
    images += 40 * torch.randn(images.shape, generator=generator)
    pids = torch.arange(1, ids + 1).repeat_interleave(shots)
    camids = torch.arange(shots).repeat(ids)
    return Pixels(images.clamp(0, 255).to(torch.uint8), pids, camids)


def features(n=12, stripes=7, seed=0):
    generator = torch.Generator().manual_seed(seed)

    def random(*shape):
        return torch.randn(*shape, generator=generator)

    local = torch.nn.functional.normalize(random(n, stripes, 8), dim=2)
    return Features(random(n, 16), local, random(n, 4))


def plain_losses(f, classes, margin, aligned):
    """The same triplets and hinges with loops over anchors and cells."""
    hinges, local_hinges = [], []
    for a in range(len(classes)):
        distance = [float((f.global_[a] - g).norm()) for g in f.global_]
        same = [i for i in range(len(classes)) if classes[i] == classes[a] and i != a]
        other = [i for i in range(len(classes)) if classes[i] != classes[a]]
        p, n = max(same, key=distance.__getitem__), min(other, key=distance.__getitem__)
        hinges.append(max(0.0, margin + distance[p] - distance[n]))
        local = []
        for other in (p, n):
            d = torch.tanh(torch.cdist(f.local[a], f.local[other]) / 2).double()
            total = d.clone()
            for i in range(len(d)):
                for j in range(len(d)):
                    ways = [total[i - 1, j]] * (i > 0) + [total[i, j - 1]] * (j > 0)
                    total[i, j] = d[i, j] + (min(ways) if ways else 0)
            local.append(float(total[-1, -1] if aligned else d.diag().sum()))
        local_hinges.append(max(0.0, margin + local[0] - local[1]))
    return sum(hinges) / len(hinges), sum(local_hinges) / len(local_hinges)


@pytest.mark.parametrize("local", ["aligned", "unaligned"])
def test_the_hardest_triplets_by_global_distance_feed_both_hinges(local):
    f, classes = features(), torch.arange(4).repeat_interleave(3)
    settings = SETTINGS.changed(local=local)
    parts, distance = training.student_losses(f, classes, settings.loss)
    wanted = plain_losses(f, classes.tolist(), settings.loss.margin, local == "aligned")
    assert float(parts["global"]) == pytest.approx(wanted[0], abs=1e-4)
    assert float(parts["local"]) == pytest.approx(wanted[1], abs=1e-4)
    assert distance.shape == (12, 12)


def test_the_total_is_the_weighted_sum_and_students_are_averaged_in_the_log():
    classes = torch.arange(4).repeat_interleave(3)
    settings = SETTINGS.changed(metric_mutual_weight=0.5, class_mutual_weight=2.0)
    both = [features(seed=1), features(seed=2)]
    total, log = training.batch_loss(both, classes, settings.loss)
    alone = [float(training.batch_loss([f], classes, settings.loss)[0]) for f in both]
    mutual = 2 * (0.5 * log["metric_mutual"] + 2.0 * log["class_mutual"])
    assert float(total) == pytest.approx(sum(alone) + mutual, rel=1e-5)
    assert log["metric_mutual"] > 0 and log["class_mutual"] > 0


WEIGHTS = ("identity", "global", "local", "metric_mutual", "class_mutual")


@pytest.mark.parametrize("weighed", WEIGHTS)
def test_each_weight_scales_its_own_part(weighed):
    classes = torch.arange(4).repeat_interleave(3)
    alone = {f"{name}_weight": float(name == weighed) * 0.25 for name in WEIGHTS}
    students = [features(seed=seed) for seed in (1, 2, 3)]
    total, log = training.batch_loss(students, classes, SETTINGS.changed(**alone).loss)
    assert float(total) == pytest.approx(3 * 0.25 * log[weighed])
    assert log[weighed] > 0


def test_three_students_learn_from_each_other_from_end_to_end(tmp_path):
    settings = SETTINGS.changed(students=3, class_mutual_weight=1.0)
    trained = training.train(settings, people(), 5, tmp_path)
    assert len(trained.networks) == 3 and trained.step == 6
    for one, other in combinations(trained.networks, 2):
        assert not same_weights(one, other)
    assert all(math.isfinite(h["loss"]) for h in trained.history)
    first = trained.history[0]
    parts = ("identity", "global", "local")
    total = sum(first[k] for k in parts) + first["class_mutual"]
    total += settings.loss.metric_mutual_weight * first["metric_mutual"]
    assert first["loss"] == pytest.approx(3 * total, rel=1e-5)
    # A third student changes what the first one learns, and is kept with the others.
    pair = training.train(settings.changed(students=2), people(), 5, tmp_path / "2")
    assert not same_weights(pair.networks[0], trained.networks[0])
    again = training.train(settings, people(), 5, tmp_path)
    assert all(map(same_weights, again.networks, trained.networks))


def test_the_rate_falls_at_the_stated_fractions():
    settings = SETTINGS.changed(
        steps=100, learning_rate=1e-3, decay_at=(0.6, 0.85), decay=0.1
    )
    found = (0, 59, 60, 84, 85, 99)
    rates = [loop.learning_rate(settings.schedule, step) for step in found]
    wanted = [1e-3, 1e-3, 1e-4, 1e-4, 1e-5, 1e-5]
    assert rates == pytest.approx(wanted)


@pytest.mark.parametrize("profile", profiles.profiles())
@pytest.mark.parametrize("dataset", ["drawn", "viper", "market1501"])
def test_the_rate_of_every_profile_really_falls_as_often_as_it_says(profile, dataset):
    schedule = profiles.load(profile, dataset).schedule
    assert all(0 < at < 1 for at in schedule.decay_at)
    rates = [loop.learning_rate(schedule, step) for step in range(schedule.steps)]
    assert rates == sorted(rates, reverse=True)
    fallen = [schedule.decay**k for k in range(len(schedule.decay_at) + 1)]
    wanted = [schedule.learning_rate * share for share in reversed(fallen)]
    assert sorted(set(rates)) == pytest.approx(wanted)


@pytest.fixture
def cpu(monkeypatch):
    """A machine without GPU whose processor can do everything."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    for able in ("_is_amx_tile_supported", "_is_avx512_bf16_supported"):
        monkeypatch.setattr(torch.cpu, able, lambda: True, raising=False)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("auto", torch.float32),
        ("float32", torch.float32),
        ("bfloat16", torch.bfloat16),
    ],
)
def test_a_cpu_keeps_all_bits_unless_told_otherwise(cpu, asked, found):
    schedule = SETTINGS.changed(precision=asked).schedule
    with training.precision(schedule):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == found


def test_a_training_uses_the_precision_it_is_asked_for(cpu, tmp_path):
    histories = [
        training.train(SETTINGS.changed(precision=p), people(), 0, tmp_path / p).history
        for p in ("auto", "float32", "bfloat16")
    ]
    assert histories[0] == histories[1] != histories[2]


def test_training_learns_to_find_people(tmp_path):
    settings = SETTINGS.changed(steps=40, channels=8)
    train, test = people(12, seed=0), people(12, seed=7)

    def rank1(steps, folder):
        trained = training.train(settings.changed(steps=steps), train, 0, folder)
        found = embed_split(trained.networks[0], test)
        d = distance("global+aligned", found, found)
        who = (test.pids, test.pids, test.camids, test.camids)
        return trained, evaluate(d, *who).mAP

    trained, after = rank1(40, tmp_path / "long")
    history = [h["loss"] for h in trained.history]
    assert sum(history[-5:]) < 0.7 * sum(history[:5])
    assert after > 0.6


def same_weights(one, two):
    a, b = one.state_dict(), two.state_dict()
    return all(torch.equal(a[k], b[k]) for k in a)


def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path, monkeypatch):
    settings = SETTINGS.changed(students=2)
    whole = training.train(settings, people(), 3, tmp_path / "whole")
    monkeypatch.setattr(loop, "SAVE_EVERY", -1.0)

    def stop_after_three(items, label, **_):
        for item in items:
            if item == 3:
                raise KeyboardInterrupt
            yield item

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(loop, "tqdm", stop_after_three)
        training.train(settings, people(), 3, tmp_path / "parts")
    resumed = training.train(settings, people(), 3, tmp_path / "parts")
    assert [h["step"] for h in resumed.history] == list(range(6))
    assert resumed.history == whole.history
    for one, two in zip(whole.networks, resumed.networks, strict=True):
        assert same_weights(one, two)


def test_students_without_mutual_losses_learn_as_if_they_were_alone(tmp_path):
    silent = SETTINGS.changed(
        students=2, metric_mutual_weight=0.0, class_mutual_weight=0.0
    )
    pair = training.train(silent, people(), 1, tmp_path / "pair")
    alone = training.train(silent.changed(students=1), people(), 1, tmp_path / "one")
    assert same_weights(pair.networks[0], alone.networks[0])
    assert not same_weights(pair.networks[1], alone.networks[0])
    loud = silent.changed(class_mutual_weight=1.0)
    taught = training.train(loud, people(), 1, tmp_path / "loud")
    assert not same_weights(taught.networks[0], alone.networks[0])


def test_distractors_in_a_training_split_are_left_out(tmp_path):
    pixels = people()
    more = Pixels(
        torch.cat([pixels.images, pixels.images[:5]]),
        torch.cat([pixels.pids, torch.tensor([0, 0, 0, -1, -1])]),
        torch.cat([pixels.camids, torch.ones(5, dtype=torch.int64)]),
    )
    one = training.train(SETTINGS, pixels, 0, tmp_path / "one")
    two = training.train(SETTINGS, more, 0, tmp_path / "two")
    assert same_weights(one.networks[0], two.networks[0])


def test_more_steps_go_on_from_a_whole_checkpoint_and_none_change_nothing(tmp_path):
    short, again = (training.train(SETTINGS, people(), 0, tmp_path) for _ in range(2))
    assert again.history == short.history and again.step == 6
    assert same_weights(again.networks[0], short.networks[0])


def test_a_broken_checkpoint_is_named(tmp_path):
    training.train(SETTINGS, people(), 0, tmp_path)
    path = tmp_path / checkpoints.NAME
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(ReproError, match="checkpoint.safetensors.*not a whole"):
        training.train(SETTINGS, people(), 0, tmp_path)


def test_a_checkpoint_is_safetensors_and_nothing_else_is_left(tmp_path):
    training.train(SETTINGS, people(), 0, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == [checkpoints.NAME]
    data = (tmp_path / checkpoints.NAME).read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    assert "student0.identity.weight" in header
    assert not any(name.startswith("adam") for name in header)


# What the study varies.


def test_the_rate_rises_then_falls_and_a_second_stage_is_slower():
    schedule = SETTINGS.changed(
        steps=100, learning_rate=1.0, warm_up=0.1, decay_at=(0.5,), decay=0.1
    ).schedule
    rates = [loop.learning_rate(schedule, step) for step in (0, 4, 9, 10, 49, 50, 99)]
    assert rates == pytest.approx([0.1, 0.5, 1, 1, 1, 0.1, 0.1])
    twice = SETTINGS.changed(
        steps=60, learning_rate=1.0, decay_at=(0.5,), decay=0.1, second_stage=True
    ).schedule
    rates = [loop.learning_rate(twice, step) for step in (0, 15, 29, 30, 39, 40, 50)]
    assert rates == pytest.approx([1, 0.1, 0.1, 0.3, 0.3, 0.1, 0.01])


def test_identity_comes_first_and_the_exchange_in_the_second_stage():
    here = SETTINGS.changed(
        steps=10, identity_first=0.3, second_stage=True, class_mutual_weight=2.0
    )
    weights = [loop.loss_at(here, step) for step in range(10)]
    assert [w.global_weight for w in weights] == [0] * 3 + [1] * 7
    assert [w.local_weight for w in weights] == [0] * 3 + [1] * 7
    assert [w.class_mutual_weight for w in weights] == [0] * 5 + [2] * 5
    assert [w.metric_mutual_weight for w in weights] == [0] * 5 + [0.001] * 5
    assert loop.loss_at(SETTINGS, 0) == SETTINGS.loss


@pytest.mark.parametrize("local", ["warped", "whole"])
def test_other_local_branches_take_the_same_triplets(local):
    classes, f = torch.arange(4).repeat_interleave(3), features()
    loss = SETTINGS.changed(local=local).loss
    parts, distances = loop.student_losses(f, classes, loss)
    positive, negative = batch_hard(distances, classes)
    far, near = (
        loop.PAIRED[local](f.local, f.local[other]) for other in (positive, negative)
    )
    wanted = torch.relu(loss.margin + far - near).mean()
    torch.testing.assert_close(parts["local"], wanted)


def test_triplets_may_be_mined_by_local_distance():
    classes, f = torch.arange(4).repeat_interleave(3), features()
    loss = SETTINGS.changed(mining="local").loss
    parts, distances = loop.student_losses(f, classes, loss)
    positive, negative = batch_hard(local_distance(f.local, f.local), classes)
    anchor = torch.arange(12)
    far, near = distances[anchor, positive], distances[anchor, negative]
    wanted = torch.relu(loss.margin + far - near).mean()
    torch.testing.assert_close(parts["global"], wanted)
    by_global = loop.student_losses(f, classes, SETTINGS.loss)[0]
    assert not torch.isclose(parts["global"], by_global["global"])


def test_a_soft_margin_never_ends_and_the_hinge_does():
    classes = torch.arange(4).repeat_interleave(3)
    far_apart = torch.zeros(12, 16)
    far_apart[torch.arange(12), classes] = 3.0
    f = features()._replace(global_=far_apart)
    hard = loop.student_losses(f, classes, SETTINGS.changed(local="none").loss)[0]
    soft = SETTINGS.changed(local="none", soft_margin=True).loss
    found = loop.student_losses(f, classes, soft)[0]
    assert hard["global"] == 0
    assert float(found["global"]) == pytest.approx(math.log1p(math.exp(-(18**0.5))))
