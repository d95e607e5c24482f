"""The six cameras, and the picture that one takes of a pedestrian.

A picture is determined by (seed, pid, camid, shot); the error of its detection box
only moves and scales the crop. Chapter 1.
"""

import math
from collections import namedtuple
from collections.abc import Callable
from functools import partial
from random import Random

import numpy as np
from PIL import Image, ImageFilter

from reprolib.data.dataset import DISTRACTOR, JUNK
from reprolib.data.drawn import clothes, scenery
from reprolib.data.drawn.brush import Brush
from reprolib.data.drawn.figure import Figure
from reprolib.data.drawn.pedestrian import stranger
from reprolib.data.drawn.shots import DrawnSpec, numbers, person
from reprolib.errors import ReproError

SUPERSAMPLING = 4
# A perfect box leaves this share of its height free over the crown and under the soles.
MARGIN = 0.04
GREY = (0.299, 0.587, 0.114)

# What a camera does to colours, and what lies behind the people it sees: `white` are
# the gains of red, green and blue, `saturation` 1 keeps colours as they are, `gamma`
# above 1 darkens, `blur` is a radius in pixels of a crop 112 high, and `noise` the
# standard deviation in grey levels.
Camera = namedtuple("Camera", "backdrop white saturation gamma gain blur noise")
CAMERAS = {
    1: Camera(scenery.street, (1.00, 1.00, 1.00), 1.00, 1.00, 1.00, 0.0, 2.0),
    2: Camera(scenery.brick_wall, (1.06, 1.00, 0.91), 0.94, 0.94, 0.98, 0.4, 3.0),
    3: Camera(scenery.park, (0.96, 1.03, 0.96), 1.10, 1.08, 1.04, 0.2, 2.0),
    4: Camera(scenery.hall, (1.05, 0.99, 0.89), 0.88, 0.94, 1.03, 0.4, 3.0),
    5: Camera(scenery.crossing, (0.93, 0.99, 1.08), 1.02, 1.05, 0.96, 0.3, 3.0),
    6: Camera(scenery.underpass, (0.99, 1.03, 0.95), 0.80, 1.14, 0.90, 0.5, 4.0),
}


def draw(
    spec: DrawnSpec, pid: int, camid: int, shot: int, box_error: float | None = None
) -> tuple[np.ndarray, tuple[float, ...]]:
    """One shot as uint8 (height, width, 3) and its landmarks. Chapters 0 and 1.

    Landmarks are the heights of crown, neck, waist, knees and soles as fractions of
    the crop; they lie outside 0 to 1 where the box cuts them off. `box_error` (the
    spec's when None) changes nothing but the crop.
    """
    strength = spec.box_error if box_error is None else box_error
    rng = numbers(spec, pid, camid, shot, "box")
    shift, side = rng.uniform(-0.20, 0.20), rng.uniform(-0.12, 0.12)
    scale = math.exp(rng.uniform(math.log(0.8), math.log(1.25)))
    if pid == DISTRACTOR:
        # A detector's false alarm: the box shows half a body, or nobody.
        strength = 1.0
        shift = rng.choice((-1, 1)) * rng.uniform(0.3, 0.6)
        side = rng.uniform(-1.2, 1.2)
    elif pid == JUNK:
        strength = max(2 * strength, 1.0)
    box = strength * shift, 1 + strength * (scale - 1), strength * side
    return draw_with_box(spec, pid, camid, shot, *box)


def draw_with_box(
    spec: DrawnSpec,
    pid: int,
    camid: int,
    shot: int,
    shift: float = 0.0,
    scale: float = 1.0,
    side: float = 0.0,
) -> tuple[np.ndarray, tuple[float, ...]]:
    """One shot under a given box, as `draw` returns it; 0, 1, 0 is the perfect box.

    The person appears `scale` times as large, `shift` crop heights lower and `side`
    crop widths to the right: a height y of the perfect crop goes to
    0.5 + scale (y - 0.5) + shift. Raises ReproError for an unknown camera.
    Chapters 0 and 2.
    """
    if camid not in CAMERAS:
        raise ReproError(f"there is no camera {camid}; expected 1 to {len(CAMERAS)}.")
    stream = partial(numbers, spec, pid, camid, shot)
    who = person(spec, pid) if pid > 0 else stranger(stream("stranger"))
    height, width = SUPERSAMPLING * spec.height, SUPERSAMPLING * spec.width
    canvas = Image.new("RGB", (width, height))
    k = height * scale
    left, middle = width * (0.5 + side), height * (0.5 + shift)
    brush = Brush(canvas, k, left, middle - k / 2)
    CAMERAS[camid].backdrop(brush, stream("backdrop"))
    heights = _paint(brush, who, stream("pose"))
    _occlude(brush, stream("occlusion"))
    pixels = _develop(canvas.reduce(SUPERSAMPLING), CAMERAS[camid], stream)
    return pixels, tuple(0.5 + scale * (y - 0.5) + shift for y in heights)


def _paint(brush: Brush, who, rng: Random, x: float = 0.0) -> tuple[float, ...]:
    """Paints a person who fills the perfect crop; returns the landmarks there.

    Seen from the front, the back or one of the sides, give or take 25 degrees.
    """
    yaw = rng.choice((0.0, 0.0, math.pi, math.pi, math.pi / 2, -math.pi / 2))
    yaw, phase = yaw + rng.uniform(-0.44, 0.44), rng.uniform(0, 2 * math.pi)
    figure = Figure(who, yaw, phase, stride=rng.uniform(0.10, 0.46))
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
        _paint(brush, stranger(rng), rng, x)


def _develop(image: Image.Image, camera: Camera, stream: Callable) -> np.ndarray:
    """The picture as the camera records it, uint8 (height, width, 3).

    Each shot wanders a little around the camera's own white balance, gain and gamma.
    """
    rng, s = stream("light"), camera.saturation
    noise = np.random.default_rng(stream("noise").getrandbits(64))
    if camera.blur:
        image = image.filter(ImageFilter.BoxBlur(camera.blur * image.height / 112))
    gain = camera.gain * rng.uniform(0.90, 1.10)
    gains = [[gain * white * rng.uniform(0.97, 1.03)] for white in camera.white]
    mix = gains * ((1 - s) * np.array(GREY) + s * np.eye(3))
    image = image.convert("RGB", tuple(np.pad(mix, ((0, 0), (0, 1))).flat))
    gamma = camera.gamma * rng.uniform(0.95, 1.06)
    curve = 255 * np.linspace(0, 1, 256, dtype=np.float32) ** np.float32(gamma)
    pixels = camera.noise * noise.standard_normal((*image.size[::-1], 3), np.float32)
    return np.clip(pixels + curve[np.asarray(image)] + 0.5, 0, 255).astype(np.uint8)
