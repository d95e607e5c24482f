"""Simulated raters, and their strengths found again in what they answered."""

from dataclasses import replace

import numpy as np
import pytest
import shelf
import torch

from reprolib.human import scoring, simulated
from reprolib.human.files import read_answers, write_answers, write_list
from reprolib.human.simulated import Observer, cues, recover, simulated_answers
from reprolib.human.trials import Trial, TrialList, TrialTruth, draw_trials


@pytest.fixture(scope="module")
def made_up():
    """A list of 250 trials of other pictures each, and cues drawn by chance.

    The first candidate is right, and nearer in all cues.
    """
    rng = np.random.default_rng(0)
    names = iter(range(10**6))

    def picture():
        return f"{next(names):064x}"

    trials = tuple(
        Trial(f"t{n}", picture(), tuple(picture() for _ in range(6)))
        for n in range(250)
    )
    seen = [rng.normal(size=(6, 3)) for _ in trials]
    for one in seen:
        one[0] -= 1.0
    truth = {t.id: TrialTruth((0,), (), False, 1) for t in trials}
    return TrialList("made up", "open", "nobody", 0, (), trials), truth, seen


def chosen(raters):
    return np.array([[a.candidate for a in rater.answers] for rater in raters])


def answer(made_up, observer, raters=6, seed=0):
    made, _, seen = made_up
    return [simulated_answers(made, seen, observer, n, seed) for n in range(raters)]


@pytest.mark.parametrize(
    "observer",
    [
        Observer(1.2, 0.6, 0.3, 0.8, 0.10),
        Observer(0.5, 1.5, 0.0, 0.3, 0.02),
        Observer(0.8, 0.8, 0.8, 1.5, 0.20),
    ],
)
def test_strengths_are_found_again_in_the_answers(made_up, observer):
    found = recover(made_up[2], chosen(answer(made_up, observer)))
    assert found.strengths == pytest.approx(observer.strengths, abs=0.15)
    assert found.shared == pytest.approx(observer.shared, rel=0.25, abs=0.2)
    assert found.lapse == pytest.approx(observer.lapse, abs=0.05)


def test_noise_lapses_and_shared_difficulty_each_do_their_part(made_up):
    made, truth, _ = made_up

    def facts(observer):
        judged = scoring.judge(made, truth, answer(made_up, observer))
        return judged.right.mean(), scoring.agreement(judged)

    sharp, _ = facts(Observer(3, 3, 3))
    plain, kappa = facts(Observer(0.7, 0.7, 0.7))
    lapsing, _ = facts(Observer(3, 3, 3, lapse=0.3))
    _, together = facts(Observer(0.7, 0.7, 0.7, shared=2))
    assert sharp > plain + 0.1
    # A lapse is right one time in six.
    assert lapsing == pytest.approx(0.7 * sharp + 0.3 / 6, abs=0.03)
    assert together > kappa + 0.1
    blind, agreed = facts(Observer(0, 0, 0))
    assert blind == pytest.approx(1 / 6, abs=0.03) and abs(agreed) < 0.05


def test_shared_noise_is_the_pictures_and_own_noise_the_raters(made_up):
    noisy = chosen(answer(made_up, Observer(0, 0, 0, shared=100)))
    assert (noisy == noisy[0]).mean() > 0.97
    assert (
        noisy[0] == chosen(answer(made_up, Observer(0, 0, 0, 100), 1, seed=1))
    ).mean() < 0.3
    own = chosen(answer(made_up, Observer(0, 0, 0)))
    assert abs((own[0] == own[1]).mean() - 1 / 6) < 0.07
    sample = simulated._shared([f"{n}" for n in range(4000)], 0)
    assert (sample.mean(), sample.std()) == pytest.approx((0, 1), abs=0.05)


def test_answers_are_files_like_any_rater_s(made_up, tmp_path):
    made = made_up[0]
    one = answer(made_up, Observer(1, 1, 1, 0.5, 0.1), 1)[0]
    (tmp_path / "a.json").write_text(write_answers(made, one))
    assert write_list(made)
    (read,) = read_answers([tmp_path / "a.json"], made)
    assert read == one and one.rater == "simulated-0"
    assert {a.confidence for a in one.answers} == {1, 2, 3, 4}


def test_an_observer_is_surer_and_quicker_where_it_is_right(made_up):
    made, truth, _ = made_up
    judged = scoring.judge(made, truth, answer(made_up, Observer(1, 1, 1)))
    assert scoring.tells(judged, "confidence") > 0.6
    assert scoring.tells(judged, "seconds") < 0.45


def picture(colour, lower=None):
    image = torch.zeros(3, 64, 32, dtype=torch.uint8)
    image[:] = torch.tensor(colour)[:, None, None]
    if lower:
        image[:, 32:] = torch.tensor(lower)[:, None, None]
    return image


def test_each_cue_sees_what_its_name_says():
    def apart(a, b):
        return simulated._apart(simulated._look(a), [simulated._look(b)])[0].tolist()

    red, blue = (250, 0, 0), (0, 0, 250)
    clothes, colours, shapes = apart(picture(red), picture(blue))
    assert clothes == pytest.approx(4) and colours > 1 and shapes < 1e-6
    up, down = picture(red, blue), picture(blue, red)
    assert apart(up, up) == [0, 0, 0]
    assert apart(up, down)[0] == pytest.approx(4)
    # Stripes have no place in the clothes' cue, but edges.
    stripes = picture(red)
    stripes[:, 8:24:8] = 0
    moved = stripes.roll(4, 1)
    assert apart(stripes, moved)[0] < 0.1 < apart(stripes, moved)[2]
    # Eyes adapt to half the light, and what is at the sides is not looked at.
    people = picture((200, 120, 60), (60, 120, 200))
    assert apart(people, people // 2) == pytest.approx([0, 0, 0], abs=0.02)
    beside = people.clone()
    beside[:, :, :8] = beside[:, :, -8:] = 255
    assert apart(people, beside) == [0, 0, 0]


def test_cues_have_spread_one_and_follow_the_list(tmp_path):
    pool, distance = shelf.pool(tmp_path)
    made, _ = draw_trials(pool, "single", 20, 0, 8, distance, "m")
    seen = cues(pool, made.trials)
    assert len(seen) == len(made.trials) and all(one.shape == (8, 3) for one in seen)
    assert np.concatenate(seen).std(0) == pytest.approx(np.ones(3))
    assert cues(pool, made.trials[::-1])[-1] == pytest.approx(seen[0])


def test_a_panel_is_named_simulated_and_answers_as_its_observers_do(made_up):
    made, _, seen = made_up
    strengths = {"blind": Observer(0, 0, 0), "sharp": Observer(9, 9, 9)}
    both = simulated.panel(made, seen, strengths, 0)
    assert [one.rater for one in both] == ["blind (simulated)", "sharp (simulated)"]
    for number, (one, observer) in enumerate(
        zip(both, strengths.values(), strict=True)
    ):
        alone = simulated_answers(made, seen, observer, number, 0)
        assert [a.candidate for a in one.answers] == [
            a.candidate for a in alone.answers
        ]


def test_an_instrument_finds_its_observer_again_beside_a_short_trial(made_up):
    made, _, seen = made_up
    observer = Observer(1.2, 0.6, 0.3, 0.8, 0.1)
    short = Trial("t0", made.trials[0].query, made.trials[0].candidates[:4])
    longer = replace(made, trials=(*made.trials, short))
    found = simulated.found_again(longer, [*seen, seen[0][:4]], observer, 0)
    assert found.strengths == pytest.approx(observer.strengths, abs=0.15)
    assert found.lapse == pytest.approx(observer.lapse, abs=0.05)
