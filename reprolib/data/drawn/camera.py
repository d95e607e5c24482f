"""The six cameras, and the photograph that one takes of a pedestrian."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import numpy as np
from PIL import Image, ImageFilter

from reprolib.data.drawn import clothes, pedestrian, scenery
from reprolib.data.drawn.brush import Brush
from reprolib.data.drawn.figure import Figure

SUPERSAMPLING = 4
# A perfect box leaves this share of its height free over the crown and under the soles.
MARGIN = 0.04
GREY = (0.299, 0.587, 0.114)


@dataclass(frozen=True)
class Camera:
    """What one camera does to colours, and what lies behind the people it sees.

    `white` are the gains of red, green and blue, `saturation` 1 keeps colours as they
    are, `gamma` above 1 darkens, `blur` is a radius in pixels of a crop 112 high, and
    `noise` the standard deviation in grey levels. Chapter 1.
    """

    backdrop: Callable[[Brush, Random], None]
    white: tuple[float, float, float]
    saturation: float
    gamma: float
    gain: float
    blur: float
    noise: float


CAMERAS = {
    1: Camera(scenery.street, (1.00, 1.00, 1.00), 1.00, 1.00, 1.00, 0.0, 2.0),
    2: Camera(scenery.brick_wall, (1.06, 1.00, 0.91), 0.94, 0.94, 0.98, 0.4, 3.0),
    3: Camera(scenery.park, (0.96, 1.03, 0.96), 1.10, 1.08, 1.04, 0.2, 2.0),
    4: Camera(scenery.hall, (1.05, 0.99, 0.89), 0.88, 0.94, 1.03, 0.4, 3.0),
    5: Camera(scenery.crossing, (0.93, 0.99, 1.08), 1.02, 1.05, 0.96, 0.3, 3.0),
    6: Camera(scenery.underpass, (0.99, 1.03, 0.95), 0.80, 1.14, 0.90, 0.5, 4.0),
}


def photograph(
    person: pedestrian.Pedestrian,
    camera: Camera,
    size: tuple[int, int],
    stream: Callable[[str], Random],
    shift: float = 0.0,
    scale: float = 1.0,
    side: float = 0.0,
) -> tuple[np.ndarray, tuple[float, ...]]:
    """The crop, uint8 (height, width, 3), and its five landmark heights.

    `size` is (height, width); `stream(what)` gives the random numbers of one side of
    the shot ("pose", "light", ...), so that none disturbs another. The box (`shift`,
    `scale`, `side`) is that of `draw_with_box`.
    """
    height, width = (SUPERSAMPLING * n for n in size)
    canvas = Image.new("RGB", (width, height))
    k = height * scale
    left, middle = width * (0.5 + side), height * (0.5 + shift)
    brush = Brush(canvas, k, left, middle - k / 2)
    camera.backdrop(brush, stream("backdrop"))
    heights = _paint(brush, person, stream("pose"))
    _occlude(brush, stream("occlusion"))
    noise = np.random.default_rng(stream("noise").getrandbits(64))
    pixels = _develop(canvas.reduce(SUPERSAMPLING), camera, stream("light"), noise)
    return pixels, tuple(0.5 + scale * (y - 0.5) + shift for y in heights)


def _paint(brush: Brush, person, rng: Random, x: float = 0.0) -> tuple[float, ...]:
    """Paints a person who fills the perfect crop; returns the landmarks there.

    Seen from the front, the back or one of the sides, give or take 25 degrees.
    """
    yaw = rng.choice((0.0, 0.0, math.pi, math.pi, math.pi / 2, -math.pi / 2))
    yaw, phase = yaw + rng.uniform(-0.44, 0.44), rng.uniform(0, 2 * math.pi)
    figure = Figure(person, yaw, phase, stride=rng.uniform(0.10, 0.46))
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
        _paint(brush, pedestrian.stranger(rng), rng, x)


def _develop(
    image: Image.Image, camera: Camera, rng: Random, noise: np.random.Generator
) -> np.ndarray:
    """The picture as the camera records it, uint8 (height, width, 3).

    Each shot wanders a little around the camera's own white balance, gain and gamma.
    """
    if camera.blur:
        radius = camera.blur * image.height / 112
        image = image.filter(ImageFilter.BoxBlur(radius))
    gain = camera.gain * rng.uniform(0.90, 1.10)
    gains = [[gain * white * rng.uniform(0.97, 1.03)] for white in camera.white]
    s = camera.saturation
    mix = gains * ((1 - s) * np.array(GREY) + s * np.eye(3))
    image = image.convert("RGB", tuple(np.pad(mix, ((0, 0), (0, 1))).flat))
    gamma = camera.gamma * rng.uniform(0.95, 1.06)
    curve = 255 * np.linspace(0, 1, 256, dtype=np.float32) ** np.float32(gamma)
    pixels = camera.noise * noise.standard_normal((*image.size[::-1], 3), np.float32)
    return np.clip(pixels + curve[np.asarray(image)] + 0.5, 0, 255).astype(np.uint8)
