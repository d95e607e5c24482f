"""One photograph of a pedestrian: a scene, a figure in it, a box and a camera."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import numpy as np
from PIL import Image

from reprolib.data.drawn import clothes, pedestrian, scenery
from reprolib.data.drawn.brush import Brush
from reprolib.data.drawn.camera import Camera, develop
from reprolib.data.drawn.figure import Figure, Pose
from reprolib.data.drawn.pedestrian import Pedestrian

SUPERSAMPLING = 4
# A perfect box leaves this share of its height free over the crown and under the soles.
MARGIN = 0.04


@dataclass(frozen=True)
class Box:
    """A detection box, by what it does to the person in the crop.

    The person appears `scale` times as large, `shift` crop heights lower and `side`
    crop widths to the right: a height y of the perfect crop goes to
    0.5 + scale (y - 0.5) + shift. Chapter 2.
    """

    shift: float = 0.0
    scale: float = 1.0
    side: float = 0.0


def photograph(
    person: Pedestrian,
    camera: Camera,
    box: Box,
    size: tuple[int, int],
    stream: Callable[[str], Random],
) -> tuple[np.ndarray, tuple[float, ...]]:
    """The crop, uint8 (height, width, 3), and its five landmark heights.

    `size` is (height, width); `stream(what)` gives the random numbers of one side of
    the shot ("pose", "light", ...), so that none disturbs another.
    """
    height, width = (SUPERSAMPLING * n for n in size)
    canvas = Image.new("RGB", (width, height))
    k = height * box.scale
    left, middle = width * (0.5 + box.side), height * (0.5 + box.shift)
    brush = Brush(canvas, k, left, middle - k / 2)
    scenery.BACKDROPS[camera.backdrop](brush, stream("backdrop"))
    heights = _paint(brush, Figure(person, _pose(stream("pose"))), 0.0)
    _occlude(brush, stream("occlusion"))
    noise = np.random.default_rng(stream("noise").getrandbits(64))
    pixels = develop(canvas.reduce(SUPERSAMPLING), camera, stream("light"), noise)
    return pixels, tuple(0.5 + box.scale * (y - 0.5) + box.shift for y in heights)


def _pose(rng: Random) -> Pose:
    """Front, back or one of the sides, give or take 25 degrees."""
    direction = rng.choice((0.0, 0.0, math.pi, math.pi, math.pi / 2, -math.pi / 2))
    return Pose(
        yaw=direction + rng.uniform(-0.44, 0.44),
        phase=rng.uniform(0, 2 * math.pi),
        stride=rng.uniform(0.10, 0.46),
    )


def _paint(brush: Brush, figure: Figure, x: float) -> tuple[float, ...]:
    """Paints a figure that fills the perfect crop; returns its landmarks there."""
    crown, *_, soles = heights = figure.landmarks()
    k = (1 - 2 * MARGIN) / (soles - crown)
    brush = brush.within(k, x, MARGIN - k * crown)
    figure.shadow(brush)
    clothes.paint(brush, figure)
    return tuple(MARGIN + k * (y - crown) for y in heights)


def _occlude(brush: Brush, rng: Random):
    """Something stands before every sixth person, now and then another person."""
    chance = rng.random()
    if chance < 0.12:
        rng.choice(scenery.OCCLUDERS)(brush, rng)
    elif chance < 0.17:
        x = rng.choice((-1, 1)) * rng.uniform(0.24, 0.34)
        _paint(brush, Figure(pedestrian.stranger(rng), _pose(rng)), x)
