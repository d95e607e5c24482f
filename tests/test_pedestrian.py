"""Identities and their look-alikes: alike, but never the same."""

import math
from dataclasses import replace
from random import Random

import numpy as np
from PIL import Image

from reprolib.data import drawn
from reprolib.data.drawn import clothes, pedestrian
from reprolib.data.drawn.brush import Brush
from reprolib.data.drawn.figure import Figure

MANY = drawn.DrawnSpec(
    train_ids=301,
    train_shots=4,
    test_ids=200,
    test_shots=3,
    distractors=4,
    junk=3,
    box_error=0.7,
    height=112,
    width=56,
    seed=3,
)


def test_look_alikes_differ_in_one_attribute_or_swap_colours():
    pairs = drawn.look_alikes(MANY)
    assert len(pairs) > 100
    swaps = 0
    for a, b in pairs:
        one, two = drawn.describe(MANY, a), drawn.describe(MANY, b)
        changed = {key for key in one if one[key] != two[key]}
        if len(changed) == 2:
            swaps += 1
            assert changed == {"upper_colour", "lower_colour"}
            assert one["upper_colour"] == two["lower_colour"]
            assert one["lower_colour"] == two["upper_colour"]
        else:
            assert len(changed) == 1
    assert 0.3 < swaps / len(pairs) < 0.6


def test_look_alikes_stay_within_a_split_and_occur_in_both():
    for seed in range(8):
        pairs = drawn.look_alikes(replace(MANY, seed=seed))
        training = [(a <= MANY.train_ids, b <= MANY.train_ids) for a, b in pairs]
        assert set(training) == {(True, True), (False, False)}


def test_look_alikes_can_be_told_apart_in_the_picture():
    """The same pose, scene and light: some direction of view shows the difference."""
    for a, b in drawn.look_alikes(MANY)[:40]:
        one, two = (pedestrian.Pedestrian(**drawn.describe(MANY, p)) for p in (a, b))
        views = 0
        for yaw in (0, math.pi / 2, math.pi, -math.pi / 2):
            canvases = [Image.new("RGB", (224, 448)) for _ in range(2)]
            for canvas, person in zip(canvases, (one, two), strict=True):
                figure = Figure(person, yaw, phase=0.8, stride=0.3)
                clothes.paint(Brush(canvas, 400, 112, 24), figure)
            small = [np.asarray(c.reduce(4)).astype(int) for c in canvases]
            views += (np.abs(small[0] - small[1]).max(-1) > 20).sum() >= 3
        assert views >= 2, (a, b)


def test_no_two_identities_look_the_same():
    looks = {tuple(drawn.describe(MANY, p).values()) for p in range(1, 502)}
    assert len(looks) == 501


def test_patterns_never_have_the_colour_of_their_cloth():
    for seed in range(2000):
        rng = Random(seed)
        person = pedestrian.stranger(rng)
        for look in (person, pedestrian.look_alike(person, rng)):
            assert look.pattern_colour != look.upper_colour
